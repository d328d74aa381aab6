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
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from panel import bridge
from panel._version import __version__
from panel.accounts import Account, revision, settle
from panel.budget import Budget, check_priced, spent_of
from panel.clients import connect
from panel.clients.base import Client
from panel.clients.probing import needs_probe, probe
from panel.convene import Tariff, Watcher, convene
from panel.errors import RunStopping
from panel.prices import most, price
from panel.prompts import Prompter
from panel.records.hosts import at_home
from panel.records.model import Model, SchemaMode
from panel.records.panel import Panel
from panel.records.run import Manifest, Probe
from panel.records.seat import SeatRecord
from panel.records.tool import Tool
from panel.resuming import Resumed
from panel.seating import Seat, Seating
from panel.store import RunReader, RunWriter, new_run_id

if TYPE_CHECKING:
    from panel.desk.desk import Desk
    from panel.desk.wanted import Wanted

WARM_FROM = 8
"""Seats of one persona and model from which the first is answered before the others are asked."""


class Bought(NamedTuple):
    """A finished run: its manifest and folder, the record of every seat, and why a model was not asked further."""

    manifest: Manifest
    folder: Path
    records: tuple[SeatRecord, ...]
    stopped: RunStopping | None


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
        clients, probes = self._clients(_models(seating.seats), wanted.max_cost)
        manifest = self._manifest(tools, panel, wanted, command, probes, refresh=seating.anew)
        account = Account()
        for seat in seating.seats:
            if seat.held:
                account.record(seat.held, held=True)
        with self._desk.runs.create(manifest) as run:
            return self._buy(run, seating.seats, clients, self._desk.prompter, account, spent_of((), probes))

    def go_on(self, run: RunWriter, resumed: Resumed, max_cost: Decimal | None) -> Bought:
        """The open seats of a run, within what is left of its budget; `max_cost` in place of the run's own."""
        cap = run.manifest.max_cost if max_cost is None else max_cost
        clients, probes = self._clients(_models(resumed.open), cap)
        run.amend(max_cost=cap, probes=(*run.manifest.probes, *probes))
        account = Account()
        for line in resumed.lines:
            account.line(line)
        for record in resumed.settled:
            account.record(record)
        for record in resumed.held:
            account.record(record, held=True)
        spent = spent_of(resumed.lines, run.manifest.probes)
        stood = (*resumed.held, *resumed.settled)
        return self._buy(run, resumed.open, clients, resumed.prompter, account, spent, stood)

    def _buy(
        self,
        run: RunWriter,
        seats: Sequence[Seat],
        clients: Mapping[str, Client],
        prompter: Prompter,
        account: Account,
        spent: Decimal,
        stood: Sequence[SeatRecord] = (),
    ) -> Bought:
        """Ask, and close the books; `stood` are records that the run had before."""
        for found in run.manifest.probes:
            account.probe(found)
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
            budget=Budget(run.manifest.max_cost, spent),
            warm=_worth_warming(seats),
            kept=account.line,
        )
        try:
            sitting = bridge.run(sit)
        except KeyboardInterrupt:
            settle(RunReader(run.path), run)
            raise
        for record, seat in zip(sitting.records, seats, strict=True):
            if not seat.held:
                account.record(record)
        for name, error in sitting.stopped.items():
            if error.code == "unsupported":  # the server may keep forms otherwise than is remembered
                self._desk.memory.forget(next(seat.model for seat in seats if seat.model.name == name))
        records = (*stood, *sitting.records)
        run.write_verdicts(records)
        stopped = next(iter(sitting.stopped.values()), None)
        return Bought(run.finish(account.totals(), _now()), run.path, records, stopped)

    def _clients(self, models: Collection[Model], cap: Decimal | None) -> tuple[dict[str, Client], tuple[Probe, ...]]:
        """A client for each model; raises what would refuse the command before anything is begun."""
        if cap is not None:
            check_priced(models, _now(), self._allow_unpriced)
        modes, probes = self._modes(models)
        return {model.name: connect(model, self._desk.environ, modes.get(model.name)) for model in models}, probes

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
        now = _now()
        return Manifest(
            run_id=new_run_id(now, secrets.token_bytes(4)),
            command=tuple(command),
            started_at=now,
            tools=tuple(tool.id for tool in tools),
            personas=tuple(persona.id for persona in panel.personas),
            models=panel.models,
            repeats=panel.repeats,
            variant=panel.variant,
            refresh=refresh,
            max_cost=wanted.max_cost,
            probes=probes,
            versions={"panelreview": __version__, "python": ".".join(map(str, sys.version_info[:3]))},
            revision=revision(self._desk.settings.home),
        )

    def _modes(self, models: Collection[Model]) -> tuple[dict[str, SchemaMode], tuple[Probe, ...]]:
        """How each server keeps a form, by model, and the probes it took to find out; raises what asking would."""
        memory = self._desk.memory
        modes: dict[str, SchemaMode] = {}
        probes: list[Probe] = []
        for model in models:
            if not needs_probe(model):
                continue
            found = memory.remembered(model)
            if found is None:
                found = _priced(bridge.run(partial(probe, model, self._desk.environ)), model)
                probes.append(found)
                memory.remember(model, found)
            modes[model.name] = found.mode
        return modes, tuple(probes)


def _models(seats: Iterable[Seat]) -> tuple[Model, ...]:
    """The models that are to be asked: only these need a client, and so a key."""
    return tuple({seat.model.name: seat.model for seat in seats if not seat.held}.values())


def _worth_warming(seats: Iterable[Seat]) -> bool:
    """Whether seats share prefixes often enough, before a model whose provider charges less for cached ones."""
    counts = Counter((seat.persona.id, seat.model.name) for seat in seats if not seat.held and _caches(seat.model))
    return bool(counts) and max(counts.values()) >= WARM_FROM


def _caches(model: Model) -> bool:
    return at_home(model.provider, model.base_url) or (model.price is not None and model.price.cached is not None)


def _priced(found: Probe, model: Model) -> Probe:
    attempts = (
        attempt.model_copy(update={"cost": price(model, attempt.usage, attempt.asked_at, found.model_served)})
        for attempt in found.attempts
    )
    return found.model_copy(update={"attempts": tuple(attempts)})


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
