"""The index: says what the files say, whatever became of them or of it, and is never needed."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_records import IDS, NOON, PARTS, RUN, manifest, reply_line, seat

from panel.errors import StoreError
from panel.records.identity import sha
from panel.records.reply import Cost
from panel.records.run import Totals
from panel.records.seat import SeatRecord, Slot
from panel.records.verdict import Abstained, AbstainReason, Scored
from panel.store import Runs
from panel.store.index import Index, Served
from panel.store.index import entry as entry_module
from panel.store.index import index as index_module

OLD, NEW = "20261118-090000-000001", "20261120-090000-000003"
LATER = NOON + dt.timedelta(days=1)


def in_a_minute() -> float:
    """A clock by which no file changed just now, so that what was read is trusted."""
    return time.time() + 60


def write(runs: Runs, run_id: str, *records: SeatRecord, started: dt.datetime = NOON, **ended: Any) -> Path:
    with runs.create(manifest(run_id, started).model_copy(update={"refresh": ended.pop("refresh", False)})) as writer:
        writer.write_verdicts(records)
        if ended.get("finished", True):
            writer.finish(Totals(pending=ended.get("pending", 0)), NOON)
    return writer.path


def scored(number: int = 0, **changed: Any) -> SeatRecord:
    verdict = Scored(
        steering=None, evidence=(), not_stated=(), basis="enough", answers={}, concerns=(), doubt=None, review="Good.",
        pick_if=None, walk_away_if=None, criteria={"fit": 7}, score=72, call="ship",
    )  # fmt: skip
    return seat(number).model_copy(update={"verdict": verdict, **changed})


@pytest.fixture
def folders_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the folders that were read, as they are."""
    read: list[str] = []
    renew = index_module.renew

    def counting(db: sqlite3.Connection, folder: Path, now_s: float, *, forced: bool = False) -> None:
        read.append(folder.name)
        renew(db, folder, now_s, forced=forced)

    monkeypatch.setattr(index_module, "renew", counting)
    return read


class TestEntry:
    def test_an_entry_tells_of_its_line_what_planning_asks(self, runs: Runs) -> None:
        record = scored(3, model_served="rubric-2", cost=Cost(usd="0.0013"), may_ask_again=False)  # type: ignore[arg-type]
        write(runs, RUN, seat(0), record)
        with Index.open(runs) as index:
            entry = index.held([record.key])[record.key]
        first = len(seat(0).to_line()) + 1
        assert (entry.folder, entry.at, entry.length) == (RUN, first, len(record.to_line()) + 1)
        assert (entry.run, entry.key, entry.slot, entry.asked_at) == (RUN, record.key, record.slot, NOON)
        assert (entry.kind, entry.score, entry.call, entry.settled) == ("scored", 72, "ship", True)
        assert (entry.may_ask_again, entry.served, str(entry.usd)) == (False, "rubric-2", "0.0013")
        assert (entry.parts, entry.ids, entry.open_round) == (PARTS, IDS, False)

    def test_parts_and_ids_keep_what_only_some_have_and_numbers_of_any_size(self, runs: Runs) -> None:
        parts = PARTS.model_copy(update={"local": sha("l"), "repeat": 10**30})
        record = scored(10**25, parts=parts, ids=IDS.model_copy(update={"signals": sha("l")}))
        write(runs, RUN, record)
        with Index.open(runs) as index:
            (entry,) = index.entries()
        assert (entry.parts, entry.ids, entry.slot) == (record.parts, record.ids, record.slot)


class TestHeld:
    def test_the_newest_answer_is_found_as_the_runs_find_it(self, runs: Runs) -> None:
        """Law 11: across runs the reply asked last is the seat's."""
        write(runs, OLD, seat(0, run_id=OLD, asked_at=LATER))
        write(runs, NEW, seat(0, run_id=NEW), seat(1, run_id=NEW, settled=False))
        with Index.open(runs) as index:
            found = index.held([seat(0).key, seat(1).key, "unknown"])
            assert {key: entry.run for key, entry in found.items()} == {seat(0).key: OLD}
            assert index.record(found[seat(0).key]) == seat(0, run_id=OLD, asked_at=LATER)

    def test_more_keys_than_one_query_takes_are_all_found(self, runs: Runs) -> None:
        write(runs, RUN, *(seat(number) for number in range(1234)))
        with Index.open(runs) as index:
            assert len(index.held(seat(number).key for number in range(2000))) == 1234

    def test_an_open_round_is_over_once_a_later_one_is_finished_whatever_the_batch(self, runs: Runs) -> None:
        """The finished round answered only the last of many keys; the open one before it counts for none of them."""
        write(runs, OLD, *(seat(n, run_id=OLD) for n in range(900)), started=NOON, refresh=True, finished=False)
        write(runs, NEW, seat(899, run_id=NEW), started=LATER, refresh=True)
        keys = [seat(number).key for number in range(900)]
        with Index.open(runs) as index:
            assert len(index.held(keys[:-1], open_round=True)) == 899 == len(runs.held(keys[:-1], open_round=True))
            assert index.held(keys, open_round=True) == {} == runs.held(keys, open_round=True)

    def test_a_folder_of_runs_that_is_a_file_is_an_error(self, runs: Runs) -> None:
        runs.root.write_text("not a folder")
        with pytest.raises(StoreError, match="a file stands where a folder is needed"):
            Index.open(runs)

    def test_without_runs_nothing_is_held_and_nothing_is_made(self, runs: Runs) -> None:
        with Index.open(runs) as index:
            assert (index.held(["x"]), index.problems, list(index.entries())) == ({}, (), [])
        assert not runs.root.exists()


KEYS = tuple(seat(number).key for number in range(4))
NAMES = ("run-a", "run-b", "run-c", "run-d")
TIMES = (None, NOON - dt.timedelta(days=30_000), NOON, LATER)
DAMAGE: dict[str, Callable[[str], str]] = {
    "none": lambda line: f"{line}\n",
    "windows": lambda line: f"\n{line}\r\n",
    "no line break": lambda line: line,
    "cut": lambda line: f"{line[: len(line) // 2]}\n",
    "no json": lambda line: line.replace("null", "nil", 1) + "\n",
    "json, but no record": lambda line: line.replace('"tool":"acme-db"', '"tool":7') + "\n",
    "newer": lambda line: line.replace('"schema_version":1', '"schema_version":2') + "\n",
    "key in other letters": lambda line: line.replace('"key":"key-', '"key":"\\u006bey-') + "\n",
}
lines = st.builds(
    lambda number, run, at, state, damage: DAMAGE[damage](_drawn(number, run, at, state).to_line()),
    st.integers(0, 3),
    st.sampled_from(NAMES),
    st.sampled_from(TIMES),
    st.sampled_from(("settled", "settled", "again", "pending")),
    st.sampled_from(("none", "none", "none", *DAMAGE)),
)
replies = st.builds(
    lambda number, failed, damage: DAMAGE[damage](
        (reply_line(number).model_copy(update={"reply": None}) if failed else reply_line(number)).to_line()
    ),
    st.integers(0, 3),
    st.booleans(),
    st.sampled_from(("none", "none", *DAMAGE)),
)
a_run = st.fixed_dictionaries(
    {
        "hours": st.integers(0, 2),
        "refresh": st.booleans(),
        "finished": st.booleans(),
        "pending": st.sampled_from((0, 0, 1)),
        "manifest": st.sampled_from(("sound", "sound", "sound", "sound", "broken", "missing", "another's")),
        "verdicts": st.none() | st.lists(lines, max_size=5) | st.just("folder"),
        "replies": st.none() | st.lists(replies, max_size=3) | st.sampled_from(("folder", [])),
    }
)
some_runs = st.dictionaries(st.sampled_from(NAMES), a_run, max_size=4)


def _drawn(number: int, run: str, at: dt.datetime | None, state: str) -> SeatRecord:
    record = seat(number, run_id=run, asked_at=at, settled=state != "pending")
    if state == "again":
        return record.model_copy(update={"verdict": Abstained(reason=AbstainReason.EMPTY), "may_ask_again": True})
    return record


def lay_out(root: Path, drawn: dict[str, dict[str, Any]]) -> None:
    """Make `root` hold these runs and no other."""
    for name in NAMES:
        shutil.rmtree(root / name, ignore_errors=True)
    for name, run in drawn.items():
        (root / name).mkdir(parents=True)
        for file in ("verdicts", "replies"):
            if run[file] == "folder":
                (root / name / f"{file}.jsonl").mkdir()
            elif run[file] is not None:
                (root / name / f"{file}.jsonl").write_text("".join(run[file]), newline="")
        if run["manifest"] != "missing":
            said = manifest(name if run["manifest"] == "sound" else "other", NOON + dt.timedelta(hours=run["hours"]))
            said = said.model_copy(
                update={
                    "refresh": run["refresh"],
                    "finished_at": NOON if run["finished"] else None,
                    "totals": Totals(pending=run["pending"]),
                }
            )
            (root / name / "run.json").write_text("{" if run["manifest"] == "broken" else said.model_dump_json())


class TestLikeRuns:
    @settings(max_examples=150, deadline=None)
    @given(first=some_runs, then=some_runs, keys=st.sets(st.sampled_from(KEYS)), open_round=st.booleans())
    def test_held_and_its_problems_are_those_of_the_runs(
        self, first: dict[str, Any], then: dict[str, Any], keys: set[str], open_round: bool
    ) -> None:
        """Law 11, whatever the runs hold: rounds open or done, runs unfinished or broken, lines damaged or double."""
        with TemporaryDirectory() as folder:
            runs = Runs(Path(folder))
            lay_out(runs.root, first)
            with Index.open(runs) as index:
                for _ in range(2):
                    found = index.held(keys, open_round=open_round)
                    expected = runs.held(keys, open_round=open_round)
                    assert {key: index.record(entry) for key, entry in found.items()} == expected
                    assert index.problems == runs.problems
                    lay_out(runs.root, then)
                    index.refresh()

    @settings(max_examples=50, deadline=None)
    @given(drawn=some_runs)
    def test_current_is_what_is_held_of_all_questions_of_a_slot(self, drawn: dict[str, Any]) -> None:
        with TemporaryDirectory() as folder:
            runs = Runs(Path(folder))
            lay_out(runs.root, drawn)
            with Index.open(runs) as index:
                slots = [seat(number).slot for number in range(4)]
                by_key = {str(index.record(entry).slot): entry for entry in index.held(KEYS).values()}
                assert index.current(slots) == by_key


class TestCurrent:
    def test_the_newest_settled_answer_of_a_slot_counts_whatever_was_asked(self, runs: Runs) -> None:
        older = scored(0, key="before", parts=PARTS.model_copy(update={"prompt": sha("other")}))
        write(runs, OLD, older)
        write(runs, NEW, scored(0, asked_at=LATER), scored(1, asked_at=None))
        write(runs, RUN, seat(0, asked_at=LATER + dt.timedelta(1), settled=False))
        slots = [seat(0).slot, seat(1).slot, seat(2).slot, Slot(tool="other", persona="builder", model="offline")]
        with Index.open(runs) as index:
            found = index.current(slots)
            assert {slot: entry.key for slot, entry in found.items()} == {
                str(seat(0).slot): seat(0).key,
                str(seat(1).slot): seat(1).key,
            }
            assert index.held(["before"])["before"].parts.prompt == sha("other")

    def test_a_round_that_is_not_done_changes_no_current_view(self, runs: Runs) -> None:
        write(runs, OLD, scored(0))
        write(runs, NEW, scored(0, asked_at=LATER), refresh=True, pending=1)
        with Index.open(runs) as index:
            assert index.current([seat(0).slot])[str(seat(0).slot)].folder == OLD


class TestNewestServed:
    def test_the_newest_model_seen_under_an_alias_over_all_runs(self, runs: Runs) -> None:
        """Also in rounds that are not done, and in replies that will be asked again."""
        other = PARTS.model_copy(update={"endpoint": sha("elsewhere")})
        write(runs, OLD, scored(0, model_served="m-1"), scored(1, model_served="x-9", parts=other, asked_at=LATER))
        again = scored(2, model_served="m-2", asked_at=LATER, may_ask_again=True)
        write(runs, NEW, again, scored(3, model_served=None), refresh=True, finished=False)
        with Index.open(runs) as index:
            assert index.newest_served() == {
                (PARTS.endpoint, PARTS.model): Served("m-2", LATER.timestamp()),
                (other.endpoint, other.model): Served("x-9", LATER.timestamp()),
            }


class TestEntries:
    def test_all_lines_come_tool_by_tool_and_oldest_run_first(self, runs: Runs) -> None:
        def of(tool: int, **changed: Any) -> SeatRecord:
            return scored(0, slot=seat(0).slot.model_copy(update={"tool": f"tool-{tool:03}"}), **changed)

        write(runs, NEW, *(of(tool) for tool in range(120)), started=LATER)
        write(runs, OLD, *(of(tool, verdict=None) for tool in range(120)))
        with Index.open(runs) as index:
            found = [(entry.tool, entry.folder, entry.settled) for entry in index.entries()]
            one = [entry.folder for entry in index.entries("tool-007")]
        assert found == [(f"tool-{n:03}", run, run == NEW) for n in range(120) for run in (OLD, NEW)]
        assert one == [OLD, NEW]


class TestFiles:
    """Files are the truth; the index is a cache that may be deleted."""

    def test_only_folders_that_changed_are_read_again(self, runs: Runs, folders_read: list[str]) -> None:
        write(runs, OLD, seat(0))
        write(runs, NEW, seat(1))
        for expected in ([NEW, OLD], []):
            with Index.open(runs, in_a_minute) as index:
                assert set(index.held(KEYS)) == {KEYS[0], KEYS[1]}
            assert folders_read == expected
            folders_read.clear()
        with Index.open(runs, in_a_minute) as index:
            runs.resume(OLD).write_verdicts([seat(2)])
            index.refresh()
            assert (set(index.held(KEYS)), folders_read) == ({KEYS[1], KEYS[2]}, [OLD])

    def test_what_changed_just_now_is_read_again_since_it_may_change_unseen(
        self, runs: Runs, folders_read: list[str]
    ) -> None:
        write(runs, OLD, seat(0))
        for _ in range(2):
            Index.open(runs).close()
        assert folders_read == [OLD, OLD]

    def test_folders_that_came_or_went_are_seen(self, runs: Runs, tmp_path: Path) -> None:
        write(runs, OLD, seat(0))
        elsewhere = write(Runs(tmp_path / "elsewhere"), NEW, seat(1))
        with Index.open(runs) as index:
            shutil.move(elsewhere, runs.root / NEW)
            shutil.rmtree(runs.root / OLD)
            index.refresh()
            assert set(index.held(KEYS)) == {KEYS[1]}
            assert [entry.folder for entry in index.entries()] == [NEW]

    def test_a_record_that_moved_in_its_file_is_found_where_it_is(self, runs: Runs) -> None:
        path = write(runs, RUN, seat(0), seat(1))
        with Index.open(runs, in_a_minute) as index:
            entry = index.held([KEYS[1]])[KEYS[1]]
            (path / "verdicts.jsonl").write_text(seat(1, detail="now first").to_line() + "\n")
            assert index.record(entry) == seat(1, detail="now first")
            (path / "verdicts.jsonl").write_text(seat(2).to_line() + "\n")
            with pytest.raises(StoreError, match=f"Run {RUN} no longer holds the answer of acme-db/builder/offline#1"):
                index.record(entry)

    def test_runs_do_not_take_the_index_for_a_run(self, runs: Runs) -> None:
        write(runs, RUN, seat(0))
        with Index.open(runs):
            assert [reader.run_id for reader in runs.list()] == [RUN]
            assert runs.problems == ()
        assert sorted(path.name for path in runs.root.iterdir()) == [RUN, "index.sqlite"]


def _garbage(file: Path) -> None:
    file.write_bytes(b"no database at all " * 500)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def _scribbled(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:4096] + b"\xff" * (file.stat().st_size - 4096))


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _other_version(file: Path) -> None:
    with sqlite3.connect(file) as db:
        db.execute("DROP TABLE answers")
        db.execute('CREATE TABLE "an ""old"" table" (x)')
        db.execute("PRAGMA user_version = 1")
    db.close()


def _table_gone(file: Path) -> None:
    with sqlite3.connect(file) as db:
        db.execute("DROP TABLE notes")
    db.close()


class TestCache:
    @pytest.mark.parametrize("ruin", [Path.unlink, _garbage, _cut, _scribbled, _emptied, _other_version, _table_gone])
    def test_a_lost_ruined_or_foreign_file_is_made_anew_silently(
        self, runs: Runs, ruin: Callable[[Path], None], folders_read: list[str]
    ) -> None:
        write(runs, RUN, *(seat(number) for number in range(50)))
        Index.open(runs, in_a_minute).close()
        ruin(runs.root / "index.sqlite")
        for expected in ([RUN], []):
            folders_read.clear()
            with Index.open(runs, in_a_minute) as index:
                assert len(index.held(seat(number).key for number in range(50))) == 50
                assert len(list(index.entries())) == 50
                assert index.newest_served() == {}
                assert index.problems == ()
            assert expected or folders_read == []

    @pytest.mark.parametrize("way", ["folder", "link", "locked", "unwritable"])
    def test_where_the_file_cannot_be_used_a_temporary_one_serves(
        self, runs: Runs, tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(runs, RUN, seat(0))
        file = runs.root / "index.sqlite"
        blocking = None
        if way == "folder":
            file.mkdir()
        elif way == "link":
            file.symlink_to(tmp_path / "precious")
        elif way == "locked":
            monkeypatch.setattr("panel.store.index.cache._WAIT_S", 0.01)
            blocking = sqlite3.connect(file, isolation_level=None)
            blocking.execute("BEGIN EXCLUSIVE")
        else:
            connect = sqlite3.connect

            def refuse(place: str, **how: Any) -> sqlite3.Connection:
                if place == str(file):  # who runs the tests may write anywhere
                    raise sqlite3.OperationalError("unable to open database file")
                return connect(place, **how)

            monkeypatch.setattr(sqlite3, "connect", refuse)
        with Index.open(runs) as index:
            assert index.record(index.held([KEYS[0]])[KEYS[0]]) == seat(0)
        if blocking:
            blocking.close()
        assert not (tmp_path / "precious").exists()

    def test_where_it_fails_half_way_it_goes_on_elsewhere(self, runs: Runs) -> None:
        write(runs, RUN, *(seat(number) for number in range(50)))
        with Index.open(runs) as index, sqlite3.connect(runs.root / "index.sqlite") as other:
            other.execute("DROP TABLE entries")
            other.commit()
            assert len(index.held(seat(number).key for number in range(50))) == 50
        other.close()

    def test_where_no_database_can_be_kept_it_is_said(self, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object, **__: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        write(runs, RUN, seat(0))
        monkeypatch.setattr(sqlite3, "connect", full)
        with pytest.raises(StoreError, match=r"Cannot keep an index of .*runs: database or disk is full\."):
            Index.open(runs)

    def test_processes_at_once_build_one_index_and_all_answer(self, runs: Runs) -> None:
        for number in range(20):
            write(runs, f"run-{number:02}", *(seat(100 * number + n, run_id=f"run-{number:02}") for n in range(20)))
        script = (
            "import sys; from pathlib import Path; from panel.store import Runs; from panel.store.index import Index\n"
            "with Index.open(Runs(Path(sys.argv[1]))) as index:\n"
            "    print(len(list(index.entries())), index._places[0])\n"
        )
        command = [sys.executable, "-c", script, str(runs.root)]
        started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
        assert [process.communicate(timeout=60)[0] for process in started] == [
            f"400 {runs.root / 'index.sqlite'}\n"
        ] * 4

    def test_a_reader_of_the_index_never_blocks_who_writes_it(self, runs: Runs) -> None:
        write(runs, OLD, *(seat(number) for number in range(10)))
        with Index.open(runs) as reading, Index.open(runs) as writing:
            entries = reading.entries()
            next(entries)
            write(runs, NEW, seat(11))
            writing.refresh()
            assert set(writing.held([seat(11).key])) == {seat(11).key}
            assert len(list(entries)) == 9

    def test_a_build_that_is_broken_off_leaves_nothing_half(self, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
        write(runs, RUN, *(seat(number) for number in range(1200)))
        calls: list[object] = []

        def breaking(*given: Any) -> Any:
            calls.append(given)
            if len(calls) == 1100:
                raise KeyboardInterrupt
            return entry_module.encode(*given)

        with monkeypatch.context() as patched:
            patched.setattr("panel.store.index.reading.encode", breaking)
            with pytest.raises(KeyboardInterrupt):
                Index.open(runs)
        with Index.open(runs) as index:
            assert len(list(index.entries())) == 1200

    def test_sqlite_is_loaded_by_the_index_only(self) -> None:
        script = "import sys, panel.store; assert 'sqlite3' not in sys.modules; import panel.store.index"
        subprocess.run([sys.executable, "-c", script], check=True)
