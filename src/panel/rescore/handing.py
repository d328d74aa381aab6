"""Handing out: seats go in small groups to workers elsewhere, as many as these have room for, and back to the books.

The driver holds the run; workers hold nothing. What a group can cost is reserved before it leaves. Where a worker is
gone, the seats of its groups are handed out again.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import groupby
from typing import Any

from panel.budget import Budget
from panel.errors import PanelError, RunStopping
from panel.prompts import Prompter
from panel.records.model import Model
from panel.rescore.groups import Books, Group, Held
from panel.rescore.parcels import Returned, packed
from panel.rescore.workers import Turn, WorkerGone, Workers
from panel.seating import Seat, write_plan
from panel.store import RunWriter

GRACE_S = 5.0
"""How long calls under way may go on once the command was interrupted."""


class Handing:
    """Hands the seats of one run out. `stopped` holds, by model, what makes asking it again pointless."""

    def __init__(
        self,
        workers: Workers,
        books: Books,
        run: RunWriter,
        prompter: Prompter,
        clock: Callable[[], float],
        budget: Budget,
        stopped: dict[str, RunStopping],
        whole_panels: bool,
    ) -> None:
        self.stopped = stopped
        self._workers = workers
        self._books = books
        self._run = run
        self._prompter = prompter
        self._clock = clock
        self._budget = budget
        self._whole_panels = whole_panels and budget.cap is not None
        self._ready: defaultdict[str, list[Held]] = defaultdict(list)
        self._out: set[asyncio.Task[None]] = set()
        self._failed: BaseException | None = None
        self._count = 0

    async def fill(self, seats: Iterable[Seat]) -> None:
        """Hand out all seats, tool by tool, and wait until each is settled or given up. Interrupted, keep what can be
        had soon."""
        try:
            for _, of_tool in groupby(seats, key=lambda seat: seat.slot.tool):
                await self._take_up(list(of_tool))
            while True:
                await self._flush()
                if not any(self._ready.values()):
                    if not self._out:
                        break
                    await self._change()
            if self._failed:
                raise self._failed
        except BaseException:
            await self._wind_up()
            raise

    async def _take_up(self, of_tool: Sequence[Seat]) -> None:
        """The seats of one tool: held ones are handed on, the others get ready once there is money for them all."""
        asked = write_plan(of_tool, self._run, self._prompter)
        for seat in of_tool:
            if seat.held:
                self._books.recall(seat.held)
        panel = [Held(seat, asked[str(seat.slot)]) for seat in of_tool if not seat.held]
        await self._afford([held for held in panel if held.seat.model.name not in self.stopped])
        for held in panel:
            model = held.seat.model
            self._ready[model.name].append(held)
            if len(self._ready[model.name]) >= self._workers.group_of(model):
                await self._hand_out(model)

    async def _afford(self, panel: Sequence[Held]) -> None:
        """Wait until there is money for all of these; where there is none, their models stop."""
        if not self._whole_panels or not panel:
            return
        making = asyncio.ensure_future(self._books.pledge(panel))
        try:
            await asyncio.sleep(0)
            while not making.done():  # money comes free as groups come back, so that none may wait here to be full
                await self._flush()
                await self._change(making)
            await making
        except RunStopping as error:
            for held in panel:
                if not held.seat.model.is_offline:
                    self.stopped.setdefault(held.seat.model.name, error)
        finally:
            making.cancel()

    async def _flush(self) -> None:
        """Hand out what is ready, full groups or not."""
        for model in [ready[0].seat.model for ready in self._ready.values() if ready]:
            await self._hand_out(model)

    async def _change(self, *others: asyncio.Future[Any]) -> None:
        """Wait until something may have changed; raises what a group's return could not be kept for."""
        if self._failed:
            raise self._failed
        self._workers.changed.clear()
        changed: asyncio.Future[Any] = asyncio.ensure_future(self._workers.changed.wait())
        try:
            await asyncio.wait([changed, *others], timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()

    async def _hand_out(self, model: Model) -> None:
        """Hand out one group of what is ready of this model."""
        ready, most = self._ready[model.name], self._workers.group_of(model)
        group, ready[:] = ready[:most], ready[most:]
        await self._place(model, group)

    async def _place(self, model: Model, group: Sequence[Held]) -> None:
        """Give the group to a worker as soon as one has room for it; or give it up, where its model has stopped."""
        while (turn := self._workers.turn(model)) is None and model.name not in self.stopped:
            why = self._workers.why_nobody(model)
            if why:
                self.stopped[model.name] = why
            else:
                await self._change()
        if turn and model.name not in self.stopped:
            await self._send(turn, group)
            return
        if turn:
            self._workers.ended(turn)
        self._books.give_up(group)

    async def _send(self, turn: Turn, group: Sequence[Held]) -> None:
        """Reserve what the group can cost, and let it go; where that is too much at once, seat by seat."""
        bounds = [self._books.bound(held) for held in group]
        try:
            await self._budget.reserve(sum(bounds, Decimal(0)))
        except BaseException as error:
            self._workers.ended(turn)
            if not isinstance(error, RunStopping):
                raise
            if len(group) > 1:
                for held in group:
                    await self._place(held.seat.model, [held])
                return
            self.stopped.setdefault(turn.model.name, error)
            self._books.give_up(group)
            return
        task = asyncio.create_task(self._carry(Group(turn, group, bounds, self._clock())))
        self._out.add(task)
        task.add_done_callback(self._back)

    def _back(self, task: asyncio.Task[None]) -> None:
        self._out.discard(task)
        if not task.cancelled() and task.exception():  # the run itself cannot go on: a full disk, an unusable folder
            self._failed = self._failed or task.exception()
        self._workers.changed.set()

    async def _carry(self, group: Group) -> None:
        """One group, out and back."""
        turn, books = group.turn, self._books
        self._count += 1
        again: Sequence[Held] = ()
        try:
            text = await self._workers.answer(turn, self._count, self._parcel(group))
            returned = _checked(group, text)
        except (WorkerGone, ValueError) as error:
            self._workers.forget(turn.worker)
            again = books.lose(group, "worker_lost", str(error)[:200])
        except RunStopping as error:
            self._workers.lost = error
            self.stopped.setdefault(turn.model.name, error)
            books.lose(group, error.code, error.message)
        except asyncio.CancelledError:
            books.lose(group, "interrupted", "the command was interrupted before the group came back")
            raise
        else:
            if stop := returned.stop:
                why = RunStopping(stop.message, hint=stop.hint, code=stop.code)
                self.stopped.setdefault(turn.model.name, why)
            again = books.take(group, returned)
        finally:
            self._workers.ended(turn)
        self._again(turn.model, again)

    def _again(self, model: Model, group: Sequence[Held]) -> None:
        """To be handed out once more, unless the model has stopped meanwhile."""
        if model.name in self.stopped:
            self._books.give_up(group)
        else:
            self._ready[model.name].extend(group)

    def _parcel(self, group: Group) -> str:
        turn, seats = group.turn, [(held.seat, held.asked) for held in group.seats]
        allowance = None if self._budget.cap is None else group.bound
        general = self._workers.general
        return packed(seats, self._prompter, turn.model, turn.place, turn.places, general, allowance).model_dump_json()

    async def _wind_up(self) -> None:
        """Call the workers off, keep what comes back within the grace, and settle the rest as lost."""
        with suppress(PanelError, OSError):
            await self._workers.stop(GRACE_S)
        if self._out:
            await asyncio.wait(self._out, timeout=2 * GRACE_S)
        late = list(self._out)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=GRACE_S)


def _checked(group: Group, text: str) -> Returned:
    """What came back; raises WorkerGone where nothing was done, ValueError where it is not the answer to this group."""
    returned = Returned.model_validate_json(text)
    if returned.unknown:
        raise WorkerGone("the worker was restarted")
    given = {(str(held.seat.slot), held.seat.key) for held in group.seats}
    if any((str(line.slot), line.key) not in given for line in returned.lines):
        raise ValueError("the worker sent lines of seats that it was not given")
    return returned
