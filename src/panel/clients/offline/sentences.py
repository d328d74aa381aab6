"""Sentences: the fields of a description, cut into sentences and the sentences into words with their places.

In go the fenced fields; out come sentences whose text is verbatim but for white space. Nothing is judged here. All of
it is linear in the length of the text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[A-Za-zÀ-ɏ][A-Za-z0-9À-ɏ]*(?:['’][A-Za-zÀ-ɏ]+)?|[%$€£¥]|[^\W\d_]+")
_BLOCK = re.compile(r"\n\s*\n|\n(?=\s{0,8}(?:[-*•+]|\d{1,3}[.)]|#{1,6}|\||>)\s)")
_MARKER = re.compile(r"^\s*(?:[-*•+>|]|\d{1,3}[.)]|#{1,6})\s+")
_END = re.compile(r"[.!?…][\"'”’)\]`*]{0,3}(?=\s)|[。！？；]")
_SHORT = frozenset(
    {"e.g", "i.e", "etc", "vs", "approx", "no", "inc", "ltd", "co", "corp", "st", "dr", "mr", "ms", "fig"}
)
_BREAK = re.compile(r"[,;:()\[\]—–…•|]|\s-\s")
_LONGEST = 80
"""Words in a sentence; a longer run without a full stop is cut, so that every later step is bounded."""


class Token(NamedTuple):
    """A word (lower case), the word as written, its place in the sentence, and what stands before it."""

    word: str
    raw: str
    start: int
    end: int
    gap: str

    @property
    def is_number(self) -> bool:
        return self.raw[0].isdigit()

    @property
    def breaks(self) -> bool:
        """Whether punctuation parts this word from the one before."""
        return len(self.gap) > 1 and _BREAK.search(self.gap) is not None


class Sentence(NamedTuple):
    """One sentence of one field."""

    field: str
    text: str
    tokens: tuple[Token, ...]


def sentences(field: str, text: str) -> list[Sentence]:
    """The sentences of a field, in order. Hard line breaks are spaces; blank lines, list items and headings part."""
    found = []
    for block in _BLOCK.split(text):
        flat = " ".join(_MARKER.sub("", block, count=1).split())
        for piece in _pieces(flat):
            tokens = tokenise(piece)
            if tokens:
                found += _bounded(Sentence(field, piece, tokens))
    return found


def tokenise(text: str) -> tuple[Token, ...]:
    """The words of a text; hyphens part words, figures keep their points and commas."""
    tokens = []
    end = 0
    for match in _WORD.finditer(text):
        raw = match.group()
        word = "x" if raw == "×" else raw.lower().replace("’", "'")
        tokens.append(Token(word, raw, match.start(), match.end(), text[end : match.start()]))
        end = match.end()
    return tuple(tokens)


def _pieces(text: str) -> list[str]:
    pieces = []
    start = 0
    for match in _END.finditer(text):
        if text.count("`", start, match.start()) % 2 and "`" not in match.group():
            continue
        if match.group()[0] == "." and _is_short(text, start, match.start()):
            continue
        pieces.append(text[start : match.end()].strip())
        start = match.end()
    pieces.append(text[start:].strip())
    return [piece for piece in pieces if piece]


def _is_short(text: str, start: int, stop: int) -> bool:
    """Whether the full stop at `stop` ends an abbreviation or an initial and not a sentence."""
    word = text[max(start, stop - 12) : stop].rsplit(" ", 1)[-1].lstrip("(\"'“‘").lower()
    return word in _SHORT or (len(word) == 1 and word.isalpha() and text[stop - 1].isupper())


def _bounded(sentence: Sentence) -> list[Sentence]:
    if len(sentence.tokens) <= _LONGEST and len(sentence.text) <= 8 * _LONGEST:
        return [sentence]
    parts = []
    words = sentence.text.split(" ")
    for at in range(0, len(words), _LONGEST):
        for piece in _chopped(" ".join(words[at : at + _LONGEST])):
            tokens = tokenise(piece)[: 2 * _LONGEST]
            if tokens:
                parts.append(Sentence(sentence.field, piece, tokens))
    return parts


def _chopped(text: str) -> list[str]:
    """A text without spaces (Chinese, a long address) in pieces of bounded length."""
    size = 8 * _LONGEST
    return [text[at : at + size].strip() for at in range(0, len(text), size)] if len(text) > size else [text]
