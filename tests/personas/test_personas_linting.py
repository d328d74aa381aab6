"""The linter says what to mend in a persona, where, and how."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from panel.errors import StoreError, UsageError
from panel.personas import begin, lint, load, new_text

PERSONAS = Path(__file__).parents[2] / "personas"

BRIEF = (
    "You audit tools for people who sign for them. You look for the page that states a limit and for the page that "
    "should state one and does not. You trust what a second source repeats and walk away from any promise that has "
    "neither a date nor an owner."
)


class Plain(yaml.SafeDumper):
    """Writes a value out each time it occurs, as a person would."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def criterion(id: str, asks: str) -> dict[str, Any]:
    anchors = {
        "low": "Nobody wrote anything down.",
        "middle": "Some pages exist, undated.",
        "high": "Every claim carries its owner.",
    }
    return {"id": id, "name": id.title(), "asks": asks, "anchors": anchors}


def good() -> dict[str, Any]:
    return {
        "id": "auditor",
        "name": "Auditor",
        "motto": "Who signed this?",
        "brief": BRIEF,
        "voice": "Dry, exact, patient.",
        "questions": [{"id": "owner", "asks": "Who owns the claim that matters most?"}],
        "criteria": [
            criterion("order", "Can a claim be traced?"),
            criterion("proof", "Is anything proven?"),
            criterion("scope", "Are the limits drawn?"),
            criterion("owner", "Does somebody answer for it?"),
        ],
        "excited_by": ["a dated limit"],
        "tired_of": ["a promise without an owner"],
        "never_writes": ["game changer"],
    }


MISSING_SIGNALS = ("signals", "is missing: the offline rubric cannot sit for it")


def told(folder: Path, fields: dict[str, Any], name: str = "auditor.yaml") -> list[tuple[str | None, str]]:
    """What the linter says of one file, but that it has no signals."""
    (folder / name).write_text(yaml.dump(fields, Dumper=Plain, sort_keys=False), "utf-8")
    found = lint(folder / name)
    assert {finding.level for finding in found} <= {"warning"}
    return [told for finding in found if (told := (finding.field, finding.message)) != MISSING_SIGNALS]


def test_the_personas_of_this_repository_lint_without_a_finding() -> None:
    assert lint(PERSONAS) == []


def test_a_full_persona_has_no_finding_but_its_missing_signals(tmp_path: Path) -> None:
    (tmp_path / "auditor.yaml").write_text(yaml.safe_dump(good()))
    assert [(f.field, f.message) for f in lint(tmp_path / "auditor.yaml")] == [MISSING_SIGNALS]


def nearly(middle: str) -> list[dict[str, Any]]:
    criteria: list[dict[str, Any]] = good()["criteria"]
    criteria[1]["anchors"]["middle"] = middle
    return criteria


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"criteria": good()["criteria"][:3]}, "criteria", "has 3 criteria; reviews are made for 4"),
        (
            {"criteria": nearly("Nobody wrote anything down!")},
            "criteria 2, anchors, middle",
            "low and middle say nearly the same",
        ),
        (
            {"criteria": nearly("every claim carries its owner, nearly")},
            "criteria 2, anchors, high",
            "middle and high say nearly the same",
        ),
        ({"brief": "You audit tools."}, "brief", "has 3 words"),
        (
            {"brief": f"{BRIEF} You know a Game-Changer."},
            "brief",
            "uses 'game changer', which the persona never writes",
        ),
        (
            {"questions": [{"id": "owner", "asks": "Is it a game changer for owners?"}]},
            "questions 1, asks",
            "uses 'game changer', which the persona never writes",
        ),
        ({"questions": [{"id": "owner", "asks": "The owner"}]}, "questions 1, asks", "asks too little: 'The owner'"),
        (
            {"questions": [{"id": "a", "asks": "Who owns the claim?"}, {"id": "b", "asks": "who owns the claim"}]},
            "questions 2, asks",
            "asks the same as a",
        ),
        (
            {"voice": "Dry. Start your review with the owner."},
            "voice",
            "fixes how a review opens ('Start your review with')",
        ),
        ({"brief": f"{BRIEF} Always begin with a name."}, "brief", "fixes how a review opens ('begin with')"),
        (
            {"voice": "The first sentence must name an owner."},
            "voice",
            "fixes how a review opens ('first sentence must')",
        ),
        ({"id": "clerk"}, "id", "is clerk, and the file is named auditor"),
        ({"excited_by": []}, "excited_by", "is empty"),
        ({"never_writes": []}, "never_writes", "is empty"),
        ({"voice": "Dry.\u200b"}, "voice", "holds a hidden character, U+200B ZERO WIDTH SPACE"),
    ],
)
def test_each_weakness_is_one_warning(tmp_path: Path, changes: dict[str, Any], field: str, message: str) -> None:
    assert told(tmp_path, good() | changes) == [(field, message)]


@pytest.mark.parametrize(
    "changes",
    [
        {"voice": "You never call anything a game changer."},
        {"tired_of": ["quick starts that begin with a sales form, sold as a game changer"]},
        {"voice": "Never begin with a greeting; a tool that starts with a form loses you."},
        {"votes": False, "excited_by": [], "tired_of": [], "never_writes": []},
    ],
)
def test_what_only_looks_weak_is_left_alone(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert told(tmp_path, good() | changes) == []


def test_a_persona_that_every_review_pays_dearly_for_is_pointed_out(tmp_path: Path) -> None:
    long = {"never_writes": [f"{'word ' * 100}{number}" for number in range(12)]}
    (found,) = told(tmp_path, good() | long)
    assert found[0] is None
    assert found[1].endswith("characters that every review pays for; 6,000 are plenty")


def test_signals_that_miss_a_criterion_or_name_a_stranger_are_pointed_out(tmp_path: Path) -> None:
    shutil.copy(PERSONAS / "lexicon.yaml", tmp_path)
    fields = yaml.safe_load((PERSONAS / "skeptic.yaml").read_text("utf-8"))
    signals = fields["signals"]
    signals["criteria"]["proof"] = signals["criteria"].pop("evidence")
    del signals["questions"]["unsourced"]
    assert told(tmp_path, fields, "skeptic.yaml") == [
        ("signals, criteria", "says nothing of evidence; the offline rubric takes it as not stated"),
        ("signals, criteria, proof", "is for no criterion of this persona"),
        ("signals, questions", "says nothing of unsourced; the offline rubric takes it as not stated"),
    ]


def test_every_error_of_a_file_is_told_and_the_others_are_still_read(tmp_path: Path) -> None:
    (tmp_path / "auditor.yaml").write_text(yaml.safe_dump(good() | {"breif": "x", "motto": 3}, sort_keys=False))
    (tmp_path / "broken.yaml").write_text("id: [")
    errors = [(Path(f.file).name, f.line, f.field) for f in lint(tmp_path) if f.level == "error"]
    assert errors[:2] == [("auditor.yaml", 3, "motto"), ("auditor.yaml", 46, "breif")]
    assert (tmp_path / "auditor.yaml").read_text().splitlines()[45] == "breif: x"
    assert errors[2][0] == "broken.yaml"


def test_two_personas_that_score_the_same_are_one_opinion_counted_twice(tmp_path: Path) -> None:
    clerk = good() | {"id": "clerk", "criteria": [*good()["criteria"][:1], *good()["criteria"][1:]]}
    clerk["criteria"][3] = criterion("owner", "Is the owner reachable?")
    for fields in (good(), clerk, good() | {"id": "judge", "votes": False}):
        (tmp_path / f"{fields['id']}.yaml").write_text(yaml.dump(fields, Dumper=Plain, sort_keys=False))
    found = [(f.field, f.message) for f in lint(tmp_path) if (f.field, f.message) != MISSING_SIGNALS]
    assert found == [
        ("criteria 1, asks", "asks in the words of auditor"),
        ("criteria 2, asks", "asks in the words of auditor"),
        ("criteria 3, asks", "asks in the words of auditor"),
        ("criteria 4, id", "owner is also a criterion of auditor, which means another thing by it"),
        (None, "holds 2 personas that vote; a badge takes 3"),
    ]


def test_one_id_in_two_files_is_an_error(tmp_path: Path) -> None:
    for name in ("auditor", "second"):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(good()))
    errors = [f for f in lint(tmp_path) if f.level == "error"]
    assert [(Path(f.file).name, f.field, f.message) for f in errors] == [
        ("second.yaml", "id", f"auditor is also the id of {tmp_path}/auditor.yaml")
    ]


def test_a_new_persona_loads_as_it_is_and_the_linter_says_what_to_fill_in(tmp_path: Path) -> None:
    path = tmp_path / "auditor.yaml"
    path.write_text(new_text("auditor", 'The "Auditor" {of} 工具 😀'), "utf-8")
    persona = load(path)
    assert (persona.id, persona.name, len(persona.criteria)) == ("auditor", 'The "Auditor" {of} 工具 😀', 4)
    assert [(f.level, f.line, f.field, f.message) for f in lint(path)] == [
        ("warning", 5, "motto", "29 texts are not filled in yet; this is the first")
    ]


def test_a_new_persona_lints_without_an_error_once_filled_in(tmp_path: Path) -> None:
    fields = yaml.safe_load(new_text("auditor", "Auditor")) | {
        key: value for key, value in good().items() if key != "id"
    }
    assert told(tmp_path, fields) == []


@pytest.mark.parametrize(
    ("id", "name"), [("a b", "x"), ("", "x"), ("../x", "x"), ("auditor", ""), ("lexicon", "x"), ("a", "b\x7f")]
)
def test_what_cannot_be_an_id_or_a_name_is_refused(id: str, name: str) -> None:
    with pytest.raises(UsageError):
        new_text(id, name)


def test_a_begun_persona_is_a_file_of_its_own_and_never_replaces_one(tmp_path: Path) -> None:
    path = begin(tmp_path, "auditor", "Auditor")
    assert (path, path.read_text("utf-8")) == (tmp_path / "auditor.yaml", new_text("auditor", "Auditor"))
    path.write_text("mine")
    with pytest.raises(UsageError, match=r"auditor\.yaml exists"):
        begin(tmp_path, "auditor", "Auditor")
    assert path.read_text() == "mine"
    with pytest.raises(StoreError, match="cannot write"):
        begin(tmp_path / "none", "auditor", "Auditor")
