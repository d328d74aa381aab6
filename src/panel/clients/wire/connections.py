"""Connections: as many as calls are under way, the one used last taken first. A transport of httpx2 made of others.

httpx2's own pool looks at all its connections before and after every call, and asks the system about each idle one:
with a hundred calls under way, that is a third of what a call costs. Here each connection has a pool of its own, which
opens it anew where it broke or was idle for too long. How many there may be is for the caller to bound.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx2


class Connections(httpx2.AsyncBaseTransport):
    """`open_one` makes a transport that is used for one call at a time."""

    def __init__(self, open_one: Callable[[], httpx2.AsyncBaseTransport]) -> None:
        self._open_one = open_one
        self._all: list[httpx2.AsyncBaseTransport] = []
        self._idle: list[httpx2.AsyncBaseTransport] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send over an idle connection; it is idle again once the response is closed, or none came."""
        connection = self._idle.pop() if self._idle else self._another()
        try:
            response = await connection.handle_async_request(request)
        except BaseException:
            self._idle.append(connection)
            raise
        response.stream = _Body(response.stream, lambda: self._idle.append(connection))
        return response

    def _another(self) -> httpx2.AsyncBaseTransport:
        self._all.append(self._open_one())
        return self._all[-1]

    async def aclose(self) -> None:
        """Close them all."""
        for connection in self._all:
            await connection.aclose()


class _Body(httpx2.AsyncByteStream):
    """The body of a response; `over` is called once, when it is closed."""

    def __init__(self, stream: object, over: Callable[[], None]) -> None:
        assert isinstance(stream, httpx2.AsyncByteStream)  # noqa: S101 - an asynchronous transport has no other
        self._stream = stream
        self._over: Callable[[], None] | None = over

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._stream.__aiter__()

    async def aclose(self) -> None:
        over, self._over = self._over, None
        if over is None:
            return
        try:
            await self._stream.aclose()
        finally:
            over()
