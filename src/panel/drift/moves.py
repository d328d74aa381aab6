"""Moves: how the scores of each persona moved, tool by tool, and how much of it asking again would do by itself.

Pairs go in one tool at a time; out come one line per persona and model, one over all personas of a model, and one per
judge where the question stayed the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Literal

from panel.drift import numbers
from panel.drift.disagreement import Disagreement
from panel.drift.numbers import Spread
from panel.drift.pairs import JUDGE_ONLY, Pair, served
from panel.drift.seats import Folded, Vote, ships
from panel.records.drift import JudgeMove, Move, Noise, SignTest
from panel.records.vote import Outcome

ALL = "(all)"
"""The line over all personas: one value per tool, the mean of its personas' moves."""
_CONFIDENCE = 0.95
_NOUGHT = 1e-9
"""What sums of shares may be off by."""

Line = tuple[str, str]
"""Persona and model."""


class _Moves:
    """What is gathered for one line."""

    def __init__(self) -> None:
        self.paired = self.same_answer = self.flipped = 0
        self.values = array("d")
        self.up = self.down = 0
        self.spread = Spread()

    def add(self, pair: Pair) -> None:
        self.paired += 1
        self.same_answer += pair.same_answer
        self.flipped += pair.flipped
        self.up += (pair.before.outcome, pair.after.outcome) == (Outcome.SKIP, Outcome.SHIP)
        self.down += (pair.before.outcome, pair.after.outcome) == (Outcome.SHIP, Outcome.SKIP)
        for side in (pair.before,) if pair.same_answer else (pair.before, pair.after):
            self.spread.add(side.scores, ships(side.scores))
        if pair.move is not None and not pair.same_answer:
            self.values.append(pair.move)

    def add_same(self, vote: Folded) -> None:
        """A vote that shows the very same answer on both sides."""
        self.paired += 1
        self.same_answer += 1
        self.spread.add(vote.scores, ships(vote.scores))

    def told(self, line: Line) -> Move:
        known = self.spread.pairs > 0
        return Move(
            persona=line[0],
            model=line[1],
            paired=self.paired,
            same_answer=self.same_answer,
            flipped=self.flipped,
            calls=sign(self.up, self.down),
            noise=Noise(
                deviation=round(self.spread.deviation, 3),
                freedom=self.spread.freedom,
                pairs=self.spread.pairs,
                disagree=self.spread.disagree,
            )
            if known
            else None,
            **_described(self.values),
        )


def _described(values: Sequence[float]) -> dict[str, float | int | str | None]:
    """Count, mean, quartiles, shares and bounds of what moved; no bounds where there are too few tools."""
    if not values:
        return {"tools": 0, "why_not": "no vote was asked anew and scored on both sides"}
    lower, middle, upper = numbers.quartiles(values)
    bounds = numbers.interval(values, [_CONFIDENCE])
    few = f"{len(values)} tools are too few for an interval, {numbers.FEWEST_TOOLS} are needed"
    return {
        "tools": len(values),
        "mean": round(fmean(values), 3),
        "median": round(middle, 3),
        "lower_quartile": round(lower, 3),
        "upper_quartile": round(upper, 3),
        "up": sum(value > 0 for value in values),
        "down": sum(value < 0 for value in values),
        "low": round(bounds[0][0], 3) if bounds else None,
        "high": round(bounds[0][1], 3) if bounds else None,
        "why_not": "" if bounds else few.replace("1 tools are", "1 tool is"),
    }


def sign(up: int, down: int) -> SignTest:
    """Changes either way with the probability of so uneven a split."""
    p = numbers.sign_test(up, down)
    return SignTest(up=up, down=down, p=None if p is None else round(p, 6))


class _Judge:
    """What is gathered for one line of the pairs whose question stayed the same."""

    def __init__(self) -> None:
        self.votes = self.flipped = 0
        self.values = array("d")
        self.shares = 0.0
        self.calls = Disagreement()
        self.served: tuple[set[str], set[str]] = (set(), set())

    def add(self, pair: Pair) -> None:
        self.votes += 1
        self.flipped += pair.flipped
        sides = pair.before.seats.values(), pair.after.seats.values()
        self.calls.add(*([seat.call for seat in seats] for seats in sides))
        for names, seats in zip(self.served, sides, strict=True):
            names |= served(seats)
        if pair.move is not None:
            self.values.append(pair.move)
            self.shares += pair.shares

    def told(self, line: Line, spread: Spread, confidence: float) -> JudgeMove:
        bounds = numbers.interval(self.values, [confidence])
        limit = spread.half_width(self.shares / len(self.values) ** 2, confidence) if self.values else None
        mean = fmean(self.values) if self.values else 0.0
        moved_by: list[Literal["mean", "calls"]] = []
        if (bounds and (bounds[0][0] > 0 or bounds[0][1] < 0)) or (limit is not None and abs(mean) > limit):
            moved_by.append("mean")
        apart = self.calls.told(confidence)
        if apart and apart.low is not None and apart.low > _NOUGHT:
            moved_by.append("calls")
        return JudgeMove(
            persona=line[0],
            model=line[1],
            votes=self.votes,
            flipped=self.flipped,
            tools=len(self.values),
            mean=round(mean, 3) if self.values else None,
            low=round(bounds[0][0], 3) if bounds else None,
            high=round(bounds[0][1], 3) if bounds else None,
            noise_limit=None if limit is None else round(limit, 3),
            across=round(apart.across, 3) if apart else None,
            within=round(apart.within, 3) if apart else None,
            across_low=round(apart.low, 3) if apart and apart.low is not None else None,
            served_before=tuple(sorted(self.served[0])),
            served_after=tuple(sorted(self.served[1])),
            moved_by=tuple(moved_by),
        )


class Gathered:
    """The lines of a whole comparison."""

    def __init__(self) -> None:
        self._lines: dict[Line, _Moves] = {}
        self._all: dict[str, _Moves] = {}
        self._judges: dict[Line, _Judge] = {}

    def add_tool(self, pairs: Iterable[Pair]) -> None:
        """All pairs of one tool; none of them pending."""
        of_model: dict[str, list[int]] = {}
        for pair in pairs:
            line = (pair.persona, pair.model)
            self._lines.setdefault(line, _Moves()).add(pair)
            whole = self._all.setdefault(pair.model, _Moves())
            whole.paired += 1
            whole.same_answer += pair.same_answer
            whole.flipped += pair.flipped
            if pair.move is not None and not pair.same_answer:
                of_model.setdefault(pair.model, []).append(pair.move)
            if not pair.same_answer and JUDGE_ONLY.issuperset(pair.causes):
                self._judges.setdefault(line, _Judge()).add(pair)
        for model, moves in of_model.items():
            self._all[model].values.append(fmean(moves))

    def add_same(self, votes: Mapping[Vote, Folded]) -> None:
        """The votes of one tool that show the very same answers on both sides; none of them pending."""
        for (persona, model, _), folded in votes.items():
            self._lines.setdefault((persona, model), _Moves()).add_same(folded)
            whole = self._all.setdefault(model, _Moves())
            whole.paired += 1
            whole.same_answer += 1

    def spread(self, persona: str, model: str) -> Spread:
        """What repeats of this persona on this model show; empty where it was not met."""
        found = self._lines.get((persona, model))
        return found.spread if found else Spread()

    def moves(self, turned: Callable[[str], tuple[int, int]]) -> tuple[Move, ...]:
        """One line per persona and model, then one per model with several personas; `turned` gives the tools of a
        model with more votes turned to ship than to skip, and the other way round.
        """
        told = [gathered.told(line) for line, gathered in sorted(self._lines.items())]
        for model, gathered in sorted(self._all.items()):
            if sum(line[1] == model for line in self._lines) > 1:
                gathered.up, gathered.down = turned(model)
                told.append(gathered.told((ALL, model)))
        return tuple(told)

    def judges(self) -> tuple[JudgeMove, ...]:
        """One line per persona and model that was asked the same question again; raises nothing."""
        confidence = 1 - (1 - _CONFIDENCE) / max(1, len(self._judges))
        return tuple(judge.told(line, self.spread(*line), confidence) for line, judge in sorted(self._judges.items()))
