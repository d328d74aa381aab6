"""Pledges: money promised to whole panels, so that a budget that ends leaves no panel half asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from panel.budget import Budget
from panel.convene.lines import Tariff
from panel.records.reply import utc
from panel.seating import Seat


class Pledges:
    """Keeps what was promised to each seat that is under way or waits for its turn."""

    def __init__(self, budget: Budget, tariff: Tariff, clock: Callable[[], float]) -> None:
        self._budget = budget
        self._tariff = tariff
        self._clock = clock
        self._made: dict[str, Decimal] = {}

    async def make(self, seat: Seat, drawn: Sequence[Seat]) -> None:
        """Pledge for all seats of the same tool among those drawn, with the first of them; raises RunStopping."""
        if str(seat.slot) in self._made:
            return
        panel = [other for other in drawn if other.slot.tool == seat.slot.tool and not other.held]
        bounds = {str(other.slot): self._bound(other) for other in panel}
        await self._budget.pledge(sum(bounds.values(), Decimal(0)))
        self._made.update(bounds)

    def end(self, seat: Seat) -> None:
        """The seat has ended, however it did."""
        self._budget.release(self._made.pop(str(seat.slot), Decimal(0)))

    def _bound(self, seat: Seat) -> Decimal:
        most = self._tariff.most(seat.model, seat.prompt, utc(self._clock()))
        return most.usd if most is not None and most.usd is not None else Decimal(0)
