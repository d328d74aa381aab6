"""Every card that was made reaches its reader: printed, in its file, in its run; and none hides another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import Panel

from panel.errors import StoreError
from panel.records.card import Card

HIDDEN = "\x9b31m\u202e"


def test_two_reviews_of_one_tool_are_two_sheets(panel: Panel, folder: Path) -> None:
    """One of a run and one made now have the same slug, and both are printed and written."""
    panel("review", "uv", "-q")
    done = panel("review", "latest:uv", "uv", "-q", "--json", "--out", "{slug}.md")
    assert done.code == 0
    documents = done.out.replace("}\n{", "}\x00{").split("\x00")
    assert [Card.model_validate_json(text).heads[0].tool for text in documents] == ["uv", "uv"]
    assert sorted(path.name for path in folder.glob("*.md")) == ["uv-2.md", "uv.md"]


def test_a_comparison_has_no_slug(panel: Panel, folder: Path) -> None:
    """`{slug}` would become a hidden file without a name."""
    done = panel("compare", "sqlite", "uv", "--out", "{slug}.html")
    assert (done.code, "{slug}" in done.err) == (2, True)
    assert list(folder.iterdir()) == []


def test_a_long_id_is_printed_written_and_kept(panel: Panel, folder: Path) -> None:
    """An id may be as long as a file name in a run; the card's own name is longer and is shortened."""
    ids = [f"{'x' * 98}{number}" for number in range(2)]
    for name in ids:
        (folder / f"{name}.md").write_text("Stores 5 GB in one file for $3 a month.", "utf-8")
    done = panel("review", *(f"{name}.md" for name in ids), "-q", "--json")
    assert (done.code, done.err) == (0, "")
    kept = list(folder.glob("runs/*/card-*.json"))
    assert {Card.model_validate_json(path.read_text("utf-8")).heads[0].tool for path in kept} == set(ids)


def test_a_card_that_cannot_be_kept_is_still_printed_and_written(
    panel: Panel, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failure is told after it, with exit code 4."""

    def full(*_: Any) -> None:
        raise StoreError("cannot write card.json: no space left", hint="Make room.")

    monkeypatch.setattr("panel.desk.Desk.keep", full)
    done = panel("compare", "sqlite", "uv", "-q", "--out", "card.md")
    assert (done.code, "no space left" in done.err) == (4, True)
    assert "SQLite vs uv" in done.out
    assert (folder / "card.md").is_file()


def test_one_file_that_cannot_be_written_does_not_keep_the_others_back(panel: Panel, folder: Path) -> None:
    (folder / "taken").write_text("a file")
    done = panel("compare", "sqlite", "uv", "-q", "--out", "taken/card.md", "--out", "card.md")
    assert (done.code, "taken/card.md" in done.err) == (4, True)
    assert (folder / "card.md").is_file()
    assert "SQLite vs uv" in done.out


def test_there_is_no_page_to_open_without_a_run_and_it_says_so(
    panel: Panel, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recalled reviews make no run; a file of --out is a page all the same."""
    opened: list[str] = []
    monkeypatch.setattr("click.launch", opened.append)
    panel("review", "uv", "-q")
    done = panel("review", "latest:uv", "--open")
    assert (done.code, opened) == (0, [])
    assert "--out card.html" in done.err
    panel("review", "latest:uv", "--open", "--out", "card.html")
    assert opened == ["card.html"]


@pytest.mark.parametrize("word", ["", "  "])
def test_an_empty_word_names_no_tool(panel: Panel, folder: Path, word: str) -> None:
    """And not the whole folder."""
    (folder / "a.md").write_text("Stores 5 GB.", "utf-8")
    done = panel("review", word, "--dry-run")
    assert (done.code, done.out) == (2, "")
    assert "empty" in done.err


def test_a_word_too_long_for_a_file_name_names_nothing(panel: Panel) -> None:
    for word in ("a:" + "b" * 300, "b" * 300, "./" + "b" * 300):
        done = panel("review", word)
        assert (done.code, "Traceback" in done.err) == (2, False)


def test_json_on_standard_output_cannot_act_on_a_terminal(
    panel: Panel, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Controls and bidirectional marks are written as escapes: the same value, and nothing moves the cursor."""
    panel("init", "mine")
    monkeypatch.chdir(folder / "mine")
    (folder / "mine/catalogue/alder.json").write_text(
        json.dumps({"name": f"Alder {HIDDEN}", "description": f"Stores 5 GB. {HIDDEN}"}), "utf-8"
    )
    persona = folder / "mine/personas/control.yaml"
    persona.write_text(persona.read_text("utf-8").replace("motto: ", "motto: \u202e", 1), "utf-8")
    (folder / "mine/catalogue/bad\x9b.json").write_text(json.dumps({"name": "A", "description": "B", "x": 1}), "utf-8")
    assert panel("review", "alder", "-q", "--json").code == 0
    for words in (
        "catalogue list --json",
        "catalogue show alder --json",
        "catalogue lint --json",
        "personas list --json",
        "personas show control --json",
        "personas lint --json",
        "runs list --json",
        "runs show latest --json",
        "compare alder sqlite --json -q",
    ):
        done = panel(*words.split())
        assert all(char.isprintable() or char == "\n" for char in done.out), words
        assert json.loads(done.out.splitlines()[0] if " list" in words or " lint" in words else done.out), words


def test_a_persona_just_begun_changes_nothing_until_it_is_filled_in(
    panel: Panel, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not invited; naming it says which file and field; it can be shown."""
    panel("init", "mine")
    monkeypatch.chdir(folder / "mine")
    panel("personas", "new", "auditor")
    done = panel("review", "sqlite")
    assert (done.code, "auditor" in done.err) == (0, False)
    done = panel("review", "duckdb", "-p", "auditor")
    assert done.code == 2
    assert "auditor.yaml" in done.err
    assert "motto" in done.err
    assert panel("personas", "show", "auditor").code == 0


@pytest.mark.parametrize(
    ("line", "key"), [("timeout_s = inf", "timeout_s"), ("parameters = { temperature = nan }", "parameters")]
)
def test_a_number_that_cannot_be_stored_is_refused_before_anything_is_asked(
    panel: Panel, folder: Path, line: str, key: str
) -> None:
    """Law 11: the run would be bought and could not be read again."""
    (folder / "panel.toml").write_text(f'[models.house]\nprovider = "openai"\nmodel = "x"\n{line}\n')
    done = panel("review", "sqlite", "-m", "house")
    assert done.code == 2
    assert f"panel.toml, models.house.{key}" in done.err
    assert "expected a finite number" in done.err
    assert not (folder / "runs").exists()
