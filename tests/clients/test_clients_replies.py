"""Replies as providers send them, usual and strange, read through both SDKs and from a compatible server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from client_samples import ENVIRON, a_prompt, model_at
from loopback import behaviours as does
from loopback.server import Behaviour, Provider

from panel.clients import close, connect
from panel.records.reply import Finish, Usage

Asking = Callable[..., Any]
TEXT = '{"review": "…", "doubt": null, "score": 61, "verdict": "ship"}'


async def test_a_reply_is_the_text_untouched_with_all_that_is_known_of_the_call(ask: Asking) -> None:
    before = dt.datetime.now(dt.UTC)
    reply = await ask(does.ok(TEXT, model="test-model-2026-11-01"))
    assert reply.text == TEXT
    assert reply.finish is Finish.STOP
    assert (reply.model_asked, reply.model_served) == ("test-model", "test-model-2026-11-01")
    assert reply.request_id == "req-1"
    assert before <= reply.asked_at <= dt.datetime.now(dt.UTC)
    assert 0 < reply.latency_s < 30
    assert (reply.usage.input, reply.usage.output, reply.usage.cached) == (1200, 300, 1024)
    assert [attempt.usage for attempt in reply.attempts] == [reply.usage]
    assert reply.attempts[0].status == 200
    assert reply.notes == ()


async def test_the_reasoning_tokens_that_openai_counts_are_kept(provider: Provider) -> None:
    provider.script([does.ok(TEXT)])
    client = connect(model_at(provider, "openai"), ENVIRON)
    assert (await client.ask(a_prompt())).usage == Usage(input=1200, output=300, cached=1024, reasoning=128)
    await close(client)


STRANGE_REPLIES: list[tuple[str, Behaviour, dict[str, Any]]] = [
    ("null content", does.ok(None), {"text": "", "finish": Finish.STOP}),
    ("cut short", does.ok('{"rev', finish="length"), {"text": '{"rev', "finish": Finish.LENGTH}),
    ("cut before the first word", does.ok("", finish="length"), {"text": "", "finish": Finish.LENGTH}),
    ("no usage", does.ok(TEXT, usage=...), {"text": TEXT, "usage": None}),
    ("usage null", does.ok(TEXT, usage=None), {"text": TEXT, "usage": None}),
    (
        "usage without details",
        does.ok(TEXT, usage={"prompt_tokens": 5, "completion_tokens": 7, "prompt_tokens_details": None}),
        {"usage": Usage(input=5, output=7)},
    ),
    (
        "usage that cannot be",
        does.ok(TEXT, usage={"prompt_tokens": -5, "completion_tokens": "many"}),
        {"text": TEXT, "usage": None},
    ),
    ("another model", does.ok(TEXT, model="someone-else"), {"model_served": "someone-else"}),
    ("a finish never heard of", does.ok(TEXT, finish="tired"), {"text": TEXT, "finish": Finish.UNKNOWN}),
    ("no finish", does.ok(TEXT, finish=None), {"text": TEXT, "finish": Finish.UNKNOWN}),
    ("a lone surrogate", does.ok("a\ud800b"), {"text": "a\ufffdb"}),
    (
        "chunks with thinking",
        does.ok([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": TEXT}]),
        {"text": TEXT, "notes": ("thinking set aside",)},
    ),
    ("chunks", does.ok([{"type": "text", "text": "{"}, {"type": "text", "text": "}"}]), {"text": "{}", "notes": ()}),
]


@pytest.mark.parametrize(
    ("behaviour", "expected"), [row[1:] for row in STRANGE_REPLIES], ids=[r[0] for r in STRANGE_REPLIES]
)
async def test_a_strange_reply_is_still_a_reply(ask: Asking, behaviour: Behaviour, expected: dict[str, Any]) -> None:
    """Law 11: paid text is never lost, so what the SDKs' classes would refuse is read all the same."""
    reply = await ask(behaviour)
    assert {name: getattr(reply, name) for name in expected} == expected


@pytest.mark.parametrize("kind", ["openai", "compatible"], indirect=True)
async def test_a_refusal_is_kept_apart_from_the_text(ask: Asking) -> None:
    reply = await ask(does.ok(None, refusal="I cannot help with that."))
    assert (reply.text, reply.finish, reply.refusal) == ("", Finish.REFUSED, "I cannot help with that.")


@pytest.mark.parametrize("kind", ["openai", "compatible"], indirect=True)
async def test_a_filtered_answer_keeps_what_was_let_through(ask: Asking) -> None:
    reply = await ask(does.ok('{"rev', finish="content_filter"))
    assert (reply.text, reply.finish) == ('{"rev', Finish.FILTERED)


@pytest.mark.parametrize("kind", ["mistral"], indirect=True)
async def test_mistrals_word_for_a_full_context_is_a_cut(ask: Asking) -> None:
    assert (await ask(does.ok("{", finish="model_length"))).finish is Finish.LENGTH


async def test_another_tier_of_service_is_noted(ask: Asking) -> None:
    assert (await ask(does.ok(TEXT, service_tier="flex"))).notes == ("service tier flex",)
