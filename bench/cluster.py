"""What a cluster costs and saves: a catalogue re-scored by two Dask workers on this machine, one killed half-way.

    python bench/cluster.py [--seats 4000] [--latency 0.1] [--at-once 32] [--only NAME]

Needs the extra `dask` in the environment that runs it. The tests' provider answers after `--latency` seconds, in a
process of its own; scheduler and workers are processes on 127.0.0.1; the driver is `panel rescore`, with everything it
does: planning, log, verdicts. Its memory is its peak, where the system tells it. Three runs (or only the one that is
named), each in a folder of its own:

here      by this machine alone, without the cluster
cluster   by two workers, each with half of the calls at once
killed    the same, and one worker is killed (kill -9) when half of the seats are answered

Promises: all seats are answered; calls repeated after the kill, read from the provider's log, are at most the seats of
the groups that were in flight on the killed worker; every seat of those is counted at its bound, and no other.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from common import MODEL, PERSONAS, ROOT, tools

sys.path.insert(0, str(ROOT / "tests" / "rescore"))

WORKERS = 2
NAMES = ("here", "cluster", "killed")


class Driver(NamedTuple):
    """What one command took: seconds from start to end and of its processor, seconds from its first reply to its end,
    and its memory at its peak (0 where the system does not tell)."""

    wall_s: float
    cpu_s: float
    asking_s: float
    peak_mb: float


class Told(NamedTuple):
    """What came of one run: seconds from start to end, what the driver took, and what is on disk."""

    driver: Driver
    totals: dict[str, Any]
    repeated: int
    lost: int
    bytes: int


def lay_out(folder: Path, url: str, seats: int, at_once: int) -> None:
    """A working folder with a catalogue of so many seats, and the model."""
    (folder / "panel.toml").write_text(
        f'concurrency = {at_once}\n[models.bench]\nprovider = "compatible"\nmodel = "{MODEL}"\n'
        f'base_url = "{url}/v1"\nschema_mode = "json_schema"\nprice = {{ input = 0.25, output = 2 }}\n',
        "utf-8",
    )
    with (folder / "tools.jsonl").open("w", encoding="utf-8") as file:
        for tool in tools(seats // len(PERSONAS)):
            file.write(json.dumps({"id": tool.id, "name": tool.name, "description": tool.description}) + "\n")


def replies(folder: Path) -> int:
    """Lines of the log so far."""
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("runs/*/replies.jsonl"))


def peak_mb_of(pid: int) -> float:
    """The most memory that another process held until now, in MB; 0 where that is not told, or no more."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def ran(folder: Path, seats: int, on: str | None, half_way: Any) -> Driver:
    """Run the command to its end."""
    command = [sys.executable, "-m", "panel", "rescore", "tools.jsonl", "--model", "bench", "--quiet"]
    started = time.monotonic()
    process = subprocess.Popen([*command, *(("--on", on) if on else ())], cwd=folder, stdout=subprocess.DEVNULL)
    first = peak_mb = 0.0
    while (found := os.wait4(process.pid, os.WNOHANG))[0] == 0:
        peak_mb = peak_mb_of(process.pid) or peak_mb
        done = replies(folder) if not first or half_way else 0
        first = first or (time.monotonic() if done else 0.0)
        if half_way and done >= seats // 2:
            half_way()
            half_way = None
        time.sleep(0.05)
    ended, usage = time.monotonic(), found[2]
    if os.waitstatus_to_exitcode(found[1]):
        sys.exit(f"panel rescore ended with {os.waitstatus_to_exitcode(found[1])}")
    return Driver(ended - started, usage.ru_utime + usage.ru_stime, ended - first, peak_mb)


def measured(name: str, seats: int, latency_s: float, at_once: int) -> Told:
    """One of the three runs."""
    from dask_cluster import cluster
    from loopback.process import running

    with (
        tempfile.TemporaryDirectory() as path,
        running("--latency", str(latency_s)) as server,
        cluster(workers=WORKERS) as dask,
    ):
        folder = Path(path)
        lay_out(folder, server.url, seats, at_once)
        kill = (lambda: dask.kill_worker(0)) if name == "killed" else None
        driver = ran(folder, seats, None if name == "here" else dask.address, kill)
        run = next(folder.glob("runs/*/run.json")).parent
        log = [json.loads(line) for line in (run / "replies.jsonl").read_text("utf-8").splitlines()]
        return Told(
            driver,
            json.loads((run / "run.json").read_text("utf-8"))["totals"],
            sum(len(turns) - 1 for turns in server.log().values()),
            sum(line.get("failure") is not None for line in log),
            sum(file.stat().st_size for file in run.iterdir()),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="a catalogue across two Dask workers, one killed half-way")
    parser.add_argument("--seats", type=int, default=4_000)
    parser.add_argument("--latency", type=float, default=0.1)
    parser.add_argument("--at-once", type=int, default=32)
    parser.add_argument("--only", choices=NAMES)
    given = parser.parse_args()
    if importlib.util.find_spec("distributed") is None:
        sys.exit("needs Dask: pip install -e '.[dask]', in an environment of its own")
    from panel.rescore.shares import in_hand

    share = in_hand(given.at_once // WORKERS)
    most = share.seats * share.groups
    print(f"{given.seats} seats, {given.latency} s each, {given.at_once} at once: ideal", end=" ")
    print(f"{given.seats * given.latency / given.at_once:.1f} s; in flight on a worker at most {most} seats")
    for name in (given.only,) if given.only else NAMES:
        told = measured(name, given.seats, given.latency, given.at_once)
        print(
            f"  {name:<8} {told.totals['scored']:>6} answered in {told.driver.wall_s:6.1f} s "
            f"({told.driver.asking_s:.1f} s asking), driver {told.driver.cpu_s:5.1f} s of processor time and "
            f"{told.driver.peak_mb:.0f} MB, {told.bytes / given.seats / 1000:.1f} kB a seat on disk; "
            f"repeated {told.repeated}, counted as lost {told.lost}",
            flush=True,
        )
        if told.totals["scored"] != given.seats or told.repeated > told.lost or told.lost > most:
            sys.exit(f"{name}: a promise is broken: {told.totals}")


if __name__ == "__main__":
    main()
