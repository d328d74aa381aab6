"""Every fault that the fast provider knows, through both SDKs and the parser: one row says what becomes of it.

One ask is one request, whatever happens; nothing is guessed, and what was paid for is kept.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from loopback import answering
from loopback.fast import FastProvider
from loopback.faults import FAULTS, rates

from panel.clients import Client
from panel.errors import ClientError
from panel.parse import parse
from panel.records.fence import fence
from panel.records.prompt import Message, Prompt
from panel.records.reply import Finish, Reply
from panel.records.verdict import Abstained, AbstainReason, FlagCode, Scored
from panel.testing import TOOL, persona

Connecting = Callable[..., Client]


class Failed(NamedTuple):
    """No text came. `retry_after_s` as the server asked."""

    code: str
    status: int | None
    retryable: bool
    billed: bool
    retry_after_s: float | None = None


class Came(NamedTuple):
    """A reply came, and the parser says `verdict`: "scored", or why the seat abstains."""

    verdict: str
    finish: Finish = Finish.STOP
    usage: bool = True
    flags: tuple[FlagCode, ...] = ()
    notes: tuple[str, ...] = ()
    served: str = "test-model"


PAID, AGAIN = True, True
NO_QUOTES = (FlagCode.QUOTE_NOT_FOUND, FlagCode.QUOTE_NOT_FOUND, FlagCode.NO_QUOTE_FOUND)

TABLE: dict[str, Failed | Came] = {
    "ok": Came("scored"),
    # code · status · asking again can help · may have been charged
    "rate_limited": Failed("rate_limited", 429, AGAIN, False),
    "rate_limited_wait": Failed("rate_limited", 429, AGAIN, False, retry_after_s=7.0),
    "insufficient_quota": Failed("quota", 429, False, False),
    "server_error": Failed("server_error", 500, AGAIN, False),
    "overloaded": Failed("server_error", 503, AGAIN, False),
    "reset": Failed("interrupted", None, AGAIN, PAID),
    "body_cut": Failed("interrupted", None, AGAIN, PAID),
    "stall": Failed("timeout", None, AGAIN, PAID),
    "trickle": Failed("timeout", None, AGAIN, PAID),
    "web_page": Failed("not_json", 200, AGAIN, False),
    "broken_json": Failed("not_json", 200, AGAIN, PAID),
    "empty_choices": Failed("no_choices", 200, AGAIN, PAID),
    "null_content": Came("empty"),
    "chunks": Came("scored", notes=("thinking set aside",)),
    "refusal": Came("refused", Finish.REFUSED),
    "content_filter": Came("filtered", Finish.FILTERED),
    "length_empty": Came("truncated", Finish.LENGTH),
    "length_cut": Came("truncated", Finish.LENGTH),
    "other_model": Came("scored", served="some-other-model-2026-01-01"),
    "no_usage": Came("scored", usage=False),
    "body_twice": Failed("not_json", 200, AGAIN, PAID),
    "keys_twice": Came("ambiguous"),
    "other_tool": Came("scored", flags=NO_QUOTES),
    "other_persona": Came("off_schema"),
    "fenced": Came("scored"),
    "off_schema": Came("off_schema"),
    "cut": Came("truncated"),
}
"""What becomes of a question to which this is done."""

AT_MISTRAL: dict[str, Failed | Came] = {
    # Mistral has no field for a refusal and no such finish reason: the one is prose, the other unknown.
    "refusal": Came("refused"),
    "content_filter": Came("empty", Finish.UNKNOWN, notes=("finish reason content_filter",)),
}
"""Where Mistral's shape says it otherwise."""


def test_the_table_has_a_row_for_every_fault() -> None:
    assert TABLE.keys() == {"ok", *FAULTS}


async def asked(client: Client, prompt: Prompt) -> Reply | ClientError:
    try:
        return await client.ask(prompt)
    except ClientError as error:
        return error


@pytest.mark.parametrize("fault", TABLE)
async def test_every_fault_has_its_outcome(fault: str, kind: str, connected: Connecting, prompt: Prompt) -> None:
    expected: Any = AT_MISTRAL.get(fault, TABLE[fault]) if kind == "mistral" else TABLE[fault]
    patience = {"timeout_s": 0.25} if fault in ("stall", "trickle") else {}
    with FastProvider(retry_after="7", trickle_s=3.0) as provider:
        provider.always(fault)
        outcome = await asked(connected(provider.url, **patience), prompt)
        assert list(provider.log.values()) == [[fault]]
    if isinstance(outcome, ClientError):
        found = (outcome.code, outcome.status, outcome.retryable, outcome.billed, outcome.retry_after_s)
        assert Failed(*found) == expected
    else:
        assert came(outcome, prompt) == expected


def identity_of(prompt: Prompt) -> str:
    return answering.identity_in(prompt, "test-model")


def about(number: int, prompt: Prompt) -> Prompt:
    """The same question about another tool."""
    tool = TOOL.model_copy(update={"description": f"Tool number {number}. {TOOL.description}"})
    system, _ = prompt.messages
    return prompt.model_copy(update={"messages": (system, Message(role="user", content=fence(tool.fields())))})


def came(reply: Reply, prompt: Prompt) -> Came:
    """What came of a reply, in the table's terms; checks on the way that a score is the one that was given."""
    verdict = parse(reply, prompt, persona())
    usage = reply.usage is not None
    assert (reply.attempts[0].usage is not None) is usage
    flags = tuple(flag.code for flag in verdict.flags)
    said = "scored" if isinstance(verdict, Scored) else verdict.reason.value
    if isinstance(verdict, Scored):
        assert verdict.score == answering.score_of(identity_of(prompt))
    return Came(said, reply.finish, usage, flags, reply.notes, str(reply.model_served))


async def test_a_fence_round_the_answer_is_noted(kind: str, connected: Connecting, prompt: Prompt) -> None:
    with FastProvider() as provider:
        provider.always("fenced")
        verdict = parse(await connected(provider.url).ask(prompt), prompt, persona())
    assert isinstance(verdict, Scored)
    assert verdict.notes == ("code fence", "text around the answer")


async def test_tokens_are_those_that_the_server_counted(kind: str, connected: Connecting, prompt: Prompt) -> None:
    with FastProvider(prefixes=True) as provider:
        client = connected(provider.url)
        first, second = [(await client.ask(prompt)).usage for _ in range(2)]
        stats = provider.stats()
    assert first is not None
    assert second is not None
    assert (first.input, first.cached) == (stats["prompt_tokens"] // 2, 0)
    assert (second.input, second.cached) == (first.input, stats["cached_tokens"])
    assert second.cached


async def test_a_cut_reply_keeps_its_text_and_its_tokens(kind: str, connected: Connecting, prompt: Prompt) -> None:
    """Law 11: what was paid for is there to be read again."""
    with FastProvider() as provider:
        provider.always("length_cut")
        reply = await connected(provider.url).ask(prompt)
    assert reply.text.startswith('{"steering": null, "evidence"')
    assert reply.usage is not None
    assert reply.usage.output
    verdict = parse(reply, prompt, persona())
    assert isinstance(verdict, Abstained)
    assert verdict.reason is AbstainReason.TRUNCATED


async def test_of_many_at_once_each_gets_what_the_server_says_it_gave(
    kind: str, connected: Connecting, prompt: Prompt
) -> None:
    """No answer goes to another question, and every fault in the server's log is one that the client saw."""
    prompts = [about(number, prompt) for number in range(200)]
    mix = rates("answers,rate_limited=0.1,overloaded=0.1,reset=0.1,web_page=0.1")
    with FastProvider(faults=mix, seed=5, latency_s=0.05) as far:
        client = connected(far.url)
        outcomes = await asyncio.gather(*(asked(client, each) for each in prompts))
        assert far.most_at_once > 1
    table = TABLE | AT_MISTRAL if kind == "mistral" else TABLE
    for each, outcome in zip(prompts, outcomes, strict=True):
        (fault,) = far.log[identity_of(each)]
        expected = table[fault]
        if isinstance(expected, Failed):
            assert isinstance(outcome, ClientError)
            assert outcome.code == expected.code
        else:
            assert isinstance(outcome, Reply)
            assert came(outcome, each).verdict == expected.verdict


async def test_one_client_goes_on_after_every_fault(kind: str, connected: Connecting, prompt: Prompt) -> None:
    """No fault leaves a connection behind on which the next answer would be another question's."""
    with FastProvider() as provider:
        client = connected(provider.url, timeout_s=0.75)
        for fault in FAULTS:
            provider.always(fault)
            await asked(client, prompt)
            provider.always("ok")
            reply = await client.ask(prompt)
            assert json.loads(reply.text)["not_stated"] == [f"what stands in case {identity_of(prompt)}"], fault
