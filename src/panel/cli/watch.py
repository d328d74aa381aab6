"""`panel runs watch RUN`: how a run goes on, read from its folder, while another process writes it.

It reads what the run's files gain and takes no lock, so that any number may watch, also over a copy of the folder.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panel.cli import plain
from panel.cli.streams import print_json, width
from panel.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from panel.cli.progress.files import Watched
    from panel.cli.progress.state import Seen
    from panel.cli.progress.tally import Row
    from panel.records.run import Manifest

QUIET_S = 3.0
"""Where nothing new came for so long, it is asked whether any process writes the run."""

UNFINISHED = 5
"""The exit code where seats are open when the run ends."""

_MOST_S = 1.0
"""How long the end of a run may go unnoticed."""


@click.command("watch")
@click.argument("run", metavar="RUN")
@click.option("--once", is_flag=True, help="Show how it stands now, and end.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON each time.")
@click.option(
    "--every",
    type=click.FloatRange(0.2, 86400),
    metavar="SECONDS",
    help="How often to show it. [default: 1; a line a minute where standard output is no terminal]",
)
def command(run: str, once: bool, as_json: bool, every: float | None) -> int:
    """Show how a run goes on, from another terminal.

    RUN is a run's id, the beginning of one, "latest", or the path of a run's folder. It ends with the run, or when no
    process writes the run any more, as where its batches were handed in and left; Ctrl-C ends the watching only. Exit
    code 5 says that seats are open then.

    \b
    Examples:
      panel runs watch latest
      panel runs watch latest --once
      panel runs watch /mnt/backup/runs/20261120-181502-a3f9c2 --json
    """
    from panel.cli.progress.choosing import is_terminal
    from panel.cli.progress.files import Watched
    from panel.cli.progress.state import look_at

    watched = Watched(_folder(run))
    in_place = is_terminal(sys.stdout) and not as_json
    every_s = every or (1.0 if in_place or as_json else 60.0)
    if once:
        seen = look_at(watched)
        _print_json(seen) if as_json else _print(seen)
        return 0
    try:
        if as_json:
            seen = follow(watched, _print_json, every_s)
        else:
            with _screen(in_place, every_s) as show:
                seen = follow(watched, show, min(every_s, _MOST_S))
    except KeyboardInterrupt:
        return 0
    if not as_json:
        _print_last_words(seen)
    return UNFINISHED if seen.state != "finished" or seen.look.manifest.totals.pending else 0


def follow(watched: Watched, show: Callable[[Seen], None], every_s: float) -> Seen:
    """Look and show until the run has ended; the last look is shown too. It looks no seldomer than every second."""
    from panel.cli.progress.state import Seen, look_at

    seen, shown_at = look_at(watched), time.monotonic()
    show(seen)
    news_at = time.monotonic()
    while seen.state == "running":
        time.sleep(min(every_s, _MOST_S))
        look, now = watched.look(time.time()), time.monotonic()
        news_at = now if look.grown else news_at
        over = look.manifest.finished_at and not look.on_the_way
        seen = look_at(watched) if over or now - news_at >= QUIET_S else Seen(look, "running")
        if seen.state != "running" or now - shown_at >= every_s:
            show(seen)
            shown_at = now
    return seen


def _folder(ref: str) -> Path:
    """The run's folder; a path is taken as it is, since a copy may lie anywhere."""
    if not {os.sep, "/"}.isdisjoint(ref) or ref in (".", ".."):
        if not Path(ref).is_dir():
            raise StoreError(f"{ref} is no folder.", hint="Name a run's folder, or a run: panel runs list")
        return Path(ref).resolve()
    from panel.desk import Desk

    return Desk.open().runs.open(ref).path


@contextmanager
def _screen(in_place: bool, every_s: float) -> Iterator[Callable[[Seen], None]]:
    """What shows a look on standard output, and leaves the terminal as it was."""
    from panel.cli.progress.screen import Log, Terminal

    screen = Terminal(sys.stdout) if in_place else Log(lambda line: click.echo(line), every_s=every_s)
    rows: list[Row] = []

    def show(seen: Seen) -> None:
        rows[:] = seen.look.rows
        screen.show((), rows)

    screen.open()
    try:
        yield show
    finally:
        screen.close((), rows)


def _print(seen: Seen) -> None:
    from panel.cli.progress.table import table

    for line in table(seen.look.rows, width()):
        click.echo(line)
    _print_last_words(seen)


def _print_json(seen: Seen) -> None:
    from panel.cli.progress.table import as_json

    look, manifest = seen.look, seen.look.manifest
    told = {
        "run": manifest.run_id,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "state": seen.state,
        "models": [as_json(row) for row in look.rows],
        "max_cost": None if manifest.max_cost is None else f"{manifest.max_cost:f}",
        "batches": look.batches,
        "on_its_way": look.on_the_way and look.on_the_way.as_json(),
        "totals": (manifest.totals if manifest.finished_at else look.spent).model_dump(mode="json"),
    }
    print_json(json.dumps(told))


def _print_last_words(seen: Seen) -> None:
    for line in _last_words(seen):
        click.echo(plain(line))


def _last_words(seen: Seen) -> Iterator[str]:
    """Money, batches, and why there is nothing more to see."""
    from panel.cli.progress.table import spent
    from panel.prices import dollars

    look, manifest = seen.look, seen.look.manifest
    run, found = manifest.run_id, manifest.catalogue
    if manifest.max_cost is not None:
        cost = spent(look.rows[-1])
        yield f"spent {'an unknown amount' if cost == 'unknown' else cost} of at most {dollars(manifest.max_cost)}"
    if look.batches:
        yield f"batches: {', '.join(f'{count} {phase}' for phase, count in look.batches.items())}"
    if look.on_the_way:
        yield f"{look.on_the_way.words}; panel batch status {run}"
    if seen.state == "finished":
        yield _outcome(manifest)
    elif seen.state == "ended" and found and not found.planned:
        yield "It was cut off while it was planned: give its command again"
    elif seen.state == "ended":
        yield f"The process that wrote it has ended; the rest: panel runs resume {run}"


def _outcome(manifest: Manifest) -> str:
    totals = manifest.totals
    counts = ((totals.scored, "scored"), (totals.abstained, "abstained"), (totals.pending, "pending"))
    told = ", ".join(f"{count:,} {what}" for count, what in counts if count) or "nothing was asked"
    return f"finished {manifest.finished_at:%Y-%m-%d %H:%M} UTC: {told}"
