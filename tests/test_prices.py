"""Prices: the user's first, then the table of the provider's own host; what is not known is not zero."""

from __future__ import annotations

import copy
import datetime as dt
import random
import subprocess
import sys
from decimal import Decimal
from typing import Any

import genai_prices
import pytest
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given
from hypothesis import strategies as st

from panel.prices import dollars, estimate, most, price, why_unpriced
from panel.prices.ahead import FRAME_TOKENS, MESSAGE_TOKENS, input_tokens, most_input_tokens
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
        (a_model("tts-1"), Usage(input=1, output=1), "has no price per token for this model"),
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

    def test_the_tier_that_answered_goes_before_the_one_asked_for(self) -> None:
        """A provider may answer in another tier than was asked for, and charges for that one."""
        usage = Usage(input=10_000, output=10_000)
        flex = a_model("gpt-6-luna", parameters={"service_tier": "flex"})
        assert price(flex, usage, AT, tier="default") == price(LUNA, usage, AT)
        assert price(LUNA, usage, AT, tier="flex") == price(flex, usage, AT)

    def test_the_price_is_that_of_the_moment(self) -> None:
        """The table lists a higher price from 20 October 2026 and a lower one from 29 October."""
        model, usage = a_model("mistral-large-4", "mistral"), Usage(input=MILLION, output=0)
        days = {day: price(model, usage, dt.datetime(2026, 10, day, tzinfo=dt.UTC)).usd for day in (19, 20, 28, 29)}
        assert days == {19: Decimal("0.68"), 20: Decimal("1.36"), 28: Decimal("1.36"), 29: Decimal("0.7")}

    def test_a_day_begins_in_utc_wherever_the_clock_is(self) -> None:
        model, usage = a_model("mistral-large-4", "mistral"), Usage(input=MILLION, output=0)
        east = dt.timezone(dt.timedelta(hours=2))
        midnight = dt.datetime(2026, 10, 20, 2, 0, tzinfo=east)
        before = price(model, usage, midnight - dt.timedelta(microseconds=1)).usd
        assert (before, price(model, usage, midnight).usd) == (Decimal("0.68"), Decimal("1.36"))

    @pytest.mark.parametrize("model", [OFFLINE, a_model("qwen3", "compatible", price=0)])
    @pytest.mark.parametrize("usage", [None, Usage(input=5), Usage(input=5, output=5)])
    def test_what_costs_nothing_costs_nothing_without_a_count(self, model: Model, usage: Usage | None) -> None:
        assert price(model, usage, AT).usd == 0

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

    @given(st.integers(1, 10**7), *(st.integers(min_value=0, max_value=10**7) for _ in range(3)))
    def test_any_count_a_server_may_send_has_a_price(self, asked: int, answered: int, cached: int, wrote: int) -> None:
        usage = Usage(input=asked, output=answered, cached=cached, cache_write=wrote)
        for model in (LUNA, PRICED):
            usd = price(model, usage, AT).usd
            assert usd is not None
            assert usd >= 0

    def test_a_prompt_of_no_tokens_is_not_counted(self) -> None:
        """A server that lies so would let calls slip from under a cap."""
        cost = price(PRICED, Usage(input=0, output=0), AT)
        assert (cost.usd, cost.source) == (None, "unknown: the server did not count the tokens")


class TestByBatch:
    """A provider's batch interface has prices of its own: half, as a rule, of every kind of token."""

    USAGE = Usage(input=100_000, output=5000, cached=20_000)

    @pytest.mark.parametrize(("name", "provider"), [("gpt-6-luna", "openai"), ("mistral-large-4", "mistral")])
    def test_a_batch_is_half_the_price_by_the_table(self, name: str, provider: str) -> None:
        live = price(a_model(name, provider), self.USAGE, AT)
        batch = price(a_model(name, provider), self.USAGE, AT, via="batch")
        assert live.usd is not None
        assert batch.usd == live.usd / 2
        assert batch.source == TABLE

    def test_every_model_costs_what_the_package_says(self) -> None:
        compared = 0
        for provider, name in LISTED:
            cost = price(a_model(name, provider), self.USAGE, AT, via="batch")
            if cost.usd is not None:
                assert cost.usd == by_package(provider, name, self.USAGE, AT, {"processing": "batch"}), name
                compared += 1
        assert compared > 30

    def test_a_model_without_a_batch_price_in_the_table_is_unknown(self) -> None:
        """The package would tell the full price, and say nothing."""
        model = a_model("gpt-oss-120b")
        assert price(model, self.USAGE, AT).usd is not None
        cost = price(model, self.USAGE, AT, via="batch")
        assert (cost.usd, cost.source) == (None, f"unknown: {TABLE} has no price for a batch")
        assert why_unpriced(model, AT, via="batch") == f"{TABLE} has no price for a batch"

    @pytest.mark.parametrize("tier", ["flex", "priority", "zzz"])
    def test_a_service_tier_has_no_say_in_a_batch(self, tier: str) -> None:
        tiered = a_model("gpt-6-luna", parameters={"service_tier": tier})
        assert price(tiered, self.USAGE, AT, via="batch") == price(LUNA, self.USAGE, AT, via="batch")
        assert price(LUNA, self.USAGE, AT, tier=tier, via="batch") == price(LUNA, self.USAGE, AT, via="batch")

    def test_the_users_price_is_halved_at_the_providers_own_host(self) -> None:
        mine = LUNA.model_copy(update={"price": Price(input=2, output=8, cached=Decimal("0.5"))})
        live, batch = price(mine, self.USAGE, AT), price(mine, self.USAGE, AT, via="batch")
        assert live.usd is not None
        assert live.saved_usd is not None
        assert (batch.usd, batch.saved_usd) == (live.usd / 2, live.saved_usd / 2)
        assert batch.source == "the user's price, half of it for a batch"

    def test_the_users_price_stays_whole_elsewhere(self) -> None:
        """What a gateway takes for a batch is its own affair."""
        gateway = a_model("gpt-6-luna", base_url="https://gateway.example/v1", price=Price(input=2, output=8))
        assert price(gateway, self.USAGE, AT, via="batch") == price(gateway, self.USAGE, AT)
        assert price(OFFLINE, None, AT, via="batch") == price(OFFLINE, None, AT)

    @pytest.mark.parametrize("model", [LUNA, LUNA.model_copy(update={"price": Price(input=2, output=8)})])
    def test_what_is_estimated_and_what_is_reserved_is_half_too(self, model: Model) -> None:
        live, batch = estimate(model, a_prompt(), at=AT), estimate(model, a_prompt(), at=AT, via="batch")
        bounds = most(model, a_prompt(), AT), most(model, a_prompt(), AT, via="batch")
        assert (live.input_tokens, live.output_tokens) == (batch.input_tokens, batch.output_tokens)
        for whole, half in ((live.usd, batch.usd), (live.worst_usd, batch.worst_usd), [b.usd for b in bounds if b]):
            assert whole is not None
            assert half == whole / 2

    def test_no_batch_call_within_the_bound_costs_more(self) -> None:
        for name in ("gpt-5.4", "gpt-4o", "gpt-6-luna"):
            model = a_model(name)
            bound = most(model, a_prompt(), AT, via="batch")
            asked = most_input_tokens(a_prompt())
            usage = Usage(input=asked, output=model.max_output_tokens, cache_write=asked)
            cost = price(model, usage, AT, via="batch").usd
            assert bound is not None
            assert bound.usd is not None
            assert cost is not None
            assert cost <= bound.usd


class TestTheTable:
    """What is kept of the table gives what the table gives, to the last digit."""

    def test_every_model_costs_what_the_package_says(self) -> None:
        """Of both providers, in every tier, before and after each change of price and above each step."""
        chance = random.Random(3)  # noqa: S311 - not a secret
        compared = 0
        for provider, name in LISTED:
            for _ in range(12):
                tier = chance.choice([None, None, "flex", "priority"])
                usage = some_usage(chance)
                at = AT - dt.timedelta(days=chance.randrange(700), seconds=chance.randrange(86_400))
                model = a_model(name, provider, parameters={"service_tier": tier} if tier else {})
                cost = price(model, usage, at)
                if cost.usd is not None:
                    context = {"service_tier": tier} if tier else None
                    assert cost.usd == by_package(provider, name, usage, at, context), (name, usage, at)
                    compared += 1
        assert compared > 500

    def test_a_model_that_is_priced_by_more_than_tokens_is_unknown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A price for each request, say: reckoning with tokens alone would tell too little."""
        from panel.prices.table import by_table

        found = next(model for model in provider_of("openai").models if model.id == "gpt-6-luna")
        dearer = copy.copy(found.get_prices(AT))
        dearer.requests_kcount = Decimal(1)
        monkeypatch.setattr(found, "prices", dearer)
        by_table.cache_clear()
        cost = price(LUNA, Usage(input=5, output=5), AT)
        by_table.cache_clear()
        assert (cost.usd, cost.source) == (None, f"unknown: {TABLE} prices this model by more than its tokens")


class TestWhatCachingSaved:
    def test_it_is_the_full_price_less_the_price(self) -> None:
        usage = Usage(input=100_000, output=500, cached=80_000)
        full = price(LUNA, usage.model_copy(update={"cached": 0}), AT).usd
        cost = price(LUNA, usage, AT)
        assert full is not None
        assert cost.usd is not None
        assert cost.saved_usd == full - cost.usd == Decimal("0.0072")

    def test_writing_to_the_cache_counts_against_it(self) -> None:
        """A quarter on top of 0.10 dollars a million."""
        assert price(LUNA, Usage(input=MILLION // 10, output=0, cache_write=MILLION // 10), AT).saved_usd == Decimal(
            "-0.0025"
        )

    def test_the_users_price_for_cached_tokens_saves_too(self) -> None:
        assert price(PRICED, Usage(input=MILLION, output=0, cached=MILLION), AT).saved_usd == Decimal("1.5")

    def test_nothing_cached_is_nothing_saved_and_an_unknown_price_saves_nothing_known(self) -> None:
        assert price(LUNA, Usage(input=5, output=5), AT).saved_usd == 0
        assert price(a_model("qwen3", "compatible"), Usage(input=5, output=5, cached=5), AT).saved_usd is None


def some_usage(chance: random.Random) -> Usage:
    """Tokens in general, and close to where a longer prompt costs more a token."""
    asked = chance.choice([chance.randrange(20_000), chance.randrange(271_990, 272_010), chance.randrange(900_000)])
    cached = chance.randint(0, asked)
    written = chance.randint(0, asked - cached)
    return Usage(input=asked, output=chance.randrange(10_000), cached=cached, cache_write=written)


def by_package(provider: str, name: str, usage: Usage, at: dt.datetime, context: dict[str, str] | None) -> Decimal:
    counted = genai_prices.Usage(
        input_tokens=usage.input,
        output_tokens=usage.output,
        cache_read_tokens=usage.cached,
        cache_write_tokens=usage.cache_write,
    )
    return genai_prices.calc_price(
        counted,
        name,
        provider_id=provider,
        genai_request_timestamp=at,
        price_context=context,
    ).total_price


def provider_of(name: str) -> Any:
    return next(provider for provider in get_snapshot().providers if provider.id == name)


LISTED = [(provider, model.id) for provider in HOMES for model in provider_of(provider).models]


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

    def test_the_worst_case_fills_the_cap_and_twice_the_larger_one(self) -> None:
        """Law 3: a contradiction is asked again once; a cut reply once, with twice the cap; two re-asks in all."""
        model = PRICED.model_copy(update={"max_output_tokens": 6000})
        found = estimate(model, a_prompt("x" * 348), at=AT)
        assert (found.input_tokens, found.output_tokens) == (100, 700)
        assert found.usd == (Decimal(2) * 100 + Decimal(8) * 700) / MILLION
        assert found.worst_usd == (3 * Decimal(2) * 100 + Decimal(8) * (6000 + 2 * 12000)) / MILLION
        assert found.source == "the user's price"

    def test_no_answer_is_expected_to_be_longer_than_the_cap(self) -> None:
        assert estimate(PRICED.model_copy(update={"max_output_tokens": 300}), a_prompt(), at=AT).output_tokens == 300

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


class TestMost:
    """The bound that a call reserves: what a hard cap rests on."""

    @given(st.text(max_size=300), st.text(max_size=300))
    def test_no_text_has_more_tokens_than_the_bound(self, system: str, user: str) -> None:
        """A tokenizer that joined nothing would give a token a byte; the schema and the frame come on top."""
        prompt = a_prompt(system).model_copy(update={"reply_schema": {"title": user}})
        sent = len(system.encode("utf-8", "surrogatepass")) + len(user.encode("utf-8", "surrogatepass"))
        assert most_input_tokens(prompt) >= sent
        assert most_input_tokens(prompt) >= input_tokens(prompt)

    def test_it_is_the_bytes_of_what_is_sent_and_an_allowance(self) -> None:
        allowance = 2 * MESSAGE_TOKENS + FRAME_TOKENS
        assert most_input_tokens(a_prompt("x" * 98)) == 100 + allowance  # two braces are the schema
        assert most_input_tokens(a_prompt("工" * 98)) == 3 * 98 + 2 + allowance

    def test_it_fills_the_cap(self) -> None:
        model = PRICED.model_copy(update={"max_output_tokens": 6000})
        asked = most_input_tokens(a_prompt())
        found = most(model, a_prompt(), AT)
        assert found is not None
        assert (found.usd, found.source) == ((Decimal(2) * asked + Decimal(8) * 6000) / MILLION, "the user's price")

    def test_every_token_may_be_written_to_a_cache(self) -> None:
        """The table has 0.10 dollars a million for input, 0.125 for writing it to the cache, 0.50 for output."""
        found = most(LUNA.model_copy(update={"max_output_tokens": 1000}), a_prompt(), AT)
        assert found is not None
        assert found.usd == (Decimal("0.125") * most_input_tokens(a_prompt()) + Decimal("0.5") * 1000) / MILLION

    def test_what_is_free_is_bounded_by_zero_and_what_is_unpriced_by_nothing(self) -> None:
        for free in (OFFLINE, a_model("qwen3", "compatible", price=0)):
            found = most(free, a_prompt(), AT)
            assert found is not None
            assert found.usd == 0
        assert most(a_model("qwen3", "compatible"), a_prompt(), AT) is None

    @given(st.data())
    def test_no_call_within_the_bound_costs_more(self, data: st.DataObject) -> None:
        """Whatever of the prompt is cached or written, with and without steps in the price."""
        model = data.draw(st.sampled_from([LUNA, PRICED, a_model("gpt-5.4"), a_model("mistral-large-4", "mistral")]))
        prompt = a_prompt("x" * data.draw(st.sampled_from([0, 5000, 271_900, 400_000])))
        bound = most(model, prompt, AT)
        asked = data.draw(st.integers(1, most_input_tokens(prompt)))
        cached = data.draw(st.integers(0, asked))
        usage = Usage(
            input=asked,
            output=data.draw(st.integers(0, model.max_output_tokens)),
            cached=cached,
            cache_write=data.draw(st.integers(0, asked - cached)),
        )
        cost = price(model, usage, AT).usd
        assert bound is not None
        assert bound.usd is not None
        assert cost is not None
        assert cost <= bound.usd


def test_why_a_model_has_no_price_is_said() -> None:
    assert why_unpriced(LUNA, AT) is None
    assert why_unpriced(OFFLINE, AT) is None
    assert why_unpriced(a_model("qwen3", "compatible"), AT) == "no price is set for this model"


@pytest.mark.parametrize(
    ("usd", "shown", "upward"),
    [
        ("0", "$0.0000", "$0.0000"),
        ("0.00004", "less than $0.0001", "$0.0001"),
        ("0.01234", "$0.0123", "$0.0124"),
        ("1234.5", "$1,234.5000", "$1,234.5000"),
        ("1.5e30", "$1.500e+30", "$1.500e+30"),
    ],
)
def test_dollars_are_shown_to_a_hundredth_of_a_cent(usd: str, shown: str, upward: str) -> None:
    assert dollars(Decimal(usd)) == shown
    assert dollars(Decimal(usd), up=True) == upward


def test_the_price_table_is_not_loaded_until_it_is_asked() -> None:
    code = "import sys, panel.prices; print('genai_prices' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
