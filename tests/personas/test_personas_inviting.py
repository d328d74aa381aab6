"""Who sits: those named, or all that vote and are filled in; never a text that nobody has written yet."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from panel.clients import resolve
from panel.errors import UsageError
from panel.personas import begin, check_signals, invited, load_all, named

PERSONAS = Path(__file__).parents[2] / "personas"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The personas of this repository, and one just begun that votes."""
    place = tmp_path / "personas"
    shutil.copytree(PERSONAS, place)
    path = begin(place, "auditor", "Auditor")
    path.write_text(path.read_text("utf-8").replace("votes: false", "votes: true"), "utf-8")
    return place


def test_a_new_file_does_not_vote(tmp_path: Path) -> None:
    """Its author says when it does."""
    assert not load_all(begin(tmp_path, "auditor", "Auditor").parent)["auditor"].votes


def test_without_names_those_sit_that_vote_and_are_filled_in(folder: Path) -> None:
    known = load_all(folder)
    assert [persona.id for persona in invited(known, (), folder)] == ["builder", "skeptic", "futurist", "founder"]


def test_a_persona_that_is_not_filled_in_cannot_be_invited_by_name(folder: Path) -> None:
    """The file and the first field are named; it can be looked at."""
    known = load_all(folder)
    with pytest.raises(UsageError, match=r"auditor\.yaml, motto: is not filled in yet") as caught:
        invited(known, ["builder", "auditor"], folder)
    assert "panel personas lint" in caught.value.hint
    assert named(known, "auditor", folder).id == "auditor"


def test_a_folder_without_a_finished_persona_says_what_to_do(tmp_path: Path) -> None:
    begin(tmp_path, "auditor", "Auditor")
    with pytest.raises(UsageError, match="no persona in"):
        invited(load_all(tmp_path), (), tmp_path)


def test_the_offline_rubric_cannot_sit_for_a_persona_without_signals() -> None:
    """Told before anything is asked; a language model needs none."""
    known = load_all(PERSONAS)
    bare = known["skeptic"].model_copy(update={"signals": None})
    offline, hosted = resolve("offline"), resolve("openai/gpt-6-luna")
    check_signals([known["builder"], known["skeptic"]], [offline])
    check_signals([known["builder"], bare], [hosted])
    with pytest.raises(UsageError, match="persona 'skeptic' has no signals") as caught:
        check_signals([known["builder"], bare], [hosted, offline])
    assert "--model" in caught.value.hint
    assert "--persona" in caught.value.hint
