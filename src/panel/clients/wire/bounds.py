"""Bounds: how much of a response is read. A response goes in; whoever reads it then gets its bytes, up to a limit.

Bytes are counted after decompression, so that neither an answer without end nor a small one that unfolds into a large
one fills the memory. Nothing is read here: the counting happens as the bytes come.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx2

MOST_BYTES = 20_000_000
"""The longest body that is read. A reply of 100,000 tokens has about half a million bytes."""


class Oversized(httpx2.ReadError):
    """The body passed the limit; what came so far is dropped and the connection closed."""


async def bounded(response: httpx2.Response) -> None:
    """Put the limit on this response; meant as a hook of the client, which runs before the body is read."""
    encoding = response.headers.get("content-encoding", "")
    length = response.headers.get("content-length", "")
    framed = length.isdecimal() and len(length) < 12 and "transfer-encoding" not in response.headers
    if framed and not encoding and int(length) <= MOST_BYTES:
        return  # the protocol itself ends the body there
    if "," in encoding:  # one inside the other multiplies what one can unfold; no API does that
        del response.headers["content-encoding"]
    headers = {"content-encoding": encoding} if encoding and "," not in encoding else {}
    stream = response.stream
    response.stream = _Bounded(httpx2.Response(response.status_code, headers=headers, stream=stream))
    if headers:
        del response.headers["content-encoding"]


class _Bounded(httpx2.AsyncByteStream):
    """The body of a response, decompressed and counted."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = 0
        async with aclosing(self._response.aiter_bytes()) as parts:
            async for part in parts:
                count += len(part)
                if count > MOST_BYTES:
                    raise Oversized(f"more than {MOST_BYTES // 1_000_000} MB")
                yield part

    async def aclose(self) -> None:
        await self._response.aclose()
