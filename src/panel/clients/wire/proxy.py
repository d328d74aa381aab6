"""Proxy: which one a call goes through. Addresses and variables in, an address or None out; nothing is sent.

The usual variables count, in either case: HTTPS_PROXY or HTTP_PROXY by the scheme of the address, else ALL_PROXY, and
NO_PROXY for hosts (with what lies below them), addresses and networks that are reached directly. A server on this
machine never has one. On macOS and Windows the system's own settings count where no variable is set.
"""

from __future__ import annotations

import ipaddress
import os
from importlib.util import find_spec
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from panel.errors import ConfigError
from panel.records.hosts import is_here

_SCHEMES = ("http", "https", "socks5", "socks5h")


class Proxy(NamedTuple):
    """`url` may hold a password and is never shown; `shown` is it without, and where it was set."""

    url: str
    shown: str
    variable: str


def proxy_for(address: str) -> Proxy | None:
    """The proxy between this machine and an address; raises `ConfigError` for one that cannot be used."""
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    if is_here(host) or _is_exempt(host, parts.netloc.rpartition("@")[2]):
        return None
    proxies = getproxies()
    scheme = next((name for name in (parts.scheme, "all") if proxies.get(name)), None)
    return _read(proxies[scheme], _variable(scheme)) if scheme else None


def _is_exempt(host: str, netloc: str) -> bool:
    """Whether NO_PROXY, or the system's list, names this host, a domain above it, or a network it lies in."""
    if proxy_bypass(netloc):
        return True
    entries = [entry.strip() for entry in getproxies().get("no", "").split(",")]
    try:
        number = ipaddress.ip_address(host)
        return any(number in ipaddress.ip_network(entry, strict=False) for entry in entries if _is_network(entry))
    except ValueError:
        return host in entries


def _is_network(entry: str) -> bool:
    try:
        ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
    return True


def _variable(scheme: str) -> str:
    """The variable that names the proxy, as it is written here."""
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper())
    return next((name for name in names if os.environ.get(name)), "the system's settings")


def _read(given: str, variable: str) -> Proxy:
    url = given.strip() if "://" in given else f"http://{given.strip()}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    scheme = url.partition("://")[0].lower()
    if scheme not in _SCHEMES or not host or not host.isprintable():
        raise ConfigError(
            f"{variable} holds what is no address of a proxy.",
            hint=f"Write it like {variable}=http://proxy.example:3128, or unset it.",
        )
    if scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigError(
            f"{variable} names a SOCKS proxy ({host}), and the package that speaks to one is not installed.",
            hint='Install it: pip install "httpx2[socks]"; or name the host to be reached directly in NO_PROXY.',
        )
    shown_host = f"[{host}]" if ":" in host else host
    return Proxy(url, f"{scheme}://{shown_host}{f':{port}' if port else ''} from {variable}", variable)
