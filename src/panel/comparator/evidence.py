"""What the panel had to go by: quotes found, what was not stated, forecasts with dates, flags. One pass per tool."""

from __future__ import annotations

from collections.abc import Sequence

from panel.comparator.columns import Columns
from panel.comparator.words import phrase_key
from panel.records.card import Evidence, Flagged, Forecast, Silence
from panel.records.review import Review


def evidence_of(columns: Columns) -> tuple[Evidence, ...]:
    """Quotes of all counting seats, repeats included, and how many stand in the description."""
    return tuple(_evidence(columns, review, columns.models) for review in columns.reviews)


def evidence_on(columns: Columns, model: str) -> tuple[Evidence, ...]:
    """The same of one model's seats: how well it quotes is its own, and no other model's quotes hide it."""
    return tuple(_evidence(columns, review, (model,)) for review in columns.reviews)


def _evidence(columns: Columns, review: Review, models: Sequence[str]) -> Evidence:
    seats = [seat.scored for seat in columns.counting_seats(review) if seat.scored and seat.slot.model in models]
    quotes = [quote for scored in seats for quote in scored.evidence]
    return Evidence(
        tool=review.tool.id,
        quotes=len(quotes),
        found=sum(quote.found_in is not None for quote in quotes),
        facts=review.facts,
        enough=review.enough_facts,
    )


def silences_of(columns: Columns) -> tuple[Silence, ...]:
    return tuple(Silence(tool=review.tool.id, items=_missed(columns, review)) for review in columns.reviews)


def _missed(columns: Columns, review: Review) -> tuple[tuple[str, int], ...]:
    """(what was missing, counting seats that missed it), most first; spellings merged, the first one shown."""
    wording: dict[str, str] = {}
    seats: dict[str, int] = {}
    for seat in columns.counting_seats(review):
        items = [(phrase_key(item), item.strip()) for item in (seat.scored.not_stated if seat.scored else ())]
        for key, text in items:
            wording.setdefault(key, text)
        for key in dict(items):
            seats[key] = seats.get(key, 0) + 1
    return tuple((wording[key], seats[key]) for key in sorted(seats, key=lambda key: -seats[key]) if key)


def forecasts_of(columns: Columns) -> tuple[Forecast, ...]:
    """The prediction of each seat that speaks for a counting vote."""
    return tuple(
        Forecast(
            tool=review.tool.id,
            persona=columns.persona_name(seat.slot.persona),
            model=seat.slot.model,
            claim=seat.scored.prediction.claim,
            due=seat.scored.prediction.due,
            wrong_if=seat.scored.prediction.wrong_if,
        )
        for review in columns.reviews
        for seat in columns.speakers(review)
        if seat.scored and seat.scored.prediction
    )


def flags_of(columns: Columns) -> tuple[Flagged, ...]:
    """Every distinct flag: of the review as a whole first, then of its seats, whether they count or not."""
    found: list[Flagged] = []
    for review in columns.reviews:
        found += [Flagged(tool=review.tool.id, persona=None, model=None, flag=flag) for flag in review.flags]
        found += [
            Flagged(
                tool=review.tool.id,
                persona=columns.persona_name(seat.slot.persona),
                model=seat.slot.model,
                flag=flag,
            )
            for seat in review.seats
            if seat.verdict
            for flag in seat.verdict.flags
        ]
    return tuple(dict.fromkeys(found))
