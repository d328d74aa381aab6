"""Unfinished answers: objects that open like an answer and never become complete ones.

A finished draft beside one of these is no answer (which of the two was meant?), and alone it tells a cut reply from an
unreadable one. Looks only at the text outside complete objects, for a brace followed by one of the reply's keys in any
quotes or none, or for a quoted "score" or "verdict" key anywhere after a brace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from panel.parse.form import Form
from panel.parse.scan import HIDDEN_SPACE, Scan, stop_of
from panel.parse.words import excerpt

_MARKS = r"""[\\"'“”„‘’`*]*+"""
_BEGUN = rf"\{{[\s{HIDDEN_SPACE}]*+({_MARKS})(?:([a-z_]++)({_MARKS}\s{{0,20}}:)?|\Z)"
_QUOTED_KEY = r"""["'“”](?:score|verdict)["'“”]\s{0,20}:"""


class Unfinished(NamedTuple):
    """An answer begun at `start` of a segment: the text ended before it did (`cut`), or something broke it."""

    cut: bool
    segment: str
    start: int

    @property
    def detail(self) -> str:
        """Where it begins, where reading had to stop, and what stands there."""
        near = excerpt(self.segment[self._stop : self._stop + 80], 40)
        return self.place + (f", before {near!r}" if near else "")

    @property
    def place(self) -> str:
        """Where it begins and where reading had to stop, without a word of the reply."""
        return f"the object begun at character {self.start} stops at {self._stop}"

    @property
    def _stop(self) -> int:
        return stop_of(self.segment, self.start)


def unfinished(segment: str, found: Scan, form: Form) -> Iterator[Unfinished]:
    """The first unfinished answer of each gap between complete objects."""
    for start, end in gaps(segment, found):
        if (place := _begun(segment, start, end, form)) is not None:
            cut = found.cut_from is not None and found.cut_from <= place
            yield Unfinished(cut, segment, segment.rfind("{", start, place + 1))


def gaps(segment: str, found: Scan) -> Iterator[tuple[int, int]]:
    """Where the text outside the objects that stand on their own lies."""
    at = 0
    for span in found.spans:
        if not span.inside:
            yield at, span.start
            at = span.end
    yield at, len(segment)


def _begun(segment: str, start: int, end: int, form: Form) -> int | None:
    """Where `segment[start:end]` opens an object like an answer, or quotes a score or verdict key after a brace."""
    brace = segment.find("{", start, end)
    if brace < 0:  # as round nearly every answer; the patterns are compiled only for others
        return None
    for match in re.compile(_BEGUN).finditer(segment, start, end):
        quote, word, colon = match.groups()
        is_cut = match.end() == len(segment) and any(key.startswith(word or "") for key in form.keys)
        if is_cut or (word in form.keys and (quote or colon)):
            return match.start()
    key = re.compile(_QUOTED_KEY).search(segment, brace, end)
    return key.start() if key else None
