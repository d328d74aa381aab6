"""From a reading to a verdict: what a scored seat holds, why a fitting answer may abstain, when things fall due."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from surveyor import ANSWER, PERSONA, PROMPT, answer_with, read, reply_of, verdict_of

from panel.parse import parse
from panel.parse.verdicts import months_after
from panel.records.scale import Scale
from panel.records.verdict import Abstained, AbstainReason, Prediction, Scored


def test_a_scored_verdict_says_what_the_reply_says() -> None:
    verdict = verdict_of()
    assert isinstance(verdict, Scored)
    assert (verdict.score, verdict.call, verdict.criteria) == (74, "ship", {"first_run": 8, "freedom": 7})
    assert (verdict.review, verdict.answers, verdict.basis) == (ANSWER["review"], ANSWER["answers"], "enough")
    assert (verdict.pick_if, verdict.walk_away_if) == (ANSWER["pick_if"], ANSWER["walk_away_if"])
    assert (verdict.not_stated, verdict.concerns) == (tuple(ANSWER["not_stated"]), tuple(ANSWER["concerns"]))


def test_a_prediction_falls_due_that_many_months_after_the_reply() -> None:
    verdict = verdict_of()
    assert isinstance(verdict, Scored)
    assert verdict.prediction == Prediction(**ANSWER["prediction"], due=dt.date(2028, 8, 31))


DUE = [
    (dt.date(2026, 1, 15), 12, dt.date(2027, 1, 15)),
    (dt.date(2024, 2, 29), 12, dt.date(2025, 2, 28)),
    (dt.date(2024, 2, 29), 36, dt.date(2027, 2, 28)),
    (dt.date(2026, 2, 28), 24, dt.date(2028, 2, 28)),
    (dt.date(2026, 12, 31), 2, dt.date(2027, 2, 28)),
    (dt.date(2026, 11, 30), 1, dt.date(2026, 12, 30)),
    (dt.date(9998, 6, 1), 24, dt.date.max),
]


@pytest.mark.parametrize(("day", "months", "due"), DUE)
def test_a_month_is_a_calendar_month_and_its_last_day_the_limit(day: dt.date, months: int, due: dt.date) -> None:
    assert months_after(day, months) == due


def test_a_persona_that_predicts_nothing_may_not() -> None:
    """Its reply has no `prediction`; one that brings it anyway is off the schema."""
    quiet = PERSONA.model_copy(update={"predicts": False})
    without = {key: value for key, value in ANSWER.items() if key != "prediction"}
    assert isinstance(parse(reply_of(json.dumps(without)), PROMPT, quiet), Scored)
    beside = parse(reply_of(json.dumps(ANSWER)), PROMPT, quiet)
    assert isinstance(beside, Abstained)
    assert (beside.reason, beside.detail) == (AbstainReason.OFF_SCHEMA, "prediction is not asked for")


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"verdict": "skip"}, "score 74 stands for ship, the verdict says skip"),
        ({"score": 59}, "score 59 stands for skip, the verdict says ship"),
    ],
)
def test_score_and_verdict_that_disagree_abstain_and_both_are_named(changes: dict[str, object], detail: str) -> None:
    """Law 3: neither is picked silently."""
    verdict = verdict_of(**changes)
    assert isinstance(verdict, Abstained)
    assert (verdict.reason, verdict.detail) == (AbstainReason.INCONSISTENT, detail)


def test_the_ship_line_is_the_scales() -> None:
    """Law 2: under another scale the same reply contradicts itself."""
    verdict = parse(reply_of(json.dumps(ANSWER)), PROMPT, PERSONA, Scale(ship_from=80))
    assert isinstance(verdict, Abstained)
    assert verdict.reason is AbstainReason.INCONSISTENT


def test_no_basis_goes_before_any_number() -> None:
    verdict = verdict_of(basis="none", verdict="skip")
    assert isinstance(verdict, Abstained)
    assert verdict.reason is AbstainReason.NO_BASIS


def test_keys_in_another_order_are_noted_since_the_order_is_asked_of_the_prompt() -> None:
    """Law 1 orders the schema that is sent; a reply that keeps all keys but not their order still says what it says."""
    verdict = read(json.dumps(dict(reversed(ANSWER.items()))))
    assert isinstance(verdict, Scored)
    assert verdict.notes == ("keys out of order",)


@pytest.mark.parametrize("word", ["none", "None.", "null", "", "N/A"])
def test_a_word_for_nothing_is_read_as_null_where_null_may_stand(word: str) -> None:
    verdict = verdict_of(steering=word, doubt=word)
    assert isinstance(verdict, Scored)
    assert (verdict.steering, verdict.doubt, verdict.flags) == (None, None, ())
    assert verdict.notes == ("null written as a word",)


def test_an_abstention_says_in_its_detail_what_was_found() -> None:
    details = {
        "two answers": f"{json.dumps(ANSWER)} {json.dumps(answer_with(score=80))}",
        "cut": json.dumps(ANSWER)[:200],
        "broken": json.dumps(ANSWER).replace("74", "NaN"),
        "wrapped": json.dumps({"example": ANSWER}),
    }
    told = {name: verdict.detail for name, text in details.items() if isinstance(verdict := read(text), Abstained)}
    assert told == {
        "two answers": "2 complete answers that differ: 74 ship, 80 ship",
        "cut": "the object begun at character 0 stops at 198, before '\"s'",
        "broken": 'the object begun at character 0 stops at 1534, before \'NaN, "verdict": "ship"}\'',
        "wrapped": "an answer stands under 'example', which is not asked for",
    }
