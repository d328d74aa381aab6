"""Steering: sentences that speak to the reviewer instead of describing the tool (law 9).

They raise no score: what speaks for the tool in such a sentence is not counted, what speaks against it is.
"""

from __future__ import annotations

import re
from functools import cache

from panel.clients.offline.sentences import Sentence

LONGEST = 240
"""Characters of a passage that are reported."""

_KEYS = ("score", "verdict", "criteria", "rating", "steering", "evidence")


@cache
def _form() -> re.Pattern[str]:
    return re.compile(
        rf"[\"'“”{{,]\s*(?:{'|'.join(_KEYS)})\s*[\"'“”]?\s*[:=]|^\s*(?:verdict|score)\s*[:=]", re.IGNORECASE
    )


def fills_in_a_form(sentence: Sentence) -> bool:
    """Whether a sentence brings a piece of a ready-made reply ("score": 100)."""
    text = sentence.text
    if ":" not in text and "=" not in text:
        return False
    lower = text.lower()
    return any(key in lower for key in _KEYS) and _form().search(text) is not None


def passage(found: list[Sentence]) -> str | None:
    """The first steering sentence, cut to a bounded length, or None."""
    if not found:
        return None
    text = found[0].text
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0]
