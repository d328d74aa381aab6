"""An open run: inputs, plan, replies, and the files derived from them."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import stat
from pathlib import Path

import pytest
from pydantic import ValidationError
from store_records import NOON, RUN, manifest, plan_line, reply_line, seat

from panel.errors import StoreError, UsageError
from panel.records.identity import sha
from panel.records.run import Totals
from panel.store import RunReader, Runs
from panel.store import atomic as atomic_module


def folder(runs: Runs) -> Path:
    return runs.root / RUN


class TestInputsAndPlan:
    def test_an_input_is_kept_once_under_the_hash_of_its_content(self, runs: Runs) -> None:
        """Law 11: the run holds everything that its questions were made of."""
        with runs.create(manifest()) as writer:
            first = writer.add_input("tool", {"name": "Acme", "as_of": None})
            again = writer.add_input("tool", {"as_of": None, "name": "Acme"})
            other = writer.add_input("message", "You are the Builder.\u2028Read.")
        assert first == again == sha({"name": "Acme", "as_of": None})
        assert len((folder(runs) / "inputs.jsonl").read_bytes().splitlines()) == 2
        inputs = runs.open(RUN).inputs()
        assert inputs[first].value == {"name": "Acme", "as_of": None}
        assert inputs[other].value == "You are the Builder.\u2028Read."

    def test_a_resumed_run_knows_the_inputs_it_has(self, runs: Runs) -> None:
        with runs.create(manifest()) as writer:
            writer.add_input("tool", {"name": "Acme"})
        with runs.resume(RUN) as writer:
            writer.add_input("tool", {"name": "Acme"})
            writer.add_input("tool", {"name": "Base"})
        assert len((folder(runs) / "inputs.jsonl").read_bytes().splitlines()) == 2

    def test_inputs_and_plan_are_on_the_disk_when_plan_returns(
        self, runs: Runs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, synced = os.fsync, []
        with runs.create(manifest()) as writer:
            monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(os.fstat(handle).st_ino), real(handle))[1])
            writer.add_input("tool", {"name": "Acme"})
            writer.plan([plan_line(0), plan_line(1)])
            expected = [folder(runs) / "inputs.jsonl", folder(runs) / "plan.jsonl", folder(runs)]
            assert {path.stat().st_ino for path in expected} <= set(synced)
            assert [line.slot.repeat for line in runs.open(RUN).plan()] == [0, 1]

    def test_a_slot_planned_again_keeps_its_place_and_has_its_last_plan(self, runs: Runs) -> None:
        with runs.create(manifest()) as writer:
            writer.plan([plan_line(0, "first"), plan_line(1, "first")])
            writer.plan([plan_line(0, "second")])
        assert [(line.slot.repeat, line.reason) for line in runs.open(RUN).plan()] == [(0, "second"), (1, "first")]


class TestReplies:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "\n\r\n",
            "a\u2028b\x85c\x0bd",
            "\x00\x1b[31m",
            "\ud800 alone",
            '{"key":"x"}',
            "é" * 5,
            "\ufeff{}",
            "x" * 2**21,
        ],
        ids=["empty", "breaks", "other breaks", "control", "surrogate", "json", "utf8", "mark", "2 MB"],
    )
    def test_any_text_comes_back_as_it_was_bought(self, runs: Runs, text: str) -> None:
        with runs.create(manifest()) as writer:
            writer.append(reply_line(0, text))
            writer.append(reply_line(1, "the next"))
        reader = runs.open(RUN)
        texts = [line.reply.text for line in reader.replies() if line.reply]
        assert texts == [text.replace("\ud800", "\ufffd"), "the next"]
        assert reader.torn == []

    def test_a_full_disk_costs_the_one_line_and_the_run_can_go_on(
        self, runs: Runs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        with runs.create(manifest()) as writer:
            writer.append(reply_line(0))
            with monkeypatch.context() as patched:
                patched.setattr(os, "write", full)
                with pytest.raises(StoreError, match=r"the disk is full\. All earlier lines are whole"):
                    writer.append(reply_line(1))
            writer.append(reply_line(1))
        assert [line.slot.repeat for line in runs.open(RUN).replies()] == [0, 1]


class TestResume:
    def test_a_torn_tail_stays_as_it_is_wherever_it_was_cut(self, runs: Runs) -> None:
        """Law 11: at every byte of the last line, no bought byte is rewritten and no later line is lost."""
        with runs.create(manifest()) as writer:
            writer.append(reply_line(0))
            writer.append(reply_line(1, "é"))
        file = folder(runs) / "replies.jsonl"
        whole = file.read_bytes()
        last = whole.index(b"\n") + 1
        for cut in range(last, len(whole)):
            file.write_bytes(whole[:cut])
            with runs.resume(RUN) as writer:
                writer.append(reply_line(2))
            reader = runs.open(RUN)
            found = [line.slot.repeat for line in reader.replies()]
            assert file.read_bytes().startswith(whole[:cut])
            if cut == last:
                assert (found, reader.torn) == ([0, 2], [])
            elif cut == len(whole) - 1:
                assert (found, reader.torn) == ([0, 1, 2], [])
            else:
                assert found == [0, 2]
                assert len(reader.torn) == 1
                assert reader.torn[0].startswith(f"{RUN}/replies.jsonl line 2: skipped and left as it is")

    def test_a_finished_run_that_buys_another_reply_is_unfinished_again(self, runs: Runs) -> None:
        with runs.create(manifest()) as writer:
            writer.finish(Totals(), NOON)
        with runs.resume(RUN) as writer:
            assert writer.manifest.finished_at == NOON
            writer.append(reply_line(0))
        assert runs.open(RUN).manifest.finished_at is None

    def test_a_run_that_cannot_be_locked_is_not_written(self, runs: Runs, tmp_path: Path) -> None:
        with runs.create(manifest()):
            pass
        (folder(runs) / ".lock").unlink()
        (folder(runs) / ".lock").symlink_to(tmp_path / "victim")
        with pytest.raises(StoreError, match=r"Cannot lock .*: a symbolic link stands where a file is needed"):
            runs.resume(RUN)
        assert not (tmp_path / "victim").exists()

    def test_a_finished_run_whose_verdicts_are_rebuilt_stays_finished(self, runs: Runs) -> None:
        with runs.create(manifest()) as writer:
            writer.finish(Totals(), NOON)
        with runs.resume(RUN) as writer:
            writer.write_verdicts([seat(0)])
        assert runs.open(RUN).manifest.finished_at == NOON


class TestDerivedFiles:
    def test_verdicts_are_replaced_as_a_whole(self, runs: Runs) -> None:
        with runs.create(manifest()) as writer:
            writer.write_verdicts([seat(0), seat(1)])
            writer.write_verdicts(iter([seat(1, detail="parsed anew")]))
        assert runs.open(RUN).verdicts() == [seat(1, detail="parsed anew")]

    @pytest.mark.parametrize("refused", ["open", "fdopen", "replace"])
    def test_the_old_content_stands_when_the_new_cannot_be_written(
        self, runs: Runs, monkeypatch: pytest.MonkeyPatch, refused: str
    ) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with runs.create(manifest()) as writer:
            writer.write_verdicts([seat(0)])
            with monkeypatch.context() as patched:
                patched.setattr(atomic_module.os, refused, full)
                with pytest.raises(StoreError) as raised:
                    writer.write_verdicts([seat(1)])
        assert "verdicts.jsonl: the disk is full. What stood there before is unchanged" in raised.value.message
        assert runs.open(RUN).verdicts() == [seat(0)]
        assert not [path for path in folder(runs).iterdir() if path.suffix == ".tmp"]

    def test_records_that_fail_to_be_made_replace_nothing(self, runs: Runs) -> None:
        def records():
            yield seat(1)
            raise KeyError("a bug in the parser")

        with runs.create(manifest()) as writer:
            writer.write_verdicts([seat(0)])
            with pytest.raises(KeyError):
                writer.write_verdicts(records())
        assert runs.open(RUN).verdicts() == [seat(0)]

    def test_what_a_crash_left_of_a_new_file_is_used_up_by_the_next_try(self, runs: Runs) -> None:
        with runs.create(manifest()) as writer:
            (folder(runs) / ".card.md.tmp").write_text("# Half of a longer card that a crash cut")
            path = writer.write_file("card.md", "# Card\r\n“Ü”\n")
        assert path == folder(runs) / "card.md"
        assert path.read_bytes() == "# Card\r\n“Ü”\n".encode()
        assert not (folder(runs) / ".card.md.tmp").exists()

    def test_a_symbolic_link_is_replaced_and_not_followed(self, runs: Runs, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        victim.write_text("mine")
        with runs.create(manifest()) as writer:
            (folder(runs) / "card.md").symlink_to(victim)
            (folder(runs) / ".card.html.tmp").symlink_to(victim)
            writer.write_file("card.md", "# Card\n")
            with pytest.raises(StoreError, match="symbolic link"):
                writer.write_file("card.html", "<p>")
        assert victim.read_text() == "mine"
        assert (folder(runs) / "card.md").read_text() == "# Card\n"

    @pytest.mark.parametrize("name", ["../card.md", "/card.md", "replies.jsonl", ".lock"])
    def test_a_card_stays_in_the_folder_and_off_the_runs_own_files(self, runs: Runs, name: str) -> None:
        with runs.create(manifest()) as writer, pytest.raises(UsageError):
            writer.write_file(name, "x")

    def test_files_have_the_usual_permissions(self, runs: Runs) -> None:
        before = os.umask(0o022)
        try:
            with runs.create(manifest()) as writer:
                writer.append(reply_line())
                writer.write_file("card.md", "# Card\n")
        finally:
            os.umask(before)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder(runs).iterdir()}
        assert set(modes.values()) == {0o644}
        assert set(modes) == {"run.json", "inputs.jsonl", "plan.jsonl", "replies.jsonl", "card.md", ".lock"}


class TestFinish:
    def test_a_run_is_unfinished_until_it_says_otherwise(self, runs: Runs) -> None:
        with runs.create(manifest()) as writer:
            assert runs.open(RUN).manifest.finished_at is None
            later = NOON + dt.timedelta(seconds=9)
            ended = writer.finish(Totals(seats=1, scored=1), later)
        assert ended == writer.manifest == runs.open(RUN).manifest
        assert (ended.finished_at, ended.totals.scored, ended.command) == (later, 1, manifest().command)

    def test_the_manifest_is_json_that_a_person_can_read(self, runs: Runs) -> None:
        with runs.create(manifest()) as writer:
            writer.finish(Totals(), NOON)
        text = (folder(runs) / "run.json").read_text("utf-8")
        assert text.startswith('{\n  "schema_version": 1,\n')
        assert json.loads(text)["run_id"] == RUN

    def test_a_time_without_a_zone_is_refused_before_anything_is_written(self, runs: Runs) -> None:
        with runs.create(manifest()) as writer, pytest.raises(ValidationError):
            writer.finish(Totals(), NOON.replace(tzinfo=None))
        assert runs.open(RUN).manifest.finished_at is None


def test_a_writer_that_is_left_lets_the_lock_go_even_when_closing_fails(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    writer = runs.create(manifest())
    writer.append(reply_line())
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", broken)
        with pytest.raises(StoreError, match="Input/output error"):
            writer.close()
    writer.close()
    with runs.resume(RUN):
        assert len(list(RunReader(folder(runs)).replies())) == 1
