"""A small prompt, and models that live at a loopback provider, for the tests of clients."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from loopback.server import Provider

from panel.clients import resolve
from panel.errors import ClientError
from panel.records.identity import sha
from panel.records.model import Model, ModelSettings
from panel.records.prompt import Message, Prompt, PromptIds

KEY = "sk-test-0123456789abcdef"
ENVIRON = {"TEST_KEY": KEY}
KINDS = ("openai", "mistral", "compatible")
MOMENT = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "review": {"type": "string"},
        "doubt": {"type": ["string", "null"]},
        "score": {"type": "integer", "minimum": 0, "maximum": 100},
        "verdict": {"type": "string", "enum": ["ship", "skip"]},
    },
    "required": ["review", "doubt", "score", "verdict"],
    "additionalProperties": False,
}


def a_prompt(tool: str = "a tool") -> Prompt:
    """A system message, a user message and a schema."""
    ids = {name: sha(name) for name in ("tool", "persona", "templates", "reply_schema", "scale")}
    return Prompt(
        messages=(
            Message(role="system", content="You are the Builder."),
            Message(role="user", content=f"On {tool} ⟦…⟧"),
        ),
        reply_schema=SCHEMA,
        schema_name="builder_reply",
        ids=PromptIds(**ids),
    )


def a_model(kind: str, base_url: str, **settings: Any) -> Model:
    """`[models.mine]` of this kind at this address, with its key in TEST_KEY."""
    given = {"provider": kind, "model": "test-model", "base_url": base_url, "key_variable": "TEST_KEY", **settings}
    return resolve("mine", {"mine": ModelSettings.model_validate(given)})


def model_at(provider: Provider, kind: str, **settings: Any) -> Model:
    """The same at a loopback provider."""
    return a_model(kind, provider.url if kind == "mistral" else f"{provider.url}/v1", **settings)


async def failure(asked: Any) -> ClientError:
    """The error that asking raises."""
    with pytest.raises(ClientError) as caught:
        await asked
    return caught.value
