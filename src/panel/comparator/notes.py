"""Notes and provenance: what a reader should know before comparing, and where every word comes from (law 12).

In go columns, out come sentences in one fixed order, and the Provenance block. Nothing here decides the answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from panel.comparator.columns import Columns
from panel.comparator.comparable import mismatches_of
from panel.comparator.uses import uses_of
from panel.comparator.words import counted, joined, per_tool, sentence
from panel.records.card import Provenance
from panel.records.review import cost_of, most_of
from panel.records.scale import SCALE

FAR_APART = dt.timedelta(days=90)
"""Dates further apart than this are noted."""


def notes_of(columns: Columns) -> tuple[str, ...]:
    found = (
        *_names(columns),
        *_blind(columns),
        *_left_out(columns),
        *_offline(columns),
        *_repeats(columns),
        *_dates(columns),
        *_categories(columns),
    )
    return tuple(sentence(note) for note in found)


def _names(columns: Columns) -> list[str]:
    twins = [columns.label(r) for r in columns.by_id if columns.label(r) != " ".join(r.tool.name.split())]
    return [f"tools of the same name are told apart by their ids: {joined(twins)}"] if twins else []


def _blind(columns: Columns) -> list[str]:
    """Of which tools the panel did not see the names; of all of them where none is named."""
    blind = [columns.label(review) for review in columns.by_id if review.variant == "blind"]
    if not blind:
        return []
    of = "" if len(blind) == len(columns.reviews) else f" of {joined(blind)}"
    return [
        f"reviewed blind: the panel{of} was sent stand-ins for the names of tool and vendor, which are put back here; "
        "what the description tells may still give the tool away"
    ]


def _left_out(columns: Columns) -> list[str]:
    if not columns.shared:
        return []
    return [
        f"left out: {model}, which sat for {joined([columns.labels[tool] for tool in tools])} only"
        for model, tools in columns.left_out
    ]


def _offline(columns: Columns) -> list[str]:
    notes = []
    if all(review.offline for review in columns.reviews):
        notes.append("only the offline rubric sat: no language model has judged here")
    if columns.baseline:
        notes.append("the offline rubric sat beside the models as a baseline; it has no vote")
        notes += [f"the baseline is not comparable: {reason}" for reason in mismatches_of(columns, columns.baseline)]
    return notes


def _repeats(columns: Columns) -> list[str]:
    notes = []
    for model in columns.models:
        asked = [
            (columns.label(review), _times([vote.invited for vote in review.votes if vote.model == model]))
            for review in columns.by_id
            if review.tally(model)
        ]
        if len({times for _, times in asked}) > 1:
            on = f" on {model}" if len(columns.models) > 1 else ""
            notes.append(f"the repeats differ{on}: each persona was asked {per_tool(asked)}")
    return notes


def _times(numbers: Sequence[int]) -> str:
    low, high = min(numbers, default=0), max(numbers, default=0)
    return counted(low, "time") if low == high else f"{low} to {high} times"


def _dates(columns: Columns) -> list[str]:
    reviewed = [(columns.label(r), r.reviewed_at.astimezone(dt.UTC).date()) for r in columns.by_id if r.reviewed_at]
    meant = [(columns.label(review), review.tool.as_of) for review in columns.by_id if review.tool.as_of]
    notes = []
    for what, days in (("the reviews are far apart", reviewed), ("the facts are of dates far apart", meant)):
        if days and max(day for _, day in days) - min(day for _, day in days) > FAR_APART:
            notes.append(f"{what}: {per_tool((label, day.isoformat()) for label, day in days)}")
    return notes


def _categories(columns: Columns) -> list[str]:
    known = [(columns.label(r), r.tool.category) for r in columns.by_id if r.tool.category]
    if len({category.casefold() for _, category in known}) < 2:
        return []
    return [f"the categories differ: {per_tool(known)}"]


def provenance_of(columns: Columns) -> Provenance:
    seats = [seat for review in columns.reviews for seat in review.seats]
    models = uses_of(seats)
    dates = [review.reviewed_at for review in columns.reviews if review.reviewed_at]
    return Provenance(
        written_by=tuple(sorted({model.written_by for model in models})),
        models=models,
        reviewed_at=max(dates, default=None),
        panel=_panel(columns),
        persona_ids=tuple(
            (persona.name, short)
            for persona in columns.personas
            for short in sorted({seat.ids.persona[:12] for seat in seats if seat.slot.persona == persona.id})
        ),
        prompt_id=", ".join(sorted({seat.ids.templates[:12] for seat in seats})),
        scale=SCALE.words,
        cost_usd=cost_of(seats),
        most_usd=most_of(seats),
        seats=len(seats),
        runs=tuple(sorted({seat.run_id for seat in seats})),
    )


def _panel(columns: Columns) -> str:
    """What was asked, in words: "4 personas (…) × 1 model (offline) × 1 repeat"; who does not vote is set apart."""
    models = columns.models
    repeats = [vote.invited for review in columns.reviews for vote in review.votes if vote.model in models]
    low, high = min(repeats), max(repeats)
    times = counted(low, "repeat") if low == high else f"{low} to {high} repeats"
    personas = joined([persona.name for persona in columns.voters]) if columns.voters else "none with a vote"
    silent = [persona.name for persona in columns.personas if not persona.votes]
    beside = [*silent, *([columns.baseline] if columns.baseline else [])]
    apart = f"; beside them, without a vote: {joined(beside)}" if beside else ""
    return (
        f"{counted(len(columns.voters), 'persona')} ({personas}) × "
        f"{counted(len(models), 'model')} ({joined(models)}) × {times}{apart}"
    )
