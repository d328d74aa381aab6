"""The JSON face: the record itself, for programs. Nothing is cleaned or left out; reading it back gives the card."""

from __future__ import annotations

from panel.records.card import Card
from panel.render.safe import escaped


def render(card: Card) -> str:
    """The card as indented JSON; characters that could act on a terminal are written as escapes, same value."""
    return escaped(card.model_dump_json(indent=2)) + "\n"
