"""Connections: how many are opened, which one is taken, and when one is free again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from panel.clients.wire.connections import Connections


class Body(httpx2.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"{}"

    async def aclose(self) -> None:
        """Nothing to give back."""


class Line(httpx2.AsyncBaseTransport):
    """A connection that answers everything, or breaks as long as it is told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.breaks = False
        self.closed = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.calls += 1
        if self.breaks:
            raise httpx2.ReadError("broken")
        return httpx2.Response(200, stream=Body())

    async def aclose(self) -> None:
        self.closed = True


@pytest.fixture
def lines() -> list[Line]:
    return []


@pytest.fixture
def connections(lines: list[Line]) -> Connections:
    def another() -> Line:
        lines.append(Line())
        return lines[-1]

    return Connections(another)


async def ask(connections: Connections) -> httpx2.Response:
    return await connections.handle_async_request(httpx2.Request("POST", "http://127.0.0.1/"))


async def test_there_are_as_many_as_calls_under_way(connections: Connections, lines: list[Line]) -> None:
    under_way = [await ask(connections) for _ in range(3)]
    assert len(lines) == 3
    for response in under_way:
        await response.aclose()
    for _ in range(5):
        await (await ask(connections)).aclose()
    assert len(lines) == 3


async def test_the_one_used_last_is_taken_first(connections: Connections, lines: list[Line]) -> None:
    first, second = await ask(connections), await ask(connections)
    await second.aclose()
    await first.aclose()
    await ask(connections)
    assert [line.calls for line in lines] == [2, 1]


async def test_one_that_broke_is_used_again_for_its_pool_opens_it_anew(
    connections: Connections, lines: list[Line]
) -> None:
    await (await ask(connections)).aclose()
    lines[0].breaks = True
    with pytest.raises(httpx2.ReadError):
        await ask(connections)
    lines[0].breaks = False
    assert (await ask(connections)).status_code == 200
    assert len(lines) == 1


async def test_one_is_free_once_however_often_its_response_is_closed(
    connections: Connections, lines: list[Line]
) -> None:
    response = await ask(connections)
    await response.stream.aclose()  # type: ignore[union-attr]
    await response.stream.aclose()  # type: ignore[union-attr]
    await ask(connections)
    await ask(connections)
    assert len(lines) == 2


async def test_all_are_closed_in_the_end(connections: Connections, lines: list[Line]) -> None:
    for _ in range(2):
        await ask(connections)
    await connections.aclose()
    assert [line.closed for line in lines] == [True, True]
