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
from panel.accounts import read_again, read_by, settle, settle_cut_runs
from panel.budget import Budget, check_priced, spent_of
from panel.catalogue import Placed, read_piped, read_placed
from panel.clients import connect
from panel.clients.base import Client
from panel.convene import Tariff, Watcher, convene, unwatched
from panel.desk.buying import begun, caches, now
from panel.desk.servers import modes_of
from panel.errors import InputError, RunBusy, RunStopping, StoreError, UsageError
from panel.prices import most, price
from panel.records.model import Model, SchemaMode
from panel.records.panel import Panel
from panel.records.run import Catalogued, Manifest, Probe
from panel.records.seat import SeatRecord
from panel.records.standing import CataloguePlan
from panel.rereading import Rereading
from panel.rescore.estimating import Tally
from panel.rescore.laying import Reading, Scope, lay_down
from panel.rescore.planning import Planner, Wish
from panel.rescore.running import Done, Running, Sit
from panel.store import RunReader, RunWriter
from panel.store.follow import is_written
from panel.store.index import Index
from panel.store.layout import VERDICTS
from panel.store.lines import read_lines

if TYPE_CHECKING:
    from panel.desk.desk import Desk
    from panel.desk.wanted import Wanted

STDIN, PIPED = "-", "standard input"
_ALLOWED = "--allow-unpriced"


class Rescored(NamedTuple):
    """What a command over a catalogue brought. `manifest` is None where only a plan was made, or nothing was stale."""

    plan: CataloguePlan
    manifest: Manifest | None = None
    folder: Path | None = None
    done: Done = Done({}, {})
    problems: tuple[str, ...] = ()


class Rescoring:
    """One command over a catalogue. `tell` is given what cannot be read of it, as it is met; `on` is the address of a
    cluster that asks, in place of this machine."""

    def __init__(
        self,
        desk: Desk,
        wanted: Wanted,
        scope: Scope,
        older_than: dt.timedelta | None,
        tell: Callable[[InputError], None],
        watch: Watcher = unwatched,
        on: str | None = None,
    ) -> None:
        self._desk = desk
        self._wanted = wanted
        self._scope = scope
        self._wish = Wish(older_than, wanted.retry_abstained)
        self._tell = tell
        self._watch = watch
        self._on = on

    def plan(self, source: str) -> CataloguePlan:
        """How the catalogue stands, and what this command would ask; nothing is sent, and no run is made."""
        panel = self._desk.panel(self._wanted)
        settle_cut_runs(self._desk.runs)
        again = read_again(self._desk.runs)
        return self._laid_down(panel, source, None).model_copy(update={"reread": again.changed})

    def run(self, source: str, command: Sequence[str]) -> Rescored:
        """Plan the catalogue into a new run, and ask what is not fresh."""
        panel = self._desk.panel(self._wanted)
        self._check_alone(command)
        problems, again = settle_cut_runs(self._desk.runs), read_again(self._desk.runs)
        budget, probes = Budget(self._wanted.max_cost), list[Probe]()
        if budget.cap is not None:
            check_priced(panel.models, now(), self._wanted.allow_unpriced)
        self._check_reach(panel.models)
        manifest = Manifest(
            tools=(),
            catalogue=Catalogued(source=source),
            max_cost=self._wanted.max_cost,
            **begun(panel, command, self._desk.settings.home),
        )
        with self._desk.runs.create(manifest) as run:
            try:
                plan = self._laid_down(panel, source, run).model_copy(update={"reread": again.changed})
            except BaseException:
                self._desk.runs.discard(run)
                raise
            told = (*problems, *again.problems)
            if not any(model.calls for model in plan.models):
                self._desk.runs.discard(run)
                return Rescored(plan, problems=told)
            run.amend(catalogue=Catalogued(source=source, tools=plan.tools, broken=plan.broken, planned=True))
            return self._carry_out(run, plan, budget, probes, told)

    def resume(self, run: RunWriter) -> Rescored:
        """Ask what a run over a catalogue left open; `wanted.max_cost` in place of the run's own cap, if given.

        Raises StoreError where it was cut off before it was planned.
        """
        if run.manifest.catalogue is None or not run.manifest.catalogue.planned:
            raise StoreError(
                f"run {run.run_id} was cut off while it was planned.",
                hint="Give its command again; none of its seats was asked.",
            )
        if run.run_id in self._desk.on_the_way().values():
            raise UsageError(
                f"run {run.run_id} has seats on their way by batch; asking them too would pay twice.",
                hint=f"Collect them first: panel batch collect {run.run_id}",
            )
        plan = CataloguePlan(**run.manifest.catalogue.model_dump(exclude={"planned"}))
        reader = RunReader(run.path)
        Rereading(reader).check()
        if _is_done(reader):
            return Rescored(plan, run.manifest, run.path, problems=(f"nothing was left to ask in run {run.run_id}",))
        cap = run.manifest.max_cost if self._wanted.max_cost is None else self._wanted.max_cost
        budget = Budget(cap, spent_of(reader.replies(), run.manifest.probes))
        if cap is not None:
            allowed = self._wanted.allow_unpriced or _ALLOWED in run.manifest.command
            check_priced([self._desk.today(model) for model in run.manifest.models], now(), allowed)
        run.amend(max_cost=cap, finished_at=None, versions=read_by(run.manifest))
        return self._carry_out(run, plan, budget, list(run.manifest.probes), ())

    def _check_alone(self, command: Sequence[str]) -> None:
        """Raise RunBusy where the very same command is at work: both would ask, and pay for, the same seats."""
        for reader in self._desk.runs.list():
            if reader.problem or not reader.manifest.catalogue or reader.manifest.finished_at is not None:
                continue
            if reader.manifest.command == tuple(command) and is_written(reader.path):
                raise RunBusy(
                    f"The same command is at work already, as run {reader.run_id}.",
                    hint=f"Look on: panel runs watch {reader.run_id}",
                )

    def _laid_down(self, panel: Panel, source: str, run: RunWriter | None) -> CataloguePlan:
        reading = Reading(self._found(source), self._scope, self._tell)
        with Index.open(self._desk.runs) as index:
            planner = Planner(panel, self._desk.prompter, index, self._wish, now())
            tally = Tally(panel.models, now())
            scope = self._scope._replace(on_the_way=self._desk.on_the_way())
            plan = lay_down(reading, planner, tally, self._desk.prompter, scope, run, source)
        if not plan.tools and not plan.left_out:
            raise InputError.at(
                PIPED if source == STDIN else source,
                f"holds no tool that can be used ({plan.broken} cannot)" if plan.broken else "holds no tool",
                hint="A catalogue is a folder of entries, or a .jsonl file with a tool on every line.",
            )
        return plan

    def _found(self, source: str) -> Iterator[Placed]:
        if source == STDIN:
            return read_piped(sys.stdin.buffer, PIPED)
        return read_placed(Path(source))

    def _check_reach(self, models: Iterable[Model]) -> None:
        """A key that is missing, or a cluster, is told before the catalogue is read; workers there have the keys."""
        if self._on:
            from panel.rescore.cluster import check

            bridge.run(partial(check, self._on))
            return
        for model in models:
            connect(model, self._desk.environ)

    def _carry_out(
        self, run: RunWriter, plan: CataloguePlan, budget: Budget, probes: list[Probe], problems: Iterable[str]
    ) -> Rescored:
        desk = self._desk
        models = [desk.today(model) for model in run.manifest.models]
        try:
            modes, stopped = modes_of(
                [m for m in models if not m.is_offline], desk.memory, desk.environ, budget, probes
            )
        finally:
            run.amend(probes=tuple(probes))

        def clients(wanted: Collection[Model]) -> tuple[Mapping[str, Client], Mapping[str, RunStopping]]:
            open_ = [model for model in wanted if model.name not in stopped and not self._on]
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
            self._sit(models, modes),
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

    def _sit(self, models: Collection[Model], modes: Mapping[str, SchemaMode]) -> Sit:
        """Who asks: this machine, or a cluster."""
        if not self._on:
            return convene
        from panel.rescore.cluster import Across

        return Across(self._on, models, modes)


def _is_done(reader: RunReader) -> bool:
    """Whether a run ended with every seat settled; one that was cut off may hold more than it says of itself."""
    manifest = reader.manifest
    if manifest.finished_at is None or manifest.totals.pending:
        return False
    return all(record.settled for record in read_lines(reader.path / VERDICTS, SeatRecord, reader.tell))
