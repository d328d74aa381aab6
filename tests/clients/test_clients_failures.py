"""Statuses, error bodies and headers turned into errors: pure, for any bytes a server may send."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from client_samples import MOMENT, a_model
from hypothesis import given
from hypothesis import strategies as st

from panel.clients.chat import body_of
from panel.clients.codes import CODES
from panel.clients.keys import Scrub
from panel.clients.openai import from_response
from panel.clients.wire.exchange import Exchange
from panel.clients.wire.failures import Fault, code_of, read_fault, status_failure
from panel.clients.wire.headers import retry_after_s
from panel.errors import ClientError, RunStopping, SeatFailed
from panel.records.reply import Reply

MODEL = a_model("openai", "http://localhost/v1", parameters={"temperature": 0.2})

SHAPES = [
    (
        b'{"error": {"message": "m", "type": "t", "param": "p", "code": "c"}}',
        Fault("m", "t", "c", "p"),
    ),
    (b'{"object": "error", "message": "m", "type": "rate_limited", "code": 1300}', Fault("m", "rate_limited", "1300")),
    (b'{"error": {"message": "m", "code": null}}', Fault("m")),
    (b'{"error": "just words"}', Fault("just words")),
    (b'{"detail": "Unauthorized"}', Fault("Unauthorized")),
    (b'{"message": {"detail": [{"msg": "no"}]}}', Fault('{"detail": [{"msg": "no"}]}')),
    (b"upstream connect error", Fault("upstream connect error")),
    (b"[1, 2]", Fault("[1, 2]")),
    (b"", Fault()),
]


@pytest.mark.parametrize(("body", "fault"), SHAPES)
def test_an_error_is_read_in_whichever_shape_it_comes(body: bytes, fault: Fault) -> None:
    assert read_fault(body) == fault


CASES = [
    (429, Fault(type="insufficient_quota", code="rate_limit_exceeded"), "quota"),
    (429, Fault(code="project_spend_limit_exceeded"), "quota"),
    (429, Fault(message="add a payment method to raise your limits", code="rate_limit_exceeded"), "rate_limited"),
    (400, Fault(type="invalid_model", code="1500"), "no_model"),
    (400, Fault(code="unknown_model"), "no_model"),
    (404, Fault(message="model 'x' not found, try pulling it first"), "no_model"),
    (404, Fault(message="404 page not found"), "no_address"),
    (400, Fault(type="exceed_context_size_error"), "too_long"),
    (413, Fault(), "too_long"),
    (422, Fault(), "bad_request"),
    (400, Fault(code="unsupported_parameter", param="max_tokens"), "unsupported"),
    (418, Fault(), "bad_request"),
    (409, Fault(), "server_error"),
    (408, Fault(), "timeout"),
    (524, Fault(), "timeout"),
    (529, Fault(), "server_error"),
    (301, Fault(), "redirected"),
]


@pytest.mark.parametrize(("status", "fault", "code"), CASES)
def test_status_and_words_give_the_code(status: int, fault: Fault, code: str) -> None:
    assert code_of(status, fault) == code


def test_a_limit_of_no_request_at_all_is_a_missing_permission() -> None:
    """Mistral answers so where a model is not part of the plan; waiting would not help."""
    error = status_failure(MODEL, 429, {"x-ratelimit-limit-req-minute": "0"}, b"{}", Scrub(None), MOMENT)
    assert (error.code, type(error)) == ("permission", RunStopping)


HINTS = [
    ("unsupported_value", "temperature", "Remove temperature"),
    ("unsupported_parameter", "max_tokens", "Set parameters.max_completion_tokens = 6000"),
    ("unsupported_parameter", "max_completion_tokens", "Set parameters.max_tokens = 6000"),
    ("unsupported_value", "response_format", "Set schema_mode"),
    ("unsupported_value", "", "Set schema_mode"),
    ("unsupported_value", "reasoning_effort", "set parameters.reasoning_effort"),
]


@pytest.mark.parametrize(("code", "param", "hint"), HINTS)
def test_the_hint_names_the_parameter_to_change(code: str, param: str, hint: str) -> None:
    body = json.dumps({"error": {"code": code, "param": param}}).encode()
    assert hint in status_failure(MODEL, 400, {}, body, Scrub(None), MOMENT).hint


@given(st.integers(min_value=300, max_value=599), st.binary(max_size=300))
def test_any_status_and_bytes_give_a_documented_code_and_a_next_step(status: int, body: bytes) -> None:
    error = status_failure(MODEL, status, {}, body, Scrub(None), MOMENT)
    assert error.code in CODES
    assert error.hint
    assert error.message.isprintable()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


choices = json_values | st.lists(st.fixed_dictionaries({"message": json_values, "finish_reason": json_values}))
usages = json_values | st.fixed_dictionaries({"prompt_tokens": json_values, "prompt_tokens_details": json_values})
bodies = st.fixed_dictionaries({"choices": choices, "usage": usages, "model": json_values, "service_tier": json_values})


def read(body: dict[str, object]) -> Reply | str:
    """The reply, or the code of the error."""
    try:
        return from_response(MODEL, body, asked_at=MOMENT)
    except ClientError as error:
        return error.code


@given(bodies)
def test_any_body_is_a_reply_that_can_be_stored_or_a_documented_error(body: dict[str, object]) -> None:
    reply = read(body)
    assert reply in CODES if isinstance(reply, str) else Reply.model_validate_json(reply.model_dump_json()) == reply


@given(st.binary(max_size=200))
def test_bytes_that_are_no_object_are_a_documented_error(content: bytes) -> None:
    exchange = Exchange(200, {"content-type": "application/json"}, b"\xff" + content, MOMENT, 0.1)
    with pytest.raises(SeatFailed) as caught:
        body_of(MODEL, exchange, Scrub(None))
    assert caught.value.code == "not_json"
    assert caught.value.message.isprintable()


WAITS = [
    ({"retry-after": "Fri, 20 Nov 2026 12:00:30 GMT"}, 30.0),
    ({"retry-after": "Fri, 20 Nov 2026 12:00:30 -0000"}, 30.0),
    ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT"}, 0.0),
    ({"retry-after-ms": "250"}, 0.25),
    ({"retry-after-ms": "x", "retry-after": "2"}, 2.0),
    ({"retry-after": "nan"}, None),
    ({"retry-after": ""}, None),
    ({}, None),
]


@pytest.mark.parametrize(("headers", "seconds"), WAITS)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, MOMENT) == seconds


@given(st.text(max_size=40))
def test_any_header_is_a_wait_or_none(value: str) -> None:
    seconds = retry_after_s({"retry-after": value}, dt.datetime.now(dt.UTC))
    assert seconds is None or seconds >= 0
