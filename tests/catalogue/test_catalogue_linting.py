"""The linter says what to mend in an entry, where, and how: errors make it unusable, warnings its reviews worse."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from panel.catalogue import lint
from panel.records.finding import Finding

CATALOGUE = Path(__file__).parents[2] / "catalogue"
TODAY = dt.date(2026, 11, 20)

FACTS = (
    "Lathe 3.2 of 4 May 2026 converts CSV to Parquet under the MIT licence. It needs 2 GB of memory for 10 GB of text, "
    "runs on Linux and macOS, and writes 40 columns a second on one core. Acme of Oslo sells support at $90 a year. "
)
GOOD = f"""\
---
name: Lathe
vendor: Acme
tagline: Turns CSV into Parquet
pricing: Free, MIT
entry: free
best_for: Data engineers with one machine
sources:
  - title: Lathe manual
as_of: 2026-11-01
---
{FACTS * 4}
"""


def warnings(folder: Path, text: str = GOOD, name: str = "lathe.md") -> list[tuple[str | None, str]]:
    (folder / name).write_text(text, "utf-8")
    found = lint(folder, TODAY)
    assert {finding.level for finding in found} <= {"warning"}
    return [(finding.field, finding.message) for finding in found]


def test_the_catalogue_of_this_repository_lints_without_a_finding() -> None:
    assert lint(CATALOGUE, TODAY) == []
    assert len(list(CATALOGUE.glob("*.md"))) >= 12


def test_a_full_entry_has_no_finding(tmp_path: Path) -> None:
    assert warnings(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        ("as_of: 2026-11-01\n", "", "as_of", "is missing"),
        ("2026-11-01", "2026-11-21", "as_of", "lies in the future (2026-11-21)"),
        ("2026-11-01", "2025-11-19", "as_of", "is 366 days old"),
        ("sources:\n  - title: Lathe manual\n", "", "sources", "is missing"),
        ("pricing: Free, MIT\n", "", "pricing", "is missing"),
        ("entry: free\n", "", "entry", "is unknown"),
        ("Data engineers with one machine", "turns CSV - into Parquet.", "best_for", "repeats the tagline"),
        ("pricing: Free, MIT", "pricing: Free, or $9 a seat", "entry", "is free, and pricing names an amount ($9)"),
        ("pricing: Free, MIT", "pricing: 12 EUR a month", "entry", "is free, and pricing names an amount (12 EUR)"),
        ("entry: free", "entry: paid", "entry", "is paid, and pricing says 'Free'"),
        ("name: Lathe", "name: Lathe\nid: old-lathe", "id", "is old-lathe, and the file is named lathe"),
        ("vendor: Acme", "vender: Acme", "vender", "is not a known key and is not read"),
        ("- title: Lathe manual", "- title: Lathe manual\n    link: x", "link", "is not a known key and is not read"),
        (
            "Data engineers",
            "Data \u202eengineers",
            "best_for",
            "holds a hidden character, U+202E RIGHT-TO-LEFT OVERRIDE",
        ),
    ],
)
def test_each_weakness_is_one_warning(tmp_path: Path, old: str, new: str, field: str, message: str) -> None:
    assert old in GOOD
    assert warnings(tmp_path, GOOD.replace(old, new)) == [(field, message)]


@pytest.mark.parametrize(
    ("entry", "pricing"),
    [("free", "Free; no $0 trial ends"), ("paid", "From $9; a free trial of 14 days"), ("freemium", "Free, then $20")],
)
def test_an_offer_that_fits_its_entry_is_left_alone(tmp_path: Path, entry: str, pricing: str) -> None:
    text = GOOD.replace("entry: free", f"entry: {entry}").replace("Free, MIT", pricing)
    assert warnings(tmp_path, text) == []


def test_a_thin_description_is_warned_about_with_its_count(tmp_path: Path) -> None:
    text = GOOD.replace(FACTS * 4, "lathe is a modern tool that simply works.")
    assert warnings(tmp_path, text) == [
        ("description", "has 8 words; thin descriptions are scored low"),
        ("description", "holds 0 checkable facts; under 5 no badge is given"),
    ]


def test_a_long_description_is_warned_about(tmp_path: Path) -> None:
    words = len((FACTS * 7).split())
    expected = [("description", f"has {words} words; what matters is easier to miss")]
    assert warnings(tmp_path, GOOD.replace(FACTS * 4, FACTS * 7)) == expected


def test_warnings_carry_the_line_and_the_fix(tmp_path: Path) -> None:
    text = GOOD.replace("vendor: Acme", "vender: Acme").replace("MIT licence.", "MIT\n\x1b[31m licence.", 1)
    (tmp_path / "lathe.md").write_text(text, "utf-8")
    file = str(tmp_path / "lathe.md")
    assert lint(tmp_path / "lathe.md", TODAY) == [
        Finding(
            level="warning",
            file=file,
            line=3,
            field="vender",
            message="is not a known key and is not read",
            fix="Did you mean vendor?",
        ),
        Finding(
            level="warning",
            file=file,
            line=13,
            field="description",
            message="holds a hidden character, U+001B control character",
            fix="Delete it, unless it is meant.",
        ),
    ]


def test_every_error_of_an_entry_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "lathe.md").write_text(GOOD.replace("name: Lathe", "name: 3").replace("entry: free", "entry: gratis"))
    (tmp_path / "plane.md").write_text("")
    found = lint(tmp_path, TODAY)
    assert [(f.level, Path(f.file).name, f.line, f.field) for f in found] == [
        ("error", "lathe.md", 2, "name"),
        ("error", "lathe.md", 6, "entry"),
        ("error", "plane.md", None, None),
    ]


def test_one_product_in_two_files_is_warned_about_and_one_id_in_two_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "b-lathe.md").write_text(GOOD.replace("name: Lathe", "name: LATHE\nformerly: [lathe]"))
    (tmp_path / "lathe.md").write_text(GOOD)
    (tmp_path / "other.md").write_text(GOOD.replace("name: Lathe", "name: Other\nid: lathe"))
    told = [(f.level, Path(f.file).name, f.field, f.message) for f in lint(tmp_path, TODAY)]
    assert told == [
        ("warning", "other.md", "id", "is lathe, and the file is named other"),
        ("warning", "lathe.md", "name", f"describes Lathe of the same vendor as {tmp_path}/b-lathe.md"),
        ("error", "other.md", "id", f"lathe is also the id of {tmp_path}/lathe.md"),
        ("warning", "b-lathe.md", "formerly", f"lathe is now the id of {tmp_path}/lathe.md, which is found first"),
    ]


def test_bulk_lines_are_linted_like_files(tmp_path: Path) -> None:
    (tmp_path / "many.jsonl").write_text('{"id": "a", "name": "A", "description": "x"}\n{"id": "a", "name": 1}\n')
    found = lint(tmp_path / "many.jsonl", TODAY)
    assert {finding.line for finding in found} == {1, 2}
    assert [(f.line, f.field) for f in found if f.level == "error"] == [(2, "name"), (2, "description")]


def test_what_is_not_read_and_what_has_no_fields_is_pointed_out(tmp_path: Path) -> None:
    (tmp_path / "notes.docx").touch()
    (tmp_path / "more").mkdir()
    (tmp_path / "plain.md").write_text(FACTS * 4)
    assert [(Path(f.file).name, f.message) for f in lint(tmp_path, TODAY)] == [
        ("more", "is not read: folders are no entries"),
        ("notes.docx", "is not read: files ending in .docx are no entries"),
        ("plain.md", "has no front matter, so no vendor, price, date or source"),
    ]


def test_an_empty_folder_and_a_missing_file_are_errors(tmp_path: Path) -> None:
    assert [f.message for f in lint(tmp_path, TODAY)] == ["holds no tool"]
    assert [f.message for f in lint(tmp_path / "none.md", TODAY)] == ["does not exist"]
