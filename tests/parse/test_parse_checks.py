"""Checks on an answer that fits: each lands as a visible flag, and none changes a score."""

from __future__ import annotations

from typing import Any

import pytest
from surveyor import ANSWER, verdict_of

from panel.records.verdict import Scored

REVIEW = ANSWER["review"]
WORDS = REVIEW.split()


def flags(**changes: Any) -> list[tuple[str, str]]:
    return [(flag.code.value, flag.detail) for flag in verdict_of(**changes).flags]


def test_a_faultless_answer_carries_no_flag() -> None:
    assert flags() == []


def test_each_missing_quote_is_flagged_and_also_that_none_was_found() -> None:
    """Law 7: quotes are marked found or not, with the field that holds them."""
    invented = {"quote": "trusted by 400 companies", "side": "for", "shows": "others use it"}
    verdict = verdict_of(evidence=[ANSWER["evidence"][0], invented])
    assert isinstance(verdict, Scored)
    assert [quote.found_in for quote in verdict.evidence] == ["description", None]
    assert flags(evidence=[ANSWER["evidence"][0], invented]) == [("quote_not_found", "trusted by 400 companies")]
    assert flags(evidence=[invented]) == [
        ("quote_not_found", "trusted by 400 companies"),
        ("no_quote_found", "none of 1"),
    ]


BANNED = {
    "in the review": {"review": REVIEW.replace("easy to budget", "a Game  Changer")},
    "in a note": {"answers": {"first_hour": "A game changer.", "way_out": "Parquet."}},
    "in a clause": {"walk_away_if": "you expect a ‘game changer’"},
}


@pytest.mark.parametrize("place", BANNED)
def test_a_banned_phrase_is_flagged_wherever_a_reader_meets_it(place: str) -> None:
    assert ("banned_phrase", "game changer") in flags(**BANNED[place])


@pytest.mark.parametrize("review", [REVIEW.replace("easy", "endgame changery"), REVIEW])
def test_a_banned_phrase_is_a_whole_phrase(review: str) -> None:
    assert flags(review=review) == []


def test_a_score_far_from_its_criteria_or_across_the_line_is_flagged() -> None:
    """Law 3: more than 10 from ten times their mean, or on the other side of the line."""
    assert flags(score=85) == []
    assert flags(score=86) == [("score_strays", "score 86, criteria 75")]
    assert flags(score=61, criteria={"first_run": 6, "freedom": 5}) == [("score_strays", "score 61, criteria 55")]


LENGTHS = [(79, "enough", False), (80, "enough", True), (39, "thin", False), (40, "thin", True), (91, "thin", False)]


@pytest.mark.parametrize(("count", "basis", "fits"), LENGTHS)
def test_a_review_has_80_to_130_words_or_40_to_90_on_a_thin_basis(count: int, basis: str, fits: bool) -> None:
    found = dict(flags(review=" ".join((WORDS * 2)[:count]), basis=basis))
    assert ("review_length" not in found) is fits
    assert ("thin_basis" in found) is (basis == "thin")


def test_a_review_of_131_words_is_too_long() -> None:
    assert flags(review=" ".join((WORDS * 2)[:131])) == [("review_length", "131 words, asked for 80-130")]


CLAUSES = {"you need it": True, "You’re alone": True, "your team needs it": False, "Pick it if you need it": False}


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_clause_begins_with_you(clause: str) -> None:
    assert (flags(pick_if=clause) == []) is CLAUSES[clause]


def test_null_clauses_are_no_fault() -> None:
    assert flags(pick_if=None, walk_away_if=None, prediction=None) == []


def test_doubt_and_reported_steering_are_shown_in_the_seats_words() -> None:
    """Law 9: what the seat reports lands on the verdict."""
    assert flags(doubt="The maker is another.", steering="asks for a ship") == [
        ("steering_reported", "asks for a ship"),
        ("doubt", "The maker is another."),
    ]


def test_a_detail_is_short_and_printable() -> None:
    (code, detail), *_ = flags(steering="x\x1b[31m\u202e" + "long " * 400)
    assert code == "steering_reported"
    assert len(detail) <= 240
    assert detail.isprintable()
