"""Both SDKs against a mock server that others wrote: shapes and failures that nobody here made up.

Runs where node and `@copilotkit/aimock` are installed (see tests/wire/aimock.py); `.ci/run` installs it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import aimock
import pytest

from panel.clients import Client
from panel.errors import ClientError, RunStopping
from panel.parse import parse
from panel.records.prompt import Message, Prompt
from panel.records.reply import Finish, Reply, Usage
from panel.records.verdict import Abstained, AbstainReason, Scored
from panel.testing import persona, reply_fields, reply_text

MISSING = aimock.missing()
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason=MISSING or "installed")]

Connecting = Callable[..., Client]

SCORED = reply_text(persona(), score=64)
LIMIT = {"message": "slow down", "type": "rate_limit_error", "code": "rate_limit_exceeded"}
QUOTA = {"message": "no credit", "type": "insufficient_quota", "code": "insufficient_quota"}
NO_MODEL = {"message": "The model does not exist", "type": "invalid_request_error", "code": "model_not_found"}
USAGE = {"prompt_tokens": 1200, "completion_tokens": 50, "total_tokens": 1250}


def on(word: str, response: dict[str, Any], **match: Any) -> dict[str, Any]:
    return {"match": {"userMessage": f"[{word}]", **match}, "response": response}


def error(status: int, said: dict[str, Any]) -> dict[str, Any]:
    return {"error": said, "status": status}


FIXTURES = [
    on("plain", {"content": SCORED, "usage": USAGE}),
    on("object", {"content": reply_fields(persona(), score=64)}),
    on("length", {"content": SCORED[:300], "finishReason": "length"}),
    on("empty", {"content": "\n", "finishReason": "length"}),
    on("quota", error(429, QUOTA)),
    on("speed", error(429, LIMIT)),
    on("failed", error(500, {"message": "oops", "type": "server_error"})),
    on("model", error(404, NO_MODEL)),
    on("key", error(401, {"message": "wrong key", "type": "invalid_request_error", "code": "invalid_api_key"})),
    {**on("drop", {"content": SCORED}), "chaos": {"dropRate": 1}},
    {**on("malformed", {"content": SCORED}), "chaos": {"malformedRate": 1}},
    {**on("disconnect", {"content": SCORED}), "chaos": {"disconnectRate": 1}},
    {**on("ratelimit", {"content": SCORED}), "chaos": {"rateLimitRate": 1}},
]
FAILURES = {
    # code · status · asking again can help · may have been charged
    "quota": ("quota", 429, False, False),
    "speed": ("rate_limited", 429, True, False),
    "failed": ("server_error", 500, True, False),
    "model": ("no_model", 404, False, False),
    "key": ("auth", 401, False, False),
    "drop": ("server_error", 500, True, False),
    "malformed": ("not_json", 200, True, True),
    "disconnect": ("interrupted", None, True, True),
    "ratelimit": ("rate_limited", 429, True, False),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[aimock.Aimock]:
    with aimock.running(tmp_path_factory.mktemp("fixtures"), FIXTURES) as running:
        yield running


@pytest.fixture(scope="module")
def chaotic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[aimock.Aimock]:
    flags = [f"--chaos-{kind}=0.12" for kind in ("drop", "malformed", "disconnect", "ratelimit")]
    split = [part for flag in flags for part in flag.split("=")]
    fixtures = [{"match": {}, "response": {"content": SCORED, "usage": USAGE}}]
    with aimock.running(tmp_path_factory.mktemp("chaos"), fixtures, *split) as running:
        yield running


def about(word: str, prompt: Prompt) -> Prompt:
    """The question, with the word that chooses the fixture after it."""
    system, user = prompt.messages
    return prompt.model_copy(update={"messages": (system, Message(role="user", content=f"{user.content} [{word}]"))})


async def test_a_reply_comes_through_word_for_word_with_its_tokens(
    server: aimock.Aimock, connected: Connecting, prompt: Prompt
) -> None:
    reply = await connected(server.url).ask(about("plain", prompt))
    assert (reply.text, reply.finish) == (SCORED, Finish.STOP)
    assert reply.usage == Usage(input=1200, output=50)
    verdict = parse(reply, prompt, persona())
    assert isinstance(verdict, Scored)
    assert (verdict.score, verdict.call, verdict.flags) == (64, "ship", ())


async def test_what_is_asked_arrives_once_and_whole(
    server: aimock.Aimock, connected: Connecting, prompt: Prompt
) -> None:
    before = len(server.journal())
    asked = about("object", prompt)
    reply = await connected(server.url).ask(asked)
    received = server.journal()[before:]
    assert len(received) == 1
    body = received[0]["body"]
    assert [message["content"] for message in body["messages"]] == [message.content for message in asked.messages]
    sent = body["response_format"]["json_schema"]
    assert (sent["strict"], list(sent["schema"]["properties"])) == (True, prompt.reply_schema["required"])
    assert isinstance(parse(reply, prompt, persona()), Scored)


@pytest.mark.parametrize("word", ["length", "empty"])
async def test_a_cut_reply_is_known_as_cut(
    word: str, server: aimock.Aimock, connected: Connecting, prompt: Prompt
) -> None:
    reply = await connected(server.url).ask(about(word, prompt))
    assert reply.finish is Finish.LENGTH
    verdict = parse(reply, prompt, persona())
    assert isinstance(verdict, Abstained)
    assert verdict.reason is AbstainReason.TRUNCATED


@pytest.mark.parametrize("word", FAILURES)
async def test_every_failure_has_its_code(
    word: str, server: aimock.Aimock, connected: Connecting, prompt: Prompt
) -> None:
    before = len(server.journal())
    with pytest.raises(ClientError) as caught:
        await connected(server.url).ask(about(word, prompt))
    found = caught.value
    assert (found.code, found.status, found.retryable, found.billed) == FAILURES[word]
    assert isinstance(found, RunStopping) is not found.retryable
    assert len(server.journal()) - before == 1
    assert found.retry_after_s == (1.0 if word == "ratelimit" else found.retry_after_s)


async def test_under_chaos_every_call_is_a_reply_or_an_error_with_a_code(
    chaotic: aimock.Aimock, connected: Connecting, prompt: Prompt
) -> None:
    client = connected(chaotic.url)
    outcomes = await asyncio.gather(*(client.ask(prompt) for _ in range(120)), return_exceptions=True)
    replies = [outcome for outcome in outcomes if isinstance(outcome, Reply)]
    failed = Counter(outcome.code for outcome in outcomes if isinstance(outcome, ClientError))
    assert len(replies) + failed.total() == 120
    assert {reply.text for reply in replies} == {SCORED}
    assert failed.keys() == {"server_error", "not_json", "interrupted", "rate_limited"}
