"""Page: what matchers read. The sentences that do not steer, with the kinds that phrases found in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from panel.clients.offline.grammar import Hit
from panel.clients.offline.sentences import Sentence, Token


class Page(NamedTuple):
    """The `plain` sentences (none that steers), the kinds borne out by each (by its text), the raw fields, the name.

    `this_year` is the year the page speaks in: years are compared with it, never with a clock.
    """

    fields: dict[str, str]
    plain: tuple[Sentence, ...]
    kinds_of: dict[str, frozenset[str]]
    name: tuple[str, ...]
    this_year: int

    def described(self) -> Iterator[Sentence]:
        """The sentences of the description itself."""
        return (sentence for sentence in self.plain if sentence.field == "description")

    def priced_first(self) -> list[Sentence]:
        """All sentences, those of the pricing field first."""
        return sorted(self.plain, key=lambda each: each.field != "pricing")


def at(sentence: Sentence, start: int = 0, stop: int | None = None) -> Hit:
    """A hit of a kind yet to be named, on the words from `start` to `stop`."""
    return Hit("", sentence, start, stop or min(start + 1, len(sentence.tokens)))


def has(sentence: Sentence, words: frozenset[str]) -> bool:
    """Whether a sentence holds one of the words."""
    return any(token.word in words for token in sentence.tokens)


def year_of(token: Token) -> int | None:
    """The year a word is, if it is one."""
    raw = token.raw
    return int(raw) if len(raw) == 4 and raw.isdigit() and 1950 <= int(raw) <= 2100 else None


def years(sentence: Sentence) -> list[int]:
    """The years a sentence names, in order."""
    return [year for token in sentence.tokens if (year := year_of(token))]
