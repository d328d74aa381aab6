"""`panel rescore CATALOGUE`: ask again what is stale in a whole catalogue, and nothing else."""

from __future__ import annotations

import datetime as dt
import re
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from panel.cli import plain
from panel.cli.options import Amount
from panel.cli.spend import spend_line
from panel.cli.streams import note, print_json
from panel.errors import InputError

if TYPE_CHECKING:
    from panel.desk import Desk
    from panel.desk.rescoring import Rescored
    from panel.records.standing import CataloguePlan, ModelPlan

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
@click.option("--older-than", type=Age(), metavar="AGE", help="Answers older than this are stale too: 12h, 30d, 8w.")
@click.option("--retry-abstained", is_flag=True, help="Abstentions are stale too.")
@click.option("--blind", is_flag=True, help="Mask the names of tools and vendors in what is sent.")
@click.option("--max-seats", type=click.IntRange(0), metavar="N", help="Ask at most so many seats, in whole panels.")
@click.option("--max-cost", type=Amount(), metavar="USD", help="Send nothing that could bring the run above this.")
@click.option("--allow-unpriced", is_flag=True, help="With --max-cost: also ask models whose price is not known.")
@click.option("--on", metavar="dask://HOST:PORT", help="Ask from the workers of this Dask cluster (extra: dask).")
@click.option("--json", "as_json", is_flag=True, help="The plan, or what came of it, as one JSON document.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes on standard error.")
def command(
    catalogue: str,
    plan_only: bool,
    models: tuple[str, ...],
    personas: tuple[str, ...],
    repeats: int | None,
    categories: tuple[str, ...],
    older_than: dt.timedelta | None,
    retry_abstained: bool,
    blind: bool,
    max_seats: int | None,
    max_cost: Decimal | None,
    allow_unpriced: bool,
    on: str | None,
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
      panel rescore tools.jsonl --model house --older-than 90d
    """
    from panel.cli.progress import watcher
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
    broken, scope = _Broken(), Scope(categories, max_seats)
    rescoring = Rescoring(Desk.open(), wanted, scope, older_than, broken, watcher(quiet), on)
    if plan_only:
        plan = rescoring.plan(catalogue)
        broken.close()
        if as_json:
            print_json(plan.model_dump_json())
        else:
            _show(plan)
            note("nothing was sent")
        return InputError.exit_code if plan.broken else 0
    rescored = rescoring.run(catalogue, ("panel", *sys.argv[1:]))
    broken.close()
    _close(rescored, as_json, quiet)
    return _exit_code(rescored)


def go_on(desk: Desk, ref: str, *, max_cost: Decimal | None, allow_unpriced: bool, quiet: bool) -> int:
    """Take up a run over a catalogue again; returns the exit code."""
    from panel.cli.progress import watcher
    from panel.desk import Wanted
    from panel.desk.rescoring import Rescoring
    from panel.rescore.laying import Scope

    wanted = Wanted(max_cost=max_cost, allow_unpriced=allow_unpriced)
    with desk.runs.resume(ref) as run:
        rescoring = Rescoring(desk, wanted, Scope(), None, lambda error: None, watcher(quiet))
        rescored = rescoring.resume(run)
    _close(rescored, False, quiet)
    return _exit_code(rescored)


class _Broken:
    """Tells what cannot be used of a catalogue, with file and line, as it is met; keeps none of it."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, error: InputError) -> None:
        self._count += 1
        if self._count <= _TOLD:
            note(plain(f"left out: {error.message}"))

    def close(self) -> None:
        """Count those that were not told."""
        if self._count > _TOLD:
            note(f"left out: {self._count - _TOLD:,} more; panel catalogue lint tells them all")


def _show(plan: CataloguePlan) -> None:
    passed = f", {plan.left_out:,} of other categories" if plan.left_out else ""
    broken = f", {plan.broken:,} that cannot be used" if plan.broken else ""
    click.echo(plain(f"{plan.source}: {plan.tools:,} tools{passed}{broken}"))
    if plan.reread:
        click.echo(f"{plan.reread:,} stored verdicts are read otherwise by this version of panel, at no cost")
    for model in plan.models:
        _show_model(model)


def _show_model(model: ModelPlan) -> None:
    whole = model.fresh + model.stale + model.missing
    click.echo()
    click.echo(plain(f"{model.model}: {whole:,} seats"))
    click.echo(f"  fresh    {model.fresh:>9,}")
    click.echo(f"  stale    {model.stale:>9,}")
    for cause, count in model.causes.items():
        click.echo(f"           {count:>9,}  because of {cause.words}")
    click.echo(f"  missing  {model.missing:>9,}")
    if model.left_out:
        click.echo(f"  not now  {model.left_out:>9,}  beyond --max-seats")
    if not model.calls:
        click.echo(f"  to ask   {0:>9,}")
        return
    tokens = f"  about {model.input_tokens:,} tokens in, {model.output_tokens:,} out" if model.input_tokens else ""
    click.echo(f"  to ask   {model.calls:>9,}{tokens}")
    click.echo(f"  cost     {_cost(model)}")


def _cost(model: ModelPlan) -> str:
    if model.unpriced:
        return f"unknown: {model.unpriced:,} calls have no known price"
    if not model.live_usd:
        return "no charge"
    batch = f", or about ${model.batch_usd:.2f} by batch" if model.batch_usd is not None else ""
    return f"about ${model.live_usd:.2f}{batch}"


def _close(rescored: Rescored, as_json: bool, quiet: bool) -> None:
    manifest = rescored.manifest
    if as_json:
        import json

        document = {
            "plan": rescored.plan.model_dump(mode="json"),
            "run": manifest.model_dump(mode="json") if manifest else None,
            "open": dict(rescored.done.open),
            "listed": dict(rescored.done.listed),
        }
        print_json(json.dumps(document))
    elif rescored.plan.models:
        _show(rescored.plan)
    for stop in rescored.done.stopped.values():
        note(plain(f"panel: {stop.message}"))
        if stop.hint:
            note(plain(f"       {stop.hint}"))
    if quiet:
        return
    for problem in rescored.problems:
        note(plain(f"note: {problem}"))
    if manifest is None:
        note("nothing is to be asked")
        return
    totals = manifest.totals
    note(f"run {manifest.run_id}: {totals.scored + totals.abstained:,} seats answered")
    for line in f"spent: {spend_line(totals, capped=manifest.max_cost is not None)}".splitlines():
        note(line)
    for reason, count in rescored.done.open.items():
        note(plain(f"open: {count:,} seats ({reason})"))
    for slot, reason in rescored.done.listed.items():
        note(plain(f"      {slot}: {reason}"))
    if rescored.done.open:
        note(f"the same command asks the rest; so does panel runs resume {manifest.run_id}")


def _exit_code(rescored: Rescored) -> int:
    """5 where seats are open, else 3 where entries could not be used, else 0."""
    if rescored.done.open:
        return 5
    return InputError.exit_code if rescored.plan.broken else 0
