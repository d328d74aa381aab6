"""Sentences of a text, whole. In goes a paragraph, out come its sentences: a passage quoted is never cut inside one.

Where it is unsure whether a sentence ends (an abbreviation, a lower-case word after the stop), the two stay together.
"""

from __future__ import annotations

import re

_STOP = re.compile(r"[.!?…]+[\"'”’»)\]]*\s+|[。！？]+[”’」』）]*\s*")
_SHORT = frozenset(
    {"e.g", "i.e", "vs", "approx", "cf", "etc", "inc", "ltd", "co", "dr", "mr", "mrs", "ms", "st", "u.s"}
)
_BEFORE_NUMBER = frozenset({"no", "v", "ver", "fig", "p"})
_OPENING = "\"'“‘«([「『（ "


def sentences(text: str) -> tuple[str, ...]:
    """The sentences in order, white space round each taken off; joined by spaces they are the whole text."""
    found, start = [], 0
    for stop in _STOP.finditer(text):
        if _ends(text[start : stop.start()], text[stop.end() :][:20]):
            found.append(text[start : stop.end()].strip())
            start = stop.end()
    found.append(text[start:].strip())
    return tuple(item for item in found if item)


def _ends(before: str, after: str) -> bool:
    word = before.rsplit(maxsplit=1)[-1].lstrip(_OPENING) if before.strip() else ""
    first = after.lstrip(_OPENING)[:1]
    if first.islower() or word.casefold() in _SHORT or (len(word) == 1 and word.isupper()):
        return False
    return not (word.casefold() in _BEFORE_NUMBER and first.isdigit())
