"""Estimating: what a catalogue's plan counts, and what asking would cost live and by batch. Nothing is read or sent.

The prompt here is 500 tokens by the estimate, and an answer 700: at $1 and $2 a million, a call is $0.0019.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from rescore.catalogues import MODEL, NOW, PAIR, tool

from panel.records.hosts import HOMES
from panel.records.identity import key_of, key_parts, sha
from panel.records.model import Model, Price
from panel.records.prompt import Message, Prompt, PromptIds
from panel.records.seat import Slot
from panel.records.standing import Cause, ModelPlan
from panel.rescore.estimating import Tally
from panel.rescore.planning import Standing
from panel.seating import Seat

PRICE = Price(input=Decimal(1), output=Decimal(2))
A_CALL = Decimal("0.0019")
HOUSE = MODEL.model_copy(update={"price": PRICE})
OPENAI = Model(
    name="openai/gpt-x",
    provider="openai",
    model="gpt-x",
    endpoint=HOMES["openai"],
    base_url=HOMES["openai"],
    price=PRICE,
)
MISTRAL = OPENAI.model_copy(
    update={
        "name": "mistral/large",
        "provider": "mistral",
        "model": "large",
        "endpoint": HOMES["mistral"],
        "base_url": HOMES["mistral"],
    }
)
RUBRIC = Model(name="offline", provider="offline", model="rubric-2", endpoint="offline", reads_local=True)


def prompt(chars: int = 1750) -> Prompt:
    """Messages and an empty schema, which is written in two characters, of so many characters together."""
    told = Message(role="user", content="x" * (chars - 2))
    return Prompt(
        messages=(Message(role="system", content=""), told),
        reply_schema={},
        schema_name="review_builder",
        ids=PromptIds(**{name: sha(name) for name in ("tool", "persona", "templates", "reply_schema", "scale")}),
    )


def standing(model: Model = HOUSE, state: str = "missing", *causes: Cause, chars: int = 1750) -> Standing:
    asked = prompt(chars)
    parts = key_parts(model, asked, 0)
    slot = Slot(tool="alder", persona="builder", model=model.name, repeat=0, variant="open")
    seat = Seat(tool("alder"), PAIR[0], model, slot, asked, parts, key_of(parts))
    return Standing(seat, state, causes)  # type: ignore[arg-type]


def planned(*standings: Standing, model: Model = HOUSE, asked: bool = True, away: bool = False) -> ModelPlan:
    """What is told of one model after these."""
    tally = Tally([model], NOW)
    for one in standings:
        tally.add(one, asked=asked, away=away)
    return tally.plan("tools").models[0]


class TestCounts:
    def test_an_empty_catalogue_is_told_with_noughts(self) -> None:
        found = planned()
        assert (found.fresh, found.stale, found.missing, found.left_out, found.calls) == (0, 0, 0, 0, 0)
        assert (found.input_tokens, found.output_tokens, found.live_usd) == (0, 0, 0)

    def test_every_seat_counts_once_by_how_it_stands(self) -> None:
        found = planned(
            standing(state="fresh"),
            standing(state="fresh"),
            standing(HOUSE, "stale", Cause.TOOL),
            standing(state="missing"),
        )
        assert (found.fresh, found.stale, found.missing) == (2, 1, 1)
        assert found.calls == 2

    def test_a_fresh_seat_costs_nothing(self) -> None:
        found = planned(standing(state="fresh"))
        assert (found.calls, found.input_tokens, found.output_tokens, found.live_usd) == (0, 0, 0, 0)

    def test_a_fresh_seat_is_not_among_those_left_out(self) -> None:
        """Whatever the command may ask: there is nothing to ask of it."""
        assert planned(standing(state="fresh"), asked=False).left_out == 0

    def test_what_is_beyond_the_command_is_stale_or_missing_and_left_out_and_costs_nothing(self) -> None:
        found = planned(standing(HOUSE, "stale", Cause.TOOL), standing(), asked=False)
        assert (found.stale, found.missing, found.left_out, found.calls) == (1, 1, 2, 0)
        assert found.live_usd == 0

    def test_what_is_on_its_way_by_batch_is_told_apart_from_what_is_beyond_the_command(self) -> None:
        found = planned(standing(), standing(HOUSE, "stale", Cause.TOOL), asked=False, away=True)
        assert (found.on_the_way, found.left_out, found.calls, found.live_usd) == (2, 0, 0, 0)
        assert (found.stale, found.missing) == (1, 1)

    def test_a_fresh_seat_is_not_on_its_way(self) -> None:
        """Another run may have handed in its question once more; there is nothing to wait for."""
        assert planned(standing(state="fresh"), away=True).on_the_way == 0

    def test_causes_are_told_most_frequent_first(self) -> None:
        found = planned(
            standing(HOUSE, "stale", Cause.PERSONA),
            standing(HOUSE, "stale", Cause.TOOL),
            standing(HOUSE, "stale", Cause.TOOL),
        )
        assert list(found.causes.items()) == [(Cause.TOOL, 2), (Cause.PERSONA, 1)]

    def test_a_seat_with_two_causes_is_one_call_and_counts_under_both(self) -> None:
        found = planned(standing(HOUSE, "stale", Cause.TOOL, Cause.MODEL))
        assert (found.stale, found.calls) == (1, 1)
        assert found.causes == {Cause.TOOL: 1, Cause.MODEL: 1}

    def test_causes_are_told_of_seats_that_are_not_asked_now_too(self) -> None:
        assert planned(standing(HOUSE, "stale", Cause.AGE), asked=False).causes == {Cause.AGE: 1}


class TestModels:
    def test_models_are_told_apart_and_in_the_order_given(self) -> None:
        tally = Tally([OPENAI, HOUSE], NOW)
        tally.add(standing(HOUSE), asked=True)
        tally.add(standing(HOUSE), asked=True)
        tally.add(standing(OPENAI), asked=True)
        assert [(found.model, found.calls) for found in tally.plan("tools").models] == [
            ("openai/gpt-x", 1),
            ("house", 2),
        ]

    def test_a_model_that_nothing_stands_for_is_told_all_the_same(self) -> None:
        assert [found.model for found in Tally([OPENAI, HOUSE], NOW).plan("tools").models] == ["openai/gpt-x", "house"]

    def test_the_catalogue_is_told_with_what_was_read_of_it(self) -> None:
        tally = Tally([HOUSE], NOW)
        tally.tools, tally.broken, tally.left_out = 3, 2, 1
        found = tally.plan("tools.jsonl")
        assert (found.source, found.tools, found.broken, found.left_out) == ("tools.jsonl", 3, 2, 1)

    def test_figures_may_be_taken_at_any_time(self) -> None:
        tally = Tally([HOUSE], NOW)
        tally.add(standing(), asked=True)
        before = tally.plan("tools")
        tally.add(standing(), asked=True)
        assert (before.models[0].calls, tally.plan("tools").models[0].calls) == (1, 2)


class TestMoney:
    def test_a_call_costs_its_estimated_tokens_at_the_models_price(self) -> None:
        found = planned(standing(), standing())
        assert (found.input_tokens, found.output_tokens) == (2 * 500, 2 * 700)
        assert found.live_usd == 2 * A_CALL

    def test_each_seat_is_estimated_from_its_own_prompt(self) -> None:
        assert planned(standing(), standing(chars=3500)).input_tokens == 500 + 1000

    def test_a_small_cap_on_answers_is_all_that_is_expected_of_one(self) -> None:
        model = HOUSE.model_copy(update={"max_output_tokens": 100})
        assert planned(standing(model), model=model).output_tokens == 100

    @pytest.mark.parametrize("model", [OPENAI, MISTRAL], ids=lambda model: model.provider)
    def test_by_batch_it_is_half_at_the_providers_that_take_batches(self, model: Model) -> None:
        found = planned(standing(model), standing(model), model=model)
        assert (found.live_usd, found.batch_usd) == (2 * A_CALL, A_CALL)

    def test_a_server_without_a_batch_interface_has_no_batch_price(self) -> None:
        assert planned(standing()).batch_usd is None

    def test_a_batch_interface_with_nothing_to_ask_would_cost_nothing(self) -> None:
        assert planned(standing(OPENAI, "fresh"), model=OPENAI).batch_usd == 0

    def test_a_price_that_is_not_known_is_counted_and_is_not_nought(self) -> None:
        """The seats are named as unpriced, and stand in neither sum; their tokens are told."""
        model = MODEL
        found = planned(standing(model), standing(model, "fresh"), standing(model), model=model)
        assert (found.calls, found.unpriced) == (2, 2)
        assert (found.live_usd, found.batch_usd) == (0, None)
        assert found.input_tokens == 2 * 500

    def test_seats_left_out_are_not_among_the_unpriced(self) -> None:
        assert planned(standing(MODEL), model=MODEL, asked=False).unpriced == 0

    def test_a_provider_whose_model_has_no_known_price_has_no_batch_price_either(self) -> None:
        model = OPENAI.model_copy(update={"price": None, "model": "no-such-model"})
        found = planned(standing(model), model=model)
        assert (found.unpriced, found.batch_usd) == (1, None)

    @pytest.mark.parametrize(
        "model", [RUBRIC, HOUSE.model_copy(update={"price": Price(input=Decimal(0), output=Decimal(0))})], ids=str
    )
    def test_what_costs_nothing_is_priced_and_free(self, model: Any) -> None:
        found = planned(standing(model), model=model)
        assert (found.calls, found.unpriced, found.live_usd, found.batch_usd) == (1, 0, 0, None)
