"""What is handed in: the same question as live, in the form of each provider's batches, within its limits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from batch_samples import KINDS, RUN, a_part, client_at
from client_samples import ENVIRON, a_model, a_prompt, model_at
from jsonschema import Draft202012Validator
from loopback import behaviours as does
from loopback.batches import BatchProvider
from loopback.server import Provider

from panel.clients import close, connect
from panel.clients.batches import connect_batch
from panel.clients.batches.base import check_size
from panel.errors import ConfigError, RunStopping, UsageError
from panel.records.model import SchemaMode

OPENAPI = Path(__file__).parents[1] / "openapi"


def faults(provider: str, name: str, value: Any) -> list[str]:
    """What of a value does not fit what the provider publishes."""
    schemas = json.loads((OPENAPI / f"{provider}.json").read_text("utf-8"))["components"]["schemas"]
    whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
    return [error.message for error in Draft202012Validator(whole).iter_errors(value)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", SchemaMode)
async def test_a_line_holds_what_a_live_call_sends(provider: Provider, kind: str, mode: SchemaMode) -> None:
    """Field for field, and with the schema's keys in the same order; Mistral's SDK adds `stream` to a live call."""
    provider.script([does.ok("{}")])
    model = model_at(provider, kind, parameters={"temperature": 0.3, "seed": 7})
    live, batch = connect(model, ENVIRON, mode), connect_batch(model, ENVIRON, mode)
    await live.ask(a_prompt())
    line = json.loads(batch.line(a_prompt(), "seat-1"))
    await close(live)
    await batch.aclose()
    sent = {name: value for name, value in provider.requests[0].body.items() if name != "stream"}
    assert line["body"] == sent
    assert json.dumps(line["body"].get("response_format")) == json.dumps(sent.get("response_format"))


async def test_openais_line_names_method_and_address_and_mistrals_does_not() -> None:
    with BatchProvider() as provider:
        async with client_at(provider, "openai") as client:
            line = json.loads(client.line(a_prompt(), "seat-1"))
            assert list(line) == ["custom_id", "method", "url", "body"]
            assert (line["custom_id"], line["method"], line["url"]) == ("seat-1", "POST", "/v1/chat/completions")
            assert faults("openai", "CreateChatCompletionRequest", line["body"]) == []
        async with client_at(provider, "mistral") as client:
            line = json.loads(client.line(a_prompt(), "seat-1"))
            assert list(line) == ["custom_id", "body"]
            assert faults("mistral", "BatchRequest", line) == []
            assert faults("mistral", "ChatCompletionRequest", line["body"]) == []


@pytest.mark.parametrize("kind", KINDS)
async def test_a_line_is_one_line_and_the_same_each_time(kind: str) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            line = client.line(a_prompt("a\ntool \u2028 工"), "seat-1")
            assert b"\n" not in line
            assert line == client.line(a_prompt("a\ntool \u2028 工"), "seat-1")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_batch_has_no_service_tier_beside_itself(kind: str) -> None:
    tier = "flex" if kind == "openai" else "priority"
    with BatchProvider() as provider:
        async with client_at(provider, kind, parameters={"service_tier": tier}) as client:
            assert "service_tier" not in json.loads(client.line(a_prompt(), "seat-1"))["body"]


async def test_a_model_of_the_responses_interface_is_asked_there(monkeypatch: pytest.MonkeyPatch) -> None:
    model = a_model("openai", "https://api.openai.com/v1", api="responses", key_variable="TEST_KEY")
    client = connect_batch(model, ENVIRON)
    line = json.loads(client.line(a_prompt(), "seat-1"))
    await client.aclose()
    assert line["url"] == "/v1/responses"
    assert faults("openai", "CreateResponse", line["body"]) == []
    assert line["body"]["store"] is False


@pytest.mark.parametrize(("kind", "schema"), [("openai", "CreateBatchRequest"), ("mistral", None)])
async def test_what_creates_a_batch_fits_what_the_provider_publishes(kind: str, schema: str | None) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            await client.submit(a_part(client), run=RUN, part=3)
        body = json.loads(provider.requests[-1][3])
        assert body["metadata"] == {"panel_run": RUN, "panel_part": "3"}
        assert body["endpoint"] == "/v1/chat/completions"
        if schema:
            assert faults("openai", schema, body) == []
            assert set(body) == {"input_file_id", "endpoint", "completion_window", "metadata"}
        else:
            assert faults("mistral", "ApiEndpoint", body["endpoint"]) == []
            assert set(body) == {"endpoint", "requests", "model", "metadata", "timeout_hours"}
            assert (body["model"], body["timeout_hours"]) == ("test-model", 24)


async def test_a_short_part_goes_to_mistral_along_with_the_job_and_a_long_one_as_a_file() -> None:
    with BatchProvider() as provider:
        async with client_at(provider, "mistral") as client:
            short, long = a_part(client, 500), a_part(client, 501)
            await client.submit(short, run=RUN, part=0)
            await client.submit(long, run=RUN, part=1)
        assert [made["inline"] for made in provider.created] == [True, False]
        assert json.loads(provider.requests[0][3])["requests"] == [json.loads(line) for line in short]
        assert next(iter(provider.files.values())) == b"".join(line + b"\n" for line in long)


async def test_a_file_is_handed_in_as_it_stands_and_for_batches() -> None:
    with BatchProvider() as provider:
        async with client_at(provider, "openai") as client:
            part = a_part(client)
            await client.submit(part, run=RUN, part=0)
        assert list(provider.files.values()) == [b"".join(line + b"\n" for line in part)]
        method, path, headers, raw = provider.requests[0]
        assert (method, path) == ("POST", "/v1/files")
        assert b'name="purpose"\r\n\r\nbatch\r\n' in raw
        assert not [name for name in headers if name.startswith("x-stainless")]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_part_beyond_the_limits_is_not_handed_in(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            assert (client.most_lines, client.most_bytes) == (50_000 if kind == "openai" else 100_000, 200_000_000)
            with pytest.raises(UsageError, match="0 requests"):
                await client.submit([], run=RUN, part=0)
            monkeypatch.setattr(client, "most_lines", 2)
            with pytest.raises(UsageError, match="A part of 3 requests"):
                await client.submit([b"{}"] * 3, run=RUN, part=0)
            monkeypatch.setattr(client, "most_bytes", 5)
            check_size(client, [b"{}"])
            with pytest.raises(UsageError, match="6 bytes"):
                check_size(client, [b"{}"] * 2)
        assert provider.requests == []


NO_BATCHES = ("compatible", "ollama", "vllm", "llamacpp")


@pytest.mark.parametrize("kind", NO_BATCHES)
def test_a_server_without_a_batch_interface_is_refused(kind: str) -> None:
    with pytest.raises(UsageError, match="cannot be asked by batch") as caught:
        connect_batch(a_model(kind, "http://127.0.0.1:1/v1"), ENVIRON)
    assert "ask this model live" in caught.value.hint


def test_the_offline_rubric_has_no_batches() -> None:
    from panel.clients import resolve

    with pytest.raises(UsageError, match="offline cannot be asked by batch"):
        connect_batch(resolve("offline"), {})


def test_a_missing_key_is_told_before_anything_is_sent() -> None:
    with pytest.raises(RunStopping) as caught:
        connect_batch(a_model("openai", "http://127.0.0.1:1/v1"), {})
    assert caught.value.code == "no_key"


def test_a_parameter_that_mistral_does_not_know_is_told_before_a_day_is_lost() -> None:
    with pytest.raises(ConfigError, match="'temprature'"):
        connect_batch(a_model("mistral", "http://127.0.0.1:1", parameters={"temprature": 1}), ENVIRON)


async def test_a_value_that_mistral_does_not_take_is_told_before_a_day_is_lost() -> None:
    client = connect_batch(a_model("mistral", "http://127.0.0.1:1", parameters={"temperature": "hot"}), ENVIRON)
    with pytest.raises(RunStopping) as caught:
        client.line(a_prompt(), "seat-1")
    await client.aclose()
    assert caught.value.code == "unsupported"


def test_the_package_loads_no_sdk() -> None:
    import subprocess
    import sys

    code = (
        "import sys, panel.clients.batches; print([n for n in ('openai', 'mistralai', 'httpx2') if n in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
