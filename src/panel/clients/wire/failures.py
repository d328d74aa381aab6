"""Failures: a status, a body or a broken line turned into one of panel's errors, in the user's words. Pure.

`SeatFailed` is one seat's misfortune; `RunStopping` says that no other seat of this model can fare better. Text from
outside is scrubbed and bounded before it enters a message.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from panel.clients.codes import CODES, hint_for
from panel.clients.keys import Scrub
from panel.clients.wire.headers import call_id, retry_after_s
from panel.clients.wire.room import is_full, sizes
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
_NO_MODEL = frozenset({"model_not_found", "invalid_model", "unknown_model", "model_decommissioned", "model_deprecated"})
_UNSUPPORTED = frozenset({"unsupported_value", "unsupported_parameter"})
_TOO_LONG = frozenset({"context_length_exceeded", "exceed_context_size_error"})
_FILTERED = frozenset({"content_filter", "content_policy_violation"})
_SLOW = frozenset({408, 504, 524})
"""Statuses after which the model may have answered, and been charged for, all the same."""

_PAGE = "page"
"""The type of a fault that is a page for people."""

_GONE = re.compile(
    r"\bmodel\b.{0,200}(?:deprecated|retired|shut ?down|withdrawn|decommissioned|no longer (?:available|supported))",
    re.IGNORECASE | re.DOTALL,
)
_SCHEME = re.compile(r"http request.{0,40}https|plain http to an? (?:ssl|https)", re.IGNORECASE)
"""What TLS servers say to plain HTTP where they say it in words."""


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
        return _in_words(body[:4000].decode("utf-8", "replace"))
    if not isinstance(value, dict):
        return Fault(str(value)[:2000])
    inner = value.get("error", value)
    if not isinstance(inner, dict):
        return Fault(_word(inner))
    message = inner.get("message") or inner.get("detail") or inner
    return Fault(_word(message), _word(inner.get("type")), _word(inner.get("code")), _word(inner.get("param")))


def _in_words(text: str) -> Fault:
    """An error that is no JSON: the title of a page, or the text itself."""
    if not text.lstrip("\ufeff \t\r\n").startswith("<"):
        return Fault(text[:2000])
    title = re.search(r"<title[^>]*>([^<]+)", text, re.IGNORECASE)
    words = title[1] if title else re.sub(r"<[^>]*>?", " ", text)
    return Fault(f"a web page: {' '.join(words.split())[:200]}", _PAGE)


def _word(value: Any) -> str:
    if value is None:
        return ""
    return value[:2000] if isinstance(value, str) else json.dumps(value)[:2000]


def status_failure(
    model: Model, status: int, headers: Mapping[str, str], body: bytes, scrub: Scrub, now: dt.datetime
) -> ClientError:
    """The error for an HTTP status that is no success."""
    fault = read_fault(body)
    code = "permission" if _excludes(status, headers) else code_of(status, fault)
    said = scrub(fault.message)
    number = f"HTTP {status}{sizes(body)}" if code == "too_long" else f"HTTP {status}"
    found = f"{number}: {said}" if said else number
    message = f"{model.name}: {CODES[code]} ({found})"
    if code == "redirected":
        message = f"{model.name}: {CODES[code]} ({found}, to {scrub(headers.get('location', 'nowhere'), 120)})"
    kind = RunStopping if code in STOPPING else SeatFailed
    return kind(
        message,
        hint=hint_for(code, model, "https" if code == "wrong_scheme" else scrub(fault.param, 60)),
        code=code,
        status=status,
        request_id=call_id(headers, scrub),
        retry_after_s=retry_after_s(headers, _their_clock(headers, now)),
        billed=status in _SLOW,
        retryable=code in PASSING,
    )


def _their_clock(headers: Mapping[str, str], now: dt.datetime) -> dt.datetime:
    """The server's clock where it tells it: a date to wait for is meant by that one, and ours may be wrong."""
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return now
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


STOPPING = frozenset(
    {
        "auth",
        "permission",
        "quota",
        "no_model",
        "no_address",
        "redirected",
        "wrong_scheme",
        "certificate",
        "unsupported",
    }
)
"""No other seat of this model could fare better."""

PASSING = frozenset(
    {
        "rate_limited",
        "server_error",
        "timeout",
        "interrupted",
        "unreachable",
        "proxy",
        "not_http",
        "not_json",
        "no_choices",
    }
)
"""Asking again may help."""


def _excludes(status: int, headers: Mapping[str, str]) -> bool:
    """Whether a 429 means never: Mistral allows a plan no request at all to a model that is not part of it."""
    return status == 429 and headers.get("x-ratelimit-limit-req-minute") == "0"


def code_of(status: int, fault: Fault) -> str:
    """The code for a status and what was said with it. A 429 about money is `quota`, whatever its message."""
    if fault.is_any(_QUOTA) or status == 402:
        return "quota"
    if fault.is_any(_TOO_LONG):
        return "too_long"
    if status == 410 or (status in (400, 404, 422) and _names_no_model(fault)):
        return "no_model"
    if status in (404, 405) or (status == 501 and fault.type == _PAGE):
        return "no_model" if status == 404 and _about_model(fault) else "no_address"
    if status in (400, 413, 422):
        return _refused(status, fault)
    if status in _PLAIN or status in _SLOW:
        return _PLAIN.get(status, "timeout")
    if status < 400:
        return "redirected"
    if status == 500 and is_full(fault.message):
        return "too_long"
    return "bad_request" if status < 500 else "server_error"


_PLAIN = {
    401: "auth",
    403: "permission",
    407: "proxy",
    409: "server_error",
    425: "server_error",
    429: "rate_limited",
}


def _names_no_model(fault: Fault) -> bool:
    if fault.is_any(_UNSUPPORTED) or fault.type == _PAGE:
        return False
    return fault.is_any(_NO_MODEL) or bool(_GONE.search(fault.message))


def _about_model(fault: Fault) -> bool:
    """A 404 by an API that knows the address and not the model; a page of a web site may speak of models too."""
    return fault.type != _PAGE and "model" in fault.message.lower()


def _refused(status: int, fault: Fault) -> str:
    if _SCHEME.search(fault.message):
        return "wrong_scheme"
    if fault.is_any(_UNSUPPORTED):
        return "unsupported"
    if fault.is_any(_FILTERED):
        return "filtered"
    return "too_long" if status == 413 or is_full(fault.message) else "bad_request"
