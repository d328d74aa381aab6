"""Tally: what became of one model's seats so far, and how fast it goes. Pure: times come in.

A row is a tally at one moment, as it is shown; several rows make one more for all of them together.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from panel.records.run import Totals

WINDOW_S = 60
"""What counts as recent."""

_TOO_SOON_S = 2.0
"""No rate is told of less than this."""


class Recent:
    """How many a second over the last minute, or since it began where that is less; seconds of any one clock."""

    def __init__(self, since: float | None = None) -> None:
        self.since = since
        self._counts: Counter[int] = Counter()

    def add(self, at: float, count: int = 1) -> None:
        """So many at this time; times may come in any order."""
        self._counts[math.floor(at)] += count

    def rate(self, now: float) -> float | None:
        """A second; None while it is too soon to say. What lies before the last minute is forgotten."""
        span = 0.0 if self.since is None else min(float(WINDOW_S), now - self.since)
        if span < _TOO_SOON_S:
            return None
        for second in [second for second in self._counts if second <= now - WINDOW_S]:
            del self._counts[second]
        return self._counts.total() / span


class Row(NamedTuple):
    """One line of progress. None is unknown. `done` seats are answered, `held` of them by older runs.

    `failed` brought no reply, `unasked` are those that a stop left out; `usd` is known to be charged and `usd_unsure`
    may be in addition; `in_flight` calls are under way of `limit` that may be, at the model's server; `left_s` is how
    long it will take.
    """

    name: str
    total: int
    done: int = 0
    held: int = 0
    failed: int = 0
    again: int = 0
    unasked: int = 0
    rate: float | None = None
    in_flight: int | None = None
    limit: int | None = None
    usd: Decimal | None = None
    usd_unsure: Decimal | None = None
    left_s: float | None = None
    stopped: bool = False
    whole: bool = True
    """Whether `total` is all there will be."""

    @property
    def open(self) -> int:
        """Seats of which nothing is known yet."""
        return max(0, self.total - self.done - self.failed - self.unasked)


class Tally:
    """Counts of one model; `done` counts `held` seats too. Its rates begin with `begin`."""

    def __init__(self, name: str, total: int, since: float | None = None) -> None:
        self.name = name
        self.total = total
        self.done = self.held = self.failed = self.again = self.unasked = 0
        self.stopped = ""
        self.calls = Recent(since)
        self.ended = Recent(since)

    def begin(self, at: float) -> None:
        """The first call was made then; only the first word of it counts."""
        if self.calls.since is None:
            self.calls.since = self.ended.since = at

    def row(self, now: float, spent: Totals | None = None, *, whole: bool = True) -> Row:
        """How it stands now; `spent` is what its calls came to, as far as known."""
        total = max(self.total, self.done + self.failed + self.unasked)
        row = Row(self.name, total, self.done, self.held, self.failed, self.again, self.unasked)
        return row._replace(
            rate=self.calls.rate(now),
            usd=spent.usd if spent else None,
            usd_unsure=spent.usd_unsure if spent else None,
            left_s=_left(row.open, self.ended.rate(now)) if whole else None,
            stopped=bool(self.stopped),
            whole=whole,
        )


def _left(open_seats: int, rate: float | None) -> float | None:
    if not open_seats:
        return 0.0
    return open_seats / rate if rate else None


def together(rows: Sequence[Row], spent: Totals | None = None) -> Row:
    """All rows in one; models are asked side by side, so that the slowest says how long it takes."""
    known = [row.rate for row in rows if row.rate is not None]
    running = [row.left_s for row in rows if not row.stopped]
    unpriced = any(row.usd is None for row in rows)
    usd = None if unpriced else sum((row.usd for row in rows if row.usd is not None), Decimal(0))
    unsure = None if unpriced else sum((row.usd_unsure or Decimal(0) for row in rows), Decimal(0))
    counts = [sum(column) for column in zip(*(row[1:7] for row in rows), strict=True)]
    total, done, held, failed, again, unasked = counts
    return Row("all", total, done, held, failed, again, unasked)._replace(
        rate=sum(known) if known else None,
        usd=spent.usd if spent else usd,
        usd_unsure=spent.usd_unsure if spent else unsure,
        left_s=None if None in running else max((left for left in running if left is not None), default=0.0),
        stopped=all(row.stopped for row in rows),
        whole=all(row.whole for row in rows),
    )
