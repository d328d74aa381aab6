"""The pure halves of the Mistral client: prompt to request, response to reply; and what its SDK will not take."""

from __future__ import annotations

from typing import Any

import pytest
from client_samples import ENVIRON, MOMENT, SCHEMA, a_model, a_prompt, failure

from panel.clients import close, connect, resolve
from panel.clients.mistral import from_response, to_request
from panel.errors import ConfigError, RunStopping, SeatFailed
from panel.records.reply import Finish, Usage


class TestRequest:
    def test_it_is_the_question_its_schema_a_cap_and_a_key_for_the_cache(self) -> None:
        prompt = a_prompt()
        assert to_request(resolve("mistral/mistral-large-4"), prompt) == {
            "model": "mistral-large-4",
            "messages": [
                {"role": "system", "content": "You are the Builder."},
                {"role": "user", "content": "On a tool ⟦…⟧"},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "builder_reply", "strict": True, "schema_definition": SCHEMA},
            },
            "max_tokens": 6000,
            "prompt_cache_key": f"builder_reply-{prompt.ids.persona[:16]}",
        }

    def test_elsewhere_no_key_for_the_cache_is_sent(self) -> None:
        request = to_request(a_model("mistral", "http://localhost:8080"), a_prompt())
        assert set(request) == {"model", "messages", "response_format", "max_tokens"}

    def test_a_seed_is_sent_under_mistrals_name_for_it(self) -> None:
        request = to_request(a_model("mistral", "http://localhost", parameters={"seed": 7}), a_prompt())
        assert request["random_seed"] == 7
        assert "seed" not in request

    def test_a_cap_among_the_parameters_takes_the_place_of_ours(self) -> None:
        request = to_request(a_model("mistral", "http://localhost", parameters={"max_tokens": 900}), a_prompt())
        assert request["max_tokens"] == 900

    def test_an_address_that_ends_in_v1_loses_it_because_the_sdk_adds_it(self) -> None:
        assert a_model("mistral", "http://localhost:8080/v1/").base_url == "http://localhost:8080"


class TestParameters:
    @pytest.mark.parametrize(("name", "near"), [("temprature", "temperature"), ("top-p", "top_p")])
    def test_one_that_mistral_does_not_know_is_refused_with_the_nearest(self, name: str, near: str) -> None:
        with pytest.raises(ConfigError, match=name) as caught:
            connect(a_model("mistral", "http://localhost", parameters={name: 1}), ENVIRON)
        assert near in caught.value.hint

    async def test_a_value_that_its_sdk_refuses_stops_the_run_before_anything_is_sent(self) -> None:
        client = connect(a_model("mistral", "http://localhost", parameters={"temperature": "warm"}), ENVIRON)
        error = await failure(client.ask(a_prompt()))
        assert (type(error), error.code, error.billed) == (RunStopping, "unsupported", False)
        assert "temperature" in error.message
        assert error.hint == "Remove temperature from this model's parameters in panel.toml."
        await close(client)


def read(value: dict[str, Any]) -> Any:
    return from_response(resolve("mistral/mistral-large-4"), value, asked_at=MOMENT)


def body(**choice: Any) -> dict[str, Any]:
    return {"model": "mistral-large-4", "choices": [{"index": 0, **choice}]}


class TestResponse:
    FINISHES = (
        ("stop", Finish.STOP),
        ("length", Finish.LENGTH),
        ("model_length", Finish.LENGTH),
        ("error", Finish.UNKNOWN),
        ("tool_calls", Finish.UNKNOWN),
        ("something new", Finish.UNKNOWN),
    )

    @pytest.mark.parametrize(("word", "finish"), FINISHES)
    def test_each_finish_reason_has_its_meaning(self, word: str, finish: Finish) -> None:
        assert read(body(finish_reason=word, message={"content": "{}"})).finish is finish

    def test_an_error_in_place_of_an_answer_is_no_reply(self) -> None:
        with pytest.raises(SeatFailed, match="reports an error") as caught:
            read(body(finish_reason="error", message={"content": ""}))
        assert caught.value.code == "server_error"

    def test_thinking_is_set_aside_and_the_text_parts_are_joined(self) -> None:
        chunks = [
            {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
            {"type": "text", "text": '{"a"'},
            {"type": "text", "text": ": 1}"},
            {"type": "reference", "reference_ids": [1]},
        ]
        reply = read(body(finish_reason="stop", message={"content": chunks}))
        assert reply.text == '{"a": 1}'
        assert reply.notes == ("reference set aside", "thinking set aside")

    CACHED = (
        ({"prompt_tokens_details": {"cached_tokens": 64}}, 64),
        ({"num_cached_tokens": 128}, 128),
        ({"prompt_tokens_details": {"cached_tokens": 0}, "num_cached_tokens": 128}, 0),
        ({}, None),
    )

    @pytest.mark.parametrize(("extra", "cached"), CACHED)
    def test_cached_tokens_are_read_from_either_place(self, extra: dict[str, Any], cached: int | None) -> None:
        usage = {"prompt_tokens": 200, "completion_tokens": 20, "total_tokens": 220, **extra}
        reply = read({**body(finish_reason="stop", message={"content": "{}"}), "usage": usage})
        assert reply.usage == Usage(input=200, output=20, cached=cached)
