"""`panel runs …`: what was bought, when, and what came of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import click

from panel.cli import plain
from panel.cli.afterwards import Afterwards, options
from panel.cli.delivery import closing, exit_code, explain_stop, renew
from panel.cli.options import Amount
from panel.cli.progress import watcher
from panel.cli.spend import spend_line
from panel.cli.streams import note, print_json
from panel.cli.watch import command as watch
from panel.cli.ways import Ways, ways
from panel.errors import UsageError

if TYPE_CHECKING:
    from panel.records.run import Manifest
    from panel.store import RunReader


@click.group("runs")
def command() -> None:
    """List, show, watch, open and resume stored runs.

    \b
    Examples:
      panel runs list
      panel runs show latest
      panel runs watch latest
      panel runs open latest
      panel runs resume latest
    """


command.add_command(watch)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One manifest a line.")
def list_(as_json: bool) -> None:
    """List the runs, newest first."""
    from panel.desk import Desk

    desk = Desk.open()
    for reader in desk.runs.list():
        if reader.problem:
            note(plain(f"note: {reader.problem.message}"))
        elif as_json:
            print_json(reader.manifest.model_dump_json())
        else:
            click.echo(plain(_line(reader)))
    if not desk.runs.list():
        note(plain(f"no runs in {desk.settings.runs} yet; `panel review sqlite` makes one"))


def _line(reader: RunReader) -> str:
    manifest = reader.manifest
    tools = ", ".join(manifest.tools[:3]) + (f" and {len(manifest.tools) - 3} more" if len(manifest.tools) > 3 else "")
    if manifest.catalogue:
        tools = f"{manifest.catalogue.tools:,} tools of {manifest.catalogue.source}"
    models = ", ".join(model.name for model in manifest.models)
    return f"{manifest.run_id}  {_state(manifest):<22}  {_counts(manifest):<28}  {models}  {tools}"


def _state(manifest: Manifest) -> str:
    return f"{manifest.finished_at:%Y-%m-%d %H:%M} UTC" if manifest.finished_at else "cut off or running"


def _counts(manifest: Manifest) -> str:
    totals = manifest.totals
    parts = [
        (totals.scored, "scored"),
        (totals.abstained, "abstained"),
        (totals.pending, "pending"),
        (totals.held, "stored before"),
    ]
    return ", ".join(f"{count} {name}" for count, name in parts if count) or "nothing bought"


@command.command("show")
@click.argument("run", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="Manifest and reviews as one JSON document.")
def show(run: str, as_json: bool) -> None:
    """Show what a run asked, what it cost and what came of it.

    RUN is a run's id, the beginning of one, or "latest".
    """
    import json

    from panel.desk import Desk
    from panel.view import recall

    desk = Desk.open()
    reader = desk.runs.open(run)
    manifest = reader.manifest
    reviews = [recall(desk.runs, reader, tool) for tool in manifest.tools]
    if as_json:
        document = {
            "manifest": manifest.model_dump(mode="json"),
            "reviews": [review.model_dump(mode="json") for review in reviews],
        }
        print_json(json.dumps(document))
        return
    click.echo(f"run       {manifest.run_id}")
    click.echo(plain(f"command   {' '.join(manifest.command) or '(Python API)'}"))
    click.echo(f"started   {manifest.started_at:%Y-%m-%d %H:%M:%S} UTC")
    click.echo(f"finished  {_state(manifest)}")
    click.echo(plain(f"models    {', '.join(model.name for model in manifest.models)}"))
    click.echo(f"personas  {', '.join(manifest.personas)} · repeats {manifest.repeats}")
    if found := manifest.catalogue:
        left_out = f", {found.broken:,} that cannot be used" if found.broken else ""
        state = "" if found.planned else "; cut off while it was planned: give its command again"
        click.echo(plain(f"catalogue {found.source}: {found.tools:,} tools{left_out}{state}"))
    click.echo(f"seats     {_counts(manifest)}")
    cap = f" (at most ${manifest.max_cost} in all)" if manifest.max_cost is not None else ""
    spent = f"{spend_line(manifest.totals, capped=bool(cap))}{cap}".splitlines()
    for label, line in zip(("spent", *[""] * len(spent)), spent, strict=False):
        click.echo(f"{label:<9} {line}")
    for review in reviews:
        counts = "; ".join(tally.words for tally in review.tallies)
        click.echo(plain(f"  {review.title} · {counts}"))
    for problem in reader.torn:
        note(plain(f"note: {problem}"))
    if manifest.totals.pending:
        note(f"panel runs resume {manifest.run_id} asks the {manifest.totals.pending} seats that have no reply")


@command.command("resume")
@click.argument("run", metavar="RUN")
@click.option(
    "--max-cost",
    type=Amount(),
    metavar="USD",
    help="The most that the run may cost in all, in place of what it was begun with.",
)
@click.option("--allow-unpriced", is_flag=True, help="Under a cap: also ask models whose price is not known.")
@ways
@options
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes on standard error.")
def resume(
    run: str, max_cost: Decimal | None, allow_unpriced: bool, ways: Ways, afterwards: Afterwards, quiet: bool
) -> int:
    """Ask what a run left open: seats without a reply, and those that a stop kept from being asked again.

    A run over a catalogue goes on as it began, live or by batch, unless --via or --on say otherwise; the flags from
    --via to --fail-on-alarm are for such runs. The questions are the run's own, whatever has changed since, and its
    budget covers all its parts together.
    """
    from panel.desk import Desk

    desk = Desk.open()
    if desk.runs.open(run).manifest.catalogue:
        from panel.cli.rescore import go_on  # a run over a catalogue is told in figures, not card by card

        return go_on(
            desk,
            run,
            max_cost=max_cost,
            allow_unpriced=allow_unpriced,
            ways=ways,
            afterwards=afterwards,
            quiet=quiet,
        )
    if ways.given or afterwards.given:
        raise UsageError(
            f"run {run} is not over a catalogue: it is asked live, from here.",
            hint="Leave the flags for catalogues out; `panel diff` compares runs.",
        )
    outcome = desk.resume(run, max_cost=max_cost, allow_unpriced=allow_unpriced, watch=watcher(quiet))
    explain_stop(outcome)
    for review in outcome.reviews:
        click.echo(plain(review.title))
    carded = renew(desk, outcome)
    closing(desk, outcome, None, quiet, carded=carded)
    return exit_code(outcome)


@command.command("open")
@click.argument("run", metavar="RUN")
def open_(run: str) -> None:
    """Open a run's card in a browser, rendered from its record where no page was written yet."""
    from panel.desk import Desk

    pages = Desk.open().pages(run)
    for page in pages:
        click.echo(str(page))
    click.launch(str(pages[0]))
