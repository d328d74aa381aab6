"""A text that is one object of proper JSON is read by the standard library, with the same outcome as by the walk."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.parse import scan as module
from panel.parse.scan import Scan, Span, scan

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner), max_leaves=20
)
AROUND = st.sampled_from(["", " ", "\n", "\t ", "x", "{", "}", "\u00a0", "\ufeff"])


def walked(text: str) -> Scan:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_whole", lambda text: None)
        return scan(text)


@given(value=VALUES, before=AROUND, after=AROUND, ascii_only=st.booleans(), indent=st.sampled_from([None, 1]))
def test_both_ways_find_the_same(value: object, before: str, after: str, ascii_only: bool, indent: int | None) -> None:
    text = before + json.dumps(value, ensure_ascii=ascii_only, indent=indent) + after
    assert scan(text) == walked(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 01}',
        '{"a": 1,}',
        '{"a": "\\x"}',
        '{"a": "line\nbreak"}',
        '{"a":\u00a01}',
        '{"a": 1} {"b": 2}',
        '{"a": 1}{',
        "{}",
        "{ }",
        '{"a": {"b": [[{}]]}, "a": 1}',
        '{"a": 1' + "0" * 5000 + "}",
        '{"a":' + "[" * 5000 + "]" * 5000 + "}",
        '{"a": true, "b": [1, 2.5e3, -0]}',
    ],
)
def test_both_ways_agree_on_what_is_nearly_json(text: str) -> None:
    assert scan(text) == walked(text)


def test_depth_counts_the_containers_of_every_value_also_of_a_key_given_twice() -> None:
    assert scan('{"a": {"b": [[1]]}, "a": 1}').spans == (Span(0, 27, 4),)
