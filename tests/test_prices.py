"""Prices: the user's first, then the table of the provider's own host; what is not known is not zero."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from typing import Any

import genai_prices
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.prices import estimate, input_tokens, price
from panel.records.identity import sha
from panel.records.model import Model, Price
from panel.records.prompt import Message, Prompt, PromptIds
from panel.records.reply import Usage

AT = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
TABLE = f"genai-prices {genai_prices.__version__}"
HOMES = {"openai": "https://api.openai.com/v1", "mistral": "https://api.mistral.ai"}
MILLION = 1_000_000


def a_model(name: str, provider: str = "openai", **given: Any) -> Model:
    base_url = HOMES.get(provider)
    return Model.model_validate(
        {"name": "m", "provider": provider, "model": name, "endpoint": "e", "base_url": base_url, **given}
    )


OFFLINE = a_model("rubric-1", "offline", reads_local=True)
LUNA = a_model("gpt-6-luna")
PRICED = a_model("anything", "compatible", price=Price(input=2, output=8, cached=Decimal("0.5")))


class TestPrice:
    def test_the_offline_rubric_costs_nothing(self) -> None:
        cost = price(OFFLINE, None, AT)
        assert (cost.usd, cost.source) == (Decimal(0), "no charge")

    def test_the_table_names_its_version(self) -> None:
        cost = price(LUNA, Usage(input=MILLION, output=MILLION), AT)
        assert cost.source == TABLE
        assert cost.usd is not None
        assert cost.usd > 0

    def test_cached_tokens_are_part_of_the_input_and_cheaper(self) -> None:
        whole = price(LUNA, Usage(input=100_000, output=0), AT).usd
        half = price(LUNA, Usage(input=100_000, output=0, cached=50_000), AT).usd
        assert whole is not None
        assert half is not None
        assert whole / 2 < half < whole

    def test_reasoning_is_part_of_the_output_and_not_charged_twice(self) -> None:
        plain = price(LUNA, Usage(input=10, output=1000), AT)
        assert price(LUNA, Usage(input=10, output=1000, reasoning=900), AT) == plain

    def test_the_users_price_goes_first(self) -> None:
        mine = LUNA.model_copy(update={"price": Price(input=1, output=2)})
        cost = price(mine, Usage(input=MILLION, output=MILLION), AT)
        assert (cost.usd, cost.source) == (Decimal(3), "the user's price")

    def test_the_users_price_for_cached_tokens_is_used_and_otherwise_that_of_input(self) -> None:
        usage = Usage(input=MILLION, output=0, cached=MILLION)
        assert price(PRICED, usage, AT).usd == Decimal("0.5")
        plain = PRICED.model_copy(update={"price": Price(input=2, output=8)})
        assert price(plain, usage, AT).usd == Decimal(2)

    UNKNOWN = (
        (a_model("qwen3", "compatible"), Usage(input=1, output=1), "no price is set for this model"),
        (a_model("gpt-6-luna", base_url="https://gateway.example/v1"), Usage(input=1, output=1), "no price is set"),
        (a_model("no-such-model"), Usage(input=1, output=1), "does not list this model"),
        (LUNA, None, "did not count the tokens"),
        (LUNA, Usage(input=5), "did not count the tokens"),
        (PRICED, Usage(output=5), "did not count the tokens"),
        (a_model("gpt-6-luna", parameters={"service_tier": "zzz"}), Usage(input=1, output=1), "this service tier"),
    )

    @pytest.mark.parametrize(("model", "usage", "reason"), UNKNOWN)
    def test_an_unknown_price_is_no_number_and_says_why(self, model: Model, usage: Usage | None, reason: str) -> None:
        cost = price(model, usage, AT)
        assert cost.usd is None
        assert cost.source.startswith("unknown: ")
        assert reason in cost.source

    def test_a_cheaper_tier_of_service_is_cheaper(self) -> None:
        usage = Usage(input=10_000, output=10_000)
        flex = price(a_model("gpt-6-luna", parameters={"service_tier": "flex"}), usage, AT).usd
        plain = price(LUNA, usage, AT).usd
        assert flex is not None
        assert plain is not None
        assert flex < plain

    def test_an_alias_is_priced_as_an_estimate(self) -> None:
        cost = price(a_model("mistral-large-latest", "mistral"), Usage(input=10, output=10), AT)
        assert cost.source == f"{TABLE}, alias, estimate"

    def test_the_model_that_answered_prices_an_alias_exactly(self) -> None:
        usage = Usage(input=MILLION, output=0)
        cost = price(a_model("mistral-large-latest", "mistral"), usage, AT, served="mistral-large-4")
        assert cost == price(a_model("mistral-large-4", "mistral"), usage, AT)
        assert cost.source == TABLE

    def test_a_model_that_answered_and_is_not_listed_is_priced_as_the_one_asked(self) -> None:
        usage = Usage(input=10, output=10)
        assert price(LUNA, usage, AT, served="who-knows") == price(LUNA, usage, AT)

    @given(*(st.integers(min_value=0, max_value=10**7) for _ in range(4)))
    def test_any_count_a_server_may_send_has_a_price(self, asked: int, answered: int, cached: int, wrote: int) -> None:
        usage = Usage(input=asked, output=answered, cached=cached, cache_write=wrote)
        for model in (LUNA, PRICED):
            usd = price(model, usage, AT).usd
            assert usd is not None
            assert usd >= 0


def a_prompt(text: str = "x" * 3500) -> Prompt:
    ids = {name: sha(name) for name in ("tool", "persona", "templates", "reply_schema", "scale")}
    messages = (Message(role="system", content=text), Message(role="user", content=""))
    return Prompt(messages=messages, reply_schema={}, schema_name="s", ids=PromptIds(**ids))


class TestEstimate:
    def test_tokens_are_characters_of_messages_and_schema_by_three_and_a_half(self) -> None:
        assert input_tokens(a_prompt("x" * 348)) == 100  # and two for the braces of the empty schema
        larger = a_prompt("x" * 348).model_copy(update={"reply_schema": {"type": "object"}})
        assert input_tokens(larger) == 105

    def test_letters_beyond_ascii_count_a_token_each(self) -> None:
        """Scripts that models know less well need a token a letter or more."""
        assert input_tokens(a_prompt("工" * 100)) == 101  # and two braces

    def test_the_worst_case_fills_the_cap_twice(self) -> None:
        """Law 3: a contradiction is asked again once."""
        model = PRICED.model_copy(update={"max_output_tokens": 6000})
        found = estimate(model, a_prompt("x" * 348), at=AT)
        assert (found.input_tokens, found.output_tokens) == (100, 700)
        assert found.usd == (Decimal(2) * 100 + Decimal(8) * 700) / MILLION
        assert found.worst_usd == 2 * (Decimal(2) * 100 + Decimal(8) * 6000) / MILLION
        assert found.source == "the user's price"

    def test_no_answer_is_expected_to_be_longer_than_the_cap(self) -> None:
        model = PRICED.model_copy(update={"max_output_tokens": 300})
        found = estimate(model, a_prompt(), at=AT)
        assert found.output_tokens == 300
        assert found.worst_usd == 2 * (found.usd or 0)

    def test_the_offline_rubric_uses_no_tokens(self) -> None:
        assert estimate(OFFLINE, a_prompt()) == (0, 0, Decimal(0), Decimal(0), "no charge")

    def test_an_unknown_price_leaves_the_tokens(self) -> None:
        found = estimate(a_model("qwen3", "compatible"), a_prompt(), at=AT)
        assert found.input_tokens > 1000
        assert (found.usd, found.worst_usd) == (None, None)
        assert found.source.startswith("unknown")

    def test_the_table_prices_an_estimate_too(self) -> None:
        found = estimate(LUNA, a_prompt(), at=AT)
        assert found.usd is not None
        assert found.worst_usd is not None
        assert 0 < found.usd < found.worst_usd
        assert found.source == TABLE


def test_the_price_table_is_not_loaded_until_it_is_asked() -> None:
    code = "import sys, panel.prices; print('genai_prices' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
