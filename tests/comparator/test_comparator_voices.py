"""Single voices: the advice chosen by rule, the strongest dissent, and sentences that are never cut."""

from __future__ import annotations

from typing import Any

import pytest
from builders import MODEL, OTHER, PANEL, Told, make_review
from hypothesis import given
from hypothesis import strategies as st

from panel.comparator import sheet_of
from panel.comparator.sentences import sentences
from panel.comparator.voices import telling
from panel.records.card import Advice, Dissent
from panel.records.verdict import AbstainReason, Quote
from panel.records.vote import Outcome

CUT = AbstainReason.TRUNCATED


def clauses(**by_persona: tuple[str | None, str | None]) -> dict[str, dict[str, Any]]:
    """pick_if and walk_away_if by persona; none for who is not named."""
    return {
        persona: dict(zip(("pick_if", "walk_away_if"), by_persona.get(persona, (None, None)), strict=True))
        for persona in PANEL
    }


def advice(told: tuple[Told, ...], **by_persona: tuple[str | None, str | None]) -> Advice:
    return sheet_of(make_review(told=told, says=clauses(**by_persona))).advice[0]


class TestAdvice:
    def test_the_highest_seat_says_pick_and_the_lowest_says_walk(self) -> None:
        found = advice(
            (70, 50, 90, 60),
            builder=("you pick b", "you walk b"),
            skeptic=("you pick s", "you walk s"),
            futurist=("you pick f", "you walk f"),
            founder=("you pick o", "you walk o"),
        )
        assert (found.pick_if, found.pick_from) == ("you pick f", "Futurist")
        assert (found.walk_away_if, found.walk_from) == ("you walk s", "Skeptic")

    def test_a_seat_without_a_clause_is_passed_over(self) -> None:
        found = advice((70, 50, 90, 60), builder=("you pick b", None), founder=(None, "you walk o"))
        assert (found.pick_from, found.walk_from) == ("Builder", "Founder")

    def test_ties_go_to_who_stands_first_in_the_panel(self) -> None:
        found = advice((70, 70, 70, 70), skeptic=("you s", None), founder=("you o", "you o"), futurist=(None, "you f"))
        assert (found.pick_from, found.walk_from) == ("Skeptic", "Futurist")

    def test_one_seat_does_not_say_both_where_another_can_say_walk(self) -> None:
        found = advice((40, 90, 90, 90), builder=("you pick b", "you walk b"), skeptic=(None, "you walk s"))
        assert (found.pick_from, found.walk_from) == ("Builder", "Skeptic")

    def test_one_seat_does_not_say_both_where_another_can_say_pick(self) -> None:
        found = advice((90, 40, 50, 50), builder=("you pick b", "you walk b"), skeptic=("you pick s", None))
        assert (found.pick_from, found.walk_from) == ("Skeptic", "Builder")

    def test_the_only_seat_with_clauses_says_both(self) -> None:
        found = advice((70, 50, 90, 60), founder=("you pick o", "you walk o"))
        assert (found.pick_from, found.walk_from) == ("Founder", "Founder")

    def test_nobody_is_made_to_say_anything(self) -> None:
        found = advice((70, 50, 90, 60))
        assert (found.pick_if, found.pick_from, found.walk_away_if, found.walk_from) == (None, None, None, None)

    @pytest.mark.parametrize(
        ("clause", "shown"),
        [
            ("You want a queue.", "you want a queue"),
            (" your team is small ", "your team is small"),
            ("Teams of ten", None),
            ("if you want a queue", None),
            ("", None),
        ],
    )
    def test_a_clause_completes_the_sentence_or_is_left_out(self, clause: str, shown: str | None) -> None:
        assert advice((70, 50, 90, 60), futurist=(clause, None)).pick_if == shown

    def test_abstained_and_control_give_no_advice(self) -> None:
        """Law 5: only seats whose votes count are heard."""
        says = clauses(builder=("you b", None)) | {"control": {"pick_if": "you c", "walk_away_if": "you c"}}
        told: dict[str, Told] = {"builder": 20, "skeptic": CUT, "control": 99}
        found = sheet_of(make_review(told=told, says=says)).advice[0]
        assert (found.pick_from, found.walk_from) == ("Builder", None)

    def test_a_repeat_of_a_vote_that_was_not_cast_gives_no_advice(self) -> None:
        """Law 3: half a seat's silence is no vote, and its other half no voice."""
        found = sheet_of(make_review(told={"builder": [90, CUT], "skeptic": 50})).advice[0]
        assert (found.pick_from, found.walk_from) == ("Skeptic", "Skeptic")

    def test_with_several_models_the_model_is_named(self) -> None:
        panels = {MODEL: dict.fromkeys(PANEL, 60), OTHER: dict.fromkeys(PANEL, 80)}
        found = sheet_of(make_review(models=panels)).advice[0]
        assert (found.pick_from, found.walk_from) == ("Builder (mistral/large-y)", "Builder (openai/gpt-x)")


def dissents(told: tuple[Told, ...], **says: dict[str, Any]) -> tuple[Dissent, ...]:
    return sheet_of(make_review(told=told, says=says)).dissents


class TestDissent:
    @pytest.mark.parametrize(
        ("told", "persona", "outcome", "score"),
        [
            pytest.param((80, 70, 75, 55), "Founder", Outcome.SKIP, 55, id="the one skip under Ship"),
            pytest.param((50, 80, 80, 41), "Founder", Outcome.SKIP, 41, id="the lowest skip under Mixed"),
            pytest.param((50, 61, 20, 41), "Skeptic", Outcome.SHIP, 61, id="the one ship under Skip"),
            pytest.param((61, 20, 20, 20, 20, 20, 90), "P6", Outcome.SHIP, 90, id="the highest ship under Skip"),
            pytest.param((50, 50, 80, 80), "Builder", Outcome.SKIP, 50, id="a tie goes to the first in the panel"),
        ],
    )
    def test_the_strongest_vote_against_the_badge(
        self, told: tuple[Told, ...], persona: str, outcome: Outcome, score: int
    ) -> None:
        names = PANEL if len(told) == 4 else [f"p{place}" for place in range(len(told))]
        found = sheet_of(make_review(told=dict(zip(names, told, strict=True)))).dissents
        assert [(item.persona, item.outcome, item.score) for item in found] == [(persona, outcome, score)]

    @pytest.mark.parametrize(
        "told",
        [(80, 80, 80, 80), (20, 20, 20, 20), (80, 80, 50, CUT), (80, 80, 50, None)],
        ids=["all ship", "all skip", "no verdict", "incomplete"],
    )
    def test_without_a_badge_or_without_a_minority_there_is_none(self, told: tuple[Told, ...]) -> None:
        assert dissents(told) == ()

    def test_a_skip_is_quoted_where_it_names_its_concerns(self) -> None:
        says = {
            "concerns": ("vendor lock-in", "cost at scale"),
            "review": "The parts are good. What it costs at scale is nowhere said. Somebody will like it.",
        }
        assert dissents((80, 80, 80, 50), founder=says)[0].words == "What it costs at scale is nowhere said."

    def test_a_ship_is_quoted_where_it_names_its_evidence(self) -> None:
        says = {
            "concerns": ("cost",),
            "evidence": (Quote(quote="x", side="for", shows="a stable file format"),),
            "review": "The cost is high. Its file format is stable and old. There is more.",
        }
        assert dissents((80, 20, 20, 20), builder=says)[0].words == "Its file format is stable and old."

    def test_several_models_that_disagree_have_no_dissent_but_themselves(self) -> None:
        panels = {MODEL: dict.fromkeys(PANEL, 80), OTHER: dict.fromkeys(PANEL, 20)}
        assert sheet_of(make_review(models=panels)).dissents == ()


class TestTheTellingSentence:
    def test_of_equals_the_first(self) -> None:
        assert telling("Price is high. Price is open. End.", ["price"]) == "Price is high."

    def test_the_first_concern_goes_before_all_others(self) -> None:
        text = "Price and support are bad. It has no exit. End."
        assert telling(text, ["exit", "price", "support"]) == "Price and support are bad. It has no exit."
        assert telling("Price and support are bad. No exit exists.", ["exit", "price"]) == "No exit exists."

    def test_a_sentence_that_leans_on_the_one_before_brings_it_along(self) -> None:
        """Two whole sentences that stand together, never one without what it speaks of."""
        text = "Birch prints 99.99 %. That figure has no source. More follows."
        assert telling(text, ["unsourced figure"]) == "Birch prints 99.99 %. That figure has no source."

    def test_words_inside_a_quote_are_not_the_seats_reason(self) -> None:
        """A sentence that only introduces a quote about the price says less than one that judges it."""
        text = "The page has “the price is low, the price is open”. Nobody can check the price. End."
        assert telling(text, ["unclear price"]) == "Nobody can check the price."

    def test_without_a_word_of_the_cues_the_last(self) -> None:
        assert telling("One. Two. Three.", ["price"]) == "Three."

    def test_plurals_and_case_are_one_word(self) -> None:
        assert telling("It runs. PRICES rise. End.", ["price"]) == "PRICES rise."


class TestSentences:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("One. Two! Three? Four… Five", ("One.", "Two!", "Three?", "Four…", "Five")),
            ("It needs v1.2.3 of uv. Then it runs.", ("It needs v1.2.3 of uv.", "Then it runs.")),
            ("Some tools, e.g. Kafka, do more. Not this.", ("Some tools, e.g. Kafka, do more.", "Not this.")),
            ("Redis vs. Kafka is moot. So what?", ("Redis vs. Kafka is moot.", "So what?")),
            ("Ask J. Doe about it. She knows.", ("Ask J. Doe about it.", "She knows.")),
            ("It is no. 1 here. And there.", ("It is no. 1 here.", "And there.")),
            ("He said “stop.” Then left.", ("He said “stop.”", "Then left.")),
            ("It runs. npm does too. End.", ("It runs. npm does too.", "End.")),
            ("速い。安い。終わり", ("速い。", "安い。", "終わり")),
            ("", ()),
            ("   ", ()),
            ("no stop", ("no stop",)),
        ],
    )
    def test_a_sentence_ends_where_it_surely_ends(self, text: str, expected: tuple[str, ...]) -> None:
        assert sentences(text) == expected

    @given(st.text(alphabet='aB1 .!?…"”)。\n', max_size=60))
    def test_no_character_is_lost_and_none_is_cut_out(self, text: str) -> None:
        assert "".join("".join(sentences(text)).split()) == "".join(text.split())
        assert all(item in text for item in sentences(text))
