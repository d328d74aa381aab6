"""Reading a run folder as crashes, editors and newer versions left it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from store_records import NOON, RUN, manifest, plan_line, reply_line, seat

from panel.errors import StoreError
from panel.records.run import Totals
from panel.store import RunReader, Runs


@pytest.fixture
def folder(runs: Runs) -> Path:
    """A finished run of three replies."""
    with runs.create(manifest()) as writer:
        writer.add_input("tool", {"name": "Acme"})
        writer.add_input("message", "Read.")
        writer.plan(plan_line(number) for number in range(3))
        for number in range(3):
            writer.append(reply_line(number, f"text {number}"))
        writer.write_verdicts(seat(number) for number in range(3))
        writer.finish(Totals(seats=3), NOON)
    return runs.root / RUN


def numbers(reader: RunReader) -> list[int]:
    return [line.slot.repeat for line in reader.replies()]


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


class TestDamagedLines:
    def test_a_last_line_cut_at_any_byte_costs_itself_at_most(self, folder: Path) -> None:
        """Law 11: a torn last line is passed over and reported, and every line before it is read."""
        file = folder / "replies.jsonl"
        whole = file.read_bytes()
        last = whole.rstrip(b"\n").rindex(b"\n") + 1
        for cut in range(last + 1, len(whole)):
            file.write_bytes(whole[:cut])
            reader = RunReader(folder)
            complete = cut == len(whole) - 1
            assert numbers(reader) == ([0, 1, 2] if complete else [0, 1])
            assert len(reader.torn) == 1
            assert reader.torn[0].startswith(f"{RUN}/replies.jsonl line 3: ")
            assert ("nothing of it is missing" in reader.torn[0]) is complete

    def test_a_torn_line_is_told_in_words_with_its_size(self, folder: Path) -> None:
        (folder / "replies.jsonl").write_bytes(b'{"schema_version":1,"slo')
        reader = RunReader(folder)
        assert numbers(reader) == []
        assert reader.torn == [
            f"{RUN}/replies.jsonl line 1: ends in the middle (24 bytes): cut off, or being written now; left as it is"
        ]

    @pytest.mark.parametrize(
        ("bad", "why"),
        [
            (b'{"schema_version":1,"sl', "Invalid JSON: EOF while parsing a string at character 23"),
            (b"\x00" * 4096, "Invalid JSON"),
            (b"\xff\xfe\xfd", "Invalid JSON"),
            (b"[" * 100_000, "recursion limit exceeded"),
            (b'{"schema_version":1}', "slot: Field required"),
            (b'{"schema_version":7,"new":true}', "written by a newer panel (schema 7; this one reads 1)"),
        ],
        ids=["cut", "zeros", "not utf-8", "nested", "not a reply", "newer"],
    )
    def test_a_bad_line_in_the_middle_is_named_and_costs_no_other(self, folder: Path, bad: bytes, why: str) -> None:
        file = folder / "replies.jsonl"
        first, second, third = file.read_bytes().splitlines(keepends=True)
        file.write_bytes(first + bad + b"\n" + second + third)
        before = file.read_bytes()
        reader = RunReader(folder)
        assert numbers(reader) == [0, 1, 2]
        assert len(reader.torn) == 1
        assert reader.torn[0].startswith(f"{RUN}/replies.jsonl line 2: skipped and left as it is: ")
        assert why in reader.torn[0]
        assert file.read_bytes() == before

    def test_what_a_bad_line_holds_is_not_shown(self, folder: Path) -> None:
        """Outside text reaches no terminal by way of an error message."""
        hostile = {"schema_version": 1, "\x1b]0;owned\x07" * 50: "x", "slot": "\x1b[31m"}
        (folder / "replies.jsonl").write_text(json.dumps(hostile) + "\n")
        reader = RunReader(folder)
        assert numbers(reader) == []
        assert reader.torn[0].isprintable()
        assert len(reader.torn[0]) < 300

    def test_reading_twice_reports_once(self, folder: Path) -> None:
        with (folder / "replies.jsonl").open("ab") as file:
            file.write(b'{"torn')
        reader = RunReader(folder)
        assert numbers(reader) == numbers(reader) == [0, 1, 2]
        assert len(reader.torn) == 1

    def test_blank_lines_mean_nothing(self, folder: Path) -> None:
        file = folder / "replies.jsonl"
        file.write_bytes(b"\n" + file.read_bytes().replace(b"\n", b"\n\r\n"))
        reader = RunReader(folder)
        assert (numbers(reader), reader.torn) == ([0, 1, 2], [])

    def test_an_input_that_was_changed_by_hand_is_not_passed_off_as_what_was_asked(self, folder: Path) -> None:
        file = folder / "inputs.jsonl"
        file.write_text(file.read_text().replace("Acme", "Best"))
        reader = RunReader(folder)
        assert [line.value for line in reader.inputs().values()] == ["Read."]
        assert reader.torn[0].endswith("was changed since; skipped")


class TestMissingFiles:
    @pytest.mark.parametrize("name", ["inputs.jsonl", "plan.jsonl", "replies.jsonl", "verdicts.jsonl"])
    def test_a_missing_file_is_empty(self, folder: Path, name: str) -> None:
        (folder / name).unlink()
        reader = RunReader(folder)
        read = [list(reader.inputs()), reader.plan(), list(reader.replies()), reader.verdicts()]
        assert sorted(map(len, read))[0] == 0
        assert (reader.torn, reader.problem) == ([], None)

    def test_a_folder_in_place_of_a_file_is_an_error(self, folder: Path) -> None:
        (folder / "replies.jsonl").unlink()
        (folder / "replies.jsonl").mkdir()
        with pytest.raises(StoreError, match=r"replies\.jsonl is not a file"):
            numbers(RunReader(folder))


class TestKeys:
    def test_only_the_keys_asked_for_are_read(self, folder: Path) -> None:
        reader = RunReader(folder)
        assert [line.slot.repeat for line in reader.replies({seat(1).key})] == [1]
        assert reader.verdicts({seat(0).key, seat(2).key}) == [seat(0), seat(2)]
        assert reader.verdicts(()) == []

    def test_a_key_inside_a_text_is_no_key(self, folder: Path, runs: Runs) -> None:
        with runs.resume(RUN) as writer:
            writer.append(reply_line(5, f'{{"key":"{seat(77).key}"}}'))
        assert list(RunReader(folder).replies({seat(77).key})) == []

    def test_spaces_that_an_editor_put_in_do_no_harm(self, folder: Path) -> None:
        file = folder / "verdicts.jsonl"
        file.write_text(
            "".join(json.dumps(json.loads(line), indent=None) + "\n" for line in file.read_text().splitlines())
        )
        assert '"key": "' in file.read_text()
        assert RunReader(folder).verdicts({seat(1).key}) == [seat(1)]


class TestProblems:
    def test_a_run_of_a_newer_version_says_so(self, folder: Path) -> None:
        edit(folder / "run.json", schema_version=2, invented="later")
        problem = RunReader(folder).problem
        assert problem is not None
        assert problem.message == f"Run {RUN} was written by a newer panel (schema 2; this one reads 1)."
        assert problem.hint.startswith("Update panelreview")

    @pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00\x00", '{"run_id": 3}'])
    def test_a_broken_manifest_is_a_problem_of_its_run(self, folder: Path, text: str) -> None:
        (folder / "run.json").write_text(text)
        reader = RunReader(folder)
        assert reader.problem is not None
        assert reader.problem.message.startswith(f"{folder}/run.json cannot be read: ")
        with pytest.raises(StoreError, match="cannot be read"):
            _ = reader.manifest

    def test_a_manifest_that_the_system_will_not_read_is_a_problem_of_its_run(self, folder: Path) -> None:
        (folder / "run.json").unlink()
        (folder / "run.json").mkdir()
        problem = RunReader(folder).problem
        assert problem is not None
        assert problem.message == f"Cannot read {folder}/run.json: a folder stands where a file is needed."

    def test_a_folder_without_a_manifest_is_no_run(self, folder: Path) -> None:
        (folder / "run.json").unlink()
        problem = RunReader(folder).problem
        assert problem is not None
        assert "holds no run.json" in problem.message

    def test_a_copy_under_another_name_is_not_counted_as_another_run(self, folder: Path) -> None:
        copy = folder.rename(folder.with_name("backup"))
        problem = RunReader(copy).problem
        assert problem is not None
        assert problem.message == f"{copy}/run.json belongs to run {RUN}, but its folder is named backup."
        assert problem.hint.startswith(f"Name the folder {RUN}")
