"""Standard streams that are closed, full or narrow, and a working folder that is gone: one message, nothing lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from panel.store import Runs

PANEL = f"'{sys.executable}' -m panel"


def sh(folder: Path, line: str, stdin: bytes = b"", **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs a line of shell in `folder`, as a process of its own."""
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        input=stdin.decode("latin-1"),
        capture_output=True,
        encoding="latin-1",
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **environ},
    )


def test_a_closed_standard_input_is_an_empty_one(folder: Path) -> None:
    """As a file without text would be."""
    done = sh(folder, f"{PANEL} review - <&-")
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
    assert "standard input, description: is empty" in done.stderr


def test_standard_input_that_is_not_utf_8_is_named(folder: Path) -> None:
    """Whatever encoding the terminal speaks: files are UTF-8, and so is what is piped in."""
    for encoding in ("utf-8", "latin-1"):
        done = sh(folder, f"{PANEL} review -", b"Caf\xe9 costs 5", PYTHONIOENCODING=encoding)
        assert (done.returncode, "Traceback" in done.stderr) == (3, False)
        assert "standard input: found byte 0xe9, which is not UTF-8" in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_knows_few_letters_gets_the_others_as_escapes(folder: Path, encoding: str) -> None:
    """And JSON stays JSON."""
    done = sh(folder, f"{PANEL} review sqlite -q", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    tool = "---\nname: Größe 😀\n---\nStores 5 GB for $3.".encode()
    done = sh(folder, f"{PANEL} review - -q --json | '{sys.executable}' -m json.tool", tool, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\ud83d\\ude00" in done.stdout


@pytest.mark.parametrize("where", [">&-", ">/dev/full"])
def test_output_that_cannot_be_written_is_told_and_the_card_is_kept(folder: Path, where: str) -> None:
    """Law 11: the run holds the card, files of --out are written, exit code 4."""
    done = sh(folder, f"{PANEL} compare sqlite uv -q --out card.md {where}")
    assert (done.returncode, "Traceback" in done.stderr) == (4, False)
    assert "standard output" in done.stderr
    assert (folder / "card.md").is_file()
    assert (Runs(folder / "runs").open("latest").path / "card.json").is_file()


def test_every_command_tells_of_output_that_cannot_be_written(folder: Path) -> None:
    for words in ("catalogue list", "personas list", "completion bash", "--help"):
        done = sh(folder, f"{PANEL} {words} >/dev/full")
        assert (words, done.returncode, "Traceback" in done.stderr) == (words, 4, False)
        assert "standard output" in done.stderr


def test_a_wrong_word_keeps_its_exit_code_where_nobody_can_read_why(folder: Path) -> None:
    for words in ("review nothing-of-this-name", "review --nothing", "nothing"):
        assert sh(folder, f"{PANEL} {words} 2>/dev/full").returncode == 2


@pytest.mark.parametrize("where", ["2>&-", "2>/dev/full"])
def test_talk_that_nobody_can_read_costs_no_card(folder: Path, where: str) -> None:
    """Progress and notes are a courtesy."""
    done = sh(folder, f"{PANEL} compare sqlite uv {where}")
    assert (done.returncode, "Ship with" in done.stdout) == (0, True)


def test_a_working_folder_that_is_gone_is_told(folder: Path) -> None:
    done = sh(folder, f"mkdir gone; cd gone; rmdir ../gone; {PANEL} review sqlite")
    assert (done.returncode, "Traceback" in done.stderr) == (4, False)
    assert "the working folder does not exist any more" in done.stderr


def test_colour_is_left_out_where_it_is_not_wanted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR with any value, and terminals that call themselves dumb."""
    from panel.cli.delivery import coloured

    class Screen:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdout", Screen())
    monkeypatch.setenv("TERM", "xterm")
    assert coloured()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not coloured()
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not coloured()
