"""YAML and JSON become plain values that know their lines; what could surprise is refused with its line."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from panel.authored import Tree, parse_json, parse_yaml
from panel.errors import InputError


def told(text: str, *, as_json: bool = False, **options: int) -> InputError:
    with pytest.raises(InputError) as caught:
        (parse_json if as_json else parse_yaml)(text, "a.yaml", **options)
    return caught.value


def test_yaml_values_know_their_lines() -> None:
    tree = parse_yaml(
        "name: uv\nsources:\n  - title: docs\n    url: https://x\nas_of: 2026-11-20\n", "a.md", first_line=2
    )
    assert tree.value == {
        "name": "uv",
        "sources": [{"title": "docs", "url": "https://x"}],
        "as_of": dt.date(2026, 11, 20),
    }
    assert tree.line(("name",)) == 2
    assert tree.line(("sources", 0, "url")) == 5
    assert tree.line(("sources", 0, "missing")) == 4
    assert tree.line(("missing",)) is None


def test_what_does_not_read_as_text_is_remembered_as_written() -> None:
    tree = parse_yaml("version: 3.10\nat: 10:30\nname: '3.10'\n", "a.yaml")
    assert tree.value == {"version": 3.1, "at": 630, "name": "3.10"}
    assert tree.written == {("version",): "3.10", ("at",): "10:30"}


@pytest.mark.parametrize("text", ["as_of: 2026-13-45", "as_of: =", "as_of: <<", f"as_of: {'9' * 5000}"])
def test_what_only_looks_like_a_date_or_number_stays_text(text: str) -> None:
    assert parse_yaml(text, "a.yaml").value["as_of"] == text.removeprefix("as_of: ")


def test_keys_are_text_as_written() -> None:
    assert parse_yaml("no: a\n1: b\n2026-01-01: c", "a.yaml").value == {"no": "a", "1": "b", "2026-01-01": "c"}


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("a: 1\nb: 2\na: 3", "the key 'a' stands here and on line 1", 3),
        ("a: &x [1]\nb: *x", "found the alias *x; aliases are not read", 2),
        ("a: 1\nb: !!str 2", "found the tag tag:yaml.org,2002:str; tags are not read", 2),
        (
            "a: !!python/object:os.system x",
            "found the tag tag:yaml.org,2002:python/object:os.system; tags are not read",
            1,
        ),
        ("a: 1\n---\nb: 2", "found a second document after a line ---; expected one", 2),
        ("- a\n- b", "found a list; expected keys with values", 1),
        ("just text", "found a bare text; expected keys with values", 1),
        ("", "found nothing; expected keys with values", 1),
        ("a: 1\nb: c: d", "is not valid YAML: mapping values are not allowed in this context", 2),
        ("a: 'x", "is not valid YAML: found unexpected end of stream", 1),
        ("a: \x07", "found the character U+0007; control characters are not allowed", None),
        ("? [a]\n: b", "found a key that is not plain text", 1),
        ("a: " + "[" * 30 + "]" * 30, "found values nested more than 20 deep", 1),
    ],
)
def test_what_could_surprise_in_yaml_is_refused_with_its_line(text: str, what: str, line: int | None) -> None:
    error = told(text)
    assert (error.what, error.line) == (what, line)


@pytest.mark.parametrize("text", ["[" * 900_000, "{a: " * 250_000, "? " * 400_000, "- " * 400_000])
def test_a_hostile_depth_costs_nothing(text: str) -> None:
    """Nesting is counted as it is read: a megabyte of brackets is refused at the first few."""
    start = time.perf_counter()
    told(text)
    assert time.perf_counter() - start < 20


def test_a_lone_surrogate_does_not_stop_reading() -> None:
    assert parse_yaml("a: x\ud800y", "a.yaml").value == {"a": "x\ufffdy"}


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x85")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcxyz_", min_size=1), inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(st.text("abcxyz_", min_size=1), PLAIN, min_size=1, max_size=4))
def test_any_plain_yaml_reads_as_the_safe_loader_reads_it(value: dict[str, object]) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    assert parse_yaml(text, "a.yaml").value == yaml.safe_load(text)


def values_or_excuse(parse: Callable[[str, str], Tree], text: str) -> object:
    try:
        return parse(text, "a").value
    except InputError as error:
        return error.message


@settings(deadline=None)
@given(st.text())
def test_no_text_at_all_ends_in_another_error(text: str) -> None:
    """Whatever the file holds, it reads or says why not, beginning with the file."""
    for parse in (parse_yaml, parse_json):
        found = values_or_excuse(parse, text)
        assert isinstance(found, dict) or str(found).startswith("a")


def test_json_knows_the_lines_of_its_outermost_keys() -> None:
    tree = parse_json('{\n  "name": "uv",\n  "entry": "gratis"\n}', "a.json")
    assert (tree.line(("name",)), tree.line(("entry",))) == (2, 3)
    assert parse_json('{"name": "uv"}', "bulk.jsonl", line=9).line(("name",)) == 9


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"a": 1, "a": 2}', "is not usable JSON: the key 'a' is given twice"),
        ('{"a": NaN}', "is not usable JSON: NaN is not a value"),
        ('{"a": ' + "1" * 5000 + "}", "is not usable JSON: a number has 5,000 digits"),
        ("[" * 100_000, "is not usable JSON: values are nested too deep"),
        ('{"a": }', "is not valid JSON: Expecting value, column 7"),
        ("[1]", "found a list; expected keys with values"),
    ],
)
def test_what_could_surprise_in_json_is_refused(text: str, what: str) -> None:
    assert told(text, as_json=True).what == what


@settings(deadline=None)
@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(), max_size=4))
def test_any_json_object_reads_as_json_reads_it(value: dict[str, object]) -> None:
    assert parse_json(json.dumps(value), "a.json").value == value
