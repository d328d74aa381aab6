"""What headers state: read where it is sane, else ignored; and found through any client that wraps another."""

from __future__ import annotations

from typing import Any

import pytest
from client_samples import ENVIRON, KINDS, a_prompt, failure, model_at
from hypothesis import given
from hypothesis import strategies as st
from loopback import behaviours as does
from loopback.server import Behaviour, Provider, Request

from panel.clients import close, connect
from panel.clients.wire.limits import Allowance, Limits, limits_in, limits_of, seconds_in

OPENAI = {
    "x-ratelimit-limit-requests": "500",
    "x-ratelimit-remaining-requests": "499",
    "x-ratelimit-reset-requests": "120ms",
    "x-ratelimit-limit-tokens": "200000",
    "x-ratelimit-remaining-tokens": "198500",
    "x-ratelimit-reset-tokens": "6m0s",
}


def test_requests_and_tokens_are_read_as_openai_states_them() -> None:
    assert limits_in(OPENAI) == Limits(Allowance(500, 499, 0.12), Allowance(200_000, 198_500, 360))


def test_the_names_seen_at_mistral_are_read_too() -> None:
    stated = {"x-ratelimit-limit-req-minute": "60", "x-ratelimit-remaining-req-minute": "59"}
    sized = {"x-ratelimitbysize-limit-minute": "500000", "x-ratelimitbysize-remaining-minute": "0"}
    found = limits_in({**stated, **sized, "ratelimitbysize-reset": "17"})
    assert found == Limits(Allowance(60, 59), Allowance(500_000, 0, 17))


def test_headers_that_state_nothing_give_none() -> None:
    assert limits_in({"content-type": "application/json", "retry-after": "3"}) is None


NONSENSE = ["", " ", "nan", "-nan", "inf", "-1", "0", "1e400", "1e13", "soon", "1,000", "٣", "0x10", "9" * 400, "\x00"]


@pytest.mark.parametrize("value", NONSENSE)
def test_a_limit_that_is_no_sane_number_is_not_stated(value: str) -> None:
    found = limits_in({"x-ratelimit-limit-requests": value, "x-ratelimit-limit-tokens": "1000"})
    assert found is not None
    assert found.requests.per_minute in (None, 3.0)  # an Arabic 3 is a 3 to Python
    assert found.tokens.per_minute == 1000


DURATIONS = [
    ("1s", 1.0),
    ("6m0s", 360.0),
    ("120ms", 0.12),
    ("1h2m3.5s", 3723.5),
    ("2d", 172_800.0),
    ("7.66", 7.66),
    ("0", 0.0),
    (" 12 ", 12.0),
    ("1795176000", None),
    ("2026-11-20T12:00:00Z", None),
    ("8d", None),
    ("-1s", None),
    ("nan", None),
    ("1s ago", None),
    ("99999999999999999999s", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "seconds"), DURATIONS)
def test_how_long_until_there_is_more(text: str, seconds: float | None) -> None:
    assert seconds_in(text) == (seconds if seconds is None else pytest.approx(seconds))


@given(st.dictionaries(st.sampled_from([*OPENAI, "x-ratelimitbysize-limit-minute"]), st.text(max_size=50)))
def test_any_headers_give_sane_limits_or_none(headers: dict[str, str]) -> None:
    found = limits_in(headers)
    for allowance in found or ():
        assert allowance.per_minute is None or 1 <= allowance.per_minute <= 1e12
        assert allowance.left is None or 0 <= allowance.left <= 1e12
        assert allowance.reset_s is None or 0 <= allowance.reset_s <= 7 * 86_400


class _Client:
    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


def test_the_limits_of_a_wrapped_client_are_found_through_its_wrappers() -> None:
    stated = Limits(Allowance(10))
    assert limits_of(_Client(limits=stated)) is stated
    assert limits_of(_Client(inner=_Client(inner=_Client(limits=stated)))) is stated
    assert limits_of(_Client(limits=None, inner=_Client(limits=stated))) is stated


def test_a_client_without_limits_or_with_odd_ones_states_nothing() -> None:
    circle = _Client()
    circle.inner = circle
    for client in (object(), _Client(limits=None), _Client(limits={"requests": 5}), _Client(limits=print), circle):
        assert limits_of(client) is None


def test_a_client_whose_limits_fail_states_nothing() -> None:
    class Broken:
        @property
        def limits(self) -> Limits:
            raise RuntimeError("not today")

    assert limits_of(Broken()) is None


def stating(behaviour: Behaviour, **headers: str) -> Behaviour:
    """The same answer with headers more."""
    from dataclasses import replace

    def behave(request: Request) -> Any:
        answer = behaviour(request)
        return replace(answer, headers={**dict(answer.headers), **headers})

    return behave


@pytest.mark.parametrize("kind", KINDS)
async def test_each_client_tells_what_the_last_response_stated(provider: Provider, kind: str) -> None:
    """Also a refusal's; a response that states nothing leaves it as it was."""
    ok, slow = does.ok("{}"), does.rate_limited(retry_after="1")
    refused = {**OPENAI, "x-ratelimit-remaining-requests": "0"}
    provider.script([ok, stating(ok, **OPENAI), stating(slow, **refused), ok])
    client = connect(model_at(provider, kind), ENVIRON)
    await client.ask(a_prompt())
    assert limits_of(client) is None
    await client.ask(a_prompt())
    assert limits_of(client) == limits_in(OPENAI)
    assert (await failure(client.ask(a_prompt()))).code == "rate_limited"
    last = limits_of(client)
    assert last == limits_in(refused)
    await client.ask(a_prompt())
    assert limits_of(client) is last
    await close(client)
