"""Disagreement: whether answers of different sides come to different calls more often than answers of the same side do.

Calls of repeats go in, one tool at a time; shares and a lower bound come out. Where nothing changed, all answers of a
persona to one tool are draws from one urn, so two of them disagree as often across the sides as within one: the mean
difference over tools is nought, whatever the urns hold. A judge whose scores move both ways, with a mean that stays,
shows here.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection
from math import comb
from statistics import fmean
from typing import NamedTuple

from panel.drift import numbers


class Apart(NamedTuple):
    """Shares of pairs of answers that disagree, each a mean over tools, and the lower bound of their difference."""

    across: float
    within: float
    low: float | None


class Disagreement:
    """Gathers one persona on one model."""

    def __init__(self) -> None:
        self._across, self._within = array("d"), array("d")

    def add(self, before: Collection[str], after: Collection[str]) -> None:
        """The calls of one tool's repeats on either side; without repeats on any side they say nothing."""
        within = [share for share in map(_within, (before, after)) if share is not None]
        if within:
            old, new = Counter(before), Counter(after)
            agreeing = sum(count * new[call] for call, count in old.items())
            self._across.append(1 - agreeing / (len(before) * len(after)))
            self._within.append(fmean(within))

    def told(self, confidence: float) -> Apart | None:
        """What was found; None without repeats. The bound is that of an interval with this confidence."""
        if not self._across:
            return None
        apart = [one - other for one, other in zip(self._across, self._within, strict=True)]
        bounds = numbers.interval(apart, [confidence])
        return Apart(fmean(self._across), fmean(self._within), bounds[0][0] if bounds else None)


def _within(calls: Collection[str]) -> float | None:
    if len(calls) < 2:
        return None
    return 1 - sum(comb(count, 2) for count in Counter(calls).values()) / comb(len(calls), 2)
