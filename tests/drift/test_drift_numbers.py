"""Intervals and tests: known values, and refusal where there is too little to say anything."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panel.drift import numbers
from panel.drift.numbers import Spread


@pytest.mark.parametrize(
    ("confidence", "freedom", "expected"),
    [(0.95, 5, 2.571), (0.95, 7, 2.365), (0.95, 30, 2.042), (0.99, 10, 3.169), (0.9875, 7, 3.335)],
)
def test_quantiles_of_t_are_those_of_the_printed_tables(confidence: float, freedom: int, expected: float) -> None:
    assert numbers.t_quantile(confidence, freedom) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize(
    ("up", "down", "expected"),
    [(6, 0, 0.03125), (0, 6, 0.03125), (5, 5, 1.0), (9, 1, 0.021484375), (10, 2, 0.03857421875)],
)
def test_the_sign_test_is_exact(up: int, down: int, expected: float) -> None:
    assert numbers.sign_test(up, down) == pytest.approx(expected)


def test_five_changes_are_too_few_for_a_test() -> None:
    assert numbers.sign_test(5, 0) is None
    assert numbers.sign_test(0, 0) is None


def test_many_changes_are_tested_as_exactly_as_few() -> None:
    """The normal approximation takes over where it makes no difference."""
    assert numbers.sign_test(530, 470) == pytest.approx(0.0620, abs=0.001)
    assert numbers.sign_test(531, 471) == pytest.approx(0.0624, abs=0.001)


def test_seven_tools_give_no_interval() -> None:
    assert numbers.interval([3.0] * 7, [0.95]) is None
    assert numbers.interval([3.0] * 8, [0.95]) == [(3.0, 3.0)]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(-100, 100).map(float), min_size=8, max_size=40))
def test_bounds_hold_the_mean_widen_with_confidence_and_repeat_themselves(values: list[float]) -> None:
    """Law for all inputs: same values, same bounds, whatever was computed before."""
    first = numbers.interval(values, [0.9, 0.99])
    assert first is not None
    (low, high), (wider_low, wider_high) = first
    mean = sum(values) / len(values)
    assert min(values) - 1e-9 <= wider_low <= low <= mean + 1e-9
    assert mean - 1e-9 <= high <= wider_high <= max(values) + 1e-9
    assert numbers.interval(values, [0.9, 0.99]) == first


def test_the_interval_holds_the_true_mean_about_as_often_as_it_says() -> None:
    """Eight tools, scores in whole points: 95 % within what 100 trials can tell."""
    chance = random.Random(7)  # noqa: S311 - a simulation
    held = 0
    for _ in range(100):
        bounds = numbers.interval([float(round(chance.gauss(0, 6))) for _ in range(8)], [0.95])
        assert bounds
        held += bounds[0][0] <= 0 <= bounds[0][1]
    assert held >= 88


def test_many_tools_take_the_interval_that_comes_to_the_same() -> None:
    chance = random.Random(3)  # noqa: S311 - a simulation
    values = [chance.gauss(1, 10) for _ in range(1000)]
    [(low, high)] = numbers.interval(values, [0.95]) or [(0.0, 0.0)]
    [(other_low, other_high)] = numbers.interval([*values, 1.0], [0.95]) or [(0.0, 0.0)]
    assert low == pytest.approx(other_low, abs=0.1)
    assert high == pytest.approx(other_high, abs=0.1)


def test_quartiles_are_interpolated() -> None:
    assert numbers.quartiles([1, 2, 3, 4]) == (1.75, 2.5, 3.25)
    assert numbers.quartiles([5]) == (5, 5, 5)


def test_the_spread_of_repeats_is_pooled_over_tools() -> None:
    spread = Spread()
    for _ in range(6):
        spread.add([58, 62], 1)
    assert (spread.deviation, spread.freedom, spread.pairs, spread.disagree) == (pytest.approx(8**0.5), 6, 6, 6)
    assert spread.half_width(1.0) == pytest.approx(2.447 * 8**0.5, rel=0.01)


def test_four_degrees_of_freedom_are_too_few_for_noise() -> None:
    spread = Spread()
    for _ in range(4):
        spread.add([58, 62], 1)
    assert spread.half_width(1.0) is None
