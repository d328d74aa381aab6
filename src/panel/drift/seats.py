"""Seats: answers as small tuples, so that few words of a long verdict are kept of it. Votes folded from them.

Kept of an answer: what was concluded, its concerns, where it was bought, and the hashes of what it was asked with.
Texts are not kept. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from panel.drift.glances import AbstainedGlance, Glance, ScoredGlance
from panel.records.scale import SCALE
from panel.records.seat import SeatRecord, Slot
from panel.records.verdict import Abstained, Scored
from panel.records.vote import Outcome, low_median, outcome_of


class Seat(NamedTuple):
    """One answer. `call` is ship, skip, abstained or pending; `score` None unless it scored; concerns by line.

    `made` are the hashes of tool, persona, templates, reply schema, scale and signals; `asked` those of endpoint,
    model and parameters; `prompt` the first 64 bits of the messages' hash.
    """

    call: str
    score: int | None
    reason: str
    concerns: str
    made: tuple[str | None, ...]
    asked: tuple[str, ...]
    prompt: int
    served: str | None
    run: str


class Place(NamedTuple):
    """A seat's place before any tool."""

    persona: str
    model: str
    repeat: int
    variant: str


Seats = Mapping[Place, Seat]
"""What one side holds of one tool."""


class Chosen(NamedTuple):
    """Which seats of a run are compared: all, where a part is None; `renamed` stands in place of every model's name."""

    tools: Collection[str] | None = None
    personas: Collection[str] | None = None
    models: Collection[str] | None = None
    renamed: str | None = None

    def holds(self, tool: str) -> bool:
        return self.tools is None or tool in self.tools

    def seats(self, slot: Slot) -> bool:
        return (self.personas is None or slot.persona in self.personas) and (
            self.models is None or slot.model in self.models
        )


Vote = tuple[str, str, str]
"""Persona, model and variant: what repeats have in common before one tool."""


class Stand(NamedTuple):
    """How a vote stands, and the scores it was folded from."""

    outcome: Outcome
    score: int | None
    scores: tuple[int, ...]


class Folded(NamedTuple):
    """One vote, folded from its repeats as everywhere (law 5)."""

    outcome: Outcome
    score: int | None
    seats: dict[int, Seat]
    scores: tuple[int, ...]

    @property
    def stand(self) -> Stand:
        return Stand(self.outcome, self.score, self.scores)


def seat_of(record: SeatRecord | Glance) -> Seat:
    """The answer that a record holds."""
    verdict, ids, parts = record.verdict, record.ids, record.parts
    scored = verdict if isinstance(verdict, Scored | ScoredGlance) else None
    return Seat(
        call=scored.call if scored else "abstained" if verdict else "pending",
        score=scored.score if scored else None,
        reason=verdict.reason.value if isinstance(verdict, Abstained | AbstainedGlance) else "",
        concerns="\n".join(" ".join(text.split()) for text in scored.concerns) if scored else "",
        made=(ids.tool, ids.persona, ids.templates, ids.reply_schema, ids.scale, parts.local),
        asked=(parts.endpoint, parts.model, parts.parameters),
        prompt=int(parts.prompt[:16], 16),
        served=record.model_served,
        run=record.run_id,
    )


def votes_of(seats: Seats) -> dict[Vote, Folded]:
    """The votes on one tool; none where a side holds nothing of it."""
    groups: dict[Vote, dict[int, Seat]] = {}
    for place, seat in sorted(seats.items()):
        groups.setdefault((place.persona, place.model, place.variant), {})[place.repeat] = seat
    return {vote: fold(seats) for vote, seats in groups.items()}


def fold(seats: dict[int, Seat]) -> Folded:
    """The vote of the repeats given."""
    calls = [seat.call for seat in seats.values()]
    outcome = outcome_of(len(calls), calls.count("ship"), calls.count("skip"), calls.count("pending"))
    scores = tuple(seat.score for seat in seats.values() if seat.score is not None)
    return Folded(outcome, low_median(scores) if outcome.voted and scores else None, seats, scores)


def ships(scores: Iterable[int]) -> int:
    """How many of the scores mean ship."""
    return sum(SCALE.call(score) == "ship" for score in scores)
