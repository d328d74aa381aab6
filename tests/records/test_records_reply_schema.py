"""The reply schema: built from the persona, strict-mode safe, reasoning before number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema

from panel.records.reply_schema import ORDER, keys_of, reply_schema
from panel.testing import persona, reply_fields

ALLOWED = {
    *("type", "properties", "required", "additionalProperties", "items", "minItems", "maxItems"),
    *("enum", "minimum", "maximum", "anyOf"),
}
"""The keywords that strict structured output accepts and that we use."""


def schemas(node: Any) -> Iterator[dict[str, Any]]:
    yield node
    children = [*node.get("properties", {}).values(), *node.get("anyOf", []), *filter(None, [node.get("items")])]
    for child in children:
        yield from schemas(child)


def test_what_was_read_comes_before_what_follows_and_numbers_come_last() -> None:
    """Law 1: steering and evidence first, then answers and review, then criteria, score, verdict."""
    keys = list(reply_schema(persona(predicts=True))["properties"])
    assert keys == list(ORDER)
    assert keys[:4] == ["steering", "evidence", "not_stated", "basis"]
    assert keys[-3:] == ["criteria", "score", "verdict"]
    assert keys.index("review") < keys.index("criteria")


def test_only_a_persona_that_predicts_is_asked_for_a_prediction() -> None:
    """Others have no such key at all."""
    assert "prediction" in keys_of(persona(predicts=True))
    assert "prediction" not in reply_schema(persona())["properties"]


def test_every_part_is_safe_for_strict_mode() -> None:
    """Objects are closed and require all their keys; no keyword is used that strict mode refuses."""
    for node in schemas(reply_schema(persona(predicts=True))):
        assert set(node) <= ALLOWED
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])


def test_the_doubles_reply_fits_the_schema() -> None:
    """`panel.testing` and the schema agree."""
    for who in (persona(), persona("skeptic", predicts=True)):
        jsonschema.validate(reply_fields(who), reply_schema(who))
