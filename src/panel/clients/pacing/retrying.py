"""Retrying: a client round a client that asks again where that can help. The only door of tenacity.

One `Retrying` serves one asking of one seat. Every call that failed is handed to `noted` before anything else happens,
so that it can be on disk before the next one is made. What cannot pass by itself (a key, a quota, a prompt that is too
long) is raised at once. Nothing is judged and nothing stored here; time spent waiting in line is not counted.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from panel.clients.base import Client
from panel.clients.pacing.stopwatch import STOPWATCH
from panel.errors import ClientError, RunStopping, SeatFailed
from panel.records.prompt import Prompt
from panel.records.reply import Reply

LONGEST_RETRY_AFTER_S = 120.0
"""Who is asked to wait for longer does not wait: the seat stays pending, and the run goes on."""

Noted = Callable[[ClientError, dt.datetime, float], None]
"""What went wrong, when the call was sent, and how many seconds it took."""


class RetryPolicy(NamedTuple):
    """How often and for how long one asking may go on.

    `calls` is the most calls made. `deadline_s` counts from the first call's start, without time spent in line: past it
    no call is begun, no wait is entered that would end later, and a call still under way is given up.
    """

    calls: int = 5
    deadline_s: float = 900.0


_BACKOFF = wait_random_exponential(multiplier=1, max=60)
"""At random up to 1 s after the first call, 2 s after the second, then 4, 8 … and 60 at most."""


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Retrying:
    """Asks `client` until it replies, `policy` forbids another call, or another call could not help.

    `spent_s` is what of the deadline is used up: calls and waits, in seconds of a clock that never jumps. `sleep`,
    `clock` (monotonic seconds) and `now` are for tests.
    """

    def __init__(
        self,
        client: Client,
        *,
        noted: Noted,
        policy: RetryPolicy = RetryPolicy(),  # noqa: B008 - immutable
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], dt.datetime] = _now,
    ) -> None:
        self.name = client.name
        self.inner = client
        self.spent_s = 0.0
        self._noted = noted
        self._policy = policy
        self._sleep = sleep
        self._clock = clock
        self._now = now

    async def ask(self, prompt: Prompt) -> Reply:
        """The reply; raises the last call's `ClientError` when it gives up. Waits are bounded as `_wait_s` says.

        Where no time is left for a first call, none is made: a `SeatFailed` (`timeout`) is raised and nothing is noted.
        """
        if self._policy.deadline_s <= 0:
            raise self._too_late("no time is left for another call", sent=False)
        try:
            return await self._call(prompt)
        except ClientError as error:
            if not _can_pass(error):
                raise
            failed: ClientError | None = error

        async def call() -> Reply:
            nonlocal failed
            if failed is not None:  # tenacity begins with the call that was made already: most need no second one
                error, failed = failed, None
                raise error
            return await self._call(prompt)

        again = AsyncRetrying(
            retry=retry_if_exception(_can_pass),
            wait=_wait_s,
            stop=self._must_stop,
            sleep=self._pass,
            reraise=True,
        )
        return await again(call)

    async def _call(self, prompt: Prompt) -> Reply:
        """One call, noted if it fails and given up at the deadline."""
        call = _Call(self._policy.deadline_s - self.spent_s, self._clock, self._now)
        token = STOPWATCH.set(call)
        try:
            async with call.timeout:
                reply = await self.inner.ask(prompt)
        except ClientError as error:
            self._failed(error, call)
            raise
        except TimeoutError:
            if not call.timeout.expired():
                raise
            late = self._too_late(
                "no answer before the seat's time was over; the call may have been charged", sent=True
            )
            self._failed(late, call)
            raise late from None
        finally:
            STOPWATCH.reset(token)
        self.spent_s += call.seconds()
        return reply

    def _failed(self, error: ClientError, call: _Call) -> None:
        seconds = call.seconds()
        self.spent_s += seconds
        if _asks_too_much(error):
            _say_how_long(error)
        self._noted(error, call.asked_at, seconds)

    def _too_late(self, what: str, *, sent: bool) -> SeatFailed:
        return SeatFailed(
            f"{self.name}: {what}",
            hint="Raise deadline_s for this model in panel.toml, or give the same command again later.",
            code="timeout",
            billed=sent,
            retryable=False,
        )

    def _must_stop(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        return (
            state.attempt_number >= self._policy.calls
            or (isinstance(error, ClientError) and _asks_too_much(error))
            or self.spent_s + state.upcoming_sleep >= self._policy.deadline_s
        )

    async def _pass(self, seconds: float) -> None:
        started = self._clock()
        await self._sleep(seconds)
        self.spent_s += max(seconds, self._clock() - started)


class _Call:
    """The stopwatch of one call: it ends the call when what is left of the deadline has passed."""

    def __init__(self, left_s: float, clock: Callable[[], float], now: Callable[[], dt.datetime]) -> None:
        self._left_s = left_s
        self._clock = clock
        self._now = now
        self._started: float | None = clock()
        self.asked_at = now()
        self.timeout = asyncio.timeout(left_s)

    def stop(self) -> None:
        self._started = None
        self.timeout.reschedule(None)

    def start(self) -> None:
        self._started = self._clock()
        self.asked_at = self._now()
        self.timeout.reschedule(asyncio.get_running_loop().time() + self._left_s)

    def seconds(self) -> float:
        """Since the call was sent; 0 if it never was."""
        return 0.0 if self._started is None else max(0.0, self._clock() - self._started)


def _can_pass(error: BaseException) -> bool:
    return isinstance(error, ClientError) and error.retryable and not isinstance(error, RunStopping)


def _asks_too_much(error: ClientError) -> bool:
    return error.retry_after_s is not None and error.retry_after_s > LONGEST_RETRY_AFTER_S


def _wait_s(state: RetryCallState) -> float:
    """As long as the provider asks, which is 120 s at most here, and never less than the random wait of `_BACKOFF`."""
    error = state.outcome.exception() if state.outcome else None
    asked_s = error.retry_after_s if isinstance(error, ClientError) else None
    return max(asked_s or 0.0, _BACKOFF(state))


def _say_how_long(error: ClientError) -> None:
    seconds = error.retry_after_s or 0.0
    asked = f"{seconds:.0f} s" if seconds < 600 else f"{min(seconds / 60, 1e6):.0f} minutes"
    said = f"; it asks to wait {asked}"
    if said not in error.message:
        error.message += said
