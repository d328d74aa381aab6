"""Lanes: the queue before an endpoint, in which calls wait for their turn.

One `Throttle` per address holds how many calls may be under way; one `Lane` per model of it holds its pace and those
who wait, first come, first served. Lanes take turns, and one that must wait for its pace holds none of the others back.
Nobody is forgotten, and who is cancelled gives back his place. Use a throttle in one event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple

from panel.clients.base import Client
from panel.clients.pacing.concurrency import Change, Concurrency
from panel.clients.pacing.pace import Pace
from panel.clients.pacing.stopwatch import STOPWATCH
from panel.errors import RunStopping


class Waiter(NamedTuple):
    """A call that waits for its turn: who makes it, and how many tokens it may take."""

    turn: asyncio.Future[None]
    client: Client
    tokens: float


class Lane:
    """The calls of one model at an endpoint: its pace, and those that wait."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.waiting: deque[Waiter] = deque()

    def is_empty(self) -> bool:
        """Whether nobody waits; those who gave up are forgotten."""
        while self.waiting and self.waiting[0].turn.done():
            self.waiting.popleft()
        return not self.waiting

    def dismiss(self, client: Client, why: RunStopping) -> None:
        """Whoever waits for a turn of this client need not: they are told why."""
        for waiter in self.waiting:
            if waiter.client is client and not waiter.turn.done():
                waiter.turn.set_exception(stopped(why))


def stopped(why: RunStopping) -> RunStopping:
    """An error of its own for each, marked as one for which nothing was sent."""
    return RunStopping(why.message, hint=why.hint, code="stopped")


class Throttle:
    """How many calls of one endpoint are under way, `in_flight`, and how many may be, `limit`.

    `changes` are the last changes of that limit, in times of the event loop; `paused_until` is such a time, too.
    """

    def __init__(self, ceiling: int) -> None:
        self.concurrency = Concurrency(ceiling)
        self.in_flight = 0
        self.paused_until = float("-inf")
        self.lanes: deque[Lane] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def limit(self) -> int:
        return self.concurrency.limit

    @property
    def changes(self) -> deque[Change]:
        return self.concurrency.changes

    def lane(self, pace: Pace) -> Lane:
        """A lane of its own for a model."""
        lane = Lane(pace)
        self.lanes.append(lane)
        return lane

    async def enter(self, lane: Lane, client: Client, tokens: float) -> None:
        """Take a place as soon as a call may begin; `leave` must follow. Cancelled or dismissed, it takes none."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if lane.is_empty() and self._has_room(now) and lane.pace.ready_at() <= now:
            self._begin(lane, tokens, now)
            return
        turn: asyncio.Future[None] = loop.create_future()
        lane.waiting.append(Waiter(turn, client, tokens))
        stopwatch = STOPWATCH.get()
        if stopwatch is not None:
            stopwatch.stop()
        try:
            self._admit(now)
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:  # its turn came in the same moment
                lane.pace.give_back(loop.time(), tokens)
                self.leave()
            raise
        if stopwatch is not None:
            stopwatch.start()

    def leave(self) -> None:
        """A call is over, or did not begin after all."""
        self.in_flight -= 1
        self._admit(asyncio.get_running_loop().time())

    def pause(self, until: float) -> None:
        """No call begins before this time."""
        self.paused_until = max(self.paused_until, until)

    def _has_room(self, now: float) -> bool:
        return self.in_flight < self.concurrency.limit and now >= self.paused_until

    def _begin(self, lane: Lane, tokens: float, now: float) -> None:
        self.in_flight += 1
        lane.pace.take(now, tokens)
        self.concurrency.began(self.in_flight)

    def _admit(self, now: float) -> None:
        """Let in whoever may begin now, lane by lane; come back when the next one may."""
        while self.in_flight < self.concurrency.limit:
            lanes = [lane for lane in self.lanes if not lane.is_empty()]
            if not lanes:
                return
            first = min(lanes, key=lambda lane: max(lane.pace.ready_at(), now))
            ready_at = max(first.pace.ready_at(), self.paused_until)
            if ready_at > now:
                self._come_back(ready_at)
                return
            waiter = first.waiting.popleft()
            if len(lanes) > 1:  # so that the others come first next time
                self.lanes.remove(first)
                self.lanes.append(first)
            self._begin(first, waiter.tokens, now)
            waiter.turn.set_result(None)

    def _come_back(self, at: float) -> None:
        if self._timer is not None:
            if self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(at, self._wake, at)

    def _wake(self, at: float) -> None:
        self._timer = None
        self._admit(max(at, asyncio.get_running_loop().time()))  # a timer may go off a hair too early
