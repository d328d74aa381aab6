"""Scoring: from what was found to one integer per criterion.

Each kind counts once per criterion; the strongest counts in full and every further one for less, so that a heap of
catchwords cannot climb. Second-hand statements count half. Silence is worth what the scale says of absence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from panel.clients.offline.grammar import Hit
from panel.clients.offline.reading import Reading
from panel.records.scale import Scale
from panel.records.signals import CriterionSignals, Signals

START = 35
"""Tenths of a point from which a criterion that something speaks for rises and falls; others fall from silence."""
SHARES = (10, 8, 7, 5, 4, 3, 2, 1)
"""Tenths at which the first, second, third … kind on one side counts."""
THIN_CAP = 5
"""Most that a criterion scores on a thin basis: little said carries no ship."""


class Mark(NamedTuple):
    """One kind found for one criterion: `points` signed, in tenths, before it shares with others."""

    criterion: str
    kind: str
    points: int
    says: tuple[str, ...]
    hits: tuple[Hit, ...]


class Score(NamedTuple):
    """A criterion's score, what made it, and the kind that capped it, if one did."""

    value: int
    marks: tuple[Mark, ...]
    cap: str | None = None


def scores(signals: Signals, reading: Reading, criteria: Sequence[str], scale: Scale) -> dict[str, Score]:
    """The score of each criterion, in the order given; one without signals is treated as unanswered by the text."""
    return {name: _score(name, signals.criteria.get(name), reading, scale) for name in criteria}


def _score(name: str, given: CriterionSignals | None, reading: Reading, scale: Scale) -> Score:
    marks = _marks(name, given, reading) if given else ()
    if not marks or reading.basis == "none" or given is None:
        return Score(_absent(reading, scale), ())
    gained = _shared([mark.points for mark in marks if mark.points > 0])
    lost = _shared([-mark.points for mark in marks if mark.points < 0])
    start = 10 * START if gained else 100 * _absent(reading, scale)
    value = (start + gained - lost + 50) // 100
    value = max(scale.criterion_low, min(scale.criterion_high, value))
    if reading.basis == "thin":
        value = min(value, THIN_CAP)
    caps = [(most, kind) for kind, most in given.caps.items() if kind in reading.hits]
    most, kind = min(caps, default=(scale.criterion_high, ""))
    return Score(min(value, most), marks, kind if most < value else None)


def _marks(name: str, given: CriterionSignals, reading: Reading) -> tuple[Mark, ...]:
    """The marks, the heaviest first. A sentence counts in full once on each side, and half for every further kind."""
    marks = []
    for sign, weights in ((1, given.raises), (-1, given.lowers)):
        spent: set[str] = set()
        for kind, weight in sorted(weights.items(), key=lambda each: -each[1].points):
            usable = [hit for hit in reading.hits.get(kind, ()) if sign < 0 or not hit.steers]
            if usable:
                hits = tuple(sorted(usable, key=lambda hit: hit.sentence.text in spent))
                second = hits[0].sentence.text in spent
                half = second or (sign > 0 and hits[0].reported)
                spent.add(hits[0].sentence.text)
                marks.append(Mark(name, kind, sign * weight.points * (5 if half else 10), weight.says, hits))
    return tuple(sorted(marks, key=lambda mark: -abs(mark.points)))


def _shared(points: Sequence[int]) -> int:
    """Points in tenths, strongest first, each at its share: hundredths of a point."""
    return sum(each * share for each, share in zip(sorted(points, reverse=True), SHARES, strict=False))


def _absent(reading: Reading, scale: Scale) -> int:
    """What silence is worth: least in an advertisement, most in a text that gives its sources."""
    if reading.basis == "none" or "hype_word" in reading.hits or "steering" in reading.hits:
        return scale.absent_low
    if reading.basis == "enough" and "sources_listed" in reading.hits:
        return scale.absent_high
    return (scale.absent_low + scale.absent_high) // 2
