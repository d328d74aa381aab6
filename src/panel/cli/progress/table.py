"""Table: rows of progress as lines of text, for a terminal of any width and for a log; and as a value for JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from panel.cli import plain
from panel.cli.progress.tally import Row
from panel.prices import dollars

UNKNOWN = "–"
_GAP = "  "
_LEAST_NAME = 12
_HEADS = ("done", "failed", "again", "calls/s", "at once", "spent", "left")
_SPARED = ("again", "at once", "calls/s", "failed")
"""What is left out first where a terminal is too narrow."""


def table(rows: Sequence[Row], width: int) -> list[str]:
    """A heading and a line for each row, none longer than `width`; a column of which nothing is known is left out."""
    cells = [dict(zip(_HEADS, _cells(row), strict=True)) for row in rows]
    heads = [head for head in _HEADS if head not in _empty(rows)]
    sizes = {head: max(len(head), *(len(cell[head]) for cell in cells)) for head in heads}
    names = [plain(row.name) for row in rows]
    longest = max(len("model"), *map(len, names))
    for spared in _SPARED:
        if _room(width, sizes) >= min(longest, _LEAST_NAME):
            break
        sizes.pop(spared, None)
    wide = max(1, min(longest, _room(width, sizes)))
    lines = ["model".ljust(wide) + "".join(_GAP + head.rjust(size) for head, size in sizes.items())]
    for name, cell in zip(names, cells, strict=True):
        lines.append(_cut(name, wide) + "".join(_GAP + cell[head].rjust(size) for head, size in sizes.items()))
    return [line[:width] for line in lines]


def _room(width: int, sizes: dict[str, int]) -> int:
    return width - sum(size + len(_GAP) for size in sizes.values())


def _cut(name: str, wide: int) -> str:
    """A name that is too long loses its beginning, since its end tells models apart."""
    return name.ljust(wide) if len(name) <= wide else f"…{name[len(name) - wide + 1 :]}"


def _empty(rows: Sequence[Row]) -> set[str]:
    gone = set() if any(row.limit is not None for row in rows) else {"at once"}
    return gone if any(row.usd_unsure is not None for row in rows) else gone | {"spent"}


def _cells(row: Row) -> tuple[str, ...]:
    more = "" if row.whole else "+"
    return (
        f"{row.done:,}/{row.total:,}{more}",
        f"{row.failed:,}",
        f"{row.again:,}",
        _rate(row.rate),
        UNKNOWN if row.limit is None else f"{row.in_flight}/{row.limit}",
        spent(row),
        "stopped" if row.stopped else duration(row.left_s),
    )


def log_line(row: Row) -> str:
    """The same in one sentence."""
    more = "" if row.whole else " or more"
    parts = [f"{row.done:,} of {row.total:,}{more} done"]
    parts += [f"{count:,} {what}" for count, what in ((row.failed, "failed"), (row.again, "asked again")) if count]
    if row.unasked:
        parts.append(f"{row.unasked:,} not asked")
    if row.rate is not None:
        parts.append(f"{_rate(row.rate)} calls/s")
    if row.limit is not None:
        parts.append(f"{row.in_flight} of {row.limit} at once")
    if row.usd_unsure is not None:
        parts.append(f"{spent(row)} spent")
    if row.stopped:
        parts.append("stopped")
    elif row.open:
        parts.append(f"{duration(row.left_s)} left")
    return plain(f"{row.name}: {', '.join(parts)}")


def as_json(row: Row) -> dict[str, Any]:
    """The row under names of its own, for scripts; money as text, since it is exact."""
    return {
        "model": row.name,
        "seats": row.total,
        "done": row.done,
        "held": row.held,
        "failed": row.failed,
        "again": row.again,
        "unasked": row.unasked,
        "calls_per_s": None if row.rate is None else round(row.rate, 3),
        "in_flight": row.in_flight,
        "limit": row.limit,
        "usd": None if row.usd is None else f"{row.usd:f}",
        "usd_unsure": None if row.usd_unsure is None else f"{row.usd_unsure:f}",
        "left_s": None if row.left_s is None else round(row.left_s),
        "stopped": row.stopped,
    }


def _rate(rate: float | None) -> str:
    if rate is None:
        return UNKNOWN
    return f"{rate:.2f}" if rate < 10 else f"{rate:,.1f}" if rate < 1000 else f"{rate:,.0f}"


def spent(row: Row) -> str:
    """What it cost; with ≤ where calls that broke off may have cost more than is known."""
    if row.usd_unsure is None:
        return UNKNOWN
    if row.usd is None:
        return "unknown"
    if row.usd_unsure:
        return f"≤{dollars(row.usd + row.usd_unsure, up=True)}"
    return dollars(row.usd) if row.usd else "$0"


def duration(seconds: float | None) -> str:
    """`7s`, `2m05s`, `3h05m`, `4d02h`; a dash while unknown."""
    if seconds is None:
        return UNKNOWN
    whole = math.ceil(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole // 60 % 60:02}m"
    return f"{whole // 86400}d{whole // 3600 % 24:02}h"
