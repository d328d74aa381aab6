"""What one tiny call shows of a model: at a provider on this machine, with what it announces read from its list."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from client_samples import ENVIRON, KEY, a_model, model_at
from hypothesis import given
from hypothesis import strategies as st
from loopback import behaviours as does
from loopback.server import Provider

from panel.clients.servers import checking
from panel.clients.servers.checking import Announced, announced, announcement, try_out
from panel.clients.servers.probing import KEY as FIELD
from panel.clients.servers.probing import WORD
from panel.clients.wire.limits import Allowance
from panel.records.model import SchemaMode

KEPT = json.dumps({FIELD: WORD})


@pytest.mark.parametrize("kind", ["openai", "mistral"])
async def test_a_provider_is_asked_once_with_a_schema(kind: str, provider: Provider) -> None:
    """By its own API, so nothing is probed."""
    provider.script([does.ok(KEPT, model="test-model-2026-10-01")])
    tried = await try_out(model_at(provider, kind), ENVIRON)
    assert tried.error is None
    assert tried.found is not None
    assert (tried.found.mode, tried.found.ignores_schema) == (SchemaMode.JSON_SCHEMA, False)
    assert tried.found.model_served == "test-model-2026-10-01"
    assert [attempt.error for attempt in tried.attempts] == [None]
    (request,) = provider.requests
    assert request.body["response_format"]["json_schema"]["schema"]["required"] == [FIELD]
    assert request.body["max_tokens" if kind == "mistral" else "max_completion_tokens"] == checking.CAP


@pytest.mark.parametrize("kind", ["openai", "mistral"])
async def test_a_provider_that_answers_otherwise_ignores_the_schema(kind: str, provider: Provider) -> None:
    provider.script([does.ok("Green.")])
    tried = await try_out(model_at(provider, kind), ENVIRON)
    assert tried.found is not None
    assert tried.found.ignores_schema


@pytest.mark.parametrize(("text", "finish"), [("", "length"), ('{"tess', "length"), ("", "stop")])
async def test_an_answer_that_was_cut_says_nothing_of_the_schema(text: str, finish: str, provider: Provider) -> None:
    provider.script([does.ok(text, finish=finish)])
    tried = await try_out(model_at(provider, "openai"), ENVIRON)
    assert tried.found is not None
    assert not tried.found.ignores_schema


async def test_a_compatible_server_is_probed(provider: Provider) -> None:
    """It takes a schema and ignores it, and then gives a JSON object."""
    provider.script([does.ok("Blue."), does.ok('{"colour": "blue"}')])
    tried = await try_out(model_at(provider, "compatible"), ENVIRON)
    assert tried.found is not None
    assert (tried.found.mode, tried.found.ignores_schema) == (SchemaMode.JSON_OBJECT, True)
    assert len(tried.attempts) == 2


async def test_a_stated_mode_is_asked_once(provider: Provider) -> None:
    provider.script([does.ok("green")])
    tried = await try_out(model_at(provider, "compatible", schema_mode="prompt"), ENVIRON)
    assert tried.found is not None
    assert (tried.found.mode, tried.found.ignores_schema) == (SchemaMode.PROMPT, False)
    assert "response_format" not in provider.requests[0].body


@pytest.mark.parametrize("kind", ["openai", "mistral", "compatible"])
async def test_an_error_is_a_finding(kind: str, provider: Provider) -> None:
    """With the call that it took."""
    provider.script([does.key_refused(KEY)])
    tried = await try_out(model_at(provider, kind), ENVIRON)
    assert tried.found is None
    assert tried.error is not None
    assert tried.error.code == "auth"
    assert KEY not in str(tried.error)
    assert [attempt.error for attempt in tried.attempts] == ["auth"]


async def test_a_missing_key_is_a_finding_without_a_call(provider: Provider) -> None:
    tried = await try_out(model_at(provider, "openai"), {})
    assert tried.error is not None
    assert (tried.error.code, tried.attempts) == ("no_key", ())


class _Stating:
    """A client whose headers state limits."""

    name = "mine"
    limits = checking.Limits(tokens=Allowance(per_minute=30000.0, left=29000.0))

    async def ask(self, prompt: Any) -> Any:
        raise checking.ClientError("no", code="server_error")


async def test_limits_are_read_from_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the call failed: the headers of an error state them too."""
    monkeypatch.setattr(checking, "connect", lambda model, environ: _Stating())
    tried = await try_out(a_model("openai", "http://localhost:1/v1"), ENVIRON)
    assert tried.limits == _Stating.limits


class _Catalogue(BaseHTTPRequestHandler):
    """A provider's entry of one model."""

    def do_GET(self) -> None:
        server: Any = self.server
        server.asked.append((self.path, self.headers.get("authorization")))
        self.send_response(server.status)
        self.send_header("content-length", str(len(server.entry)))
        self.end_headers()
        self.wfile.write(server.entry)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def catalogue(entry: bytes, status: int = 200) -> Iterator[Any]:
    server: Any = HTTPServer(("127.0.0.1", 0), _Catalogue)
    server.entry, server.status, server.asked = entry, status, []
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("kind", "path"), [("openai", "/models/test-model"), ("mistral", "/v1/models/test-model")])
async def test_an_announced_shutdown_is_read_at_the_providers_own_host(
    kind: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "at_home", lambda provider, base_url: True)
    with catalogue(b'{"id": "test-model", "shutdown_date": "2027-01-31"}') as server:
        news = await announced(a_model(kind, server.url), ENVIRON)
    assert news == Announced(dt.date(2027, 1, 31))
    assert server.asked == [(path, f"Bearer {KEY}")]


async def test_nothing_is_asked_at_other_hosts() -> None:
    with catalogue(b'{"shutdown_date": "2027-01-31"}') as server:
        assert await announced(a_model("openai", server.url), ENVIRON) == Announced()
    assert server.asked == []


@pytest.mark.parametrize("status", [401, 404, 500])
async def test_a_provider_that_does_not_say_has_announced_nothing(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "at_home", lambda provider, base_url: True)
    with catalogue(b'{"shutdown_date": "2027-01-31"}', status) as server:
        assert await announced(a_model("openai", server.url), ENVIRON) == Announced()
    assert await announced(a_model("openai", server.url), ENVIRON) == Announced()  # it is gone
    assert await announced(a_model("openai", server.url), {}) == Announced()


ENTRIES = [
    ({"shutdown_date": "2027-01-31"}, Announced(dt.date(2027, 1, 31))),
    ({"shutdown_date": None}, Announced()),
    ({}, Announced()),
    (
        {"deprecation": "2027-02-01T12:00:00Z", "deprecation_replacement_model": "other-2\u202e"},
        Announced(dt.date(2027, 2, 1), "other-2"),
    ),
    ({"shutdown_date": "soon"}, Announced()),
    ({"shutdown_date": 20270131, "deprecation_replacement_model": 7}, Announced()),
]


@pytest.mark.parametrize(("entry", "news"), ENTRIES)
def test_announcements_in_the_providers_shapes(entry: dict[str, Any], news: Announced) -> None:
    assert announcement(json.dumps(entry).encode()) == news


@given(st.binary(max_size=200) | st.just(b"[" * 100_000))
def test_anything_else_announces_nothing(content: bytes) -> None:
    assert isinstance(announcement(content), Announced)
