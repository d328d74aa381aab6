"""What leaves this machine, what does not, and where a key never shows."""

from __future__ import annotations

import datetime as dt
import json
import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from client_samples import ENVIRON, KEY, SCHEMA, a_prompt, failure, model_at
from loopback import behaviours as does
from loopback.server import Provider

from panel.clients import attempt_of, close, connect

Asking = Callable[..., Any]
TEXT = '{"review": "…", "doubt": null, "score": 61, "verdict": "ship"}'


async def test_schema_and_messages_arrive_as_they_were_given(ask: Asking, provider: Provider) -> None:
    """Law 1: the order of the reply's keys is the order of the schema, so the schema must arrive unsorted."""
    await ask(does.ok(TEXT))
    body = provider.requests[0].body
    asked = body["response_format"]
    assert asked["type"] == "json_schema"
    assert (asked["json_schema"]["name"], asked["json_schema"]["strict"]) == ("builder_reply", True)
    assert json.dumps(asked["json_schema"]["schema"]) == json.dumps(SCHEMA)
    assert [(message["role"], message["content"]) for message in body["messages"]] == [
        ("system", "You are the Builder."),
        ("user", "On a tool ⟦…⟧"),
    ]


async def test_only_what_is_listed_leaves_the_machine(
    ask: Asking, provider: Provider, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Stray: 1\nAuthorization: Bearer other")
    await ask(does.ok(TEXT), parameters={"temperature": 0.5})
    request = provider.requests[0]
    assert request.was_sent_with(KEY)
    listed = {"host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length"}
    assert set(request.headers) <= listed
    cap = "max_completion_tokens" if kind == "openai" else "max_tokens"
    sent = {"model", "messages", "response_format", "temperature", cap}
    assert set(request.body) - {"stream"} == sent  # Mistral's SDK says stream: false
    assert request.body["temperature"] == 0.5
    assert not request.body.get("stream")


async def test_stray_variables_send_nothing_elsewhere(
    ask: Asking, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_BASE_URL", "MISTRAL_BASE_URL", "MISTRAL_SERVER_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/v1")
    for name in ("OPENAI_API_KEY", "MISTRAL_API_KEY"):
        monkeypatch.setenv(name, "sk-another-key-of-mine")
    assert (await ask(does.ok(TEXT))).text == TEXT
    assert provider.requests[0].was_sent_with(KEY)


async def test_a_server_without_keys_is_sent_none(
    provider: Provider, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("MISTRAL_API_KEY", KEY)
    provider.script([does.ok(TEXT)])
    client = connect(model_at(provider, kind, key_variable=None), {})
    assert (await client.ask(a_prompt())).text == TEXT
    assert provider.requests[0].key_sha is None
    await close(client)


async def test_the_key_stands_in_no_message_record_or_traceback(
    ask: Asking, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MISTRAL_DEBUG", "1")
    caplog.set_level(logging.DEBUG)
    error = await failure(ask(does.key_refused(echo=KEY)))
    shown = [str(error), repr(error), error.message, *traceback.format_exception(error), caplog.text]
    shown.append(attempt_of(error, dt.datetime.now(dt.UTC), 0.1).model_dump_json())
    assert all(KEY not in text for text in shown)
    assert "[key]" in error.message


async def test_a_key_that_a_server_echoes_is_taken_out_of_the_text(ask: Asking) -> None:
    reply = await ask(does.ok(f"your key is {KEY}", model=KEY))
    assert KEY not in reply.model_dump_json()
    assert reply.text == "your key is [key]"


async def test_what_a_provider_says_is_bounded_and_on_one_line(ask: Asking) -> None:
    error = await failure(ask(does.fault(500, "a\n\x1b[31mb" + "x" * 100_000)))
    assert len(error.message) < 500
    assert "\x1b" not in error.message
    assert "\n" not in error.message


async def test_a_client_shows_its_name_and_nothing_of_its_key(provider: Provider, kind: str) -> None:
    client = connect(model_at(provider, kind), ENVIRON)
    assert client.name == "mine"
    assert KEY not in repr(client)
    assert KEY not in repr(vars(client))
    await close(client)
