"""A folder of runs: starting, finding, listing, and what is held already."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import shutil
from pathlib import Path

import pytest
from store_records import NOON, RUN, manifest, reply_line, seat

from panel.errors import StoreError, UsageError
from panel.records.run import Totals
from panel.records.seat import SeatRecord
from panel.store import Runs

OLD, MID, NEW = "20261118-090000-000001", "20261119-090000-000002", "20261120-090000-000003"


def add(runs: Runs, run_id: str, *records: SeatRecord, hours: int = 0, finished: bool = True) -> Path:
    with runs.create(manifest(run_id, NOON + dt.timedelta(hours=hours))) as writer:
        for record in records:
            writer.append(reply_line(record.slot.repeat))
        if finished:
            writer.write_verdicts(records)
            writer.finish(Totals(), NOON)
    return writer.path


@pytest.fixture
def three(runs: Runs) -> Runs:
    add(runs, OLD, hours=-2)
    add(runs, MID, hours=-1)
    add(runs, NEW)
    return runs


class TestCreate:
    def test_the_folder_for_runs_is_made_with_its_parents(self, tmp_path: Path) -> None:
        runs = Runs(tmp_path / "some" / "where" / "runs")
        with runs.create(manifest()) as writer:
            assert (writer.run_id, writer.path) == (RUN, tmp_path / "some" / "where" / "runs" / RUN)
        assert runs.open(RUN).manifest == manifest()

    def test_a_run_never_writes_into_the_folder_of_another(self, runs: Runs) -> None:
        path = add(runs, RUN, seat(0))
        with pytest.raises(StoreError, match="something else stands in the way"):
            runs.create(manifest())
        assert len(list(runs.open(path.name).replies())) == 1

    def test_a_file_in_place_of_the_folder_is_named(self, runs: Runs) -> None:
        runs.root.write_text("not a folder")
        with pytest.raises(StoreError) as raised:
            runs.create(manifest())
        assert raised.value.message.startswith(f"Cannot make the folder for runs {runs.root}: ")
        assert raised.value.message.endswith("Nothing was asked and nothing was spent.")
        assert raised.value.hint == "Move it aside, or move the whole folder of runs and name it (PANEL_RUNS)."
        assert raised.value.exit_code == 4

    @pytest.mark.parametrize(
        ("number", "cause"),
        [
            (errno.EACCES, "permission denied"),
            (errno.EROFS, "the file system is read-only"),
            (errno.ENOSPC, "the disk is full"),
            (errno.EDQUOT, "your disk quota is used up"),
            (errno.EIO, "Input/output error"),
        ],
    )
    def test_a_folder_that_cannot_be_written_is_said_in_one_message(
        self, runs: Runs, monkeypatch: pytest.MonkeyPatch, number: int, cause: str
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "mkdir", refuse)
        with pytest.raises(StoreError) as raised:
            runs.create(manifest())
        assert raised.value.message == (
            f"Cannot make the folder for runs {runs.root}: {cause}. Nothing was asked and nothing was spent."
        )
        assert "move the whole folder of runs" in raised.value.hint

    def test_a_run_that_cannot_begin_leaves_no_folder(self, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "replace", full)
            with pytest.raises(StoreError, match="the disk is full"):
                runs.create(manifest())
        assert list(runs.root.iterdir()) == []
        with runs.create(manifest()):
            pass


class TestOpen:
    def test_a_run_is_found_by_its_id_by_its_beginning_or_as_the_latest(self, three: Runs) -> None:
        assert three.open(MID).run_id == MID
        assert three.open("20261119").run_id == MID
        assert three.open("latest").run_id == NEW

    def test_the_latest_run_is_the_one_that_started_last_whatever_its_name(self, three: Runs) -> None:
        add(three, "zebra", hours=-9)
        add(three, "aardvark", hours=5)
        assert three.open("latest").run_id == "aardvark"

    def test_an_id_that_begins_another_is_still_itself(self, three: Runs) -> None:
        add(three, "20261119")
        assert three.open("20261119").run_id == "20261119"

    def test_a_beginning_that_fits_several_names_them(self, three: Runs) -> None:
        with pytest.raises(UsageError) as raised:
            three.open("202611")
        assert raised.value.message == f"3 runs start with 202611: {NEW}, {MID}, {OLD}."
        assert raised.value.exit_code == 2

    def test_an_unknown_id_names_the_nearest(self, three: Runs) -> None:
        with pytest.raises(UsageError) as raised:
            three.open("20261119-090000-00002")
        assert raised.value.message == f"There is no run 20261119-090000-00002 in {three.root}."
        assert raised.value.hint.startswith(f"Nearest: {MID}")

    def test_an_id_like_no_other_points_to_the_list(self, three: Runs) -> None:
        with pytest.raises(UsageError) as raised:
            three.open("zzz")
        assert raised.value.hint == "See what there is: panel runs list"

    @pytest.mark.parametrize("ref", ["..", "../runs", "/etc", "", ".", f"{NEW}/", "a\x1b[31m"])
    def test_an_id_never_leads_out_of_the_folder(self, three: Runs, ref: str) -> None:
        with pytest.raises(UsageError, match="is no run id") as raised:
            three.open(ref)
        assert raised.value.message.isprintable()

    @pytest.mark.parametrize("ref", ["latest", RUN])
    def test_without_runs_nothing_is_found(self, runs: Runs, ref: str) -> None:
        assert runs.list() == ()
        with pytest.raises(UsageError, match=r"There (are|is) no run"):
            runs.open(ref)
        assert not runs.root.exists()

    def test_a_run_of_a_newer_version_is_refused_also_for_writing(self, three: Runs) -> None:
        file = three.root / MID / "run.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"schema_version": 3}))
        before = file.read_text()
        for use in (three.open, three.resume):
            with pytest.raises(StoreError, match=r"written by a newer panel \(schema 3; this one reads 1\)"):
                use(MID)
        assert file.read_text() == before

    def test_a_folder_copied_from_another_machine_is_a_run_of_this_one(self, three: Runs, tmp_path: Path) -> None:
        """Files are the truth: copying a run folder merges it, deleting one takes it away, and there is no index."""
        other = Runs(tmp_path / "other")
        path = add(other, RUN, seat(4))
        shutil.copytree(path, three.root / RUN)
        assert three.open(RUN).verdicts() == [seat(4)]
        shutil.rmtree(three.root / RUN)
        assert RUN not in [reader.run_id for reader in three.list()]


class TestList:
    def test_newest_first(self, three: Runs) -> None:
        assert [reader.run_id for reader in three.list()] == [NEW, MID, OLD]
        assert three.problems == ()

    def test_what_is_no_run_folder_is_passed_over(self, three: Runs) -> None:
        (three.root / "README.md").write_text("about runs")
        (three.root / ".cache").mkdir()
        assert len(three.list()) == 3

    def test_unreadable_runs_come_last_with_their_problem_and_cost_no_other(self, three: Runs) -> None:
        (three.root / NEW / "run.json").write_text("{")
        (three.root / "zzz").mkdir()
        readers = three.list()
        assert [reader.run_id for reader in readers] == [MID, OLD, "zzz", NEW]
        assert [reader.problem is None for reader in readers] == [True, True, False, False]
        assert len(three.problems) == 2
        assert three.open("latest").run_id == MID

    def test_a_folder_for_runs_that_is_a_file_is_an_error_and_not_an_empty_list(self, runs: Runs) -> None:
        runs.root.write_text("not a folder")
        for use in (runs.list, lambda: runs.held(["x"]), lambda: runs.open("x")):
            with pytest.raises(StoreError, match=r"Cannot read .*: a file stands where a folder is needed"):
                use()

    def test_problems_are_those_of_the_last_call(self, three: Runs) -> None:
        (three.root / "zzz").mkdir()
        three.list()
        (three.root / "zzz").rmdir()
        three.list()
        assert three.problems == ()


class TestHeld:
    def test_the_record_asked_last_is_held_whichever_run_it_is_in(self, runs: Runs) -> None:
        """Law 11: across runs the reply asked last is the seat's."""
        late = NOON + dt.timedelta(minutes=1)
        add(runs, OLD, seat(0, run_id=OLD, asked_at=late), hours=-9)
        add(runs, NEW, seat(0, run_id=NEW, asked_at=NOON))
        assert runs.held([seat(0).key]) == {seat(0).key: seat(0, run_id=OLD, asked_at=late)}

    def test_only_the_keys_asked_for_and_only_settled_seats_are_held(self, runs: Runs) -> None:
        add(runs, RUN, seat(0), seat(1), seat(2, settled=False))
        assert set(runs.held({seat(0).key, seat(2).key, seat(9).key})) == {seat(0).key}

    def test_a_pending_seat_asked_later_does_not_hide_a_settled_one(self, runs: Runs) -> None:
        add(runs, OLD, seat(0, run_id=OLD))
        add(runs, NEW, seat(0, run_id=NEW, asked_at=NOON + dt.timedelta(days=1), settled=False))
        assert runs.held([seat(0).key])[seat(0).key].run_id == OLD

    def test_a_seat_without_a_time_is_the_oldest(self, runs: Runs) -> None:
        add(runs, NEW, seat(0, run_id=NEW, asked_at=None))
        add(runs, OLD, seat(0, run_id=OLD))
        assert runs.held([seat(0).key])[seat(0).key].run_id == OLD

    def test_unreadable_and_newer_runs_are_skipped_and_reported(self, runs: Runs) -> None:
        add(runs, OLD, seat(0, run_id=OLD))
        newer = add(runs, MID, seat(0, run_id=MID, asked_at=NOON + dt.timedelta(days=1))) / "run.json"
        newer.write_text(json.dumps(json.loads(newer.read_text()) | {"schema_version": 9}))
        blocked = add(runs, NEW, seat(0, run_id=NEW)) / "verdicts.jsonl"
        blocked.unlink()
        blocked.mkdir()
        assert runs.held([seat(0).key])[seat(0).key].run_id == OLD
        assert sorted(runs.problems) == [
            f"{blocked} is not a file.",
            f"Run {MID} was written by a newer panel (schema 9; this one reads 1).",
        ]

    def test_replies_that_a_killed_run_never_parsed_are_pointed_out(self, runs: Runs) -> None:
        """Law 11: paid text without a verdict is not bought again unnoticed."""
        add(runs, RUN, seat(0), seat(1), finished=False)
        assert runs.held([seat(0).key, seat(5).key]) == {}
        assert runs.problems == (
            f"Run {RUN} was cut off or is still running, and holds replies to 1 of these questions "
            f"that are not parsed yet. Once it has ended: panel reparse {RUN}",
        )
        assert (runs.held([seat(5).key]), runs.problems) == ({}, ())

    def test_a_damaged_verdict_line_is_reported(self, runs: Runs) -> None:
        file = add(runs, RUN, seat(0), seat(1)) / "verdicts.jsonl"
        file.write_text(file.read_text().replace('"pending":null', '"pending":nil', 1))
        assert runs.held([seat(0).key, seat(1).key]) == {seat(1).key: seat(1)}
        assert runs.problems[0].startswith(f"{RUN}/verdicts.jsonl line 1: skipped and left as it is: Invalid JSON")

    def test_hundreds_of_runs_are_looked_through_quickly(self, runs: Runs) -> None:
        line = seat(0).to_line() + "\n"
        path = add(runs, RUN, seat(0))
        (path / "verdicts.jsonl").write_text("".join(line.replace("0" * 39, f"{n:039d}") for n in range(100)))
        for number in range(300):
            copy = path.with_name(f"copy-{number}")
            shutil.copytree(path, copy)
            (copy / "run.json").write_text((path / "run.json").read_text().replace(RUN, copy.name))
        start = os.times().user
        assert len(runs.held([seat(7).key])) == 1
        assert os.times().user - start < 3
