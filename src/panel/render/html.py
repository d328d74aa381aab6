"""The HTML face: a card as one self-contained page that asks the network for nothing.

Text comes in cleaned and is escaped by the template engine; only http and https addresses become links. The page holds
no script: its one data block is JSON-LD, and its policy forbids everything but its own style sheet, named by hash.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from panel._version import __version__
from panel.records.card import Card
from panel.render.linked_data import linked_data
from panel.render.templating import FOLDER, environment


def render(card: Card) -> str:
    """The card as an HTML page, in light and dark, from phone to paper."""
    style = _style()
    digest = hashlib.sha256(style.encode()).digest()
    return (
        environment(autoescape=True)
        .get_template("card.html.j2")
        .render(
            card=card,
            style=style,
            style_hash=base64.b64encode(digest).decode(),
            linked_data=linked_data(card),
            version=__version__,
        )
        .lstrip()
    )


@cache
def _style() -> str:
    return (FOLDER / "style.css").read_text("utf-8")
