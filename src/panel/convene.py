"""Convene: ask every seat of a review at once, keep what each says, and settle it.

In go tools, a panel, clients and a run to write to; out come reviews. Every reply is on disk before it is parsed. One
seat's failure is its own: it stays pending and the others go on. What makes asking pointless (no key, no quota, no such
model) stops the seats of that model and keeps everything that arrived. Nothing here prints or reads a clock.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from panel.clients.base import Client, attempt_of, close
from panel.errors import ClientError, PanelError, RunStopping, SeatFailed
from panel.prompts import Prompter
from panel.records.model import Model
from panel.records.prompt import Prompt
from panel.records.reply import Attempt, Cost, Reply, Usage, utc
from panel.records.run import ReplyLine
from panel.records.seat import SeatRecord, Slot
from panel.records.verdict import Abstained, AbstainReason, Verdict
from panel.reparse import Asked, seat_record
from panel.seating import Seat, write_plan
from panel.store import RunWriter

Pricing = Callable[[Model, Usage | None, dt.datetime, str | None], Cost]
"""What a call cost: the model asked, its usage, when it was asked, and the model that served it."""
Happening = Literal["held", "asked", "landed", "failed"]


class Event(NamedTuple):
    """Something that happened to a seat, for whoever shows progress. `seconds` since it was asked."""

    happening: Happening
    slot: Slot
    seconds: float = 0.0
    verdict: Verdict | None = None
    detail: str = ""


class Sitting(NamedTuple):
    """What came of convening: a record per seat, and the error that stopped the run early, if one did."""

    records: tuple[SeatRecord, ...]
    stopped: RunStopping | None = None


Watcher = Callable[[Event], None]
Clock = Callable[[], float]


def unwatched(event: Event) -> None:
    """For whoever does not look."""


async def convene(
    seats: Sequence[Seat],
    clients: Mapping[str, Client],
    run: RunWriter,
    prompter: Prompter,
    *,
    pricing: Pricing,
    clock: Clock,
    watch: Watcher = unwatched,
    concurrency: int = 8,
) -> Sitting:
    """Fill the seats: held ones from older runs, the others by asking, at most `concurrency` at a time per model.

    `clients` maps model names to clients; `clock` gives seconds since 1970. Cancelling (Ctrl-C) raises CancelledError
    after every reply that arrived has been stored; `reparse` settles such a run. The clients are closed at the end.
    """
    asked = write_plan(seats, run, prompter)
    chamber = _Chamber(clients, run, prompter, pricing, clock, watch, concurrency)
    for seat in seats:
        if seat.held:
            chamber.tell(Event("held", seat.slot, verdict=seat.held.verdict))
    records = {str(seat.slot): seat.held for seat in seats if seat.held}
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(chamber.fill(seat, asked[str(seat.slot)])) for seat in seats if not seat.held]
    except* PanelError as failed:  # the run itself cannot go on: a full disk, an unusable folder
        raise failed.exceptions[0] from None
    finally:
        run.sync()
        for client in clients.values():
            await close(client)
    records.update((str(record.slot), record) for record in (task.result() for task in tasks))
    return Sitting(tuple(records[str(seat.slot)] for seat in seats), next(iter(chamber.stopped.values()), None))


class _Chamber:
    """Where seats are filled: one place that knows the run, the clients and which models have stopped."""

    def __init__(
        self,
        clients: Mapping[str, Client],
        run: RunWriter,
        prompter: Prompter,
        pricing: Pricing,
        clock: Clock,
        watch: Watcher,
        concurrency: int,
    ) -> None:
        self.clients = clients
        self.run = run
        self.prompter = prompter
        self.pricing = pricing
        self.clock = clock
        self.watch = watch
        self.gates = {name: asyncio.Semaphore(concurrency) for name in clients}
        self.stopped: dict[str, RunStopping] = {}

    async def fill(self, seat: Seat, asked: Asked) -> SeatRecord:
        """Ask a seat until it is settled or fails; a contradiction is asked again once (law 3)."""
        async with self.gates[seat.model.name]:
            if seat.model.name in self.stopped:
                return self._unasked(seat, asked)
            started = self.clock()
            self.tell(Event("asked", seat.slot))
            lines = [await self._ask(seat, seat.prompt, 0, "first")]
            record = seat_record(self.run.run_id, asked, lines)
            if _contradicts(record.verdict):
                again = self.prompter.again(seat.prompt, _detail(record.verdict))
                lines.append(await self._ask(seat, again, 1, "contradiction"))
                record = seat_record(self.run.run_id, asked, lines)
            self._tell(record, self.clock() - started)
            return record

    async def _ask(self, seat: Seat, prompt: Prompt, ask: int, because: str) -> ReplyLine:
        """One call, on disk when this returns, whether it brought a reply or not."""
        started = self.clock()
        reply: Reply | None = None
        failure: Attempt | None = None
        try:
            reply = self._priced(seat.model, await self._reply(seat, prompt))
        except ClientError as error:
            failure = attempt_of(error, utc(started), max(0.0, self.clock() - started))
            if isinstance(error, RunStopping):
                self.stopped.setdefault(seat.model.name, error)
        line = ReplyLine(slot=seat.slot, key=seat.key, ask=ask, asked_because=because, reply=reply, failure=failure)
        self.run.append(line)
        return line

    async def _reply(self, seat: Seat, prompt: Prompt) -> Reply:
        try:
            return await self.clients[seat.model.name].ask(prompt)
        except PanelError:
            raise
        except Exception as error:  # a client is anybody's code; its fault costs its seat, not the review
            raise SeatFailed(
                f"the client of {seat.model.name} failed: {type(error).__name__}",
                code="client_fault",
                retryable=False,
                billed=True,
            ) from error

    def _priced(self, model: Model, reply: Reply) -> Reply:
        attempts = reply.attempts or (
            Attempt(asked_at=reply.asked_at, latency_s=reply.latency_s, usage=reply.usage, request_id=reply.request_id),
        )
        priced = tuple(
            attempt.model_copy(
                update={"cost": self.pricing(model, attempt.usage, attempt.asked_at, reply.model_served)}
            )
            for attempt in attempts
        )
        return reply.model_copy(update={"attempts": priced})

    def _unasked(self, seat: Seat, asked: Asked) -> SeatRecord:
        reason = f"not asked: {self.stopped[seat.model.name].code}"
        plan = asked.plan.model_copy(update={"reason": reason})
        self.tell(Event("failed", seat.slot, detail=reason))
        return seat_record(self.run.run_id, asked._replace(plan=plan), [])

    def tell(self, event: Event) -> None:
        """Show an event to whoever watches; a watcher that fails (a closed terminal) is not shown any more."""
        try:
            self.watch(event)
        except Exception:  # noqa: BLE001 - whatever a watcher does, no seat may suffer from it
            self.watch = unwatched

    def _tell(self, record: SeatRecord, seconds: float) -> None:
        happening: Happening = "failed" if record.verdict is None else "landed"
        self.tell(Event(happening, record.slot, seconds, record.verdict, record.pending or ""))


def _contradicts(verdict: Verdict | None) -> bool:
    return isinstance(verdict, Abstained) and verdict.reason is AbstainReason.INCONSISTENT


def _detail(verdict: Verdict | None) -> str:
    return verdict.detail if isinstance(verdict, Abstained) else ""
