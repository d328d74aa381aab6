"""What changed, over a whole catalogue: seconds and memory of `panel diff` by the number of tools.

    .venv/bin/python bench/drift.py [TOOLS ...]

For each number of tools (5,000 and 50,000 unless given) three runs over a catalogue are written, with made-up verdicts
of about 3 kB: the first asks everything, the second the one tool in a hundred that has changed since, the third
everything anew. A seat's score scatters by four points from one asking to the next. Each comparison is a process of its
own, from opening the runs to the report as JSON:

one       the second run alone, against what stood before it
few       the first run against the second: nearly all answers are the same ones
all       the second against the third: every answer was bought anew
"""

from __future__ import annotations

import datetime as dt
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import MODEL, PERSONAS, compatible, peak_mb, personas, prompter, tools

if TYPE_CHECKING:
    from panel.records.tool import Tool
    from panel.rescore.planning import Wish
    from panel.store import Runs

COUNTS = (5_000, 50_000)
STALE = 100
"""One tool in so many has changed since the first run."""

NAMES = ("run-00001", "run-00002", "run-00003")
COMPARED = {"one": NAMES[1:2], "few": NAMES[:2], "all": NAMES[1:]}
BEGAN = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
WORDS = "It keeps what it is given and says so in one line, which few of its rivals do. "
CONCERNS = ("lock-in", "a single maintainer", "no export path", "the price of seats", "backups", "no audit log")


def catalogue(count: int, *, changed: bool) -> Iterator[Tool]:
    for number, tool in enumerate(tools(count)):
        stale = changed and number % STALE == 0
        yield tool.model_copy(update={"tagline": "Changed since"}) if stale else tool


def lay_out(root: Path, count: int) -> None:
    """Write the three runs as `panel rescore` writes them; their answers are drawn."""
    from panel.rescore.planning import Wish
    from panel.store import Runs

    runs = Runs(root)
    add(runs, 0, catalogue(count, changed=False), Wish())
    add(runs, 1, catalogue(count, changed=True), Wish())
    time.sleep(2.1)  # what changed just now would be read twice
    add(runs, 2, catalogue(count, changed=True), Wish(older_than=dt.timedelta(0)))


def add(runs: Runs, place: int, found: Iterator[Tool], wish: Wish) -> None:
    from panel.catalogue import Placed
    from panel.records.panel import Panel
    from panel.records.run import Catalogued, Manifest
    from panel.rescore.estimating import Tally
    from panel.rescore.laying import Reading, Scope, lay_down
    from panel.rescore.planning import Planner
    from panel.store.index import Index

    panel, words = Panel(personas=personas(), models=(compatible("http://127.0.0.1:9"),)), prompter()
    now = BEGAN + dt.timedelta(days=place + 1)
    about = {"personas": PERSONAS, "models": panel.models, "tools": (), "started_at": now, "finished_at": now}
    manifest = Manifest(run_id=NAMES[place], command=("bench",), catalogue=Catalogued(source="tools"), **about)
    with runs.create(manifest) as run:
        with Index.open(runs) as index:
            reading = Reading((Placed(tool, "tools", 1) for tool in found), Scope(), lambda error: None)
            planner = Planner(panel, words, index, wish, now)
            plan = lay_down(reading, planner, Tally(panel.models, now), words, Scope(), run, "tools")
        run.amend(catalogue=Catalogued(source="tools", tools=plan.tools, planned=True))
        answer(run.path, place, now)


def answer(folder: Path, place: int, now: dt.datetime) -> None:
    """A verdict for every seat that the run asks."""
    from builders import make_seat

    from panel.store import RunReader

    level, draw = random.Random(7), random.Random(place)  # noqa: S311 - not secrets
    quotes = [{"quote": WORDS[:70], "side": "for", "shows": WORDS[20:60], "found_in": "description"}] * 2
    says = {"review": WORDS * 5, "evidence": quotes, "not_stated": ["an export path"]}
    says["answers"] = dict.fromkeys(("primitive", "bet", "deciding_choice"), WORDS)
    seats = {
        (score, concern): make_seat(score, says={**says, "concerns": [concern, "lock-in"]}, run_id=NAMES[place])
        for score in range(101)
        for concern in CONCERNS
    }
    with (folder / "verdicts.jsonl").open("w", encoding="utf-8") as file:
        for plan in RunReader(folder).plan_lines():
            level.seed(str(plan.slot))
            score = min(100, max(0, round(level.gauss(65, 12) + draw.gauss(0, 4))))
            seat = seats[score, draw.choice(CONCERNS)]
            told = {name: getattr(plan, name) for name in ("slot", "key", "parts", "ids", "model")}
            file.write(f"{seat.model_copy(update=told | {'model_served': MODEL, 'asked_at': now}).to_line()}\n")


def step(root: Path, name: str) -> None:
    """Compare as a command does; print figures and the peak memory of this process."""
    from panel import drift
    from panel.render.drift import render
    from panel.store import Runs

    begin, used, runs = time.perf_counter(), time.process_time(), Runs(root)
    readers = [runs.open(run) for run in COMPARED[name]]
    found = drift.drift_between(runs, *readers) if len(readers) == 2 else drift.drift_since(runs, *readers)
    size = len(render(found, "json"))
    told = f"{found.paired:,} paired, {found.same_answer:,} the same answer, {found.flipped:,} flipped"
    told = f"{told}, report of {size / 1e6:.1f} MB"
    wall, used = time.perf_counter() - begin, time.process_time() - used
    print(json.dumps({"s": wall, "cpu": used, "mb": peak_mb(), "found": told}))


def measure(count: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name, "runs")
        lay_out(root, count)
        stored = sum(file.stat().st_size for file in root.glob("*/*.jsonl"))
        print(f"{count:,} tools, {len(PERSONAS)} seats before each; three runs of {stored / 1e6:,.0f} MB together")
        taken = {}
        for what in COMPARED:
            command = [sys.executable, __file__, "--step", str(root), what]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            taken[what] = json.loads(done.stdout)
            words = "  {what:<4} {s:7.2f} s, {cpu:7.2f} s of processor time, {mb:5.0f} MB  {found}"
            print(words.format(what=what, **taken[what]))
        return taken


def main() -> None:
    if sys.argv[1:2] == ["--step"]:
        step(Path(sys.argv[2]), sys.argv[3])
        return
    for count in map(int, sys.argv[1:] or COUNTS):
        measure(count)


if __name__ == "__main__":
    main()
