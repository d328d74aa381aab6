"""Comparable: what two panels must share, each difference in words, and what is only worth a note."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
from builders import (
    MODEL,
    NOON,
    OFFLINE,
    OTHER,
    PANEL,
    Told,
    make_model,
    make_names,
    make_review,
    make_seat,
    make_tool,
)

from panel.comparator import card_of
from panel.records.card import Answer, Card, Choice
from panel.records.review import Review, review_of
from panel.records.verdict import AbstainReason

AGAIN = "Compare them with one panel; only the seats that it lacks are asked."
ANEW = "Review all of them anew with one panel (--refresh) to compare them."


def answer_of(*reviews: Review) -> Answer:
    found = card_of(reviews).answer
    assert found is not None
    return found


def other_ids(tool: str, ids: Mapping[str, Mapping[str, str]], model: str = MODEL) -> Review:
    """A review whose named personas' prompts were made of other things."""
    seats = [make_seat(60, tool=tool, persona=persona, model=model, ids=ids.get(persona)) for persona in PANEL]
    return review_of(make_tool(tool), make_names(), seats)


SKEPTIC, ALL = {"skeptic": {"persona": "new"}}, {persona: {"templates": "new"} for persona in PANEL}


class TestWhatMustBeShared:
    @pytest.mark.parametrize(
        ("birch", "reason"),
        [
            pytest.param(other_ids("birch", SKEPTIC), "The persona text differs for Skeptic.", id="one persona's text"),
            pytest.param(
                other_ids("birch", {"skeptic": {"persona": "new", "reply_schema": "new"}}),
                "The persona text differs for Skeptic.",
                id="its reply form follows from its text",
            ),
            pytest.param(
                other_ids("birch", {"skeptic": {"reply_schema": "x"}, "founder": {"reply_schema": "x"}}),
                "The reply form differs for Skeptic and Founder.",
                id="reply form",
            ),
            pytest.param(other_ids("birch", ALL), "The prompt templates differ.", id="templates"),
            pytest.param(
                other_ids("birch", {persona: {"scale": "new"} for persona in PANEL}),
                "The scale differs.",
                id="scale",
            ),
            pytest.param(
                make_review("birch", variant="blind"), "Reviewed open for Alder and blind for Birch.", id="variant"
            ),
            pytest.param(
                make_review("birch", served="gpt-x-06"),
                "Served by gpt-x for Alder and gpt-x-06 for Birch.",
                id="model served",
            ),
            pytest.param(
                make_review("birch", served=None),
                "Served by gpt-x for Alder and an unnamed model for Birch.",
                id="a server that does not say",
            ),
            pytest.param(
                make_review("birch", model=make_model(MODEL, model="gpt-z"), served="gpt-x"),
                "Asked gpt-x for Alder and gpt-z for Birch.",
                id="model asked under one name",
            ),
            pytest.param(
                make_review("birch", model=make_model(MODEL, parameters={"temperature": 1, "seed": 7})),
                "The parameters differ: seed not set for Alder and 7 for Birch, "
                "temperature not set for Alder and 1 for Birch.",
                id="parameters",
            ),
            pytest.param(
                make_review("birch", (80, 70, 60)), "Founder sat for Alder only.", id="a persona that was not asked"
            ),
            pytest.param(
                make_review("birch", ids={"persona": "new", "templates": "new"}, served="gpt-x-06"),
                "The persona text differs; the prompt templates differ; "
                "served by gpt-x for Alder and gpt-x-06 for Birch.",
                id="several",
            ),
        ],
    )
    def test_each_difference_is_named(self, birch: Review, reason: str) -> None:
        """Two panels that were not asked alike have no scores to put side by side, and the card says why."""
        found = answer_of(make_review("alder"), birch)
        assert (found.choice, found.headline, found.tool) == (Choice.NOT_COMPARABLE, "Not comparable", None)
        assert found.why == f"{reason} {ANEW if 'erved by' in reason else AGAIN}"

    def test_seats_that_are_missing_need_not_be_bought_all_over_again(self) -> None:
        """Law 11: where the same command asks only what is missing, nobody is told to pay for everything anew."""
        found = answer_of(make_review("alder", {"builder": 70, "skeptic": 70, "futurist": 70}), make_review("birch"))
        assert found.why == f"Founder sat for Birch only. {AGAIN}"

    def test_signals_count_where_a_client_reads_them(self) -> None:
        new = {persona: {"signals": "new"} for persona in PANEL}
        assert answer_of(make_review("alder"), other_ids("birch", new)).choice is Choice.SHIP
        found = answer_of(make_review("alder", model=OFFLINE), other_ids("birch", new, OFFLINE))
        assert found.why == f"The rubric signals differ. {AGAIN}"

    def test_the_endpoint_does_not_decide(self) -> None:
        """The same model behind another address is asked the same question."""
        moved = make_model(MODEL, endpoint="https://elsewhere.example/v1")
        assert answer_of(make_review("alder"), make_review("birch", (20, 20, 20, 20), model=moved)).tool == "alder"

    def test_with_three_tools_the_sides_are_named(self) -> None:
        found = answer_of(make_review("alder"), make_review("cedar", ids={"templates": "new"}), make_review("birch"))
        assert found.why.startswith("The prompt templates differ (Alder and Birch against Cedar).")

    def test_one_model_that_is_not_comparable_stops_the_answer(self) -> None:
        four: dict[str, Told] = dict.fromkeys(PANEL, 80)
        seats = [
            make_seat(80, tool="birch", persona=persona, model=model, ids={"templates": text})
            for model, text in ((MODEL, "templates"), (OTHER, "new"))
            for persona in PANEL
        ]
        birch = review_of(make_tool("birch"), make_names(), seats)
        found = answer_of(make_review("alder", models={MODEL: four, OTHER: four}), birch)
        assert found.choice is Choice.NOT_COMPARABLE
        assert {item.model: item.choice for item in found.per_model} == {
            MODEL: Choice.TOO_CLOSE,
            OTHER: Choice.NOT_COMPARABLE,
        }

    def test_a_panel_that_has_not_answered_yet_is_incomplete_and_not_different(self) -> None:
        """What the server will say it served is not known before it answers."""
        found = answer_of(make_review("alder"), make_review("birch", (None, None, None, None)))
        assert found.choice is Choice.INCOMPLETE

    def test_control_need_not_have_sat(self) -> None:
        four: dict[str, Told] = dict.fromkeys(PANEL, 80)
        found = answer_of(make_review("alder", {**four, "control": 10}), make_review("birch", dict.fromkeys(four, 30)))
        assert found.tool == "alder"


class TestWhatStandsSideBySide:
    def test_a_card_that_is_not_comparable_holds_no_differences(self) -> None:
        """Scores of different panels are shown, and nothing is computed from them together."""
        card = card_of([make_review("alder", (90, 90, 90, 90)), make_review("birch", (20, 20, 20, 20), served="x")])
        assert {(row.spread, row.leader) for row in card.scorecard} == {(None, None)}
        assert {item.spread for row in card.scorecard for item in row.criteria} == {None}
        assert card.differences == ()
        assert [cell.score for cell in card.scorecard[0].cells] == [90, 20]

    def test_two_of_three_that_share_a_model_are_not_put_side_by_side_either(self) -> None:
        four: dict[str, Told] = dict.fromkeys(PANEL, 80)
        pair = [make_review(name, models={MODEL: four}) for name in ("alder", "birch")]
        card = card_of([*pair, make_review("cedar", models={OTHER: four})])
        assert {row.spread for row in card.scorecard} == {None}

    def test_a_model_that_only_one_tool_has_is_left_out_and_noted(self) -> None:
        ship, skip = dict.fromkeys(PANEL, 80), dict.fromkeys(PANEL, 20)
        card = card_of(
            [make_review("alder", models={MODEL: ship, OTHER: skip}), make_review("birch", models={MODEL: skip})]
        )
        assert {row.model for row in card.scorecard} == {MODEL}
        assert "Left out: mistral/large-y, which sat for Alder only." in card.notes
        assert (card.heads[0].badge.words, card.heads[0].title) == ("Ship", "Alder: Ship")
        assert card.provenance.seats == 8

    def test_a_baseline_that_only_one_tool_has_is_left_out_and_noted(self) -> None:
        four: dict[str, Told] = dict.fromkeys(PANEL, 80)
        card = card_of(
            [make_review("alder", models={MODEL: four, OFFLINE: four}), make_review("birch", models={MODEL: four})]
        )
        assert {row.model for row in card.scorecard} == {MODEL}
        assert card.notes == ("Left out: offline, which sat for Alder only.",)

    def test_the_baseline_stands_beside_and_does_not_count(self) -> None:
        """Law 5: shown apart, never in the tallies."""
        four: dict[str, Told] = dict.fromkeys(PANEL, 80)
        card = card_of([make_review(name, models={MODEL: four, OFFLINE: four}) for name in ("alder", "birch")])
        assert {(row.model, row.counts) for row in card.scorecard} == {(MODEL, True), (OFFLINE, False)}
        assert [tally.model for tally in card.heads[0].tallies] == [MODEL]
        assert card.heads[0].baseline is not None
        assert "The offline rubric sat beside the models as a baseline; it has no vote." in card.notes
        assert card.provenance.written_by == ("offline rubric, no language model", "written by a language model")

    def test_a_baseline_of_another_version_is_said_to_be_one(self) -> None:
        four: dict[str, Told] = dict.fromkeys(PANEL, 80)
        seats = [make_seat(80, tool="birch", persona=persona) for persona in PANEL]
        newer = make_model(OFFLINE, model="offline-2")
        seats += [make_seat(80, tool="birch", persona=persona, model=newer) for persona in PANEL]
        birch = review_of(make_tool("birch"), make_names(), seats)
        card = card_of([make_review("alder", models={MODEL: four, OFFLINE: four}), birch])
        assert "The baseline is not comparable: asked offline-1 for Alder and offline-2 for Birch." in card.notes
        assert {row.spread for row in card.scorecard if row.model == OFFLINE} == {None}
        assert {row.spread for row in card.scorecard if row.model == MODEL} == {0}

    def test_where_models_are_not_shared_the_baseline_gives_no_advice(self) -> None:
        """Law 5: a tool's own models speak for it, never the rubric that sat beside them."""
        four: dict[str, Told] = dict.fromkeys(PANEL, 80)
        birch = make_review("birch", models={MODEL: dict.fromkeys(PANEL, AbstainReason.EMPTY), OFFLINE: four})
        card = card_of([make_review("alder", models={OFFLINE: four}), birch])
        assert card.answer is not None
        assert card.answer.choice is Choice.NOT_COMPARABLE
        assert [(item.pick_from, item.pick_if) for item in card.advice] == [
            ("Builder (offline)", "you want a queue"),
            (None, None),
        ]
        assert [item.quotes for item in card.evidence] == [4, 0]


class TestNotes:
    def notes(self, alder: Mapping[str, Any], birch: Mapping[str, Any]) -> Card:
        return card_of(
            [
                make_review(
                    make_tool(name, **fields.get("tool", {})), **{k: v for k, v in fields.items() if k != "tool"}
                )
                for name, fields in (("alder", alder), ("birch", birch))
            ]
        )

    @pytest.mark.parametrize(
        ("alder", "birch", "note"),
        [
            (
                {"told": {"builder": [80] * 3, "skeptic": [70] * 3, "futurist": [75] * 3, "founder": [65] * 3}},
                {},
                "The repeats differ: each persona was asked 3 times for Alder and 1 time for Birch.",
            ),
            (
                {"asked_at": NOON - dt.timedelta(days=91)},
                {},
                "The reviews are far apart: 2026-08-21 for Alder and 2026-11-20 for Birch.",
            ),
            (
                {"tool": {"as_of": dt.date(2026, 1, 1)}},
                {"tool": {"as_of": dt.date(2026, 6, 1)}},
                "The facts are of dates far apart: 2026-01-01 for Alder and 2026-06-01 for Birch.",
            ),
            (
                {"tool": {"category": "Queues"}},
                {"tool": {"category": "Models"}},
                "The categories differ: Queues for Alder and Models for Birch.",
            ),
            (
                {"tool": {"name": "Twin"}},
                {"tool": {"name": "twin"}},
                "Tools of the same name are told apart by their ids: Twin (alder) and twin (birch).",
            ),
        ],
        ids=["repeats", "review dates", "dates of facts", "categories", "names"],
    )
    def test_what_does_not_decide_is_noted(self, alder: Mapping[str, Any], birch: Mapping[str, Any], note: str) -> None:
        """Other repeats, dates over 90 days apart and other categories leave the answer as it is."""
        card = self.notes(alder, birch)
        assert card.notes == (note,)
        assert card.answer is not None
        assert card.answer.choice is Choice.TOO_CLOSE

    @pytest.mark.parametrize(
        ("alder", "birch"),
        [
            ({"asked_at": NOON - dt.timedelta(days=90)}, {}),
            ({"tool": {"as_of": dt.date(2026, 1, 1)}}, {"tool": {"as_of": None}}),
            ({"tool": {"category": "Queues"}}, {"tool": {"category": "queues"}}),
            ({"tool": {"category": "Queues"}}, {"tool": {"category": None}}),
        ],
        ids=["exactly 90 days", "one date unknown", "spelling", "one category unknown"],
    )
    def test_what_is_near_enough_or_unknown_is_not_noted(
        self, alder: Mapping[str, Any], birch: Mapping[str, Any]
    ) -> None:
        assert self.notes(alder, birch).notes == ()

    def test_offline_alone_is_said_to_be_alone(self) -> None:
        """Law 12: a reader learns that no language model has judged."""
        card = card_of([make_review("alder", model=OFFLINE), make_review("birch", model=OFFLINE)])
        assert card.notes == ("Only the offline rubric sat: no language model has judged here.",)
        assert card.provenance.written_by == ("offline rubric, no language model",)
