"""Rescoring: a catalogue before a panel, as one command: planned, asked within the budget, and told.

Planning looks at every tool and sends nothing. What is begun can be stopped at any time; giving the same command again,
or taking the run up again, asks the rest and only the rest.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from panel import bridge
from panel.accounts import read_again, read_by, settle_cut_runs
from panel.budget import check_priced
from panel.catalogue import Placed, read_piped, read_placed
from panel.clients import connect
from panel.desk.buying import begun, now
from panel.desk.carrying import Carrying, Heard, Way
from panel.errors import InputError, RunBusy, StoreError
from panel.records.model import Model
from panel.records.panel import Panel
from panel.records.run import Catalogued, Manifest
from panel.records.seat import SeatRecord
from panel.records.standing import CataloguePlan
from panel.rereading import Rereading
from panel.rescore.estimating import Tally
from panel.rescore.laying import Reading, Scope, lay_down
from panel.rescore.planning import Planner, Wish
from panel.rescore.running import Done
from panel.store import RunReader, RunWriter
from panel.store.follow import is_written
from panel.store.index import Index
from panel.store.layout import BATCHES, VERDICTS
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
    """One command over a catalogue. `tell` is given what cannot be read of it, as it is met; `way` is how it asks."""

    def __init__(
        self,
        desk: Desk,
        wanted: Wanted,
        scope: Scope,
        older_than: dt.timedelta | None,
        tell: Callable[[InputError], None],
        way: Way = Way(),  # noqa: B008 - immutable
        heard: Heard = Heard(),  # noqa: B008 - immutable
    ) -> None:
        self._desk = desk
        self._wanted = wanted
        self._scope = scope
        self._wish = Wish(older_than, wanted.retry_abstained)
        self._tell = tell
        self._way = way
        self._heard = heard

    def plan(self, source: str) -> CataloguePlan:
        """How the catalogue stands, and what this command would ask; nothing is sent, and no run is made."""
        panel = self._desk.panel(self._wanted)
        settle_cut_runs(self._desk.runs)
        again = read_again(self._desk.runs)
        return self._laid_down(panel, source, None).model_copy(update={"reread": again.changed})

    def run(self, source: str, command: Sequence[str]) -> Rescored:
        """Plan the catalogue into a new run, and ask what is not fresh.

        By batch, a run of the same work that has not ended is taken up instead: its batches may be done by now.
        """
        panel = self._desk.panel(self._wanted)
        self._check_alone(command)
        problems, again = settle_cut_runs(self._desk.runs), read_again(self._desk.runs)
        self._check(panel.models, self._wanted.max_cost, self._wanted.allow_unpriced)
        waiting = self._waiting(panel, source)
        if waiting:
            with self._desk.runs.resume(waiting.run_id) as run:
                rescored = self.resume(run)
            return rescored._replace(problems=(_taken_up(waiting), *problems, *rescored.problems))
        found = Catalogued(source=source, via=self._way.via, finish_live=self._way.finish_live)
        manifest = Manifest(
            tools=(),
            catalogue=found,
            max_cost=self._wanted.max_cost,
            **begun(panel, command, self._desk.settings.home),
        )
        with self._desk.runs.create(manifest) as run:
            try:
                plan = self._laid_down(panel, source, run).model_copy(update={"reread": again.changed})
            except BaseException:
                self._desk.runs.discard(run)
                raise
            self._heard.planned(plan)
            told = (*problems, *again.problems)
            if not any(model.calls for model in plan.models):
                self._desk.runs.discard(run)
                return Rescored(plan, problems=told)
            planned = {"tools": plan.tools, "broken": plan.broken, "planned": True}
            run.amend(catalogue=found.model_copy(update=planned))
            return self._carry_out(run, plan, told)

    def resume(self, run: RunWriter) -> Rescored:
        """Ask what a run over a catalogue left open; `wanted.max_cost` in place of the run's own cap, if given.

        What is on its way by batch is left to it. Raises StoreError where the run was cut off before it was planned.
        """
        found = run.manifest.catalogue
        if found is None or not found.planned:
            raise StoreError(
                f"run {run.run_id} was cut off while it was planned.",
                hint="Give its command again; none of its seats was asked.",
            )
        plan = CataloguePlan(source=found.source, tools=found.tools, broken=found.broken)
        reader = RunReader(run.path)
        Rereading(reader).check()
        if _is_done(reader):
            return Rescored(plan, run.manifest, run.path, problems=(f"nothing was left to ask in run {run.run_id}",))
        cap = run.manifest.max_cost if self._wanted.max_cost is None else self._wanted.max_cost
        models = [self._desk.today(model) for model in run.manifest.models]
        self._check(models, cap, self._wanted.allow_unpriced or _ALLOWED in run.manifest.command)
        found = found.model_copy(update={"via": self._way.via, "finish_live": self._way.finish_live})
        run.amend(max_cost=cap, finished_at=None, versions=read_by(run.manifest), catalogue=found)
        return self._carry_out(run, plan, ())

    def _waiting(self, panel: Panel, source: str) -> RunReader | None:
        """The oldest run of the same work that batches were begun for, and that has not ended."""
        for reader in reversed(self._desk.runs.list() if self._way.via == "batch" else ()):
            is_open = not reader.problem and (reader.path / BATCHES).exists() and reader.manifest.finished_at is None
            if is_open and _same_work(reader.manifest, panel, source):
                return reader
        return None

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

    def _check(self, models: Sequence[Model], cap: Decimal | None, allow_unpriced: bool) -> None:
        """What can be refused is refused before the catalogue is read: a missing key, an unknown price, no cluster."""
        way = self._way
        live = [model for model in models if way.via == "live" or way.finish_live or model.is_offline]
        if way.via == "batch":
            from panel.desk.by_batch import check_batch_priced, check_reach

            by_batch = check_reach([model for model in models if not model.is_offline], self._desk.environ)
            if cap is not None and not allow_unpriced:
                check_batch_priced(by_batch)
        if cap is not None:
            check_priced(live, now(), allow_unpriced)
        if way.on:
            from panel.rescore.cluster import check

            bridge.run(partial(check, way.on))  # workers have the keys
            return
        for model in live:
            connect(model, self._desk.environ)

    def _carry_out(self, run: RunWriter, plan: CataloguePlan, problems: Iterable[str]) -> Rescored:
        allowed = self._wanted.allow_unpriced or _ALLOWED in run.manifest.command
        carrying = Carrying(self._desk, run, self._way, self._heard, allow_unpriced=allowed)
        done, manifest = carrying.carry_out({model.model: model.calls for model in plan.models} or _planned(run))
        return Rescored(plan, manifest, run.path, done, (*self._desk.settings.warnings, *problems))


def _planned(run: RunWriter) -> Mapping[str, int]:
    """How many seats a run asks of each model."""
    return Counter(line.slot.model for line in RunReader(run.path).plan_lines() if line.source == "here")


def _same_work(manifest: Manifest, panel: Panel, source: str) -> bool:
    """Whether a run is over the same catalogue, with the same personas, models and repeats."""
    found = manifest.catalogue
    if found is None or not found.planned or found.source != source:
        return False
    personas, models = {persona.id for persona in panel.personas}, {model.name for model in panel.models}
    same = set(manifest.personas) == personas and {model.name for model in manifest.models} == models
    return same and (manifest.repeats, manifest.variant) == (panel.repeats, panel.variant)


def _taken_up(reader: RunReader) -> str:
    return (
        f"run {reader.run_id} of the same work was taken up, since batches of it were not done; what changed in the "
        "catalogue since is asked when the command is given again"
    )


def _is_done(reader: RunReader) -> bool:
    """Whether a run ended with every seat settled; one that was cut off may hold more than it says of itself."""
    manifest = reader.manifest
    if manifest.finished_at is None or manifest.totals.pending:
        return False
    return all(record.settled for record in read_lines(reader.path / VERDICTS, SeatRecord, reader.tell))
