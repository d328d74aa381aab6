"""Shown: one run in words: what it asked, how it stands, what it cost, where its batches are, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from panel.cli import plain
from panel.cli.listed import counts
from panel.cli.progress.state import WORDS, Status, so_far, status_of
from panel.cli.spend import spend_line
from panel.cli.streams import note
from panel.errors import StoreError
from panel.store import layout

if TYPE_CHECKING:
    from panel.records.review import Review
    from panel.records.run import Manifest
    from panel.store import RunReader

_TOLD = 20
"""Parts that are named; of more, the last ones."""


def show_run(reader: RunReader, reviews: Sequence[Review]) -> None:
    """Print the run and how its reviews came out; what to do next goes to standard error."""
    manifest, status = reader.manifest, status_of(reader)
    for line in (*_head(manifest, status), *_found(manifest, status), *_parts(reader)):
        click.echo(plain(line))
    for review in reviews:
        told = "; ".join(tally.words for tally in review.tallies)
        click.echo(plain(f"  {review.title} · {told}"))
    for problem in reader.torn:
        note(plain(f"note: {problem}"))
    for line in _next(manifest, status):
        note(plain(line))


def _head(manifest: Manifest, status: Status) -> Iterator[str]:
    """What was asked for, and whether it is done."""
    yield f"run       {manifest.run_id}"
    yield f"command   {' '.join(manifest.command) or '(Python API)'}"
    yield f"started   {manifest.started_at:%Y-%m-%d %H:%M:%S} UTC"
    yield f"finished  {_state(manifest, status)}"
    yield f"models    {', '.join(model.name for model in manifest.models)}"
    yield f"personas  {', '.join(manifest.personas)} · repeats {manifest.repeats}"
    if found := manifest.catalogue:
        left_out = f", {found.broken:,} that cannot be used" if found.broken else ""
        yield f"catalogue {found.source}: {found.tools:,} tools{left_out}"


def _state(manifest: Manifest, status: Status) -> str:
    if status.state == "finished":
        return f"{manifest.finished_at:%Y-%m-%d %H:%M:%S} UTC"
    told = [so_far(status.look)] if status.look else []
    told += [status.on_the_way.words] if status.on_the_way else []
    return f"{WORDS[status.state]}{': ' if told else ''}{'; '.join(told)}"


def _found(manifest: Manifest, status: Status) -> Iterator[str]:
    """What came of it: by its totals, or by its files where these say more."""
    if status.look is None:
        yield f"seats     {counts(manifest, status)}"
    cap = f" (at most ${manifest.max_cost} in all)" if manifest.max_cost is not None else ""
    totals = status.look.spent if status.look else manifest.totals
    spent = f"{spend_line(totals, capped=bool(cap))}{' so far' if status.look else ''}{cap}".splitlines()
    for label, line in zip(("spent", *[""] * len(spent)), spent, strict=False):
        yield f"{label:<9} {line}"


def _parts(reader: RunReader) -> Iterator[str]:
    """Where the parts stand that were handed in to providers, by what was noted last."""
    if not (reader.path / layout.BATCHES).exists():
        return
    from panel.batching import parts_of
    from panel.cli.progress.catalogue import part_line

    try:
        parts = list(parts_of(reader).values())
    except StoreError as error:
        note(plain(f"note: {error.message}"))
        return
    if len(parts) > _TOLD:
        yield f"batches   {len(parts) - _TOLD:,} before these"
    for number, part in enumerate(parts[-_TOLD:]):
        label = "" if number or len(parts) > _TOLD else "batches"
        yield f"{label:<9} {part_line(part)}  {part.ended.replace('_', ' ') or part.phase or 'handed in'}"


def _next(manifest: Manifest, status: Status) -> Iterator[str]:
    """The command to give now."""
    run, way = manifest.run_id, status.on_the_way
    if manifest.catalogue and not manifest.catalogue.planned and status.state == "ended":
        yield "it was cut off while it was planned: give its command again"
        return
    if way:
        yield f"{way.words}; panel batch status {run}"
    if status.state == "running":
        yield f"panel runs watch {run} shows how it goes on"
        return
    row = status.look.rows[-1] if status.look else None
    open_seats = max(0, (row.total - row.done if row else manifest.totals.pending) - (way.first if way else 0))
    if open_seats:
        live = " --via live" if way and manifest.catalogue else ""
        seats = "1 seat that has" if open_seats == 1 else f"{open_seats:,} seats that have"
        yield f"panel runs resume {run}{live} asks the {seats} no reply"
