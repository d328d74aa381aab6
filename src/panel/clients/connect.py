"""Connect: from a model to the client that asks it. The SDK is loaded here, and only the one that is needed."""

from __future__ import annotations

from collections.abc import Mapping

from panel.clients.base import Client
from panel.errors import UsageError
from panel.records.model import Model, SchemaMode


def connect(model: Model, environ: Mapping[str, str], mode: SchemaMode | None = None) -> Client:
    """A client for `model`, with its key from `environ`; raises `RunStopping` (`no_key`, `bad_key`) or `UsageError`.

    `mode` is how its server was found to keep a form; None means as the settings say, or by a schema. Use a client in
    one event loop only, and `close` it there.
    """
    if model.is_offline:
        from panel.clients.offline import OfflineClient

        return OfflineClient()
    from panel.clients.keys import read_key
    from panel.clients.servers.modes import mode_for
    from panel.clients.servers.profiles import PROFILES

    if model.provider not in PROFILES:
        return _installed(model, environ)
    if not model.base_url:  # an SDK would take the address from wherever it likes
        raise UsageError(f"{model.name} has no address to ask.", hint="Give it a base_url in panel.toml.")
    key = read_key(model, environ)
    if model.api == "responses":
        from panel.clients.responses import ResponsesClient

        return ResponsesClient(model, key)
    if model.provider == "mistral":
        from panel.clients.mistral import MistralClient

        return MistralClient(model, key, mode_for(model, mode))
    from panel.clients.openai import OpenAIClient

    return OpenAIClient(model, key, mode_for(model, mode))


def _installed(model: Model, environ: Mapping[str, str]) -> Client:
    """By a client that somebody else wrote and the user installed."""
    from panel.clients.plugins import find, names
    from panel.clients.servers.profiles import PROFILES

    factory = find(model.provider)
    if factory is None:
        raise UsageError(
            f"{model.name} has the provider {model.provider!r}, for which there is no client.",
            hint=f"Providers: {', '.join(('offline', *PROFILES, *names()))}.",
        )
    return factory(model, environ)
