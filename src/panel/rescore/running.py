"""Running: what was planned is asked, tool by tool, until nothing is open or the budget ends. Streams throughout.

The same function begins a run and takes one up again: it looks at what the folder holds, and asks the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from panel.accounts import Account, Follower
from panel.budget import Budget
from panel.clients.base import Client
from panel.convene import Event, Sitting, Tariff, Watcher, convene
from panel.convene.events import Teller
from panel.errors import RunStopping
from panel.records.model import Model
from panel.records.run import ReplyLine
from panel.records.seat import SeatRecord
from panel.reparse import seat_record
from panel.rescore.opening import Opening
from panel.seating import Seat
from panel.store import RunReader, RunWriter

if TYPE_CHECKING:
    from panel.clients.pacing.throttle import Throttles

WINDOW = 256
"""Seats that are drawn at a time."""

MOST_ROUNDS = 3
"""Times that seats are gone through while some fail for reasons that may pass."""


Leave = Callable[[Seat], str]
"""Why an open seat is not to be asked now; empty where it is."""

Sit = Callable[..., Awaitable[Sitting]]
"""What asks the seats: `convene`, from this machine, or whatever takes the same and does it elsewhere."""


MOST_LISTED = 20
"""Open seats that were asked and are named one by one; the others are counted."""

MOST_ALIKE = 3
"""Of those, how many are named for one reason."""


class Done(NamedTuple):
    """What came of a run: why models were stopped, how many seats are open for which reason, and the first of those
    that were asked, by slot, with the whole reason."""

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
        *,
        leave: Leave = lambda seat: "",
        rounds: int = MOST_ROUNDS,
    ) -> None:
        """`leave` says why an open seat is not to be asked, or nothing; `clients` makes those of a round anew."""
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
        self._leave = leave
        self._rounds = rounds
        self.account = Account()
        self._told: Callable[[ReplyLine], None] = lambda line: None

    async def carry_out(self) -> Done:
        """Ask round by round; a round that settles nothing is the last. The verdicts are replaced after each."""
        done = Done({}, {})
        for number in range(self._rounds):
            done, gained = await self._round(first=not number)
            if done.stopped or not done.open or not gained:
                break
        return done

    async def _round(self, *, first: bool) -> tuple[Done, int]:
        """What came of a round, and how many seats it settled."""
        self.account = Account()
        reader = RunReader(self._run.path)
        opening = Opening(reader, self._today, self.account.line)
        tell = Teller(self._watch)
        why: Counter[str] = Counter()
        listed: dict[str, str] = {}
        gained = 0
        with self._run.verdicts() as verdicts:

            def hand_on(record: SeatRecord) -> None:
                nonlocal gained
                verdicts.add(record)
                self.account.record(record)
                gained += record.settled
                if not record.settled:
                    reason = record.pending or _UNUSABLE
                    why[_code(reason)] += 1
                    failed = record.attempts and not reason.startswith(ON_ITS_WAY)
                    if failed and why[_code(reason)] <= MOST_ALIKE and len(listed) < MOST_LISTED:
                        listed[str(record.slot)] = reason

            def open_seats() -> Iterator[Seat]:
                for item in opening.seats():
                    if isinstance(item, SeatRecord):
                        nonlocal gained
                        gained -= 1  # it stood before
                        if first:
                            tell(Event("held", item.slot, verdict=item.verdict))
                        hand_on(item)
                    elif why := self._leave(item):
                        hand_on(_left(self._run.run_id, item, why))
                    else:
                        yield item

            clients, stopped = self._clients(self._models())
            throttles = self._followed()
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
                throttles=throttles,
            )
        return Done(sitting.stopped, why, listed), gained

    def _followed(self) -> Throttles | None:
        """The throttles of a round that somebody follows, and whom to tell of its lines."""
        if not isinstance(self._watch, Follower):
            return None
        from panel.clients.pacing.throttle import Throttles  # only long runs are followed

        throttles = Throttles(self._concurrency)
        here = self._sit is convene  # workers have throttles of their own, which nobody here sees
        asked = [model for model in self._models() if here and not model.is_offline]
        self._told = self._watch.follow(self.account, {model.name: throttles.of(model) for model in asked})
        return throttles

    def _kept(self, line: ReplyLine) -> None:
        self.account.line(line)
        self._told(line)

    def _models(self) -> tuple[Model, ...]:
        return tuple(self._today(model) for model in self._run.manifest.models)


ON_ITS_WAY = "on its way by batch"
"""Why a seat is open that was handed in, whatever came of it before."""

_UNUSABLE = "abstained, and may be asked again"


def _left(run_id: str, seat: Seat, why: str) -> SeatRecord:
    """The record of a seat that is not asked: for this reason, unless it was asked before and is not on its way."""
    if seat.asked is None:
        raise AssertionError("the seats of a stored run know what they are asked with")
    record = seat_record(run_id, seat.asked, seat.lines)
    now = why.startswith(ON_ITS_WAY) or not record.attempts
    return record.model_copy(update={"pending": why}) if now and record.verdict is None else record


def _code(reason: str) -> str:
    """The code at the beginning of why a seat is open; of one that was not asked, why it was not."""
    return reason if reason.startswith("not asked") else reason.split(": ")[0]
