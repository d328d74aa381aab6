"""Phrases: plain words with `word*`, `*`, `#` and `...`, found in a sentence by a dictionary of first words.

In go the phrases of the lexicon; out come finds: which kind, and from which word to which. No regular expressions are
made of what authors write, so a lexicon of thousands of phrases loads in milliseconds and a text is read in one pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from panel.clients.offline.sentences import Sentence, Token, tokenise

GAP = 5
"""Most words that `...` passes over."""
_STEM = 3
"""Characters of a `word*` that it is filed under."""
_MOST = 12
"""Finds of one kind in one sentence; more would tell nothing new."""


class Find(NamedTuple):
    """Words `start` to `stop` (exclusive) of a sentence match a phrase of `kind`."""

    kind: str
    start: int
    stop: int


_Filed = tuple[str, tuple[str, ...]]


class Phrases:
    """The phrases of many kinds, filed by how they begin: by two words, by one, or by the first letters of a stem.

    A phrase that begins with a plain word is taken apart when a text first holds that word; most never are.
    """

    def __init__(self, by_kind: Mapping[str, str]) -> None:
        self._pairs: dict[tuple[str, str], list[_Filed]] = {}
        self._words: dict[str, list[_Filed]] = {}
        self._stems: dict[str, list[_Filed]] = {}
        self._waiting: dict[str, list[tuple[str, str]]] = {}
        for kind, listed in by_kind.items():
            for phrase in listed.split(","):
                first = phrase.split(None, 1)[:1]
                if first and first[0].isalpha():
                    self._waiting.setdefault(first[0].lower(), []).append((kind, phrase))
                else:
                    self._file(kind, _parts(phrase))

    def _file(self, kind: str, parts: tuple[str, ...]) -> None:
        if not parts:
            return
        first, second = parts[0], parts[1] if len(parts) > 1 else ""
        if first.endswith("*") and len(first) > _STEM:
            self._stems.setdefault(first[:_STEM].lower(), []).append((kind, parts))
        elif second == "#" or second.isalnum():
            self._pairs.setdefault((first.lower(), second.lower()), []).append((kind, parts))
        else:
            self._words.setdefault(first.rstrip("*").lower(), []).append((kind, parts))

    def find(self, sentence: Sentence) -> Iterator[Find]:
        """The matches in a sentence, in the order of their first words; kinds may overlap, and repeat a few times."""
        tokens = sentence.tokens
        told: dict[str, int] = {}
        for at, token in enumerate(tokens):
            after = tokens[at + 1] if at + 1 < len(tokens) else None
            for kind, parts in self._candidates(token, after):
                stop = _match(parts, tokens, at)
                if stop and told.setdefault(kind, 0) < _MOST:
                    told[kind] += 1
                    yield Find(kind, at, stop)

    def _candidates(self, token: Token, after: Token | None) -> Iterator[_Filed]:
        for word in _keys(token):
            for waiting in self._waiting.pop(word, ()):
                self._file(waiting[0], _parts(waiting[1]))
            yield from self._words.get(word, ())
            for second in _keys(after) if after else ():
                yield from self._pairs.get((word, second), ())
        yield from self._stems.get(token.word[:_STEM], ())


def _keys(token: Token) -> tuple[str, ...]:
    """What a word may be filed under: itself, and `#` if it is a number."""
    return (token.word, "#") if token.is_number else (token.word,)


def _parts(phrase: str) -> tuple[str, ...]:
    """A phrase as the words it is matched by: hyphens, slashes and full stops inside words part them as in a text."""
    words = phrase.split()
    if "".join(words).isalpha():  # nearly all are plain words, and thousands are filed before the first answer
        return tuple(words)
    parts: list[str] = []
    for word in words:
        if word in ("*", "#", "..."):
            parts.append(word)
        else:
            parts += _split(word)
    return tuple(parts)


def _split(word: str) -> list[str]:
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
