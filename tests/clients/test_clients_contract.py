"""The contract of a client, run against every client of ours; and against clients that break it, which it notices."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import SkipTest

import pytest
from client_samples import ENVIRON, KEY, model_at
from loopback import behaviours as does
from loopback import responses as gives
from loopback.server import Answer, Provider, Request

from panel.clients import Client, connect
from panel.clients.offline import OfflineClient
from panel.errors import ClientError, SeatFailed
from panel.personas import load
from panel.records.model import Model
from panel.records.prompt import Prompt
from panel.records.reply import Attempt, Reply
from panel.testing import NOON, ClientContract, answer_to

PERSONAS = Path(__file__).parents[2] / "personas"


class Wired(ClientContract):
    """A client of ours at a provider on loopback that answers whatever it is asked."""

    key = KEY
    kind = "openai"

    @pytest.fixture(autouse=True)
    def _provider(self, provider: Provider) -> None:
        self._wire = provider

    def client(self) -> Client:
        self._wire.script(self._answer)
        return connect(self._model(), ENVIRON)

    def failing(self) -> Client:
        self._wire.script(does.key_refused(KEY))
        return connect(self._model(), ENVIRON)

    def received(self) -> Sequence[str]:
        return [json.dumps(request.body, ensure_ascii=False) for request in self._wire.requests]

    def _model(self) -> Model:
        return model_at(self._wire, self.kind)

    def _answer(self, request: Request) -> Answer:
        return does.ok(answer_to(json.dumps(request.body)))(request)


class TestOpenAI(Wired):
    pass


class TestCompatible(Wired):
    kind = "compatible"


class TestMistral(Wired):
    kind = "mistral"


class TestResponses(Wired):
    def client(self) -> Client:
        from panel.clients.responses import ResponsesClient

        self._wire.script(self._answer)
        return ResponsesClient(self._model(), KEY)

    def failing(self) -> Client:
        client = self.client()
        self._wire.script(does.key_refused(KEY))
        return client

    def _answer(self, request: Request) -> Answer:
        return gives.said(answer_to(json.dumps(request.body)))(request)


class TestOffline(ClientContract):
    remote = False
    persona = load(PERSONAS / "builder.yaml")

    def client(self) -> Client:
        return OfflineClient()


class MemoryClient:
    """Keeps the contract, in memory; each client below breaks it in one place."""

    name = "memory"

    def __init__(self, sent: list[str], fails: bool) -> None:
        self.sent = sent
        self.fails = fails

    async def ask(self, prompt: Prompt) -> Reply:
        self.sent.append(f"{prompt.messages[1].content} {prompt.max_output_tokens}")
        await asyncio.sleep(0.001)
        if self.fails:
            raise self.error()
        return self.reply(answer_to(prompt.messages[1].content), prompt.max_output_tokens)

    def error(self) -> Exception:
        return SeatFailed("down", code="server_error")

    def reply(self, text: str, cap: int | None) -> Reply:
        attempt = Attempt(asked_at=NOON, latency_s=0.0, cap=cap)
        return Reply(text=text, model_asked="m", asked_at=NOON, attempts=(attempt,))


class Memory(ClientContract):
    key = KEY
    made: Callable[[list[str], bool], Any] = MemoryClient

    def __init__(self) -> None:
        self.sent: list[str] = []

    def client(self) -> Client:
        return type(self).made(self.sent, False)

    def failing(self) -> Client:
        return type(self).made(self.sent, True)

    def received(self) -> Sequence[str]:
        return self.sent


class Nameless(MemoryClient):
    name = ""


class WithoutAttempts(MemoryClient):
    def reply(self, text: str, cap: int | None) -> Reply:
        return super().reply(text, cap).model_copy(update={"attempts": ()})


class Reading(MemoryClient):
    """Parses the text and gives back what it made of it."""

    def reply(self, text: str, cap: int | None) -> Reply:
        return super().reply(str(json.loads(text)["score"]), cap)


class Capless(MemoryClient):
    def reply(self, text: str, cap: int | None) -> Reply:
        return super().reply(text, None)


class MixingUp(MemoryClient):
    """Keeps the prompt on the client between sending and reading."""

    async def ask(self, prompt: Prompt) -> Reply:
        self.last = prompt
        await super().ask(prompt)
        return self.reply(answer_to(self.last.messages[1].content), None)


class AnsweringAlike(MemoryClient):
    def reply(self, text: str, cap: int | None) -> Reply:
        return super().reply(answer_to(""), cap)


class Retrying(MemoryClient):
    async def ask(self, prompt: Prompt) -> Reply:
        try:
            return await super().ask(prompt)
        except ClientError:
            return await super().ask(prompt)


class Asking(MemoryClient):
    """Asks twice and takes the better answer."""

    async def ask(self, prompt: Prompt) -> Reply:
        await super().ask(prompt)
        return await super().ask(prompt)


class Raising(MemoryClient):
    def error(self) -> Exception:
        return KeyError("choices")


class Forgiving(MemoryClient):
    """Gives a reply although its provider failed."""

    def __init__(self, sent: list[str], fails: bool) -> None:
        super().__init__(sent, False)


class Telling(MemoryClient):
    def error(self) -> Exception:
        error = SeatFailed("down")
        error.__cause__ = ValueError(f"authorization: {KEY}")
        return error


class Printing(MemoryClient):
    def __repr__(self) -> str:
        return f"Printing({KEY!r})"


class Deaf(MemoryClient):
    async def ask(self, prompt: Prompt) -> Reply:
        try:
            return await super().ask(prompt)
        except asyncio.CancelledError:
            raise SeatFailed("cancelled") from None


class ClosingOnce(MemoryClient):
    closed = False

    async def aclose(self) -> None:
        assert not self.closed
        self.closed = True


BREACHES = [
    (Nameless, "test_the_client_has_a_name"),
    (WithoutAttempts, "test_a_reply_is_complete"),
    (Reading, "test_a_reply_can_be_read"),
    (Capless, "test_the_prompts_own_cap_is_honoured"),
    (MixingUp, "test_replies_asked_for_together_are_not_mixed_up"),
    (AnsweringAlike, "test_replies_asked_for_together_are_not_mixed_up"),
    (Asking, "test_one_ask_is_one_call"),
    (Retrying, "test_a_failed_ask_is_one_call"),
    (Raising, "test_what_goes_wrong_is_a_client_error"),
    (Forgiving, "test_what_goes_wrong_is_a_client_error"),
    (Telling, "test_the_key_is_not_in_an_error"),
    (Printing, "test_the_key_is_not_shown"),
    (Deaf, "test_a_cancelled_ask_ends_as_cancelled_and_leaves_the_client_usable"),
    (ClosingOnce, "test_a_client_can_be_closed_twice_and_unused"),
]


PROMISES = [name for name in vars(ClientContract) if name.startswith("test_")]


@pytest.mark.parametrize(("client", "promise"), BREACHES, ids=[client.__name__ for client, _ in BREACHES])
def test_a_client_that_breaks_a_promise_is_noticed(client: type[MemoryClient], promise: str) -> None:
    broken = type("Broken", (Memory,), {"made": client})()
    with pytest.raises((AssertionError, ValueError)):
        getattr(broken, promise)()


def test_every_promise_but_storing_has_a_client_that_breaks_it() -> None:
    """A Reply is stored and read again by its own class, so no client can break that one."""
    assert set(PROMISES) - {promise for _, promise in BREACHES} == {"test_a_reply_is_stored_and_read_again_unchanged"}


@pytest.mark.parametrize("promise", PROMISES)
def test_a_client_that_keeps_the_contract_passes(promise: str) -> None:
    getattr(Memory(), promise)()


def test_what_cannot_be_checked_without_more_is_skipped() -> None:
    """Without a failing provider, its log and a key, those promises are skipped and all others hold."""

    class Bare(ClientContract):
        def client(self) -> Client:
            return MemoryClient([], False)

    skipped = set()
    for promise in PROMISES:
        try:
            getattr(Bare(), promise)()
        except SkipTest:
            skipped.add(promise)
    assert skipped == {
        "test_one_ask_is_one_call",
        "test_a_failed_ask_is_one_call",
        "test_what_goes_wrong_is_a_client_error",
        "test_the_key_is_not_shown",
        "test_the_key_is_not_in_an_error",
    }


def test_the_contract_can_be_imported_without_pytest_and_without_an_sdk() -> None:
    script = (
        "import sys, panel.testing; print([n for n in ('pytest', 'openai', 'mistralai', 'httpx2') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
