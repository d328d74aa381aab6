"""Hidden characters: what a reader of the file does not see but a model or a terminal does.

They are kept, since text from outside is data; a linter points them out.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_HIDDEN = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters other than tab and line feed
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that turn the direction of writing
    "\u00ad\u200b\u2060-\u2064\ufeff\ufff9-\ufffb"  # no width at all
    "\U000e0000-\U000e007f]"  # tag characters: a second, invisible alphabet
)


class Hidden(NamedTuple):
    """One such character: its line from 1 within the text, and its name."""

    line: int
    name: str


def hidden_characters(text: str) -> list[Hidden]:
    """Every kind of hidden character in a text, where it stands first."""
    first: dict[str, int] = {}
    for match in re.finditer(_HIDDEN, text):
        first.setdefault(match[0], match.start())
    return [Hidden(text.count("\n", 0, start) + 1, _name(char)) for char, start in first.items()]


def _name(char: str) -> str:
    import unicodedata

    return f"U+{ord(char):04X} {unicodedata.name(char, 'control character')}"
