"""`panel reparse RUN`: read stored replies again."""

from __future__ import annotations

import click


@click.command("reparse")
@click.argument("run", metavar="RUN")
def command(run: str) -> None:
    """Read a run's stored replies again and list every verdict that changed. No call, no cost.

    RUN is a run's id, the beginning of one, or "latest".

    \b
    Examples:
      panel reparse latest
    """
    from panel.cli import plain
    from panel.cli.streams import note
    from panel.desk import Desk

    reader, changed = Desk.open().reparse(run)
    for problem in reader.torn:
        note(plain(f"note: {problem}"))
    for change in changed:
        before = _words(change.before) if change.before else "no verdict"
        click.echo(plain(f"{change.after.slot}: {before} -> {_words(change.after)}"))
    click.echo(f"run {reader.run_id}: {len(changed)} verdicts changed")


def _words(record: object) -> str:
    verdict = getattr(record, "verdict", None)
    if verdict is None:
        return "pending"
    return f"{verdict.call} {verdict.score}" if verdict.kind == "scored" else f"abstained ({verdict.reason.value})"
