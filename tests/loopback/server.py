"""A model provider on this machine: real sockets, both wire formats, one scripted behaviour per request.

    with Provider() as provider:
        provider.script([rate_limited(retry_after="1"), ok('{"score": 61}')])
        ...ask at provider.url...
        assert provider.requests[0].body["model"] == "gpt-test"

It answers POST on any path that ends in `/chat/completions` or `/responses`; OpenAI's clients are given `provider.url`
or that plus `/v1`, Mistral's `provider.url`. A list is played in order, and asking more than it holds is an error when
the provider closes; a single behaviour (see `loopback.behaviours`) answers every request. Keys are not recorded, only
compared.
"""

from __future__ import annotations

import hashlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, cast

Dialect = Literal["openai", "mistral"]


@dataclass(frozen=True)
class Request:
    """A request as received. `headers` have lower-case names and lack the key; `body` is the JSON sent."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    dialect: Dialect
    key_sha: str | None

    def was_sent_with(self, key: str) -> bool:
        """Whether the request carried this key."""
        return self.key_sha == _sha(f"Bearer {key}")


@dataclass(frozen=True)
class Answer:
    """A response to send, after `delay_s`, its body in pieces over `over_s`.

    `cut_after` ends the connection after so many bytes of the body, 0 before the first; as a dying server does, unless
    `orderly`: then as one that believes it has sent everything.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    delay_s: float = 0.0
    cut_after: int | None = None
    orderly: bool = False
    over_s: float = 0.0

    def pieces(self) -> list[bytes]:
        """The bytes of the body that are sent, in the pieces in which they are."""
        sent = self.body if self.cut_after is None else self.body[: self.cut_after]
        size = max(1, len(sent) // _PIECES) if self.over_s else len(sent) or 1
        return [sent[start : start + size] for start in range(0, len(sent), size)]

    def head(self) -> bytes:
        """Status line and headers."""
        headers = {"content-type": self.content_type, "content-length": str(len(self.body)), **self.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status} Scripted\r\n{lines}\r\n".encode("latin-1")


NOT_FOUND = Answer(404, b'{"detail": "Not Found"}')

_PIECES = 10
"""In how many pieces a body comes that trickles."""

Behaviour = Callable[[Request], Answer]


class Provider:
    """The running server. `requests` in the order of their arrival, `most_at_once` how many were under way together."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.most_at_once = 0
        self.surplus = 0
        self._script: list[Behaviour] | Behaviour = []
        self._under_way = 0
        self._lock = threading.Lock()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>`"""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def script(self, behaviours: Sequence[Behaviour] | Behaviour) -> None:
        """What to answer from now on."""
        self._script = behaviours if callable(behaviours) else list(behaviours)

    def __enter__(self) -> Provider:
        self._thread.start()
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        if kind is None and self.surplus:
            raise AssertionError(f"{self.surplus} more requests came than answers were scripted")

    def answer(self, request: Request) -> Answer:
        """The next scripted answer; called by the server's threads."""
        with self._lock:
            self.requests.append(request)
            behaviour = self._next()
        return behaviour(request)

    def _next(self) -> Behaviour:
        if not isinstance(self._script, list):
            return self._script
        if not self._script:
            self.surplus += 1
            return lambda request: Answer(500, b'{"error": {"message": "nothing was scripted for this request"}}')
        return self._script.pop(0)

    def count(self, change: int) -> None:
        """Keep the number of requests under way."""
        with self._lock:
            self._under_way += change
            self.most_at_once = max(self.most_at_once, self._under_way)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, provider: Provider) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.provider = provider

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is none of the server's business."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        provider = cast("_Server", self.server).provider
        request = self._received()
        provider.count(1)
        try:
            answer = provider.answer(request)
            time.sleep(answer.delay_s)
        finally:
            provider.count(-1)
        self._send(answer)

    def _received(self) -> Request:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        key = headers.pop("authorization", None)
        agent = headers.get("user-agent", "")
        dialect: Dialect = "mistral" if agent.startswith("mistral-client-python/") else "openai"
        return Request(self.path, headers, json.loads(raw or b"{}"), dialect, _sha(key) if key else None)

    def _send(self, answer: Answer) -> None:
        known = self.path.endswith(("/chat/completions", "/responses"))
        answer = answer if known else NOT_FOUND
        pieces = answer.pieces()
        self.wfile.write(answer.head() + b"".join(pieces[:1]))
        for piece in pieces[1:]:
            time.sleep(answer.over_s / len(pieces))
            self.wfile.write(piece)
        if answer.cut_after is not None:
            self.close_connection = True
            if not answer.orderly:
                self._reset()

    def _reset(self) -> None:
        """Break the connection as a dying server does: no orderly end, what is unread is lost."""
        time.sleep(0.05)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
