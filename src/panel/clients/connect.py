"""Connect: from a model to the client that asks it. The SDK is loaded here, and only the one that is needed."""

from __future__ import annotations

from collections.abc import Mapping

from panel.clients.base import Client
from panel.clients.keys import read_key
from panel.errors import UsageError
from panel.records.model import Model


def connect(model: Model, environ: Mapping[str, str]) -> Client:
    """A client for `model`, with its key from `environ`; raises `RunStopping` (`no_key`, `bad_key`) or `UsageError`.

    Use a client in one event loop only, and `close` it there.
    """
    if model.is_offline:
        from panel.clients.offline import OfflineClient

        return OfflineClient()
    if not model.base_url:  # an SDK would take the address from wherever it likes
        raise UsageError(f"{model.name} has no address to ask.", hint="Give it a base_url in panel.toml.")
    if model.provider == "mistral":
        from panel.clients.mistral import MistralClient

        return MistralClient(model, read_key(model, environ))
    if model.provider in ("openai", "compatible"):
        from panel.clients.openai import OpenAIClient

        return OpenAIClient(model, read_key(model, environ))
    raise UsageError(
        f"{model.name} has the provider {model.provider!r}, for which there is no client.",
        hint="Providers: offline, openai, mistral, compatible.",
    )
