"""Follow: a growing file is read once, line by line; a run is written while its writer lives."""

from __future__ import annotations

from pathlib import Path

from panel.store.follow import Growing, Replaced, is_written
from panel.store.lock import hold


def test_each_line_is_read_once_and_a_torn_one_when_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "replies.jsonl"
    growing = Growing(file)
    assert list(growing.lines()) == []
    file.write_bytes(b"one\ntwo\nthr")
    assert list(growing.lines()) == [b"one\n", b"two\n"]
    assert list(growing.lines()) == []
    with file.open("ab") as more:
        more.write(b"ee\nfour\n")
    assert list(growing.lines()) == [b"three\n", b"four\n"]


def test_a_copy_brought_up_to_date_under_the_same_name_goes_on_where_it_was(tmp_path: Path) -> None:
    """As rsync does: the file is another one, with the old lines first."""
    file, newer = tmp_path / "replies.jsonl", tmp_path / "newer"
    file.write_bytes(b"one\n")
    growing = Growing(file)
    assert list(growing.lines()) == [b"one\n"]
    newer.write_bytes(b"one\ntwo\n")
    newer.replace(file)
    assert list(growing.lines()) == [b"two\n"]


def test_a_file_that_is_replaced_has_changed_once(tmp_path: Path) -> None:
    file, newer = tmp_path / "run.json", tmp_path / "newer"
    replaced = Replaced(file)
    assert not replaced.changed()
    file.write_text("{}", "utf-8")
    assert [replaced.changed(), replaced.changed()] == [True, False]
    newer.write_text("{ }", "utf-8")
    newer.replace(file)
    assert [replaced.changed(), replaced.changed()] == [True, False]


def test_a_run_is_written_as_long_as_its_lock_is_held(tmp_path: Path) -> None:
    assert not is_written(tmp_path)
    let_go = hold(tmp_path)
    assert is_written(tmp_path)
    let_go()
    assert not is_written(tmp_path)


def test_asking_leaves_no_file_behind(tmp_path: Path) -> None:
    """A copied folder is looked at and stays as it is."""
    assert not is_written(tmp_path)
    assert list(tmp_path.iterdir()) == []
