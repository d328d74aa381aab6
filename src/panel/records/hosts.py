"""Hosts: where the providers live that this project knows by name, and whether an address is one of theirs.

A key, a price table and a provider's own request fields are meant for the provider's host and for no other; whoever
decides about one of them asks here. No network, no look-up.
"""

from urllib.parse import urlsplit

HOMES = {"openai": "https://api.openai.com/v1", "mistral": "https://api.mistral.ai"}
"""The base URL of each provider, used unless the user names another."""

_DOMAINS = {"openai": "openai.com", "mistral": "mistral.ai"}


def at_home(provider: str, base_url: str | None) -> bool:
    """Whether `base_url` is the provider's own host (its regional ones included), reached over TLS."""
    domain = _DOMAINS.get(provider)
    if domain is None or not base_url:
        return False
    address = urlsplit(base_url)
    host = (address.hostname or "").lower()
    return address.scheme == "https" and (host == domain or host.endswith("." + domain))


def is_here(host: str) -> bool:
    """Whether a host's name or number means this machine."""
    import ipaddress  # few commands ask

    host = host.lower().strip("[]")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
