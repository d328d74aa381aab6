"""Means: what every step of batching works with, and how it bears a provider that fails for a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, TypeVar

from panel.budget import Budget, Most, Pricing
from panel.clients.batches import BatchClient
from panel.errors import ClientError, UsageError
from panel.prompts import Prompter
from panel.records.model import Model
from panel.records.run import ReplyLine
from panel.store import RunWriter

T = TypeVar("T")

PAUSES_S = (2.0, 10.0, 30.0)
"""How long is waited before each further try of a call that changes nothing."""

_LONGEST_S = 600.0

Sleep = Callable[[float], Awaitable[None]]


class Means(NamedTuple):
    """The run, and by model's name the client to its provider and the model as it is asked today.

    `price` and `most` are those of batches. `say` is told in words what a person should know, `kept` each line of the
    log once it is stored.
    """

    run: RunWriter
    clients: Mapping[str, BatchClient]
    models: Mapping[str, Model]
    prompter: Prompter
    price: Pricing
    most: Most
    budget: Budget
    clock: Callable[[], float]
    sleep: Sleep
    say: Callable[[str], None]
    kept: Callable[[ReplyLine], None]

    def client(self, model: str) -> BatchClient:
        """Raises UsageError for a model that cannot be reached now."""
        if model not in self.clients or model not in self.models:
            raise UsageError(
                f"run {self.run.run_id} has a batch of {model}, which is not set up here.",
                hint=f"Set {model} up as it was when the batch was handed in, with a key of the same account.",
            )
        return self.clients[model]

    async def patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """What the call brings; tried again after pauses where that can help. Raises the last `ClientError`.

        For calls that may be made any number of times; never for handing in.
        """
        for pause in PAUSES_S:
            try:
                return await call()
            except ClientError as error:
                if not error.retryable:
                    raise
                await self.sleep(min(_LONGEST_S, max(pause, error.retry_after_s or 0.0)))
        return await call()
