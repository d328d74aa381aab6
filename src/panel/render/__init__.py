"""Render: one Card, four faces. In goes a Card, out comes the whole text of a page; all four tell the same facts.

Each face is a module with a `render` of its own, loaded only when asked for. Nothing here reads a clock, a terminal or
the environment, and nothing is read from disk but the templates inside this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from panel.errors import UsageError
from panel.records.forms import FORMS, SUFFIXES

if TYPE_CHECKING:
    from panel.records.card import Card

__all__ = ["FORMS", "SUFFIXES", "render"]


def render(card: Card, form: str, *, width: int | None = None, colour: bool = False) -> str:
    """The card in one of `FORMS`, ending in a line feed.

    `width` (columns, 80 if None) and `colour` (ANSI) concern only the terminal. Raises `UsageError` for another form.
    """
    if form == "terminal":
        from panel.render import terminal
        from panel.render.safe import plain

        return terminal.render(plain(card), width=width, colour=colour)
    if form == "markdown":
        from panel.render import markdown
        from panel.render.safe import plain

        return markdown.render(plain(card))
    if form == "html":
        from panel.render import html
        from panel.render.safe import plain

        return html.render(plain(card))
    if form == "json":
        from panel.render import json

        return json.render(card)
    raise UsageError(f"there is no form {form!r}", hint=f"Choose one of: {', '.join(FORMS)}.")
