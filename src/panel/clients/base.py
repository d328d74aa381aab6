"""What a client is: a name, and one method that turns a prompt into a reply.

One `ask` is one call on the wire. A client retries nothing, judges nothing and stores nothing; whoever wants retries or
throttling wraps a client in a client. What goes wrong is raised as `panel.errors.ClientError`, and nothing else is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

from panel.errors import ClientError
from panel.records.prompt import Prompt
from panel.records.reply import Attempt, Cost, Reply

NOT_CHARGED = Cost(usd=Decimal(0), source="not charged")
"""The cost of a call that never reached a model."""


class Client(Protocol):
    """Anything with a `name` and an `ask`. A client that holds connections also has `async aclose()`."""

    name: str

    async def ask(self, prompt: Prompt) -> Reply:
        """The reply to one prompt, with the one attempt it took; raises `ClientError`."""
        ...


def attempt_of(error: ClientError, asked_at: dt.datetime, latency_s: float) -> Attempt:
    """The record of a call that brought no text. Its cost is zero only where the call cannot have been charged."""
    return Attempt(
        asked_at=asked_at,
        latency_s=latency_s,
        error=error.code,
        detail=error.message,
        status=error.status,
        request_id=error.request_id,
        cost=Cost() if error.billed else NOT_CHARGED,
    )


def waits(clients: Iterable[Client]) -> bool:
    """Whether any of them may wait for something outside this process, as all do but the offline rubric."""
    from panel.clients.offline import OfflineClient

    return not all(isinstance(client, OfflineClient) for client in clients)


async def close(client: Client) -> None:
    """Give back what the client holds open; a client that holds nothing needs no `aclose`."""
    aclose = getattr(client, "aclose", None)
    if aclose is not None:
        await aclose()
