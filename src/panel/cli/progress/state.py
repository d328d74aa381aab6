"""State: whether a run is at work, on its way by batch, over or cut off, and how far it came, by its folder alone.

Takes no writer's place and writes nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal, NamedTuple

from panel.cli.progress.handed import HandedIn
from panel.cli.progress.table import spent
from panel.store import layout
from panel.store.follow import is_written

if TYPE_CHECKING:
    from panel.cli.progress.files import Look, Watched
    from panel.cli.progress.handed import OnTheWay
    from panel.records.run import Manifest
    from panel.store import RunReader

State = Literal["running", "on_its_way", "finished", "ended"]
"""`on_its_way` is not written by any process, and batches of it are not collected; `ended` is a run that is not
finished, not on its way, and that no process writes."""

WORDS: dict[State, str] = {"running": "at work", "on_its_way": "on its way", "ended": "cut off"}


class Seen(NamedTuple):
    """A run as seen last."""

    look: Look
    state: State


class Status(NamedTuple):
    """How a run stands. `look` is what its files say, where its totals do not (yet) say what came of it."""

    state: State
    on_the_way: OnTheWay | None = None
    look: Look | None = None


def look_at(watched: Watched) -> Seen:
    """The run as it stands now.

    Whether anybody writes it is asked before the look, so that nothing written until then is missed.
    """
    written = is_written(watched.folder)
    look = watched.look(time.time())
    state = _state(look.manifest, look.on_the_way, written=written)
    if state == "running":
        return Seen(look, state)
    rows = [row._replace(left_s=None) if row.open else row for row in look.rows]  # nothing more comes
    return Seen(look._replace(rows=rows), state)


def status_of(reader: RunReader) -> Status:
    """How a stored run stands; its lines are read only where its totals are none, or older than its replies."""
    handed = HandedIn(reader.path)
    handed.read()
    on_the_way = handed.on_the_way
    if reader.manifest.finished_at and not on_the_way:
        return Status("finished")
    state = _state(reader.manifest, on_the_way, written=is_written(reader.path))
    if state != "running" and _is_counted(reader):
        return Status(state, on_the_way)
    from panel.cli.progress.files import Watched

    look = Watched(reader.path).look(time.time())
    return Status(state, look.on_the_way, look)


def so_far(look: Look) -> str:
    """`24 of 60 seats answered, $0.0351 so far`."""
    row = look.rows[-1]
    more = "" if row.whole else " or more"
    cost = spent(row)
    return f"{row.done:,} of {row.total:,}{more} seats answered, {'cost unknown' if cost == 'unknown' else cost} so far"


def _state(manifest: Manifest, on_the_way: OnTheWay | None, *, written: bool) -> State:
    if manifest.finished_at and not on_the_way:
        return "finished"
    return "running" if written else "on_its_way" if on_the_way else "ended"


def _is_counted(reader: RunReader) -> bool:
    """Whether the totals are those of all replies: they are written after the verdicts, and these after the replies."""
    verdicts, replies = reader.path / layout.VERDICTS, reader.path / layout.REPLIES
    try:
        counted = not replies.exists() or verdicts.stat().st_mtime_ns > replies.stat().st_mtime_ns
    except OSError:
        return False
    return counted and reader.manifest.totals.seats > 0
