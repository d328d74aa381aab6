"""What a record refuses is told in the words of whoever wrote the file: place, found, expected, next step."""

from __future__ import annotations

from enum import StrEnum

import pytest
from pydantic import Field

from panel.authored import MOST_TOLD, check, first_of, in_order, parse_yaml
from panel.errors import InputError
from panel.records.base import Record
from panel.records.finding import Finding


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Leg(Record):
    length: int
    made_of: str = "oak"


class Table(Record):
    name: str = Field(min_length=1, max_length=10)
    legs: tuple[Leg, ...] = Field(default=(), min_length=1, max_length=4)
    colour: Colour = Colour.RED
    folds: bool = False


def faults(text: str) -> list[tuple[int | None, str | None, str, str]]:
    _, found = check(Table, parse_yaml(text, "t.yaml"), {"legs.*": "an entry with length"})
    return [(fault.line, fault.field, fault.what, fault.hint) for fault in found]


def test_a_tree_that_fits_is_the_record() -> None:
    table, none = check(Table, parse_yaml("name: desk\nlegs:\n  - length: 70\n", "t.yaml"), {})
    assert table == Table(name="desk", legs=(Leg(length=70),))
    assert none == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("folds: true", (None, "name", "is missing; expected a value", "Add name: …")),
        ("name: a\ncolor: red", (2, "color", "is not a known key", "Did you mean colour?")),
        ("name: a\nzzz: 1", (2, "zzz", "is not a known key", "Known here: name, legs, colour, folds.")),
        (
            "name: a\nlegs: [{lenght: 1, length: 1}]",
            (2, "legs 1, lenght", "is not a known key", "Did you mean length?"),
        ),
        ("name: 3.10", (1, "name", "found 3.10, which reads as a number; expected text", 'Put it in quotes: "3.10"')),
        ("name: no", (1, "name", "found no, which reads as true or false; expected text", 'Put it in quotes: "no"')),
        (
            "name: 2026-01-01",
            (1, "name", "found 2026-01-01, which reads as a date; expected text", 'Put it in quotes: "2026-01-01"'),
        ),
        (
            "name:",
            (1, "name", "found nothing; expected text", "Write a value, or remove the line where it may be left out."),
        ),
        (
            "name: {a: b}",
            (1, "name", "found keys with values; expected one text", "A text that holds a colon stands in quotes."),
        ),
        ("name: ''", (1, "name", "found an empty text; expected text", "")),
        ("name: 12345678901", (1, "name", "has 11 characters; at most 10 are allowed", "Shorten it.")),
        ("name: a\ncolour: rad", (2, "colour", "found 'rad'; expected one of red, blue", "Did you mean red?")),
        ("name: a\nlegs: oak", (2, "legs", "found 'oak'; expected a list: lines that begin with -", "")),
        ("name: a\nlegs: []", (2, "legs", "has 0 entries; at least 1 are needed", "")),
        ("name: a\nlegs:\n  - oak", (3, "legs 1", "found 'oak'; expected an entry with length", "")),
        ("name: a\nlegs:\n  - length: x", (3, "legs 1, length", "found 'x'; expected a whole number", "")),
        ("name: a\nfolds: perhaps", (2, "folds", "found 'perhaps'; expected true or false", "")),
    ],
)
def test_each_fault_names_place_found_expected_and_fix(
    text: str, expected: tuple[int | None, str | None, str, str]
) -> None:
    if "12345678901" in text:
        text = text.replace("12345678901", "'12345678901'")
    assert faults(text) == [expected]


def test_every_fault_of_a_file_is_told_up_to_a_bound() -> None:
    assert len(faults("colour: a\nfolds: b")) == 3
    assert len(faults("name: a\n" + "\n".join(f"k{n}: 1" for n in range(200)))) == MOST_TOLD


def test_faults_come_as_a_reader_of_the_file_meets_them() -> None:
    late, early = InputError.at("t.yaml", "b", line=9), InputError.at("t.yaml", "a", line=2)
    assert in_order([late, early]) == (early, late)


def test_the_first_fault_counts_the_others_and_names_the_linter() -> None:
    errors = [InputError.at("t.yaml", "is wrong", line=2, field="name", hint="Mend it.") for _ in range(3)]
    first = first_of(errors, "table lint tells them all.")
    assert first.message == "t.yaml, line 2, name: is wrong"
    assert first.hint == "Mend it.\nThe file has 2 more faults: table lint tells them all."


def test_a_finding_says_what_its_error_says_without_repeating_the_place() -> None:
    finding = Finding.of(InputError.at("t.yaml", "is wrong", line=2, field="name", hint="Mend it."))
    assert finding == Finding(level="error", file="t.yaml", line=2, field="name", message="is wrong", fix="Mend it.")
    assert finding.place == "t.yaml, line 2, name"
