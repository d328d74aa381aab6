"""Failures: a status, a body or a broken line turned into one of panel's errors, in the user's words. Pure.

`SeatFailed` is one seat's misfortune; `RunStopping` says that no other seat of this model can fare better. Text from
outside is scrubbed and bounded before it enters a message.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from panel.clients.codes import CODES, hint_for
from panel.clients.headers import call_id, retry_after_s
from panel.clients.keys import Scrub
from panel.errors import ClientError, RunStopping, SeatFailed
from panel.records.model import Model

_QUOTA = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
    }
)
_NO_MODEL = frozenset({"model_not_found", "invalid_model", "unknown_model"})
_UNSUPPORTED = frozenset({"unsupported_value", "unsupported_parameter"})
_TOO_LONG = frozenset({"context_length_exceeded", "exceed_context_size_error"})
_FILTERED = frozenset({"content_filter", "content_policy_violation"})
_SLOW = frozenset({408, 504, 524})
"""Statuses after which the model may have answered, and been charged for, all the same."""


class Fault(NamedTuple):
    """What a provider says of an error, from whichever of the common shapes it sent."""

    message: str = ""
    type: str = ""
    code: str = ""
    param: str = ""

    def is_any(self, words: frozenset[str]) -> bool:
        return self.type in words or self.code in words


def read_fault(body: bytes) -> Fault:
    """The error in a body: `{"error": {…}}`, `{"error": "…"}`, flat as Mistral's, `{"detail": …}`, or plain text."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return Fault(body[:2000].decode("utf-8", "replace"))
    if not isinstance(value, dict):
        return Fault(str(value)[:2000])
    inner = value.get("error", value)
    if not isinstance(inner, dict):
        return Fault(_word(inner))
    message = inner.get("message") or inner.get("detail") or inner
    return Fault(_word(message), _word(inner.get("type")), _word(inner.get("code")), _word(inner.get("param")))


def _word(value: Any) -> str:
    if value is None:
        return ""
    return value[:2000] if isinstance(value, str) else json.dumps(value)[:2000]


def status_failure(
    model: Model, status: int, headers: Mapping[str, str], body: bytes, scrub: Scrub, now: dt.datetime
) -> ClientError:
    """The error for an HTTP status that is no success."""
    fault = read_fault(body)
    code = code_of(status, fault)
    said = scrub(fault.message)
    found = f"HTTP {status}: {said}" if said else f"HTTP {status}"
    message = f"{model.name}: {CODES[code]} ({found})"
    if code == "redirected":
        message = f"{model.name}: {CODES[code]} ({found}, to {scrub(headers.get('location', 'nowhere'), 120)})"
    kind = RunStopping if code in STOPPING else SeatFailed
    return kind(
        message,
        hint=hint_for(code, model, scrub(fault.param, 60)),
        code=code,
        status=status,
        request_id=call_id(headers, scrub),
        retry_after_s=retry_after_s(headers, now),
        billed=status in _SLOW,
        retryable=code in PASSING,
    )


STOPPING = frozenset({"auth", "permission", "quota", "no_model", "no_address", "redirected", "unsupported"})
PASSING = frozenset({"rate_limited", "server_error", "timeout"})


def code_of(status: int, fault: Fault) -> str:
    """The code for a status and what was said with it. A 429 about money is `quota`, whatever its message."""
    if fault.is_any(_QUOTA) or status == 402:
        return "quota"
    if status in (400, 404, 422) and fault.is_any(_NO_MODEL):
        return "no_model"
    if status == 404:
        return "no_model" if "model" in fault.message.lower() else "no_address"
    if status in (400, 413, 422):
        return _refused(status, fault)
    plain = {401: "auth", 403: "permission", 409: "server_error", 425: "server_error", 429: "rate_limited"}
    if status in plain or status in _SLOW:
        return plain.get(status, "timeout")
    if status < 400:
        return "redirected"
    return "bad_request" if status < 500 else "server_error"


def _refused(status: int, fault: Fault) -> str:
    if status == 413 or fault.is_any(_TOO_LONG):
        return "too_long"
    if fault.is_any(_UNSUPPORTED):
        return "unsupported"
    return "filtered" if fault.is_any(_FILTERED) else "bad_request"
