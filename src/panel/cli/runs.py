"""`panel runs …`: what was bought, when, and what came of it."""

from __future__ import annotations

from decimal import Decimal

import click

from panel.cli import plain
from panel.cli.afterwards import Afterwards, options
from panel.cli.delivery import closing, exit_code, explain_stop, renew
from panel.cli.options import cap_in_place
from panel.cli.progress import watcher
from panel.cli.streams import note, print_json
from panel.cli.watch import command as watch_command
from panel.cli.ways import Ways, ways
from panel.errors import UsageError


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


command.add_command(watch_command)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One manifest a line.")
def list_(as_json: bool) -> None:
    """List the runs, newest first."""
    from panel.desk import Desk

    desk = Desk.open()
    readers = desk.runs.list()
    sound = [reader for reader in readers if not reader.problem]
    if as_json:
        for reader in sound:
            print_json(reader.manifest.model_dump_json())
    elif sound:
        from panel.cli.listed import show_runs

        show_runs(sound)
    for problem in desk.runs.problems:
        note(plain(f"note: {problem}"))
    if not readers:
        note(plain(f"no runs in {desk.settings.runs} yet; `panel review sqlite` makes one"))


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
    from panel.cli.shown import show_run

    show_run(reader, reviews)


@command.command("resume")
@click.argument("run", metavar="RUN")
@cap_in_place
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
    with watcher(quiet) as watch:
        outcome = desk.resume(run, max_cost=max_cost, allow_unpriced=allow_unpriced, watch=watch)
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
