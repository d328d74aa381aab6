"""Connecting: from a model to the client of its provider's batch interface, where it has one."""

from __future__ import annotations

from collections.abc import Mapping

from panel.clients.batches.base import BatchClient
from panel.clients.keys import read_key
from panel.clients.servers.modes import mode_for
from panel.errors import UsageError
from panel.records.model import Model, SchemaMode

PROVIDERS = ("openai", "mistral")
"""Whose batch interfaces are spoken. Servers that imitate the first one's chat have none as a rule."""


def connect_batch(model: Model, environ: Mapping[str, str], mode: SchemaMode | None = None) -> BatchClient:
    """The client for batches of `model`, with its key from `environ`; loads the one SDK that it needs.

    Raises `RunStopping` (`no_key`, `bad_key`), `ConfigError` for parameters that the provider does not know, or
    `UsageError` for a model without a batch interface. Use it in one event loop only, and close it there.
    """
    if model.provider not in PROVIDERS or not model.base_url:
        raise UsageError(
            f"{model.name} cannot be asked by batch: {model.provider} has no batch interface that is known here.",
            hint=f"Batches go to {' and '.join(PROVIDERS)}; ask this model live.",
        )
    key = read_key(model, environ)
    if model.provider == "mistral":
        from panel.clients.batches.mistral import MistralBatches

        return MistralBatches(model, key, mode_for(model, mode))
    from panel.clients.batches.openai import OpenAIBatches

    return OpenAIBatches(model, key, mode_for(model, mode))
