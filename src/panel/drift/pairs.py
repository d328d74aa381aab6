"""Pairs: one vote on both sides, what became of it, and which of its inputs differ. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from panel.drift.numbers import share_of_variance
from panel.drift.seats import Folded, Seat, Vote
from panel.records.cause import Cause
from panel.records.vote import Outcome

_MADE = (Cause.TOOL, Cause.PERSONA, Cause.TEMPLATES, Cause.REPLY_SCHEMA, Cause.SCALE, Cause.SIGNALS)
_ASKED = (Cause.ENDPOINT, Cause.MODEL, Cause.PARAMETERS)
_IN_THE_MESSAGES = frozenset({Cause.TOOL, Cause.PERSONA, Cause.TEMPLATES, Cause.REPLY_SCHEMA, Cause.SCALE})
_OTHER_UNIT = frozenset({Cause.SCALE, Cause.REPLY_SCHEMA})
"""With another scale or another rubric, the same number says something else."""
Hashes = Set[tuple[str | None, ...]] | Set[tuple[str, ...]]
"""What the repeats of one side were made of, or asked with."""
JUDGE_ONLY = frozenset({Cause.MODEL, Cause.PARAMETERS, Cause.ENDPOINT, Cause.MODEL_SERVED, Cause.NONE})
"""Causes that leave the question as it was: what differs, if anything, is who answered it."""


class Pair(NamedTuple):
    """One vote, before and after. `same_answer`: every repeat shows the very same reply on both sides."""

    tool: str
    persona: str
    model: str
    variant: str
    before: Folded
    after: Folded
    causes: tuple[Cause, ...]
    same_answer: bool
    move: int | None
    """Score after − score before; None where either is missing or they are not comparable."""

    @property
    def pending(self) -> bool:
        return Outcome.PENDING in (self.before.outcome, self.after.outcome)

    @property
    def flipped(self) -> bool:
        return self.before.outcome is not self.after.outcome

    @property
    def comparable(self) -> bool:
        """Whether the scores are of one scale and one rubric."""
        return _OTHER_UNIT.isdisjoint(self.causes)

    @property
    def shares(self) -> float:
        """The variance of `move` from asking again, as a multiple of one reply's."""
        return share_of_variance(len(self.before.scores)) + share_of_variance(len(self.after.scores))

    @property
    def mixed(self) -> bool:
        """Whether the repeats of either side come from several served models."""
        return any(len(served(side.seats.values())) > 1 for side in (self.before, self.after))

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why repeats of either side abstained, each reason once."""
        seats = (*self.before.seats.values(), *self.after.seats.values())
        return tuple(dict.fromkeys(seat.reason for seat in seats if seat.reason))


def pairs_of(tool: str, before: Mapping[Vote, Folded], after: Mapping[Vote, Folded]) -> Iterator[Pair]:
    """The votes on one tool that stand on both sides, pending ones included."""
    for vote, was in before.items():
        if vote in after:
            now = after[vote]
            same = _same_answers(was.seats, now.seats)
            causes = _causes(was, now, same)
            yield Pair(tool, *vote, was, now, causes, same, _move(was, now, causes))


def _move(before: Folded, after: Folded, causes: Sequence[Cause]) -> int | None:
    if before.score is None or after.score is None or not _OTHER_UNIT.isdisjoint(causes):
        return None
    return after.score - before.score


def served(seats: Iterable[Seat]) -> set[str]:
    """The served models that the seats name."""
    return {seat.served for seat in seats if seat.served}


def _same_answers(before: dict[int, Seat], after: dict[int, Seat]) -> bool:
    """Bought in the same run in the same place of the same question: one reply, shown twice."""
    if before.keys() != after.keys():
        return False
    return all(_bought(seat) == _bought(after[repeat]) for repeat, seat in before.items())


def _bought(seat: Seat) -> tuple[object, ...]:
    return seat.run, seat.prompt, seat.made, seat.asked, seat.served


def _causes(before: Folded, after: Folded, same: bool) -> tuple[Cause, ...]:
    if same:
        read = [{repeat: seat[:3] for repeat, seat in side.seats.items()} for side in (before, after)]
        return (Cause.PARSER,) if read[0] != read[1] else ()
    old, new = list(before.seats.values()), list(after.seats.values())
    found = _changed(_MADE, {seat.made for seat in old}, {seat.made for seat in new})
    if _IN_THE_MESSAGES.isdisjoint(found) and {s.prompt for s in old} != {s.prompt for s in new}:
        found.append(Cause.PROMPT)
    found += _changed(_ASKED, {seat.asked for seat in old}, {seat.asked for seat in new})
    told = served(old), served(new)
    if Cause.MODEL not in found and all(told) and told[0] != told[1]:
        found.append(Cause.MODEL_SERVED)
    return tuple(found) or (Cause.NONE,)


def _changed(causes: Sequence[Cause], old: Hashes, new: Hashes) -> list[Cause]:
    """The causes at whose place other hashes stand on the other side."""
    if old == new:
        return []
    differs = ({hashes[place] for hashes in old} != {hashes[place] for hashes in new} for place in range(len(causes)))
    return [cause for cause, differing in zip(causes, differs, strict=True) if differing]
