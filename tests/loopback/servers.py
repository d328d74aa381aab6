"""Servers that keep a form in ways of their own, as the compatible family does: behaviours for `Provider.script`.

Each answers by what it was asked for: `json_schema`, `json_object` or nothing. What a model would say of its own accord
is `Blue.`, or a JSON object with the colour where it was told to write JSON.
"""

from __future__ import annotations

import json
from typing import Any

from loopback.behaviours import fault, least, ok
from loopback.server import Answer, Behaviour, Request

PROSE = "Blue."
OBJECT = '{"colour": "blue"}'


def keeps_schema(*, around: str = "{}", **body: Any) -> Behaviour:
    """Enforces the schema, wherever it stands; `around` is what is written round the object, which is `{}` there."""

    def behave(request: Request) -> Answer:
        schema = _schema(request)
        return ok(around.replace("{}", _filled(schema)) if schema else _unforced(request), **body)(request)

    return behave


def ignores_schema(*, forces_object: bool = True) -> Behaviour:
    """Takes every `response_format` and looks at none of the schemas; `forces_object` for json_object."""

    def behave(request: Request) -> Answer:
        if _form(request) == "json_object" and not forces_object:
            return ok(f"Sure! Here it is:\n```json\n{OBJECT}\n```")(request)
        return ok(_unforced(request))(request)

    return behave


def refuses_schema(status: int = 400, message: str = "response_format: unsupported", **said: Any) -> Behaviour:
    """Refuses `json_schema` and keeps to json_object."""

    def behave(request: Request) -> Answer:
        refused = _form(request) == "json_schema"
        return (fault(status, message, **said) if refused else ok(_unforced(request)))(request)

    return behave


def refuses_forms(status: int = 400, message: str = "Bad request") -> Behaviour:
    """Refuses every `response_format`."""
    return lambda request: (fault(status, message) if _form(request) else ok(OBJECT))(request)


def llama_cpp_python() -> Behaviour:
    """Fails at json_schema, enforces a schema that stands beside json_object, and knows only the older cap."""

    def behave(request: Request) -> Answer:
        if _form(request) == "json_schema":
            said = "1 validation error: ('body', 'response_format', 'type'): Input should be 'text' or 'json_object'"
            return fault(500, said, type="internal_server_error")(request)
        schema = request.body.get("response_format", {}).get("schema")
        return ok(_filled(schema) if schema else _unforced(request), usage=...)(request)

    return behave


def thinks(tokens: int, then: Behaviour, *, aloud: bool = True) -> Behaviour:
    """Thinks for so many tokens first; a smaller cap cuts it before it says anything."""

    def behave(request: Request) -> Answer:
        cap = request.body.get("max_tokens") or request.body.get("max_completion_tokens")
        if cap is not None and cap < tokens:
            return ok("<think>The sky {is} a colour" if aloud else "", finish="length")(request)
        return then(request)

    return behave


def _form(request: Request) -> str | None:
    return request.body.get("response_format", {}).get("type")


def _schema(request: Request) -> dict[str, Any] | None:
    asked = request.body.get("response_format", {})
    found = asked.get("json_schema", asked).get("schema")
    return found if isinstance(found, dict) else None


def _filled(schema: dict[str, Any]) -> str:
    return json.dumps(least(schema))


def _unforced(request: Request) -> str:
    return OBJECT if _form(request) == "json_object" else PROSE
