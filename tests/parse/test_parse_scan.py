"""Where complete objects stand in a text, and what stays unfinished."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panel.parse.scan import scan, stop_of

FOUND = {
    'a {"b": 1} c {"d": [2]}': ['{"b": 1}', '{"d": [2]}'],
    '{"outer": {"inner": 1}}': ['{"outer": {"inner": 1}}'],
    '{{"b": 1}}': ['{"b": 1}'],
    '{b} {"b": "}{"}': ['{"b": "}{"}'],
    'he said {"well" and {"b": 1}': ['{"b": 1}'],
    '{"quote {"b": 1}': ['{"b": 1}'],
    '{"b": "\\"}"}': ['{"b": "\\"}"}'],
    '{"b": 1,}': ['{"b": 1}'],
    '{"b": [1, 2 , ], }': ['{"b": [1, 2  ] }'],
    '{"b":\u00a01,\u200b"c":2}': ['{"b":1,"c":2}'],
    '{"b": 1,,}': [],
    '{"b": 01}': [],
    '{"b": NaN}': [],
    '{"b": 1 "c": 2}': [],
    "{'b': 1}": [],
    '{"b": 1]': [],
    '{"b":}': [],
    '{"b"}': [],
    '{"b": 1, "c"}': [],
    '{"b": [1}': [],
    "{}": [],
    "": [],
}


@pytest.mark.parametrize("text", FOUND)
def test_the_objects_of_a_text_are_its_outermost_complete_ones(text: str) -> None:
    assert [span.source(text) for span in scan(text).spans] == FOUND[text]


def test_what_was_complete_inside_an_unfinished_object_is_marked_so() -> None:
    cut = scan('{"draft": {"b": 1}, "final": {"b"')
    broken = scan('{"draft": {"b": 1} oops {"c": 2}')
    assert [span.inside for span in cut.spans] == ["cut"]
    assert [span.inside for span in broken.spans] == ["broken", ""]


CUT = {
    '{"b"': 0,
    'x {"b": tr': 2,
    '{"b": 1} {': 9,
    '{"b": "no end': 0,
    '{"b": -': 0,
    '{"b": 1} {b': None,
    '{"b": 1} } "': None,
    '{"b": trx': None,
}


@pytest.mark.parametrize("text", CUT)
def test_an_object_is_cut_if_the_text_ends_inside_it(text: str) -> None:
    assert scan(text).cut_from == CUT[text]


def test_reading_stops_at_the_first_thing_out_of_place() -> None:
    assert stop_of('{"b": NaN}', 0) == 6


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON, min_size=1, max_size=5), st.booleans(), st.sampled_from([None, 2]))
@settings(max_examples=200, deadline=None)
def test_every_object_that_json_writes_is_found_whole(value: dict[str, object], ascii_only: bool, indent: int) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    scanned = scan(f"so: {text}.")
    assert [span.source(f"so: {text}.") for span in scanned.spans] == [text]
    assert scanned.cut_from is None


@given(st.text(st.sampled_from('{}[]":,\\ ab1tn\n'), max_size=80))
@settings(max_examples=500, deadline=None)
def test_every_object_found_is_json(text: str) -> None:
    for span in scan(text).spans:
        source = span.source(text)
        if "\\" not in source:  # escapes inside strings are the decoder's to judge
            json.loads(source, strict=False)
