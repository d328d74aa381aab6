"""The closing line: calls, tokens, money and savings; the unknown is said as unknown and never as zero."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.cli.spend import spend_line
from panel.records.run import Totals


def totals(**given: Any) -> Totals:
    """Eight calls with tokens at a known price, unless said otherwise."""
    counted = {"attempts": 8, "input_tokens": 21450, "output_tokens": 4480, "usd": Decimal("0.01234")}
    return Totals.model_validate({**counted, **given})


LINES = (
    (totals(), "8 calls · 21,450 tokens in, 4,480 out · $0.0123"),
    (
        totals(cached_tokens=16384, saved_usd=Decimal("0.0041")),
        "8 calls · 21,450 tokens in (16,384 cached), 4,480 out · $0.0123\n  caching saved $0.0041",
    ),
    (totals(reasoning_tokens=1200), "8 calls · 21,450 tokens in, 4,480 out (1,200 reasoning) · $0.0123"),
    (totals(attempts=1), "1 call · 21,450 tokens in, 4,480 out · $0.0123"),
    (
        totals(saved_usd=Decimal("-0.0003")),
        "8 calls · 21,450 tokens in, 4,480 out · $0.0123\n  filling caches cost $0.0003",
    ),
    (
        totals(unsure=1, usd_unsure=Decimal("0.00191")),
        "8 calls · 21,450 tokens in, 4,480 out · $0.0123\n  plus at most $0.0020 for 1 call broken off or uncounted",
    ),
    (
        totals(usd=None, unpriced=8),
        "8 calls · 21,450 tokens in, 4,480 out\n  cost unknown: 8 calls without a known price",
    ),
    (totals(usd=Decimal(0)), "8 calls · 21,450 tokens in, 4,480 out · no cost"),
    (totals(usd=Decimal("0.00002")), "8 calls · 21,450 tokens in, 4,480 out · less than $0.0001"),
    (
        Totals(attempts=1, usd=Decimal(0), unsure=1, usd_unsure=Decimal("0.002")),
        "1 call · no known cost\n  plus at most $0.0020 for 1 call broken off or uncounted",
    ),
    (Totals(attempts=2, unpriced=2), "2 calls · cost unknown: 2 calls without a known price"),
    (Totals(attempts=8, usd=Decimal(0)), "no cost"),
    (Totals(usd=Decimal(0)), "no cost"),
)


@pytest.mark.parametrize(("spent", "line"), LINES)
def test_what_was_spent_is_said_in_a_line(spent: Totals, line: str) -> None:
    assert spend_line(spent) == line


def test_under_a_cap_calls_that_it_could_not_count_are_told() -> None:
    """With --allow-unpriced, the cap holds for the others only."""
    line = spend_line(totals(usd=None, unpriced=3), capped=True)
    assert line.splitlines()[1:] == [
        "  cost unknown: 3 calls without a known price",
        "  those are not counted against --max-cost",
    ]
    assert "--max-cost" not in spend_line(totals(), capped=True)


MONEY = st.none() | st.decimals(0, 10**6, places=6)
COUNT = st.integers(0, 10**7)


@given(
    st.builds(
        Totals,
        attempts=COUNT,
        input_tokens=st.none() | COUNT,
        output_tokens=st.none() | COUNT,
        cached_tokens=st.none() | COUNT,
        reasoning_tokens=st.none() | COUNT,
        usd=MONEY,
        unpriced=COUNT,
        unsure=COUNT,
        usd_unsure=st.decimals(0, 10**6, places=6),
        saved_usd=st.none() | st.decimals(-(10**6), 10**6, places=6),
    )
)
def test_it_fits_on_80_columns_and_never_calls_the_unknown_nothing(spent: Totals) -> None:
    """Whatever was counted."""
    line = spend_line(spent)
    assert max(map(len, line.splitlines())) <= 80
    if spent.usd is None or spent.usd > 0:
        assert "no cost" not in line
    if spent.usd is None:
        assert "cost unknown" in line
