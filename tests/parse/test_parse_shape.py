"""One object against the reply's schema: what is a fault, how it is told, and that no fault is missed."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surveyor import ANSWER, PERSONA, answer_with

from panel.parse.shape import MAX_TEXT, faults
from panel.records.reply_schema import reply_schema
from panel.records.scale import Scale
from panel.records.verdict import AbstainReason

SCHEMA = reply_schema(PERSONA)
STRICT = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int),
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 102)
    | st.sampled_from([74.0, 0.5, "", "ship", "skip", "thin", "for", "85", "8/10", 12, 18]),
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.sampled_from(["claim", "score", "x"]), inner),
    max_leaves=4,
)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """The faultless answer with up to three places replaced, removed, added or repeated."""
    value: dict[str, Any] = copy.deepcopy(ANSWER)
    for _ in range(draw(st.integers(0, 3))):
        place: Any = value
        while isinstance(place, (dict, list)) and place:
            key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
            if not isinstance(place[key], (dict, list)) or draw(st.booleans()):
                break
            place = place[key]
        if not place:
            continue
        what = draw(st.integers(0, 3))
        if what == 0:
            place[key] = draw(VALUES)
        elif what == 1:
            del place[key]
        elif isinstance(place, dict):
            place[draw(st.sampled_from(["extra", "verdict", "shows"]))] = draw(VALUES)
        else:
            place.extend([place[key]] * draw(st.integers(1, 9)))
    return value


@given(damaged())
@settings(max_examples=400, deadline=None)
def test_the_check_and_an_independent_validator_agree(value: dict[str, Any]) -> None:
    """`jsonschema` reads the schema as sent, with the one difference that 85.0 is no whole number here."""
    assert (not list(faults(value, SCHEMA))) == STRICT(SCHEMA).is_valid(value)


@given(VALUES)
def test_any_value_at_all_can_be_checked(value: Any) -> None:
    assert (not list(faults(value, SCHEMA))) == STRICT(SCHEMA).is_valid(value)


TOLD = {
    "score is '85', not a whole number": {"score": "85"},
    "score is true, not a whole number": {"score": True},
    "score is 85.0, not a whole number": {"score": 85.0},
    "score is null, not a whole number": {"score": None},
    "score is 101, outside 0-100": {"score": 101},
    "criteria.freedom is 11, outside 0-10": {"criteria": {"first_run": 8, "freedom": 11}},
    "criteria.freedom is missing": {"criteria": {"first_run": 8}},
    "verdict is 'maybe', not one of ship, skip": {"verdict": "maybe"},
    "basis is 'some', not one of enough, thin, none": {"basis": "some"},
    "evidence has 0 entries, fewer than 1": {"evidence": []},
    "concerns has 9 entries, more than 8": {"concerns": ["one"] * 9},
    "evidence[0].side is missing": {"evidence": [{"quote": "a", "shows": "b"}]},
    "summary is not asked for": {"summary": "good"},
    "doubt is a list, not text or null": {"doubt": []},
    "prediction.within_months is 18, not one of 12, 24, 36": {
        "prediction": {"claim": "a", "within_months": 18, "wrong_if": "b"}
    },
    "prediction is 'soon', not an object": {"prediction": "soon"},
    f"review has {MAX_TEXT + 1} characters, more than {MAX_TEXT}": {"review": "x" * (MAX_TEXT + 1)},
}


@pytest.mark.parametrize("detail", TOLD)
def test_a_fault_names_the_place_what_was_found_and_what_was_expected(detail: str) -> None:
    assert [fault.detail for fault in faults(answer_with(**TOLD[detail]), SCHEMA)] == [detail]


def test_only_a_number_outside_its_bounds_is_out_of_range() -> None:
    reasons = {next(faults(answer_with(score=score), SCHEMA)).reason for score in (101, -1, 10**30)}
    assert reasons == {AbstainReason.OUT_OF_RANGE}
    assert next(faults(answer_with(score=10.5), SCHEMA)).reason is AbstainReason.OFF_SCHEMA


def test_the_bounds_are_the_scales() -> None:
    """Law 2: another scale moves the schema's bounds, and the check with them."""
    schema = reply_schema(PERSONA, Scale(high=50, ship_from=30))
    assert [fault.detail for fault in faults(answer_with(score=74), schema)] == ["score is 74, outside 0-50"]
