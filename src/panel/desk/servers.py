"""Servers: how each keeps a form, remembered or found out by asking it, within the budget of the run.

A call that fails and may pass is made again as any other. Every call is priced, or bounded where its charge is unsure,
and stands in a Probe. Nothing is stored here but what the memory of servers remembers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from functools import partial

from panel import bridge
from panel.budget import Budget, Budgeted
from panel.clients.base import Client, attempt_of
from panel.clients.keys import read_key
from panel.clients.servers.memory import Memory
from panel.clients.servers.probing import needs_probe, probe
from panel.errors import ClientError, RunStopping
from panel.prices import most, price
from panel.records.model import Model, SchemaMode
from panel.records.prompt import Prompt
from panel.records.reply import Attempt, Reply
from panel.records.run import Probe

CALLS = 3
"""Times that one call of a probe is made at most, where it fails and may pass."""

DEADLINE_S = 180.0
"""How long one call of a probe may take with its retries: someone is waiting for the command to begin."""


def found(model: Model, memory: Memory, environ: Mapping[str, str], budget: Budget) -> Probe:
    """What the model's server does; with the calls it took, none where it is remembered. Raises what asking raises."""
    known = memory.remembered(model)
    if known is not None:
        return known
    asking = _Asking(model, budget)
    probed = bridge.run(partial(probe, model, environ, through=asking.through))
    memory.remember(model, probed)
    return asking.told(probed)


def modes_of(
    models: Collection[Model], memory: Memory, environ: Mapping[str, str], budget: Budget, probes: list[Probe]
) -> tuple[dict[str, SchemaMode], dict[str, RunStopping]]:
    """How each server keeps a form, by model, where that is not known beforehand; and why a model cannot be asked.

    What it takes to find out is bought within the budget, and added to `probes` as it is. Raises what makes asking
    pointless where that leaves no model to ask.
    """
    unknown = [model for model in models if needs_probe(model)]
    for model in unknown:
        read_key(model, environ)
    modes: dict[str, SchemaMode] = {}
    stopped: dict[str, RunStopping] = {}
    for model in unknown:
        try:
            probed = found(model, memory, environ, budget)
        except ClientError as error:
            stopped[model.name] = RunStopping(error.message, hint=error.hint, code=error.code)
            if len(stopped) == len(models):
                raise
            continue
        if probed.attempts:
            probes.append(probed)
        modes[model.name] = probed.mode
    return modes, stopped


class _Asking:
    """A client round those of one probe: within the budget, asking again where that can help, pricing every call."""

    def __init__(self, model: Model, budget: Budget) -> None:
        self.name = model.name
        self._model = model
        self._budget = budget
        self._passed: list[Attempt] = []
        self._prompts: dict[int | None, Prompt] = {}
        self._client: Client

    def through(self, client: Client) -> Client:
        """Ask this client from now on."""
        self._client = Budgeted(client, self._model, self._budget, most, price)
        return self

    async def ask(self, prompt: Prompt) -> Reply:
        """The reply; of the calls that failed, the last one is told by the error, those before it are kept."""
        from panel.clients.pacing.retrying import (  # only a server met for the first time pays for it
            Retrying,
            RetryPolicy,
        )

        failed: list[Attempt] = []
        self._prompts[prompt.max_output_tokens] = prompt

        def noted(error: ClientError, at: dt.datetime, seconds: float) -> None:
            failed.append(attempt_of(error, at, seconds).model_copy(update={"cap": prompt.max_output_tokens}))

        policy = RetryPolicy(CALLS, min(DEADLINE_S, self._model.deadline_s))
        try:
            return await Retrying(self._client, noted=noted, policy=policy).ask(prompt)
        except ClientError:
            del failed[-1:]
            raise
        finally:
            self._passed += failed

    def told(self, probed: Probe) -> Probe:
        """The probe with all its calls in the order they were made, and what each cost."""
        attempts = sorted((*probed.attempts, *self._passed), key=lambda attempt: attempt.asked_at)
        priced = (self._priced(attempt, probed.model_served) for attempt in attempts)
        return probed.model_copy(update={"attempts": tuple(priced)})

    def _priced(self, attempt: Attempt, served: str | None) -> Attempt:
        """What is known not to be charged stays so; what nobody counted is bounded."""
        if attempt.cost.usd is not None:
            return attempt
        cost = price(self._model, attempt.usage, attempt.asked_at, served, tier=attempt.tier)
        bound = (
            most(self._model, self._prompts[attempt.cap], attempt.asked_at) if attempt.cap in self._prompts else None
        )
        if cost.usd is None and bound is not None:
            cost = cost.model_copy(update={"at_most_usd": bound.usd})
        return attempt.model_copy(update={"cost": cost})
