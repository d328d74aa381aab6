"""Replies: what a run has bought, found by slot without holding it."""

from __future__ import annotations

from pathlib import Path

from store.store_records import RUN, manifest, reply_line, slot

from panel.store import Runs
from panel.store.replies import Replies


def texts(replies: Replies, number: int) -> list[str]:
    return [line.reply.text for line in replies.of(str(slot(number))) if line.reply]


def test_the_lines_of_a_slot_come_in_the_order_bought(runs: Runs) -> None:
    with runs.create(manifest()) as run:
        for number in (0, 1, 0, 2, 0):
            run.append(reply_line(number, f"a reply to {number}"))
    told: list[str] = []
    replies = Replies(runs.root / RUN, told.append)
    assert texts(replies, 0) == ["a reply to 0"] * 3
    assert texts(replies, 2) == ["a reply to 2"]
    assert (texts(replies, 3), replies.count(str(slot(0))), len(replies), told) == ([], 3, 5, [])


def test_every_line_is_told_once_as_it_is_noted(runs: Runs) -> None:
    with runs.create(manifest()) as run:
        for number in range(4):
            run.append(reply_line(number))
    seen: list[int] = []
    Replies(runs.root / RUN, lambda message: None, lambda line: seen.append(line.slot.repeat))
    assert seen == [0, 1, 2, 3]


def test_a_torn_line_costs_itself_and_is_told(runs: Runs) -> None:
    with runs.create(manifest()) as run:
        run.append(reply_line(0))
        run.append(reply_line(1))
    file = runs.root / RUN / "replies.jsonl"
    file.write_bytes(file.read_bytes()[:-30])
    told: list[str] = []
    replies = Replies(runs.root / RUN, told.append)
    assert (len(texts(replies, 0)), texts(replies, 1)) == (1, [])
    assert told[0].startswith(f"{RUN}/replies.jsonl line 2: ends in the middle")


def test_lines_appended_later_are_not_seen(runs: Runs) -> None:
    """It is the log as of the moment it was opened."""
    with runs.create(manifest()) as run:
        run.append(reply_line(0, "first"))
        replies = Replies(run.path, lambda message: None)
        run.append(reply_line(0, "second"))
        assert texts(replies, 0) == ["first"]


def test_a_run_without_a_log_has_bought_nothing(tmp_path: Path) -> None:
    assert Replies(tmp_path, lambda message: None).of("any") == ()
