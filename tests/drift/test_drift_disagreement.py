"""Calls of repeats held against each other: across the sides, and within one."""

from __future__ import annotations

import random

import pytest

from panel.drift.disagreement import Disagreement


def calls(chance: random.Random, ships: float, count: int) -> list[str]:
    return ["ship" if chance.random() < ships else "skip" for _ in range(count)]


def test_shares_are_means_over_tools_of_pairs_of_answers() -> None:
    found = Disagreement()
    found.add(["ship", "ship", "skip"], ["skip", "abstained"])  # 5 of 6 across; 2 of 3 and 1 of 1 within
    found.add(["ship", "ship"], ["ship"])
    told = found.told(0.95)
    assert told
    assert told.across == pytest.approx(5 / 12)
    assert told.within == pytest.approx(5 / 12)
    assert told.low is None


def test_without_repeats_nothing_is_said() -> None:
    found = Disagreement()
    found.add(["ship"], ["skip"])
    assert found.told(0.95) is None


@pytest.mark.parametrize(("before", "after"), [(3, 3), (1, 5)])
def test_draws_from_one_urn_are_hardly_ever_taken_for_a_move(before: int, after: int) -> None:
    """Personas that waver as much as can be: at a bound of 95 % no more than one of thirty comparisons."""
    chance, alarms = random.Random(3), 0  # noqa: S311 - no secrets
    for _ in range(60):
        found = Disagreement()
        for _ in range(8):
            found.add(calls(chance, 0.5, before), calls(chance, 0.5, after))
        told = found.told(0.95)
        alarms += bool(told and told.low and told.low > 0)
    assert alarms <= 2


def test_a_judge_that_turned_half_of_the_tools_is_found() -> None:
    """Firm before and after, as many turned up as down."""
    chance, found = random.Random(3), Disagreement()  # noqa: S311 - no secrets
    for place in range(12):
        good = 0.95 if place % 2 else 0.05
        found.add(calls(chance, good, 3), calls(chance, 1 - good if place < 6 else good, 3))
    told = found.told(0.9875)
    assert told
    assert told.low
    assert told.low > 0
