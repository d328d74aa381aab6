"""Concerns: which of them are new and which vanished. Short noun phrases in, phrases out; approximate by nature.

Two phrases are taken for one concern where their spelling agrees (case, punctuation, articles and plural endings
aside), or where they share at least half of all their words, small words aside. A concern told in quite other words
counts as a new one and a vanished one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from panel.comparator.words import phrase_key
from panel.drift.pairs import Pair
from panel.drift.seats import Folded
from panel.records.drift import ConcernChange, Concerns

ALIKE = 0.5
"""The share of common words from which two phrases are one concern."""
MOST_TOOLS = 200
"""Tools whose changed concerns are listed; the others are counted."""
_LONGEST = 120
_SMALL = frozenset(
    {"at", "be", "by", "for", "from", "in", "is", "no", "not", "of", "on", "or", "and", "to", "with", "without", "are"}
)

Phrases = Mapping[str, tuple[str, frozenset[str]]]
"""Distinct phrases by their key: the phrase as first written, and its words."""


def phrases(texts: Iterable[str]) -> dict[str, tuple[str, frozenset[str]]]:
    """The distinct phrases among the texts, in order."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for text in texts:
        key = phrase_key(text)
        if key and key not in found:
            found[key] = (text, frozenset(key.split()) - _SMALL)
    return found


def missing_from(others: Phrases, these: Phrases) -> list[str]:
    """The phrases of `these` that stand for no phrase of `others`, as written."""
    return [text for key, (text, words) in these.items() if key not in others and not _told(words, others)]


def _told(words: frozenset[str], others: Phrases) -> bool:
    return any(len(words & other) >= ALIKE * len(words | other) for _, other in others.values() if words & other)


class ConcernsOf:
    """Gathers the concerns of tools over their paired votes, and keeps the tools where most changed."""

    def __init__(self) -> None:
        self._totals = [0, 0, 0, 0]
        self._compared = self._changed = 0
        self._kept: list[tuple[tuple[int, int], ConcernChange]] = []

    def add_tool(self, tool: str, pairs: list[Pair]) -> None:
        """All pairs of one tool; those that show the same answer, or that abstained on a side, say nothing new."""
        telling = [pair for pair in pairs if not pair.same_answer and pair.before.scores and pair.after.scores]
        if not telling:
            return
        old = phrases(_lines(pair.before for pair in telling))
        new = phrases(_lines(pair.after for pair in telling))
        came, went = missing_from(old, new), missing_from(new, old)
        self._compared += 1
        self._totals = [a + b for a, b in zip(self._totals, map(len, (old, new, came, went)), strict=True)]
        if came or went:
            self._changed += 1
            change = ConcernChange(
                tool=tool, before=len(old), after=len(new), new=tuple(map(_cut, came)), vanished=tuple(map(_cut, went))
            )
            self._keep((-sum(pair.flipped for pair in pairs), -len(came) - len(went)), change)

    def _keep(self, rank: tuple[int, int], change: ConcernChange) -> None:
        self._kept.append((rank, change))
        if len(self._kept) >= 2 * MOST_TOOLS:
            self._kept = self._first()

    def _first(self) -> list[tuple[tuple[int, int], ConcernChange]]:
        return sorted(self._kept, key=lambda item: (item[0], item[1].tool))[:MOST_TOOLS]

    def told(self) -> Concerns:
        """The totals, and the tools whose votes flipped or whose concerns changed most."""
        before, after, new, vanished = self._totals
        changes = tuple(change for _, change in self._first())
        return Concerns(
            before=before,
            after=after,
            new=new,
            vanished=vanished,
            tools_compared=self._compared,
            tools_changed=self._changed,
            changes=changes,
            left_out=self._changed - len(changes),
        )


def _lines(sides: Iterable[Folded]) -> Iterable[str]:
    return (line for side in sides for seat in side.seats.values() for line in seat.concerns.splitlines())


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
