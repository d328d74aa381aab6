"""The index over stored runs: how long it takes to build, to open and to look up, and how much memory.

    .venv/bin/python bench/index.py [LINES ...]

For each number of lines (25,000 to 200,000 unless given) four runs are written, each line a made-up verdict of about
2.5 kB, and each step is a process of its own: building the index, opening it where nothing changed, looking up every
key, 256 at a time as planning does, every slot, and reading every hundredth record. Last, by turns, what finding 8
keys costs with `Runs.held` and with the index over 1, 100 and 1,000 runs of 8 verdicts, whole processes from outside.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from common import PERSONAS, WINDOW, median, peak_mb

LINES = (25_000, 50_000, 100_000, 200_000)
RUNS = 4
TURNS = 5
SMALL = 8
LOOK = {
    "Runs.held": "import sys; from pathlib import Path; from panel.store import Runs\n"
    "assert len(Runs(Path(sys.argv[1])).held(sys.argv[2:])) == len(sys.argv[2:])",
    "Index.held": "import sys; from pathlib import Path; from panel.store import Runs\n"
    "from panel.store.index import Index\n"
    "with Index.open(Runs(Path(sys.argv[1]))) as index: assert len(index.held(sys.argv[2:])) == len(sys.argv[2:])",
}


def key(number: int) -> str:
    from panel.records.identity import sha

    return sha(f"question {number}")[:43]


def lines(first: int, count: int, run_id: str) -> Iterator[str]:
    """`count` verdicts from the one numbered `first` on, four personas on one tool after another."""
    from builders import make_seat

    from panel.records.identity import sha

    words = "It keeps what it is given and says so in one line, which few of its rivals do. "
    quotes = [{"quote": words[:70], "side": "for", "shows": words[20:60], "found_in": "description"}] * 2
    says = {"review": words * 5, "evidence": quotes, "not_stated": ["an export path"], "concerns": ["lock-in"]}
    says["answers"] = dict.fromkeys(("primitive", "bet", "deciding_choice"), words)
    seat = make_seat(72, tool="TOOL", persona="PERSONA", says=says, run_id=run_id)
    line = seat.model_copy(update={"key": "KEY"}).to_line().replace(seat.parts.prompt, "PROMPT")
    for number in range(first, first + count):
        tool, persona = f"tool-{number // len(PERSONAS):06}", PERSONAS[number % len(PERSONAS)]
        told = line.replace("TOOL", tool).replace("PERSONA", persona).replace("KEY", key(number))
        yield told.replace("PROMPT", sha(tool + persona)) + "\n"


def lay_out(root: Path, count: int, runs: int) -> None:
    """Write `count` verdicts as so many finished runs."""
    from builders import NOON

    from panel.records.run import Manifest
    from panel.store import Runs

    for number in range(runs):
        run_id = f"run-{number:05}"
        manifest = Manifest(
            run_id=run_id, command=("bench",), started_at=NOON, finished_at=NOON, tools=(), personas=(), models=()
        )
        with Runs(root).create(manifest) as run, (run.path / "verdicts.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(lines(number * count // runs, count // runs, run_id))


def step(root: Path, name: str, count: int) -> None:
    """Do one step and print its seconds, those of the processor, and the peak memory of this process."""
    from panel.records.seat import Slot
    from panel.store import Runs
    from panel.store.index import Index

    begin, used = time.perf_counter(), time.process_time()
    with Index.open(Runs(root)) as index:
        found = count
        if name == "keys":
            found = sum(len(index.held(map(key, some))) for some in windows(count))
        elif name == "slots":
            slot = Slot(tool="tool", persona="builder", model="openai/gpt-x")
            found = 0
            for some in windows(count):
                told = ({"tool": f"tool-{n // 4:06}", "persona": PERSONAS[n % 4]} for n in some)
                found += len(index.current(slot.model_copy(update=one) for one in told))
        elif name == "records":
            entries = (entry for place, entry in enumerate(index.entries()) if place % 100 == 0)
            found = sum(index.record(entry).scored is not None for entry in entries) * 100
        if found != count:
            sys.exit(f"{name}: found {found:,} of {count:,}")
    wall, used = time.perf_counter() - begin, time.process_time() - used
    print(f"{wall:5.2f} s, {used:5.2f} s of processor time, {peak_mb():.0f} MB")


def windows(count: int) -> Iterator[range]:
    return (range(first, min(first + WINDOW, count)) for first in range(0, count, WINDOW))


def many(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "runs")
        lay_out(root, count, RUNS)
        stored = sum(file.stat().st_size for file in root.glob("*/verdicts.jsonl"))
        time.sleep(2.1)  # what changed just now would be read twice
        print(f"{count:,} lines of {stored / count:,.0f} bytes")
        for name in ("build", "open", "keys", "slots", "records"):
            command = [sys.executable, __file__, "--step", str(root), name, str(count)]
            print(f"  {name:<8} {subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()}")
        print(f"  file     {(root / 'index.sqlite').stat().st_size / 1e6:.0f} MB")


def few(runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "runs")
        lay_out(root, SMALL * runs, runs)
        time.sleep(2.1)
        keys = [key(number) for number in range(SMALL)]
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in LOOK}
        for turn in range(TURNS + 1):
            for name, script in LOOK.items():
                before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
                subprocess.run([sys.executable, "-c", script, str(root), *keys], check=True)
                wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
                if turn:  # the first builds the index
                    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                    taken[name].append((wall, used))
        for name, times in taken.items():
            wall, used = (median(list(side)) * 1000 for side in zip(*times, strict=True))
            print(f"{runs:>5} runs, {name:<10} {wall:5.0f} ms, {used:5.0f} ms of processor time")


def main() -> None:
    if sys.argv[1:2] == ["--step"]:
        step(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
        return
    for count in map(int, sys.argv[1:] or LINES):
        many(count)
    for runs in (1, 100, 1000):
        few(runs)


if __name__ == "__main__":
    main()
