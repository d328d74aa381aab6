"""The plan of a catalogue as a person reads it: per model what is fresh, stale and missing, and what asking costs."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import click

from panel.cli import plain

if TYPE_CHECKING:
    from panel.records.standing import CataloguePlan, ModelPlan


def show_plan(plan: CataloguePlan, max_cost: Decimal | None = None) -> None:
    """Print the plan, and about how far `max_cost` goes."""
    passed = f", {plan.left_out:,} left out by --category or --watch" if plan.left_out else ""
    broken = f", {plan.broken:,} that cannot be used" if plan.broken else ""
    source = "standard input" if plan.source == "-" else plan.source
    click.echo(plain(f"{source}: {plan.tools:,} tools{passed}{broken}"))
    if plan.reread:
        click.echo(f"{plan.reread:,} stored verdicts are read otherwise by this version of panel, at no cost")
    for model in plan.models:
        _show_model(model)
    usd = sum((model.live_usd for model in plan.models), Decimal(0))
    if max_cost is not None and usd > max_cost:
        calls = sum(model.calls for model in plan.models)
        click.echo(f"\n--max-cost {max_cost:f} is enough for about {int(calls * max_cost / usd):,} of {calls:,} calls")


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
    if model.on_the_way:
        click.echo(f"  coming   {model.on_the_way:>9,}  on their way by batch, or being asked, in another run")
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
    cheaper = model.batch_usd is not None and model.batch_usd < model.live_usd
    batch = f", or about ${model.batch_usd:.2f} by batch" if cheaper else ""
    return f"about ${model.live_usd:.2f}{batch}"
