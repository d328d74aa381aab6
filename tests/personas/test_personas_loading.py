"""A persona file becomes a persona, or an error that names the file, the line, the field and the fix."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from panel.errors import InputError
from panel.personas import load, load_all
from panel.records.signals import Grammar

PERSONAS = Path(__file__).parents[2] / "personas"


def anchors() -> dict[str, str]:
    return {"low": "Nothing.", "middle": "Some.", "high": "All."}


def persona_fields(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": "auditor",
        "name": "Auditor",
        "motto": "Who signed this?",
        "brief": "You check the books.",
        "voice": "Dry.",
        "questions": [{"id": "signed", "asks": "Who signed it, and when?"}],
        "criteria": [
            {"id": name, "name": name.title(), "asks": f"How much {name}?", "anchors": anchors()}
            for name in ("order", "proof")
        ],
    }
    return {key: value for key, value in (fields | changes).items() if value is not ...}


class Plain(yaml.SafeDumper):
    """Writes a value out each time it occurs, as a person would."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def write(folder: Path, name: str = "auditor.yaml", **changes: Any) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(yaml.dump(persona_fields(**changes), Dumper=Plain, sort_keys=False), "utf-8")
    return path


def told(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        load(path)
    return caught.value


def test_the_personas_of_this_repository_sit_in_this_order() -> None:
    personas = load_all(PERSONAS)
    assert list(personas) == ["builder", "skeptic", "futurist", "founder", "control"]
    assert [persona.id for persona in personas.values() if not persona.votes] == ["control"]
    assert all(len(persona.criteria) == 4 for persona in personas.values())


def test_others_that_vote_sit_after_the_four_and_before_those_that_do_not(tmp_path: Path) -> None:
    for id, votes in (
        ("zoe", True),
        ("control", False),
        ("founder", True),
        ("anna", True),
        ("aide", False),
        ("builder", True),
    ):
        write(tmp_path, f"{id}.yaml", id=id, votes=votes)
    assert list(load_all(tmp_path)) == ["builder", "founder", "anna", "zoe", "aide", "control"]


def test_only_persona_files_are_read(tmp_path: Path) -> None:
    write(tmp_path, "auditor.yml")
    for name in (".hidden.yaml", "_draft.yaml", "notes.md"):
        (tmp_path / name).write_text("not: [a persona")
    assert list(load_all(tmp_path)) == ["auditor"]


def test_an_id_not_given_is_the_file_s_name(tmp_path: Path) -> None:
    assert load(write(tmp_path, "treasurer.yaml", id=...)).id == "treasurer"


@pytest.mark.parametrize(
    ("changes", "line", "field", "what", "hint"),
    [
        ({"breif": "x"}, 24, "breif", "is not a known key", "Did you mean brief?"),
        ({"motto": ...}, None, "motto", "is missing; expected a value", "Add motto: …"),
        ({"voice": 3}, 5, "voice", "found 3, which reads as a number; expected text", 'Put it in quotes: "3"'),
        ({"predicts": "perhaps"}, 24, "predicts", "found 'perhaps'; expected true or false", ""),
        (
            {"questions": [{"id": "Signed By", "asks": "Who?"}]},
            7,
            "questions 1, id",
            "found 'Signed By'; expected lower-case letters, digits and underscore, beginning with a letter",
            "",
        ),
        (
            {"questions": ["Who signed it?"]},
            7,
            "questions 1",
            "found 'Who signed it?'; expected an entry with id and asks",
            "",
        ),
        (
            {"questions": [{"id": "a", "ask": "Who?", "asks": "Who?"}]},
            8,
            "questions 1, ask",
            "is not a known key",
            "Did you mean asks?",
        ),
        (
            {"criteria": [{"id": "a", "name": "A", "asks": "?", "anchors": {**anchors(), "top": "x"}}] * 2},
            17,
            "criteria 1, anchors, top",
            "is not a known key",
            "Known here: low, middle, high.",
        ),
        (
            {"questions": [{"id": "a", "asks": "Who?"}, {"id": "a", "asks": "When?"}]},
            None,
            None,
            "question id 'a' is used twice",
            "",
        ),
    ],
    ids=["unknown", "missing", "number", "bool", "id", "bare-text", "inner-key", "anchor-key", "id-twice"],
)
def test_a_wrong_persona_names_file_line_field_and_fix(
    tmp_path: Path, changes: dict[str, Any], line: int | None, field: str | None, what: str, hint: str
) -> None:
    error = told(write(tmp_path, **changes))
    assert (error.line, error.field, error.what) == (line, field, what)
    assert error.hint.startswith(hint)
    assert error.message.startswith(str(tmp_path / "auditor.yaml"))


def test_a_key_given_twice_and_broken_yaml_name_their_line(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text(path.read_text() + "motto: Another\n")
    assert told(path).message == f"{path}, line 24: the key 'motto' stands here and on line 3"
    path.write_text("id: auditor\nmotto: who: me\n")
    assert told(path).line == 2


def test_an_empty_and_a_missing_folder_say_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no persona"):
        load_all(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        load_all(tmp_path / "none")


def test_one_id_in_two_files_is_an_error(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, "second.yaml")
    with pytest.raises(InputError, match=r"second\.yaml, id: auditor is also the id of another persona"):
        load_all(tmp_path)


def copied(folder: Path, *names: str) -> Path:
    for name in names:
        shutil.copy(PERSONAS / name, folder / name)
    return folder / names[0]


def test_signals_are_completed_by_the_lexicon_beside_the_file(tmp_path: Path) -> None:
    signals = load(copied(tmp_path, "skeptic.yaml", "lexicon.yaml")).signals
    assert signals is not None
    lexicon = yaml.safe_load((tmp_path / "lexicon.yaml").read_text("utf-8"))
    assert set(signals.kinds) == set(lexicon["kinds"])
    assert signals == load_all(PERSONAS)["skeptic"].signals


def test_personas_of_a_folder_share_the_words_of_its_lexicon() -> None:
    """Five personas do not hold five copies of it."""
    first, *others = (persona.signals for persona in load_all(PERSONAS).values())
    assert first is not None
    for other in others:
        assert other is not None
        assert other.grammar is first.grammar
        assert all(other.kinds[name] is kind for name, kind in first.kinds.items())


def test_signals_without_a_lexicon_say_what_is_missing(tmp_path: Path) -> None:
    error = told(write(tmp_path, signals={"criteria": {}}))
    assert (error.line, error.field) == (24, "signals")
    assert error.what == "names signals, and no lexicon.yaml beside it says what they are"


def test_a_signal_that_the_lexicon_lacks_is_told_with_its_line(tmp_path: Path) -> None:
    copied(tmp_path, "lexicon.yaml")
    path = write(tmp_path, signals={"questions": {"signed": {"kinds": "licens"}}})
    error = told(path)
    assert error.what == "unknown kind of signal 'licens'"
    assert error.line is not None
    assert "kinds: licens" in path.read_text().splitlines()[error.line - 1]


LEXICON: dict[str, Any] = {
    "grammar": dict.fromkeys(Grammar.model_fields, "no"),
    "kinds": {"signed": {"name": "a signature", "side": "for", "phrases": "signed by, signature"}},
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": {}}, "kind: is not a known key"),
        (
            {"kinds": {"a": {"name": "a", "side": "both"}}},
            "kinds, a, side: found 'both'; expected 'for', 'against' or 'none'",
        ),
        ({"kinds": {"a": {"name": "a", "side": "for", "negated": "b"}}}, "unknown kind of signal 'b'"),
    ],
)
def test_a_wrong_lexicon_is_told_in_its_own_file(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = write(tmp_path)
    lexicon = yaml.dump(LEXICON | changes, Dumper=Plain, sort_keys=False)
    (tmp_path / "lexicon.yaml").write_text(lexicon)
    error = told(path)
    assert error.file == str(tmp_path / "lexicon.yaml")
    assert message in error.message
