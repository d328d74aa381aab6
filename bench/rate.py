"""How well a limit on requests a minute is used, and how rarely it is broken.

    .venv/bin/python bench/rate.py [--rpm 600] [--minutes 3]

Nine of the tests' providers, each with a panel of its own, all at the same time and in processes of their own: each
allows R requests a minute, counted by the clock's minute, over the last minute, or by a bucket of a sixth of R; each
refuses the rest with 429 and Retry-After, and counts what it refuses. R is known from `requests_per_minute` in the
settings, from the response headers, or from neither. Counted are the minutes after the first, as the servers saw them.
Promises: at least 95 % of R used, at most 1 % of calls refused.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from common import PERSONAS, review, tools
from loopback.process import Remote, running

LATENCY_S = 0.2
AT_ONCE = 50
METERS = {"window": "the clock's minute", "sliding": "the last minute", "bucket": "a bucket"}
TOLD = {"user": "the settings", "headers": "headers", "nobody": "nobody"}
START_S = 10.0
"""Allowed for every process to begin."""


@contextmanager
def asking(*arguments: str) -> Iterator[None]:
    """A panel in a process of its own that goes on until it is ended."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, *arguments, "--folder", folder]
        with subprocess.Popen(command) as process:
            try:
                yield
            finally:
                process.kill()


def ask_on(url: str, seats: int, folder: Path, rpm: int | None) -> None:
    """What that process does."""
    settings = {"requests_per_minute": rpm} if rpm else {}
    review(url, tools(seats // len(PERSONAS)), folder, concurrency=AT_ONCE, **settings)


def measured(rpm: int, minutes: int) -> dict[tuple[str, str], list[dict[str, int]]]:
    """What each server counted, minute by minute, the first included."""
    servers: dict[tuple[str, str], Remote] = {}
    seats = 2 * rpm * minutes  # more than can be asked, however a bucket helps
    with ExitStack() as open_ones:
        for meter in METERS:
            for told in TOLD:
                given = ["--latency", str(LATENCY_S), "--rpm", str(rpm), "--meter", meter]
                given += [] if told == "headers" else ["--no-headers"]
                server = servers[meter, told] = open_ones.enter_context(running(*given))
                stated = ["--stated", str(rpm)] if told == "user" else []
                open_ones.enter_context(asking("--url", server.url, "--seats", str(seats), *stated))
        time.sleep(60 * minutes + START_S)
        return {case: server.stats()["minutes"][:minutes] for case, server in servers.items()}


def show(case: tuple[str, str], counted: list[dict[str, int]], rpm: int) -> None:
    first, later = counted[0], counted[1:]
    used, refused = (sum(minute[kind] for minute in later) for kind in ("used", "refused"))
    share, broken = used / (rpm * len(later)), refused / (used + refused)
    print(
        f"  {METERS[case[0]]:<19} R from {TOLD[case[1]]:<13} used {100 * share:6.1f} %   refused {100 * broken:5.2f} %"
        f"   (first minute: used {first['used']}, refused {first['refused']})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="panel against limits on requests a minute")
    parser.add_argument("--rpm", type=int, default=600, metavar="R")
    parser.add_argument("--minutes", type=int, default=3)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--seats", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--stated", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.url:
        ask_on(given.url, given.seats, given.folder, given.stated)
        return
    print(
        f"R = {given.rpm} a minute, minutes 2 to {given.minutes} (promised: at least 95 % used, at most 1 % refused)",
        flush=True,
    )
    for case, counted in measured(given.rpm, given.minutes).items():
        show(case, counted, given.rpm)


if __name__ == "__main__":
    main()
