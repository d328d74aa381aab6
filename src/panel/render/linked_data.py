"""Linked data: a card as schema.org `Review`s for machines. In goes a Card, out comes a JSON-LD value.

One review per tool and model, because models are never pooled. The author is software and says so. A rating appears
only where a language model's panel came to a verdict: never for the offline rubric, never for an undecided badge.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from panel._version import __version__
from panel.records.card import Card, Cell, Head
from panel.records.model import OFFLINE
from panel.records.scale import SCALE
from panel.records.vote import Tally, low_median
from panel.render import phrases
from panel.render.safe import paragraphs, web_address

_BY_MODEL = "https://schema.org/TrainedAlgorithmicMediaDigitalSource"
_BY_RUBRIC = "https://schema.org/AlgorithmicMediaDigitalSource"


def linked_data(card: Card) -> dict[str, Any]:
    """All reviews of the card in one graph. Tools nobody reviewed have none."""
    spoken = ((head, tally, _spoken(card, head, tally)) for head in card.heads for tally in head.tallies)
    return {
        "@context": "https://schema.org",
        "@graph": [_review(card, head, tally, cells) for head, tally, cells in spoken if cells],
    }


def _spoken(card: Card, head: Head, tally: Tally) -> list[tuple[str, Cell]]:
    """The personas that count and wrote something, each with its cell."""
    return [
        (row.name, cell)
        for row in card.scorecard
        for cell in row.cells
        if row.counts and row.model == tally.model and cell.tool == head.tool and cell.review
    ]


def _review(card: Card, head: Head, tally: Tally, spoken: list[tuple[str, Cell]]) -> dict[str, Any]:
    day = head.reviewed_at.astimezone(dt.UTC).date() if head.reviewed_at else None
    cells = [cell for _, cell in spoken]
    review = {
        "@type": "Review",
        "name": head.title,
        "itemReviewed": _item(head),
        "author": _author(head, tally.model),
        "datePublished": day.isoformat() if day else None,
        "inLanguage": "en",
        "reviewBody": "\n\n".join(f"{name}: {' '.join(paragraphs(cell.review or ''))}" for name, cell in spoken),
        "reviewRating": _rating(head, tally, cells),
        "positiveNotes": _notes(_shown(cells, "for")),
        "negativeNotes": _notes(_shown(cells, "against")),
        "digitalSourceType": _BY_RUBRIC if _is_offline(tally.model) else _BY_MODEL,
    }
    return _given(review)


def _item(head: Head) -> dict[str, Any]:
    return _given(
        {
            "@type": "SoftwareApplication",
            "name": head.name,
            "description": head.tagline,
            "applicationCategory": head.category,
            "url": web_address(head.homepage),
        }
    )


def _author(head: Head, model: str) -> dict[str, Any]:
    """The program that convened the panel; `identifier` is the name the model was asked under. No person is named."""
    uses = [use for use in head.models if use.name == model]
    asked = [f"asked for as {use.asked}" for use in uses if use.asked not in use.name]
    served = [f"served as {' and '.join(use.served)}" for use in uses if use.served]
    blind = ["reviewed without the names of tool and vendor"] if head.variant == "blind" else []
    return {
        "@type": "SoftwareApplication",
        "name": "panelreview",
        "softwareVersion": __version__,
        "applicationCategory": "Automated reviewing",
        "identifier": model,
        "description": "; ".join(["Software", *phrases.notices(head, [model]), *asked, *served, *blind]),
    }


def _rating(head: Head, tally: Tally, cells: Iterable[Cell]) -> dict[str, Any] | None:
    """The low median of the votes' scores, which is one of them; None without a verdict of a language model."""
    scores = [cell.score for cell in cells if cell.score is not None]
    if _is_offline(tally.model) or not (head.badge.decided and tally.badge.decided and scores):
        return None
    return {
        "@type": "Rating",
        "ratingValue": low_median(scores),
        "bestRating": SCALE.high,
        "worstRating": SCALE.low,
        "ratingExplanation": f"Low median of {len(scores)} reviewers' scores; {SCALE.ship_from} or more means ship.",
    }


def _is_offline(model: str) -> bool:
    return model.split("/", 1)[0] == OFFLINE


def _shown(cells: Iterable[Cell], side: str) -> list[str]:
    """What the quotes of one side show, if they stand in the description; each once."""
    quotes = (quote for cell in cells for quote in cell.evidence)
    return list(dict.fromkeys(quote.shows for quote in quotes if quote.side == side and quote.found_in))


def _notes(texts: list[str]) -> dict[str, Any] | None:
    if not texts:
        return None
    items = [{"@type": "ListItem", "position": place, "name": text} for place, text in enumerate(texts, 1)]
    return {"@type": "ItemList", "itemListElement": items}


def _given(properties: dict[str, Any]) -> dict[str, Any]:
    """The properties that have a value: JSON-LD says nothing by leaving out."""
    return {name: value for name, value in properties.items() if value is not None}
