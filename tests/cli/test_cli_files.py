"""Files that a person asked for: whole or as they were, links and pipes left what they are."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from panel.cli.files import write_file
from panel.errors import StoreError
from panel.store import atomic


def test_folders_are_made_and_an_older_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "drift.md"
    write_file(path, "first\n", "")
    write_file(path, "second\n", "")
    assert path.read_text("utf-8") == "second\n"
    assert [file.name for file in path.parent.iterdir()] == ["drift.md"]


def test_a_disk_that_fills_up_leaves_the_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "drift.md"
    path.write_text("older\n", "utf-8")

    def full(*given: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "replace", full)
    with pytest.raises(StoreError, match="No space left on device") as failed:
        write_file(path, "newer\n", "Choose another --out.")
    assert failed.value.hint == "Choose another --out."
    assert path.read_text("utf-8") == "older\n"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "there.md", tmp_path / "here.md"
    path.write_text("older\n", "utf-8")
    link.symlink_to(path)
    write_file(link, "newer\n", "")
    assert link.is_symlink()
    assert path.read_text("utf-8") == "newer\n"


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe, said = tmp_path / "pipe", list[str]()
    os.mkfifo(pipe)
    reading = threading.Thread(target=lambda: said.append(pipe.read_text("utf-8")))
    reading.start()
    write_file(pipe, "words\n", "")
    reading.join(10)
    assert said == ["words\n"]
