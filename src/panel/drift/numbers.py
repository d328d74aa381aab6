"""Numbers: intervals and tests over tools, in plain Python. Values in, bounds out, always the same ones.

Methods. The interval of a mean is the bootstrap percentile interval over tools, its level expanded for small samples
(t quantile times the root of n / (n − 1) in place of the normal one; T. Hesterberg, "What teachers should know about
the bootstrap", 2015); beyond `MANY` tools, where it comes to the same, it is Student's t interval. Flips are tested by
the exact sign test, which for paired verdicts is the exact McNemar test. Quantiles of t are those of the
Cornish-Fisher expansion, good to a hundredth from five degrees of freedom.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from fractions import Fraction
from statistics import NormalDist, fmean, stdev

FEWEST_TOOLS = 8
"""Fewer tools than this give no interval: resampling a handful says nothing about tools that were not asked."""
FEWEST_TURNS = 6
"""Fewer changes than this cannot be uneven at 5 %, whichever way they all go: 2 / 2^5 is 0.06."""
FEWEST_FREEDOM = 5
"""Fewer degrees of freedom than this give no estimate of noise."""
MANY = 1000
_SEED = 20261120
_DRAWS = 2_000_000
_MOST_RESAMPLES = 4000


def interval(values: Sequence[float], confidence: Sequence[float]) -> list[tuple[float, float]] | None:
    """Bounds of the mean at each level of confidence (0 to 1); None for fewer than `FEWEST_TOOLS` values."""
    count = len(values)
    if count < FEWEST_TOOLS:
        return None
    if count > MANY:
        centre, error = fmean(values), stdev(values) / math.sqrt(count)
        widths = [t_quantile(level, count - 1) * error for level in confidence]
        return [(centre - width, centre + width) for width in widths]
    means = _resampled_means(values)
    return [(_at(means, tail), _at(means, 1 - tail)) for tail in (_expanded_tail(level, count) for level in confidence)]


def _resampled_means(values: Sequence[float]) -> list[float]:
    chance = random.Random(_SEED)  # noqa: S311 - resampling, not secrecy
    count = len(values)
    times = min(_MOST_RESAMPLES, _DRAWS // count)
    return sorted(sum(chance.choices(values, k=count)) / count for _ in range(times))


def _expanded_tail(confidence: float, count: int) -> float:
    return NormalDist().cdf(-t_quantile(confidence, count - 1) * math.sqrt(count / (count - 1)))


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, max(0, round(share * (len(ordered) - 1))))]


def t_quantile(confidence: float, freedom: int) -> float:
    """How many standard errors hold the true value with this confidence, both sides together."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def sign_test(up: int, down: int) -> float | None:
    """The exact two-sided probability of a split at least this uneven; None for fewer than `FEWEST_TURNS` changes."""
    count = up + down
    if count < FEWEST_TURNS:
        return None
    fewer = min(up, down)
    if count > MANY:
        distance = max(0.0, abs(up - down) - 1) / math.sqrt(count)
        return 2 * (1 - NormalDist().cdf(distance))
    tail = sum(math.comb(count, k) for k in range(fewer + 1))
    return min(1.0, float(Fraction(2 * tail, 2**count)))


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Lower quartile, median and upper quartile, interpolated linearly between the values; at least one value."""
    ordered = sorted(values)

    def at(share: float) -> float:
        place = share * (len(ordered) - 1)
        low = math.floor(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (place - low) * (ordered[high] - ordered[low])

    return at(0.25), at(0.5), at(0.75)


def share_of_variance(repeats: int) -> float:
    """The variance of a vote's score as a share of one reply's: it is the median of its repeats (docs/comparing.md)."""
    return 1.0 if repeats < 2 else math.pi / 2 / repeats


class Spread:
    """Gathers the scores of repeats, tool by tool, into one pooled deviation."""

    def __init__(self) -> None:
        self.squares = 0.0
        self.freedom = 0
        self.pairs = 0
        self.disagree = 0

    def add(self, scores: Sequence[int], ships: int) -> None:
        """The scores of one persona's repeats before one tool, and how many of them are ship."""
        if len(scores) < 2:
            return
        mean = fmean(scores)
        self.squares += sum((score - mean) ** 2 for score in scores)
        self.freedom += len(scores) - 1
        self.pairs += math.comb(len(scores), 2)
        self.disagree += ships * (len(scores) - ships)

    @property
    def known(self) -> bool:
        return self.freedom >= FEWEST_FREEDOM

    @property
    def deviation(self) -> float:
        """Of one reply's score; raises ZeroDivisionError where there was no repeat."""
        return math.sqrt(self.squares / self.freedom)

    def half_width(self, shares: float, confidence: float = 0.95) -> float | None:
        """How far a difference may move by asking again, its variance being `shares` times that of one reply; None
        where there were too few repeats to tell.
        """
        if not self.known:
            return None
        return t_quantile(confidence, self.freedom) * math.sqrt(shares * self.squares / self.freedom)
