"""`panel review TOOL…`: convene the panel on tools and print their review sheets."""

from __future__ import annotations

import sys

import click

from panel.cli.delivery import deliver, exit_code, explain_stop, form_of, sheets_of, wish
from panel.cli.loading import loading
from panel.cli.options import Flags, shared
from panel.cli.progress import show_dry_run, watching
from panel.errors import UsageError


@click.command("review")
@click.argument("tools", nargs=-1, required=True, metavar="TOOL…")
@shared
def command(tools: tuple[str, ...], flags: Flags) -> int:
    """Review tools, each by the whole panel.

    A tool is a catalogue slug, a file (.md .yaml .json .jsonl .txt), a folder, RUN:slug for a stored review, or - for
    standard input. With several tools, --out takes one file per format; {slug} in its name becomes the tool's id.

    \b
    Examples:
      panel review sqlite
      panel review my-tool.md --out review.md
      panel review catalogue/ --out 'pages/{slug}.html' --quiet
      curl -s https://example.com/about.txt | panel review -
    """
    with loading():
        from panel.desk import Desk

    asked = flags.wanted()
    for name in flags.outs:
        form_of(name)
    desk = Desk.open()
    items = desk.tools(tools)
    if len(items) > 1 and any("{slug}" not in name for name in flags.outs):
        raise UsageError(
            f"--out names one file for {len(items)} tools", hint="Put {slug} in its name, as in 'pages/{slug}.html'."
        )
    if flags.dry_run:
        show_dry_run(desk.dry_run(items, asked))
        return 0
    with watching(desk, items, asked, flags.quiet) as watch:
        outcome = desk.review(items, asked, watch=watch, command=("panel", *sys.argv[1:]))
    explain_stop(outcome)
    sheets = sheets_of(outcome.reviews, single=len(items) == 1)
    outs = flags.outs
    if len(items) == 1:
        outs = tuple(name.replace("{slug}", outcome.reviews[0].tool.id) for name in outs)
    deliver(desk, outcome, sheets, wish(desk, flags, outs), flags.quiet)
    return exit_code(outcome)
