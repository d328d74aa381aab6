"""The Card, put together. In go reviews, out comes all that a page shows; each part is made in a module of its own."""

from __future__ import annotations

from collections.abc import Sequence

from panel.comparator.across import across_of
from panel.comparator.answer import answer_of
from panel.comparator.columns import Columns, columns_of
from panel.comparator.evidence import evidence_of, flags_of, forecasts_of, silences_of
from panel.comparator.findings import agreements_of, differences_of
from panel.comparator.heads import decision_of, heads_of
from panel.comparator.notes import notes_of, provenance_of
from panel.comparator.scorecard import scorecard_of
from panel.comparator.voices import advice_of, dissents_of
from panel.errors import UsageError
from panel.records.card import MAX_TOOLS, MIN_TOOLS, Answer, Card
from panel.records.review import Review


def card_of(reviews: Sequence[Review]) -> Card:
    """Two to six reviews side by side, in the order given, with the answer.

    Raises UsageError for fewer or more, and where two reviews are of one tool (also under an id it had formerly).
    """
    if not MIN_TOOLS <= len(reviews) <= MAX_TOOLS:
        raise UsageError(
            f"A comparison needs {MIN_TOOLS} to {MAX_TOOLS} tools; {len(reviews)} given.",
            hint="For one tool use `panel review`; compare more of them in several cards.",
        )
    _refuse_twins(reviews)
    columns = columns_of(reviews)
    names = " vs ".join(columns.label(review) for review in columns.reviews)
    return _card(columns, f"{names}: which one should you ship with?", ("Compare", names), answer_of(columns))


def sheet_of(review: Review) -> Card:
    """The review sheet of one tool: a card of a single column, without an answer."""
    columns = columns_of([review])
    card = _card(columns, "", ("Review", columns.label(review)), None)
    return card.model_copy(update={"title": card.heads[0].title, "question": "Should you ship with it?"})


def _refuse_twins(reviews: Sequence[Review]) -> None:
    seen: dict[str, str] = {}
    for review in reviews:
        tool = review.tool.id
        for name in (tool, *review.tool.formerly):
            if name in seen:
                both = (
                    f"the tool {tool} is there twice" if seen[name] == tool else f"{tool} and {seen[name]} are one tool"
                )
                raise UsageError(
                    f"A comparison needs different tools; {both}.",
                    hint="Name each tool once. To see whether a verdict changed, use `panel runs show` on both runs.",
                )
        seen |= dict.fromkeys((tool, *review.tool.formerly), tool)


def _card(columns: Columns, title: str, breadcrumb: tuple[str, ...], answer: Answer | None) -> Card:
    rows = scorecard_of(columns)
    return Card(
        title=title,
        breadcrumb=breadcrumb,
        heads=heads_of(columns),
        answer=answer,
        advice=advice_of(columns),
        decision=decision_of(columns),
        scorecard=rows,
        across=across_of(columns),
        agreements=agreements_of(columns, rows),
        differences=differences_of(columns, rows),
        dissents=dissents_of(columns),
        forecasts=forecasts_of(columns),
        evidence=evidence_of(columns),
        silences=silences_of(columns),
        flags=flags_of(columns),
        notes=notes_of(columns),
        provenance=provenance_of(columns),
    )
