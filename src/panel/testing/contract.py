"""The contract of a client, as tests that anyone can run against theirs (docs/clients.md).

    class TestMine(ClientContract):
        key = "secret-0123456789"

        def client(self) -> Client:
            return MyClient(url_of_a_fake_provider, self.key)

In goes a client whose provider answers by `answer_to`; out comes a failed test for every promise it breaks. Plain test
methods that start their own event loops: pytest finds them, and no plug-in is needed. The network is never touched.
"""

# ruff: noqa: S101 - these are tests

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from unittest import SkipTest

from panel.clients.base import Client, close
from panel.errors import ClientError
from panel.parse import parse
from panel.prompts import Prompter
from panel.records.persona import Persona
from panel.records.prompt import Prompt
from panel.records.reply import Reply
from panel.records.verdict import Scored
from panel.testing.doubles import TOOL, reply_text
from panel.testing.doubles import persona as a_persona

T = TypeVar("T")

CAP = 4321
"""The cap on an answer that the contract asks for, a number that stands in no prompt."""

_AT_ONCE = 12
_NUMBER = re.compile(r"Alder Queue No\. (\d+)")
_TEMPLATES = {
    "system": "You review developer tools as {{ persona.name }}. Answer by the schema.",
    "user": "{{ fenced }}\n\nReview the tool above.",
    "reask": "{{ first }}\n\n{{ fault }}",
}


def answer_to(received: str, persona: Persona | None = None) -> str:
    """A complete valid reply, for a fake provider that received this prompt, or a request that holds it.

    It differs from tool to tool, so that answers which are mixed up are noticed.
    """
    found = _NUMBER.search(received)
    number = int(found[1]) if found else 0
    return reply_text(persona or a_persona(), score=61 + number, concerns=[f"single maintainer of No. {number}"])


class ClientContract:
    """Subclass it under a name that begins with `Test`, and say how to get a client.

    `client` must be given; `failing` and `received` let more be checked, and tests that need them are skipped without.
    """

    key: str | None = None
    """The key that `client` and `failing` work with; None where they have none."""

    remote = True
    """Whether asking is a call to somewhere else, with an attempt and a cap; False for one that only computes."""

    persona: Persona = a_persona()
    """Who asks."""

    def client(self) -> Client:
        """A fresh client whose provider answers every prompt as `answer_to` does."""
        raise NotImplementedError("say how to get a client: def client(self) -> Client")

    def failing(self) -> Client | None:
        """A fresh client whose provider answers with an error, best one that repeats the key; None: not tested."""
        return None

    def received(self) -> Sequence[str] | None:
        """Every request that the fake provider has received, as text, oldest first; None: not tested."""
        return None

    def prompt(self, number: int = 0) -> Prompt:
        """The prompt about the tool of this number, each with a description of its own."""
        name = f"Alder Queue No. {number}"
        description = f"{TOOL.description} {name} handles {100 + number} queues on {2 + number} cores."
        tool = TOOL.model_copy(update={"name": name, "description": description})
        return Prompter(_TEMPLATES).prompt(tool, self.persona)

    def test_the_client_has_a_name(self) -> None:
        async def look(client: Client) -> None:
            assert isinstance(client.name, str), "name is text"
            assert client.name, "name is not empty"

        self._with(self.client, look)

    def test_a_reply_is_complete(self) -> None:
        """Text, finish, times with their zone, who was asked, and the one attempt it took, counted where possible."""
        reply = self._reply()
        assert isinstance(reply, Reply), "ask gives a panel.records.reply.Reply"
        assert isinstance(reply.text, str)
        assert reply.asked_at.tzinfo is not None, "asked_at has a time zone"
        assert reply.model_asked, "model_asked names the model that was asked for"
        if not self.remote:
            return
        (attempt,) = reply.attempts
        assert attempt.error is None, "an attempt that brought a reply has no error"
        assert attempt.usage == reply.usage, "the attempt's usage is the reply's, or both are None: never a guess"
        assert attempt.asked_at.tzinfo is not None

    def test_a_reply_is_stored_and_read_again_unchanged(self) -> None:
        reply = self._reply()
        assert Reply.model_validate_json(reply.model_dump_json()) == reply

    def test_a_reply_can_be_read(self) -> None:
        """The text arrives as it was sent, so that the panel's parser finds a score in it."""
        verdict = parse(self._reply(), self.prompt(), self.persona)
        assert isinstance(verdict, Scored), f"the reply gives no score: {verdict}"

    def test_replies_asked_for_together_are_not_mixed_up(self) -> None:
        prompts = [self.prompt(number) for number in range(_AT_ONCE)]

        async def look(client: Client) -> None:
            alone = [(await client.ask(prompt)).text for prompt in prompts]
            together = await asyncio.gather(*(client.ask(prompt) for prompt in prompts))
            assert len(set(alone)) > 1, "the fake provider answers all prompts alike; let it use answer_to"
            assert [reply.text for reply in together] == alone, "a reply belongs to another prompt"

        self._with(self.client, look)

    def test_one_ask_is_one_call(self) -> None:
        """A client retries nothing: whoever wants retries wraps it."""
        before = len(self._received())
        self._reply()
        assert len(self._received()) == before + 1

    def test_a_failed_ask_is_one_call(self) -> None:
        before = len(self._received())
        self._error()
        assert len(self._received()) == before + 1, "a client retries nothing, or its calls are paid twice"

    def test_the_prompts_own_cap_is_honoured(self) -> None:
        """A cut reply is asked for again with a larger cap, which goes before the model's."""
        if not self.remote:
            raise SkipTest("nothing is asked elsewhere, so nothing is capped")
        reply = self._with(self.client, lambda client: client.ask(self._capped()))
        assert reply.attempts[0].cap == CAP, f"the attempt's cap is the prompt's max_output_tokens, {CAP}"
        sent = self.received()
        assert sent is None or str(CAP) in sent[-1], f"the request holds the cap, {CAP}"

    def test_what_goes_wrong_is_a_client_error(self) -> None:
        error = self._error()
        assert error.message, "an error says what happened"
        assert error.code, "an error has a short stable code"
        assert isinstance(error.retryable, bool)

    def test_the_key_is_not_shown(self) -> None:
        """Neither by the client nor in a reply: both are printed and stored."""

        async def look(client: Client) -> None:
            reply = await client.ask(self.prompt())
            for shown in (repr(client), str(client), client.name, repr(reply), reply.model_dump_json()):
                assert self._key() not in shown

        self._with(self.client, look)

    def test_the_key_is_not_in_an_error(self) -> None:
        key, error = self._key(), self._error()
        linked: BaseException | None = error
        while linked is not None:
            for shown in (str(linked), repr(linked), repr(linked.args)):
                assert key not in shown, f"{type(linked).__name__} shows the key"
            linked = linked.__cause__ or (None if linked.__suppress_context__ else linked.__context__)
        assert key not in f"{error.message} {error.hint} {error.code} {error.request_id}"

    def test_a_cancelled_ask_ends_as_cancelled_and_leaves_the_client_usable(self) -> None:
        async def look(client: Client) -> None:
            task = asyncio.ensure_future(client.ask(self.prompt()))
            await asyncio.sleep(0)
            under_way = task.cancel()
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            if under_way:
                assert isinstance(outcome, asyncio.CancelledError), f"a cancelled ask ended as {outcome!r}"
            assert isinstance(await client.ask(self.prompt(1)), Reply), "the client still answers"

        self._with(self.client, look)

    def test_a_client_can_be_closed_twice_and_unused(self) -> None:
        async def look(client: Client) -> None:
            await close(client)
            await close(client)

        self._with(self.client, look)

    def _capped(self) -> Prompt:
        return self.prompt().model_copy(update={"max_output_tokens": CAP})

    def _reply(self) -> Reply:
        return self._with(self.client, lambda client: client.ask(self.prompt()))

    def _error(self) -> ClientError:
        """The error that the failing client raises; fails the test for any other exception, and for a reply."""

        async def look(client: Client) -> ClientError:
            try:
                reply = await client.ask(self.prompt())
            except ClientError as error:
                return error
            except Exception as error:
                raise AssertionError(f"{type(error).__name__} is raised, not a panel.errors.ClientError") from error
            raise AssertionError(f"a provider that fails gave a reply: {reply.text[:80]!r}")

        failing = self.failing()
        if failing is None:
            raise SkipTest("`failing` gives no client")
        return self._with(lambda: failing, look)

    def _received(self) -> Sequence[str]:
        received = self.received()
        if received is None:
            raise SkipTest("`received` gives no requests")
        return list(received)

    def _key(self) -> str:
        if self.key is None:
            raise SkipTest("the client has no key")
        return self.key

    def _with(self, make: Callable[[], Client], use: Callable[[Client], Awaitable[T]]) -> T:
        """Build a client inside an event loop, use it there and close it."""

        async def run() -> T:
            client = make()
            try:
                return await use(client)
            finally:
                await close(client)

        return asyncio.run(run())
