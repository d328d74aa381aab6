"""One object against the reply's schema. A value in, the list of its faults out.

Knows exactly the keywords that `records.reply_schema` uses, and is stricter than JSON Schema in two ways: a whole
number is written as one (`85`, not `85.0`, not `true`), and a text has at most 8,000 characters. A test compares it
with an independent validator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from panel.parse.words import word
from panel.records.verdict import AbstainReason

MAX_TEXT = 8_000
"""Characters of one text value; ten times the longest review asked for."""

_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "a truth value",
    int: "a whole number",
    float: "a fraction",
    str: "text",
    list: "a list",
    dict: "an object",
}
_TYPES: dict[str, type] = {"object": dict, "array": list, "string": str, "integer": int, "null": type(None)}
_WORDS = {kind: name for name, kind in _TYPES.items()}


class Fault(NamedTuple):
    """What is wrong with a value: off the schema, or a number out of range."""

    reason: AbstainReason
    detail: str


def faults(value: Any, schema: Mapping[str, Any], path: str = "") -> Iterator[Fault]:
    """Everything about `value` that the schema does not allow, in the schema's order."""
    if "anyOf" in schema:
        yield from _any_of(value, schema["anyOf"], path)
        return
    wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if _WORDS.get(type(value)) not in wanted:
        expected = " or ".join(_NAMES[_TYPES[name]] for name in wanted)
        yield _off(path, f"is {_shown(value)}, not {expected}")
    elif "enum" in schema and value not in schema["enum"]:
        yield _off(path, f"is {_shown(value)}, not one of {', '.join(map(str, schema['enum']))}")
    elif isinstance(value, dict):
        yield from _object(value, schema, path)
    elif isinstance(value, list):
        yield from _list(value, schema, path)
    elif isinstance(value, str) and len(value) > MAX_TEXT:
        yield _off(path, f"has {len(value)} characters, more than {MAX_TEXT}")
    elif isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        detail = f"{path} is {_shown(value)}, outside {schema['minimum']}-{schema['maximum']}"
        yield Fault(AbstainReason.OUT_OF_RANGE, detail)


def _any_of(value: Any, branches: list[Mapping[str, Any]], path: str) -> Iterator[Fault]:
    """No fault if one branch has none; else those of the branch of the value's own type, which say most."""
    tried = [list(faults(value, branch, path)) for branch in branches]
    if all(tried):
        mine = [found for found, branch in zip(tried, branches, strict=True) if type(value) is _TYPES[branch["type"]]]
        yield from (mine or tried)[0]


def _object(value: dict[str, Any], schema: Mapping[str, Any], path: str) -> Iterator[Fault]:
    properties = schema["properties"]
    for key in properties:
        if key not in value:
            yield _off(_join(path, key), "is missing")
    for key in value:
        if key not in properties:
            yield _off(_join(path, word(key) or f"a key of {len(key)} characters"), "is not asked for")
    for key, part in properties.items():
        if key in value:
            yield from faults(value[key], part, _join(path, key))


def _list(value: list[Any], schema: Mapping[str, Any], path: str) -> Iterator[Fault]:
    if len(value) < schema["minItems"]:
        yield _off(path, f"has {len(value)} entries, fewer than {schema['minItems']}")
    if len(value) > schema["maxItems"]:
        yield _off(path, f"has {len(value)} entries, more than {schema['maxItems']}")
        return
    for place, item in enumerate(value):
        yield from faults(item, schema["items"], f"{path}[{place}]")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _off(path: str, what: str) -> Fault:
    return Fault(AbstainReason.OFF_SCHEMA, f"{path or 'the reply'} {what}")


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return repr(value) if word(value) else f"a text of {len(value)} characters"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return repr(value)
    return _NAMES[type(value)] if not isinstance(value, bool) else str(value).lower()
