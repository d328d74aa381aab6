"""The 95 % half-width of a mean score difference, from repeats alone.

How far the difference between two tools might move if the same seats were asked again, other things equal. The
personas are taken as given: nothing here speaks of personas that were not asked. Exact fractions throughout, so that
neither order nor rounding can turn a comparison.

Method. Scores of one persona before one tool scatter round their mean; the squared deviations of all such groups are
pooled over their degrees of freedom (the pooled variance of the two-sample t test). A vote's score is the median of its
n repeats, whose variance is taken as π/2 times that of a mean, the large-sample ratio for normal scores and an upper
bound for few repeats; one score alone has the pooled variance itself. The difference averaged over P personas has the
sum of those variances over P², and the half-width is Student's t quantile times its root.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, isqrt

_T_975 = (
    "12.706 4.303 3.182 2.776 2.571 2.447 2.365 2.306 2.262 2.228 2.201 2.179 2.160 2.145 2.131 "
    "2.120 2.110 2.101 2.093 2.086 2.080 2.074 2.069 2.064 2.060 2.056 2.052 2.048 2.045 2.042"
)
_T = {freedom: Fraction(text) for freedom, text in enumerate(_T_975.split(), start=1)}
_T |= {40: Fraction("2.021"), 60: Fraction("2.000"), 120: Fraction("1.980")}
"""Quantiles 0.975 of Student's t, as in the usual printed tables; between two rows the smaller number of degrees."""

_HALF_PI = Fraction(355, 226)

Pair = tuple[Sequence[int], Sequence[int]]
"""The scores of one persona's repeats before the one tool and before the other; each at least one."""


def half_width(pairs: Sequence[Pair]) -> Fraction | None:
    """Points, rounded up to a tenth; None where no persona was asked twice about either tool."""
    groups = [scores for pair in pairs for scores in pair]
    freedom = sum(len(scores) - 1 for scores in groups)
    if not freedom:
        return None
    pooled = sum((_squares(scores) for scores in groups), Fraction(0)) / freedom
    variance = pooled * sum((_share(len(scores)) for scores in groups), Fraction(0)) / len(pairs) ** 2
    return _root_up(quantile(freedom) ** 2 * variance)


def quantile(freedom: int) -> Fraction:
    """Student's t for 95 % between both sides, from the row of the table at or under `freedom` (at least 1)."""
    return _T[max(row for row in _T if row <= freedom)]


def _squares(scores: Sequence[int]) -> Fraction:
    """The sum of squared deviations from the mean."""
    return Fraction(len(scores) * sum(score * score for score in scores) - sum(scores) ** 2, len(scores))


def _share(repeats: int) -> Fraction:
    """The variance of a vote's score as a share of that of one reply."""
    return Fraction(1) if repeats == 1 else _HALF_PI / repeats


def _root_up(value: Fraction) -> Fraction:
    """The square root, rounded up to a tenth."""
    hundreds = ceil(value * 100)
    return Fraction(isqrt(hundreds - 1) + 1 if hundreds else 0, 10)
