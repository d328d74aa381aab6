"""Where a text holds complete JSON objects. Text in, spans out; it decodes nothing and judges nothing.

    Sure! {"a": {"b": 1},}  and  {"c": [1,
          └── one span ───┘          └ ran into the end of the text: `cut_from`

An object is found wherever it begins, in prose too; only outermost ones that hold something are reported. Besides JSON
the grammar allows what can be dropped without loss: one comma before a closing bracket, and white space that JSON does
not know (no-break and zero-width spaces). Whether `{` opens an object depends on what follows it only, so a brace tried
once is never tried again: time is linear in the text however deep or broken it is, and nothing here recurses.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

HIDDEN_SPACE = "\u200b\u200c\u200d\u2060\ufeff"
"""Zero-width characters that may stand where white space may."""

_JSON_SPACE = " \t\n\r"
_GAP = rf"[\s{HIDDEN_SPACE}]*+"
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+'
"""A string up to its closing quote."""

_SPACE = re.compile(_GAP)
_START = re.compile(rf'\{{{_GAP}(?=\Z|{_STRING}(?:\Z|"{_GAP}(?::|\Z)))', re.DOTALL)
"""A brace before a key and a colon, or before the end of the text: all others open no object that holds something."""

_TOKEN = re.compile(
    rf'{_STRING}"'
    r"|[{}\[\],:]|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null",
    re.DOTALL,
)
_UNFINISHED = re.compile(r'"|(?:-|\.|[eE][+-]?|tr?u?|fa?l?s?|nu?l?)?\Z')
"""What may stand where the grammar stops because the text does: all complete tokens have been read before."""


class Span(NamedTuple):
    """One complete object, `text[start:end]`.

    `depth` counts the containers nested in it and itself; `drop` are the offsets (from, to) of what JSON itself would
    not allow, `commas` and `spaces` how many of each; `inside` is "" for an object of its own, else how the object
    round it failed: "cut" or "broken".
    """

    start: int
    end: int
    depth: int
    drop: tuple[tuple[int, int], ...] = ()
    commas: int = 0
    spaces: int = 0
    inside: str = ""

    def source(self, text: str) -> str:
        """The object as JSON proper."""
        pieces, at = [], self.start
        for begin, end in self.drop:
            pieces.append(text[at:begin])
            at = end
        return "".join([*pieces, text[at : self.end]])


class Scan(NamedTuple):
    """The spans in order, and where an object began that the end of the text cut off; None where none was."""

    spans: tuple[Span, ...]
    cut_from: int | None


def scan(text: str) -> Scan:
    """All outermost complete objects of a text."""
    whole = _whole(text)
    if whole:
        return Scan((whole,), None)
    spans: list[Span] = []
    tried: set[int] = set()
    cut_from: int | None = None
    at = 0
    while match := _START.search(text, at):
        start = match.start()
        at = start + 1
        if start in tried:
            continue
        walk = _Walk(text, start)
        if walk.run():
            spans += walk.spans("")
            at = spans[-1].end
            continue
        tried |= walk.opened
        spans += walk.spans("cut" if walk.cut else "broken")
        if walk.cut and cut_from is None:
            cut_from = start
    return Scan(_outermost(spans), cut_from)


def _whole(text: str) -> Span | None:
    """The span of a text that is one object of proper JSON, as nearly all are: so found at a fraction of the time."""
    start = len(text) - len(text.lstrip(_JSON_SPACE))
    if not _START.match(text, start):
        return None
    try:
        depth, end = _DEPTH.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return None if text[end:].strip(_JSON_SPACE) else Span(start, end, depth)


def _refuse(word: str) -> int:
    raise ValueError(f"{word} is no JSON")


def _depth(value: Any) -> int:
    """How many containers nest in a value in which objects are their depths already."""
    if type(value) is list:
        return 1 + max(map(_depth, value), default=0)
    return value if type(value) is int else 0


_DEPTH = json.JSONDecoder(
    object_pairs_hook=lambda items: 1 + max(_depth(value) for _, value in items) if items else 1,
    parse_int=lambda digits: 0,
    parse_float=lambda digits: 0,
    parse_constant=_refuse,
    strict=False,
)
"""Decodes an object to its depth."""


def stop_of(text: str, start: int) -> int:
    """Where reading the object that begins at `start` had to stop: the offset of the first thing out of place."""
    walk = _Walk(text, start)
    walk.run()
    return walk.at


def _outermost(spans: list[Span]) -> tuple[Span, ...]:
    """Spans in order, without those that stand inside another's string or twice on the list."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return tuple(kept)


class _Frame:
    """A container still open."""

    __slots__ = ("depth", "edits", "is_object", "mark", "start")

    def __init__(self, start: int, is_object: bool, mark: int, edits: int) -> None:
        self.start = start
        self.is_object = is_object
        self.mark = mark
        self.edits = edits
        self.depth = 1


class _Walk:
    """One attempt to read an object from `start`: a stack of frames and what the grammar expects next."""

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.at = start
        self.stack: list[_Frame] = []
        self.done: list[tuple[_Frame, int, int]] = []
        self.opened: set[int] = set()
        self.edits: list[tuple[int, int, bool]] = []
        self.expect = "value"
        self.comma = -1
        self.cut = False

    def run(self) -> bool:
        """Whether a complete object was read; `done` then holds it alone, else what was complete inside it."""
        text, at, match_space, match_token = self.text, self.at, _SPACE.match, _TOKEN.match
        while True:
            if (space := match_space(text, at)) and space.end() > at:
                if space.group().strip(_JSON_SPACE):
                    self.edits.append((at, space.end(), False))
                at = space.end()
            self.at = at
            token = match_token(text, at)
            if token is None:
                self.cut = at >= len(text) or self._unfinished(at)
                return False
            if not self._take(text[at], at, token.end()):
                return False
            at = token.end()
            if not self.stack:
                return True

    def spans(self, inside: str) -> list[Span]:
        """What `done` holds, each with its edits; made once, at the end, so that depth costs nothing."""
        found = []
        for frame, end, edits in self.done:
            mine = sorted(self.edits[frame.edits : edits])
            commas = sum(is_comma for _, _, is_comma in mine)
            drop = tuple((begin, stop) for begin, stop, _ in mine)
            found.append(Span(frame.start, end, frame.depth, drop, commas, len(mine) - commas, inside))
        return found

    def _unfinished(self, at: int) -> bool:
        """Whether what stands here is the beginning of a token that the text's end cut off."""
        return _UNFINISHED.match(self.text, at) is not None

    def _take(self, char: str, at: int, end: int) -> bool:
        """Move by one token; False where the grammar does not allow it."""
        expect = self.expect
        if char == '"' and expect in ("key", "first key"):
            self.expect = "colon"
        elif char == ":" and expect == "colon":
            self.expect = "value"
        elif char == "," and expect == "comma":
            self.comma = at
            self.expect = "key" if self.stack[-1].is_object else "item"
        elif char in "{[" and expect in ("value", "item", "first item"):
            self._open(char == "{", at)
        elif char in "}]" and expect not in ("value", "colon"):
            return self._close(char == "}", end)
        elif char not in "{}[],:" and expect in ("value", "item", "first item"):
            self.expect = "comma"
        else:
            return False
        return True

    def _open(self, is_object: bool, at: int) -> None:
        self.stack.append(_Frame(at, is_object, len(self.done), len(self.edits)))
        if is_object:
            self.opened.add(at)
        self.expect = "first key" if is_object else "first item"

    def _close(self, is_object: bool, end: int) -> bool:
        if self.stack[-1].is_object is not is_object:
            return False
        if self.expect in ("key", "item"):
            self.edits.append((self.comma, self.comma + 1, True))
        frame = self.stack.pop()
        if self.stack:
            self.stack[-1].depth = max(self.stack[-1].depth, frame.depth + 1)
        if is_object:
            del self.done[frame.mark :]
            self.done.append((frame, end, len(self.edits)))
        self.expect = "comma"
        return True
