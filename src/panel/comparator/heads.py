"""The top of each column, and the decision table under it. In go columns, out come Heads and Rows, one value per tool.

What a tool's entry does not state is shown as "Not stated"; nothing is filled in from another field.
"""

from __future__ import annotations

from collections.abc import Callable

from panel.comparator.columns import Columns
from panel.comparator.evidence import evidence_on
from panel.comparator.uses import uses_of
from panel.comparator.words import counted
from panel.records.card import Head, Row
from panel.records.review import Review
from panel.records.tool import Entry

_SILENT = "Not stated"


def heads_of(columns: Columns) -> tuple[Head, ...]:
    return tuple(_head(columns, review) for review in columns.reviews)


def _head(columns: Columns, review: Review) -> Head:
    tool, label = review.tool, columns.label(review)
    shown = min(review.tallies, key=lambda tally: (tally.share, tally.model))
    return Head(
        tool=tool.id,
        letter=next((char.upper()[:1] for char in label if char.isalnum()), "?"),
        name=label,
        category=tool.category,
        tagline=tool.tagline,
        vendor=tool.vendor,
        badge=review.badge,
        title=label + review.title.removeprefix(tool.name),
        ship_votes=shown.ship,
        invited=shown.invited,
        share=shown.share,
        tallies=review.tallies,
        baseline=review.baseline,
        models=uses_of(review.seats),
        variant=review.variant,
        reviewed_at=review.reviewed_at,
        entry=tool.entry.value,
        pricing=tool.pricing,
        best_for=tool.best_for,
        description=tool.description,
        as_of=tool.as_of,
        homepage=tool.homepage,
        sources=tool.sources,
        community=tool.community,
    )


def decision_of(columns: Columns) -> tuple[Row, ...]:
    """The decision table. With several models verdict, scores and evidence have a row for each."""
    return (
        *_panel_rows(columns),
        _row(columns, "Pricing", lambda review: review.tool.pricing),
        _row(columns, "Entry", lambda review: _entry(review.tool.entry)),
        _row(columns, "Best for", lambda review: review.tool.best_for),
        _row(columns, "Category", lambda review: review.tool.category),
        _row(columns, "Vendor", lambda review: review.tool.vendor),
        _row(columns, "Facts as of", lambda review: review.tool.as_of.isoformat() if review.tool.as_of else None),
        *(_evidence_row(columns, model) for model in columns.models),
    )


def _evidence_row(columns: Columns, model: str) -> Row:
    quotes = [f"{item.found} of {counted(item.quotes, 'quote')} found" for item in evidence_on(columns, model)]
    return Row(label=f"Evidence found{_on(columns, model)}", values=tuple(quotes))


def _on(columns: Columns, model: str) -> str:
    """What names the model in a label, where there are several."""
    return f" ({model})" if len(columns.models) > 1 else ""


def _row(columns: Columns, label: str, value: Callable[[Review], str | None]) -> Row:
    return Row(label=label, values=tuple(value(review) or _SILENT for review in columns.reviews))


def _entry(entry: Entry) -> str | None:
    return None if entry is Entry.UNKNOWN else entry.value.capitalize()


def _panel_rows(columns: Columns) -> list[Row]:
    if len(columns.models) == 1:
        return _model_rows(columns, columns.models[0])
    rows = [_row(columns, "Panel verdict", lambda review: review.badge.words)]
    return rows + [row for model in columns.models for row in _model_rows(columns, model)]


def _model_rows(columns: Columns, model: str) -> list[Row]:
    suffix = _on(columns, model)
    return [
        _row(columns, f"Panel verdict{suffix}", lambda review: _verdict(review, model)),
        _row(columns, f"Scores{suffix}", lambda review: _scores(columns, review, model)),
    ]


def _verdict(review: Review, model: str) -> str:
    tally = next((tally for tally in review.tallies if tally.model == model), None)
    return f"{tally.badge.words} · {tally.words}" if tally else "No vote"


def _scores(columns: Columns, review: Review, model: str) -> str:
    counts = model in columns.counting_models(review)
    votes = [review.vote(persona.id, model) for persona in columns.voters if counts]
    scores = [vote.score for vote in votes if vote and vote.score is not None]
    if not scores:
        return "No scores"
    return f"{min(scores)} to {max(scores)}" if len(scores) > 1 else str(scores[0])
