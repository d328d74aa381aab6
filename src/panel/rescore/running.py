"""Running: what was planned is asked, tool by tool, until nothing is open or the budget ends. Streams throughout.

The same function begins a run and takes one up again: it looks at what the folder holds, and asks the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from panel.accounts import Account
from panel.budget import Budget
from panel.clients.base import Client
from panel.convene import Sitting, Tariff, Watcher, convene
from panel.errors import RunStopping
from panel.records.model import Model
from panel.records.run import ReplyLine
from panel.records.seat import SeatRecord
from panel.rescore.opening import Opening
from panel.seating import Seat
from panel.store import RunReader, RunWriter

WINDOW = 256
"""Seats that are drawn at a time."""

MOST_ROUNDS = 3
"""Times that seats are gone through while some fail for reasons that may pass."""


Sit = Callable[..., Awaitable[Sitting]]
"""What asks the seats: `convene`, from this machine, or whatever takes the same and does it elsewhere."""


MOST_LISTED = 20
"""Open seats that are named one by one; the others are counted."""


class Done(NamedTuple):
    """What came of a run: why models were stopped, how many seats are open for which reason, and the first of them by
    slot, with the whole reason."""

    stopped: Mapping[str, RunStopping]
    open: Mapping[str, int]
    listed: Mapping[str, str] = {}


class Running:
    """One run over a catalogue, being asked."""

    def __init__(
        self,
        run: RunWriter,
        today: Callable[[Model], Model],
        clients: Callable[[Collection[Model]], tuple[Mapping[str, Client], Mapping[str, RunStopping]]],
        tariff: Tariff,
        budget: Budget,
        clock: Callable[[], float],
        watch: Watcher,
        concurrency: int,
        warm: Collection[str],
        sit: Sit = convene,
    ) -> None:
        self._run = run
        self._today = today
        self._clients = clients
        self._tariff = tariff
        self._budget = budget
        self._clock = clock
        self._watch = watch
        self._concurrency = concurrency
        self._warm = warm
        self._sit = sit
        self.account = Account()

    async def carry_out(self) -> Done:
        """Ask round by round; a round that settles nothing is the last. The verdicts are replaced after each."""
        before = -1
        done = Done({}, {})
        for _ in range(MOST_ROUNDS):
            done, settled = await self._round()
            if done.stopped or not done.open or settled == before:
                break
            before = settled
        return done

    async def _round(self) -> tuple[Done, int]:
        self.account = Account()
        reader = RunReader(self._run.path)
        opening = Opening(reader, self._today, self.account.line)
        why: Counter[str] = Counter()
        listed: dict[str, str] = {}
        settled = 0
        with self._run.verdicts() as verdicts:

            def hand_on(record: SeatRecord) -> None:
                nonlocal settled
                verdicts.add(record)
                self.account.record(record)
                settled += record.settled
                if not record.settled:
                    reason = record.pending or _UNUSABLE
                    why[_code(reason)] += 1
                    if len(listed) < MOST_LISTED:
                        listed[str(record.slot)] = reason

            def open_seats() -> Iterator[Seat]:
                for item in opening.seats():
                    if isinstance(item, SeatRecord):
                        hand_on(item)
                    else:
                        yield item

            clients, stopped = self._clients(self._models())
            sitting = await self._sit(
                open_seats(),
                clients,
                self._run,
                opening.prompter(),
                tariff=self._tariff,
                clock=self._clock,
                watch=self._watch,
                concurrency=self._concurrency,
                budget=self._budget,
                warm=self._warm,
                hand_on=hand_on,
                kept=self._kept,
                stopped=stopped,
                window=WINDOW,
                whole_panels=True,
            )
        return Done(sitting.stopped, why, listed), settled

    def _kept(self, line: ReplyLine) -> None:
        self.account.line(line)

    def _models(self) -> tuple[Model, ...]:
        return tuple(self._today(model) for model in self._run.manifest.models)


_UNUSABLE = "abstained, and may be asked again"


def _code(reason: str) -> str:
    """The code at the beginning of why a seat is open; of one that was not asked, why it was not."""
    return reason if reason.startswith("not asked") else reason.split(": ")[0]
