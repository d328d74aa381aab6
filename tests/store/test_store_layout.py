"""Names of runs and of their files."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_records import NOON

from panel.errors import UsageError
from panel.store.layout import check_file_name, is_run_id, new_run_id


def test_a_run_id_is_its_second_in_utc_and_its_randomness() -> None:
    berlin = dt.timezone(dt.timedelta(hours=1))
    now = dt.datetime(2026, 11, 20, 19, 15, 2, 999_999, tzinfo=berlin)
    assert new_run_id(now, b"\xa3\xf9\xc2") == "20261120-181502-a3f9c2"


@given(st.dates(min_value=dt.date(1000, 1, 1)), st.times(timezones=st.just(dt.UTC)), st.binary(min_size=3, max_size=8))
def test_every_run_id_is_fit_for_a_folder(day: dt.date, time: dt.time, randomness: bytes) -> None:
    assert is_run_id(new_run_id(dt.datetime.combine(day, time), randomness))


def test_run_ids_sort_by_time() -> None:
    early = dt.datetime(2026, 9, 30, 23, 59, 59, tzinfo=dt.UTC)
    late = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
    assert new_run_id(early, b"\xff" * 3) < new_run_id(late, b"\x00" * 3)


@pytest.mark.parametrize(
    ("now", "randomness"),
    [(NOON.replace(tzinfo=None), b"abc"), (NOON, b"ab")],
    ids=["no time zone", "too little randomness"],
)
def test_an_id_that_could_clash_is_not_made(now: dt.datetime, randomness: bytes) -> None:
    with pytest.raises(ValueError, match="three random bytes"):
        new_run_id(now, randomness)


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "../x", ".lock", "a\\b", "x\n", "a b", "ü", "x" * 101])
def test_what_could_leave_a_folder_is_no_run_id(name: str) -> None:
    assert not is_run_id(name)


@pytest.mark.parametrize("name", ["..", "../card.md", "/etc/motd", "a/card.md", ".lock", "", "card\x00.md"])
def test_a_file_name_that_leaves_the_folder_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no file name for a run folder"):
        check_file_name(name)


@pytest.mark.parametrize("name", ["run.json", "replies.jsonl", "verdicts.jsonl", "Replies.JSONL"])
def test_a_card_never_takes_the_place_of_the_runs_own_files(name: str) -> None:
    with pytest.raises(UsageError, match="one of the run's own files"):
        check_file_name(name)
