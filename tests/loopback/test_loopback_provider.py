"""The loopback provider and the guard round every test: what other tests rely on."""

from __future__ import annotations

import http.client
import json
import os
import socket
import urllib.request
from dataclasses import replace
from typing import Any

import pytest
from loopback import behaviours as does
from loopback.server import Provider


def post(url: str, body: dict[str, Any], **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json", **headers})  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310 - loopback
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


ASKED = {"model": "m", "messages": []}


def test_a_list_is_played_in_order_and_requests_are_recorded(provider: Provider) -> None:
    provider.script([does.ok("one"), does.fault(500, "two")])
    status, body = post(f"{provider.url}/v1/chat/completions", ASKED, authorization="Bearer secret")
    assert (status, body["choices"][0]["message"]["content"]) == (200, "one")
    assert post(f"{provider.url}/chat/completions", ASKED)[0] == 500
    assert [request.path for request in provider.requests] == ["/v1/chat/completions", "/chat/completions"]
    assert provider.requests[0].body == ASKED
    assert provider.requests[0].was_sent_with("secret")
    assert "secret" not in repr(provider.requests[0])


def test_a_single_behaviour_answers_every_request(provider: Provider) -> None:
    provider.script(does.ok("again"))
    answers = [post(f"{provider.url}/v1/chat/completions", ASKED)[1] for _ in range(3)]
    assert {answer["choices"][0]["message"]["content"] for answer in answers} == {"again"}


def test_asking_more_than_was_scripted_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="1 more requests came"), Provider() as provider:
        assert post(f"{provider.url}/v1/chat/completions", ASKED)[0] == 500


def test_errors_come_in_the_dialect_of_the_client_that_asks(provider: Provider) -> None:
    provider.script(does.rate_limited())
    url = f"{provider.url}/v1/chat/completions"
    assert post(url, ASKED)[1]["error"]["code"] == "rate_limit_exceeded"
    flat = post(url, ASKED, **{"user-agent": "mistral-client-python/3.7.0"})[1]
    assert (flat["object"], flat["type"], flat["code"]) == ("error", "rate_limited", "1300")


def test_another_path_is_not_found(provider: Provider) -> None:
    provider.script(does.ok("x"))
    assert post(f"{provider.url}/v2/elsewhere", ASKED)[0] == 404


def test_a_body_may_trickle_or_end_too_early(provider: Provider) -> None:
    whole = does.ok("x" * 500)
    provider.script([lambda asked: replace(whole(asked), over_s=0.05)])
    assert post(f"{provider.url}/chat/completions", ASKED)[1]["choices"][0]["message"]["content"] == "x" * 500
    provider.script([lambda asked: replace(whole(asked), cut_after=20, orderly=True)])
    with pytest.raises(http.client.IncompleteRead):
        post(f"{provider.url}/chat/completions", ASKED)


def test_a_reply_can_be_filled_in_from_the_schema_that_was_sent(provider: Provider) -> None:
    schema = {
        "type": "object",
        "properties": {
            "note": {"type": ["string", "null"]},
            "list": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "guess": {"anyOf": [{"type": "object", "properties": {}}, {"type": "null"}]},
            "score": {"type": "integer", "minimum": 3},
            "verdict": {"type": "string", "enum": ["ship", "skip"]},
        },
    }
    provider.script([does.filled(score=61)])
    asked = {**ASKED, "response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}
    text = post(f"{provider.url}/v1/chat/completions", asked)[1]["choices"][0]["message"]["content"]
    assert json.loads(text) == {"note": None, "list": ["text"], "guess": None, "score": 61, "verdict": "ship"}


@pytest.mark.parametrize("host", ["api.openai.com", "192.0.2.1", "2001:db8::1"])
def test_no_test_can_reach_another_machine(host: str) -> None:
    with pytest.raises(AssertionError, match="only this machine may be reached"):
        socket.create_connection((host, 443), timeout=1)


def test_no_test_sees_a_key_or_a_setting_of_the_developers() -> None:
    stray = ("OPENAI_API_KEY", "MISTRAL_API_KEY", "PANEL_MODEL", "OPENAI_BASE_URL", "HTTPS_PROXY", "https_proxy")
    assert [name for name in stray if name in os.environ] == []
