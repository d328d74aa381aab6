"""The half-width from repeats: worked by hand, then against floating point on any scores."""

from __future__ import annotations

from fractions import Fraction
from math import pi, sqrt
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.comparator.interval import half_width, quantile

SCORES = st.lists(st.integers(0, 100), min_size=1, max_size=5)
PAIRS = st.lists(st.tuples(SCORES, SCORES), min_size=1, max_size=6)


def test_a_worked_example() -> None:
    """Three personas, two repeats before each tool, always four points apart.

    Each of the six groups has a sum of squares of 8 and one degree of freedom: the pooled variance is 48 / 6 = 8. A
    vote's score has π/2 / 2 = 0.7854 of it, so the mean difference has 8 × 6 × 0.7854 / 3² = 4.1888, whose root is
    2.0467. With t = 2.447 for 6 degrees of freedom that is 5.008, rounded up to 5.1.
    """
    pairs = [([80, 84], [75, 79]), ([70, 74], [65, 69]), ([60, 64], [55, 59])]
    assert half_width(pairs) == Fraction("5.1")


def test_a_single_score_has_the_pooled_variance_itself() -> None:
    """One group of two with a sum of squares of 50: 50 × (0.7854 + 1 + 1 + 1) / 2² = 47.317; 12.706 × 6.879 = 87.40."""
    assert half_width([([70, 80], [60]), ([50], [50])]) == Fraction("87.5")


def test_without_repeats_there_is_none() -> None:
    assert half_width([([80], [70]), ([60], [90])]) is None
    assert half_width([]) is None


def test_repeats_that_never_differ_give_zero() -> None:
    assert half_width([([80, 80], [70, 70])]) == 0


@pytest.mark.parametrize(
    ("freedom", "expected"),
    [
        (1, "12.706"),
        (2, "4.303"),
        (10, "2.228"),
        (30, "2.042"),
        (31, "2.042"),
        (59, "2.021"),
        (119, "2"),
        (500, "1.98"),
    ],
)
def test_the_quantile_is_that_of_the_row_at_or_under(freedom: int, expected: str) -> None:
    """Between the rows of the printed table the wider one is taken."""
    assert quantile(freedom) == Fraction(expected)


@given(PAIRS)
def test_it_is_the_formula_rounded_up_to_a_tenth(pairs: list[tuple[list[int], list[int]]]) -> None:
    groups = [scores for pair in pairs for scores in pair]
    freedom = sum(len(scores) - 1 for scores in groups)
    found = half_width(pairs)
    if not freedom:
        assert found is None
        return
    pooled = sum((score - mean(scores)) ** 2 for scores in groups for score in scores) / freedom
    shares = sum(1 if len(scores) == 1 else pi / 2 / len(scores) for scores in groups)
    exact = float(quantile(freedom)) * sqrt(pooled * shares) / len(pairs)
    assert found is not None
    assert (found * 10).denominator == 1
    assert -1e-4 <= float(found) - exact <= 0.1 + 1e-4


@given(PAIRS)
def test_neither_order_nor_side_matters(pairs: list[tuple[list[int], list[int]]]) -> None:
    """Law 10: swapping the tools leaves the width as it is."""
    assert half_width([(theirs, mine) for mine, theirs in reversed(pairs)]) == half_width(pairs)
