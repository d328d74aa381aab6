"""Outputs: the shape in which OpenAI's Responses API answers, read into a Reply. Pure.

The body is read as JSON and not through the SDK's classes: one odd field must not cost a text that is paid for. A
response that failed arrives with status 200 and is raised; one that was cut keeps its text and its usage.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any

from panel.clients.codes import CODES, hint_for
from panel.clients.fields import count, mapping, tier_of
from panel.clients.keys import Scrub
from panel.clients.wire.failures import PASSING, STOPPING, Fault, code_of, read_fault
from panel.errors import ClientError, RunStopping, SeatFailed
from panel.records.model import Model, SchemaMode
from panel.records.reply import Attempt, Finish, Reply, Usage

_CUT = {"max_output_tokens": Finish.LENGTH, "content_filter": Finish.FILTERED}
_FAILED = {"server_error": 500, "rate_limit_exceeded": 429, "data_residency_mismatch": 403, "vector_store_timeout": 500}
"""The HTTP status that says the same as an error of a failed response; others mean the request."""

_POLICY = frozenset({"invalid_prompt", "bio_policy", "cyber_policy", "misalignment_policy_violation"})
_FREE = frozenset({"rate_limited", "quota", "permission"})
"""Failures before any model worked."""

_ONE_LINE = Scrub(None)


def from_response(
    model: Model,
    body: Mapping[str, Any],
    *,
    asked_at: dt.datetime,
    latency_s: float = 0.0,
    request_id: str | None = None,
    cap: int | None = None,
) -> Reply:
    """The reply in a response's body; raises `ClientError` where it failed or holds none.

    `cap` is what was sent as max_output_tokens; without it, what the body repeats of it.
    """
    output = body.get("output")
    answer = _Answer(output if isinstance(output, list) else [])
    _check_holds_reply(model, body, answer, request_id)
    finish, unknown = _finish(body, answer)
    usage, served = usage_of(body), body.get("model")
    special = tier_of(model.parameters.get("service_tier"), body.get("service_tier"))
    attempt = Attempt(
        asked_at=asked_at,
        latency_s=latency_s,
        status=200,
        request_id=request_id,
        usage=usage,
        cap=cap or count(body.get("max_output_tokens")),
        mode=SchemaMode.JSON_SCHEMA,
        tier=special,
    )
    return Reply(
        text=answer.text,
        finish=finish,
        refusal=answer.refusal or None,
        usage=usage,
        model_asked=model.model,
        model_served=_ONE_LINE(served, 160) if isinstance(served, str) and served else None,
        request_id=request_id,
        asked_at=asked_at,
        latency_s=latency_s,
        notes=(*answer.aside, *unknown, *((f"service tier {special}",) if special else ())),
        attempts=(attempt,),
    )


def _check_holds_reply(model: Model, body: Mapping[str, Any], answer: _Answer, request_id: str | None) -> None:
    status, output = body.get("status"), body.get("output")
    if status == "failed" or (body.get("error") and not output):
        failure = _failure(model, body, request_id)
        if isinstance(failure, RunStopping) or not answer.text:  # text that is paid for is kept, whatever came after it
            raise failure
    elif status in ("cancelled", "queued", "in_progress") or not isinstance(output, list):
        raise _error(model, "no_choices", f"status {_ONE_LINE(status, 40)}", request_id, billed=True)
    elif not output and status != "incomplete":
        raise _error(model, "no_choices", "no output", request_id, billed=True)


def _finish(body: Mapping[str, Any], answer: _Answer) -> tuple[Finish, tuple[str, ...]]:
    """Why the text ended, and a note where the provider's word for it is none of those known."""
    status = body.get("status")
    if answer.refusal:
        return Finish.REFUSED, ()
    if status == "completed":
        return Finish.STOP, ()
    why = mapping(body.get("incomplete_details")).get("reason") if status == "incomplete" else status
    known = _CUT.get(why) if status == "incomplete" and isinstance(why, str) else None
    return (known, ()) if known else (Finish.UNKNOWN, (f"finish reason {_ONE_LINE(why, 40)}",))


class _Answer:
    """The output items read: text and refusal of the messages that are the answer, and what was set aside, as notes."""

    def __init__(self, output: list[Any]) -> None:
        items = [mapping(item) for item in output]
        texts: list[str] = []
        refusals: list[str] = []
        aside: set[str] = set()
        for item in items:
            if item.get("type") != "message":
                aside.add(_ONE_LINE(item.get("type"), 40))
            elif item.get("phase") not in (None, "final_answer"):
                aside.add(_ONE_LINE(item.get("phase"), 40))
            else:
                texts += _parts(item, "output_text", "text")
                refusals += _parts(item, "refusal", "refusal")
        self.text, self.refusal = "".join(texts), "".join(refusals)
        self.aside = tuple(f"{kind} set aside" for kind in sorted(aside - {"reasoning"}))


def _parts(message: Mapping[str, Any], kind: str, field: str) -> Iterator[str]:
    content = message.get("content")
    for part in map(mapping, content if isinstance(content, list) else []):
        if part.get("type") == kind and isinstance(part.get(field), str):
            yield part[field]


def usage_of(body: Mapping[str, Any]) -> Usage | None:
    """Tokens as counted by the provider; what it left out, or what cannot be a count, is None."""
    usage = mapping(body.get("usage"))
    asked, answered = mapping(usage.get("input_tokens_details")), mapping(usage.get("output_tokens_details"))
    counted = Usage(
        input=count(usage.get("input_tokens")),
        output=count(usage.get("output_tokens")),
        cached=count(asked.get("cached_tokens")),
        cache_write=count(asked.get("cache_write_tokens")),
        reasoning=count(answered.get("reasoning_tokens")),
    )
    return counted if counted != Usage() else None


def _failure(model: Model, body: Mapping[str, Any], request_id: str | None) -> ClientError:
    """The error of a failed response, which arrives with status 200."""
    error = body.get("error")
    fault = read_fault(json.dumps({"error": error}).encode()) if error else Fault()
    code = "filtered" if fault.code in _POLICY else code_of(_FAILED.get(fault.code, 400 if fault.code else 500), fault)
    found = f"failed: {_ONE_LINE(fault.message)}" if fault.message else "failed"
    billed = code not in _FREE or usage_of(body) is not None
    return _error(model, code, found, request_id, billed=billed, param=_ONE_LINE(fault.param, 60))


def _error(
    model: Model, code: str, found: str, request_id: str | None, *, billed: bool, param: str = ""
) -> ClientError:
    return (RunStopping if code in STOPPING else SeatFailed)(
        f"{model.name}: {CODES[code]} ({found})",
        hint=hint_for(code, model, param),
        code=code,
        status=200,
        request_id=request_id,
        billed=billed,
        retryable=code in PASSING or code == "no_choices",
    )
