"""Rows of progress: counted from times that come in, and set for terminals of any width."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.cli.progress.table import as_json, duration, log_line, table
from panel.cli.progress.tally import Recent, Row, Tally, together

LUNA = Row(
    "openai/gpt-6-luna",
    400,
    done=212,
    failed=3,
    again=12,
    rate=26.31,
    in_flight=8,
    limit=20,
    usd=Decimal("0.0123"),
    usd_unsure=Decimal(0),
    left_s=7.1,
)
SMALL = Row(
    "mistral/mistral-small-latest-and-more",
    20000,
    done=19000,
    rate=0.5,
    in_flight=100,
    limit=128,
    usd=Decimal("1.5"),
    usd_unsure=Decimal("0.25"),
    left_s=7200.0,
)


def test_a_rate_is_told_after_two_seconds_and_forgets_after_a_minute() -> None:
    recent = Recent(100.0)
    recent.add(100.5, 10)
    assert recent.rate(101.9) is None
    assert recent.rate(102.0) == 5.0
    assert recent.rate(110.0) == 1.0
    assert recent.rate(170.0) == 0.0


def test_a_rate_is_unknown_before_anything_began() -> None:
    assert Recent().rate(1000.0) is None


def test_time_left_follows_from_what_is_open_and_the_recent_rate() -> None:
    tally = Tally("luna", 100)
    tally.begin(0.0)
    tally.done = 20
    assert tally.row(1.0).left_s is None
    tally.ended.add(5.0, 20)
    assert tally.row(10.0).left_s == 40.0
    assert tally.row(10.0, whole=False).left_s is None


def test_more_seats_than_announced_are_counted_as_they_come() -> None:
    tally = Tally("luna", 10)
    tally.done, tally.failed = 11, 1
    assert (tally.row(0.0).total, tally.row(0.0).open) == (12, 0)


def test_at_80_columns_the_end_of_a_long_name_stays() -> None:
    assert table([LUNA, SMALL], 80) == [
        "model                     done  failed  again  calls/s  at once     spent   left",
        "…nai/gpt-6-luna        212/400       3     12     26.3     8/20   $0.0123     8s",
        "…atest-and-more  19,000/20,000       0      0     0.50  100/128  ≤$1.7500  2h00m",
    ]


def test_at_200_columns_names_are_whole() -> None:
    assert table([LUNA], 200) == [
        "model                 done  failed  again  calls/s  at once    spent  left",
        "openai/gpt-6-luna  212/400       3     12     26.3     8/20  $0.0123    8s",
    ]


def test_a_column_of_which_nothing_is_known_is_left_out() -> None:
    assert table([Row("house", 40, done=1)], 80) == [
        "model  done  failed  again  calls/s  left",
        "house  1/40       0      0        –     –",
    ]


@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=60), st.integers(0, 10**7), st.floats(0, 10**7)), min_size=1),
    st.integers(1, 240),
)
def test_no_line_is_longer_than_the_terminal(models: list[tuple[str, int, float]], width: int) -> None:
    """For all names, counts and widths: else lines would wrap and could not be kept in place."""
    rows = [
        SMALL._replace(name=name, total=total, again=total, rate=seconds, left_s=seconds)
        for name, total, seconds in models
    ]
    lines = table(rows, width)
    assert len(lines) == len(rows) + 1
    assert all(len(line) <= width and line.isprintable() for line in lines)


def test_a_log_line_is_a_sentence() -> None:
    assert log_line(LUNA) == (
        "openai/gpt-6-luna: 212 of 400 done, 3 failed, 12 asked again, 26.3 calls/s, 8 of 20 at once, $0.0123 spent, "
        "8s left"
    )


def test_a_stopped_model_says_so_and_counts_whom_it_left_out() -> None:
    row = Row("house", 40, done=30, unasked=10, stopped=True)
    assert log_line(row) == "house: 30 of 40 done, 10 not asked, stopped"
    assert table([row], 80)[1].endswith("stopped")


def test_a_plan_that_still_grows_is_told() -> None:
    row = Row("house", 40, done=30, whole=False)
    assert log_line(row) == "house: 30 of 40 or more done, – left"
    assert "30/40+" in table([row], 80)[1]


@pytest.mark.parametrize(
    ("usd", "unsure", "told"),
    [
        (Decimal(0), Decimal(0), "$0"),
        (Decimal("0.0123"), Decimal(0), "$0.0123"),
        (Decimal("0.0123"), Decimal("0.00001"), "≤$0.0124"),
        (None, Decimal(0), "unknown"),
    ],
)
def test_spending_is_never_told_too_low(usd: Decimal | None, unsure: Decimal, told: str) -> None:
    """What may have been charged is told at its most; what is unknown is not zero."""
    assert told in table([LUNA._replace(usd=usd, usd_unsure=unsure)], 100)[1].split()


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(None, "–"), (0, "0s"), (0.1, "1s"), (59.2, "1m00s"), (125, "2m05s"), (11100, "3h05m"), (354000, "4d02h")],
)
def test_durations_are_short(seconds: float | None, told: str) -> None:
    assert duration(seconds) == told


def test_all_models_together_take_as_long_as_the_slowest() -> None:
    whole = together([LUNA, SMALL])
    assert (whole.name, whole.total, whole.done, whole.failed, whole.again) == ("all", 20400, 19212, 3, 12)
    assert (whole.rate, whole.usd, whole.usd_unsure, whole.left_s) == (
        26.81,
        Decimal("1.5123"),
        Decimal("0.25"),
        7200.0,
    )
    assert together([LUNA, SMALL._replace(left_s=None)]).left_s is None
    assert together([LUNA, SMALL._replace(left_s=None, stopped=True)]).left_s == 7.1
    assert together([LUNA, SMALL._replace(usd=None)]).usd is None


def test_a_row_as_json_keeps_money_exact() -> None:
    assert as_json(LUNA) == {
        "model": "openai/gpt-6-luna",
        "seats": 400,
        "done": 212,
        "held": 0,
        "failed": 3,
        "again": 12,
        "unasked": 0,
        "calls_per_s": 26.31,
        "in_flight": 8,
        "limit": 20,
        "usd": "0.0123",
        "usd_unsure": "0",
        "left_s": 7,
        "stopped": False,
    }
