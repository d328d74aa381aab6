"""Addresses: a base URL as typed, turned into the one spelling that is stored, compared and hashed.

Two spellings of one address must give one endpoint, or answers already bought would look unasked. An address ends up in
records, so nothing secret may stand in it.
"""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from panel.errors import ConfigError

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST = 500


def normalise(base_url: str) -> str:
    """Scheme and host in lower case, no default port, no slash at the end; raises `ConfigError`."""
    text = base_url.strip()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _unusable(f"base_url {_shown(text)!r} is not an address: {error}.") from error
    _refuse(text, parts)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    shown_port = "" if port is None or port == _DEFAULT_PORTS[parts.scheme.lower()] else f":{port}"
    return f"{parts.scheme.lower()}://{host}{shown_port}{parts.path.rstrip('/')}"


def with_path(address: str, path: str) -> str:
    """A normalised address, with the path where its API begins if it was given none."""
    return address if urlsplit(address).path else address + path


def _refuse(text: str, parts: SplitResult) -> None:
    if parts.username is not None or parts.password is not None:
        raise _unusable(
            "base_url holds a user name or password, and addresses are stored in every run.",
            "Take it out and name the variable that holds the key as key_variable.",
        )
    if parts.query or parts.fragment:
        raise _unusable(f"base_url {_shown(text)!r} has a query or fragment; only scheme, host and path are used.")
    if parts.scheme.lower() not in _DEFAULT_PORTS or not parts.hostname:
        raise _unusable(f"base_url {_shown(text)!r} is not an address that begins with http:// or https://.")
    if not text.isascii() or not text.isprintable() or " " in text or len(text) > _LONGEST:
        raise _unusable(f"base_url {_shown(text)!r} must be plain ASCII without spaces, at most {_LONGEST} characters.")


def _shown(text: str) -> str:
    """The address without what may be secret in it."""
    return text.split("?")[0].split("#")[0].rpartition("@")[2][:80]


def _unusable(message: str, hint: str = "") -> ConfigError:
    return ConfigError(message, hint=hint or 'Write it like base_url = "http://localhost:8080/v1".')
