"""Three ways to ask for a form: what is sent in each, what is left as it was, and what is kept with the attempt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from client_samples import ENVIRON, SCHEMA, a_model, a_prompt, model_at
from loopback import behaviours as does
from loopback.server import Provider

from panel.clients import close, connect, mistral, openai
from panel.clients.servers.modes import messages_in, stated
from panel.personas import load
from panel.prompts import Prompter
from panel.records.model import SchemaMode
from panel.records.prompt import Prompt
from panel.records.tool import Tool

ROOT = Path(__file__).parents[2]
TEXT = '{"review": "…", "doubt": null, "score": 61, "verdict": "ship"}'
TO_REQUEST = {"openai": openai.to_request, "mistral": mistral.to_request, "compatible": openai.to_request}
ASKED_IN_WORDS = (SchemaMode.JSON_OBJECT, SchemaMode.PROMPT)


def request(kind: str, mode: SchemaMode) -> dict[str, Any]:
    return TO_REQUEST[kind](a_model(kind, "http://localhost:9000"), a_prompt(), mode)


class TestRequest:
    def test_by_a_schema_nothing_is_added_to_the_words(self, kind: str) -> None:
        sent = request(kind, SchemaMode.JSON_SCHEMA)
        assert sent["response_format"]["type"] == "json_schema"
        assert [message["content"] for message in sent["messages"]] == ["You are the Builder.", "On a tool ⟦…⟧"]

    def test_as_an_object_the_schema_is_stated_in_the_words(self, kind: str) -> None:
        sent = request(kind, SchemaMode.JSON_OBJECT)
        assert sent["response_format"] == {"type": "json_object"}
        assert sent["messages"][0]["content"] == "You are the Builder." + stated(a_prompt())

    def test_by_words_alone_nothing_is_asked_of_the_server(self, kind: str) -> None:
        sent = request(kind, SchemaMode.PROMPT)
        assert "response_format" not in sent
        assert sent["messages"] == request(kind, SchemaMode.JSON_OBJECT)["messages"]

    def test_llamacpp_is_given_the_schema_with_the_object(self) -> None:
        """Its Python server enforces a schema there and nowhere else."""
        model = a_model("llamacpp", "http://localhost:8000/v1")
        sent = openai.to_request(model, a_prompt(), SchemaMode.JSON_OBJECT)
        assert sent["response_format"] == {"type": "json_object", "schema": SCHEMA}

    @pytest.mark.parametrize("mode", SchemaMode)
    def test_parameters_cannot_bring_a_form_of_their_own(self, kind: str, mode: SchemaMode) -> None:
        model = a_model(kind, "http://localhost:9000")
        other = model.model_copy(update={"parameters": {"response_format": {"type": "text"}, "messages": []}})
        assert TO_REQUEST[kind](other, a_prompt(), mode) == TO_REQUEST[kind](model, a_prompt(), mode)

    @pytest.mark.parametrize("mode", SchemaMode)
    def test_asking_changes_neither_the_prompt_nor_its_schema(self, kind: str, mode: SchemaMode) -> None:
        prompt = a_prompt()
        TO_REQUEST[kind](a_model(kind, "http://localhost:9000"), prompt, mode)
        assert prompt == a_prompt()


class TestWords:
    def test_the_schema_is_stated_with_its_keys_in_their_order(self) -> None:
        """Law 1: also where only words ask for it, reasoning stands before the number."""
        words, _, schema = stated(a_prompt()).rpartition("\n\n")
        assert list(json.loads(schema)["properties"]) == ["review", "doubt", "score", "verdict"]
        assert json.loads(schema) == SCHEMA
        assert "JSON" in words
        assert len(words) < 300

    @pytest.mark.parametrize("mode", ASKED_IN_WORDS)
    def test_the_static_part_stays_the_same_for_every_tool_of_a_persona(self, mode: SchemaMode) -> None:
        first, second = (messages_in(prompt, mode) for prompt in real_prompts())
        assert first[0] == second[0]
        assert first[1] != second[1]

    @pytest.mark.parametrize("mode", SchemaMode)
    def test_the_fence_and_all_in_it_are_untouched(self, mode: SchemaMode) -> None:
        """Law 9: how a form is asked for changes nothing about the description or what surrounds it."""
        for prompt in real_prompts():
            sent = messages_in(prompt, mode)
            assert sent[1] == {"role": "user", "content": prompt.messages[1].content}
            assert sent[0]["content"].startswith(prompt.messages[0].content)
            assert "⟦data" not in sent[0]["content"].removeprefix(prompt.messages[0].content)

    @pytest.mark.parametrize("mode", ASKED_IN_WORDS)
    def test_asking_again_states_it_once(self, mode: SchemaMode) -> None:
        prompter = Prompter.load(ROOT / "prompts")
        again = prompter.again(real_prompts()[0], "the score is missing")
        assert messages_in(again, mode)[0]["content"].count("# The form") == 1
        assert "# The form" not in messages_in(again, mode)[1]["content"]


def real_prompts() -> list[Prompt]:
    """What our Builder is asked about two tools."""
    prompter = Prompter.load(ROOT / "prompts")
    builder = load(ROOT / "personas" / "builder.yaml")
    tools = [Tool(id=name, name=name, description=f"{name} sorts lists. ⟦end") for name in ("alpha", "beta")]
    return [prompter.prompt(tool, builder) for tool in tools]


class TestAttempt:
    @pytest.mark.parametrize("mode", SchemaMode)
    async def test_mode_and_cap_are_kept_with_it(self, provider: Provider, kind: str, mode: SchemaMode) -> None:
        provider.script([does.ok(TEXT)])
        client = connect(model_at(provider, kind, max_output_tokens=900), ENVIRON, mode)
        reply = await client.ask(a_prompt().model_copy(update={"max_output_tokens": 1800}))
        (attempt,) = reply.attempts
        assert (attempt.mode, attempt.cap, attempt.tier) == (mode, 1800, None)
        assert reply.text == TEXT
        await close(client)

    async def test_without_a_mode_the_settings_say_and_else_the_schema_goes_along(
        self, provider: Provider, kind: str
    ) -> None:
        provider.script([does.ok(TEXT), does.ok(TEXT)])
        modes = []
        for settings in ({"schema_mode": "prompt"}, {}):
            client = connect(model_at(provider, kind, **settings), ENVIRON)
            modes.append((await client.ask(a_prompt())).attempts[0].mode)
            await close(client)
        assert modes == ["prompt", "json_schema"]
        assert ["response_format" in request.body for request in provider.requests] == [False, True]

    TIERS = (("flex", "flex"), ("default", None), ("auto", None), ("standard", None), (None, None))

    @pytest.mark.parametrize(("said", "kept"), TIERS)
    async def test_an_unusual_tier_is_kept(
        self, provider: Provider, kind: str, said: str | None, kept: str | None
    ) -> None:
        provider.script([does.ok(TEXT, service_tier=said)])
        client = connect(model_at(provider, kind), ENVIRON)
        reply = await client.ask(a_prompt())
        assert reply.attempts[0].tier == kept
        assert reply.notes == ((f"service tier {kept}",) if kept else ())
        await close(client)

    async def test_mistral_says_the_tier_with_the_usage(self, provider: Provider) -> None:
        usage = {**does.USAGE, "service_tier": "priority"}
        provider.script([does.ok(TEXT, usage=usage)])
        client = connect(model_at(provider, "mistral"), ENVIRON)
        assert (await client.ask(a_prompt())).attempts[0].tier == "priority"
        await close(client)
