"""Groups: what becomes of seats that were handed out: kept, read, paid for; lost ones are settled at their bound.

Every line is in the run's log before it is read (law 11). What may have been charged is counted as charged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from panel.budget import Budget
from panel.convene import Event, Tariff
from panel.convene.events import Happening, Teller
from panel.convene.lines import UNSENT
from panel.errors import RunStopping
from panel.makings import Asked
from panel.records.asking import why_again
from panel.records.reply import Attempt, Cost, utc
from panel.records.run import ReplyLine
from panel.records.seat import SeatRecord
from panel.reparse import seat_record
from panel.rescore.parcels import Returned
from panel.rescore.workers import Turn
from panel.seating import Seat
from panel.store import RunWriter

MOST_LOSSES = 3
"""Times that a seat is handed out again after its worker was lost; perhaps it is the seat."""

_NOTHING = Decimal(0)


class Held(NamedTuple):
    """A seat in the driver's hands. `losses`: workers lost with it; `refills`: times its money did not suffice."""

    seat: Seat
    asked: Asked
    losses: int = 0
    refills: int = 0


class Group(NamedTuple):
    """Seats that were handed out together, when, and the most that each can cost."""

    turn: Turn
    seats: Sequence[Held]
    bounds: Sequence[Decimal]
    at: float

    @property
    def bound(self) -> Decimal:
        """The most that all of it can cost."""
        return sum(self.bounds, _NOTHING)


class Books:
    """The books of one run: its log, its money, and whom to tell. `stopped` is filled by whoever hands out."""

    def __init__(
        self,
        run: RunWriter,
        tariff: Tariff,
        clock: Callable[[], float],
        budget: Budget,
        tell: Teller,
        hand_on: Callable[[SeatRecord], None],
        kept: Callable[[ReplyLine], None],
        stopped: Mapping[str, RunStopping],
    ) -> None:
        self._run = run
        self._tariff = tariff
        self._clock = clock
        self._budget = budget
        self._pledged: dict[str, Decimal] = {}
        self._tell = tell
        self._hand_on = hand_on
        self._kept = kept
        self._stopped = stopped

    def bound(self, held: Held) -> Decimal:
        """What the seat can cost at most: of one call, which all its calls seldom reach; twice that where they did."""
        if held.seat.model.is_offline:
            return _NOTHING
        most = self._tariff.most(held.seat.model, held.seat.prompt, utc(self._clock()))
        usd = most.usd if most is not None and most.usd is not None else _NOTHING
        return usd * Decimal(2) ** held.refills

    async def pledge(self, group: Sequence[Held]) -> None:
        """Promise a call to each of these seats, together; raises RunStopping where there is no money for all."""
        bounds = {str(held.seat.slot): self.bound(held) for held in group}
        await self._budget.pledge(sum(bounds.values(), _NOTHING))
        self._pledged.update(bounds)

    def recall(self, record: SeatRecord) -> None:
        """A seat that an older run holds."""
        self._tell(Event("held", record.slot, verdict=record.verdict))
        self._hand_on(record)

    def take(self, group: Group, returned: Returned) -> list[Held]:
        """Keep what came back, and only then read it; returns the seats that are to be handed out again."""
        charged = [attempt.cost for line in returned.lines for attempt in line.attempts]
        spent = sum((cost.usd if cost.usd is not None else cost.at_most_usd or _NOTHING for cost in charged), _NOTHING)
        self._budget.settle(group.bound, Cost(usd=spent))
        bought: defaultdict[str, list[ReplyLine]] = defaultdict(list)
        for line in returned.lines:
            self._keep(line)
            bought[str(line.slot)].append(line)
        seconds, again = self._clock() - group.at, []
        for held in group.seats:
            slot = str(held.seat.slot)
            held = held._replace(seat=held.seat._replace(lines=(*held.seat.lines, *bought[slot])))
            for line in bought[slot]:
                if line.reply and line.asked_because != "first":
                    self._tell(Event("again", held.seat.slot, seconds, detail=line.asked_because))
            unsent = returned.unsent.get(slot)
            if unsent in UNSENT:  # its group's money was used up, or the asking of its model ended
                again.append(held._replace(refills=held.refills + 1))
            else:
                self.close(held, unsent, seconds)
        return again

    def lose(self, group: Group, code: str, detail: str) -> list[Held]:
        """Settle a group that did not come back: each of its seats may have been asked, and charged.

        Returns those that are to be handed out again: of a worker that was lost.
        """
        self._budget.settle(group.bound, Cost(at_most_usd=group.bound))
        seconds, again = max(0.0, self._clock() - group.at), []
        for held, bound in zip(group.seats, group.bounds, strict=True):
            cost = Cost(at_most_usd=bound) if self._has_price(held, group.at) else Cost()
            failure = Attempt(asked_at=utc(group.at), latency_s=seconds, error=code, detail=detail, cost=cost)
            line = self._line(held, failure)
            self._keep(line)
            seat = held.seat._replace(lines=(*held.seat.lines, line))
            lost = held._replace(seat=seat, losses=held.losses + 1)
            if code == "worker_lost" and lost.losses <= MOST_LOSSES:
                again.append(lost)
            else:
                self.close(lost, seconds=seconds)
        return again

    def give_up(self, group: Sequence[Held]) -> None:
        """Seats whose model has stopped."""
        for held in group:
            stop = self._stopped.get(held.seat.model.name)
            self.close(held, f"not asked: {stop.code if stop else 'stopped'}")

    def close(self, held: Held, why: str | None = None, seconds: float = 0.0) -> None:
        """The seat has ended, however it did; `why` it is open, where no call says so."""
        asked, seat = held.asked, held.seat
        if why:
            asked = asked._replace(plan=asked.plan.model_copy(update={"reason": why}))
        record = seat_record(self._run.run_id, asked, seat.lines)
        happening: Happening = "landed" if record.verdict else "failed"
        self._tell(Event(happening, seat.slot, seconds, record.verdict, record.pending or ""))
        self._budget.release(self._pledged.pop(str(seat.slot), _NOTHING))
        self._hand_on(record)

    def _keep(self, line: ReplyLine) -> None:
        self._run.append(line)
        self._kept(line)

    def _line(self, held: Held, failure: Attempt) -> ReplyLine:
        seat = held.seat
        reasons = [line.asked_because for line in seat.lines if line.reply]
        record = seat_record(self._run.run_id, held.asked, seat.lines)
        why = why_again(record.verdict, reasons) or "first"
        return ReplyLine(slot=seat.slot, key=seat.key, ask=len(reasons), asked_because=why, failure=failure)

    def _has_price(self, held: Held, at: float) -> bool:
        most = None if held.seat.model.is_offline else self._tariff.most(held.seat.model, held.seat.prompt, utc(at))
        return most is not None and most.usd is not None
