"""The fast provider: what benches and tests of retrying, throttling and money rely on."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import answering
from loopback.fast import FastProvider
from loopback.faults import FAULTS, Mix, rates
from loopback.metering import Meter
from loopback.prefixes import PrefixCache
from loopback.process import running

from panel.catalogue import read_tool
from panel.clients import resolve
from panel.clients.openai import to_request
from panel.parse import parse
from panel.personas import load_all
from panel.prompts import Prompter
from panel.records.model import ModelSettings, SchemaMode
from panel.records.persona import Persona
from panel.records.prompt import Prompt
from panel.records.verdict import Scored
from panel.testing import TOOL, persona, reply_of

ROOT = Path(__file__).parents[2]
PROMPTER = Prompter.load(ROOT / "prompts")
FORMS = ("json_schema", "prompt")
MISTRAL = {"user-agent": "mistral-client-python/3.7.0"}


def body_of(prompt: Prompt, model: str = "m") -> dict[str, Any]:
    """A chat-completions request as the SDKs send it."""
    form = {"name": prompt.schema_name, "strict": True, "schema": prompt.reply_schema}
    return {
        "model": model,
        "messages": [message.model_dump() for message in prompt.messages],
        "response_format": {"type": "json_schema", "json_schema": form},
    }


def identity_of(prompt: Prompt, model: str = "m") -> str:
    return answering.identity_in(prompt, model)


PERSONAS = load_all(ROOT / "personas")
TOOLS = [read_tool(path) for path in sorted((ROOT / "catalogue").glob("*.md"))]
PROMPT = PROMPTER.prompt(TOOL, persona())
ASKED = body_of(PROMPT)
WHO = identity_of(PROMPT)


@pytest.fixture
def line() -> Iterator[Any]:
    """Posts over one connection that is kept open; gives status, headers and the JSON of the answer."""
    opened: dict[str, http.client.HTTPConnection] = {}

    def post(url: str, body: Any = ASKED, **headers: str) -> tuple[int, http.client.HTTPMessage, Any]:
        connection = opened.setdefault(url, http.client.HTTPConnection(url.removeprefix("http://"), timeout=10))
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, json.loads(answer.read())

    yield post
    for connection in opened.values():
        connection.close()


class TestReplies:
    """The reply to a question follows from the question, and is one that the panel scores."""

    @pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.id)
    def test_every_seat_of_every_tool_gets_a_reply_without_a_flag_of_its_making(self, tool: Any) -> None:
        for who in PERSONAS.values():
            prompt = PROMPTER.prompt(tool, who)
            asked = identity_of(prompt)
            verdict = parse(reply_of(answering.reply_to(body_of(prompt), asked)), prompt, who)
            assert isinstance(verdict, Scored), verdict
            assert verdict.score == answering.score_of(asked)
            assert verdict.not_stated == (f"what stands in case {asked}",)
            assert [quote.found_in for quote in verdict.evidence] == ["description", "description"]
            assert [flag for flag in verdict.flags if not flag.code.startswith("steering")] == []
            assert verdict.notes == ()

    def test_asking_again_is_the_same_question(self) -> None:
        again = PROMPTER.again(PROMPT, "score and verdict disagree.")
        assert again.messages[1].content != PROMPT.messages[1].content
        assert identity_of(again) == WHO == answering.identity_of(ASKED)

    def test_another_tool_persona_or_model_is_another_question(self) -> None:
        tool = TOOL.model_copy(update={"description": TOOL.description + " More."})
        others = [identity_of(PROMPTER.prompt(tool, persona())), identity_of(PROMPTER.prompt(TOOL, persona("skeptic")))]
        assert len({WHO, *others, identity_of(PROMPT, "other")}) == 4

    def test_scores_of_many_questions_fall_on_both_sides_of_the_line(self) -> None:
        scores = [answering.score_of(answering.identity("m", "s", str(number))) for number in range(500)]
        assert min(scores) < 5
        assert max(scores) > 95
        assert 0.25 < sum(score >= 60 for score in scores) / 500 < 0.55

    def test_a_form_stated_in_words_is_filled_in_and_asks_the_same_question(self) -> None:
        mine = ModelSettings(provider="compatible", model="m", base_url="http://localhost/v1")
        whole, words = (to_request(resolve("mine", {"mine": mine}), PROMPT, SchemaMode(mode)) for mode in FORMS)
        assert words["messages"] != whole["messages"]
        assert answering.identity_of(words) == answering.identity_of(whole) == WHO
        assert answering.reply_to(words, WHO) == answering.reply_to(whole, WHO) == answering.reply_to(ASKED, WHO)

    def test_a_form_that_is_none_of_ours_gets_the_least_that_fits_it(self) -> None:
        schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}}
        body = {**ASKED, "response_format": {"json_schema": {"schema": schema}}}
        assert answering.reply_to(body, WHO) == '{"n": 3}'


class TestServer:
    def test_one_connection_serves_one_request_after_another_in_both_dialects(self, line: Any) -> None:
        with FastProvider() as provider:
            status, _, first = line(provider.url)
            second = line(provider.url, **MISTRAL)[2]
        assert status == 200
        message = first["choices"][0]["message"]
        assert json.loads(message["content"])["score"] == answering.score_of(WHO)
        assert "refusal" in message
        assert second["choices"][0]["message"] == {"role": "assistant", "content": message["content"]}
        assert provider.log == {WHO: ["ok", "ok"]}
        assert provider.stats()["by_behaviour"] == {"ok": 2}

    def test_errors_come_in_the_dialect_of_the_client_that_asks(self, line: Any) -> None:
        with FastProvider() as provider:
            provider.always("rate_limited_wait")
            status, headers, body = line(provider.url)
            flat = line(provider.url, **MISTRAL)[2]
        assert (status, headers["retry-after"], body["error"]["code"]) == (429, "1", "rate_limit_exceeded")
        assert (flat["object"], flat["code"]) == ("error", "1300")

    def test_a_request_that_comes_in_pieces_is_read_whole(self) -> None:
        raw = json.dumps(ASKED).encode()
        with FastProvider() as provider:
            connection = http.client.HTTPConnection(provider.url.removeprefix("http://"), timeout=10)
            connection.putrequest("POST", "/v1/chat/completions")
            connection.putheader("Content-Length", str(len(raw)))
            connection.endheaders(raw[:100])
            connection.send(raw[100:])
            assert connection.getresponse().status == 200
            connection.close()

    def test_another_path_is_not_found(self) -> None:
        with FastProvider() as provider:
            connection = http.client.HTTPConnection(provider.url.removeprefix("http://"), timeout=10)
            for method, path in (("POST", "/v2/elsewhere"), ("GET", "/v1/models")):
                connection.request(method, path, b"")
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 404
            connection.close()

    def test_as_a_process_it_prints_its_address_and_tells_what_it_did(self, line: Any) -> None:
        with running("--faults", "overloaded=1", "--rpm", "2", "--no-headers") as remote:
            statuses = [line(remote.url)[0] for _ in range(3)]
            assert statuses == [503, 503, 429]
            assert remote.log() == {WHO: ["overloaded", "overloaded", "refused"]}
            assert remote.stats()["minutes"] == [{"used": 2, "refused": 1}]

    def test_what_cannot_be_done_is_refused_by_name(self) -> None:
        with FastProvider() as provider, pytest.raises(ValueError, match="no fault is called 'stal'"):
            provider.always("stal")
        with pytest.raises(RuntimeError, match="did not start"), running("--faults", "stal=1"):
            pass


class TestDraw:
    def test_a_draw_depends_on_seed_question_and_turn_alone(self) -> None:
        def drawn(seed: int) -> list[str]:
            mix = Mix(rates("wire,answers"), seed)
            return [mix.draw(f"{number:016x}", turn) for number in range(300) for turn in range(2)]

        assert drawn(7) == drawn(7)
        assert drawn(7) != drawn(8)

    def test_faults_come_at_the_rates_stated(self) -> None:
        mix = Mix(rates("wire,answers"), 1)
        drawn = [mix.draw(f"{number:016x}", 0) for number in range(20_000)]
        for name, rate in rates("wire,answers").items():
            assert drawn.count(name) / 20_000 == pytest.approx(rate, rel=0.25)
        assert {"ok", *rates("wire,answers")} == set(drawn)

    def test_the_mixes_add_up_to_what_their_names_promise(self) -> None:
        assert sum(rates("wire").values()) == pytest.approx(0.09)
        assert sum(rates("answers").values()) == pytest.approx(0.07)

    @pytest.mark.parametrize("spec", ["wire=", "stal=0.1", "stall=0.6,reset=0.6", "stall=much"])
    def test_a_mix_that_cannot_be_is_refused(self, spec: str) -> None:
        if spec == "wire=":
            assert rates(spec) == rates("wire")
        else:
            with pytest.raises(ValueError, match=r"no fault or mix|add up to 1.2|could not convert"):
                rates(spec)

    def test_the_server_draws_each_turn_of_a_question_anew(self, line: Any) -> None:
        with FastProvider(faults=rates("server_error=0.5"), seed=3) as provider:
            statuses = [line(provider.url)[0] for _ in range(12)]
        mix = Mix(rates("server_error=0.5"), 3)
        assert provider.log[WHO] == [mix.draw(WHO, turn) for turn in range(12)]
        assert statuses == [500 if name == "server_error" else 200 for name in provider.log[WHO]]

    def test_every_fault_has_an_answer_in_both_dialects(self, line: Any) -> None:
        silent = {"reset", "body_cut", "stall", "trickle", "web_page", "broken_json"}
        with FastProvider() as provider:
            for name in FAULTS.keys() - silent:
                provider.always(name)
                for agent in ({}, MISTRAL):
                    status = line(provider.url, **agent)[0]
                    assert status == {"insufficient_quota": 429, "server_error": 500, "overloaded": 503}.get(
                        name, 429 if "rate" in name else 200
                    )


class TestMeter:
    """How many calls pass, and what waiting as told brings."""

    @staticmethod
    def admitted(meter: Meter, times: list[float]) -> list[bool]:
        return [meter.admit(time).admitted for time in times]

    def test_a_window_lets_its_limit_through_and_starts_again(self) -> None:
        meter = Meter(2, "window")
        assert self.admitted(meter, [10, 11, 12, 69.9, 70, 71, 72]) == [True, True, False, False, True, True, False]
        assert meter.report() == [{"used": 2, "refused": 2}, {"used": 2, "refused": 1}]

    def test_a_sliding_minute_counts_refused_calls_too(self) -> None:
        meter = Meter(2, "sliding")
        assert self.admitted(meter, [0, 1, 30, 61, 91]) == [True, True, False, True, True]
        patient = Meter(2, "sliding")
        assert self.admitted(patient, [0, 1]) == [True, True]
        wait_s = patient.admit(30).wait_s
        assert wait_s == pytest.approx(31)
        assert patient.admit(30 + wait_s + 0.001).admitted

    def test_a_bucket_lets_a_burst_through_and_refills_evenly(self) -> None:
        meter = Meter(60, "bucket", burst=3)
        assert self.admitted(meter, [0, 0, 0, 0]) == [True, True, True, False]
        assert self.admitted(meter, [2.1, 2.2]) == [True, False]

    @pytest.mark.parametrize("kind", ["window", "sliding", "bucket"])
    def test_who_waits_as_told_is_let_through(self, kind: Any) -> None:
        meter, now = Meter(6, kind), 100.0
        for _ in range(50):
            admission = meter.admit(now)
            if not admission.admitted:
                now += admission.wait_s + 1e-6
                assert meter.admit(now).admitted

    @pytest.mark.parametrize("kind", ["window", "sliding", "bucket"])
    def test_no_more_than_the_limit_passes_in_a_minute(self, kind: Any) -> None:
        meter = Meter(12, kind, burst=2)
        passed = [number / 4 for number in range(1200) if meter.admit(number / 4).admitted]
        most = 24 if kind == "window" else 14 if kind == "bucket" else 12
        assert max(sum(begin <= at < begin + 60 for at in passed) for begin in passed) <= most

    def test_a_refusal_says_how_long_to_wait_and_what_the_limit_is(self, line: Any) -> None:
        with FastProvider(meter=Meter(1)) as provider:
            first, second = line(provider.url)[1], line(provider.url)
        assert (first["x-ratelimit-limit-requests"], first["x-ratelimit-remaining-requests"]) == ("1", "0")
        assert first["retry-after"] is None
        assert second[0] == 429
        assert 55 <= int(second[1]["retry-after"]) <= 60
        assert provider.log == {WHO: ["ok", "refused"]}

    def test_headers_can_be_kept_back(self, line: Any) -> None:
        with FastProvider(meter=Meter(1, headers=False)) as provider:
            headers = line(provider.url)[1]
        assert [name for name in headers if name.startswith("x-ratelimit")] == []


class TestPrefixes:
    """A prompt of `n` tokens is `4 n` characters: the form takes the first few."""

    @staticmethod
    def body(static: str, varying: str, model: str = "m") -> dict[str, Any]:
        messages = [{"role": "system", "content": static}, {"role": "user", "content": varying}]
        return {"model": model, "messages": messages}

    def test_a_prefix_is_cached_once_its_first_request_is_answered(self) -> None:
        cache = PrefixCache()
        first = cache.look_up(self.body("s" * 8000, "one"), "openai")
        together = cache.look_up(self.body("s" * 8000, "two"), "openai")
        cache.answered(first)
        later = cache.look_up(self.body("s" * 8000, "three"), "openai")
        assert (first.cached, together.cached, later.cached) == (0, 0, 1920)
        assert (cache.tokens, cache.cached) == (first.tokens + together.tokens + later.tokens, 1920)

    def test_mistral_counts_in_finer_steps(self) -> None:
        cache = PrefixCache()
        cache.answered(cache.look_up(self.body("s" * 8000, "one"), "mistral"))
        assert cache.look_up(self.body("s" * 8000, "two"), "mistral").cached == 1984

    def test_under_1024_tokens_nothing_is_cached(self) -> None:
        cache = PrefixCache()
        for _ in range(2):
            lookup = cache.look_up(self.body("s" * 4000, "x"), "openai")
            cache.answered(lookup)
        assert lookup.cached == 0

    def test_what_differs_early_or_in_model_shares_nothing(self) -> None:
        cache = PrefixCache()
        cache.answered(cache.look_up(self.body("s" * 8000, "one"), "openai"))
        assert cache.look_up(self.body("x" + "s" * 8000, "one"), "openai").cached == 0
        assert cache.look_up(self.body("s" * 8000, "one", "other"), "openai").cached == 0

    def test_a_persona_shares_its_standing_words_between_tools_and_another_persona_does_not(self, line: Any) -> None:
        builder, skeptic = PERSONAS["builder"], PERSONAS["skeptic"]
        with FastProvider(prefixes=True) as provider:

            def usage(tool: Any, who: Persona) -> tuple[int, int]:
                said = line(provider.url, body_of(PROMPTER.prompt(tool, who)))[2]["usage"]
                return said["prompt_tokens"], said["prompt_tokens_details"]["cached_tokens"]

            assert usage(TOOLS[0], builder)[1] == 0
            tokens, cached = usage(TOOLS[1], builder)
            assert usage(TOOLS[0], skeptic)[1] == 0
        assert cached >= 1024
        assert (cached - 1024) % 128 == 0
        assert cached < tokens
        assert provider.stats()["cached_tokens"] == cached
