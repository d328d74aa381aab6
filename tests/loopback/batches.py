"""Both providers' batch interfaces on this machine, and a live one beside them.

    with BatchProvider(seed=7, ends=[End("expired", share=0.5)], rows={"failed": 0.1}) as provider:    # in a thread
        ...ask at provider.url...
        assert provider.twice() == []

    python tests/loopback/batches.py --port 0 --seed 7 --ends expired=0.5,completed --rows failed=0.1   # as a process

The process prints its address as its first line; see `running`. `GET /__stats` gives what was created and counted,
`GET /__log` the live questions, `POST /__step?n=2` two steps, `POST /__next?op=create&faults=lost,ok` the fate of the
next calls, `POST /__ends?ends=failed` the ends of batches from now on. See `loopback.batch_core` for what there is.
"""

from __future__ import annotations

import argparse
import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])  # tests/, as pytest has it

from loopback.batch_core import BatchCore, End
from loopback.core import Core
from loopback.faults import rates
from loopback.server import Answer, Dialect


class BatchProvider(BatchCore):
    """The account behind a socket, in a thread of this process; `live` answers chat completions."""

    def __init__(self, *, port: int = 0, live: Core | None = None, key: str | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.live = live or Core()
        self.key = key
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self._lock = threading.Lock()
        self._server = _Server(self, port)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>`"""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> BatchProvider:
        self._thread.start()
        return self

    def __exit__(self, *rest: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self) -> None:
        """Answer until the process ends."""
        self._server.serve_forever()

    def handle(self, method: str, target: str, headers: dict[str, str], raw: bytes) -> Answer:
        """The answer to a request as it came; called by the server's threads."""
        place = urlsplit(target)
        query = dict(parse_qsl(place.query))
        agent = headers.get("user-agent", "")
        dialect: Dialect = "mistral" if agent.startswith("mistral-client-python/") else "openai"
        with self._lock:
            if place.path.startswith("/__"):
                return self._control(place.path, query)
            self.requests.append((method, target, headers, raw))
            if self.key and headers.get("authorization") != f"Bearer {self.key}":
                return Answer(401, b'{"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key"}}')
            if place.path.endswith("/chat/completions"):
                return self.live.answer(place.path, raw, dialect)[0]
            return self.answer(method, place.path, query, raw, dialect, headers.get("content-type", ""))

    def _control(self, path: str, query: dict[str, str]) -> Answer:
        if path == "/__step":
            self.step(int(query.get("n", 1)))
        elif path == "/__next":
            self.next_calls(query["op"], *query["faults"].split(","))
        elif path == "/__ends":
            self._ends = [End()] * len(self.created) + ends_in(query["ends"])
        said = self.live.log if path == "/__log" else self.stats()
        return Answer(200, json.dumps(said).encode())


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, provider: BatchProvider, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.provider = provider

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is none of the server's business."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = cast("_Server", self.server).provider.handle(self.command, self.path, headers, raw)
        time.sleep(answer.delay_s)
        self.wfile.write(answer.head() + b"".join(answer.pieces()))
        if answer.cut_after is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Remote:
    """A batch provider in another process."""

    def __init__(self, url: str, pid: int) -> None:
        self.url = url
        self.pid = pid

    def stats(self) -> dict[str, Any]:
        """What was created and counted."""
        found: dict[str, Any] = self._ask("GET", "/__stats")
        return found

    def log(self) -> dict[str, list[str]]:
        """The live questions."""
        found: dict[str, list[str]] = self._ask("GET", "/__log")
        return found

    def step(self, number: int = 1) -> None:
        """Let every batch take so many steps."""
        self._ask("POST", f"/__step?n={number}")

    def next_calls(self, operation: str, *faults: str) -> None:
        """What becomes of the next calls of this operation."""
        self._ask("POST", f"/__next?op={operation}&faults={','.join(faults)}")

    def _ask(self, method: str, path: str) -> Any:
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=60)
        try:
            connection.request(method, path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def running(*arguments: str) -> Iterator[Remote]:
    """Start the provider with these arguments as a process, and end it afterwards."""
    command = [sys.executable, __file__, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline().strip() if process.stdout else ""
            if not line.startswith("http://"):
                raise RuntimeError(f"the provider did not start: {' '.join(command)}")
            yield Remote(line, process.pid)
        finally:
            process.terminate()


def ends_in(text: str) -> list[End]:
    """`expired=0.5,completed` as ends of the first batch and of all that follow."""
    parts = [part.partition("=") for part in text.split(",")]
    return [End(status, float(share) if share else 1.0) for status, _, share in parts]


def _rates(text: str) -> dict[str, float]:
    return {name: float(rate) for name, _, rate in (part.partition("=") for part in text.split(",") if part)}


def provider_of(arguments: Sequence[str] | None = None) -> BatchProvider:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="The batch interfaces of two model providers on this machine.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ends", type=ends_in, default=[End()], help="such as expired=0.5,completed")
    parser.add_argument("--steps", type=int, default=1, help="looks at a batch from one status to the next")
    parser.add_argument("--rows", type=_rates, default={}, help="such as failed=0.02,missing=0.01,fenced=0.05")
    parser.add_argument("--calls", type=_rates, default={}, help="such as create.lost=0.2,list.server_error=0.1")
    parser.add_argument("--advance", choices=("poll", "step"), default="poll")
    parser.add_argument("--faults", type=rates, default={}, help="of live calls, as of loopback.fast")
    given = parser.parse_args(arguments)
    ends = [End(end.status, end.share, end.told, given.steps) for end in given.ends]
    live = Core(seed=given.seed, faults=given.faults)
    settings = {"seed": given.seed, "ends": ends, "rows": given.rows, "calls": given.calls, "advance": given.advance}
    return BatchProvider(port=given.port, live=live, **settings)


if __name__ == "__main__":
    provider = provider_of()
    print(provider.url, flush=True)  # noqa: T201
    provider.serve()
