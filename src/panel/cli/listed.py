"""Listed: the runs as a table, one a line: what became of each, who answered, about which tools.

Columns hold whatever stands in them. On a terminal a heading goes before them, and what does not fit is cut, the tools
first; elsewhere lines are whole, unless COLUMNS says how wide they may be.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from panel.cli import plain
from panel.cli.streams import note
from panel.errors import StoreError

if TYPE_CHECKING:
    from panel.cli.progress.state import Status
    from panel.records.run import Manifest
    from panel.store import RunReader

_HEADS = ("run", "finished (UTC)", "seats", "models", "tools")
_SPARED = ((4, 12), (3, 12), (2, 16))
"""What is cut first where a line is too long, by its column, and the least that is left of it."""
_GAP = "  "


def show_runs(readers: Sequence[RunReader]) -> None:
    """Print the runs, and say of those that wait for batches how to look at them."""
    from panel.cli.progress.choosing import is_terminal

    headed = is_terminal(sys.stdout)
    width = shutil.get_terminal_size((80, 24)).columns if headed or "COLUMNS" in os.environ else None
    rows: list[tuple[str, ...]] = [_HEADS] if headed else []
    waiting: list[str] = []
    for reader in readers:
        status = _status(reader)
        rows.append(_row(reader.manifest, status, headed=headed))
        if status.on_the_way:
            waiting.append(f"{reader.run_id}: {status.on_the_way.words}; panel batch status {reader.run_id}")
    for line in _lines(rows, width):
        click.echo(plain(line))
    for words in waiting:
        note(plain(words))


def _status(reader: RunReader) -> Status:
    """How the run stands; one whose files cannot be read costs no other its line."""
    from panel.cli.progress.state import Status, status_of

    try:
        return status_of(reader)
    except StoreError as error:
        note(plain(f"note: {error.message}"))
        return Status("finished" if reader.manifest.finished_at else "ended")


def counts(manifest: Manifest, status: Status) -> str:
    """What became of a run's seats, by its totals; those on their way by batch are not called pending."""
    totals, way = manifest.totals, status.on_the_way
    parts = [
        (totals.scored, "scored"),
        (totals.abstained, "abstained"),
        (max(0, totals.pending - (way.first if way else 0)), "pending"),
        (way.seats if way else 0, "by batch"),
        (totals.held, "stored before"),
    ]
    return ", ".join(f"{count:,} {name}" for count, name in parts if count) or "nothing bought"


def _row(manifest: Manifest, status: Status, *, headed: bool) -> tuple[str, ...]:
    tools = ", ".join(manifest.tools[:3]) + (f" and {len(manifest.tools) - 3} more" if len(manifest.tools) > 3 else "")
    if manifest.catalogue:
        tools = f"{manifest.catalogue.tools:,} tools of {manifest.catalogue.source}"
    models = ", ".join(model.name for model in manifest.models)
    return manifest.run_id, _when(manifest, status, headed=headed), _seats(manifest, status), models, tools


def _when(manifest: Manifest, status: Status, *, headed: bool) -> str:
    from panel.cli.progress.state import WORDS

    if status.state == "finished":
        return f"{manifest.finished_at:%Y-%m-%d %H:%M}{'' if headed else ' UTC'}"
    return WORDS[status.state]


def _seats(manifest: Manifest, status: Status) -> str:
    from panel.cli.progress.table import spent

    if status.look is None:
        return counts(manifest, status)
    row, way = status.look.rows[-1], status.on_the_way
    by_batch = f", {way.seats:,} by batch" if way else ""
    return f"{row.done:,} of {row.total:,}{'' if row.whole else '+'}{by_batch}, {spent(row)}"


def _lines(rows: Sequence[tuple[str, ...]], width: int | None) -> Iterator[str]:
    """The rows in columns, none longer than `width`."""
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if width is not None:
        for column, least in _SPARED:
            beyond = sum(sizes) + len(_GAP) * (len(sizes) - 1) - width
            sizes[column] = min(sizes[column], max(least, sizes[column] - max(0, beyond)))
    for row in rows:
        cells = [cell if len(cell) <= size else f"{cell[: size - 1]}…" for cell, size in zip(row, sizes, strict=True)]
        line = _GAP.join(cell.ljust(size) for cell, size in zip(cells, sizes, strict=True)).rstrip()
        yield line if width is None or len(line) <= width else f"{line[: width - 1]}…"
