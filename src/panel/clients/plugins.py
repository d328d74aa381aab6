"""Plugins: clients that other packages bring, found by the entry points of the group `panel.clients`.

    [project.entry-points."panel.clients"]
    echo = "echo_client:connect"

In goes a provider's name; out comes what makes its client, or None. What a plugin gets wrong is told in one line that
names its package; its code is loaded only when its provider is asked for. Nothing is cached and nothing is installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from panel.clients.base import Client
from panel.clients.keys import Scrub
from panel.errors import ConfigError, PanelError
from panel.records.model import Model

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "panel.clients"
"""The group of entry points; each entry's name is a provider's."""

Factory = Callable[[Model, Mapping[str, str]], Client]
"""What an entry point names: from a model and the environment to a client; raises `PanelError`."""

_ONE_LINE = Scrub(None)


def names() -> tuple[str, ...]:
    """The providers that installed packages bring, sorted. Loads none of them."""
    return tuple(sorted({entry.name for entry in _entries()}))


def find(provider: str) -> Factory | None:
    """What makes this provider's client, or None where no package brings one; raises `ConfigError`.

    The factory raises `ConfigError` for whatever goes wrong in it that is no `PanelError`.
    """
    entries = {(_owner(entry), entry.value): entry for entry in _entries() if entry.name == provider}
    if not entries:
        return None
    if len(entries) > 1:
        owners = " and ".join(sorted(owner for owner, _ in entries))
        raise ConfigError(
            f"Several packages bring a client for the provider {provider!r}: {owners}.",
            hint="Uninstall all but one of them.",
        )
    (entry,) = entries.values()
    return _guarded(entry, _loaded(entry))


def _entries() -> tuple[EntryPoint, ...]:
    from importlib.metadata import entry_points  # slow to load, and needed by few commands

    return tuple(entry_points(group=GROUP))


def _owner(entry: EntryPoint) -> str:
    return (_ONE_LINE(entry.dist.name or "", 80) if entry.dist else "") or "an unnamed package"


def _loaded(entry: EntryPoint) -> Callable[..., Any]:
    try:
        made = entry.load()
    except Exception as error:  # importing a package can raise whatever its code can
        raise _fault(entry, f"could not be loaded ({_said(error, _ONE_LINE)})") from error
    if not callable(made):
        raise _fault(entry, f"cannot be called: {_ONE_LINE(entry.value, 80)} is a {type(made).__name__}")
    return made  # type: ignore[no-any-return] # callable, and that is all that is known of it


def _guarded(entry: EntryPoint, factory: Callable[..., Any]) -> Factory:
    def connect(model: Model, environ: Mapping[str, str]) -> Client:
        try:
            client = factory(model, environ)
        except PanelError:
            raise
        except Exception as error:  # somebody else's code: whatever it raises is a fault to name, not to crash on
            key = environ.get(model.key_variable or "")
            raise _fault(entry, f"could not be built ({_said(error, Scrub(key))})") from error
        if not isinstance(getattr(client, "name", None), str) or not callable(getattr(client, "ask", None)):
            raise _fault(entry, f"is none: a {type(client).__name__} without a name and an ask")
        return client  # type: ignore[no-any-return] # checked as far as it can be

    return connect


def _said(error: Exception, scrub: Scrub) -> str:
    return scrub(f"{type(error).__name__}: {error}", 200)


def _fault(entry: EntryPoint, what: str) -> ConfigError:
    owner = _owner(entry)
    return ConfigError(
        f"{owner} brings a client for the provider {_ONE_LINE(entry.name, 60)!r}, which {what}.",
        hint=f"Update {owner}, or uninstall it; its author can run the contract in panel.testing (docs/clients.md).",
    )
