"""What OpenAI's Responses API can do to a request: behaviours for `Provider.script`, beside those of `behaviours`.

Errors that come with a status of their own are the same as elsewhere (`behaviours.fault` and its kin).
"""

from __future__ import annotations

import json
from typing import Any

from loopback.behaviours import raw
from loopback.server import Answer, Behaviour, Request

USAGE = {
    "input_tokens": 1200,
    "input_tokens_details": {"cached_tokens": 1024, "cache_write_tokens": 64},
    "output_tokens": 300,
    "output_tokens_details": {"reasoning_tokens": 128},
    "total_tokens": 1500,
}

_UNREAD: dict[str, Any] = {
    "access_programs": None,
    "instructions": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "temperature": 1,
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1,
}
"""Fields that a response always has and that nobody reads."""

REASONING = {"type": "reasoning", "id": "rs_1", "summary": []}


def message(*parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """An output item that holds these parts."""
    item = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": list(parts)}
    return {**item, **fields}


def text(said: str) -> dict[str, Any]:
    """A part of a message: text."""
    return {"type": "output_text", "text": said, "annotations": []}


def refusal(said: str) -> dict[str, Any]:
    """A part of a message: a refusal."""
    return {"type": "refusal", "refusal": said}


def response(*output: dict[str, Any], status: str | None = "completed", **body: Any) -> Behaviour:
    """A response with these output items; other keywords go into the body, and Ellipsis takes a field out."""

    def behave(request: Request) -> Answer:
        whole: dict[str, Any] = {
            "id": "resp_1",
            "object": "response",
            "created_at": 1795000000,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "model": request.body["model"],
            "max_output_tokens": request.body["max_output_tokens"],
            "output": list(output),
            "service_tier": "default",
            "store": request.body["store"],
            "usage": USAGE,
            **_UNREAD,
            **body,
        }
        sent = {name: value for name, value in whole.items() if value is not ...}
        return Answer(200, json.dumps(sent).encode(), {"x-request-id": "req-1"})

    return behave


def said(words: str, **body: Any) -> Behaviour:
    """A completed response that holds this text, after some reasoning."""
    return response(REASONING, message(text(words)), **body)


def cut(words: str | None, reason: str = "max_output_tokens") -> Behaviour:
    """A response that ended early, with the text so far, or with nothing but reasoning."""
    output = [REASONING] if words is None else [REASONING, message(text(words), status="incomplete")]
    return response(*output, status="incomplete", incomplete_details={"reason": reason})


def failed(code: str | None, words: str = "The model failed.", **body: Any) -> Behaviour:
    """A response that failed, which comes with status 200."""
    error = None if code is None else {"code": code, "message": words}
    return response(status="failed", **{"error": error, "usage": None, **body})


NOTHING = raw('{"object": "response", "status": "completed", "output": []}')
