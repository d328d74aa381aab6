"""What holds for every test: no network beyond this machine, no key and no setting from the developer's environment."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # so that every test can say `from loopback.server import …`

from loopback.server import Provider

STRAY = re.compile(
    r"(.*_API_KEY|(PANEL|OPENAI|MISTRAL|OTEL)_.*|(https?|all|no|ftp|wss?)_proxy|COLUMNS|LINES|NO_COLOR|FORCE_COLOR)",
    re.IGNORECASE,
)
"""Variables that would make a test depend on whose machine it runs on."""


MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own there, as it does in /tmp
"""Where temporary folders go if there is room: the store syncs what it writes, for which a disk takes its time."""
ROOM = 2**30
"""Bytes. One run of the suite holds less than a tenth of it at a time; the default size in a container is too small."""


def pytest_configure() -> None:
    """Where to put temporary folders, unless that was said: `--basetemp`, or pytest's own variable."""
    with suppress(OSError, AttributeError):  # not there, or on a system that has no such thing
        found = os.statvfs(MEMORY)
        if found.f_bavail * found.f_frsize >= ROOM and not found.f_flag & os.ST_NOEXEC:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if STRAY.fullmatch(name):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to another machine fails the test loudly, and not as a mere connection error."""
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    look_up = socket.getaddrinfo

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        _refuse_unless_loopback(host)
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)


def _guarded(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse_unless_loopback(address[0])
        return connect(self, address)

    return guarded


def _refuse_unless_loopback(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name in ("", "localhost"):
        return
    try:
        if ipaddress.ip_address(name).is_loopback:
            return
    except ValueError:
        pass
    raise AssertionError(f"a test tried to reach {name!r}; only this machine may be reached")


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A model provider on this machine; see tests/loopback/server.py."""
    with Provider() as running:
        yield running
