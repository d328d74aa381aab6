"""Lines: the clients between a seat and a model, in their order, and what stops them for good.

retrying      made for one asking: waits and calls again where that can help, and tells of every call
throttled     one per endpoint: as many at a time, and as many a minute, as the server bears
open          lets nothing through once the model has stopped
budgeted      one budget per run: reserves what a call can cost before it is sent, settles on what it did cost
the client    one call on the wire
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from panel.budget import Budget, Budgeted, Most, Pricing
from panel.clients.base import Client
from panel.errors import RunStopping
from panel.records.model import Model
from panel.records.prompt import Prompt
from panel.records.reply import Reply

if TYPE_CHECKING:
    from panel.clients.throttle import Throttles

UNSENT = frozenset({"budget", "stopped"})
"""Codes of errors that were raised before anything was sent: no attempt, and no failure of the seat."""


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
            client = Budgeted(client, model, self._budget, self._tariff.most, self._tariff.price)
        client = _Open(client, model.name, self.stopped)
        if self._throttles is None or model.is_offline:
            return client
        return self._throttles.throttled(client, model)


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
