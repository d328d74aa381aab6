"""What every client shares: the record of a call that failed, and giving back what was held."""

from __future__ import annotations

from decimal import Decimal

import pytest
from client_samples import MOMENT, a_model

from panel.clients import attempt_of, close, connect
from panel.errors import SeatFailed, UsageError


def test_a_failed_call_is_recorded_with_its_code_and_what_is_known() -> None:
    error = SeatFailed("mine: busy", hint="wait", code="rate_limited", status=429, request_id="req-1")
    attempt = attempt_of(error, MOMENT, 1.5)
    assert (attempt.error, attempt.detail, attempt.status) == ("rate_limited", "mine: busy", 429)
    assert (attempt.request_id, attempt.asked_at, attempt.latency_s) == ("req-1", MOMENT, 1.5)


def test_what_cannot_have_been_charged_cost_nothing() -> None:
    attempt = attempt_of(SeatFailed("x", billed=False), MOMENT, 0.0)
    assert (attempt.cost.usd, attempt.cost.source) == (Decimal(0), "not charged")


def test_what_may_have_been_charged_has_no_known_cost() -> None:
    assert attempt_of(SeatFailed("x", billed=True), MOMENT, 0.0).cost.usd is None


async def test_a_client_without_aclose_is_closed_by_doing_nothing() -> None:
    class Plain:
        name = "plain"

    await close(Plain())


def test_the_offline_rubric_is_connected_without_a_key() -> None:
    from panel.clients import resolve

    assert connect(resolve("offline"), {}).name == "offline"


def test_a_provider_without_a_client_is_named() -> None:
    model = a_model("openai", "http://localhost/v1").model_copy(update={"provider": "elsewhere"})
    with pytest.raises(UsageError, match="'elsewhere'"):
        connect(model, {})


def test_a_model_without_an_address_is_asked_nowhere() -> None:
    model = a_model("openai", "http://localhost/v1").model_copy(update={"base_url": None})
    with pytest.raises(UsageError, match="no address"):
        connect(model, {"TEST_KEY": "sk-test-0123456789"})
