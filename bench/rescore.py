"""Re-scoring a catalogue through kills, full disks and a store of 200,000 verdicts.

    .venv/bin/python bench/rescore.py kills [--seats 2000] [--kills 25] [--seed 7]
    .venv/bin/python bench/rescore.py disks [--seats 400] [--rounds 12] [--seed 7]
    .venv/bin/python bench/rescore.py plan [--tools 50000]

kills   a run is killed (SIGKILL) at random moments, planning included, and taken up by the same command or by `runs
        resume`, by turns. Promises: no verdict is lost; a seat is paid twice only where its call was under way at a
        kill; the records in view in the end say what those of an undisturbed run say.
disks   at random moments the disk fills up, or no file may grow any further; and commands meet a read-only disk. It
        needs leave to mount; else only the second is tried. Promise: what was bought is there afterwards.
plan    planning a catalogue of which 1 % is stale, and a hundredth of that catalogue: seconds and memory. Promise:
        memory grows by at most 1.3 times, time with the number of tools.

The server is the tests' provider, in a process of its own. Nothing leaves this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from common import MODEL, PERSONAS, compatible, median, peak_mb, personas, prompter, tools
from loopback.process import Remote, running

CATALOGUE = "tools.jsonl"
AT_ONCE = 8
LATENCY_S = 0.15
STALE = 100
"""One tool in so many is stale."""


class Place(NamedTuple):
    """A folder to work in, with its runs."""

    folder: Path
    runs: Path

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "panel", *words]

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        environ = {**os.environ, "PANEL_RUNS": str(self.runs)}
        return subprocess.Popen(
            self.command(*words), cwd=self.folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )

    def run(self, *words: str) -> tuple[int, str]:
        process = self.start(*words)
        _, err = process.communicate()
        return process.returncode, err.decode()

    def stored(self) -> Counter[str]:
        """How many replies the runs hold, by question."""
        found: Counter[str] = Counter()
        for file in self.runs.glob("*/replies.jsonl"):
            for raw in file.read_bytes().splitlines(keepends=True):
                if raw.endswith(b"\n"):
                    line = json.loads(raw)
                    found[line["key"]] += line["reply"] is not None
        return found

    def scores(self) -> dict[str, int | None]:
        """What the latest run shows of the whole catalogue, by slot."""
        from panel.store import Runs
        from panel.view import records_of

        runs = Runs(self.runs)
        found = records_of(runs, runs.open("latest"))
        return {str(record.slot): record.scored.score if record.scored else None for record in found}


@contextmanager
def place(url: str, count: int, at_once: int = AT_ONCE) -> Iterator[Place]:
    """A folder with a catalogue of so many tools and a model at `url`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "panel.toml").write_text(
            f'concurrency = {at_once}\nmodel = "bench"\n[models.bench]\nprovider = "compatible"\nmodel = "{MODEL}"\n'
            f'base_url = "{url}/v1"\nschema_mode = "json_schema"\nprice = {{ input = 1, output = 2 }}\n',
            "utf-8",
        )
        with (folder / CATALOGUE).open("w", encoding="utf-8") as file:
            file.writelines(f"{tool.model_dump_json(exclude_defaults=True)}\n" for tool in tools(count))
        yield Place(folder, folder / "runs")


def undisturbed(count: int) -> dict[str, int | None]:
    with running() as server, place(server.url, count, 32) as calm:
        code, err = calm.run("rescore", CATALOGUE, "-q")
        if code:
            sys.exit(err)
        return calm.scores()


def kills(seats: int, times: int, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - not a secret
    count = seats // len(PERSONAS)
    with running("--latency", str(LATENCY_S)) as server, place(server.url, count) as broken:
        under_way, planned, turns = 0, 0, Counter[str]()
        for turn in range(times):
            resumes = bool(turn % 2) and _planned(broken)
            words = ("runs", "resume", "latest", "-q") if resumes else ("rescore", CATALOGUE, "-q")
            before = _counted(broken, server)
            process = broken.start(*words)
            if turn % 6 == 0:
                time.sleep(draw.uniform(0.2, 2.5))  # most of it goes into starting and planning
            else:
                _wait(process, server, before[0] + draw.randrange(1, 2 * seats // times))
                time.sleep(draw.uniform(0, LATENCY_S))
            ended = process.poll()
            process.send_signal(signal.SIGKILL)
            process.communicate()
            time.sleep(2 * LATENCY_S)
            after = _counted(broken, server)
            under_way += after[0] - after[1] - (before[0] - before[1])
            planned += after[0] == before[0]
            turns["resumed" if resumes else "repeated"] += 1
            turns["had ended"] += ended is not None
        code, err = broken.run("rescore", CATALOGUE, "-q")
        log, stored, found = server.log(), broken.stored(), broken.scores()
        expected = undisturbed(count)
        twice = sum(len(asked) - 1 for asked in log.values())
        print(f"{times} kills over {seats:,} seats ({dict(turns)}; {planned} before anything was asked)")
        print(f"  end                   {code} {err}")
        print(f"  questions asked       {len(log):,} of {seats:,}")
        print(f"  asked twice           {twice}; under way at a kill: {under_way}, at most {AT_ONCE} each time")
        print(f"  replies stored twice  {sum(number - 1 for number in stored.values() if number)}")
        print(f"  verdicts lost         {sum(score is None for score in found.values()) + seats - len(found)}")
        print(f"  records that differ   {sum(found.get(slot) != score for slot, score in expected.items())}")
        kept = len(log) == seats and twice == under_way <= times * AT_ONCE and found == expected
        print("  kept" if kept and max(stored.values()) == 1 else "  NOT KEPT")


def _planned(broken: Place) -> bool:
    """Whether the latest run got as far as to ask."""
    from panel.store import Runs

    found = [reader for reader in Runs(broken.runs).list() if not reader.problem] if broken.runs.is_dir() else []
    return bool(found and found[0].manifest.catalogue and found[0].manifest.catalogue.planned)


def _wait(process: subprocess.Popen[bytes], server: Remote, requests: int) -> None:
    """Until the server has been asked so often, or the process has ended."""
    while process.poll() is None and server.stats()["requests"] < requests:
        time.sleep(0.01)


def _counted(broken: Place, server: Remote) -> tuple[int, int]:
    """Requests so far, and replies stored of them."""
    return server.stats()["requests"], broken.stored().total()


@contextmanager
def disk(runs: Path) -> Iterator[bool]:
    """A small disk of its own for the runs, where this process may mount one; whether it is there."""
    runs.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", str(runs)], capture_output=True)
    try:
        yield mounted.returncode == 0
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", str(runs)], check=True)


def disks(seats: int, rounds: int, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - not a secret
    count = seats // len(PERSONAS)
    with running("--latency", "0.1") as server, place(server.url, count) as broken, disk(broken.runs) as mounted:
        ways = ["limit", "full", "read-only"] if mounted else ["limit"]
        lost, said, codes = 0, Counter[str](), Counter[str]()
        for turn in range(rounds):
            way = ways[turn % len(ways)]
            before = broken.stored()
            asked = server.stats()["requests"]
            code, err = _fail(broken, server, way, draw, 2 * seats // rounds)
            after = broken.stored()
            sent = server.stats()["requests"] - asked
            lost += sum((before - after).values()) + max(0, sent - (after.total() - before.total()) - AT_ONCE)
            codes[f"{way}: {code}"] += 1
            said[f"{way}: {' / '.join(_tell(err))}"] += 1
        code, _ = broken.run("rescore", CATALOGUE, "-q")
        stats, found = server.stats(), broken.scores()
        print(f"{rounds} failures of the disk over {seats} seats; exit codes {dict(codes)}; end: {code}")
        for words, times in said.items():
            print(f"  {times} x {words}")
        print(f"  questions {stats['questions']}, requests {stats['requests']}")
        print(f"  bought and lost beyond what was under way: {lost}")
        missing = sum(score is None for score in found.values()) + seats - len(found)
        print(f"  verdicts lost in the end: {missing}")
        print("  kept" if not lost and not missing and not code else "  NOT KEPT")


def _tell(err: str) -> list[str]:
    """The message and its hint, without what differs from run to run."""
    lines = [line for line in err.splitlines() if line.startswith(("panel: ", "       "))]
    words = " ".join(line.removeprefix("panel: ").strip() for line in lines)
    return [" ".join("…" if "/" in word else word for word in words.split())]


def _fail(broken: Place, server: Remote, way: str, draw: random.Random, most: int) -> tuple[int, str]:
    """One command during which the disk fails at a random moment."""
    filler = broken.runs / "filler"
    if way == "read-only":
        subprocess.run(["mount", "-o", "remount,ro", str(broken.runs)], check=True)
        told = broken.run("rescore", CATALOGUE, "-q")
        subprocess.run(["mount", "-o", "remount,rw", str(broken.runs)], check=True)
        return told
    process = broken.start("rescore", CATALOGUE, "-q")
    if draw.random() < 0.25:
        time.sleep(draw.uniform(0.5, 2.0))  # most of it goes into starting and planning
    else:
        _wait(process, server, server.stats()["requests"] + draw.randrange(1, most))
    if way == "limit":
        largest = max((file.stat().st_size for file in broken.runs.glob("*/replies.jsonl")), default=0)
        limit = largest + draw.randrange(1, 40_000)
        if process.poll() is None:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, limit))
    else:
        _fill(filler)
    _, err = process.communicate()
    filler.unlink(missing_ok=True)
    return process.returncode, err.decode()


def _fill(filler: Path) -> None:
    """Take all the room there is."""
    for size in (1 << 20, 1 << 12):
        with suppress(OSError), filler.open("ab", buffering=0) as file:
            while file.write(bytes(size)) == size:
                pass


def lay_out(broken: Path, count: int) -> None:
    """A store in which every tool is answered, and a catalogue of which every hundredth has changed since."""
    from builders import NOON, make_seat

    from panel.records.identity import key_of, key_parts
    from panel.records.run import Manifest
    from panel.store import Runs

    model, words, sitting = compatible("http://127.0.0.1:9"), prompter(), personas()
    text = "It keeps what it is given and says so in one line, which few of its rivals do. " * 5
    seat = make_seat(72, tool="TOOL", persona="PERSONA", model=model, says={"review": text}, run_id="run-00001")
    manifest = Manifest(
        run_id="run-00001", command=(), started_at=NOON, finished_at=NOON, tools=(), personas=(), models=()
    )
    runs = Runs(broken / "runs")
    with (
        runs.create(manifest) as run,
        (run.path / "verdicts.jsonl").open("w", encoding="utf-8") as file,
        (broken / CATALOGUE).open("w", encoding="utf-8") as catalogue,
    ):
        for number, tool in enumerate(tools(count)):
            for persona in sitting:
                prompt = words.prompt(tool, persona)
                parts = key_parts(model, prompt, 0)
                slot = seat.slot.model_copy(update={"tool": tool.id, "persona": persona.id})
                told = {"slot": slot, "parts": parts, "key": key_of(parts), "ids": prompt.ids, "model_served": MODEL}
                file.write(f"{seat.model_copy(update=told).to_line()}\n")
            now = tool.model_copy(update={"tagline": "Changed since"}) if number % STALE == 0 else tool
            catalogue.write(f"{now.model_dump_json(exclude_defaults=True)}\n")


def step(folder: Path, name: str) -> None:
    """Open the index, or plan as a command does; print figures and the peak memory of this process."""
    import datetime as dt

    from panel.catalogue import read_placed
    from panel.desk.buying import begun
    from panel.records.panel import Panel
    from panel.records.run import Catalogued, Manifest
    from panel.rescore.estimating import Tally
    from panel.rescore.laying import Reading, Scope, lay_down
    from panel.rescore.planning import Planner, Wish
    from panel.store import Runs
    from panel.store.index import Index

    runs, now = Runs(folder / "runs"), dt.datetime.now(dt.UTC)
    begin = time.perf_counter()
    found = ""
    if name == "index":
        Index.open(runs).close()
    else:
        model = compatible("http://127.0.0.1:9")
        panel, words = Panel(personas=personas(), models=(model,)), prompter()
        manifest = Manifest(tools=(), catalogue=Catalogued(source=CATALOGUE), **begun(panel, ("bench",), folder))
        with Index.open(runs) as index:
            run = runs.create(manifest) if name == "run" else None
            planner = Planner(panel, words, index, Wish(), now)
            reading = Reading(read_placed(folder / CATALOGUE), Scope(), lambda error: None)
            plan = lay_down(reading, planner, Tally(panel.models, now), words, Scope(), run, CATALOGUE)
        found = f"fresh {plan.models[0].fresh:,}, stale {plan.models[0].stale:,}"
        if run:
            size = (run.path / "plan.jsonl").stat().st_size
            found += f", plan of {size / 1e6:.1f} MB"
            runs.discard(run)
    print(json.dumps({"s": time.perf_counter() - begin, "mb": peak_mb(), "found": found}))


def plans(count: int) -> None:
    taken: dict[int, dict[str, list[dict[str, Any]]]] = {}
    for number in (count // 100, count):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            lay_out(folder, number)
            time.sleep(2.1)  # what changed just now would be read twice
            for part, times in (("index", 1), ("plan", 3), ("run", 3)):
                for _ in range(times):
                    command = [sys.executable, __file__, "--step", str(folder), part]
                    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                    taken.setdefault(number, {}).setdefault(part, []).append(json.loads(done.stdout))
    for number, parts in taken.items():
        print(f"{number:,} tools, {len(PERSONAS) * number:,} stored verdicts")
        for part, rows in parts.items():
            seconds, memory = (median([row[what] for row in rows]) for what in ("s", "mb"))
            print(f"  {part:<6} {seconds:7.2f} s, {memory:5.0f} MB  {rows[0]['found']}")
    small, large = (taken[number] for number in (count // 100, count))
    for part in ("plan", "run"):
        grown = median([row["mb"] for row in large[part]]) / median([row["mb"] for row in small[part]])
        slower = median([row["s"] for row in large[part]]) / median([row["s"] for row in small[part]])
        print(f"{part}: memory {grown:.2f} times, time {slower:.0f} times for 100 times the tools")


def main() -> None:
    if sys.argv[1:2] == ["--step"]:
        step(Path(sys.argv[2]), sys.argv[3])
        return
    parser = argparse.ArgumentParser(description="Re-scoring a catalogue.")
    parser.add_argument("what", choices=("kills", "disks", "plan"))
    parser.add_argument("--seats", type=int)
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--tools", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    if given.what == "kills":
        kills(given.seats or 2000, given.kills, given.seed)
    elif given.what == "disks":
        disks(given.seats or 400, given.rounds, given.seed)
    else:
        plans(given.tools)


if __name__ == "__main__":
    main()
