"""Checkable facts: how much a description gives a panel to judge by (law 7)."""

from __future__ import annotations

FLOOR = 5
"""Fewer distinct checkable facts than this, and a review gets no badge."""


def checkable_facts(text: str) -> tuple[str, ...]:
    """The distinct checkable facts in a text, in order: placeholder until written."""
    return tuple(dict.fromkeys(word for word in text.split() if any(char.isdigit() or char.isupper() for char in word)))
