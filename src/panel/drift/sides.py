"""Sides: what each side of a comparison holds, what stands on one only, and what a reader must know first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from heapq import nsmallest

from panel.drift.seats import Place, Seats, Vote
from panel.records.cause import Cause
from panel.records.drift import DriftSide, Judge, OneSided
from panel.records.run import Manifest

MOST_LISTED = 1000
"""Seats on one side only that are named; the others are counted."""


class Census:
    """Counts one side, tool by tool, and what of it has no counterpart on the other."""

    def __init__(self) -> None:
        self._tools = self._answered = self._votes = 0
        self._calls: Counter[str] = Counter()
        self._judges: Counter[tuple[str, str | None]] = Counter()
        self._places: dict[Place, Place] = {}
        self._alone: list[str] = []
        self._alone_seats = self._alone_votes = self._unanswered = 0
        self._repeats: Counter[int] = Counter()
        """How many votes that stand on both sides have so many more repeats here."""
        self._without: dict[Place, list[str]] = {}

    def add(self, tool: str, here: Seats, there: Seats) -> None:
        """All that either side holds of a tool."""
        if not here:
            return
        self._tools += 1
        self._answered += _answered(here)
        self._votes += len({_vote(place) for place in here})
        for place, seat in here.items():
            self._places.setdefault(place, place)
            self._calls[seat.call] += 1
            if seat.call != "pending":
                self._judges[place.model, seat.served] += 1
        alone = [place for place in here if place not in there]
        if alone:
            self._add_alone(tool, alone, there, _answered(here))

    def _add_alone(self, tool: str, alone: Sequence[Place], there: Seats, answered: bool) -> None:
        on_both = {_vote(place) for place in there}
        self._alone_seats += len(alone)
        self._alone_votes += len({_vote(place) for place in alone} - on_both)
        if not there:
            self._unanswered += not answered
            self._alone += [tool] * answered
            return
        self._repeats.update(Counter(_vote(place) for place in alone if _vote(place) in on_both).values())
        for place in alone:
            if _vote(place) in on_both:
                continue
            self._without.setdefault(self._places[place], []).append(tool)

    def side(self, manifest: Manifest, *, stood_before: bool = False) -> DriftSide:
        """The side in numbers, and who answered on it."""
        calls = self._calls
        judges = sorted(self._judges.items(), key=lambda item: (item[0][0], item[0][1] or ""))
        return DriftSide(
            run=manifest.run_id,
            stood_before=stood_before,
            started_at=manifest.started_at,
            tools=self._tools,
            answered=self._answered,
            votes=self._votes,
            seats=sum(calls.values()),
            scored=calls["ship"] + calls["skip"],
            abstained=calls["abstained"],
            pending=calls["pending"],
            judges=tuple(Judge(model=model, served=served, seats=count) for (model, served), count in judges),
        )

    def only(self, other: Census) -> OneSided:
        """What stands on this side only. Nothing is dropped: what is not named is counted."""
        personas = {place.persona for place in self._places} - {place.persona for place in other._places}
        models = {place.model for place in self._places} - {place.model for place in other._places}
        unexplained = {
            place: tools
            for place, tools in self._without.items()
            if place.persona not in personas and place.model not in models
        }
        listed = nsmallest(MOST_LISTED, _slots(unexplained))
        return OneSided(
            tools=tuple(sorted(self._alone)),
            unanswered=self._unanswered,
            personas=tuple(sorted(personas)),
            models=tuple(sorted(models)),
            votes=self._alone_votes,
            seats=self._alone_seats,
            repeats=sum(more * votes for more, votes in self._repeats.items()),
            repeated=self._repeats.total(),
            most_repeats=max(self._repeats, default=0),
            listed=tuple(_named(tool, place) for tool, place in listed),
            left_out=sum(map(len, unexplained.values())) - len(listed),
        )


def _answered(seats: Seats) -> bool:
    """Whether there is any answer: a tool without one has no panel yet."""
    return any(seat.call != "pending" for seat in seats.values())


def _vote(place: Place) -> Vote:
    return place.persona, place.model, place.variant


def _slots(found: Mapping[Place, Sequence[str]]) -> Iterator[tuple[str, Place]]:
    return ((tool, place) for place, tools in found.items() for tool in tools)


def _named(tool: str, place: Place) -> str:
    text = f"{tool}/{place.persona}/{place.model}#{place.repeat}"
    return text if place.variant == "open" else f"{text}@{place.variant}"


def warnings(
    before: Manifest, after: Manifest, sides: Sequence[DriftSide], causes: Mapping[Cause, int], paired: int
) -> list[str]:
    """What makes the comparison say less than it seems to, in sentences."""
    found = []
    if before.started_at > after.started_at:
        found.append(f"The run named first is the later one: changes are told from {before.run_id} to {after.run_id}.")
    for cause, what in ((Cause.SCALE, "scale"), (Cause.REPLY_SCHEMA, "form of the reply")):
        if causes.get(cause):
            found.append(
                f"Not comparable: {causes[cause]} of {paired} votes were given on another {what}. Their scores are "
                "left out of all moves; their flips are counted and marked."
            )
    for side, name in zip(sides, ("before", "after"), strict=True):
        found += _mixed(side, name)
        if side.pending:
            found.append(f"Of {side.seats} seats {name}, {side.pending} are pending: that run is not complete.")
    if not paired:
        found.append("No vote stands on both sides: there is nothing to compare.")
    return found


def _mixed(side: DriftSide, name: str) -> list[str]:
    found = []
    for model in sorted({judge.model for judge in side.judges}):
        told = [f"{judge.served} ({judge.seats})" for judge in side.judges if judge.model == model and judge.served]
        if len(told) > 1:
            found.append(f"Mixed judges {name}: {model} was served as {' and '.join(told)}.")
    return found
