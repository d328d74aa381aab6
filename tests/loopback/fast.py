"""A model provider on this machine for thousands of calls: far cheaper than the client that asks it.

    with FastProvider(latency_s=0.2, faults=rates("wire"), seed=7) as provider:        # in a thread
        ...ask at provider.url...
        provider.log[identity]                          # ["rate_limited", "ok"]: what was done to this question

    python tests/loopback/fast.py --port 0 --latency 0.2 --seed 7 --faults wire        # as a process of its own

The process prints its address as its first line; see `loopback.process` for starting it. `GET /__log` gives the log,
`GET /__stats` the counts, both as JSON. It answers POST on any path that ends in `/chat/completions`, in the dialect of
the client that asks: a valid reply that follows from the question (`loopback.answering`), faults by a draw
(`loopback.faults`), a limit (`loopback.metering`), a prompt cache (`loopback.prefixes`). Requests are not kept.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])  # tests/, as pytest has it

from loopback.core import Core
from loopback.prefixes import Lookup
from loopback.process import core_and_port
from loopback.server import NOT_FOUND, Answer, Dialect

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_MISTRAL = re.compile(rb"\r\nuser-agent: *mistral-client-python/", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


class _Connection(asyncio.Protocol):
    """One connection: requests in, one after another, answers out when their time has come."""

    def __init__(self, core: Core, open_ones: set[_Connection]) -> None:
        self._core = core
        self._open = open_ones
        self._buffer = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._open.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._open.discard(self)
        if self._timer:
            self._timer.cancel()
            self._core.under_way -= 1
            self._core.abandoned += 1

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._timer is None:
            self._next()

    def _next(self) -> None:
        """Take the next whole request, if it is there."""
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = bytes(self._buffer[: head_end + 2])
        length = _LENGTH.search(head)
        end = head_end + 4 + (int(length[1]) if length else 0)
        if len(self._buffer) < end:
            return
        raw = bytes(self._buffer[head_end + 4 : end])
        del self._buffer[:end]
        self._received(head, raw)

    def _received(self, head: bytes, raw: bytes) -> None:
        method, path, _ = head.split(b" ", 2)
        ends = bool(_CLOSE.search(head))
        if method == b"GET":
            asked = {b"/__log": self._core.log, b"/__stats": self._core.stats()}.get(path)
            answer = NOT_FOUND if asked is None else Answer(200, json.dumps(asked).encode())
            self._send(answer, None, ends, counted=False)
            return
        self._core.under_way += 1
        self._core.most_at_once = max(self._core.most_at_once, self._core.under_way)
        dialect: Dialect = "mistral" if _MISTRAL.search(head) else "openai"
        try:
            answer, lookup = self._core.answer(path.decode("latin-1"), raw, dialect)
        except Exception as error:  # noqa: BLE001 - a fault of this server must be seen by who asks, not by nobody
            answer, lookup = Answer(500, json.dumps({"error": {"message": f"loopback: {error!r}"}}).encode()), None
        delay_s = answer.delay_s + (self._core.latency_s if answer is not NOT_FOUND else 0.0)
        self._later(delay_s, self._send, answer, lookup, ends)

    def _later(self, delay_s: float, then: Any, *args: Any) -> None:
        self._timer = asyncio.get_running_loop().call_later(delay_s, then, *args)

    def _send(self, answer: Answer, lookup: Lookup | None, ends: bool, counted: bool = True) -> None:
        pieces = answer.pieces()
        self._transport.write(answer.head() + b"".join(pieces[:1]))
        if len(pieces) > 1:
            gap_s = answer.over_s / len(pieces)
            self._later(gap_s, self._trickle, gap_s, pieces[1:], answer, lookup, ends)
        else:
            self._sent(answer, lookup, ends, counted)

    def _trickle(self, gap_s: float, pieces: list[bytes], answer: Answer, lookup: Lookup | None, ends: bool) -> None:
        self._transport.write(pieces[0])
        if pieces[1:]:
            self._later(gap_s, self._trickle, gap_s, pieces[1:], answer, lookup, ends)
        else:
            self._sent(answer, lookup, ends, True)

    def _sent(self, answer: Answer, lookup: Lookup | None, ends: bool, counted: bool) -> None:
        self._timer = None
        self._core.under_way -= counted
        if lookup and self._core.cache and answer.status == 200:
            self._core.cache.answered(lookup)
        if answer.cut_after is not None and not answer.orderly:
            asyncio.get_running_loop().call_later(0.02, self._reset)
        elif ends or answer.cut_after is not None:
            self._transport.close()
        elif self._buffer:
            self._next()

    def _reset(self) -> None:
        """Break the connection as a dying server does: no orderly end, what is unread is lost."""
        with suppress(OSError):
            self._transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
        self._transport.abort()


class FastProvider(Core):
    """The provider in a thread of this process; keywords as for `Core`."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._listening = _listening(0)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>`"""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> FastProvider:
        self._thread.start()
        return self

    def __exit__(self, *rest: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(serve(self, self._listening, self._stop))
        finally:
            self._loop.close()


def _listening(port: int) -> socket.socket:
    listening = socket.create_server(("127.0.0.1", port), backlog=1024)
    listening.setblocking(False)
    return listening


async def serve(core: Core, listening: socket.socket, stop: asyncio.Event) -> None:
    """Answer until `stop` is set, then close every connection."""
    open_ones: set[_Connection] = set()
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(core, open_ones), sock=listening)
    await stop.wait()
    server.close()
    for each in list(open_ones):
        each.abort()
    await asyncio.sleep(0)  # the transports close their sockets in the next turn


def main() -> None:
    """Run as a process: prints the address, then answers until it is ended."""
    core, port = core_and_port()
    listening = _listening(port)
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)  # noqa: T201
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(core, listening, asyncio.Event()))


if __name__ == "__main__":
    main()
