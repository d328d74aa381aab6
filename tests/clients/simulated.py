"""A minute in a moment: an event loop whose clock jumps to the next timer, and servers that count calls by it.

    report = simulate(FixedWindow(600), minutes=10, requests_per_minute=600)
    report.used, report.refused      # shares of what is allowed and of what was sent, after the first minute

Nothing here sleeps: `asyncio.sleep(60)` takes no time, and two simulations of one seed are equal.
"""

from __future__ import annotations

import asyncio
import random
import selectors
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, Protocol, TypeVar

from client_samples import MOMENT, a_model, a_prompt

from panel.clients.pacing.lanes import Throttle
from panel.clients.pacing.retrying import Retrying, RetryPolicy
from panel.clients.pacing.throttle import Throttles
from panel.clients.wire.limits import Allowance, Limits
from panel.errors import SeatFailed
from panel.records.prompt import Prompt
from panel.records.reply import Reply, Usage

T = TypeVar("T")
MINUTE = 60.0
PROMPT = a_prompt()


class _Leap(selectors.DefaultSelector):  # type: ignore[misc,valid-type]  # a base chosen by the platform
    """Waits for nothing: what would be waited is added to the clock."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        self.now += timeout or 0.0
        return super().select(0)


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop on a clock that begins at 0 and jumps from timer to timer."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        return self._leap.now


def leap(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end on a leaping clock."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(main)


def clock() -> float:
    """The loop's own time."""
    return asyncio.get_running_loop().time()


def a_reply(tokens: int | None = None) -> Reply:
    usage = None if tokens is None else Usage(input=tokens - tokens // 4, output=tokens // 4)
    return Reply(text="{}", model_asked="m", asked_at=MOMENT, usage=usage)


def refusal(retry_after_s: float | None = None, **fields: Any) -> SeatFailed:
    given = {"code": "rate_limited", "status": 429, "retryable": True, "retry_after_s": retry_after_s}
    return SeatFailed("mine: too many requests at once (HTTP 429)", **(given | fields))


class Count(Protocol):
    """How a server counts: seconds to wait before one more of `amount` is allowed, 0 if it was let in."""

    allowed: float

    def let_in(self, now: float, amount: float) -> float: ...

    def left(self, now: float) -> tuple[float, float]:
        """What is left, and the seconds until there is more."""
        ...


class FixedWindow:
    """So much in every window of a minute; the first window is `phase` seconds old when the clock begins."""

    def __init__(self, allowed: float, phase: float = 0.0) -> None:
        self.allowed, self.phase = allowed, phase
        self._window, self._taken = 0, 0.0

    def let_in(self, now: float, amount: float) -> float:
        self._turn(now)
        if self._taken + amount > self.allowed:
            return self.left(now)[1]
        self._taken += amount
        return 0.0

    def left(self, now: float) -> tuple[float, float]:
        self._turn(now)
        return self.allowed - self._taken, (self._window + 1) * MINUTE - now - self.phase

    def _turn(self, now: float) -> None:
        window = int((now + self.phase) // MINUTE)
        if window != self._window:
            self._window, self._taken = window, 0.0


class SlidingWindow:
    """So much in any sixty seconds, counted call by call."""

    def __init__(self, allowed: float) -> None:
        self.allowed = allowed
        self._log: deque[tuple[float, float]] = deque()
        self._taken = 0.0

    def let_in(self, now: float, amount: float) -> float:
        self._forget(now)
        if self._taken + amount > self.allowed:
            return self.left(now)[1]
        self._log.append((now, amount))
        self._taken += amount
        return 0.0

    def left(self, now: float) -> tuple[float, float]:
        self._forget(now)
        return self.allowed - self._taken, self._log[0][0] + MINUTE - now if self._log else 0.0

    def _forget(self, now: float) -> None:
        while self._log and self._log[0][0] <= now - MINUTE:
            self._taken -= self._log.popleft()[1]


class TokenBucket:
    """A bucket that holds `size` (a minute's worth unless given) and fills evenly."""

    def __init__(self, allowed: float, size: float | None = None) -> None:
        self.allowed, self.size = allowed, size or allowed
        self._level, self._at = self.size, 0.0

    def let_in(self, now: float, amount: float) -> float:
        self._fill(now)
        if self._level < amount:
            return (amount - self._level) * MINUTE / self.allowed
        self._level -= amount
        return 0.0

    def left(self, now: float) -> tuple[float, float]:
        self._fill(now)
        return float(int(self._level)), (self.size - self._level) * MINUTE / self.allowed

    def _fill(self, now: float) -> None:
        self._level = min(self.size, self._level + (now - self._at) * self.allowed / MINUTE)
        self._at = now


class Server:
    """A client and its server in one: counts calls and tokens, refuses what is too much, states limits if `states`.

    Calls reach it after up to `lag_s` at random and are answered after `latency_s`; of what it lets in, it also refuses
    the share `noise`, with `Retry-After: 1`, for no reason that has to do with speed.
    """

    name = "mine"

    def __init__(
        self,
        count: Count,
        *,
        tokens: Count | None = None,
        states: bool = False,
        latency_s: float = 0.2,
        lag_s: float = 0.02,
        uses: Callable[[random.Random], int] = lambda chance: 1000,
        noise: float = 0.0,
    ) -> None:
        self.count, self.tokens, self.states = count, tokens, states
        self.latency_s, self.lag_s, self.uses, self.noise = latency_s, lag_s, uses, noise
        self.limits: Limits | None = None
        self.accepted: list[float] = []
        self.refused: list[float] = []
        self.spent: list[tuple[float, int]] = []
        self._chance = random.Random(7)  # noqa: S311 - the same chances every time

    async def ask(self, prompt: Prompt) -> Reply:
        await asyncio.sleep(self._chance.uniform(0, self.lag_s))
        now = clock()
        tokens = self.uses(self._chance)
        wait_s = self.count.let_in(now, 1)
        if not wait_s and self.tokens:
            wait_s = self.tokens.let_in(now, tokens)
        stated = self._stated(now)
        if wait_s or self._chance.random() < self.noise:
            self.refused.append(now)
            await asyncio.sleep(0.01)
            self.limits = stated or self.limits
            raise refusal(wait_s or 1.0)
        self.accepted.append(now)
        self.spent.append((now, tokens))
        await asyncio.sleep(self.latency_s)
        self.limits = stated or self.limits
        return a_reply(tokens)

    def _stated(self, now: float) -> Limits | None:
        if not self.states:
            return None
        requests = Allowance(self.count.allowed, *self.count.left(now))
        tokens = Allowance(self.tokens.allowed, *self.tokens.left(now)) if self.tokens else Allowance()
        return Limits(requests, tokens)


class Report(NamedTuple):
    """After the first minute: the shares of what is allowed that was used, and of all calls that were refused; in all:
    seats that failed, and the throttle as it was left."""

    used: float
    refused: float
    tokens_used: float
    failed: int
    throttle: Throttle


def simulate(server: Server, *, minutes: int = 10, concurrency: int = 100, **settings: Any) -> Report:
    """Seats ask `server` for so many minutes, always more of them than it can bear; `settings` go to the model."""
    model = a_model("compatible", "http://localhost:1/v1", **settings)
    random.seed(7)  # random waits are drawn from there
    failed = 0

    async def run() -> Throttle:
        throttles = Throttles(concurrency)
        client = throttles.throttled(server, model)
        policy = RetryPolicy(deadline_s=model.deadline_s)

        async def seats() -> None:
            nonlocal failed
            while True:
                try:
                    await Retrying(client, noted=lambda *_: None, policy=policy, clock=clock).ask(PROMPT)
                except SeatFailed:
                    failed += 1

        tasks = [asyncio.create_task(seats()) for _ in range(2 * concurrency)]
        await asyncio.sleep(minutes * MINUTE)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return throttles.of(model)

    throttle = leap(run())
    accepted, refused = (sum(at >= MINUTE for at in times) for times in (server.accepted, server.refused))
    spent = sum(tokens for at, tokens in server.spent if at >= MINUTE)
    return Report(
        used=accepted / (server.count.allowed * (minutes - 1)),
        refused=refused / max(1, accepted + refused),
        tokens_used=spent / (server.tokens.allowed * (minutes - 1)) if server.tokens else 0.0,
        failed=failed,
        throttle=throttle,
    )
