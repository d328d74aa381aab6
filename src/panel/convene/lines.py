"""Lines: the clients between a seat and a model, in their order, and what stops them for good.

retrying      made for one asking: waits and calls again where that can help, and tells of every call
throttled     one per endpoint: as many at a time, and as many a minute, as the server bears
open          lets nothing through once the model has stopped
budgeted      one budget per run: reserves what a call can cost before it is sent, settles on what it did cost
sent          remembers a call that is under way, so that one that is cancelled is not forgotten
the client    one call on the wire
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from panel.budget import Budget, Budgeted, Most, Pricing
from panel.clients.base import Client
from panel.errors import RunStopping
from panel.records.model import Model
from panel.records.prompt import Prompt
from panel.records.reply import Reply

if TYPE_CHECKING:
    from panel.clients.pacing.throttle import Throttles

UNSENT = frozenset({"budget", "stopped"})
"""Codes of errors that were raised before anything was sent: no attempt, and no failure of the seat."""


class Underway:
    """The call of one asking that was sent and has not ended: `since` is when, and by a clock that never jumps."""

    def __init__(self) -> None:
        self.since: tuple[dt.datetime, float] | None = None

    def begin(self) -> None:
        self.since = dt.datetime.now(dt.UTC), time.monotonic()

    def end(self) -> None:
        self.since = None


UNDERWAY: ContextVar[Underway | None] = ContextVar("UNDERWAY", default=None)
"""Of the asking that runs now."""


class Tariff(NamedTuple):
    """What calls cost: `price` by what was used, `most` at most, before asking (None where the price is unknown)."""

    price: Pricing
    most: Most


class Lines:
    """A line to every model of a run. `stopped` holds, by model, the error that makes asking it again pointless."""

    def __init__(
        self, clients: Mapping[str, Client], tariff: Tariff, budget: Budget, throttles: Throttles | None
    ) -> None:
        self.stopped: dict[str, RunStopping] = {}
        self._clients = clients
        self._tariff = tariff
        self._budget = budget
        self._throttles = throttles
        self._built: dict[str, Client] = {}

    def to(self, model: Model) -> Client:
        """The client to ask, without the retrying, which belongs to each asking."""
        built = self._built.get(model.name)
        if built is None:
            built = self._built[model.name] = self._build(model)
        return built

    def _build(self, model: Model) -> Client:
        client: Client = self._clients[model.name]
        if not model.is_offline:
            client = Budgeted(_Sent(client), model, self._budget, self._tariff.most, self._tariff.price)
        client = _Open(client, model.name, self.stopped)
        if self._throttles is None or model.is_offline:
            return client
        return self._throttles.throttled(client, model)


class _Sent:
    """Notes that a call is under way, and that it has ended; one that is cancelled has not, and may be charged.

    All other attributes are those of the client inside.
    """

    def __init__(self, client: Client) -> None:
        self.name = client.name
        self.inner = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def ask(self, prompt: Prompt) -> Reply:
        """The reply of the client inside."""
        from asyncio import CancelledError  # the offline rubric does without

        underway = UNDERWAY.get()
        if underway is None:
            return await self.inner.ask(prompt)
        underway.begin()
        try:
            reply = await self.inner.ask(prompt)
        except BaseException as error:
            if not isinstance(error, CancelledError):
                underway.end()
            raise
        underway.end()
        return reply


class _Open:
    """Lets nothing through once its model has stopped: seats were waiting for their turn meanwhile."""

    def __init__(self, client: Client, name: str, stopped: Mapping[str, RunStopping]) -> None:
        self.name = name
        self.inner = client
        self._stopped = stopped

    async def ask(self, prompt: Prompt) -> Reply:
        """The reply, or at once `RunStopping` with code `stopped`."""
        found = self._stopped.get(self.name)
        if found:
            raise RunStopping(found.message, hint=found.hint, code="stopped")
        return await self.inner.ask(prompt)
