"""`panel rescore CATALOGUE`: ask again what is stale in a whole catalogue, and nothing else."""

from __future__ import annotations

import datetime as dt
import re
import sys
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from panel.cli import plain
from panel.cli.afterwards import Afterwards, options
from panel.cli.options import Amount
from panel.cli.planned import show_plan
from panel.cli.progress.catalogue import Shown
from panel.cli.spend import spend_line
from panel.cli.streams import note, print_json
from panel.cli.watch_list import watched
from panel.cli.ways import Ways, ways
from panel.errors import InputError

if TYPE_CHECKING:
    from panel.desk import Desk
    from panel.desk.rescoring import Rescored
    from panel.records.standing import CataloguePlan

_UNITS = {"h": 3600, "d": 86_400, "w": 604_800}
_TOLD = 200
"""Broken entries that are told one by one; the others are counted."""


class Age(click.ParamType["dt.timedelta"]):
    """A length of time: 12h, 30d, 8w."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.timedelta:
        """The length of time."""
        if isinstance(value, dt.timedelta):
            return value
        found = re.fullmatch(r"(\d{1,6})([hdw])", str(value).strip())
        if not found:
            self.fail(f"{value!r} is not a length of time; write it like 12h, 30d or 8w", param, ctx)
        return dt.timedelta(seconds=int(found[1]) * _UNITS[found[2]])


@click.command("rescore")
@click.argument("catalogue", metavar="CATALOGUE")
@click.option(
    "--plan", "plan_only", is_flag=True, help="Say what is fresh, stale and missing, and what asking would cost."
)
@click.option(
    "-m", "--model", "models", multiple=True, metavar="MODEL", help="Who answers; may be given more than once."
)
@click.option("-p", "--persona", "personas", multiple=True, metavar="ID", help="Only these personas.")
@click.option("-n", "--repeats", type=click.IntRange(1, 50), help="Ask every seat this often.")
@click.option("--category", "categories", multiple=True, metavar="NAME", help="Only tools of this category.")
@click.option(
    "--watch",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Only the tools that this watch list names (panel diff --straddling).",
)
@click.option("--only-stale/--all", default=True, help="Ask what is stale or missing, or fresh answers anew too.")
@click.option("--older-than", type=Age(), metavar="AGE", help="Answers older than this are stale too: 12h, 30d, 8w.")
@click.option("--retry-abstained", is_flag=True, help="Abstentions are stale too.")
@click.option("--blind", is_flag=True, help="Mask the names of tools and vendors in what is sent.")
@click.option("--max-seats", type=click.IntRange(0), metavar="N", help="Ask at most so many seats, in whole panels.")
@click.option("--max-cost", type=Amount(), metavar="USD", help="Send nothing that could bring the run above this.")
@click.option("--allow-unpriced", is_flag=True, help="With --max-cost: also ask models whose price is not known.")
@ways
@options
@click.option("--json", "as_json", is_flag=True, help="The plan, or what came of it, as one JSON document.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes on standard error.")
def command(
    catalogue: str,
    plan_only: bool,
    models: tuple[str, ...],
    personas: tuple[str, ...],
    repeats: int | None,
    categories: tuple[str, ...],
    watch: Path | None,
    only_stale: bool,
    older_than: dt.timedelta | None,
    retry_abstained: bool,
    blind: bool,
    max_seats: int | None,
    max_cost: Decimal | None,
    allow_unpriced: bool,
    ways: Ways,
    afterwards: Afterwards,
    as_json: bool,
    quiet: bool,
) -> int:
    """Bring a whole catalogue up to date: ask what is stale or missing, and only that.

    CATALOGUE is a folder, a .jsonl file, or - for one tool a line on standard input. What is stale is said with its
    cause; what is fresh costs nothing. The same command again does the rest, however this one ended.

    \b
    Examples:
      panel rescore catalogue --model openai/gpt-6-luna --plan
      panel rescore catalogue --model openai/gpt-6-luna --max-cost 5
      panel rescore catalogue --model openai/gpt-6-luna --via batch --finish live
      panel rescore tools.jsonl --model house --older-than 90d
    """
    from panel.desk import Desk, Wanted
    from panel.desk.rescoring import Rescoring
    from panel.rescore.laying import Scope

    wanted = Wanted(
        models=models,
        personas=personas,
        repeats=repeats,
        retry_abstained=retry_abstained,
        blind=blind,
        max_cost=max_cost,
        allow_unpriced=allow_unpriced,
    )
    broken, scope = _Broken(quiet), Scope(categories, max_seats, tools=watched(watch))
    way = ways.way()
    afterwards.check()
    desk = Desk.open()
    planned = _nothing if as_json else partial(show_plan, max_cost=max_cost)
    with Shown(quiet, None if plan_only else ways.json_events, planned) as shown:
        rescoring = Rescoring(desk, wanted, scope, older_than, broken, way, shown.heard, everything=not only_stale)
        if plan_only:
            plan = rescoring.plan(catalogue)
            broken.close()
            return _planned(plan, as_json, max_cost)
        rescored = rescoring.run(catalogue, ("panel", *sys.argv[1:]))
    broken.close()
    _close(rescored, as_json, quiet)
    return _ended(desk, rescored, afterwards, quiet)


def go_on(
    desk: Desk,
    ref: str,
    *,
    max_cost: Decimal | None,
    allow_unpriced: bool,
    ways: Ways,
    afterwards: Afterwards,
    quiet: bool,
) -> int:
    """Take up a run over a catalogue again; returns the exit code."""
    from panel.desk import Wanted
    from panel.desk.rescoring import Rescoring
    from panel.rescore.laying import Scope

    wanted = Wanted(max_cost=max_cost, allow_unpriced=allow_unpriced)
    way = ways.way(desk.runs.open(ref).manifest.catalogue)
    afterwards.check()
    with Shown(quiet, ways.json_events) as shown, desk.runs.resume(ref) as run:
        rescored = Rescoring(desk, wanted, Scope(), None, lambda error: None, way, shown.heard).resume(run)
    _close(rescored, False, quiet)
    return _ended(desk, rescored, afterwards, quiet)


def _nothing(plan: CataloguePlan) -> None:
    """The plan comes with the rest, as JSON."""


def _planned(plan: CataloguePlan, as_json: bool, max_cost: Decimal | None) -> int:
    if as_json:
        print_json(plan.model_dump_json())
    else:
        show_plan(plan, max_cost)
        note("nothing was sent")
    return InputError.exit_code if plan.broken else 0


def _ended(desk: Desk, rescored: Rescored, afterwards: Afterwards, quiet: bool) -> int:
    """What follows a command, and its exit code: 5 where seats are open, else what the drift calls for, else 3 where
    entries could not be used."""
    runs = [(one.manifest.run_id, one.done) for one in (*rescored.earlier, rescored) if one.manifest]
    code = 0
    for run, done in runs:
        last = run == runs[-1][0]
        chosen = afterwards if last else afterwards._replace(summary=None, drifts=())
        code = max(code, chosen.follow(desk, run, done.open, tuple(done.stopped.values()), quiet=quiet))
    if not runs:
        afterwards.idle(rescored.plan)
    if rescored.plan.open or any(done.open for _, done in runs):
        return 5
    return code or (InputError.exit_code if rescored.plan.broken else 0)


class _Broken:
    """Tells what cannot be used of a catalogue, with file and line, as it is met; keeps none of it."""

    def __init__(self, quiet: bool) -> None:
        self._count = 0
        self._told = 0 if quiet else _TOLD

    def __call__(self, error: InputError) -> None:
        self._count += 1
        if self._count <= self._told:
            note(plain(f"left out: {error.message}"))

    def close(self) -> None:
        """Count those that were not told."""
        if self._count > self._told:
            more = " more" if self._told else " entries that cannot be used"
            note(f"left out: {self._count - self._told:,}{more}; panel catalogue lint tells them all")


def _close(rescored: Rescored, as_json: bool, quiet: bool) -> None:
    if as_json:
        import json

        print_json(json.dumps(_document(rescored) | {"earlier": [_document(one) for one in rescored.earlier]}))
    for one in (*rescored.earlier, rescored):
        _tell(one, quiet)
    plan = rescored.plan
    if plan.open and not quiet:
        left, away = (sum(getattr(model, name) for model in plan.models) for name in ("left_out", "on_the_way"))
        if left:
            note(f"left for another time: {left:,} seats beyond --max-seats")
        if away:
            note(f"not asked: {away:,} seats in the hands of another run; the same command comes back for them")


def _document(rescored: Rescored) -> dict[str, Any]:
    manifest = rescored.manifest
    return {
        "plan": rescored.plan.model_dump(mode="json"),
        "run": manifest.model_dump(mode="json") if manifest else None,
        "open": dict(rescored.done.open),
        "listed": dict(rescored.done.listed),
    }


def _tell(rescored: Rescored, quiet: bool) -> None:
    manifest, open_ = rescored.manifest, rescored.done.open
    for stop in rescored.done.stopped.values():
        note(plain(f"panel: {stop.message}"))
        if stop.hint:
            note(plain(f"       {stop.hint}"))
    if quiet:
        return
    for problem in rescored.problems:
        note(plain(f"note: {problem}"))
    if manifest is None:
        note("nothing is to be asked" if not rescored.plan.open else "nothing could be asked")
        return
    totals = manifest.totals
    if not totals.seats:
        note(f"nothing is to be asked; run {manifest.run_id} shows the catalogue as it stands")
        return
    again = "; --retry-abstained asks those again" if totals.abstained else ""
    note(f"run {manifest.run_id}: {totals.scored:,} seats scored, {totals.abstained:,} abstained{again}")
    for line in f"spent: {spend_line(totals, capped=manifest.max_cost is not None)}".splitlines():
        note(line)
    for reason, count in open_.items():
        note(plain(f"open: {count:,} seats ({reason})"))
    for slot, reason in rescored.done.listed.items():
        note(plain(f"      {slot}: {reason}"))
    if open_ and "budget" not in {stop.code for stop in rescored.done.stopped.values()}:  # whose hint says how
        from panel.cli.summary import next_step

        note(next_step(manifest.run_id, open_))
