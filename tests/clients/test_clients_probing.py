"""How a server is found out, in three calls at most, and how what was found is remembered."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from client_samples import ENVIRON, KEY, a_model, failure, model_at
from hypothesis import given
from hypothesis import strategies as st
from loopback import behaviours as does
from loopback import servers
from loopback.server import Behaviour, Provider

from panel.clients import Client, resolve
from panel.clients.servers.judging import is_bare_object, is_silent, keeps_to, spoken
from panel.clients.servers.memory import MOST_ENTRIES, Memory
from panel.clients.servers.probing import MOST_CALLS, probe
from panel.errors import ClientError, RunStopping
from panel.records.model import Model, SchemaMode
from panel.records.prompt import Prompt
from panel.records.reply import Attempt, Reply, Usage
from panel.records.run import Probe
from panel.store import Runs

FAMILY = ("ollama", "vllm", "llamacpp", "compatible")
SCHEMA_MODE, OBJECT_MODE, PROMPT_MODE = SchemaMode


async def probed(provider: Provider, behaviour: Behaviour | Sequence[Behaviour], kind: str, **settings: Any) -> Probe:
    """What a probe finds of a server that behaves so."""
    provider.script(behaviour)
    return await probe(model_at(provider, kind, **settings), ENVIRON)


def forms(provider: Provider) -> list[str | None]:
    return [request.body.get("response_format", {}).get("type") for request in provider.requests]


class TestServers:
    @pytest.mark.parametrize("kind", FAMILY)
    async def test_one_that_keeps_to_a_schema_is_found_out_by_one_call(self, provider: Provider, kind: str) -> None:
        found = await probed(provider, servers.keeps_schema(model="served-1"), kind)
        assert (found.model, found.mode, found.ignores_schema) == ("mine", SCHEMA_MODE, False)
        assert found.model_served == "served-1"
        assert forms(provider) == ["json_schema"]

    @pytest.mark.parametrize("kind", FAMILY)
    async def test_one_that_takes_a_schema_and_ignores_it_is_noticed(self, provider: Provider, kind: str) -> None:
        found = await probed(provider, servers.ignores_schema(), kind)
        assert (found.mode, found.ignores_schema) == (OBJECT_MODE, True)
        assert forms(provider) == ["json_schema", "json_object"]

    @pytest.mark.parametrize("kind", FAMILY)
    async def test_one_that_ignores_every_form_is_asked_by_words(self, provider: Provider, kind: str) -> None:
        found = await probed(provider, servers.ignores_schema(forces_object=False), kind)
        assert (found.mode, found.ignores_schema) == (PROMPT_MODE, True)
        assert forms(provider) == ["json_schema", "json_object"]

    REFUSALS = (
        (400, "response_format: json_schema is not supported"),
        (400, "Bad request"),
        (422, "body.response_format.type: value is not a valid enumeration member"),
        (500, "unsupported response_format"),
        (500, "Unknown field: strict"),
        (501, "Not implemented"),
    )

    @pytest.mark.parametrize(("status", "message"), REFUSALS)
    async def test_one_that_refuses_a_schema_is_asked_for_an_object(
        self, provider: Provider, status: int, message: str
    ) -> None:
        found = await probed(provider, servers.refuses_schema(status, message), "compatible")
        assert (found.mode, found.ignores_schema) == (OBJECT_MODE, False)
        refused, kept = found.attempts
        assert (refused.status, refused.mode, refused.error is None) == (status, "json_schema", False)
        assert (kept.status, kept.mode, kept.error) == (200, "json_object", None)

    async def test_a_parameter_that_is_unsupported_by_name_is_a_refusal_too(self, provider: Provider) -> None:
        said = {"code": "unsupported_parameter", "param": "response_format"}
        refuses = servers.refuses_schema(400, "'response_format' of type 'json_schema' is not supported", **said)
        assert (await probed(provider, refuses, "compatible")).mode is OBJECT_MODE

    async def test_one_that_refuses_every_form_is_asked_by_words(self, provider: Provider) -> None:
        found = await probed(provider, servers.refuses_forms(), "compatible")
        assert (found.mode, found.ignores_schema) == (PROMPT_MODE, False)
        assert forms(provider) == ["json_schema", "json_object", None]
        assert [attempt.error is None for attempt in found.attempts] == [False, False, True]

    async def test_llama_cpp_python_is_given_the_schema_with_the_object(self, provider: Provider) -> None:
        found = await probed(provider, servers.llama_cpp_python(), "llamacpp")
        assert (found.mode, found.ignores_schema) == (OBJECT_MODE, False)
        assert "schema" in provider.requests[1].body["response_format"]


class TestAnswers:
    WRAPPED = (
        "<think>The user wants {a colour}.</think>\n{}",
        "thinking aloud: {not json}</think>{}",
        "```json\n{}\n```",
        "Here you are: {} Enjoy!",
    )

    @pytest.mark.parametrize("around", WRAPPED)
    async def test_what_stands_round_the_answer_does_not_hide_it(self, provider: Provider, around: str) -> None:
        found = await probed(provider, servers.keeps_schema(around=around), "compatible")
        assert found.mode is SCHEMA_MODE

    @pytest.mark.parametrize("aloud", [True, False])
    async def test_a_model_that_thinks_long_is_given_room_once(self, provider: Provider, aloud: bool) -> None:
        thinking = servers.thinks(1500, servers.keeps_schema(), aloud=aloud)
        found = await probed(provider, thinking, "ollama")
        assert (found.mode, len(found.attempts)) == (SCHEMA_MODE, 2)
        assert [attempt.cap for attempt in found.attempts] == [400, 2000]
        assert [request.body["max_tokens"] for request in provider.requests] == [400, 2000]

    async def test_and_keeps_it_for_the_next_form(self, provider: Provider) -> None:
        found = await probed(provider, servers.thinks(1500, servers.ignores_schema()), "ollama")
        assert (found.mode, found.ignores_schema) == (OBJECT_MODE, True)
        assert [attempt.cap for attempt in found.attempts] == [400, 2000, 2000]

    async def test_a_server_is_not_judged_by_a_model_that_never_stops_thinking(self, provider: Provider) -> None:
        found = await probed(provider, servers.thinks(9000, servers.keeps_schema()), "ollama")
        assert (found.mode, found.ignores_schema, len(found.attempts)) == (SCHEMA_MODE, False, 2)

    async def test_an_endless_run_of_white_space_keeps_to_no_form(self, provider: Provider) -> None:
        found = await probed(provider, does.ok(" \n" * 400, finish="length"), "compatible")
        assert (found.mode, found.ignores_schema) == (PROMPT_MODE, True)

    async def test_the_models_own_cap_is_not_passed(self, provider: Provider) -> None:
        endless = servers.thinks(9000, servers.keeps_schema())
        found = await probed(provider, endless, "ollama", max_output_tokens=300)
        assert [attempt.cap for attempt in found.attempts] == [300]

    @pytest.mark.parametrize("odd", [None, "", "null", "[]", "{", '{"a": ' * 5000, '["quillwort"]', '"quillwort"', "7"])
    async def test_whatever_comes_gives_a_mode(self, provider: Provider, odd: str | None) -> None:
        found = await probed(provider, does.ok(odd), "compatible")
        assert found.mode is PROMPT_MODE
        assert len(found.attempts) <= MOST_CALLS


class TestCalls:
    async def test_each_is_kept_with_its_tokens_and_told_when_it_ends(self, provider: Provider) -> None:
        provider.script(servers.ignores_schema())
        told: list[Attempt] = []
        found = await probe(model_at(provider, "compatible"), ENVIRON, noted=told.append)
        assert found.attempts == tuple(told)
        assert [attempt.usage for attempt in told] == [Usage(input=1200, output=300, cached=1024, reasoning=128)] * 2

    async def test_they_carry_key_and_parameters_and_no_word_of_any_catalogue(self, provider: Provider) -> None:
        await probed(provider, servers.keeps_schema(), "compatible", parameters={"temperature": 0})
        (request,) = provider.requests
        assert request.was_sent_with(KEY)
        assert request.body["temperature"] == 0
        assert len(json.dumps(request.body)) < 700

    async def test_they_go_through_what_the_caller_wraps_round_a_client(self, provider: Provider) -> None:
        provider.script(servers.refuses_schema())
        asked: list[str] = []

        class Counted:
            def __init__(self, client: Client) -> None:
                self.name = client.name
                self._client = client

            async def ask(self, prompt: Prompt) -> Reply:
                asked.append(prompt.schema_name)
                return await self._client.ask(prompt)

        await probe(model_at(provider, "compatible"), ENVIRON, through=Counted)
        assert asked == ["probe", "probe"]


class TestFailures:
    FAULTS = (
        (does.key_refused(), "auth"),
        (does.out_of_quota(), "quota"),
        (does.model_unknown(), "no_model"),
        (does.rate_limited(), "rate_limited"),
        (does.fault(500, "out of memory"), "server_error"),
        (does.fault(503, "loading model"), "server_error"),
        (does.fault(403, "not yours"), "permission"),
        (does.unsupported("temperature"), "unsupported"),
        (does.fault(400, "json schema too long", code="context_length_exceeded"), "too_long"),
        (does.web_page(), "not_json"),
    )

    @pytest.mark.parametrize(("behaviour", "code"), FAULTS, ids=[code for _, code in FAULTS])
    async def test_what_is_not_about_the_form_is_raised_as_asking_would(
        self, provider: Provider, behaviour: Behaviour, code: str
    ) -> None:
        provider.script([behaviour])
        told: list[Attempt] = []
        error = await failure(probe(model_at(provider, "compatible"), ENVIRON, noted=told.append))
        assert error.code == code
        assert [(attempt.error, attempt.mode, attempt.cap) for attempt in told] == [(code, "json_schema", 400)]

    async def test_a_server_that_is_not_there_is_unreachable(self) -> None:
        error = await failure(probe(a_model("ollama", "http://127.0.0.1:9/v1"), ENVIRON))
        assert error.code == "unreachable"

    async def test_without_a_key_nothing_is_sent(self) -> None:
        with pytest.raises(RunStopping, match="TEST_KEY is not set"):
            await probe(a_model("compatible", "http://127.0.0.1:9/v1"), {})

    async def test_a_request_that_is_refused_even_in_plain_words_was_never_about_the_form(
        self, provider: Provider
    ) -> None:
        faults = [does.fault(400, "top_k must be positive"), does.fault(400, "again"), does.fault(400, "and again")]
        provider.script(faults)
        error = await failure(probe(model_at(provider, "compatible"), ENVIRON))
        assert "top_k must be positive" in error.message

    async def test_money_that_runs_out_on_the_way_is_told_as_such(self, provider: Provider) -> None:
        refused = does.fault(400, "no response_format")
        provider.script([refused, refused, does.out_of_quota()])
        error = await failure(probe(model_at(provider, "compatible"), ENVIRON))
        assert error.code == "quota"

    async def test_what_was_paid_before_an_error_is_told(self, provider: Provider) -> None:
        """Law 11: no call is lost, also where the probe comes to nothing."""
        provider.script([does.ok("Blue."), does.rate_limited()])
        told: list[Attempt] = []
        with pytest.raises(ClientError):
            await probe(model_at(provider, "compatible"), ENVIRON, noted=told.append)
        assert [attempt.error for attempt in told] == [None, "rate_limited"]


class TestJudging:
    @given(st.text(max_size=300))
    def test_any_text_is_judged(self, text: str) -> None:
        assert isinstance(keeps_to(text, "tessera", "quillwort"), bool)
        assert isinstance(is_bare_object(text), bool)
        assert isinstance(is_silent(text), bool)

    @given(st.text(alphabet="<>/think {}[]:\"'\\", max_size=200))
    def test_text_made_of_marks_is_judged(self, text: str) -> None:
        assert not keeps_to(text, "tessera", "quillwort")
        assert spoken(spoken(text)) == spoken(text)

    def test_a_word_said_in_thought_is_not_said(self) -> None:
        assert not keeps_to('<think>{"tessera": "quillwort"}</think>Blue.', "tessera", "quillwort")


TODAY = dt.date(2026, 11, 20)
LOCAL = "http://localhost:9000/v1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "servers.json"


def memory(path: Path, days: int = 0) -> Memory:
    return Memory(path, lambda: TODAY + dt.timedelta(days=days))


def found(model: Model, mode: SchemaMode = OBJECT_MODE, **more: Any) -> Probe:
    return Probe(model=model.name, mode=mode, **more)


class TestMemory:
    MODEL = a_model("compatible", LOCAL)

    def test_nothing_is_remembered_at_first_and_nothing_is_written_by_looking(self, path: Path) -> None:
        assert memory(path).remembered(self.MODEL) is None
        memory(path).forget(self.MODEL)
        assert not path.parent.exists()

    def test_what_was_found_is_remembered_without_the_calls_it_took(self, path: Path) -> None:
        call = Attempt(asked_at=dt.datetime.now(dt.UTC), latency_s=1)
        memory(path).remember(self.MODEL, found(self.MODEL, ignores_schema=True, attempts=(call,)))
        assert memory(path).remembered(self.MODEL) == found(self.MODEL, ignores_schema=True)

    def test_it_is_remembered_by_address_and_model_whatever_the_entry_is_called(self, path: Path) -> None:
        memory(path).remember(self.MODEL, found(self.MODEL))
        renamed = self.MODEL.model_copy(update={"name": "other", "endpoint": "other"})
        assert memory(path).remembered(renamed) == found(renamed)
        for elsewhere in (
            a_model("compatible", "http://localhost:9001/v1"),
            a_model("compatible", LOCAL, model="another"),
            a_model("ollama", LOCAL),
        ):
            assert memory(path).remembered(elsewhere) is None

    def test_what_was_found_last_counts(self, path: Path) -> None:
        for mode in (OBJECT_MODE, PROMPT_MODE):
            memory(path).remember(self.MODEL, found(self.MODEL, mode))
        assert memory(path).remembered(self.MODEL) == found(self.MODEL, PROMPT_MODE)
        assert len(json.loads(path.read_text())["servers"]) == 1

    def test_what_is_forgotten_is_gone_and_the_rest_stays(self, path: Path) -> None:
        other = a_model("vllm", LOCAL)
        for model in (self.MODEL, other):
            memory(path).remember(model, found(model))
        memory(path).forget(self.MODEL)
        assert memory(path).remembered(self.MODEL) is None
        assert memory(path).remembered(other) == found(other)

    def test_the_file_tells_version_and_day_and_no_key(self, path: Path) -> None:
        from panel import __version__

        memory(path).remember(self.MODEL, found(self.MODEL))
        assert json.loads(path.read_text()) == {
            "servers": [
                {
                    "provider": "compatible",
                    "address": LOCAL,
                    "model": "test-model",
                    "mode": "json_object",
                    "ignores_schema": False,
                    "version": __version__,
                    "date": "2026-11-20",
                }
            ]
        }

    @pytest.mark.parametrize(("days", "kept"), [(0, True), (30, True), (31, False), (-1, True), (-31, False)])
    def test_it_lasts_for_thirty_days_whichever_way_the_clock_jumps(self, path: Path, days: int, kept: bool) -> None:
        memory(path).remember(self.MODEL, found(self.MODEL))
        assert (memory(path, days).remembered(self.MODEL) is not None) is kept

    def test_another_version_of_panel_finds_out_anew(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        memory(path).remember(self.MODEL, found(self.MODEL))
        monkeypatch.setattr("panel.clients.servers.memory.__version__", "99.0.0")
        assert memory(path).remembered(self.MODEL) is None

    def test_it_stays_small_and_the_oldest_go_first(self, path: Path) -> None:
        models = [a_model("compatible", LOCAL, model=f"m{i}") for i in range(MOST_ENTRIES + 2)]
        entry = json.loads(_one(path, self.MODEL))["servers"][0]
        path.write_text(json.dumps({"servers": [{**entry, "model": f"m{i}"} for i in range(MOST_ENTRIES + 1)]}))
        memory(path).remember(models[-1], found(models[-1]))
        assert len(json.loads(path.read_text())["servers"]) == MOST_ENTRIES
        assert [memory(path).remembered(model) is None for model in models[:3]] == [True, True, False]

    DAMAGE = (
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"servers": 7}',
        b'{"servers": [null, 7, "x", []]}',
        b"[" * 100_000,
        b" " * 2_000_000,
        b'{"servers": [{"address": NaN}]}',
    )

    @pytest.mark.parametrize("damage", DAMAGE, ids=range(len(DAMAGE)))
    def test_damage_is_forgotten_and_written_over(self, path: Path, damage: bytes) -> None:
        path.parent.mkdir()
        path.write_bytes(damage)
        assert memory(path).remembered(self.MODEL) is None
        memory(path).remember(self.MODEL, found(self.MODEL))
        assert memory(path).remembered(self.MODEL) == found(self.MODEL)

    ODD = (
        {"mode": "telepathy"},
        {"mode": None},
        {"date": "soon"},
        {"date": 7},
        {"version": None},
        {"ignores_schema": []},
    )

    @pytest.mark.parametrize("odd", ODD)
    def test_an_entry_that_says_something_odd_says_nothing(self, path: Path, odd: dict[str, Any]) -> None:
        entry = json.loads(_one(path, self.MODEL))["servers"][0]
        path.write_text(json.dumps({"servers": [{**entry, **odd}]}))
        assert memory(path).remembered(self.MODEL) is None

    BLOCKED: tuple[Callable[[Path], object], ...] = (
        lambda path: path.mkdir(parents=True),
        lambda path: path.parent.write_text("a file in the folder's place"),
        lambda path: (path.parent.mkdir(), path.symlink_to(path)),
    )

    @pytest.mark.parametrize("block", BLOCKED, ids=["a folder", "no folder", "a loop"])
    def test_a_disk_that_cannot_be_written_costs_the_memory_and_nothing_else(
        self, path: Path, block: Callable[[Path], object]
    ) -> None:
        block(path)
        memory(path).remember(self.MODEL, found(self.MODEL))
        memory(path).forget(self.MODEL)
        assert [name for name in os.listdir(path.parent.parent) if name.endswith(".tmp")] == []

    def test_a_full_disk_leaves_the_old_content(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = _one(path, self.MODEL)
        monkeypatch.setattr("os.replace", _full)
        memory(path).remember(self.MODEL, found(self.MODEL, PROMPT_MODE))
        assert path.read_text() == before
        assert os.listdir(path.parent) == ["servers.json"]

    def test_it_lies_beside_the_runs_and_is_none(self, path: Path) -> None:
        _one(path, self.MODEL)
        assert list(Runs(path.parent).list()) == []
        assert stat.S_ISREG(path.stat().st_mode)

    def test_what_is_stated_needs_no_memory(self) -> None:
        from panel.clients.servers.probing import needs_probe

        assert needs_probe(resolve("ollama/qwen3:8b"))
        assert not needs_probe(a_model("ollama", LOCAL, schema_mode="prompt"))


def _one(path: Path, model: Model) -> str:
    """The content of a memory of one server."""
    memory(path).remember(model, found(model))
    return path.read_text()


def _full(*paths: object) -> None:
    raise OSError(28, "No space left on device")
