"""What a terminal and a log see of hostile descriptions: `panel review` on one entry of each technique."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.conftest import Done, Panel
from steering_corpus import hostile

pytest_plugins = ("cli.conftest",)

FIRST = {entry.technique: entry for entry in reversed(hostile())}
"""The first entry of each technique."""
ESCAPES = next(entry for entry in hostile() if entry.id == "markup-terminal-escapes")


@pytest.fixture
def reviewed(panel: Panel, folder: Path) -> Done:
    """The command on a folder of hostile descriptions, asked for every face."""
    tools = folder / "tools"
    tools.mkdir()
    for entry in (*FIRST.values(), ESCAPES):
        fields = entry.attacked.model_dump(mode="json", exclude_defaults=True)
        (tools / f"{entry.id}.json").write_text(json.dumps(fields), "utf-8")
    outs = [word for suffix in ("html", "md", "txt") for word in ("--out", f"{{slug}}.{suffix}")]
    return panel("review", "tools/", "--model", "offline", *outs)


def test_notes_and_results_on_a_terminal_are_plain(reviewed: Done) -> None:
    """Law 9: standard error and output hold printable characters and line feeds, and no text of a description acts."""
    assert reviewed.code == 0
    for text in (reviewed.out, reviewed.err):
        assert all(char == "\n" or char.isprintable() for char in text)
    assert "steering suspected" in reviewed.out.lower()


def test_notes_do_not_repeat_what_a_description_says(reviewed: Done) -> None:
    """Law 9: of a tool, notes show its id; no passage of an attack reaches standard error."""
    said = " ".join(reviewed.err.split())
    for entry in FIRST.values():
        for attack in entry.attack.values():
            words = " ".join(attack.split())
            assert len(words) < 12 or words[:60] not in said


def test_the_files_written_are_plain(reviewed: Done, folder: Path) -> None:
    """Every page and text asked for is there, without a control or invisible character."""
    written = [path for path in folder.iterdir() if path.suffix in (".html", ".md", ".txt")]
    assert len(written) >= 3 * len(FIRST)
    for path in written:
        assert all(char == "\n" or char.isprintable() for char in path.read_text("utf-8")), path.name
