"""The fast provider as a process of its own: its command line, how to start it, and how to ask what it did.

with running("--latency", "0.2", "--faults", "wire", "--seed", "7") as remote:
    ...ask at remote.url...
    remote.log()[identity], remote.stats()["requests"]
"""

from __future__ import annotations

import argparse
import http.client
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loopback.core import Core
from loopback.faults import FAULTS, PRESETS, rates
from loopback.metering import Meter

SCRIPT = Path(__file__).with_name("fast.py")


class Remote:
    """A provider in another process. `pid` is its own."""

    def __init__(self, url: str, pid: int) -> None:
        self.url = url
        self.pid = pid

    def log(self) -> dict[str, list[str]]:
        """What was done to each question, by its identity, in the order of its requests."""
        found: dict[str, list[str]] = self._get("/__log")
        return found

    def stats(self) -> dict[str, Any]:
        """The counts."""
        found: dict[str, Any] = self._get("/__stats")
        return found

    def _get(self, path: str) -> Any:
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=30)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def running(*arguments: str) -> Iterator[Remote]:
    """Start the provider with these arguments, and end it afterwards."""
    command = [sys.executable, str(SCRIPT), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline().strip() if process.stdout else ""
            if not line.startswith("http://"):
                raise RuntimeError(f"the provider did not start: {' '.join(command)}")
            yield Remote(line, process.pid)
        finally:
            process.terminate()


def core_and_port(arguments: Sequence[str] | None = None) -> tuple[Core, int]:
    """What the command line asks for, and where it is to listen."""
    given = _parser().parse_args(arguments)
    meter = None
    if given.rpm:
        meter = Meter(given.rpm, given.meter, period_s=given.period, burst=given.burst, headers=not given.no_headers)
    core = Core(
        latency_s=given.latency,
        faults=given.faults,
        seed=given.seed,
        meter=meter,
        prefixes=given.prefixes,
        retry_after=given.retry_after,
        trickle_s=given.trickle,
    )
    return core, given.port


def _rates(spec: str) -> dict[str, float]:
    try:
        return rates(spec)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="A model provider on this machine.",
        epilog=f"Mixes: {', '.join(PRESETS)}. Faults: {', '.join(FAULTS)}.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency", type=float, default=0.0, metavar="S", help="seconds before each answer")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults", type=_rates, default={}, metavar="MIX", help="such as wire,answers,stall=0.01")
    parser.add_argument("--retry-after", default="1", metavar="S", help="what rate_limited_wait asks for")
    parser.add_argument("--trickle", type=float, default=3.0, metavar="S", help="over how long a trickle comes")
    parser.add_argument("--rpm", type=int, metavar="R", help="requests allowed in a minute; the rest get a 429")
    parser.add_argument("--meter", choices=("window", "sliding", "bucket"), default="window")
    parser.add_argument("--period", type=float, default=60.0, metavar="S", help="how long a minute is")
    parser.add_argument("--burst", type=int, metavar="N", help="what the bucket holds; a sixth of R unless said")
    parser.add_argument("--no-headers", action="store_true", help="send no x-ratelimit-* headers")
    parser.add_argument("--prefixes", action="store_true", help="count cached prompt prefixes")
    return parser
