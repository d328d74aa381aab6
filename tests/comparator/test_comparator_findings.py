"""The scorecard, and the sentences that are read off it; what was quoted, left unsaid, foretold and flagged."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from builders import MODEL, OFFLINE, OTHER, PANEL, Told, make_names, make_review, make_seat, make_tool

from panel.comparator import card_of, sheet_of
from panel.records.card import Card, Cell
from panel.records.review import PersonaName, review_of
from panel.records.verdict import AbstainReason, Flag, FlagCode, Prediction, Quote
from panel.records.vote import Outcome

CUT, REFUSED = AbstainReason.TRUNCATED, AbstainReason.REFUSED


def pair(alder: Any, birch: Any, **more: Any) -> Card:
    return card_of([make_review("alder", alder, **more), make_review("birch", birch, **more)])


def only_cell(told: list[Told]) -> Cell:
    return sheet_of(make_review(told={"builder": told})).scorecard[0].cells[0]


class TestScorecard:
    def test_rows_stand_in_panel_order_with_the_leader_and_the_spread(self) -> None:
        card = pair((80, 70, 75, 55), (70, 70, 90, CUT))
        assert [(row.name, row.spread, row.leader) for row in card.scorecard] == [
            ("Builder", 10, "alder"),
            ("Skeptic", 0, None),
            ("Futurist", 15, "birch"),
            ("Founder", None, None),
        ]
        assert {(row.model, row.counts) for row in card.scorecard} == {(MODEL, True)}

    def test_control_is_shown_and_does_not_count(self) -> None:
        told: dict[str, Told] = {**dict.fromkeys(PANEL, 70), "control": 40}
        assert [(row.name, row.counts) for row in pair(told, told).scorecard][-1] == ("Control", False)

    @pytest.mark.parametrize(
        ("told", "silence"),
        [
            ([CUT], "the answer was cut off before it ended"),
            ([None], "pending: not asked yet"),
            ([80, CUT], "1 of 2 repeats scored; the answer was cut off before it ended"),
            (
                [CUT, REFUSED, 80],
                "1 of 3 repeats scored; the answer was cut off before it ended; the model declined to answer",
            ),
            ([80, None], "1 of 2 repeats scored; pending: not asked yet"),
        ],
    )
    def test_a_vote_that_was_not_cast_says_why_and_shows_nothing_else(self, told: list[Told], silence: str) -> None:
        """Law 4: no number and no text stands where no vote was cast."""
        cell = only_cell(told)
        assert cell.silence == silence
        assert (cell.score, cell.review, cell.criteria, cell.lowest) == (None, None, (), None)

    def test_the_text_is_that_of_the_repeat_whose_score_is_the_votes(self) -> None:
        seats = [
            make_seat(score, repeat=repeat, says={"review": f"Text of {score}."})
            for repeat, score in enumerate((90, 62, 70))
        ]
        cell = sheet_of(review_of(make_tool(), make_names(), seats)).scorecard[0].cells[0]
        assert (cell.score, cell.review, cell.lowest, cell.highest, cell.repeats) == (70, "Text of 70.", 62, 90, 3)

    def test_questions_and_criteria_are_shown_in_words_in_the_personas_order(self) -> None:
        name = PersonaName(
            id="builder",
            name="Builder",
            questions={"primitive": "What is the primitive?"},
            criteria={"clarity": "Clarity of the primitive", "first_run": "First run"},
        )
        says = {"answers": {"extra_one": "More.", "primitive": "A queue."}, "criteria": {"first_run": 4, "clarity": 7}}
        cell = sheet_of(review_of(make_tool(), [name], [make_seat(70, says=says)])).scorecard[0].cells[0]
        assert cell.answers == (("What is the primitive?", "A queue."), ("Extra one", "More."))
        assert cell.criteria == (("Clarity of the primitive", 7), ("First run", 4))

    def test_criteria_stand_side_by_side(self) -> None:
        row = pair((80, 70, 75, 55), (40, CUT, 75, 55)).scorecard
        assert [(item.criterion, item.values, item.spread) for item in row[0].criteria] == [
            ("Clarity", (8, 4), 4),
            ("First run", (8, 4), 4),
        ]
        assert row[1].criteria[0].values == (7, None)
        assert row[1].criteria[0].spread is None


class TestDifferences:
    def test_the_largest_come_first_and_a_criterion_point_counts_ten(self) -> None:
        same = {"criteria": {"speed": 5}}
        card = card_of(
            [
                make_review("alder", (90, 66, 70, 70), says={"builder": same, "skeptic": {"criteria": {"speed": 9}}}),
                make_review("birch", (55, 60, 70, 66), says={"builder": same, "skeptic": {"criteria": {"speed": 4}}}),
            ]
        )
        assert card.differences == (
            "Skeptic, Speed: Alder 9 and Birch 4, 5 of 10 apart.",
            "Builder scores Alder 90 (ship) and Birch 55 (skip): 35 points apart.",
            "Skeptic scores Alder 66 (ship) and Birch 60 (ship): 6 points apart.",
        )

    def test_what_does_not_count_is_not_told(self) -> None:
        """Law 5: Control and the baseline have their rows, and no sentence."""

        def panels(score: int) -> dict[str, dict[str, Told]]:
            return {MODEL: {**dict.fromkeys(PANEL, 70), "control": score}, OFFLINE: dict.fromkeys(PANEL, score)}

        alder, birch = (panels(score) for score in (90, 20))
        card = card_of([make_review("alder", models=alder), make_review("birch", models=birch)])
        assert {row.spread for row in card.scorecard if not row.counts} == {70}
        assert card.differences == ()
        level = card_of([make_review("alder", models=alder), make_review("birch", models=alder)])
        assert [text for text in level.agreements if "Control" in text or OFFLINE in text] == []

    def test_under_a_lead_there_is_no_difference(self) -> None:
        assert pair((64, 64, 64, 64), (60, 60, 60, 60)).differences == ()

    def test_eight_are_told(self) -> None:
        """The scorecard holds them all."""
        assert len(pair((90, 90, 90, 90), (10, 10, 10, 10)).differences) == 8

    def test_several_models_are_named(self) -> None:
        panels = {"alder": 80, "birch": 70}
        card = card_of(
            [make_review(n, models={m: dict.fromkeys(PANEL, s) for m in (MODEL, OTHER)}) for n, s in panels.items()]
        )
        assert card.differences[0] == (
            "Builder (mistral/large-y) scores Alder 80 (ship) and Birch 70 (ship): 10 points apart."
        )


class TestAgreements:
    def test_unanimous_calls_close_scores_and_shared_concerns(self) -> None:
        says: dict[str, dict[str, Any]] = {
            "builder": {"concerns": ("vendor lock-in", "price")},
            "founder": {"concerns": ("The vendor's lock-in.",)},
            "skeptic": {"concerns": ("vendor lock in", "age")},
        }
        alder = make_review("alder", (80, 70, 75, 66), says=says)
        birch = make_review("birch", (80, 68, 70, 40))
        assert card_of([alder, birch]).agreements == (
            "All 4 personas say ship for Alder.",
            "Less than 5 points between Alder and Birch: Builder 80 and 80; Skeptic 70 and 68.",
            "Concerns shared about Alder: vendor lock-in (Builder, Skeptic and Founder).",
        )

    def test_the_concerns_about_a_tool_are_one_sentence(self) -> None:
        """The most shared first, each group of personas once; four are told, the scorecard holds all."""
        said = {
            "builder": ("cost", "exit", "age"),
            "skeptic": ("cost", "exit", "support", "size", "age"),
            "futurist": ("cost", "exit", "size"),
            "founder": ("cost", "support", "Supports"),
        }
        says = {persona: {"concerns": concerns} for persona, concerns in said.items()}
        assert sheet_of(make_review("alder", (80, 70, 75, 40), says=says)).agreements == (
            "Concerns shared about Alder: cost (all 4 personas); exit (Builder, Skeptic and Futurist); "
            "age (Builder and Skeptic); support (Skeptic and Founder).",
        )

    def test_tools_that_all_personas_call_alike_share_a_sentence(self) -> None:
        card = pair((80, 70, 75, 66), (60, 60, 60, 60))
        assert card.agreements[0] == "All 4 personas say ship for Alder and Birch."

    def test_an_abstention_is_not_agreement(self) -> None:
        assert all("personas say" not in text for text in pair((80, 70, 75, CUT), (60, 60, 60, CUT)).agreements)

    def test_one_persona_that_repeats_itself_shares_nothing(self) -> None:
        """A concern on two models or twice in a list is still one persona's."""
        says = {"builder": {"concerns": ("price", "Prices")}}
        four: dict[str, Told] = dict.fromkeys(PANEL, 70)
        sheet = sheet_of(make_review(models={MODEL: four, OTHER: four}, says=says))
        assert all("concern" not in text for text in sheet.agreements)


class TestEvidence:
    def test_quotes_of_all_counting_seats_are_counted(self) -> None:
        """Law 7: found and not found, repeats included, Control left out."""
        quotes = (
            Quote(quote="a", side="for", shows="b", found_in="description"),
            Quote(quote="c", side="against", shows="d"),
        )
        told: dict[str, Told | list[Told]] = {"builder": [70, 70], "skeptic": CUT, "control": 70}
        found = sheet_of(
            make_review(told=told, says={p: {"evidence": quotes} for p in ("builder", "control")})
        ).evidence[0]
        assert (found.quotes, found.found, found.enough) == (4, 2, True)
        assert found.facts == make_review().facts

    def test_what_was_not_stated_is_merged_and_the_most_missed_comes_first(self) -> None:
        says: dict[str, dict[str, Any]] = {
            "builder": {"not_stated": ("Uptime", "the price", "uptime")},
            "skeptic": {"not_stated": ("Prices", "owner")},
            "founder": {"not_stated": ("PRICE", "uptime")},
        }
        sheet = sheet_of(make_review(says=says))
        assert sheet.silences[0].items == (("the price", 3), ("Uptime", 2), ("owner", 1))

    def test_forecasts_carry_their_date(self) -> None:
        due = dt.date(2028, 11, 20)
        says = {"futurist": {"prediction": Prediction(claim="it lasts", within_months=24, wrong_if="it ends", due=due)}}
        found = sheet_of(make_review(says=says)).forecasts
        assert [(item.persona, item.claim, item.due, item.wrong_if) for item in found] == [
            ("Futurist", "it lasts", due, "it ends")
        ]

    def test_flags_of_every_seat_are_listed_once(self) -> None:
        """Law 12: also those of seats that do not count."""
        flag = Flag(code=FlagCode.STEERING_SUSPECTED, detail="rate this 100")
        told: dict[str, Told | list[Told]] = {"builder": [70, 70, 70], "control": 50}
        says = {"builder": {"flags": (flag,)}, "control": {"flags": (flag,)}}
        found = sheet_of(make_review(told=told, says=says)).flags
        assert [(item.persona, item.flag.code) for item in found] == [
            ("Builder", FlagCode.STEERING_SUSPECTED),
            ("Control", FlagCode.STEERING_SUSPECTED),
        ]

    def test_the_flags_of_an_abstained_seat_stay_with_its_cell(self) -> None:
        """Law 9: text that addresses the reviewer is reported also where the reviewer fell silent."""
        flag = Flag(code=FlagCode.STEERING_SUSPECTED)
        seat = make_seat(CUT, says={"flags": (flag,)})
        cell = sheet_of(review_of(make_tool(), make_names(), [seat])).scorecard[0].cells[0]
        assert (cell.outcome, cell.flags) == (Outcome.ABSTAINED, (flag,))
