"""Comparison: two tables in, all that is told of their pairs out. Goes through the tools in order of id, one at a time.

Kept of a tool are its flips, and how its votes stand after. A tool that shows the same answers on both sides is counted
and not compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from panel.drift.badges import Badges
from panel.drift.concerns import ConcernsOf
from panel.drift.moves import Gathered, sign
from panel.drift.pairs import Pair, pairs_of
from panel.drift.seats import Folded, Seats, Stand, Vote, votes_of
from panel.drift.sides import Census
from panel.drift.straddling import straddling
from panel.drift.tables import Table
from panel.records.cause import Cause
from panel.records.drift import CauseTotal, Flip, Move, SignTest, Straddler, Turn
from panel.records.vote import Outcome


class _Flipped(NamedTuple):
    """A flip before it is known what repeats show; `move` None where a side has no score to compare."""

    flip: Flip
    move: int | None
    shares: float


class Causes:
    """Counts of votes by cause."""

    def __init__(self) -> None:
        self.votes: Counter[Cause] = Counter()
        self._flipped: Counter[Cause] = Counter()
        self._moved: Counter[Cause] = Counter()
        self._sums: Counter[Cause] = Counter()

    def add(self, pair: Pair) -> None:
        for cause in pair.causes:
            self.votes[cause] += 1
            self._flipped[cause] += pair.flipped
            if pair.move is not None:
                self._moved[cause] += 1
                self._sums[cause] += pair.move

    def totals(self) -> tuple[CauseTotal, ...]:
        """One line per cause met, in the order of `Cause`."""
        return tuple(
            CauseTotal(
                cause=cause,
                votes=self.votes[cause],
                flipped=self._flipped[cause],
                mean_move=round(self._sums[cause] / self._moved[cause], 3) if self._moved[cause] else None,
            )
            for cause in Cause
            if self.votes[cause]
        )


class Comparison:
    """Two sides, compared. `mute` are the personas that never vote; `badges` whether whole panels are compared."""

    def __init__(self, before: Table, after: Table, mute: Collection[str], *, badges: bool) -> None:
        self._mute = frozenset(mute)
        self._whole = badges
        self.paired = self.pending = self.same_answer = self.flipped_anew = 0
        self.flipped: list[_Flipped] = []
        self.before, self.after = Census(), Census()
        self.badges = Badges(self._votes)
        self.causes = Causes()
        self.concerns = ConcernsOf()
        self.gathered = Gathered()
        self._turned: dict[str, list[int]] = {}
        self._stands: list[tuple[str, tuple[tuple[Vote, Stand], ...]]] = []
        self._known: dict[Any, Any] = {}
        for tool in sorted({*before.tools, *after.tools}):
            self._add(tool, before.seats(tool), after.seats(tool))

    def _votes(self, persona: str) -> bool:
        return persona not in self._mute

    def _add(self, tool: str, before: Seats, after: Seats) -> None:
        self.before.add(tool, before, after)
        self.after.add(tool, after, before)
        new = votes_of(after)
        if new:
            self._keep(tool, new)
        if alike(before, after):
            self._add_same(new)
        elif before and after:
            self._compare(tool, votes_of(before), new)

    def _add_same(self, votes: Mapping[Vote, Folded]) -> None:
        """A tool that shows the very same answers on both sides: it counts in all denominators, and nowhere else."""
        told = {vote: folded for vote, folded in votes.items() if folded.outcome is not Outcome.PENDING}
        self.pending += len(votes) - len(told)
        self.paired += len(told)
        self.same_answer += len(told)
        self.gathered.add_same(told)
        if self._whole:
            self.badges.add_same(votes)

    def _compare(self, tool: str, old: Mapping[Vote, Folded], new: Mapping[Vote, Folded]) -> None:
        both = list(pairs_of(tool, old, new))
        pairs = [pair for pair in both if not pair.pending]
        self.pending += len(both) - len(pairs)
        self.paired += len(pairs)
        self.gathered.add_tool(pairs)
        self.concerns.add_tool(tool, pairs)
        self._turn(pairs)
        if self._whole:
            self.badges.add_tool(tool, old, new)
        for pair in pairs:
            self.same_answer += pair.same_answer
            self.causes.add(pair)
            if pair.flipped:
                self.flipped_anew += not pair.same_answer
                self.flipped.append(_Flipped(_flip(pair), pair.move, pair.shares))

    def _keep(self, tool: str, votes: Mapping[Vote, Folded]) -> None:
        """How the tool stands after: what it hangs on is told in the end, when it is known what repeats show."""
        stands = ((vote, folded.stand) for vote, folded in votes.items())
        self._stands.append((tool, tuple(self._known.setdefault(stand, stand) for stand in stands)))

    def _turn(self, pairs: list[Pair]) -> None:
        """Which way the tool's votes went, for each model and over all: one tool counts once, whoever sat."""
        net: Counter[str] = Counter()
        for pair in pairs:
            way = {Outcome.SHIP: 1, Outcome.SKIP: -1}
            if pair.before.outcome in way and pair.after.outcome in way:
                for model in (pair.model, ""):
                    net[model] += way[pair.after.outcome] - way[pair.before.outcome]
        for model, sum_ in net.items():
            ways = self._turned.setdefault(model, [0, 0])
            ways[0] += sum_ > 0
            ways[1] += sum_ < 0

    def _turned_of(self, model: str) -> tuple[int, int]:
        up, down = self._turned.get(model, (0, 0))
        return up, down

    def tools_turned(self) -> SignTest:
        return sign(*self._turned_of(""))

    def moves(self) -> tuple[Move, ...]:
        return self.gathered.moves(self._turned_of)

    def turns(self) -> tuple[Turn, ...]:
        """The flips by outcome before and after, the most frequent first."""
        counted = Counter((item.flip.before, item.flip.after) for item in self.flipped)
        ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        return tuple(Turn(before=before, after=after, votes=votes) for (before, after), votes in ordered)

    def flips(self) -> tuple[Flip, ...]:
        """Every flip, held against what repeats show: those outside of it first, then by how far the score moved."""
        told = [self._held_against_repeats(item) for item in self.flipped]
        order = {"outside": 0, "unknown": 1, "inside": 2}
        return tuple(sorted(told, key=lambda flip: (order[flip.noise], -_distance(flip), flip.tool, flip.persona)))

    def _held_against_repeats(self, item: _Flipped) -> Flip:
        width = self._half_width(item.flip.persona, item.flip.model, item.shares)
        if width is None or item.move is None or Cause.PARSER in item.flip.causes:
            return item.flip
        noise = "inside" if abs(item.move) <= width else "outside"
        return item.flip.model_copy(update={"noise": noise, "half_width": round(width, 1)})

    def _half_width(self, persona: str, model: str, shares: float) -> float | None:
        return self.gathered.spread(persona, model).half_width(shares)

    def straddling(self) -> tuple[Straddler, ...]:
        """The tools of the side after whose verdict hangs on little."""
        found = []
        for tool, stands in self._stands:
            straddler = straddling(tool, dict(stands), self._votes, self._half_width, panels=self._whole)
            if straddler:
                found.append(straddler)
        return tuple(found)


def alike(before: Seats, after: Seats) -> bool:
    """Whether both sides show the very same answers of a tool, read alike."""
    return bool(before) and before == after


def _distance(flip: Flip) -> int:
    if flip.score_before is None or flip.score_after is None:
        return 0
    return abs(flip.score_after - flip.score_before)


def _flip(pair: Pair) -> Flip:
    return Flip(
        tool=pair.tool,
        persona=pair.persona,
        model=pair.model,
        variant=pair.variant,
        before=pair.before.outcome,
        after=pair.after.outcome,
        score_before=pair.before.score,
        score_after=pair.after.score,
        causes=pair.causes,
        comparable=pair.comparable,
        mixed_judges=pair.mixed,
        reasons=pair.reasons,
    )
