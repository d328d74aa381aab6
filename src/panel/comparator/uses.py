"""Which models sat: under which name, asked for as what, served as what. In go seats, out come ModelUses (law 12)."""

from __future__ import annotations

from collections.abc import Iterable

from panel.records.card import ModelUse
from panel.records.seat import SeatRecord


def uses_of(seats: Iterable[SeatRecord]) -> tuple[ModelUse, ...]:
    """One for each name and model asked for under it, by name; served are all names that its servers reported."""
    served: dict[tuple[str, str, str], set[str]] = {}
    for seat in seats:
        told = served.setdefault((seat.slot.model, seat.model.model, seat.model.written_by), set())
        told |= {seat.model_served} if seat.model_served else set()
    return tuple(
        ModelUse(name=name, asked=asked, served=tuple(sorted(told)), written_by=notice)
        for (name, asked, notice), told in sorted(served.items())
    )
