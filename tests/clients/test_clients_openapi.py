"""What is sent and read, against what the providers publish of their interfaces (tests/openapi/SOURCE.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from client_samples import ENVIRON, MOMENT, model_at
from jsonschema import Draft202012Validator
from loopback import behaviours as does
from loopback import responses as gives
from loopback.server import Provider, Request

from panel.clients import close, connect, resolve
from panel.clients import openai as chat
from panel.clients import responses as own
from panel.personas import load
from panel.prompts import Prompter
from panel.records.model import Model, SchemaMode
from panel.records.prompt import Prompt
from panel.records.reply import Finish, Usage
from panel.testing import TOOL

ROOT = Path(__file__).parents[2]
PERSONAS = [path for path in sorted((ROOT / "personas").glob("*.yaml")) if path.stem != "lexicon"]
PARAMETERS: dict[str, dict[str, Any]] = {
    "none": {},
    "sampling": {"temperature": 0.7, "top_p": 0.9},
    "cap": {"max_tokens": 900},
    "effort": {"reasoning_effort": "high"},
    "cache": {"prompt_cache_key": "mine", "metadata": {"team": "tools"}},
}
OPENAI_PARAMETERS = PARAMETERS | {"tier": {"service_tier": "flex", "verbosity": "low"}}
CHAT_PARAMETERS = OPENAI_PARAMETERS | {"seed": {"seed": 7, "frequency_penalty": 0.5}}
MISTRAL_PARAMETERS = PARAMETERS | {"seed": {"seed": 7, "safe_prompt": True, "presence_penalty": 0.5}}


@cache
def schemas(provider: str) -> dict[str, Any]:
    return json.loads((ROOT / "tests" / "openapi" / f"{provider}.json").read_text("utf-8"))["components"]["schemas"]


def faults(provider: str, name: str, value: Any) -> list[str]:
    """What does not fit, as "place: message"."""
    whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas(provider)}}
    return [f"{error.json_path}: {error.message[:200]}" for error in Draft202012Validator(whole).iter_errors(value)]


def named(provider: str, name: str) -> set[str]:
    """Every field that the document names at the top of this object."""
    schema = schemas(provider)[name]
    parts = [schemas(provider)[part["$ref"].split("/")[-1]] if "$ref" in part else part for part in schema["allOf"]]
    return {field for part in parts for field in part["properties"]}


@cache
def prompts() -> dict[str, Prompt]:
    """Every persona's first prompt, one that asks again, and one with a cap of its own."""
    prompter = Prompter.load(ROOT / "prompts")
    found = {path.stem: prompter.prompt(TOOL, load(path)) for path in PERSONAS}
    again = prompter.again(found["builder"], "score 70 stands for ship, the verdict says skip")
    return found | {"again": again, "larger": again.model_copy(update={"max_output_tokens": 12000})}


PROMPTS = [path.stem for path in PERSONAS] + ["again", "larger"]


def openai_model(parameters: Mapping[str, Any]) -> Model:
    return resolve("openai/gpt-6-luna").model_copy(update={"parameters": dict(parameters)})


@pytest.mark.parametrize("name", ["openai", "mistral"])
def test_the_documents_are_valid_schemas(name: str) -> None:
    for schema in schemas(name).values():
        Draft202012Validator.check_schema(schema)


class TestOpenAI:
    @pytest.mark.parametrize("prompt", PROMPTS)
    @pytest.mark.parametrize("parameters", CHAT_PARAMETERS)
    @pytest.mark.parametrize("mode", SchemaMode)
    def test_chat_requests_fit_and_hold_named_fields_only(self, prompt: str, parameters: str, mode: SchemaMode) -> None:
        body = chat.to_request(openai_model(CHAT_PARAMETERS[parameters]), prompts()[prompt], mode)
        assert faults("openai", "CreateChatCompletionRequest", body) == []
        assert set(body) <= named("openai", "CreateChatCompletionRequest")

    @pytest.mark.parametrize("prompt", PROMPTS)
    @pytest.mark.parametrize("parameters", OPENAI_PARAMETERS)
    def test_responses_requests_fit_and_hold_named_fields_only(self, prompt: str, parameters: str) -> None:
        body = own.to_request(openai_model(OPENAI_PARAMETERS[parameters]), prompts()[prompt])
        assert faults("openai", "CreateResponse", body) == []
        assert set(body) <= named("openai", "CreateResponse")
        assert set(body["text"]) <= set(schemas("openai")["ResponseTextParam"]["properties"])
        assert set(body.get("reasoning", {})) <= set(schemas("openai")["Reasoning"]["properties"])

    def test_responses_knows_no_seed_and_no_stop(self) -> None:
        assert not {"seed", "stop"} & named("openai", "CreateResponse")

    WRONG_CHAT = (
        ({"messages": []}, "$.messages"),
        ({"messages": [{"role": "builder", "content": "x"}]}, "$.messages[0]"),
        ({"temperature": 3}, "$.temperature"),
        ({"reasoning_effort": "much"}, "$.reasoning_effort"),
        ({"response_format": {"type": "json_schema", "name": "x", "schema": {}}}, "$.response_format"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "a b"}}}, "$.response_format"),
        ({"prompt_cache_key": 7}, "$.prompt_cache_key"),
        ({"metadata": {"a": 1}}, "$.metadata"),
    )

    @pytest.mark.parametrize(("change", "place"), WRONG_CHAT)
    def test_a_wrong_chat_request_is_noticed(self, change: dict[str, Any], place: str) -> None:
        body = chat.to_request(openai_model({}), prompts()["builder"]) | change
        (fault,) = faults("openai", "CreateChatCompletionRequest", body)
        assert fault.startswith(f"{place}: ")

    WRONG_RESPONSE = (
        ({"max_output_tokens": 15}, "$.max_output_tokens"),
        ({"text": {"format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}}}, "$.text.format"),
        ({"input": [{"role": "panel", "content": "x"}]}, "$.input"),
        ({"store": "no"}, "$.store"),
        ({"reasoning": {"effort": "much"}}, "$.reasoning"),
    )

    @pytest.mark.parametrize(("change", "place"), WRONG_RESPONSE)
    def test_a_wrong_responses_request_is_noticed(self, change: dict[str, Any], place: str) -> None:
        body = own.to_request(openai_model({}), prompts()["builder"]) | change
        (fault,) = faults("openai", "CreateResponse", body)
        assert fault.startswith(f"{place}: ")

    def test_a_batch_of_either_interface_fits(self) -> None:
        for endpoint in ("/v1/chat/completions", "/v1/responses"):
            batch = {"input_file_id": "file-1", "endpoint": endpoint, "completion_window": "24h"}
            assert faults("openai", "CreateBatchRequest", batch) == []
            assert faults("openai", "CreateBatchRequest", {**batch, "completion_window": "1h"})

    def test_a_completion_as_published_is_read_whole(self) -> None:
        body: dict[str, Any] = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1795000000,
            "model": "gpt-6-luna-2026-09-01",
            "service_tier": "flex",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "length",
                    "logprobs": None,
                    "message": {"role": "assistant", "content": "{", "refusal": None, "annotations": []},
                }
            ],
            "usage": {
                "prompt_tokens": 10,
                "completion_tokens": 20,
                "total_tokens": 30,
                "prompt_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 4},
                "completion_tokens_details": {"reasoning_tokens": 5},
            },
        }
        assert faults("openai", "CreateChatCompletionResponse", body) == []
        reply = chat.from_response(openai_model({}), body, asked_at=MOMENT)
        assert (reply.text, reply.finish, reply.model_served) == ("{", Finish.LENGTH, "gpt-6-luna-2026-09-01")
        assert reply.usage == Usage(input=10, output=20, cached=3, cache_write=4, reasoning=5)
        assert reply.attempts[0].tier == "flex"

    ANSWERS = (
        ("said", gives.said("{}")),
        ("commentary", gives.response(gives.message(gives.text("{}"), phase="commentary"))),
        ("refusal", gives.response(gives.message(gives.refusal("No.")))),
        ("cut", gives.cut("{")),
        ("filtered", gives.cut("{", "content_filter")),
        ("failed", gives.failed("server_error")),
    )

    @pytest.mark.parametrize(("name", "behaviour"), ANSWERS)
    def test_the_provider_of_our_tests_answers_as_published(self, name: str, behaviour: Any) -> None:
        asked = own.to_request(openai_model({}), prompts()["builder"])
        answer = behaviour(Request("/v1/responses", {}, asked, "openai", None))
        assert faults("openai", "Response", json.loads(answer.body)) == []


@pytest.fixture
async def sent_to_mistral(provider: Provider) -> Any:
    """What the SDK puts on the wire for a prompt."""

    async def sending(prompt: Prompt, parameters: Mapping[str, Any], mode: SchemaMode) -> dict[str, Any]:
        provider.script([does.ok("{}")])
        client = connect(model_at(provider, "mistral", parameters=dict(parameters)), ENVIRON, mode)
        await client.ask(prompt)
        await close(client)
        return provider.requests[-1].body

    return sending


class TestMistral:
    """Its client hands arguments to the SDK, so what counts is what the SDK puts on the wire."""

    @pytest.mark.parametrize("parameters", MISTRAL_PARAMETERS)
    @pytest.mark.parametrize("mode", SchemaMode)
    async def test_requests_fit(self, sent_to_mistral: Any, parameters: str, mode: SchemaMode) -> None:
        body = await sent_to_mistral(prompts()["builder"], MISTRAL_PARAMETERS[parameters], mode)
        assert faults("mistral", "ChatCompletionRequest", body) == []

    @pytest.mark.parametrize("prompt", PROMPTS)
    async def test_requests_of_every_persona_fit(self, sent_to_mistral: Any, prompt: str) -> None:
        body = await sent_to_mistral(prompts()[prompt], {}, SchemaMode.JSON_SCHEMA)
        assert faults("mistral", "ChatCompletionRequest", body) == []
        assert body["response_format"]["json_schema"]["schema"] == prompts()[prompt].reply_schema

    async def test_the_line_of_a_batch_fits(self, sent_to_mistral: Any) -> None:
        body = await sent_to_mistral(prompts()["builder"], {}, SchemaMode.JSON_SCHEMA)
        assert faults("mistral", "BatchRequest", {"custom_id": "seat-1", "body": body}) == []
        assert faults("mistral", "BatchRequest", {"custom_id": "seat-1"})

    WRONG = (
        {"seed": 7},
        {"max_completion_tokens": 900},
        {"random_seed": -1},
        {"temperature": 1.6},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema_definition": {}}}},
        {"messages": [{"role": "developer", "content": "x"}]},
    )

    @pytest.mark.parametrize("change", WRONG, ids=lambda change: next(iter(change)))
    async def test_a_wrong_request_is_noticed(self, sent_to_mistral: Any, change: dict[str, Any]) -> None:
        body = await sent_to_mistral(prompts()["builder"], {}, SchemaMode.JSON_SCHEMA)
        (fault,) = faults("mistral", "ChatCompletionRequest", body | change)
        assert next(iter(change)) in fault

    async def test_what_openai_is_sent_does_not_fit_here(self) -> None:
        body = chat.to_request(openai_model({"seed": 7}), prompts()["builder"])
        (fault,) = faults("mistral", "ChatCompletionRequest", body)
        assert "'max_completion_tokens', 'seed' were unexpected" in fault
