"""Near: the matches of a rule's pattern, looked for only round its cues. A rule and a text in, matches out.

A pattern costs a hundred times what finding a word costs. Whatever it matches holds one of its cues, beginning at most
`BEFORE` characters before the cue and ending at most `BEHIND` after the cue begins, so only there is it tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from panel.parse.steering.rules import Rule

BEFORE, BEHIND = 100, 240


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern, compiled when it is first needed."""
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE)


def matches(rule: Rule, text: str, lower: str) -> Iterator[re.Match[str]]:
    """The matches of a rule in a readable text, in order; `lower` is the text in lower case."""
    pattern = None
    for low, high in _windows(rule.cues, text, lower):
        pattern = pattern or compiled(rule.pattern)
        for match in pattern.finditer(text, low, high):
            if whole := pattern.match(text, match.start()):  # the end of a window is no end of the text
                yield whole


def _windows(cues: tuple[str, ...], text: str, lower: str) -> Iterator[tuple[int, int]]:
    """The stretches of a text in which a match can stand, in order and apart."""
    places = sorted(place for cue in cues for place in _places(cue, lower))
    if places and len(lower) != len(text):  # a letter whose small form is two: places would not agree
        yield 0, len(text)
        return
    low = high = 0
    for place in places:
        if place - BEFORE > high:
            if high:
                yield low, high
            low = place - BEFORE
        high = place + BEHIND
    if high:
        yield max(low, 0), high


def _places(cue: str, text: str) -> Iterator[int]:
    at = text.find(cue)
    while at >= 0:
        yield at
        at = text.find(cue, at + BEFORE)
