"""The reply schema uses only what strict structured output takes.

The allow-list follows OpenAI's documentation of structured outputs: what is not listed there counts as refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from client_samples import a_prompt

from panel.clients import resolve
from panel.clients.openai import to_request
from panel.records.persona import Anchors, Criterion, Persona, Question
from panel.records.reply_schema import keys_of, reply_schema

ALLOWED = {
    "object": {"type", "properties", "required", "additionalProperties", "description"},
    "array": {"type", "items", "minItems", "maxItems", "description"},
    "string": {"type", "enum", "const", "pattern", "format", "description"},
    "integer": {"type", "enum", "const", "minimum", "maximum", "multipleOf", "description"},
    "null": {"type", "description"},
}
DEEPEST, MOST_PROPERTIES, MOST_ENUM_VALUES, MOST_CHARS = 10, 5000, 1000, 120_000


def a_persona(*, predicts: bool) -> Persona:
    anchors = Anchors(low="Nothing.", middle="Some.", high="All.")
    return Persona(
        id="builder",
        name="Builder",
        motto="It runs.",
        brief="You build.",
        voice="Plain.",
        questions=tuple(Question(id=f"question_{i}", asks="What?") for i in range(8)),
        criteria=tuple(Criterion(id=f"criterion_{i}", name="C", asks="?", anchors=anchors) for i in range(8)),
        predicts=predicts,
    )


SCHEMAS = [reply_schema(a_persona(predicts=predicts)) for predicts in (False, True)]


def walk(schema: dict[str, Any], depth: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
    """Every sub-schema with its depth."""
    yield schema, depth
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    if "items" in schema:
        inner.append(schema["items"])
    for part in inner:
        yield from walk(part, depth + 1)


@pytest.mark.parametrize("schema", SCHEMAS, ids=["plain", "predicts"])
class TestStrict:
    def test_the_root_is_an_object(self, schema: dict[str, Any]) -> None:
        assert schema["type"] == "object"
        assert "anyOf" not in schema

    def test_only_listed_keywords_are_used(self, schema: dict[str, Any]) -> None:
        for part, _ in walk(schema):
            if "anyOf" in part:
                assert set(part) <= {"anyOf", "description"}
                continue
            kinds = part["type"] if isinstance(part["type"], list) else [part["type"]]
            assert set(part) <= set.union(*(ALLOWED[kind] for kind in kinds))

    def test_every_object_is_closed_and_requires_all_it_names(self, schema: dict[str, Any]) -> None:
        for part, _ in walk(schema):
            if part.get("type") == "object":
                assert part["additionalProperties"] is False
                assert part["required"] == list(part["properties"])

    def test_every_number_is_an_integer(self, schema: dict[str, Any]) -> None:
        assert all("number" not in str(part.get("type")) for part, _ in walk(schema))

    def test_it_stays_within_the_size_limits(self, schema: dict[str, Any]) -> None:
        parts = list(walk(schema))
        names = [name for part, _ in parts for name in part.get("properties", {})]
        values = [value for part, _ in parts for value in part.get("enum", [])]
        assert max(depth for _, depth in parts) <= DEEPEST
        assert len(names) <= MOST_PROPERTIES
        assert len(values) <= MOST_ENUM_VALUES
        assert sum(len(str(word)) for word in [*names, *values]) <= MOST_CHARS


@pytest.mark.parametrize("predicts", [False, True])
def test_reasoning_comes_before_the_number_as_sent(predicts: bool) -> None:
    """Law 1: the schema that leaves in the request has the reply's keys in their order, the verdict last."""
    persona = a_persona(predicts=predicts)
    prompt = a_prompt().model_copy(update={"reply_schema": reply_schema(persona)})
    sent = to_request(resolve("openai/gpt-6-luna"), prompt)["response_format"]["json_schema"]["schema"]
    assert tuple(sent["properties"]) == keys_of(persona)
    assert list(sent["properties"])[-3:] == ["criteria", "score", "verdict"]
