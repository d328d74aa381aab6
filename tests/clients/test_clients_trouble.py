"""What a provider may do to us, and what becomes of it: one table, run through both SDKs.

One ask is one request, whatever happens.
"""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Callable
from email.utils import format_datetime
from typing import Any

import pytest
from client_samples import ENVIRON, a_model, a_prompt, failure
from loopback import behaviours as does
from loopback.server import Behaviour, Provider

from panel.clients import attempt_of, close, connect
from panel.errors import ClientError, RunStopping, SeatFailed

Asking = Callable[..., Any]
TEXT = '{"review": "…", "doubt": null, "score": 61, "verdict": "ship"}'


STOP, SEAT = RunStopping, SeatFailed
AGAIN, CHARGED = True, True
BUSY_PAGE = does.raw("<h1>busy</h1>", status=503, content_type="text/html")
MOVED = does.raw("", status=307, headers={"location": "https://elsewhere.example/"})
NO_ROOM = does.fault(400, "too long", type="x", code="context_length_exceeded")
FILTER = does.fault(400, "no", type="x", code="content_filter")
UPSTREAM = does.raw('{"error": {"message": "slow", "code": 429}}')
OTHER_QUOTA = does.out_of_quota("credit_balance_exhausted")

Row = tuple[str, Behaviour, type[ClientError], str, int | None, bool, bool]

FAILURES: list[Row] = [
    # what the provider does · class · code · status · asking again can help · may have been charged
    ("speed", does.rate_limited(), SEAT, "rate_limited", 429, AGAIN, False),
    ("quota", does.out_of_quota(), STOP, "quota", 429, False, False),
    ("quota by another code", OTHER_QUOTA, STOP, "quota", 429, False, False),
    ("quota without a code", does.out_of_quota(None), STOP, "quota", 429, False, False),
    ("payment", does.fault(402, "Payment required"), STOP, "quota", 402, False, False),
    ("key", does.key_refused(), STOP, "auth", 401, False, False),
    ("permission", does.fault(403, "Not for you"), STOP, "permission", 403, False, False),
    ("address", does.raw('{"detail": "Not Found"}', status=404), STOP, "no_address", 404, False, False),
    ("temperature", does.unsupported("temperature"), STOP, "unsupported", 400, False, False),
    ("context", NO_ROOM, SEAT, "too_long", 400, False, False),
    ("filter", FILTER, SEAT, "filtered", 400, False, False),
    ("request", does.fault(400, "Invalid schema"), SEAT, "bad_request", 400, False, False),
    ("detail", does.raw('{"detail": [{"msg": "no"}]}', status=422), SEAT, "bad_request", 422, False, False),
    ("500", does.fault(500, "oops"), SEAT, "server_error", 500, AGAIN, False),
    ("503", does.fault(503, "overloaded"), SEAT, "server_error", 503, AGAIN, False),
    ("503 with a page", BUSY_PAGE, SEAT, "server_error", 503, AGAIN, False),
    ("504", does.fault(504, "upstream"), SEAT, "timeout", 504, AGAIN, CHARGED),
    ("moved", MOVED, STOP, "redirected", 307, False, False),
    ("web page", does.web_page(), SEAT, "not_json", 200, AGAIN, False),
    ("broken JSON", does.broken_json(), SEAT, "not_json", 200, AGAIN, CHARGED),
    ("nothing", does.raw(""), SEAT, "not_json", 200, AGAIN, CHARGED),
    ("a list", does.raw("[]"), SEAT, "not_json", 200, AGAIN, CHARGED),
    ("deep nesting", does.raw("[" * 100_000), SEAT, "not_json", 200, AGAIN, CHARGED),
    ("no choices", does.raw('{"choices": []}'), SEAT, "no_choices", 200, AGAIN, CHARGED),
    ("no choices at all", does.raw("{}"), SEAT, "no_choices", 200, AGAIN, CHARGED),
    ("a choice that is none", does.raw('{"choices": [null]}'), SEAT, "no_choices", 200, AGAIN, CHARGED),
    ("error as finish", does.ok(None, finish="error"), SEAT, "server_error", 200, AGAIN, CHARGED),
    ("error in a 200", UPSTREAM, SEAT, "rate_limited", 429, AGAIN, False),
    ("reset before the body", does.reset(does.ok(TEXT), after=0), SEAT, "interrupted", None, AGAIN, CHARGED),
    ("reset within the body", does.reset(does.ok(TEXT)), SEAT, "interrupted", None, AGAIN, CHARGED),
]


@pytest.mark.parametrize("kind", ["openai", "mistral"], indirect=True)
@pytest.mark.parametrize("row", FAILURES, ids=[row[0] for row in FAILURES])
async def test_every_failure_has_its_class_code_and_flags(ask: Asking, provider: Provider, row: Row) -> None:
    _, behaviour, kind_of_error, code, status, retryable, billed = row
    error = await failure(ask(behaviour))
    assert type(error) is kind_of_error
    assert (error.code, error.status, error.retryable, error.billed) == (code, status, retryable, billed)
    assert error.message.startswith("mine: ")
    assert error.hint
    assert len(provider.requests) == 1


async def test_an_unknown_model_stops_the_run_and_is_named(ask: Asking) -> None:
    error = await failure(ask(does.model_unknown()))
    assert (type(error), error.code) == (RunStopping, "no_model")
    assert "'test-model'" in error.hint


async def test_a_slow_provider_is_given_up_after_timeout_s(ask: Asking) -> None:
    error = await failure(ask(does.slow(does.ok(TEXT), 1.0), timeout_s=0.2))
    assert (type(error), error.code, error.retryable, error.billed) == (SeatFailed, "timeout", True, True)
    assert "(after 0.2 s)" in error.message
    assert "timeout_s (now 0.2)" in error.hint


async def test_an_address_where_nothing_listens_is_unreachable_and_costs_nothing(kind: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    client = connect(a_model(kind, url), ENVIRON)
    error = await failure(client.ask(a_prompt()))
    assert (type(error), error.code, error.retryable, error.billed) == (SeatFailed, "unreachable", True, False)
    assert url in error.hint
    attempt = attempt_of(error, dt.datetime.now(dt.UTC), 0.1)
    assert (attempt.error, attempt.cost.usd) == ("unreachable", 0)
    await close(client)


WAITS = [
    ({"retry_after": "7"}, 7.0),
    ({"retry_after": "0.5"}, 0.5),
    ({"retry_after": "9", "retry_after_ms": "1500"}, 1.5),
    ({"retry_after": "soon"}, None),
    ({"retry_after": "-1"}, None),
    ({"retry_after": "inf"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("headers", "seconds"), WAITS)
async def test_how_long_to_wait_is_read_from_the_headers(ask: Asking, headers: dict[str, str], seconds: float) -> None:
    assert (await failure(ask(does.rate_limited(**headers)))).retry_after_s == seconds


async def test_a_date_to_wait_for_becomes_seconds(ask: Asking) -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60)
    error = await failure(ask(does.rate_limited(retry_after=format_datetime(later, usegmt=True))))
    assert error.retry_after_s == pytest.approx(60, abs=5)


async def test_the_id_of_a_failed_call_is_kept(ask: Asking) -> None:
    assert (await failure(ask(does.rate_limited()))).request_id == "req-1"
