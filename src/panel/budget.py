"""Budget: a hard cap on what a run may spend.

What a call can cost at most is reserved before it is sent and settled on what it did cost, so that spent and reserved
together never exceed the cap. Here is the account of it, the client that keeps it, and what may start under a cap.
Nothing here knows a price: it is told what a call costs at most before, and what it cost after.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import deque
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from panel.clients.base import Client
from panel.clients.pacing.stopwatch import STOPWATCH
from panel.errors import ClientError, RunStopping, UsageError
from panel.prices import dollars, why_unpriced
from panel.records.model import Model
from panel.records.prompt import Prompt
from panel.records.reply import Attempt, Cost, Reply, Usage, utc
from panel.records.run import Probe, ReplyLine

if TYPE_CHECKING:
    import asyncio


class Pricing(Protocol):
    """What a call cost: the model asked, its usage, when it was asked, the model that served it, and in which tier."""

    def __call__(
        self, model: Model, usage: Usage | None, at: dt.datetime, served: str | None = None, *, tier: str | None = None
    ) -> Cost: ...


Most = Callable[[Model, Prompt, dt.datetime], Cost | None]
"""What a call costs at most, as `usd`; None where the price is unknown."""

_NOTHING = Decimal(0)


class _Waiter(NamedTuple):
    amount: Decimal
    turn: asyncio.Future[None]


class Budget:
    """What a run has spent, in US dollars, against its cap; None is no cap. Of one event loop.

    `spent` counts unsure charges at their most. `reserved` is held for calls under way, `pledged` for whole panels.
    `overrun` is what calls cost beyond their reservations: above zero the bounds were wrong, and nothing that costs
    money is sent any more.
    """

    def __init__(self, cap: Decimal | None, spent: Decimal = _NOTHING) -> None:
        self.cap = cap
        self.spent = spent
        self.reserved = _NOTHING
        self.overrun = _NOTHING
        self.pledged = _NOTHING
        self._released: asyncio.Event | None = None
        self._waiting: deque[_Waiter] = deque()

    async def reserve(self, amount: Decimal) -> None:
        """Hold `amount` for a call; in turn, and as soon as it fits.

        Calls usually cost far less than is held for them, so what does not fit now may fit once those under way are
        settled. Raises `RunStopping` (`budget`) where it cannot. Whoever has reserved must settle.
        """
        if self.cap is None or not amount:
            self.reserved += amount
            return
        import asyncio  # where there is nothing to wait for, no loop runs

        waiter = _Waiter(amount, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        self._serve()
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
                self.reserved -= amount  # granted, and cancelled before it could know
            waiter.turn.cancel()
            self._serve()
            raise

    async def pledge(self, amount: Decimal) -> None:
        """Promise `amount` to a panel that is about to be asked, so that money for all its seats is there.

        Waits while other panels may turn out cheaper; raises `RunStopping` (`budget`) where it cannot fit. Whoever has
        pledged must `release`, seat by seat.
        """
        while self.cap is not None and self.spent + self.pledged + amount > self.cap:
            if not self.pledged or self.overrun:
                raise self._refusal(amount, "tool")
            if self._released is None:
                from asyncio import Event

                self._released = Event()
            self._released.clear()
            await self._released.wait()
        self.pledged += amount

    def release(self, amount: Decimal) -> None:
        """A seat has ended, and what was promised to it is free again."""
        self.pledged -= amount
        if self._released is not None:
            self._released.set()

    def has_room(self, amount: Decimal) -> bool:
        """Whether `reserve` would grant this at once."""
        return not self._waiting and self._fits(self.reserved + amount)

    def settle(self, reserved: Decimal, cost: Cost) -> None:
        """Put the cost of a call in the place of its reservation: at most what it was, or all of it, where unknown."""
        charged = next(usd for usd in (cost.usd, cost.at_most_usd, reserved) if usd is not None)
        self.reserved -= reserved
        self.spent += charged
        self.overrun += max(_NOTHING, charged - reserved)
        self._serve()

    def _serve(self) -> None:
        """Grant what fits, in turn; refuse what can never fit."""
        while self._waiting:
            amount, turn = self._waiting[0]
            if not turn.done():
                if self._hopeless(amount):
                    turn.set_exception(self._refusal(amount))
                elif self._fits(self.reserved + amount):
                    self.reserved += amount
                    turn.set_result(None)
                else:
                    return
            self._waiting.popleft()

    def _fits(self, more: Decimal) -> bool:
        return self.cap is None or self.spent + more <= self.cap

    def _hopeless(self, amount: Decimal) -> bool:
        """What is spent never becomes less, so that what does not fit beside it alone will not fit later."""
        return bool(self.overrun) or not self._fits(amount)

    def _refusal(self, amount: Decimal, what: str = "call") -> RunStopping:
        spent = f"--max-cost {self.cap}: {dollars(self.spent)} is spent"
        if self.overrun:
            return RunStopping(
                f"{spent}, and calls cost {dollars(self.overrun, up=True)} more than they could by panel's count.",
                hint="The server does not keep to the cap on answers, or the price is wrong: set max_output_tokens and "
                "price in panel.toml to what holds, then give the same command again. What was answered is kept.",
                code="budget",
            )
        return RunStopping(
            f"{spent}, and the next {what} could cost up to {dollars(amount, up=True)}.",
            hint="What was answered is kept. Give the same command again with a higher --max-cost, or go on with "
            "`panel runs resume RUN --max-cost USD`.",
            code="budget",
        )


class Budgeted:
    """A client that reserves what a call can cost before it is sent, and settles on what it did cost.

    A call that broke off, or was cancelled under way, is settled at its reservation, since it may be charged. Calls of
    a model without a price are let through uncounted: `check_priced` decides whether such a model may be asked. All
    other attributes are those of the client inside.
    """

    def __init__(
        self,
        client: Client,
        model: Model,
        budget: Budget,
        most: Most,
        price: Pricing,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = client.name
        self.inner = client
        self._model = model
        self._budget = budget
        self._most = most
        self._price = price
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def ask(self, prompt: Prompt) -> Reply:
        """The reply of the client inside; raises `RunStopping` (`budget`) where no money is left for it."""
        bound = self._most(self._model, prompt, utc(self._clock())) if self._budget.cap is not None else None
        if bound is None or bound.usd is None:
            return await self.inner.ask(prompt)
        await self._reserve(bound.usd)
        charge = Cost(at_most_usd=bound.usd)
        try:
            reply = await self.inner.ask(prompt)
            charge = self._charge(reply, bound.usd)
            return reply
        except ClientError as error:
            if not error.billed:
                charge = Cost(usd=_NOTHING)
            raise
        finally:
            self._budget.settle(bound.usd, charge)

    async def _reserve(self, amount: Decimal) -> None:
        """Waiting for money is waiting in line: it counts neither as latency nor against a seat's deadline."""
        stopwatch = STOPWATCH.get()
        if stopwatch is None or self._budget.has_room(amount):
            await self._budget.reserve(amount)
            return
        stopwatch.stop()
        await self._budget.reserve(amount)
        stopwatch.start()

    def _charge(self, reply: Reply, bound: Decimal) -> Cost:
        """Of all attempts that the reply tells of; each without a price is counted at the bound of one call."""
        attempts = reply.attempts or (Attempt(asked_at=reply.asked_at, latency_s=reply.latency_s, usage=reply.usage),)
        costs = (
            attempt.cost
            if attempt.cost.usd is not None
            else self._price(self._model, attempt.usage, attempt.asked_at, reply.model_served, tier=attempt.tier)
            for attempt in attempts
        )
        return Cost(usd=sum((bound if cost.usd is None else cost.usd for cost in costs), _NOTHING))


def check_priced(models: Iterable[Model], at: dt.datetime, allow_unpriced: bool) -> None:
    """Raise UsageError where a model to be asked under a cap has no known price, unless that is allowed."""
    for model in () if allow_unpriced else models:
        why = why_unpriced(model, at)
        if why:
            raise UsageError(
                f"--max-cost cannot be kept for {model.name}: its price is unknown ({why}).",
                hint="Set `price = { input = …, output = … }`, in dollars per million tokens, for it in panel.toml; "
                "`price = 0` for a server of your own; or let its calls go uncounted with --allow-unpriced.",
            )


def spent_of(lines: Iterable[ReplyLine], probes: Iterable[Probe] = ()) -> Decimal:
    """What a run has spent, in US dollars: known charges, and unsure ones at their most. Unpriced ones do not count."""
    charged = (attempt.cost for line in lines for attempt in line.attempts)
    probed = (attempt.cost for probe in probes for attempt in probe.attempts)
    return sum((_at_most(cost) for costs in (charged, probed) for cost in costs), _NOTHING)


def _at_most(cost: Cost) -> Decimal:
    return (cost.at_most_usd or _NOTHING) if cost.usd is None else cost.usd
