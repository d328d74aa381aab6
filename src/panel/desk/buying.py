"""Buying: what a command costs: its run begun or taken up again, its seats asked within the budget, its books kept.

A run is made only once everything is known that could refuse the command. Interrupted, what arrived is settled before
the interruption goes on.
"""

from __future__ import annotations

import datetime as dt
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from panel import bridge
from panel._version import __version__
from panel.accounts import Account, Follower, read_by, revision, settle
from panel.budget import Budget, check_priced, spent_of
from panel.clients import connect
from panel.clients.base import Client, waits
from panel.convene import Tariff, Watcher, convene
from panel.errors import RunStopping
from panel.parse import PARSER
from panel.prices import most, price
from panel.prompts import Prompter
from panel.records.hosts import at_home
from panel.records.model import Model
from panel.records.panel import Panel
from panel.records.run import Manifest, Probe, ReplyLine
from panel.records.seat import SeatRecord
from panel.records.tool import Tool
from panel.seating import Seat, Seating
from panel.store import RunReader, RunWriter, new_run_id

if TYPE_CHECKING:
    from panel.clients.pacing.throttle import Throttles
    from panel.desk.desk import Desk
    from panel.desk.wanted import Wanted
    from panel.resuming import Resumed

WARM_FROM = 8
"""Seats of one persona and model from which the first is answered before the others are asked."""


class Bought(NamedTuple):
    """A finished run: its manifest and folder, the record of every seat, and why models were not asked further."""

    manifest: Manifest
    folder: Path
    records: tuple[SeatRecord, ...]
    stopped: tuple[RunStopping, ...]


class Buyer:
    """Asks the seats of one run. Knows the desk's settings, keys and folder of runs."""

    def __init__(self, desk: Desk, watch: Watcher, *, allow_unpriced: bool) -> None:
        self._desk = desk
        self._watch = watch
        self._allow_unpriced = allow_unpriced

    def begin(
        self, tools: Sequence[Tool], panel: Panel, seating: Seating, wanted: Wanted, command: Sequence[str]
    ) -> Bought:
        """A new run for these seats."""
        budget, probes = Budget(wanted.max_cost), list[Probe]()
        _check_words(seating.seats, self._desk.prompter)
        clients, stopped = self._clients(_models(seating.seats), budget, probes)
        manifest = self._manifest(tools, panel, wanted, command, tuple(probes), refresh=seating.anew)
        account = Account()
        for seat in seating.seats:
            if seat.held:
                account.record(seat.held, held=True)
        with self._desk.runs.create(manifest) as run:
            return self._buy(run, seating.seats, clients, stopped, self._desk.prompter, account, budget)

    def go_on(self, run: RunWriter, resumed: Resumed, max_cost: Decimal | None) -> Bought:
        """The open seats of a run, within what is left of its budget; `max_cost` in place of the run's own.

        The run counts as unfinished before the first call, so that no reply has to wait for `run.json` to be written.
        """
        cap = run.manifest.max_cost if max_cost is None else max_cost
        budget, probes = Budget(cap, spent_of(resumed.lines, run.manifest.probes)), list(run.manifest.probes)
        try:
            clients, stopped = self._clients(_models(resumed.open), budget, probes)
        finally:
            run.amend(probes=tuple(probes))
        versions = read_by(run.manifest)
        run.amend(max_cost=cap, versions=versions, **({"finished_at": None} if resumed.open else {}))
        if resumed.replanned:
            run.plan(resumed.replanned)
        account = Account()
        for line in resumed.lines:
            account.line(line)
        for record in resumed.settled:
            account.record(record)
        for record in resumed.held:
            account.record(record, held=True)
        stood = (*resumed.held, *resumed.settled)
        return self._buy(run, resumed.open, clients, stopped, resumed.prompter, account, budget, stood)

    def _buy(
        self,
        run: RunWriter,
        seats: Sequence[Seat],
        clients: Mapping[str, Client],
        stopped: Mapping[str, RunStopping],
        prompter: Prompter,
        account: Account,
        budget: Budget,
        stood: Sequence[SeatRecord] = (),
    ) -> Bought:
        """Ask, and close the books; `stood` are records that the run had before."""
        for probed in run.manifest.probes:
            account.probe(probed)
        kept, throttles = self._followed(account, seats)
        sit = partial(
            convene,
            seats,
            clients,
            run,
            prompter,
            tariff=Tariff(price, most),
            clock=time.time,
            watch=self._watch,
            concurrency=self._desk.settings.concurrency,
            throttles=throttles,
            budget=budget,
            warm=_worth_warming(seats),
            kept=kept,
            stopped=stopped,
        )
        try:
            sitting = bridge.run(sit) if waits(clients.values()) else bridge.compute(sit)
        except KeyboardInterrupt:
            settle(RunReader(run.path), run, self._desk.runs)
            raise
        for record, seat in zip(sitting.records, seats, strict=True):
            if not seat.held:
                account.record(record)
        for name, error in sitting.stopped.items():
            if error.code == "unsupported":  # the server may keep forms otherwise than is remembered
                self._desk.memory.forget(next(seat.model for seat in seats if seat.model.name == name))
        records = (*stood, *sitting.records)
        run.write_verdicts(records)
        stops = tuple(sitting.stopped.values())
        ended = (None if seats else run.manifest.finished_at) or now()  # where nothing was asked, it had ended before
        return Bought(run.finish(account.totals(), ended), run.path, records, stops)

    def _followed(
        self, account: Account, seats: Iterable[Seat]
    ) -> tuple[Callable[[ReplyLine], None], Throttles | None]:
        """What is told of every line of the log: the books, and whoever follows them and the throttles."""
        if not isinstance(self._watch, Follower):
            return account.line, None
        from panel.clients.pacing.throttle import Throttles  # only long runs are followed

        throttles = Throttles(self._desk.settings.concurrency)
        asked = [model for model in _models(seats) if not model.is_offline]
        told = self._watch.follow(account, {model.name: throttles.of(model) for model in asked})

        def kept(line: ReplyLine) -> None:
            account.line(line)
            told(line)

        return kept, throttles

    def _clients(
        self, models: Collection[Model], budget: Budget, probes: list[Probe]
    ) -> tuple[dict[str, Client], dict[str, RunStopping]]:
        """A client for each model; and, where a server could not be found out, why its model is not asked.

        Whatever can be refused without a call is refused before the first.
        """
        if budget.cap is not None:
            check_priced(models, now(), self._allow_unpriced)
        desk = self._desk
        if all(model.is_offline for model in models):  # what is known of servers need not even be loaded
            return {model.name: connect(model, desk.environ) for model in models}, {}
        from panel.clients.servers.probing import needs_probe
        from panel.desk.servers import modes_of

        clients = {model.name: connect(model, desk.environ) for model in models if not needs_probe(model)}
        modes, stopped = modes_of(models, desk.memory, desk.environ, budget, probes)
        by_name = {model.name: model for model in models}
        clients |= {name: connect(by_name[name], desk.environ, mode) for name, mode in modes.items()}
        return clients, stopped

    def _manifest(
        self,
        tools: Sequence[Tool],
        panel: Panel,
        wanted: Wanted,
        command: Sequence[str],
        probes: tuple[Probe, ...],
        *,
        refresh: bool,
    ) -> Manifest:
        return Manifest(
            tools=tuple(tool.id for tool in tools),
            refresh=refresh,
            max_cost=wanted.max_cost,
            probes=probes,
            **begun(panel, command, self._desk.settings.home),
        )


def begun(panel: Panel, command: Sequence[str], home: Path) -> dict[str, Any]:
    """What the manifest of any run says as it begins now."""
    started = now()
    return {
        "run_id": new_run_id(started, secrets.token_bytes(4)),
        "command": tuple(command),
        "started_at": started,
        "personas": tuple(persona.id for persona in panel.personas),
        "models": panel.models,
        "repeats": panel.repeats,
        "variant": panel.variant,
        "versions": {
            "panelreview": __version__,
            "python": ".".join(map(str, sys.version_info[:3])),
            "parser": PARSER,
        },
        "revision": revision(home),
    }


def _models(seats: Iterable[Seat]) -> tuple[Model, ...]:
    """The models that are to be asked: only these need a client, and so a key."""
    return tuple({seat.model.name: seat.model for seat in seats if not seat.held}.values())


def _worth_warming(seats: Iterable[Seat]) -> frozenset[str]:
    """The models whose provider charges less for cached prefixes, and whose seats share them often enough."""
    counts = Counter((seat.model.name, seat.persona.id) for seat in seats if not seat.held and caches(seat.model))
    return frozenset(model for (model, _), count in counts.items() if count >= WARM_FROM)


def caches(model: Model) -> bool:
    """Whether the model's provider is known to charge less for prefixes that it has cached."""
    return at_home(model.provider, model.base_url) or (model.price is not None and model.price.cached is not None)


def _check_words(seats: Iterable[Seat], prompter: Prompter) -> None:
    """Raise InputError where the words for asking again cannot be put together: better now than after a paid reply."""
    first = next((seat for seat in seats if not seat.held and not seat.model.is_offline), None)
    if first is not None:
        prompter.again(first.prompt, "a fault")


def now() -> dt.datetime:
    """This moment, in UTC."""
    return dt.datetime.now(dt.UTC)
