"""Duel: two tools before one model's panel, in figures. In go two reviews, out come the lead and what bars a win.

Exact integers and fractions; no words about winning beyond the hurdles that the rule names.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from panel.comparator.columns import Columns
from panel.comparator.interval import half_width
from panel.comparator.words import counted, joined, points
from panel.records.review import Review
from panel.records.scale import SCALE
from panel.records.vote import QUORUM, Badge

_WINNING = (Badge.SHIP, Badge.MIXED)


class Side(NamedTuple):
    """One tool in a duel: id, label and badge on this model."""

    tool: str
    label: str
    badge: Badge


class Duel(NamedTuple):
    """`x` seen against `y`. `scores` holds (persona's id, its name, score of x, score of y) of all that voted on both.

    `lead` is the mean of x − y in points (0 where nobody voted on both); `needed` the least lead that wins, a whole
    number of tenths; `repeats` whether that is the half-width from repeats.
    """

    x: Side
    y: Side
    scores: tuple[tuple[str, str, int, int], ...]
    lead: Fraction
    needed: Fraction
    repeats: bool

    @property
    def favour(self) -> int:
        return sum(mine > theirs for _, _, mine, theirs in self.scores)

    @property
    def oppose(self) -> int:
        return sum(mine < theirs for _, _, mine, theirs in self.scores)

    @property
    def enough(self) -> bool:
        """Whether enough personas voted on both tools for a winner."""
        return len(self.scores) >= QUORUM

    def hurdles(self) -> tuple[str, ...]:
        """What keeps `x` from beating `y`, in words; empty where it does. Both badges must be decided."""
        if not self.enough:
            names = joined([name for _, name, _, _ in self.scores]) if self.scores else "none"
            return (f"fewer than {QUORUM} personas scored both {self.x.label} and {self.y.label} ({names})",)
        if not self.lead:
            return ("neither leads",)
        if self.lead < 0:
            return (f"it trails {self.y.label}",)
        return tuple(text for stands, text in self._tests() if stands)

    def _tests(self) -> tuple[tuple[bool, str], ...]:
        mine, theirs = self.x.badge, self.y.badge
        balance = "as many personas as" if self.favour == self.oppose else "more personas than"
        return (
            (mine not in _WINNING, f"the badge of {self.x.label} is {mine.words}"),
            (mine.rank < theirs.rank, f"the badge of {self.x.label} is worse than that of {self.y.label}"),
            (self.lead < self.needed, "the lead is too small"),
            (self.favour <= self.oppose, f"{balance} favour {self.x.label} oppose it"),
        )

    def figures(self) -> str:
        """The figures in one sentence, without its full stop."""
        x, y = (f"{side.label} ({side.badge.words})" for side in (self.x, self.y))
        each = ", ".join(f"{name} {mine} to {theirs}" for _, name, mine, theirs in self.scores)
        over = f"over {counted(len(self.scores), 'persona')} ({each})"
        if not self.lead:
            return f"{x} and {y} are level {over}; {self._needed}"
        sides = f"{self._count(self.favour, 'favour')} it, {self._count(self.oppose, 'oppose')} it"
        verb = "leads" if self.lead > 0 else "trails"
        return f"{x} {verb} {y} by {points(abs(self.lead))} points {over}; {self._needed}; {sides}"

    @property
    def _needed(self) -> str:
        why = " (the 95 % half-width from repeats)" if self.repeats else ""
        return f"{points(self.needed)} are needed{why}"

    @staticmethod
    def _count(number: int, verb: str) -> str:
        return f"{number} {verb}s" if number == 1 else f"{number} {verb}"


def duel(columns: Columns, model: str, first: Review, second: Review) -> Duel:
    """`first` against `second` over the personas that voted on both, on one model that sat before both."""
    scores, repeats = [], []
    for persona in columns.voters:
        mine, theirs = first.vote(persona.id, model), second.vote(persona.id, model)
        if mine and theirs and mine.score is not None and theirs.score is not None:
            scores.append((persona.id, persona.name, mine.score, theirs.score))
            repeats.append((_repeats(first, persona.id, model), _repeats(second, persona.id, model)))
    width = half_width(repeats) or Fraction(0)
    total = sum(mine - theirs for _, _, mine, theirs in scores)
    return Duel(
        x=_side(columns, model, first),
        y=_side(columns, model, second),
        scores=tuple(scores),
        lead=Fraction(total, len(scores)) if scores else Fraction(0),
        needed=max(Fraction(SCALE.lead), width),
        repeats=width > SCALE.lead,
    )


def _repeats(review: Review, persona: str, model: str) -> list[int]:
    seats = (seat for seat in review.seats if (seat.slot.persona, seat.slot.model) == (persona, model))
    return [seat.scored.score for seat in seats if seat.scored]


def _side(columns: Columns, model: str, review: Review) -> Side:
    tally = review.tally(model)
    return Side(review.tool.id, columns.label(review), tally.badge if tally else Badge.TOO_FEW)
