"""The ledger of batches: a line of it is on the disk before anything follows from it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from store_records import NOON, RUN, key, manifest, plan_line, reply_line

from panel.errors import StoreError, UsageError
from panel.records.batch import BatchLine
from panel.records.run import Totals
from panel.store import Runs


def line(part: int = 0, what: str = "prepared") -> BatchLine:
    return BatchLine.model_validate({"what": what, "part": part, "at": NOON, "keys": (key(part),)})


def test_a_run_without_batches_has_no_ledger(runs: Runs) -> None:
    with runs.create(manifest()):
        pass
    assert list(runs.open(RUN).batches()) == []
    assert not (runs.root / RUN / "batches.jsonl").exists()


def test_lines_come_back_in_order_also_over_processes(runs: Runs) -> None:
    with runs.create(manifest()) as writer:
        writer.ledger(line(0))
    with runs.resume(RUN) as writer:
        writer.ledger(line(0, "submitted"))
        writer.ledger(line(1))
    assert list(runs.open(RUN).batches()) == [line(0), line(0, "submitted"), line(1)]


def test_it_and_every_line_before_are_on_the_disk_when_it_returns(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 11: nothing is handed in, or called collected, before a power cut could no longer undo it."""
    real, synced = os.fsync, list[int]()
    with runs.create(manifest()) as writer:
        monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(os.fstat(handle).st_ino), real(handle))[1])
        writer.append(reply_line(0))
        writer.ledger(line(0))
        folder = runs.root / RUN
        inodes = [path.stat().st_ino for path in (folder / "replies.jsonl", folder, folder / "batches.jsonl")]
        assert [inode for inode in synced if inode in inodes] == inodes


def test_one_that_cannot_reach_the_disk_is_an_error(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(handle: int) -> None:
        raise OSError(5, "Input/output error")

    with runs.create(manifest()) as writer:
        writer.ledger(line(0))
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", broken)
            with pytest.raises(StoreError, match="Cannot bring to the disk"):
                writer.ledger(line(1))


def test_a_finished_run_that_hands_in_is_unfinished_again(runs: Runs) -> None:
    with runs.create(manifest()) as writer:
        writer.finish(Totals(), NOON)
        writer.ledger(line(0))
    assert runs.open(RUN).manifest.finished_at is None


def test_it_is_not_written_as_a_card(runs: Runs) -> None:
    with runs.create(manifest()) as writer, pytest.raises(UsageError, match="one of the run's own files"):
        writer.write_file("batches.jsonl", "")


def test_the_slots_of_a_key_are_found_as_planned_last(runs: Runs, tmp_path: Path) -> None:
    with runs.create(manifest()) as writer:
        writer.plan([plan_line(0), plan_line(1), plan_line(2)])
        writer.plan([plan_line(1, "later")])
        held = plan_line(2).model_copy(update={"source": "held", "held_by": RUN})
        writer.plan([held])
    found = runs.open(RUN).plan_of({key(1), key(2)})
    assert {name: [(plan.slot.repeat, plan.reason) for plan in plans] for name, plans in found.items()} == {
        key(1): [(1, "later")]
    }
