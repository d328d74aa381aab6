"""Sitting: all seats of a command, drawn as there is room, each filled and handed on.

In go seats (a stream of any length), a panel's clients and a run to write to; out comes a record per seat. What makes
asking pointless (no key, no quota, no such model, no budget left) stops the seats of that model and keeps everything
that arrived.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby, islice
from types import coroutine
from typing import TYPE_CHECKING, NamedTuple

from panel.budget import Budget
from panel.clients.base import Client, close, waits
from panel.convene.asker import Asker
from panel.convene.events import Event, Happening, Teller, Watcher, unwatched
from panel.convene.lines import UNSENT, Lines, Tariff
from panel.convene.pledges import Pledges
from panel.errors import PanelError, RunStopping
from panel.makings import Asked
from panel.prompts import Prompter
from panel.records.run import ReplyLine
from panel.records.seat import SeatRecord
from panel.reparse import seat_record
from panel.seating import Seat, write_plan
from panel.store import RunWriter

if TYPE_CHECKING:
    import asyncio

    from panel.clients.pacing.throttle import Throttles

AHEAD = 2
"""Seats in hand for each that may be asked at the same time: some wait for their next try meanwhile."""


WARMING_S = 60.0
"""How long seats wait at most for the first of their prefix to be answered."""


class Sitting(NamedTuple):
    """What came of convening: a record per seat, unless they were handed on, and by model the error that stopped it."""

    records: tuple[SeatRecord, ...]
    stopped: Mapping[str, RunStopping]


async def convene(
    seats: Iterable[Seat],
    clients: Mapping[str, Client],
    run: RunWriter,
    prompter: Prompter,
    *,
    tariff: Tariff,
    clock: Callable[[], float],
    watch: Watcher = unwatched,
    concurrency: int = 8,
    budget: Budget | None = None,
    warm: Collection[str] = (),
    hand_on: Callable[[SeatRecord], None] | None = None,
    kept: Callable[[ReplyLine], None] = lambda line: None,
    stopped: Mapping[str, RunStopping] | None = None,
    window: int | None = None,
    throttles: Throttles | None = None,
    whole_panels: bool = False,
) -> Sitting:
    """Fill the seats: held ones from older runs, the others by asking, at most `concurrency` at a time per endpoint.

    `clients` maps model names to clients, but for those that had `stopped` before; `clock` gives seconds since 1970. Of
    the models named in `warm`, the first seat of each persona is answered before the others of it are asked, so that
    they find their common prefix in the provider's cache. `hand_on` is given each record as its seat is settled, in
    place of `Sitting.records`; `kept` each line as it is stored. `window` is how many seats are drawn and planned at a
    time (None: all), which bounds memory. With `whole_panels`, a tool is begun only if the budget has room for all its
    seats.

    Cancelling (Ctrl-C) raises CancelledError after every reply that arrived has been stored; `reparse` settles such a
    run. The clients are closed at the end.
    """
    records: dict[str, SeatRecord] = {}
    order: list[str] = []
    if hand_on is None and not isinstance(seats, Sequence):
        seats = list(seats)
    if hand_on is None:
        order = [str(seat.slot) for seat in seats]
        hand_on = lambda record: records.__setitem__(str(record.slot), record)  # noqa: E731
    lines = Lines(clients, tariff, budget or Budget(None), throttles or _throttles(clients, concurrency))
    lines.stopped.update(stopped or {})
    asker = Asker(lines, run, prompter, tariff, clock, kept)
    pledges = Pledges(budget, tariff, clock) if whole_panels and budget and budget.cap is not None else None
    chamber = _Chamber(asker, lines, run, Teller(watch), hand_on, warm, pledges)
    try:
        drawn = _windows(seats, window, whole=chamber.affords)
        if waits(clients.values()):
            await _fill_together(drawn, chamber, run, prompter, AHEAD * concurrency * len(clients))
        else:
            await _fill_in_turn(drawn, chamber, run, prompter)
    finally:
        for client in clients.values():
            await close(client)
        run.sync()
    return Sitting(tuple(records[slot] for slot in order), dict(lines.stopped))


def _throttles(clients: Mapping[str, Client], concurrency: int) -> Throttles | None:
    """One throttle per endpoint; none where only the offline rubric is asked, which nothing need hold back."""
    if not waits(clients.values()):
        return None
    from panel.clients.pacing.throttle import Throttles

    return Throttles(concurrency)


async def _fill_together(
    windows: Iterable[list[Seat]], chamber: _Chamber, run: RunWriter, prompter: Prompter, most: int
) -> None:
    """Draw the seats window by window: what their questions are made of is on the disk before the first is asked."""
    import asyncio  # the offline rubric does without

    room = asyncio.Semaphore(most)
    try:
        async with asyncio.TaskGroup() as group:
            for drawn in windows:
                asked = write_plan(drawn, run, prompter)
                for _, of_tool in groupby(drawn, key=_tool):
                    for seat in await chamber.begin(list(of_tool)):
                        await room.acquire()
                        task = group.create_task(chamber.fill(seat, asked[str(seat.slot)]))
                        task.add_done_callback(lambda _: room.release())
    except* PanelError as failed:  # the run itself cannot go on: a full disk, an unusable folder
        raise failed.exceptions[0] from None


async def _fill_in_turn(windows: Iterable[list[Seat]], chamber: _Chamber, run: RunWriter, prompter: Prompter) -> None:
    """The same for clients that compute: nothing is won by asking several at a time, and no loop is needed."""
    for drawn in windows:
        asked = write_plan(drawn, run, prompter)
        for _, of_tool in groupby(drawn, key=_tool):
            for seat in await chamber.begin(list(of_tool)):
                await chamber.fill(seat, asked[str(seat.slot)])
                await _breath()


@coroutine
def _breath() -> Generator[None, None, None]:
    """A moment in which a loop, where one runs, may do other things: cancel this, say."""
    yield


def _windows(seats: Iterable[Seat], size: int | None, *, whole: bool) -> Iterator[list[Seat]]:
    """So many seats at a time; with `whole`, and those that follow of the last one's tool, so that no panel is cut."""
    if not whole:
        stream = iter(seats)
        while drawn := list(islice(stream, size)):
            yield drawn
        return
    drawn = []
    for _, of_tool in groupby(seats, key=_tool):
        drawn += of_tool
        if size is not None and len(drawn) >= size:
            yield drawn
            drawn = []
    yield drawn


def _tool(seat: Seat) -> str:
    return seat.slot.tool


class _Chamber:
    """Where seats are filled: knows what was warmed, what stopped, and whom to tell."""

    def __init__(
        self,
        asker: Asker,
        lines: Lines,
        run: RunWriter,
        tell: Teller,
        hand_on: Callable[[SeatRecord], None],
        warm: Collection[str],
        pledges: Pledges | None,
    ) -> None:
        self._asker = asker
        self._lines = lines
        self._run = run
        self._tell = tell
        self._hand_on = hand_on
        self._warm = warm
        self._pledges = pledges
        self._warmed: dict[tuple[str, str], asyncio.Event] = {}

    @property
    def affords(self) -> bool:
        """Whether tools are begun only where there is money for all their seats."""
        return self._pledges is not None

    async def begin(self, of_tool: Sequence[Seat]) -> list[Seat]:
        """Hand on the seats of a tool that an older run holds, and wait until there is money for the others, which are
        returned; where there is none, their models stop."""
        for seat in of_tool:
            if seat.held:
                self._tell(Event("held", seat.slot, verdict=seat.held.verdict))
                self._hand_on(seat.held)
        asked = [seat for seat in of_tool if not seat.held]
        asking = [seat for seat in asked if seat.model.name not in self._lines.stopped]
        if self._pledges and asking:
            try:
                await self._pledges.make(asking)
            except RunStopping as error:
                for name in {seat.model.name for seat in asking if not seat.model.is_offline}:
                    self._lines.stopped.setdefault(name, error)
        return asked

    async def fill(self, seat: Seat, asked: Asked) -> None:
        """Ask a seat and hand on its record; what was pledged for it is free again then."""
        try:
            await self._fill(seat, asked)
        finally:
            if self._pledges:
                self._pledges.end(seat)

    async def _fill(self, seat: Seat, asked: Asked) -> None:
        """The first of its prefix goes ahead of the others, for a while."""
        if seat.model.name not in self._warm:
            self._hand_on(await self._record(seat, asked))
            return
        prefix = (seat.persona.id, seat.model.name)
        import asyncio

        first = prefix not in self._warmed
        warmed = self._warmed.setdefault(prefix, asyncio.Event())
        if not first:
            with suppress(TimeoutError):  # the first may be waiting for a server that is down: no saving is worth more
                await asyncio.wait_for(warmed.wait(), WARMING_S)
        try:
            self._hand_on(await self._record(seat, asked, warmed))
        finally:
            warmed.set()

    async def _record(self, seat: Seat, asked: Asked, warmed: asyncio.Event | None = None) -> SeatRecord:
        started = time.monotonic()

        def again(why: str) -> None:
            if warmed:
                warmed.set()
            self._tell(Event("again", seat.slot, time.monotonic() - started, detail=why))

        stop = self._lines.stopped.get(seat.model.name)
        if stop is None:
            record, failed = await self._asker.settle(seat, asked, again)
            if failed is None or failed.code not in UNSENT or record.attempts:
                self._told(record, time.monotonic() - started)
                return record
            stop = self._lines.stopped.get(seat.model.name)
        return self._unasked(seat, asked, stop.code if stop else "stopped")

    def _unasked(self, seat: Seat, asked: Asked, code: str) -> SeatRecord:
        reason = f"not asked: {code}"
        self._tell(Event("failed", seat.slot, detail=reason))
        plan = asked.plan.model_copy(update={"reason": reason})
        return seat_record(self._run.run_id, asked._replace(plan=plan), seat.lines)

    def _told(self, record: SeatRecord, seconds: float) -> None:
        happening: Happening = "landed" if record.verdict else "failed"
        self._tell(Event(happening, record.slot, seconds, record.verdict, record.pending or ""))
