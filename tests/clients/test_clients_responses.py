"""OpenAI's Responses API: prompt to request, response to reply, and both through the SDK at a provider on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from client_samples import KEY, MOMENT, SCHEMA, a_model, a_prompt, failure
from loopback import behaviours as does
from loopback import responses as gives
from loopback.server import Behaviour, Provider

from panel.clients import resolve
from panel.clients.responses import ResponsesClient, from_response, to_request
from panel.errors import ClientError, ConfigError, RunStopping, SeatFailed
from panel.records.model import Model
from panel.records.prompt import Message
from panel.records.reply import Finish, Usage

TEXT = '{"review": "…", "doubt": null, "score": 61, "verdict": "ship"}'
USAGE = Usage(input=1200, output=300, cached=1024, cache_write=64, reasoning=128)
HOME = resolve("openai/gpt-6-luna")

Asking = Callable[..., Any]


def a_model_with(**parameters: Any) -> Model:
    return HOME.model_copy(update={"parameters": parameters})


class TestRequest:
    def test_it_is_the_question_its_schema_a_cap_and_nothing_kept(self) -> None:
        prompt = a_prompt()
        assert to_request(HOME, prompt) == {
            "model": "gpt-6-luna",
            "instructions": "You are the Builder.",
            "input": [{"role": "user", "content": "On a tool ⟦…⟧"}],
            "text": {"format": {"type": "json_schema", "name": "builder_reply", "strict": True, "schema": SCHEMA}},
            "max_output_tokens": 6000,
            "store": False,
            "prompt_cache_key": f"builder_reply-{prompt.ids.persona[:16]}",
        }

    def test_away_from_home_nothing_of_openais_own_is_sent(self) -> None:
        request = to_request(a_model("openai", "https://gateway.example/v1"), a_prompt())
        assert "prompt_cache_key" not in request

    def test_only_a_first_system_message_becomes_instructions(self) -> None:
        asked = (Message(role="user", content="one"), Message(role="system", content="two"))
        request = to_request(HOME, a_prompt().model_copy(update={"messages": asked}))
        assert "instructions" not in request
        assert request["input"] == [{"role": "user", "content": "one"}, {"role": "system", "content": "two"}]

    CAPS = (
        # parameters · the prompt's own cap · what is sent
        ({}, None, 6000),
        ({}, 12000, 12000),
        ({"max_tokens": 900}, None, 900),
        ({"max_completion_tokens": 900}, None, 900),
        ({"max_output_tokens": 900, "max_tokens": 800}, None, 900),
        ({"max_tokens": 900}, 1800, 1800),
        ({"max_tokens": 3}, None, 16),
        ({}, 7, 16),
        ({"max_tokens": "many"}, None, 6000),
    )

    @pytest.mark.parametrize(("parameters", "cap", "sent"), CAPS)
    def test_the_prompts_cap_goes_before_the_parameters_and_none_is_below_16(
        self, parameters: dict[str, Any], cap: int | None, sent: int
    ) -> None:
        prompt = a_prompt().model_copy(update={"max_output_tokens": cap})
        request = to_request(a_model_with(**parameters), prompt)
        assert request["max_output_tokens"] == sent
        assert not {"max_tokens", "max_completion_tokens"} & set(request)

    def test_reasoning_and_verbosity_stand_where_this_interface_has_them(self) -> None:
        request = to_request(
            a_model_with(reasoning_effort="low", reasoning={"summary": "auto", "effort": "high"}, verbosity="low"),
            a_prompt(),
        )
        assert request["reasoning"] == {"summary": "auto", "effort": "low"}
        assert request["text"]["verbosity"] == "low"
        assert not {"reasoning_effort", "verbosity"} & set(request)

    def test_other_parameters_travel_as_they_are(self) -> None:
        request = to_request(a_model_with(temperature=1, service_tier="flex", metadata={"a": "b"}), a_prompt())
        assert (request["temperature"], request["service_tier"], request["metadata"]) == (1, "flex", {"a": "b"})

    def test_parameters_cannot_replace_the_question_or_have_it_kept(self) -> None:
        kept: dict[str, Any] = {"store": True, "background": True, "previous_response_id": "resp_0", "stream": True}
        asked: dict[str, Any] = {"model": "x", "instructions": "x", "input": "x", "text": {}, "seed": 7, "stop": ["x"]}
        model = a_model_with(**kept, **asked)
        assert to_request(model, a_prompt()) == to_request(HOME, a_prompt())

    @pytest.mark.parametrize("name", ["seed", "stop"])
    def test_a_parameter_that_the_interface_lacks_is_an_error_and_names_the_other_interface(self, name: str) -> None:
        with pytest.raises(ConfigError, match=f"'{name}'") as caught:
            ResponsesClient(a_model_with(**{name: 7}), KEY)
        assert 'api = "chat"' in caught.value.hint

    @pytest.mark.parametrize("name", ["store", "input", "background", "previous_response_id", "tools"])
    def test_a_field_that_the_panel_decides_is_an_error(self, name: str) -> None:
        with pytest.raises(ConfigError, match=f"parameters.{name}, which the panel decides"):
            ResponsesClient(a_model_with(**{name: "x"}), KEY)


def read(**body: Any) -> Any:
    return from_response(HOME, {"status": "completed", **body}, asked_at=MOMENT, request_id="req-9")


class TestResponse:
    def test_text_is_joined_over_the_parts_and_messages_of_the_answer(self) -> None:
        one = gives.message(gives.text('{"score": '), gives.text("61, "))
        two = gives.message(gives.text('"verdict": "ship"}'), phase="final_answer")
        assert read(output=[one, two]).text == '{"score": 61, "verdict": "ship"}'

    def test_commentary_is_not_the_answer(self) -> None:
        aside = gives.message(gives.text('{"score": 90}'), phase="commentary")
        reply = read(output=[gives.REASONING, aside, gives.message(gives.text(TEXT), phase="final_answer")])
        assert (reply.text, reply.notes) == (TEXT, ("commentary set aside",))

    def test_a_refusal_outweighs_the_text_beside_it(self) -> None:
        reply = read(output=[gives.message(gives.text("Well."), gives.refusal("No."))])
        assert (reply.finish, reply.refusal, reply.text) == (Finish.REFUSED, "No.", "Well.")

    ENDS = (
        # status · reason · finish · notes
        ("completed", None, Finish.STOP, ()),
        ("incomplete", "max_output_tokens", Finish.LENGTH, ()),
        ("incomplete", "content_filter", Finish.FILTERED, ()),
        ("incomplete", "steered", Finish.UNKNOWN, ("finish reason steered",)),
        ("incomplete", ["odd"], Finish.UNKNOWN, ("finish reason ['odd']",)),
        ("thinking", None, Finish.UNKNOWN, ("finish reason thinking",)),
        (None, None, Finish.UNKNOWN, ("finish reason None",)),
    )

    @pytest.mark.parametrize(("status", "reason", "finish", "notes"), ENDS)
    def test_each_way_to_end_has_its_meaning_and_keeps_the_text(
        self, status: Any, reason: Any, finish: Finish, notes: tuple[str, ...]
    ) -> None:
        output = [gives.message(gives.text('{"sco'))]
        reply = read(status=status, incomplete_details={"reason": reason}, output=output, usage=gives.USAGE)
        assert (reply.finish, reply.text, reply.usage, reply.notes) == (finish, '{"sco', USAGE, notes)

    def test_a_cut_before_the_first_word_keeps_its_usage(self) -> None:
        body = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": []}
        reply = read(**body, usage=gives.USAGE)
        assert (reply.finish, reply.text, reply.usage) == (Finish.LENGTH, "", USAGE)

    def test_odd_counts_are_missing_ones(self) -> None:
        usage = {"input_tokens": -1, "output_tokens": True, "input_tokens_details": None, "output_tokens_details": 7}
        assert read(output=[gives.message()], usage=usage).usage is None

    @pytest.mark.parametrize("item", [None, 7, "text", {}, {"type": "message"}, {"type": "message", "content": "x"}])
    def test_an_odd_item_holds_no_text(self, item: Any) -> None:
        assert read(output=[item]).text == ""

    def test_the_attempt_says_cap_mode_and_tier(self) -> None:
        (attempt,) = read(output=[gives.message(gives.text(TEXT))], max_output_tokens=900, service_tier="flex").attempts
        assert (attempt.cap, attempt.mode, attempt.tier, attempt.error) == (900, "json_schema", "flex", None)

    def test_a_cap_that_the_body_does_not_repeat_is_the_one_sent(self) -> None:
        body = {"status": "completed", "output": [gives.message(gives.text(TEXT))]}
        assert from_response(HOME, body, asked_at=MOMENT, cap=700).attempts[0].cap == 700

    @pytest.mark.parametrize("status", ["queued", "in_progress", "cancelled"])
    def test_what_is_not_finished_is_no_reply(self, status: str) -> None:
        with pytest.raises(SeatFailed, match=f"status {status}") as caught:
            read(status=status, output=[])
        assert (caught.value.code, caught.value.request_id, caught.value.retryable) == ("no_choices", "req-9", True)

    def test_text_that_came_before_a_failure_is_kept(self) -> None:
        """Law 11: it is paid for; whether it is an answer is for the parser to say."""
        body = {"status": "failed", "error": {"code": "server_error"}, "output": [gives.message(gives.text('{"sco'))]}
        reply = read(**body)
        assert (reply.text, reply.finish, reply.notes) == ('{"sco', Finish.UNKNOWN, ("finish reason failed",))
        with pytest.raises(RunStopping):
            read(**{**body, "error": {"code": "insufficient_quota"}})

    @pytest.mark.parametrize("output", [None, [], {}, "text"])
    def test_a_body_without_output_is_no_reply(self, output: Any) -> None:
        with pytest.raises(SeatFailed) as caught:
            read(output=output)
        assert (caught.value.code, caught.value.billed) == ("no_choices", True)


STOP, SEAT = RunStopping, SeatFailed
Row = tuple[str, Behaviour, type[ClientError], str, int | None, bool, bool]

FAILURES: list[Row] = [
    # what the provider does · class · code · status · asking again can help · may have been charged
    ("failed", gives.failed("server_error"), SEAT, "server_error", 200, True, True),
    ("failed without a word", gives.failed(None), SEAT, "server_error", 200, True, True),
    ("failed for speed", gives.failed("rate_limit_exceeded"), SEAT, "rate_limited", 200, True, False),
    ("failed, counted", gives.failed("rate_limit_exceeded", usage=gives.USAGE), SEAT, "rate_limited", 200, True, True),
    ("failed for money", gives.failed("insufficient_quota"), STOP, "quota", 200, False, False),
    ("flagged prompt", gives.failed("invalid_prompt"), SEAT, "filtered", 200, False, True),
    ("policy", gives.failed("bio_policy"), SEAT, "filtered", 200, False, True),
    ("place", gives.failed("data_residency_mismatch"), STOP, "permission", 200, False, False),
    ("failed otherwise", gives.failed("invalid_image"), SEAT, "bad_request", 200, False, True),
    ("no output", gives.NOTHING, SEAT, "no_choices", 200, True, True),
    ("speed", does.rate_limited(), SEAT, "rate_limited", 429, True, False),
    ("quota", does.out_of_quota(), STOP, "quota", 429, False, False),
    ("key", does.key_refused(KEY), STOP, "auth", 401, False, False),
    ("unknown model", does.model_unknown(), STOP, "no_model", 404, False, False),
    ("no such path", does.raw('{"detail": "Not Found"}', status=404), STOP, "no_address", 404, False, False),
    ("temperature", does.unsupported("temperature"), STOP, "unsupported", 400, False, False),
    ("500", does.fault(500, "oops"), SEAT, "server_error", 500, True, False),
    ("error in a 200", does.raw('{"error": {"message": "x", "code": 429}}'), SEAT, "rate_limited", 429, True, False),
    ("web page", does.web_page(), SEAT, "not_json", 200, True, False),
    ("broken JSON", does.broken_json(), SEAT, "not_json", 200, True, True),
    ("reset", does.reset(gives.said(TEXT)), SEAT, "interrupted", None, True, True),
]


@pytest.fixture
async def ask(provider: Provider) -> AsyncIterator[Asking]:
    """Asks once at the provider, after scripting it; `settings` go to the model."""
    opened: list[ResponsesClient] = []

    async def asking(behaviour: Behaviour, **settings: Any) -> Any:
        provider.script([behaviour])
        client = ResponsesClient(a_model("openai", f"{provider.url}/v1", **settings), KEY)
        opened.append(client)
        return await client.ask(a_prompt())

    yield asking
    for client in opened:
        await client.aclose()


HINTS = [
    ("reasoning.effort", {"reasoning_effort": "max"}, "Remove reasoning_effort from"),
    ("text.verbosity", {"verbosity": "low"}, "Remove verbosity from"),
    ("temperature", {"temperature": 0}, "Remove temperature from"),
    ("text.format", {}, "Set schema_mode"),
]


class TestAsking:
    @pytest.mark.parametrize(("param", "parameters", "hint"), HINTS)
    async def test_what_the_model_does_not_take_is_named_as_the_user_wrote_it(
        self, ask: Asking, param: str, parameters: dict[str, Any], hint: str
    ) -> None:
        error = await failure(ask(does.unsupported(param), parameters=parameters))
        assert error.hint.startswith(hint)

    async def test_one_ask_is_one_post_to_responses_with_the_key(self, ask: Asking, provider: Provider) -> None:
        reply = await ask(gives.said(TEXT, model="gpt-6-luna-2026-09-01"))
        (request,) = provider.requests
        assert request.path == "/v1/responses"
        assert request.was_sent_with(KEY)
        assert request.body["store"] is False
        assert (reply.text, reply.finish, reply.usage) == (TEXT, Finish.STOP, USAGE)
        assert (reply.model_asked, reply.model_served) == ("test-model", "gpt-6-luna-2026-09-01")
        assert (reply.request_id, reply.notes) == ("req-1", ())

    async def test_the_cap_sent_is_on_the_attempt(self, ask: Asking) -> None:
        reply = await ask(gives.said(TEXT, max_output_tokens=...), max_output_tokens=500)
        (attempt,) = reply.attempts
        assert (attempt.cap, attempt.mode, attempt.tier, attempt.status) == (500, "json_schema", None, 200)

    async def test_a_cut_answer_keeps_text_and_usage(self, ask: Asking) -> None:
        reply = await ask(gives.cut('{"review": "So f'))
        assert (reply.finish, reply.text, reply.usage) == (Finish.LENGTH, '{"review": "So f', USAGE)

    async def test_reasoning_that_used_up_the_cap_is_a_cut_without_text(self, ask: Asking) -> None:
        reply = await ask(gives.cut(None))
        assert (reply.finish, reply.text, reply.usage) == (Finish.LENGTH, "", USAGE)

    async def test_a_filtered_answer_is_filtered(self, ask: Asking) -> None:
        assert (await ask(gives.cut("So f", "content_filter"))).finish is Finish.FILTERED

    async def test_a_refusal_is_refused(self, ask: Asking) -> None:
        reply = await ask(gives.response(gives.message(gives.refusal("I cannot."))))
        assert (reply.finish, reply.refusal, reply.text, reply.usage) == (Finish.REFUSED, "I cannot.", "", USAGE)

    @pytest.mark.parametrize("row", FAILURES, ids=[row[0] for row in FAILURES])
    async def test_every_failure_has_its_class_code_and_flags(self, ask: Asking, provider: Provider, row: Row) -> None:
        _, behaviour, kind, code, status, retryable, billed = row
        error = await failure(ask(behaviour))
        assert type(error) is kind
        assert (error.code, error.status, error.retryable, error.billed) == (code, status, retryable, billed)
        assert error.message.startswith("mine: ")
        assert error.hint
        assert KEY not in str(error)
        assert len(provider.requests) == 1

    async def test_the_providers_words_of_a_failure_are_bounded_and_in_one_line(self, ask: Asking) -> None:
        error = await failure(ask(gives.failed("server_error", "a\nb" + "x" * 5000)))
        assert "(failed: a bxxx" in error.message
        assert len(error.message) < 400
