"""Which models sat: under which name, asked for as what, served as what, at what cost. In go seats, out come ModelUses.

Law 12 wants every model named that was asked, and every one that a server says it served.
"""

from __future__ import annotations

from collections.abc import Iterable

from panel.records.card import ModelUse
from panel.records.review import cost_of, most_of
from panel.records.seat import SeatRecord


def uses_of(seats: Iterable[SeatRecord]) -> tuple[ModelUse, ...]:
    """One for each name and model asked for under it, the rubric last; served are all names its servers reported."""
    sat: dict[tuple[bool, str, str, str], list[SeatRecord]] = {}
    for seat in seats:
        model = seat.model
        sat.setdefault((model.is_offline, seat.slot.model, model.model, model.written_by), []).append(seat)
    return tuple(
        ModelUse(
            name=name,
            asked=asked,
            served=tuple(sorted({seat.model_served for seat in own if seat.model_served})),
            written_by=notice,
            seats=len(own),
            cost_usd=cost_of(own),
            most_usd=most_of(own),
        )
        for (_, name, asked, notice), own in sorted(sat.items(), key=lambda item: item[0])
    )
