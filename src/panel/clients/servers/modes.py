"""Modes: how a server is asked to keep the form of a reply: by a schema, as a JSON object, or by words alone. Pure.

Where the server does not enforce the schema, the schema is stated at the end of the system message: it is the same for
every tool of a persona, so the bytes that providers cache stay the same. The fenced description is never touched.
"""

from __future__ import annotations

import json
from typing import Any

from panel.clients.servers.profiles import Profile
from panel.records.model import Model, SchemaMode
from panel.records.prompt import Prompt

_STATED = """

# The form

Reply with one JSON object that fits the JSON schema below: every key, in the schema's order, and nothing around the \
object. Fill the form in; do not repeat the schema.

"""


def mode_for(model: Model, mode: SchemaMode | None) -> SchemaMode:
    """The mode that was found or chosen, else the one that the user states, else the best."""
    return mode or model.schema_mode or SchemaMode.JSON_SCHEMA


def messages_in(prompt: Prompt, mode: SchemaMode) -> list[dict[str, str]]:
    """The messages as sent in this mode."""
    sent = [{"role": message.role, "content": message.content} for message in prompt.messages]
    if mode is not SchemaMode.JSON_SCHEMA:
        sent[0]["content"] += stated(prompt)
    return sent


def stated(prompt: Prompt) -> str:
    """The schema in words, its keys in their order (law 1)."""
    return _STATED + json.dumps(dict(prompt.reply_schema), ensure_ascii=False, separators=(",", ":"))


def response_format(prompt: Prompt, mode: SchemaMode, profile: Profile) -> dict[str, Any]:
    """The request's `response_format` as a part of its body; empty where nothing is asked of the server."""
    schema = dict(prompt.reply_schema)
    if mode is SchemaMode.PROMPT:
        return {}
    if mode is SchemaMode.JSON_OBJECT:
        form = {"type": "json_object", "schema": schema} if profile.schema_in_object else {"type": "json_object"}
        return {"response_format": form}
    strict = {"strict": True} if profile.strict else {}
    return {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": prompt.schema_name, **strict, "schema": schema},
        }
    }
