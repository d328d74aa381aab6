"""What a provider can do to a request, in the shapes that OpenAI, Mistral and compatible servers send.

Each function gives a behaviour for `Provider.script`. Error bodies follow the dialect of the client that asks: OpenAI
wraps them in `error`, Mistral sends them flat.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from loopback.server import Answer, Behaviour, Request

USAGE = {"prompt_tokens": 1200, "completion_tokens": 300, "total_tokens": 1500}
DETAILS: dict[str, Any] = {
    "openai": {
        "prompt_tokens_details": {"cached_tokens": 1024, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 128},
    },
    "mistral": {"prompt_tokens_details": {"cached_tokens": 1024}},
}


def ok(
    text: Any,
    *,
    finish: str | None = "stop",
    model: str | None = None,
    refusal: str | None = None,
    usage: Any = "full",
    **body: Any,
) -> Behaviour:
    """A completion with `text` as its content (a string, a list of chunks or None).

    `usage` is "full", or the value to send in its place; Ellipsis leaves it out. Other keywords go into the body.
    """

    def behave(request: Request) -> Answer:
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if request.dialect == "openai":
            message["refusal"] = refusal
        whole: dict[str, Any] = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1795000000,
            "model": model or request.body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {**USAGE, **DETAILS[request.dialect]} if usage == "full" else usage,
            **body,
        }
        if usage is ...:
            del whole["usage"]
        return _json(200, whole)

    return behave


def fault(
    status: int, message: str, *, type: str = "", code: str | None = None, param: str | None = None, **headers: str
) -> Behaviour:
    """An error in the asking client's dialect; header names are written with underscores."""

    def behave(request: Request) -> Answer:
        said = {"message": message, "type": type, "param": param, "code": code}
        body = {"error": said} if request.dialect == "openai" else {"object": "error", **said}
        return _json(status, body, {name.replace("_", "-"): value for name, value in headers.items()})

    return behave


def rate_limited(**headers: str) -> Behaviour:
    """429 for speed; `retry_after="1"` and the like become headers."""

    def behave(request: Request) -> Answer:
        words = {
            "openai": ("Rate limit reached", "requests", "rate_limit_exceeded"),
            "mistral": ("Rate limit exceeded", "rate_limited", "1300"),
        }
        message, kind, code = words[request.dialect]
        return fault(429, message, type=kind, code=code, **headers)(request)

    return behave


def out_of_quota(code: str | None = "insufficient_quota") -> Behaviour:
    """429 for money: the type says so, the code varies."""
    return fault(429, "You exceeded your current quota.", type="insufficient_quota", code=code)


def key_refused(echo: str = "") -> Behaviour:
    """401; `echo` stands in the message where a server repeats the key it was sent."""
    return fault(401, f"Incorrect API key provided: {echo}.", type="invalid_request_error", code="invalid_api_key")


def model_unknown() -> Behaviour:
    """As OpenAI says it (404), or as Mistral does (400)."""

    def behave(request: Request) -> Answer:
        name = request.body["model"]
        if request.dialect == "mistral":
            return fault(400, f"Invalid model: {name}", type="invalid_model", code="1500")(request)
        return fault(404, f"The model `{name}` does not exist", code="model_not_found")(request)

    return behave


def unsupported(param: str) -> Behaviour:
    """400 for a parameter that this model does not take."""
    return fault(
        400, f"Unsupported value: {param!r}", type="invalid_request_error", code="unsupported_value", param=param
    )


def raw(
    body: str | bytes,
    *,
    status: int = 200,
    content_type: str = "application/json",
    headers: dict[str, str] | None = None,
) -> Behaviour:
    """Exactly these bytes."""
    content = body.encode() if isinstance(body, str) else body
    return lambda request: Answer(status, content, headers or {}, content_type)


def web_page() -> Behaviour:
    """200 with a page for people, as a captive portal or a wrong address gives."""
    return raw("<!doctype html><title>Welcome</title>", content_type="text/html; charset=utf-8")


def broken_json() -> Behaviour:
    """200 with JSON that ends too early."""
    return raw('{"id": "chatcmpl-1", "choices": [{"index": 0, "mess')


def slow(behaviour: Behaviour, delay_s: float) -> Behaviour:
    """The same, later."""
    return lambda request: replace(behaviour(request), delay_s=delay_s)


def reset(behaviour: Behaviour, after: int = 40) -> Behaviour:
    """The same, but the connection breaks after so many bytes of the body."""
    return lambda request: replace(behaviour(request), cut_after=after)


def filled(**values: Any) -> Behaviour:
    """A reply made from the schema that was sent: the least that fits it, with `values` at the top level instead."""

    def behave(request: Request) -> Answer:
        asked = request.body["response_format"]["json_schema"]
        return ok(json.dumps({**least(asked["schema"]), **values}))(request)

    return behave


def least(schema: dict[str, Any]) -> Any:
    """The least value that fits a strict-mode schema: first enum value, lower bound, null where it is allowed."""
    if "anyOf" in schema:
        return None if {"type": "null"} in schema["anyOf"] else least(schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema["type"]
    if isinstance(kind, list):
        return None if "null" in kind else least({**schema, "type": kind[0]})
    if kind == "object":
        return {name: least(part) for name, part in schema["properties"].items()}
    if kind == "array":
        return [least(schema["items"]) for _ in range(schema.get("minItems", 0))]
    return {"string": "text", "integer": schema.get("minimum", 0), "number": schema.get("minimum", 0.0)}.get(
        kind, False
    )


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(body).encode(), {"x-request-id": "req-1", **(headers or {})})
