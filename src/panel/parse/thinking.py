"""Thinking set aside: what a model wrote for itself is not its answer, even if it fits.

Text and the spans of its complete objects in; the segments that count out. Set aside are closed blocks, everything
before a lone closing mark, and everything after an opening mark that is never closed. A mark inside a string of a
complete object is part of that answer and no mark. Segments are never joined: two halves round a block are not one
answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from panel.parse.scan import Span

_NAMES = "think|thinking|thought|thoughts|reason|reasoning|reflection|scratchpad|analysis"
_BEGINNINGS = ("<", "◁", "[/", *(f"[{initial}" for initial in "trsaTRSA"))
"""What every mark begins with. Most replies hold none of these, and the pattern is then never compiled."""


@cache
def _mark() -> re.Pattern[str]:
    """The marks of model families: tags, bracket tokens, begin/end tokens and message channels.

    `end` closes an open block and means nothing elsewhere.
    """
    return re.compile(
        rf"""
        (?P<open>
            <(?:[a-z]{{1,20}}:)?(?:{_NAMES})(?:\s[^<>]{{0,200}})?> | \[(?:{_NAMES})\] | ◁(?:{_NAMES})▷
          | <\|begin_of_(?:{_NAMES})\|> | <\|channel\|>(?:analysis|commentary)[^<>]{{0,80}}<\|message\|>
        )
      | (?P<close>
            </(?:[a-z]{{1,20}}:)?(?:{_NAMES})\s?> | \[/(?:{_NAMES})\] | ◁/(?:{_NAMES})▷
          | <\|end_of_(?:{_NAMES})\|> | <\|channel\|>final[^<>]{{0,80}}<\|message\|>
        )
      | (?P<end> <\|end\|> )
        """,
        re.IGNORECASE | re.VERBOSE,
    )


class Kept(NamedTuple):
    """The segments that count; `found` says whether anything was set aside, `unclosed` that a block never ended."""

    segments: tuple[str, ...]
    found: bool
    unclosed: bool


def set_aside(text: str, spans: Iterable[Span]) -> Kept:
    """The text without thinking."""
    segments: list[str] = []
    start, is_open, found = 0, False, False
    for mark in _marks(text, spans):
        if mark["open"] and not is_open:
            segments.append(text[start : mark.start()])
            is_open = found = True
        elif mark["close"] and not is_open:
            segments.clear()
            start, found = mark.end(), True
        elif not mark["open"] and is_open:
            start, is_open = mark.end(), False
    if not is_open:
        segments.append(text[start:])
    return Kept(tuple(segments), found, is_open)


def _marks(text: str, spans: Iterable[Span]) -> Iterator[re.Match[str]]:
    """The marks that stand outside every complete object."""
    if not any(beginning in text for beginning in _BEGINNINGS):
        return
    objects = iter(spans)
    current = next(objects, None)
    for mark in _mark().finditer(text):
        while current and current.end <= mark.start():
            current = next(objects, None)
        if current is None or mark.start() < current.start:
            yield mark
