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

    async def make(self, panel: Sequence[Seat]) -> None:
        """Promise a call to each seat of a tool that is about to be asked; raises RunStopping where that does not fit.

        Whoever has made a promise ends each of these seats.
        """
        bounds = {str(seat.slot): self._bound(seat) for seat in panel}
        await self._budget.pledge(sum(bounds.values(), Decimal(0)))
        self._made.update(bounds)

    def end(self, seat: Seat) -> None:
        """The seat has ended, however it did."""
        self._budget.release(self._made.pop(str(seat.slot), Decimal(0)))

    def _bound(self, seat: Seat) -> Decimal:
        most = self._tariff.most(seat.model, seat.prompt, utc(self._clock()))
        return most.usd if most is not None and most.usd is not None else Decimal(0)
