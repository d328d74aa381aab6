"""Rescoring: a catalogue before a panel, as one command: planned, asked within the budget, and told.

Planning looks at every tool and sends nothing. What is begun can be stopped at any time; giving the same command again,
or taking the run up again, asks the rest and only the rest.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from panel import bridge
from panel.accounts import read_again, read_by, settle_cut_runs
from panel.budget import check_priced
from panel.catalogue import Placed, read_piped, read_placed
from panel.clients import connect
from panel.desk import alike
from panel.desk.alike import Work
from panel.desk.buying import begun, now
from panel.desk.carrying import Carrying, Heard, Way, committed
from panel.errors import InputError, StoreError, UsageError
from panel.records.model import Model
from panel.records.panel import Panel
from panel.records.run import Catalogued, Manifest
from panel.records.seat import SeatRecord
from panel.records.standing import CataloguePlan
from panel.rereading import Rereading
from panel.rescore.before import Before
from panel.rescore.estimating import Tally
from panel.rescore.laying import Reading, Scope, lay_down
from panel.rescore.planning import Planner, Wish
from panel.rescore.running import Done
from panel.store import RunReader, RunWriter
from panel.store.index import Index
from panel.store.layout import VERDICTS
from panel.store.lines import read_lines

if TYPE_CHECKING:
    from panel.desk.desk import Desk
    from panel.desk.wanted import Wanted

STDIN, PIPED = "-", "standard input"
_ALLOWED = "--allow-unpriced"
_TOLD = 20


class Rescored(NamedTuple):
    """What a command over a catalogue brought. `manifest` is None where only a plan was made, or nothing was stale."""

    plan: CataloguePlan
    manifest: Manifest | None = None
    folder: Path | None = None
    done: Done = Done({}, {})
    problems: tuple[str, ...] = ()
    earlier: tuple[Rescored, ...] = ()
    """Runs of the same work that were taken up before this one, since their batches were not done."""


class Rescoring:
    """One command over a catalogue. `tell` is given what cannot be read of it, as it is met; `way` is how it asks. With
    `everything`, fresh answers are asked anew, too."""

    def __init__(
        self,
        desk: Desk,
        wanted: Wanted,
        scope: Scope,
        older_than: dt.timedelta | None,
        tell: Callable[[InputError], None],
        way: Way = Way(),  # noqa: B008 - immutable
        heard: Heard = Heard(),  # noqa: B008 - immutable
        *,
        everything: bool = False,
    ) -> None:
        self._desk = desk
        self._wanted = wanted
        self._scope = scope
        self._everything = everything
        self._wish = Wish(older_than, wanted.retry_abstained)
        self._tell = tell
        self._way = way
        self._heard = heard

    def plan(self, source: str) -> CataloguePlan:
        """How the catalogue stands, and what this command would ask; nothing is sent, and no run is made."""
        panel = self._desk.panel(self._wanted)
        settle_cut_runs(self._desk.runs)
        again = read_again(self._desk.runs)
        last = alike.newest(self._desk.runs, self._work(panel, source))
        return self._laid_down(panel, source, None, {}, last).model_copy(update={"reread": again.changed})

    def run(self, source: str, command: Sequence[str]) -> Rescored:
        """Plan the catalogue into a new run, and ask what is not fresh.

        By batch, runs of the same work that have not ended are taken up first: their batches may be done by now.
        """
        panel = self._desk.panel(self._wanted)
        work = self._work(panel, source)
        alike.check_alone(self._desk.runs, work)
        problems, again = settle_cut_runs(self._desk.runs), read_again(self._desk.runs)
        cap = self._wanted.max_cost
        self._check(panel.models, cap, self._wanted.allow_unpriced)
        earlier, left = list[Rescored](), dict[str, str]()
        for reader in alike.waiting(self._desk.runs, work) if self._way.via == "batch" else ():
            with self._desk.runs.resume(reader.run_id) as run:
                before = committed(run)
                self._heard.say(f"run {reader.run_id} of the same work has batches that are not done: it is taken up")
                earlier.append(self.resume(run))
                cap = None if cap is None else max(Decimal(0), cap - (committed(run) - before))
                left |= _left_open(run)
        told = (*problems, *again.problems)
        rescored = self._anew(panel, source, command, left, cap, again.changed)
        return rescored._replace(problems=(*told, *rescored.problems), earlier=tuple(earlier))

    def _anew(
        self,
        panel: Panel,
        source: str,
        command: Sequence[str],
        left: Mapping[str, str],
        cap: Decimal | None,
        reread: int,
    ) -> Rescored:
        """A run of its own; `left` is what runs that were taken up left open, which is not begun again."""
        desk, work = self._desk, self._work(panel, source)
        found = Catalogued(
            source=source,
            via=self._way.via,
            finish_live=self._way.finish_live,
            place=work.place,
            scope=work.scope,
            everything=self._everything,
        )
        manifest = Manifest(tools=(), catalogue=found, max_cost=cap, **begun(panel, command, desk.settings.home))
        with ExitStack() as open_:
            with alike.planning(desk.runs, self._heard.say):
                alike.check_alone(desk.runs, work)
                last = alike.newest(desk.runs, work)
                hands = alike.in_hand(desk.runs)
                run = open_.enter_context(desk.runs.create(manifest))
                try:
                    plan = self._laid_down(panel, source, run, {**left, **hands}, last)
                except BaseException:
                    desk.runs.discard(run)
                    raise
                planned = {"tools": plan.tools, "broken": plan.broken, "planned": True, "digest": plan.digest}
                run.amend(catalogue=found.model_copy(update=planned))
            plan = plan.model_copy(update={"reread": reread})
            self._heard.planned(plan)
            if any(model.calls for model in plan.models):
                return self._carry_out(run, plan, ())
            return self._shown(run, plan, last)

    def _shown(self, run: RunWriter, plan: CataloguePlan, last: RunReader | None) -> Rescored:
        """A run that asks nothing is kept where no other shows the catalogue as it stands."""
        was = last.manifest.catalogue if last else None
        if plan.open or not plan.tools or (was and was.whole and was.digest == plan.digest):
            self._desk.runs.discard(run)
            return Rescored(plan)
        with run.verdicts():
            pass
        run.amend(catalogue=_whole(run, plan, open_=0))
        return Rescored(plan, run.finish(run.manifest.totals, now()), run.path)

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
        return self._carry_out(run, plan, (), resumed=True)

    def _work(self, panel: Panel, source: str) -> Work:
        return Work.wanted(panel, alike.place_of(source, STDIN, self._desk.runs), self._scope)

    def _laid_down(
        self, panel: Panel, source: str, run: RunWriter | None, hands: Mapping[str, str], last: RunReader | None
    ) -> CataloguePlan:
        """The plan; `hands` says, by key, why another run has a question in hand, `last` shows what was in view."""
        work = self._work(panel, source)
        wish = self._wish._replace(anew=self._since(work)) if self._everything else self._wish
        reading = Reading(self._found(source), self._scope, self._tell)
        with Index.open(self._desk.runs) as index:
            planner = Planner(panel, self._desk.prompter, index, wish, now(), Before(last))
            tally = Tally(panel.models, now())
            scope = self._scope._replace(on_the_way={**hands, **alike.away(self._desk.on_the_way())})
            plan = lay_down(reading, planner, tally, self._desk.prompter, scope, run, source)
            for problem in islice(planner.problems, _TOLD):  # what they held is about to be paid for again
                self._heard.say(problem)
        self._check_found(reading, plan, source)
        return plan

    def _since(self, work: Work) -> dt.datetime:
        """What was asked since then is fresh, also where everything is to be asked anew: the round goes on."""
        return alike.began(self._desk.runs, work) or now()

    def _check_found(self, reading: Reading, plan: CataloguePlan, source: str) -> None:
        """Raise where there is nothing to look at; say which tools of a watch list are not there."""
        if not plan.tools and not plan.left_out:
            raise InputError.at(
                PIPED if source == STDIN else source,
                f"holds no tool that can be used ({plan.broken} cannot)" if plan.broken else "holds no tool",
                hint="A catalogue is a folder of entries, or a .jsonl file with a tool on every line.",
            )
        if not plan.tools and self._scope.categories:
            raise UsageError(
                f"no tool of {source} is of the category {' or '.join(self._scope.categories)}.",
                hint=f"There are: {', '.join(sorted(reading.categories)) or 'none'}.",
            )
        if reading.missed:
            some = ", ".join(sorted(reading.missed)[:_TOLD])
            self._heard.say(f"{len(reading.missed):,} tools of the watch list are not in the catalogue: {some}")

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

    def _carry_out(
        self, run: RunWriter, plan: CataloguePlan, problems: Iterable[str], *, resumed: bool = False
    ) -> Rescored:
        allowed = self._wanted.allow_unpriced or _ALLOWED in run.manifest.command
        carrying = Carrying(self._desk, run, self._way, self._heard, allow_unpriced=allowed, resumed=resumed)
        try:
            done, _ = carrying.carry_out({model.model: model.calls for model in plan.models} or _planned(run))
        except KeyboardInterrupt:
            totals = run.manifest.totals
            answered = totals.scored + totals.abstained
            self._heard.say(f"run {run.run_id}: {answered:,} of {totals.seats:,} seats are answered and kept")
            raise
        run.amend(catalogue=_whole(run, plan, open_=sum(done.open.values())))
        return Rescored(plan, run.manifest, run.path, done, (*self._desk.settings.warnings, *problems))


def _whole(run: RunWriter, plan: CataloguePlan, open_: int) -> Catalogued | None:
    """What the run says of its catalogue at its end: whether all of it is in view."""
    found = run.manifest.catalogue
    return found and found.model_copy(update={"whole": not open_ and not plan.open})


def _left_open(run: RunWriter) -> dict[str, str]:
    """By key, the questions of a run that are not settled, and why they are not begun again by the same command."""
    lines = read_lines(run.path / VERDICTS, SeatRecord, lambda words: None)
    return {record.key: f"open in run {run.run_id}" for record in lines if not record.settled}


def _planned(run: RunWriter) -> Mapping[str, int]:
    """How many seats a run asks of each model."""
    return Counter(line.slot.model for line in RunReader(run.path).plan_lines() if line.source == "here")


def _is_done(reader: RunReader) -> bool:
    """Whether a run ended with every seat settled; one that was cut off may hold more than it says of itself."""
    manifest = reader.manifest
    if manifest.finished_at is None or manifest.totals.pending:
        return False
    return all(record.settled for record in read_lines(reader.path / VERDICTS, SeatRecord, reader.tell))
