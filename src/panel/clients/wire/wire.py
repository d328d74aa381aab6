"""Wire: one model's connections, and with `bounds` the only door of httpx2, on which both SDKs stand.

In goes a call that an SDK makes; out comes the response as bytes with its times, or a `SeatFailed`. What leaves is on a
list: an SDK's telemetry headers, cookies and headers from stray variables do not. Redirects are not followed, so
neither prompt nor key goes where nobody sent it. Nothing is retried.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import time
from collections.abc import Awaitable, Callable
from functools import cache

import httpx2

from panel.clients.codes import CODES, hint_for
from panel.clients.keys import Scrub
from panel.clients.wire.bounds import Oversized, bounded
from panel.clients.wire.broken import NOT_SENT, Broken, explain
from panel.clients.wire.connections import Connections
from panel.clients.wire.exchange import Exchange
from panel.clients.wire.failures import PASSING, STOPPING
from panel.clients.wire.proxy import proxy_for
from panel.errors import ClientError, RunStopping, SeatFailed
from panel.records.hosts import at_home
from panel.records.model import Model

Response = httpx2.Response
TransportError = httpx2.TransportError

AT_ONCE = 200
"""Calls of one client that may be on the wire together; the others wait, and their time does not run yet."""

CONNECT_S = 10.0

NO_KEY = "none"
"""What an SDK is given in place of a key where the server needs none; it is taken off again before sending."""

_SENT = frozenset({"host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length"})
_SENT_HOME = frozenset({"openai-organization", "openai-project"})
"""Which account of the key is charged: the provider's own business, and sent to its own host only."""


class Wire:
    """The connections of one client. `http` is for the SDK; `exchange` runs one of its calls."""

    def __init__(self, model: Model, key: str | None) -> None:
        self._model = model
        self.scrub = Scrub(key)
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._proxy = proxy_for(model.base_url or "")
        self.http = httpx2.AsyncClient(
            transport=Connections(self._connection),
            timeout=httpx2.Timeout(None, connect=min(CONNECT_S, model.timeout_s)),  # the rest is up to `exchange`
            follow_redirects=False,
            event_hooks={"request": [_only_listed(model, key)], "response": [bounded]},
            trust_env=False,  # which proxy stands in between is decided above, so that an error can name it
        )

    def _connection(self) -> httpx2.AsyncHTTPTransport:
        """A connection of its own for each call under way."""
        return httpx2.AsyncHTTPTransport(
            limits=httpx2.Limits(max_connections=1, max_keepalive_connections=1),
            verify=_trust(),
            proxy=self._proxy.url if self._proxy else None,
            trust_env=False,
        )

    async def exchange(self, send: Callable[[], Awaitable[httpx2.Response]]) -> Exchange:
        """The response to one call, whatever its status; raises `SeatFailed` where none came within `timeout_s`."""
        async with self._gate:
            asked_at, started = dt.datetime.now(dt.UTC), time.monotonic()
            try:
                async with asyncio.timeout(self._model.timeout_s):
                    response = await send()
            except (httpx2.RequestError, TimeoutError) as error:
                # Not `from error`: it holds the request, and the request holds the key.
                raise self.failure(error) from None
            latency_s = time.monotonic() - started
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Exchange(response.status_code, headers, self.scrub.content(response.content), asked_at, latency_s)

    def failure(self, error: Exception) -> ClientError:
        """What a broken line, or one that was silent for too long, is to whoever asked."""
        broken = self._explained(error)
        kind = RunStopping if broken.code in STOPPING else SeatFailed
        return kind(
            f"{self._model.name}: {CODES[broken.code]} ({broken.found})",
            hint=hint_for(broken.code, self._model, broken.param),
            code=broken.code,
            billed=broken.code not in NOT_SENT,
            retryable=broken.code in PASSING,
        )

    def _explained(self, error: Exception) -> Broken:
        code, proxy = code_of(error), self._proxy.shown if self._proxy else ""
        if code == "timeout":
            through = f", through the proxy {proxy}" if proxy else ""
            return Broken(code, f"after {self._model.timeout_s:g} s{through}")
        secure = (self._model.base_url or "").startswith("https:")
        return explain(error, code, self.scrub, secure=secure, proxy=proxy)

    async def aclose(self) -> None:
        """Close the connections."""
        await self.http.aclose()


def unused_http() -> httpx2.Client:
    """A client for an SDK that insists on having a synchronous one beside the other; it opens no connection."""
    return httpx2.Client(verify=_trust(), trust_env=False)


@cache
def _trust() -> ssl.SSLContext:
    """The machine's certificates, read once: that takes longer than anything else in building a client."""
    return httpx2.create_ssl_context()


def code_of(error: Exception) -> str:
    """What a broken line means. Only where no connection was made is it certain that nothing was charged."""
    if isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol, httpx2.ProxyError)):
        return "unreachable"
    if isinstance(error, Oversized):
        return "oversized"
    return "timeout" if isinstance(error, (httpx2.TimeoutException, TimeoutError)) else "interrupted"


def _only_listed(model: Model, key: str | None) -> Callable[[httpx2.Request], Awaitable[None]]:
    listed = _SENT | _SENT_HOME if at_home(model.provider, model.base_url) else _SENT

    async def trim(request: httpx2.Request) -> None:
        for name in {name.lower() for name in request.headers}:
            if name not in listed:
                del request.headers[name]
        if key is not None:
            request.headers["authorization"] = f"Bearer {key}"

    return trim
