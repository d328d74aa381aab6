"""A Dask cluster on this machine, as processes of its own on the loopback interface alone.

    with cluster(workers=2) as dask:
        ...--on dask.address...
        dask.kill_worker(0)

All four ports of each process are on 127.0.0.1: `--host` alone leaves the HTTP port on all interfaces.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

LOOPBACK = ("--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0")
START_S = 60.0
Process = subprocess.Popen[bytes]


class Cluster:
    """A scheduler and its workers. `address` is what `--on` takes."""

    def __init__(
        self, address: str, scheduler: subprocess.Popen[bytes], workers: list[subprocess.Popen[bytes]]
    ) -> None:
        self.address = address
        self.scheduler = scheduler
        self.workers = workers

    def kill_worker(self, place: int) -> None:
        """kill -9."""
        _kill(self.workers[place])

    def kill_scheduler(self) -> None:
        """kill -9."""
        _kill(self.scheduler)


@contextmanager
def cluster(workers: int = 2, environ: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """Start a scheduler and so many workers of one thread, with `environ` in the workers' environment."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        scheduler = stack.enter_context(_started(folder, "scheduler", *LOOPBACK, "--port", "0"))
        address = _said(folder / "scheduler.log", "Scheduler at:", scheduler)
        started = [
            stack.enter_context(
                _started(
                    folder, "worker", address, *LOOPBACK, "--no-nanny", "--nthreads", "1", name=f"worker-{number}",
                    environ=environ,
                )
            )
            for number in range(workers)
        ]  # fmt: skip
        for number, worker in enumerate(started):
            _said(folder / f"worker-{number}.log", "Registered to:", worker)
        yield Cluster(f"dask://{address.removeprefix('tcp://')}", scheduler, started)


@contextmanager
def _started(
    folder: Path, what: str, *words: str, name: str = "scheduler", environ: Mapping[str, str] | None = None
) -> Iterator[Process]:
    command = [sys.executable, "-m", "dask", what, *words]
    if what == "worker":
        command += ["--local-directory", str(folder)]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, cwd=folder, env={**os.environ, **(environ or {})}
        )
        try:
            yield process
        finally:
            _kill(process)


def _said(log: Path, words: str, process: Process) -> str:
    """What the log says after these words, once it does."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        for line in log.read_text("utf-8", "replace").splitlines():
            if words in line:
                return line.split(words)[1].strip()
        time.sleep(0.05)
    raise RuntimeError(f"dask did not start: {log.read_text('utf-8', 'replace')[-2000:]}")


def _kill(process: Process) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait(timeout=20)
