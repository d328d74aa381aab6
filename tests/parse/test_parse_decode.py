"""JSON into values, with what JSON's own decoder hides."""

from __future__ import annotations

import pytest

from panel.parse.decode import decode, same
from panel.parse.notes import Note


def test_a_key_with_two_values_is_a_clash_at_any_depth() -> None:
    decoded = decode('{"a": {"b": [{"c": 1, "c": 2}]}}')
    assert decoded is not None
    assert decoded.clash == "c"


def test_a_key_repeated_with_the_same_value_is_only_noted() -> None:
    decoded = decode('{"a": [1, {"b": 2}], "a": [1, {"b": 2}]}')
    assert decoded is not None
    assert (decoded.clash, decoded.notes) == ("", {Note.KEY_TWICE})


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), (0, False), (0, None), ("1", 1)])
def test_values_of_different_types_are_never_the_same(one: object, other: object) -> None:
    assert not same(one, other)
    assert not same([one], [other])


def test_lone_surrogates_become_replacement_characters() -> None:
    decoded = decode('{"a": "x\\ud83dy", "\\udfff": "\\ud83d\\ude00"}')
    assert decoded is not None
    assert decoded.value == {"a": "x\ufffdy", "\ufffd": "😀"}
    assert decoded.notes == {Note.LONE_SURROGATE}


def test_raw_control_characters_are_kept_and_noted() -> None:
    decoded = decode('{"a": "x\ny\x1b"}')
    assert decoded is not None
    assert (decoded.value, decoded.notes) == ({"a": "x\ny\x1b"}, {Note.CONTROL_CHARACTERS})


@pytest.mark.parametrize("text", ["", "{", '{"a": NaN}', '{"a": -Infinity}', '{"a": "\\x"}', "[" * 100_000, "{'a': 1}"])
def test_what_is_no_json_decodes_to_none(text: str) -> None:
    assert decode(text) is None


def test_a_number_of_a_million_digits_is_huge_and_cheap() -> None:
    decoded = decode('{"a": ' + "9" * 1_000_000 + ', "b": -' + "9" * 1_000_000 + "}")
    assert decoded is not None
    assert decoded.value["a"] > 10**17
    assert decoded.value["b"] < -(10**16)
