"""Tables: what a side of a comparison holds, tool by tool. An ordinary run fits into memory; a catalogue does not.

In go runs; out come the seats of one tool after another. Of a catalogue nothing is kept but what `shelves` keep.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any, Protocol

from panel.drift.glances import Glance, Planned
from panel.drift.seats import Chosen, Place, Seat, Seats, seat_of
from panel.drift.shelves import Read, Shelves
from panel.records.seat import SeatRecord, Slot
from panel.store import RunReader
from panel.view import View, was_fresh


class Table(Protocol):
    """One side. `tools` may name some that the side shows nothing of; the others are what is known to it at all."""

    tools: Collection[str]
    personas: set[str]
    models: set[str]

    def seats(self, tool: str) -> Seats:
        """What is shown of a tool; empty where there is nothing."""
        ...


class Held:
    """An ordinary run, held in memory. A slot that comes twice shows its later record."""

    def __init__(self, records: Iterable[SeatRecord], chosen: Chosen) -> None:
        self._seats: dict[str, dict[Place, Seat]] = {}
        self.personas: set[str] = set()
        self.models: set[str] = set()
        known: dict[Any, Any] = {}
        for record in records:
            slot = record.slot
            self.personas.add(slot.persona)
            self.models.add(slot.model)
            if chosen.holds(slot.tool) and chosen.seats(slot):
                place, seat = _place(slot, chosen), _once(seat_of(record), known)
                self._seats.setdefault(slot.tool, {})[place] = seat
        self.tools: Collection[str] = self._seats.keys()

    def seats(self, tool: str) -> Seats:
        return self._seats.get(tool, {})


class Shown:
    """What a run over a catalogue shows of a tool, and what stood before; read once for both sides of a comparison."""

    def __init__(self, shelves: Shelves, reader: RunReader) -> None:
        self._plan = shelves.plan(reader)
        self._view = View[Planned, Read](reader.run_id, shelves.finder(reader), lambda line: _absent(reader, line))
        self.tools = self._plan.tools
        self.manifest = reader.manifest
        self.now = lru_cache(maxsize=2)(lambda tool: self._view.now(self._plan.of(tool)))

    def before(self, tool: str) -> list[tuple[Slot, Read]]:
        lines = self._plan.of(tool)
        return self.now(tool) if was_fresh(lines) else self._view.before(lines)


class Streamed:
    """A run over a catalogue, read tool by tool: as it is now, or with `before` as it was when it was planned."""

    def __init__(self, shown: Shown, chosen: Chosen, *, before: bool = False) -> None:
        self._of = shown.before if before else shown.now
        self._chosen = chosen
        self.tools: Collection[str] = [tool for tool in shown.tools if chosen.holds(tool)]
        self.personas = set(shown.manifest.personas)
        self.models = {model.name for model in shown.manifest.models}

    def seats(self, tool: str) -> Seats:
        if not self._chosen.holds(tool):
            return {}
        chosen = self._chosen
        return {_place(slot, chosen): read.seat for slot, read in self._of(tool) if chosen.seats(slot)}


def _once(seat: Seat, known: dict[Any, Any]) -> Seat:
    """The seat with what others have too, and is long, kept once."""
    made = tuple(known.setdefault(item, item) for item in seat.made)
    return seat._replace(made=known.setdefault(made, made), asked=known.setdefault(seat.asked, seat.asked))


def _place(slot: Slot, chosen: Chosen) -> Place:
    return Place(slot.persona, chosen.renamed or slot.model, slot.repeat, slot.variant)


def _absent(reader: RunReader, line: Planned) -> Read | None:
    """A seat without an answer; None where the plan does not say what is asked."""
    if line.parts is None or line.ids is None:
        return None
    seat = Glance(run_id=reader.run_id, slot=line.slot, key=line.key, parts=line.parts, ids=line.ids)
    return Read(line.slot, False, seat_of(seat))
