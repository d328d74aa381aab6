"""Re-scoring a catalogue by batch, through kills: what is handed in, what is paid and what is said in the end.

    .venv/bin/python bench/batches.py [--seats 2000] [--kills 25] [--part 150] [--seed 7] [--kind openai]

A run by batch is killed (SIGKILL) at random moments, planning, handing in and collecting included, and taken up by the
same command or by `runs resume`, by turns. A batch expires half-way, rows fail, come twice or cannot be used, and calls
that create a batch are answered with an error although it was created. Promises: no batch is handed in twice; nothing
is asked that an undisturbed run does not ask; no verdict is lost; the records in view in the end say what those of the
undisturbed run say.

Parts are made small, and pauses short, so that there is something to interrupt. The provider is the tests' own, in a
process of its own. Nothing leaves this machine.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from common import MODEL, PERSONAS, tools
from loopback.batches import Remote, running
from rescore import CATALOGUE, Place

BY_BATCH = ("rescore", CATALOGUE, "--via", "batch", "-q")
FAULTS = ("--rows", "failed=0.02,duplicate=0.02,off_schema=0.06,other_model=0.02")
ENDS = ("--ends", "completed,expired=0.5,completed", "--steps", "2")
LOST = ("--calls", "create.lost=0.2,upload.server_error=0.05,get.server_error=0.02")
KEY = "sk-bench-0123456789abcdef"

_START = """
import sys
from panel.batching import batching, filling, handing_in, means
batching.INTERVAL_S, batching.LONGEST_INTERVAL_S, handing_in.LISTED_WITHIN_S = 0.05, 0.2, 0.1
means.PAUSES_S = 0.05, 0.1, 0.2
handing_in.PAUSES_S = means.PAUSES_S
batching.Batching.__init__.__kwdefaults__["limits"] = filling.Limits(lines={part})
from panel.cli import main
main(sys.argv[1:])
"""


class ByBatch(Place):
    """A folder whose commands hand in parts of `PART` seats, and wait but for moments."""

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-c", _START.format(part=os.environ["BENCH_PART"]), *words]


@contextmanager
def place(url: str, count: int, kind: str) -> Iterator[ByBatch]:
    address = f"{url}/v1" if kind == "openai" else url
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "panel.toml").write_text(
            f'model = "bench"\n[models.bench]\nprovider = "{kind}"\nmodel = "{MODEL}"\nbase_url = "{address}"\n'
            f'key_variable = "BENCH_KEY"\nschema_mode = "json_schema"\nprice = {{ input = 1, output = 2 }}\n',
            "utf-8",
        )
        with (folder / CATALOGUE).open("w", encoding="utf-8") as file:
            file.writelines(f"{tool.model_dump_json(exclude_defaults=True)}\n" for tool in tools(count))
        yield ByBatch(folder, folder / "runs")


def calls(provider: Remote) -> int:
    return sum(provider.stats()["calls"].values())


def asked(provider: Remote) -> Counter[str]:
    """How often each seat was handed in."""
    return Counter(key for made in provider.stats()["created"] for key in made["custom_ids"])


def free_port() -> str:
    """Both providers have the same address, which is part of what a seat's key is made of."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def undisturbed(
    count: int, settings: tuple[str, ...], kind: str
) -> tuple[Counter[str], dict[str, int | None], Counter[str]]:
    with running(*settings) as provider, place(provider.url, count, kind) as calm:
        code, err = calm.run(*BY_BATCH)
        if code not in (0, 5):
            sys.exit(err)
        return asked(provider), calm.scores(), calm.stored()


def kills(seats: int, times: int, seed: int, kind: str) -> None:
    draw, count = random.Random(seed), seats // len(PERSONAS)  # noqa: S311 - not a secret
    settings = ("--port", free_port(), "--seed", str(seed), *ENDS, *FAULTS)
    before = undisturbed(count, settings, kind)
    print(f"undisturbed: {before[0].total():,} requests of {len(before[0]):,} seats", flush=True)
    with running(*settings, *LOST) as provider, place(provider.url, count, kind) as broken:
        turns: Counter[str] = Counter()
        while turns.total() < times:
            resumes = turns.total() % 2 and any(broken.runs.glob("2*/batches.jsonl"))
            turns[kill(broken, provider, draw, resumes=bool(resumes))] += 1
        code, err = broken.run(*BY_BATCH)
        after = (asked(provider), broken.scores(), broken.stored())
        report(f"{times} kills over {seats:,} seats ({dict(turns)})", (code, err), provider.stats(), before, after)


def kill(broken: ByBatch, provider: Remote, draw: random.Random, *, resumes: bool) -> str:
    """One command, killed at a random moment; what it was doing, as far as that can be seen."""
    process = broken.start(*(("runs", "resume", "latest", "-q") if resumes else BY_BATCH))
    if draw.random() < 0.2:
        time.sleep(draw.uniform(0.3, 2.0))  # most of it goes into starting and planning
    else:
        until = calls(provider) + draw.randrange(1, 9)
        while process.poll() is None and calls(provider) < until:
            time.sleep(0.005)
        time.sleep(draw.uniform(0, 0.05))
    ended = process.poll()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return "had ended" if ended is not None else "resumed" if resumes else "repeated"


def report(
    what: str, end: tuple[int, str], stats: dict[str, Any], before: tuple[Any, ...], after: tuple[Any, ...]
) -> None:
    missing = [slot for slot in before[1] if slot not in after[1]]
    more = sum((after[0] - before[0]).values())
    differ = sum(after[1].get(slot) != score for slot, score in before[1].items())
    lost = sum((before[2] - after[2]).values())
    parts = Counter((made["run"], made["part"]) for made in stats["created"])
    twice = sum(times - 1 for times in parts.values())
    print(what)
    print(f"  end                      {end[0]} {end[1]}")
    print(f"  batches                  {len(stats['created'])}; handed in twice: {twice}")
    print(f"  calls that lied          {stats['calls'].get('create.lost', 0)} created and answered with an error")
    print(f"  requests                 {after[0].total():,}; beyond those of an undisturbed run: {more}")
    print(f"  replies lost, records    {lost} lost, {len(missing)} missing, {differ} that differ")
    kept = not (twice or more or lost or missing or differ)
    print("  kept" if kept else "  NOT KEPT")


def main() -> None:
    parser = argparse.ArgumentParser(description="Re-scoring a catalogue by batch.")
    parser.add_argument("--seats", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--part", type=int, default=150, help="seats of a part")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--kind", choices=("openai", "mistral"), default="openai")
    given = parser.parse_args()
    os.environ |= {"BENCH_PART": str(given.part), "BENCH_KEY": KEY}
    kills(given.seats, given.kills, given.seed, given.kind)


if __name__ == "__main__":
    main()
