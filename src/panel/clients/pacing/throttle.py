"""Throttle: a client round a client that asks an endpoint no more than it bears.

A `Throttled` client waits for its turn in a lane, makes one call, and learns from what comes back: what the headers
state, what was used, and whether the server refused. `Throttles` holds the lanes of a run. Nothing is retried here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from panel.clients.base import Client, close
from panel.clients.pacing.lanes import Lane, Throttle, stopped
from panel.clients.pacing.pace import LONGEST_PAUSE_S, Pace
from panel.clients.wire.limits import limits_of
from panel.errors import ClientError, RunStopping
from panel.records.model import Model
from panel.records.prompt import Prompt
from panel.records.reply import Reply

Estimate = Callable[[Prompt], int]
"""How many tokens a call may take, before it is made."""

_MOST_TOKENS = 10**9


class Throttled:
    """Asks `client` when its lane has a turn. `estimate` says what a call may take in tokens; without it, what the last
    ones took is expected of the next."""

    def __init__(
        self, client: Client, throttle: Throttle, lane: Lane | None = None, *, estimate: Estimate | None = None
    ) -> None:
        self.name = client.name
        self.inner = client
        self.throttle = throttle
        self._lane = lane or throttle.lane(Pace())
        self._estimate = estimate
        self._stopped: RunStopping | None = None

    @property
    def pace(self) -> Pace:
        """What is known of calls and tokens a minute."""
        return self._lane.pace

    async def ask(self, prompt: Prompt) -> Reply:
        """The reply, after a wait of any length for a turn; raises `ClientError`. The wait is not part of the call.

        Once the client has raised `RunStopping`, all who wait and all who come get one with code `stopped` at once.
        """
        if self._stopped is not None:
            raise stopped(self._stopped)
        throttle, pace = self.throttle, self._lane.pace
        tokens = pace.usual_tokens if self._estimate is None else float(self._estimate(prompt))
        await throttle.enter(self._lane, self.inner, tokens)
        loop = asyncio.get_running_loop()
        episode, began = throttle.concurrency.episode, loop.time()
        try:
            reply = await self.inner.ask(prompt)
            pace.heard(limits_of(self.inner), began)
            now = loop.time()
            pace.settle(now, tokens, _used(reply, tokens))
            throttle.concurrency.answered(episode, now)
            return reply
        except ClientError as error:
            pace.heard(limits_of(self.inner), began)
            now = loop.time()
            pace.settle(now, tokens, tokens if error.billed else 0.0)
            self._failed(error, episode, now)
            raise
        finally:
            throttle.leave()

    def _failed(self, error: ClientError, episode: int, now: float) -> None:
        """A refusal for speed cuts and pauses; what else may pass keeps the limit from growing; the rest tells nothing
        about the endpoint."""
        if isinstance(error, RunStopping):
            self._stopped = self._stopped or error
            self._lane.dismiss(self.inner, self._stopped)
            return
        if not error.retryable:
            return
        if error.code != "rate_limited" and error.status != 429:
            self.throttle.concurrency.failed(episode)
            return
        self.throttle.concurrency.refused(episode, now)
        wait_s = error.retry_after_s
        if wait_s is not None and 0 < wait_s <= LONGEST_PAUSE_S:
            self.throttle.pause(now + wait_s)
            self._lane.pace.refused(now + wait_s)

    async def aclose(self) -> None:
        """Close the client."""
        await close(self.inner)


def _used(reply: Reply, expected: float) -> float:
    usage = reply.usage
    if usage is None or (usage.input is None and usage.output is None):
        return expected
    return float(min((usage.input or 0) + (usage.output or 0), _MOST_TOKENS))  # a float cannot hold any count


class Throttles:
    """The throttles of a run: one per address, with a lane for each model there.

    `concurrency` is the general setting, the ceiling where no model at an address states its own; where several do, the
    lowest holds.
    """

    def __init__(self, concurrency: int) -> None:
        self._general = concurrency
        self._throttles: dict[str, Throttle] = {}
        self._stated: dict[str, int] = {}
        self._lanes: dict[tuple[str, str], Lane] = {}

    def of(self, model: Model) -> Throttle:
        """The throttle of the model's endpoint."""
        address = model.base_url or model.endpoint
        throttle = self._throttles.get(address)
        if throttle is None:
            throttle = self._throttles[address] = Throttle(model.concurrency or self._general)
        if model.concurrency is not None:
            ceiling = min(model.concurrency, self._stated.get(address, model.concurrency))
            self._stated[address] = ceiling
            if ceiling != throttle.concurrency.ceiling:
                throttle.concurrency.set_ceiling(ceiling)
        return throttle

    def lane(self, model: Model) -> Lane:
        """The lane of the model at its endpoint; names that stand for one model there share it."""
        key = (model.base_url or model.endpoint, model.model)
        if key not in self._lanes:
            self._lanes[key] = self.of(model).lane(Pace(model.requests_per_minute, model.tokens_per_minute))
        return self._lanes[key]

    def throttled(self, client: Client, model: Model, *, estimate: Estimate | None = None) -> Throttled:
        """`client` asking through the lane of `model`."""
        return Throttled(client, self.of(model), self.lane(model), estimate=estimate)
