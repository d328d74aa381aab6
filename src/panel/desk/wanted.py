"""Wanted and Outcome: what a command asks for, and what it brought."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from panel.errors import RunStopping
from panel.prices import Estimate
from panel.records.review import Review
from panel.records.run import Totals
from panel.seating import Seat


class Wanted(NamedTuple):
    """What a command asks for beyond the settings. Empty means: as the settings say.

    `max_cost` is in US dollars and hard: nothing is sent that could exceed it. `allow_unpriced` lets models run under
    it whose price nobody knows.
    """

    models: tuple[str, ...] = ()
    personas: tuple[str, ...] = ()
    repeats: int | None = None
    again: bool = False
    refresh: bool = False
    retry_abstained: bool = False
    blind: bool = False
    max_cost: Decimal | None = None
    allow_unpriced: bool = False


class Outcome(NamedTuple):
    """What a command brought: reviews in the order asked for, and what was bought for them.

    `run` is None where every review was recalled from older runs; `totals` counts what this run bought, and `capped`
    is whether it had to stay under a cap; `stops` says why models were not asked further, `stopped` is the first.
    """

    reviews: tuple[Review, ...]
    run: str | None = None
    folder: Path | None = None
    totals: Totals = Totals()
    capped: bool = False
    stopped: RunStopping | None = None
    stops: tuple[RunStopping, ...] = ()
    problems: tuple[str, ...] = ()


class Unasked(NamedTuple):
    """One seat of a dry run: what it would be asked, and what that may cost."""

    seat: Seat
    estimate: Estimate
