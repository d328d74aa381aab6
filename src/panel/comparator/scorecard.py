"""The scorecard: each persona on each model, all tools side by side. In go columns, out come rows of Cells.

A cell shows one seat: the repeat whose score is the vote's. A vote that was not cast shows no text and no number, and
says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from panel.comparator.columns import Columns
from panel.comparator.comparable import comparable_models
from panel.records.card import Cell, CriterionRow, ScoreRow
from panel.records.review import PersonaName, Review
from panel.records.seat import SeatRecord
from panel.records.verdict import AbstainReason, Flag
from panel.records.vote import Outcome, Vote


def scorecard_of(columns: Columns) -> tuple[ScoreRow, ...]:
    """Rows model by model, each in panel order, so that a model's panel stands together; the baseline last.

    Where a model's panels are not comparable, its rows hold no spread and no leader.
    """
    comparable = comparable_models(columns)
    models = [*columns.models, *([columns.baseline] if columns.baseline else [])]
    sat = {(vote.persona, vote.model) for review in columns.reviews for vote in review.votes}
    return tuple(
        _row(columns, persona, model, side_by_side=model in comparable)
        for model in models
        for persona in columns.personas
        if (persona.id, model) in sat
    )


def _row(columns: Columns, persona: PersonaName, model: str, *, side_by_side: bool) -> ScoreRow:
    cells = tuple(_cell(review, persona, model) for review in columns.reviews)
    scores = {cell.tool: cell.score for cell in cells if cell.score is not None and side_by_side}
    top = [tool for tool, score in scores.items() if score == max(scores.values())]
    return ScoreRow(
        persona=persona.id,
        name=persona.name,
        model=model,
        counts=persona.votes and _counts(columns, model),
        cells=cells,
        spread=_spread(scores.values()),
        leader=top[0] if len(scores) > 1 and len(top) == 1 else None,
        criteria=_criteria(columns, persona, model, side_by_side=side_by_side),
    )


def _counts(columns: Columns, model: str) -> bool:
    """Whether the model's votes count before every tool that it reviewed."""
    return all(
        any(tally.model == model for tally in review.tallies) for review in columns.reviews if review.tally(model)
    )


def _spread(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return max(known) - min(known) if len(known) > 1 else None


def _cell(review: Review, persona: PersonaName, model: str) -> Cell:
    vote, seat = review.vote(persona.id, model), review.speaker(persona.id, model)
    if vote is None or seat is None:
        return Cell(tool=review.tool.id, outcome=Outcome.PENDING, repeats=0, silence="not asked about this tool")
    if not vote.outcome.voted or seat.scored is None:
        return Cell(
            tool=review.tool.id,
            outcome=vote.outcome,
            repeats=vote.invited,
            silence=_silence(vote),
            flags=_flags(review, vote),
        )
    scored = seat.scored
    return Cell(
        tool=review.tool.id,
        outcome=vote.outcome,
        score=vote.score,
        lowest=vote.lowest,
        highest=vote.highest,
        repeats=vote.invited,
        review=scored.review,
        answers=tuple((_words(persona.questions, key), scored.answers[key]) for key in _order(persona.questions, seat)),
        criteria=tuple((_words(persona.criteria, key), scored.criteria[key]) for key in _criteria_order(persona, seat)),
        evidence=scored.evidence,
        not_stated=scored.not_stated,
        concerns=scored.concerns,
        doubt=scored.doubt,
        flags=scored.flags,
    )


def _silence(vote: Vote) -> str:
    """Why a vote was not cast: the reasons of its repeats in words, with how many scored where that is not plain."""
    codes = {reason.value: reason.meaning for reason in AbstainReason}
    reasons = "; ".join(codes.get(reason) or _without_code(reason) for reason in vote.reasons)
    scored = vote.ship + vote.skip
    return f"{scored} of {vote.invited} repeats scored; {reasons}" if vote.invited > 1 else reasons


def _without_code(pending: str) -> str:
    """Why there is no reply, for a reader: without the error's code and the name of the model it begins with."""
    return re.sub(r"^pending: \w+: (?:[^\s:]+: )?", "pending: ", pending)


def _flags(review: Review, vote: Vote) -> tuple[Flag, ...]:
    seats = [s for s in review.seats if (s.slot.persona, s.slot.model) == (vote.persona, vote.model)]
    return tuple(dict.fromkeys(flag for seat in seats if seat.verdict for flag in seat.verdict.flags))


def _order(known: Mapping[str, str], seat: SeatRecord) -> list[str]:
    """The ids of a reply's answers: in the persona's order, then any it does not know, by name."""
    return _ordered(known, seat.scored.answers if seat.scored else {})


def _criteria_order(persona: PersonaName, seat: SeatRecord) -> list[str]:
    return _ordered(persona.criteria, seat.scored.criteria if seat.scored else {})


def _ordered(known: Mapping[str, str], given: Iterable[str]) -> list[str]:
    found = set(given)
    return [key for key in known if key in found] + sorted(found - set(known))


def _words(known: Mapping[str, str], key: str) -> str:
    """The words for an id; the id itself, readable, where the review does not hold them."""
    return known.get(key) or key.replace("_", " ").capitalize()


def _criteria(columns: Columns, persona: PersonaName, model: str, *, side_by_side: bool) -> tuple[CriterionRow, ...]:
    given = [_scores(review, persona, model) for review in columns.reviews]
    keys = _ordered(persona.criteria, {key for scores in given for key in scores})
    rows = ((_words(persona.criteria, key), tuple(scores.get(key) for scores in given)) for key in keys)
    return tuple(
        CriterionRow(criterion=name, values=values, spread=_spread(values) if side_by_side else None)
        for name, values in rows
    )


def _scores(review: Review, persona: PersonaName, model: str) -> Mapping[str, int]:
    vote, seat = review.vote(persona.id, model), review.speaker(persona.id, model)
    return seat.scored.criteria if vote and vote.outcome.voted and seat and seat.scored else {}
