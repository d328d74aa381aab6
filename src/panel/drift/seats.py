"""Seats: a run's answers as small tuples, so that two runs of a whole catalogue fit into memory side by side.

In go records one at a time, out comes a table by tool and place. Kept of each: what was concluded, its concerns, where
it was bought, and the hashes of what it was asked with; equal values are kept once. Texts are not kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from panel.records.scale import SCALE
from panel.records.seat import SeatRecord
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


class Chosen(NamedTuple):
    """Which seats of a run are compared: all, where a part is None; `renamed` stands in place of every model's name."""

    tools: Collection[str] | None = None
    personas: Collection[str] | None = None
    models: Collection[str] | None = None
    renamed: str | None = None

    def holds(self, tool: str, persona: str, model: str) -> bool:
        parts = ((self.tools, tool), (self.personas, persona), (self.models, model))
        return all(chosen is None or value in chosen for chosen, value in parts)


Vote = tuple[str, str, str]
"""Persona, model and variant: what repeats have in common before one tool."""


class Folded(NamedTuple):
    """One vote, folded from its repeats as everywhere (law 5)."""

    outcome: Outcome
    score: int | None
    seats: dict[int, Seat]

    @property
    def scores(self) -> list[int]:
        return [seat.score for seat in self.seats.values() if seat.score is not None]


class Table:
    """The seats of one side by tool. A slot that comes twice shows its later record."""

    def __init__(self, records: Iterable[SeatRecord], chosen: Chosen) -> None:
        self.tools: dict[str, dict[Place, Seat]] = {}
        self._once: dict[Any, Any] = {}
        self.known_personas: set[str] = set()
        self.known_models: set[str] = set()
        for record in records:
            self.known_personas.add(record.slot.persona)
            self.known_models.add(record.slot.model)
            if chosen.holds(record.slot.tool, record.slot.persona, record.slot.model):
                slot = record.slot
                place = Place(slot.persona, chosen.renamed or slot.model, slot.repeat, slot.variant)
                self.tools.setdefault(slot.tool, {})[self._one(place)] = self._seat(record)

    def _one(self, value: Any) -> Any:
        return self._once.setdefault(value, value)

    def _seat(self, record: SeatRecord) -> Seat:
        verdict, ids, parts = record.verdict, record.ids, record.parts
        scored = verdict if isinstance(verdict, Scored) else None
        hashes = (ids.tool, ids.persona, ids.templates, ids.reply_schema, ids.scale, parts.local)
        return Seat(
            call=scored.call if scored else "abstained" if verdict else "pending",
            score=scored.score if scored else None,
            reason=verdict.reason.value if isinstance(verdict, Abstained) else "",
            concerns="\n".join(" ".join(text.split()) for text in scored.concerns) if scored else "",
            made=self._one(tuple(self._one(item) for item in hashes)),
            asked=self._one((parts.endpoint, parts.model, parts.parameters)),
            prompt=int(parts.prompt[:16], 16),
            served=self._one(record.model_served),
            run=self._one(record.run_id),
        )

    def votes(self, tool: str) -> dict[Vote, Folded]:
        """The votes on one tool; none where the table does not hold it."""
        groups: dict[Vote, dict[int, Seat]] = {}
        for place, seat in sorted(self.tools.get(tool, {}).items()):
            groups.setdefault((place.persona, place.model, place.variant), {})[place.repeat] = seat
        return {vote: fold(seats) for vote, seats in groups.items()}

    def seats(self) -> Iterator[tuple[str, Place, Seat]]:
        """Every seat with its tool and place."""
        for tool, places in self.tools.items():
            for place, seat in places.items():
                yield tool, place, seat


def fold(seats: dict[int, Seat]) -> Folded:
    """The vote of the repeats given."""
    calls = [seat.call for seat in seats.values()]
    outcome = outcome_of(len(calls), calls.count("ship"), calls.count("skip"), calls.count("pending"))
    scores = [seat.score for seat in seats.values() if seat.score is not None]
    return Folded(outcome, low_median(scores) if outcome.voted and scores else None, seats)


def ships(scores: Iterable[int]) -> int:
    """How many of the scores mean ship."""
    return sum(SCALE.call(score) == "ship" for score in scores)
