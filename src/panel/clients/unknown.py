"""Unknown: the errors for a name that is no model's, with the nearest ones and all that can be named. Words only."""

from __future__ import annotations

from collections.abc import Mapping

from panel.clients.servers.profiles import PROFILES
from panel.errors import ConfigError, UsageError
from panel.records.makers import maker_of
from panel.records.model import OFFLINE, ModelSettings

_ASKED_BY_NAME = tuple(provider for provider, profile in PROFILES.items() if profile.base_url)
"""Providers with an address of their own, whose models can be named without settings."""


def malformed(name: str, longest: int) -> UsageError:
    """For what cannot be a name at all."""
    return UsageError(
        f"{name[:80]!r} cannot be the name of a model.",
        hint=f"A name begins with a letter or digit and holds letters, digits and . _ : / @ + -, {longest} at most.",
    )


def not_installed(entry: str, provider: str) -> ConfigError:
    """For settings whose provider is neither built in nor installed."""
    from difflib import get_close_matches

    known = (*PROFILES, *_installed())
    near = get_close_matches(provider.lower(), known, n=1, cutoff=0.6)
    nearest = f"Did you mean {near[0]}? " if near else ""
    return ConfigError(
        f"[models.{entry}] has provider = {provider!r}.",
        hint=f"{nearest}Expected one of: {', '.join(known)}; or install the client of that name.",
    )


def unknown(name: str, named: Mapping[str, ModelSettings]) -> UsageError:
    """For a name that fits the form and means nothing."""
    host, _, model = name.partition("/")
    if host == "compatible" and model:
        return UsageError(
            f"{name[:80]!r} needs an address, and no [models.compatible] in panel.toml gives one.",
            hint='Write there: provider = "compatible", model = "<model>", base_url = "<address>/v1".',
        )
    hosts = [*_ASKED_BY_NAME, *_installed()]
    listed = f"Models that can be named: {', '.join([OFFLINE, *named, *(f'{host}/<model>' for host in hosts)])}."
    meant = _guess(host, model, hosts)
    guess = meant or _nearest(host, model, [OFFLINE, *named, *hosts])
    own = f" Describe one of your own as {_table(host)} in panel.toml." if host and not (model or meant) else ""
    meant = f"Did you mean {guess}? " if guess else ""
    return UsageError(f"There is no model called {name[:80]!r}.", hint=meant + listed + own)


def _table(name: str) -> str:
    """The head of a model's settings as panel.toml has it: names of more than plain letters stand in quotes."""
    plain = name.isascii() and all(char.isalnum() or char in "-_" for char in name)
    return f"[models.{name[:80]}]" if plain else f'[models."{name[:80]}"]'


def _guess(host: str, model: str, hosts: list[str]) -> str:
    """What was probably meant by a provider without a model, or by a known model's name without its provider."""
    if model:
        return ""
    if host in hosts:
        return f"{host}/<model>"
    if ":" in host and not host.startswith("ft:"):  # name:tag is how Ollama calls its models
        return f"ollama/{host[:80]}"
    home = {"OpenAI": "openai", "Mistral AI": "mistral"}.get(maker_of(host) or "")
    return f"{home}/{host[:80]}" if home else ""


def _nearest(host: str, model: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(host.lower(), known, n=2, cutoff=0.6)
    return " or ".join(f"{match}/{model}" if model and match != OFFLINE else match for match in near)


def _installed() -> tuple[str, ...]:
    from panel.clients.plugins import names

    return tuple(name for name in names() if name not in PROFILES and name != OFFLINE)
