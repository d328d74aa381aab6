"""Download: the lines of a file that a provider keeps, one by one as they come. Bytes in, lines out; nothing is kept.

A file may be larger than what fits into memory, and is as hostile as anything from outside: a line is bounded, of a
longer one only the beginning is given, and the file as a whole is bounded too. Each piece has as much time as a call.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import NamedTuple, TypeVar

import httpx2

from panel.clients.wire.bounds import Oversized, bounded
from panel.clients.wire.failures import status_failure
from panel.clients.wire.wire import Response, Wire
from panel.records.model import Model

MOST_LINE_BYTES = 4_000_000
"""A reply of 100,000 tokens has about half a million characters, each of at most six bytes."""

MOST_FILE_BYTES = 20_000_000_000
"""100,000 replies of 100,000 tokens would have 50 GB; 100,000 of 6,000 tokens have 3."""

_HEAD_BYTES = 400

Found = TypeVar("Found")


class Line(NamedTuple):
    """A line without its break, and its number from 1; `whole` is false where this is only how it begins."""

    number: int
    content: bytes
    whole: bool = True


async def bounded_unless_file(response: Response) -> None:
    """As a hook of the client, in place of `bounded`: files are read in pieces, and bounded while they are."""
    request = response.request
    if request.method != "GET" or not request.url.path.endswith("/content") or not response.is_success:
        await bounded(response)
        await response.aread()  # here, since Mistral's SDK uses up what it reads of a refused download
        return
    if "," in response.headers.get("content-encoding", ""):  # one inside the other multiplies what it unfolds to
        del response.headers["content-encoding"]
    response.headers["content-type"] = "application/octet-stream"  # or Mistral's SDK would read it in one piece


async def lines_in(model: Model, wire: Wire, opening: Callable[[], Awaitable[Response]]) -> AsyncGenerator[Line, None]:
    """The lines of the file whose download is opened; raises `ClientError`, also after some lines."""
    response = await _timed(model, wire, opening)
    try:
        if not response.is_success:
            content = await _timed(model, wire, response.aread)
            headers = {name.lower(): value for name, value in response.headers.items()}
            raise status_failure(model, response.status_code, headers, content, wire.scrub, dt.datetime.now(dt.UTC))
        async with aclosing(_pieces(model, wire, response)) as pieces, aclosing(split(pieces)) as lines:
            async for line in lines:
                yield line
    finally:
        await response.aclose()


async def _timed(model: Model, wire: Wire, reading: Callable[[], Awaitable[Found]]) -> Found:
    try:
        async with asyncio.timeout(model.timeout_s):
            return await reading()
    except (httpx2.RequestError, TimeoutError) as error:
        raise wire.failure(error) from None  # not `from error`: it holds the request, and the request holds the key


async def _pieces(model: Model, wire: Wire, response: Response) -> AsyncGenerator[bytes, None]:
    total = 0
    async with aclosing(response.aiter_bytes()) as stream:
        while piece := await _timed(model, wire, lambda: anext(stream, b"")):
            total += len(piece)
            if total > MOST_FILE_BYTES:
                raise wire.failure(Oversized(f"more than {MOST_FILE_BYTES // 1_000_000_000} GB"))
            yield piece


async def split(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[Line, None]:
    """Bytes as lines; empty ones are counted and left out. The last may lack its break."""
    rest, number, cut = bytearray(), 0, False
    async for piece in pieces:
        start = len(rest)
        rest += piece
        while (end := rest.find(b"\n", start)) >= 0:
            number += 1
            content = bytes(rest[:end]).rstrip(b"\r")
            del rest[: end + 1]
            start = 0
            if content.strip():
                yield Line(number, content[:_HEAD_BYTES] if cut else content, not cut)
            cut = False
        if len(rest) > MOST_LINE_BYTES:
            cut = True
            del rest[_HEAD_BYTES:]
    if rest.strip():
        yield Line(number + 1, bytes(rest[:_HEAD_BYTES] if cut else rest), not cut)
