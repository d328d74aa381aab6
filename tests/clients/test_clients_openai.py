"""The pure halves of the OpenAI client: prompt to request, response to reply."""

from __future__ import annotations

from typing import Any

import pytest
from client_samples import MOMENT, SCHEMA, a_model, a_prompt

from panel.clients import resolve
from panel.clients.openai import from_response, to_request
from panel.errors import SeatFailed
from panel.records.model import ModelSettings
from panel.records.reply import Finish, Usage


class TestRequest:
    def test_to_openai_it_is_the_question_its_schema_a_cap_and_a_key_for_the_cache(self) -> None:
        prompt = a_prompt()
        assert to_request(resolve("openai/gpt-6-luna"), prompt) == {
            "model": "gpt-6-luna",
            "messages": [
                {"role": "system", "content": "You are the Builder."},
                {"role": "user", "content": "On a tool ⟦…⟧"},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "builder_reply", "strict": True, "schema": SCHEMA},
            },
            "max_completion_tokens": 6000,
            "prompt_cache_key": f"builder_reply-{prompt.ids.persona[:16]}",
        }

    def test_the_cache_key_is_the_same_for_every_tool_of_a_persona(self) -> None:
        model = resolve("openai/gpt-6-luna")
        keys = {to_request(model, a_prompt(tool))["prompt_cache_key"] for tool in ("one", "two")}
        assert len(keys) == 1
        assert len(keys.pop()) <= 64

    def test_elsewhere_the_cap_has_its_old_name_and_nothing_of_openais_is_sent(self) -> None:
        request = to_request(a_model("compatible", "http://localhost:8080/v1"), a_prompt())
        assert set(request) == {"model", "messages", "response_format", "max_tokens"}

    def test_openais_own_fields_stay_away_from_a_gateway(self) -> None:
        request = to_request(a_model("openai", "https://gateway.example/v1"), a_prompt())
        assert "prompt_cache_key" not in request
        assert request["max_completion_tokens"] == 6000

    def test_nothing_is_set_that_was_not_configured(self) -> None:
        request = to_request(resolve("openai/gpt-6-luna"), a_prompt())
        assert not {"temperature", "top_p", "seed", "service_tier", "store"} & set(request)

    def test_parameters_travel_as_they_are(self) -> None:
        model = a_model("compatible", "http://localhost/v1", parameters={"temperature": 0, "top_k": 40, "seed": 7})
        request = to_request(model, a_prompt())
        assert (request["temperature"], request["top_k"], request["seed"]) == (0, 40, 7)

    def test_a_cap_among_the_parameters_takes_the_place_of_ours(self) -> None:
        model = a_model("compatible", "http://localhost/v1", parameters={"max_completion_tokens": 4000})
        request = to_request(model, a_prompt())
        assert request["max_completion_tokens"] == 4000
        assert "max_tokens" not in request

    def test_parameters_cannot_replace_the_question(self) -> None:
        model = a_model("compatible", "http://localhost/v1").model_copy(
            update={"parameters": {"model": "x", "messages": [], "response_format": None}}
        )
        assert to_request(model, a_prompt()) == to_request(a_model("compatible", "http://localhost/v1"), a_prompt())

    def test_a_cap_and_a_tier_of_ones_own(self) -> None:
        mine = ModelSettings(
            provider="openai", model="gpt-6-luna", max_output_tokens=900, parameters={"service_tier": "flex"}
        )
        request = to_request(resolve("mine", {"mine": mine}), a_prompt())
        assert (request["max_completion_tokens"], request["service_tier"]) == (900, "flex")


def body(**choice: Any) -> dict[str, Any]:
    return {"model": "gpt-6-luna-2026-09-01", "choices": [{"index": 0, **choice}]}


def read(value: dict[str, Any]) -> Any:
    return from_response(resolve("openai/gpt-6-luna"), value, asked_at=MOMENT, request_id="req-9")


class TestResponse:
    FINISHES = (
        ("stop", Finish.STOP),
        ("length", Finish.LENGTH),
        ("content_filter", Finish.FILTERED),
        ("tool_calls", Finish.UNKNOWN),
        ("function_call", Finish.UNKNOWN),
        (None, Finish.UNKNOWN),
        (7, Finish.UNKNOWN),
    )

    @pytest.mark.parametrize(("word", "finish"), FINISHES)
    def test_each_finish_reason_has_its_meaning(self, word: Any, finish: Finish) -> None:
        assert read(body(finish_reason=word, message={"content": "{}"})).finish is finish

    def test_a_refusal_outweighs_the_finish_reason(self) -> None:
        reply = read(body(finish_reason="stop", message={"content": None, "refusal": "No."}))
        assert (reply.finish, reply.refusal, reply.text) == (Finish.REFUSED, "No.", "")

    def test_an_empty_refusal_is_none(self) -> None:
        reply = read(body(finish_reason="stop", message={"content": "{}", "refusal": ""}))
        assert (reply.finish, reply.refusal) == (Finish.STOP, None)

    def test_every_kind_of_token_is_read(self) -> None:
        usage = {
            "prompt_tokens": 10,
            "completion_tokens": 20,
            "prompt_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 5},
        }
        reply = read({**body(finish_reason="stop", message={"content": "{}"}), "usage": usage})
        assert reply.usage == Usage(input=10, output=20, cached=3, cache_write=4, reasoning=5)

    def test_a_message_that_is_missing_holds_no_text(self) -> None:
        assert read(body(finish_reason="stop")).text == ""

    @pytest.mark.parametrize("choices", [None, [], {}, [None], ["text"], 7])
    def test_a_body_without_a_choice_is_no_reply(self, choices: Any) -> None:
        with pytest.raises(SeatFailed, match="no choices") as caught:
            read({"choices": choices})
        assert (caught.value.code, caught.value.request_id, caught.value.billed) == ("no_choices", "req-9", True)
