"""Drawing: seats, drawn from a stream of any length, become parts and are handed in as they are full.

What the questions are made of is on the disk first, then the part, and then it is sent. Money is reserved seat by seat,
as for live calls; where it ends, the seats that are left stay open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from panel.batching.filling import Filling, Limits, content_of
from panel.batching.handing_in import HandingIn
from panel.batching.ledger import Part, outstanding
from panel.batching.means import Means
from panel.batching.questions import SETTLED, Due, due
from panel.errors import ClientError, RunStopping
from panel.makings import Asked
from panel.prices import dollars
from panel.records.prompt import Prompt
from panel.records.reply import Cost, utc
from panel.seating import Seat, write_plan

WINDOW = 500
"""Seats that are drawn and planned at a time."""

NO_BATCHES = "no batch interface"
TOO_LARGE = "larger than a part may be"

_NOTHING = Decimal(0)

Leave = Callable[[Seat, str], None]
"""Told of each seat that is not handed in, and why."""


class Submission(NamedTuple):
    """The parts handed in; and by model the error that ended handing in for it."""

    parts: tuple[Part, ...]
    stopped: Mapping[str, ClientError]


class Drawing:
    """One drawing of seats. Seats that are handed in already, or whose key is, are passed over."""

    def __init__(
        self, means: Means, handing: HandingIn, limits: Limits, leave: Leave, *, taken_up: bool = False
    ) -> None:
        self._means = means
        self._taken_up = taken_up
        self._known: set[str] = set()
        self._handing = handing
        self._limits = limits
        self._leave = leave
        self._taken = outstanding(handing.ledger.open)
        self._filling: dict[tuple[str, int], Filling] = {}
        self._parts: list[Part] = []
        self._stopped: dict[str, ClientError] = {}
        self._afforded = ""

    async def draw(self, seats: Iterable[Seat]) -> Submission:
        """Hand all of them in that can be; raises `RunStopping` (`no_list`) where it is unknown what was."""
        try:
            for drawn in _windows(seats):
                asked = write_plan(drawn, self._means.run, self._means.prompter)
                for seat in drawn:
                    if not seat.held:
                        await self._consider(seat, asked[str(seat.slot)], drawn)
            for filling in list(self._filling.values()):
                if filling.keys and self._may_send(filling.model):
                    await self._send(filling)
        finally:
            for filling in self._filling.values():
                self._release(filling)
        return Submission(tuple(self._parts), dict(self._stopped))

    def _may_send(self, model: str) -> bool:
        """Whether the provider has not refused; where money ended, what it was reserved for goes out."""
        return model not in self._stopped or self._stopped[model].code == "budget"

    async def _consider(self, seat: Seat, asked: Asked, drawn: Sequence[Seat]) -> None:
        name = seat.model.name
        taken = self._taken.setdefault(name, set())
        if seat.key in taken:
            return
        self._afford_panel(seat, drawn)
        reason = await self._enter(seat, asked)
        if not reason:
            taken.add(seat.key)
        elif reason != SETTLED:
            self._leave(seat, reason)

    async def _enter(self, seat: Seat, asked: Asked) -> str:
        """Put the seat into a part; else why not."""
        name = seat.model.name
        client = self._means.clients.get(name)
        if client is None:
            return NO_BATCHES
        if name in self._stopped:
            return self._stopped[name].code
        found = due(seat, asked, self._means.prompter, self._means.run.run_id)
        if not isinstance(found, Due):
            return found
        limits = self._limits.within(client)
        try:
            line = client.line(found.prompt, seat.key)
            if len(line) + 1 > limits.bytes:
                return TOO_LARGE
            filling = await self._room_for(line, name, int(found.because != "first"), limits)
            usd = await self._reserve(seat, found)
        except ClientError as error:
            if error.code == "no_list":
                raise
            self._stopped.setdefault(name, error)
            return error.code
        filling.add(seat.key, line, found, usd)
        return ""

    async def _room_for(self, line: bytes, model: str, ask: int, limits: Limits) -> Filling:
        """The part that is being filled; a full one is handed in first. Raises `ClientError` where that fails."""
        filling = self._filling.get((model, ask))
        if filling and not filling.has_room(line):
            await self._send(filling)
            filling = None
            if model in self._stopped:
                raise self._stopped[model]
        if filling is None:
            filling = self._filling[model, ask] = Filling(model, ask, limits)
        return filling

    def _afford_panel(self, seat: Seat, drawn: Sequence[Seat]) -> None:
        """With the first seat of a tool, stop its models unless there is money for all its seats, of whichever of them:
        no panel half asked."""
        if seat.slot.tool == self._afforded or self._means.budget.cap is None:
            return
        self._afforded = seat.slot.tool
        sitting = [other for other in drawn if other.slot.tool == seat.slot.tool and self._sits(other)]
        bounds = {(other.model.name, other.key): self._bound(other, other.prompt) for other in sitting}
        whole = sum((usd or _NOTHING for usd in bounds.values()), _NOTHING)
        if not self._means.budget.has_room(whole):
            for name in {other.model.name for other in sitting}:
                self._stopped.setdefault(name, self._refusal(whole))

    def _sits(self, seat: Seat) -> bool:
        """Whether a seat is still to be handed in."""
        name = seat.model.name
        taken = seat.held or name in self._stopped or name not in self._means.clients
        return not taken and seat.key not in self._taken.get(name, ())

    def _bound(self, seat: Seat, prompt: Prompt) -> Decimal | None:
        bound = self._means.most(seat.model, prompt, utc(self._means.clock()))
        return None if bound is None else bound.usd

    async def _reserve(self, seat: Seat, due: Due) -> Decimal | None:
        """Hold the most that the request can cost; raises `RunStopping` (`budget`) where it does not fit now."""
        bound = self._bound(seat, due.prompt)
        if bound is not None:
            if not self._means.budget.has_room(bound):
                raise self._refusal(bound)
            await self._means.budget.reserve(bound)
        return bound

    def _refusal(self, amount: Decimal) -> RunStopping:
        budget = self._means.budget
        return RunStopping(
            f"--max-cost {budget.cap}: {dollars(budget.spent)} is spent, {dollars(budget.reserved, up=True)} held for "
            f"what is handed in, and the next tool could cost up to {dollars(amount, up=True)}.",
            hint="Batches cost far less than is held for them: collect them, then hand in the rest; or raise "
            "--max-cost.",
            code="budget",
        )

    async def _send(self, filling: Filling) -> None:
        """Write the part down, and hand it in; of a run that is taken up, nothing before its other parts are known."""
        if self._taken_up and filling.model not in self._known:
            await self._handing.check_known(filling.model)
            self._known.add(filling.model)
        part = self._handing.ledger.prepare(
            filling.model,
            tuple(filling.keys),
            filling.ask,
            because=filling.because,
            caps=filling.caps,
            content=content_of(filling.lines),
            reserved_usd=filling.usd,
        )
        del self._filling[filling.model, filling.ask]  # the part has its reservation from here on
        try:
            self._parts.append(await self._handing.hand_in(part, filling.lines))
        except ClientError as error:
            if error.code == "no_list":
                raise
            if filling.model not in self._stopped or self._stopped[filling.model].code == "budget":
                self._stopped[filling.model] = error  # money ended first, and is free again

    def _release(self, filling: Filling) -> None:
        if filling.usd:
            self._means.budget.settle(filling.usd, Cost(usd=_NOTHING))


def _windows(seats: Iterable[Seat]) -> Iterator[list[Seat]]:
    """Some hundreds of seats at a time, with all seats of a tool in the same window where they come together."""
    drawn: list[Seat] = []
    for _, panel in groupby(seats, key=lambda seat: seat.slot.tool):
        drawn += panel
        if len(drawn) >= WINDOW:
            yield drawn
            drawn = []
    if drawn:
        yield drawn
