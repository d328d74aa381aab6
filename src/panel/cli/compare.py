"""`panel compare A B…`: review tools and put them side by side."""

from __future__ import annotations

import sys

import click

from panel.cli.delivery import deliver, exit_code, explain_stop, form_of, wish
from panel.cli.loading import loading
from panel.cli.options import Flags, shared
from panel.cli.progress import show_dry_run, watching
from panel.errors import UsageError


@click.command("compare")
@click.argument("tools", nargs=-1, required=True, metavar="A B [C…]")
@shared
def command(tools: tuple[str, ...], flags: Flags) -> int:
    """Compare two to six tools and answer which one to ship with.

    A tool is a catalogue slug, a file (.md .yaml .json .jsonl .txt), a folder, RUN:slug for a stored review, or - for
    standard input.

    \b
    Examples:
      panel compare sqlite duckdb
      panel compare uv my-tool.md --out card.html --open
      panel compare latest:uv terraform --format markdown
      panel compare sqlite duckdb --model openai/gpt-6-luna --dry-run
    """
    with loading():
        from panel.desk import Desk

    asked = flags.wanted()
    for name in flags.outs:
        form_of(name)
        if "{slug}" in name:
            raise UsageError(
                f"--out {name}: a comparison is one card, and has no {{slug}}", hint="Name the file: --out card.html."
            )
    desk = Desk.open()
    items = desk.tools_to_compare(tools)
    if flags.dry_run:
        show_dry_run(desk.dry_run(items, asked))
        return 0
    with watching(desk, items, asked, flags.quiet) as watch:
        outcome = desk.review(items, asked, watch=watch, command=("panel", *sys.argv[1:]))
    explain_stop(outcome)
    deliver(
        desk,
        outcome,
        [("", desk.card(outcome))],
        wish(desk, flags),
        flags.quiet,
    )
    return exit_code(outcome)
