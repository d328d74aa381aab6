"""Rescoring: a catalogue before a panel, as one command: planned, asked within the budget, and told.

Planning looks at every tool and sends nothing. What is begun can be stopped at any time; giving the same command again,
or taking the run up again, asks the rest and only the rest.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from panel import bridge
from panel.accounts import settle, settle_cut_runs
from panel.budget import Budget, check_priced, spent_of
from panel.catalogue import read_many, read_piped
from panel.clients import connect
from panel.clients.base import Client
from panel.convene import Tariff, Watcher, unwatched
from panel.desk.buying import begun, caches, now
from panel.desk.servers import modes_of
from panel.errors import InputError, RunStopping, StoreError
from panel.prices import most, price
from panel.records.model import Model
from panel.records.panel import Panel
from panel.records.run import Catalogued, Manifest, Probe
from panel.records.standing import CataloguePlan
from panel.records.tool import Tool
from panel.rescore.estimating import Tally
from panel.rescore.laying import Reading, Scope, lay_down
from panel.rescore.planning import Planner, Wish
from panel.rescore.running import Done, Running
from panel.store import RunReader, RunWriter
from panel.store.index import Index

if TYPE_CHECKING:
    from panel.desk.desk import Desk
    from panel.desk.wanted import Wanted

PIPED = "standard input"


class Rescored(NamedTuple):
    """What a command over a catalogue brought. `manifest` is None where only a plan was made, or nothing was stale."""

    plan: CataloguePlan
    manifest: Manifest | None = None
    folder: Path | None = None
    done: Done = Done({}, {})
    problems: tuple[str, ...] = ()


class Rescoring:
    """One command over a catalogue. `tell` is given what cannot be read of it, as it is met."""

    def __init__(
        self,
        desk: Desk,
        wanted: Wanted,
        scope: Scope,
        older_than: dt.timedelta | None,
        tell: Callable[[InputError], None],
        watch: Watcher = unwatched,
    ) -> None:
        self._desk = desk
        self._wanted = wanted
        self._scope = scope
        self._wish = Wish(older_than, wanted.retry_abstained)
        self._tell = tell
        self._watch = watch

    def plan(self, source: str) -> CataloguePlan:
        """How the catalogue stands, and what this command would ask; nothing is sent, and no run is made."""
        panel = self._desk.panel(self._wanted)
        settle_cut_runs(self._desk.runs)
        return self._laid_down(panel, source, None)

    def run(self, source: str, command: Sequence[str]) -> Rescored:
        """Plan the catalogue into a new run, and ask what is not fresh."""
        panel = self._desk.panel(self._wanted)
        problems = settle_cut_runs(self._desk.runs)
        budget, probes = Budget(self._wanted.max_cost), list[Probe]()
        if budget.cap is not None:
            check_priced(panel.models, now(), self._wanted.allow_unpriced)
        for model in panel.models:  # a key that is missing is told before the catalogue is read
            connect(model, self._desk.environ)
        manifest = Manifest(
            tools=(),
            catalogue=Catalogued(source=source),
            max_cost=self._wanted.max_cost,
            **begun(panel, command, self._desk.settings.home),
        )
        with self._desk.runs.create(manifest) as run:
            plan = self._laid_down(panel, source, run)
            found = Catalogued(source=source, tools=plan.tools, broken=plan.broken, planned=True)
            run.amend(catalogue=found)
            if not any(model.calls for model in plan.models):
                run.finish(run.manifest.totals, now())
                return Rescored(plan, run.manifest, run.path, problems=problems)
            return self._carry_out(run, plan, budget, probes, problems)

    def resume(self, run: RunWriter) -> Rescored:
        """Ask what a run over a catalogue left open; `wanted.max_cost` in place of the run's own cap, if given.

        Raises StoreError where it was cut off before it was planned.
        """
        if run.manifest.catalogue is None or not run.manifest.catalogue.planned:
            raise StoreError(
                f"run {run.run_id} was cut off while it was planned.",
                hint="Give its command again; none of its seats was asked.",
            )
        cap = run.manifest.max_cost if self._wanted.max_cost is None else self._wanted.max_cost
        budget = Budget(cap, spent_of(RunReader(run.path).replies(), run.manifest.probes))
        run.amend(max_cost=cap, finished_at=None)
        plan = CataloguePlan(**run.manifest.catalogue.model_dump(exclude={"planned"}))
        return self._carry_out(run, plan, budget, list(run.manifest.probes), ())

    def _laid_down(self, panel: Panel, source: str, run: RunWriter | None) -> CataloguePlan:
        reading = Reading(self._found(source), self._scope, self._tell)
        with Index.open(self._desk.runs) as index:
            planner = Planner(panel, self._desk.prompter, index, self._wish, now())
            tally = Tally(panel.models, now())
            return lay_down(reading, planner, tally, self._desk.prompter, self._scope, run, source)

    def _found(self, source: str) -> Iterator[Tool | InputError]:
        if source == "-":
            return read_piped(sys.stdin.buffer, PIPED)
        return read_many(Path(source))

    def _carry_out(
        self, run: RunWriter, plan: CataloguePlan, budget: Budget, probes: list[Probe], problems: Iterable[str]
    ) -> Rescored:
        desk = self._desk
        models = [desk.today(model) for model in run.manifest.models]
        modes, stopped = modes_of([m for m in models if not m.is_offline], desk.memory, desk.environ, budget, probes)
        run.amend(probes=tuple(probes))

        def clients(wanted: Collection[Model]) -> tuple[Mapping[str, Client], Mapping[str, RunStopping]]:
            open_ = [model for model in wanted if model.name not in stopped]
            return {model.name: connect(model, desk.environ, modes.get(model.name)) for model in open_}, stopped

        running = Running(
            run,
            desk.today,
            clients,
            Tariff(price, most),
            budget,
            time.time,
            self._watch,
            desk.settings.concurrency,
            frozenset(model.name for model in models if caches(model)),
        )
        try:
            done = bridge.run(partial(running.carry_out))
        except KeyboardInterrupt:
            settle(RunReader(run.path), run, desk.runs)
            raise
        for probe in run.manifest.probes:
            running.account.probe(probe)
        manifest = run.finish(running.account.totals(), now())
        return Rescored(plan, manifest, run.path, done, (*desk.settings.warnings, *problems))
