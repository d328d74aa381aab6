"""Carrying out: a planned run over a catalogue, asked live, across a cluster or by batch, within its budget.

In go a run that is being written and the way to ask; out comes what is open. A run can be carried on as often as it is
cut off: what is on its way by batch is asked by nobody else, and what it may cost is held.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from panel import bridge
from panel.accounts import settle
from panel.budget import Budget, spent_of
from panel.clients import connect
from panel.clients.base import Client
from panel.convene import Tariff, Watcher, convene, unwatched
from panel.desk.alike import away, in_hand
from panel.desk.buying import caches, now
from panel.desk.servers import modes_of
from panel.errors import RunStopping
from panel.prices import most, price
from panel.records.model import Model, SchemaMode
from panel.records.run import Manifest, Totals
from panel.records.standing import CataloguePlan
from panel.rescore.running import MOST_ROUNDS, ON_ITS_WAY, Done, Running, Sit
from panel.seating import Seat
from panel.store import RunReader, Runs, RunWriter
from panel.store.layout import BATCHES

if TYPE_CHECKING:
    from panel.batching import Standing
    from panel.desk.by_batch import HandedIn
    from panel.desk.desk import Desk

BARREN = 2
"""Times that batches are handed in again although the last ones brought no reply."""

LEFT = "not asked: left open by its batch"
NO_BATCHES = "not asked: no batch interface"
_AT_ONCE = 500


class Way(NamedTuple):
    """How seats are asked: `on` the workers of a cluster, or by batch. With `detach`, batches are handed in and left;
    with `finish_live`, what they leave open is asked live."""

    via: str = "live"
    finish_live: bool = False
    detach: bool = False
    on: str | None = None


def _nobody(run_id: str, seats: Mapping[str, int]) -> AbstractContextManager[Watcher]:
    return nullcontext(unwatched)


class Heard(NamedTuple):
    """Who is told what while a run is carried out: its plan before anything is asked, words for a person, where batches
    stand, and the seats as they are asked. `watching` is given the run's id and how many seats each model has."""

    planned: Callable[[CataloguePlan], None] = lambda plan: None
    say: Callable[[str], None] = lambda words: None
    standings: Callable[[Sequence[Standing]], None] = lambda standings: None
    watching: Callable[[str, Mapping[str, int]], AbstractContextManager[Watcher]] = _nobody


class Carrying:
    """One run, being carried out; `resumed` where it was planned by another command, so that others may have bought
    its answers since, or have them on their way."""

    def __init__(
        self, desk: Desk, run: RunWriter, way: Way, heard: Heard, *, allow_unpriced: bool, resumed: bool = False
    ) -> None:
        self._desk = desk
        self._run = run
        self._way = way
        self._heard = heard
        self._allow_unpriced = allow_unpriced
        self._models = [desk.today(model) for model in run.manifest.models]
        self._stopped: dict[str, RunStopping] = {}
        self._without: frozenset[str] = frozenset()
        self._resumed = resumed
        self._elsewhere = elsewhere(desk, RunReader(run.path)) if resumed else {}

    def carry_out(self, seats: Mapping[str, int]) -> tuple[Done, Manifest]:
        """Ask the rest; `seats` counts the run's by model. Raises KeyboardInterrupt with everything settled."""
        if self._way.via == "batch":
            self._by_batch()
        asked = [model for model in self._models if self._is_live(model)]
        with self._heard.watching(self._run.run_id, seats) if asked else nullcontext(unwatched) as watch:
            done, totals = self._live(asked, watch)
        self._run.finish(totals, None if self._on_the_way() else now())
        return done._replace(stopped={**self._stopped, **done.stopped}), self._run.manifest

    def _by_batch(self) -> None:
        """Hand in and come back, until batches can do no more: follow-ups, and whatever money becomes free for."""
        from panel.desk.by_batch import ByBatch

        by_batch, barren = ByBatch(self._desk, self._run, self._heard.say, taken_up=self._resumed), 0
        if self._way.detach:
            by_batch.collect(watch=self._heard.standings)
        while True:
            self._note(by_batch.submit(self._by_batch_too, allow_unpriced=self._allow_unpriced))
            self._without = by_batch.without
            if self._way.detach or not by_batch.open_parts:
                return
            try:
                collected = by_batch.collect(wait=True, watch=self._heard.standings)
            except KeyboardInterrupt:
                self._heard.say("the batches go on at their provider; the same command comes back for them")
                raise
            for number, error in collected.failed.items():
                self._heard.say(f"part {number} is left: {error.message} {error.hint}")
            barren = 0 if collected.replies else barren + 1
            if barren == BARREN or by_batch.open_parts:
                return

    def _by_batch_too(self, seat: Seat) -> bool:
        """Whether a seat is handed in: where the rest is asked live, only what was never answered nor failed."""
        taken = seat.model.is_offline or seat.key in self._elsewhere
        return not taken and not (self._way.finish_live and seat.lines)

    def _note(self, handed_in: HandedIn) -> None:
        submission = handed_in.submission
        self._stopped = {
            name: RunStopping(error.message, hint=error.hint, code=error.code)
            for name, error in submission.stopped.items()
        }
        for part in submission.parts:
            self._heard.say(f"part {part.number}: {len(part.keys):,} seats of {part.model} handed in as {part.job}")

    def _live(self, asked: Sequence[Model], watch: Watcher) -> tuple[Done, Totals]:
        """Ask these models what is open, and settle all there is."""
        run, probes = self._run, list(self._run.manifest.probes)
        budget = self._budget()
        try:
            modes, stopped = modes_of(
                [model for model in asked if not model.is_offline],
                self._desk.memory,
                self._desk.environ,
                budget,
                probes,
            )
        finally:
            run.amend(probes=tuple(probes))

        def clients(wanted: Collection[Model]) -> tuple[Mapping[str, Client], Mapping[str, RunStopping]]:
            names = {model.name for model in asked if not self._way.on} - stopped.keys()
            open_ = [model for model in wanted if model.name in names]
            return {model.name: connect(model, self._desk.environ, modes.get(model.name)) for model in open_}, stopped

        running = Running(
            run,
            self._desk.today,
            clients,
            Tariff(price, most),
            budget,
            time.time,
            watch,
            self._desk.settings.concurrency,
            frozenset(model.name for model in asked if caches(model)),
            self._sit(modes),
            leave=self._leave({model.name for model in asked}),
            rounds=MOST_ROUNDS if asked else 1,
        )
        try:
            done = bridge.run(partial(running.carry_out))
        except KeyboardInterrupt:
            settle(RunReader(run.path), run, self._desk.runs)
            raise
        for probe in run.manifest.probes:
            running.account.probe(probe)
        return done, running.account.totals()

    def _is_live(self, model: Model) -> bool:
        """The offline rubric is no provider's to batch, and costs nothing."""
        if self._way.via == "live" or model.is_offline:
            return True
        return self._way.finish_live and not (self._way.detach and self._on_the_way())

    def _leave(self, live: Collection[str]) -> Callable[[Seat], str]:
        """Why a seat is not asked live."""
        away = self._on_the_way()

        def why(seat: Seat) -> str:
            if seat.key in away.get(seat.model.name, ()):
                return ON_ITS_WAY
            if seat.key in self._elsewhere:
                return f"not asked: {self._elsewhere[seat.key]}"
            if seat.model.name in live:
                return ""
            if seat.model.name in self._without:
                return NO_BATCHES
            stop = self._stopped.get(seat.model.name)
            return f"not asked: {stop.code}" if stop else LEFT

        return why

    def _on_the_way(self) -> Mapping[str, Collection[str]]:
        """By model, the keys that are with a provider's batch."""
        from panel.batching import outstanding, parts_of

        has_batches = (self._run.path / BATCHES).exists()
        return outstanding(parts_of(RunReader(self._run.path)).values()) if has_batches else {}

    def _budget(self) -> Budget:
        """What is left of the run's cap; what parts on their way may cost counts as spent."""
        return Budget(self._run.manifest.max_cost, committed(self._run))

    def _sit(self, modes: Mapping[str, SchemaMode]) -> Sit:
        """Who asks: this machine, or a cluster."""
        if not self._way.on:
            return convene
        from panel.rescore.cluster import Across

        return Across(self._way.on, self._models, modes)


def committed(run: RunWriter) -> Decimal:
    """What a run has spent, and may have to pay for what is on its way; in US dollars."""
    reader = RunReader(run.path)
    spent = spent_of(reader.replies(), run.manifest.probes)
    if not (run.path / BATCHES).exists():
        return spent
    from panel.desk.by_batch import held_for, open_parts

    return spent + held_for(open_parts(reader))


def elsewhere(desk: Desk, reader: RunReader) -> dict[str, str]:
    """By key, why a question of this run is not to be asked: another run has it on its way, or answered it since."""
    mine = reader.run_id
    return _answered_since(desk.runs, reader) | in_hand(desk.runs, but=mine) | away(desk.on_the_way(), but=mine)


def _answered_since(runs: Runs, reader: RunReader) -> dict[str, str]:
    from panel.store.index import Index

    since, found = reader.manifest.started_at.timestamp(), dict[str, str]()
    keys = (line.key for line in reader.plan_lines() if line.source == "here")
    with Index.open(runs) as index:
        while some := list(islice(keys, _AT_ONCE)):
            for key, entry in index.held(some).items():
                if entry.run != reader.run_id and (entry.asked or 0.0) > since:
                    found[key] = f"answered in run {entry.run} since"
    return found
