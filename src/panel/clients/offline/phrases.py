"""Phrases: plain words with `word*`, `*`, `#` and `...`, found in a sentence by a dictionary of first words.

In go the phrases of the lexicon; out come finds: which kind, and from which word to which. No regular expressions are
made of what authors write, so a lexicon of thousands of phrases loads in milliseconds and a text is read in one pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from panel.clients.offline.sentences import Sentence, Token

GAP = 5
"""Most words that `...` passes over."""
_STEM = 3
"""Characters of a `word*` that it is filed under."""


class Find(NamedTuple):
    """Words `start` to `stop` (exclusive) of a sentence match a phrase of `kind`."""

    kind: str
    start: int
    stop: int


class Phrases:
    """The phrases of many kinds, filed by how they begin."""

    def __init__(self, by_kind: Mapping[str, str]) -> None:
        self._exact: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        self._stems: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        for kind, listed in by_kind.items():
            for phrase in listed.split(","):
                self._file(kind, _parts(phrase))

    def _file(self, kind: str, parts: tuple[str, ...]) -> None:
        if not parts:
            return
        first = parts[0]
        if first.endswith("*") and len(first) > _STEM:
            self._stems.setdefault(first[:_STEM].lower(), []).append((kind, parts))
        else:
            self._exact.setdefault(first.rstrip("*").lower(), []).append((kind, parts))

    def find(self, sentence: Sentence) -> Iterator[Find]:
        """Every match in a sentence, in the order of its first word; kinds may overlap."""
        tokens = sentence.tokens
        for at, token in enumerate(tokens):
            key = "#" if token.is_number else token.word
            for kind, parts in self._candidates(key, token.word):
                stop = _match(parts, tokens, at)
                if stop:
                    yield Find(kind, at, stop)

    def _candidates(self, key: str, word: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield from self._exact.get(key, ())
        if key != word:
            yield from self._exact.get(word, ())
        yield from self._stems.get(word[:_STEM], ())


def _parts(phrase: str) -> tuple[str, ...]:
    """A phrase as the words it is matched by: hyphens, slashes and full stops inside words part them as in a text."""
    parts: list[str] = []
    for word in phrase.split():
        if word in ("*", "#", "..."):
            parts.append(word)
        else:
            parts += _split(word)
    return tuple(parts)


def _split(word: str) -> list[str]:
    if word.isalpha():
        return [word]
    from panel.clients.offline.sentences import tokenise

    star = word.endswith("*")
    pieces: list[str] = []
    for at, piece in enumerate(word.rstrip("*").split("#")):
        pieces += ["#"] * bool(at) + [token.raw.replace("’", "'") for token in tokenise(piece)]
    if star and pieces:
        pieces[-1] += "*"
    return pieces


def _match(parts: tuple[str, ...], tokens: tuple[Token, ...], at: int) -> int:
    """Where the match that begins at `at` ends, or 0."""
    place = 0
    while place < len(parts):
        part = parts[place]
        if part == "...":
            return _after_gap(parts[place + 1 :], tokens, at)
        if at >= len(tokens) or not _fits(part, tokens[at]):
            return 0
        place += 1
        at += 1
    return at


def _after_gap(parts: tuple[str, ...], tokens: tuple[Token, ...], at: int) -> int:
    for start in range(at, min(at + GAP + 1, len(tokens))):
        stop = _match(parts, tokens, start)
        if stop:
            return stop
    return 0


def _fits(part: str, token: Token) -> bool:
    if part == "*":
        return True
    if part == "#":
        return token.is_number
    if part[-1] == "*":
        return token.word.startswith(part[:-1].lower())
    if part.isupper() and len(part) > 1:
        return token.raw == part
    return token.word == part.lower()
