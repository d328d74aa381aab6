"""What panel takes beside a bare loop over the same SDK: wall time, processor time, calls a second, memory.

    .venv/bin/python bench/throughput.py [--seats 2000] [--many 20000] [--repeats 3]

Made-up tools before the four personas, 100 calls at once, against the tests' provider in a process of its own that
answers after 0.2 s (and at once, for calls a second). Both sides run by turns in one run, each time in a new process:

panel   everything it does: seats drawn tool by tool, prompts rendered, inputs and plan and every reply on disk, replies
        read, quotes checked, steering looked for, costs reckoned, verdicts written
bare    `chat.completions.create` of AsyncOpenAI with the ready schema, a semaphore, the answer validated by a pydantic
        model with its bounds, a line appended and flushed; its prompts are made beforehand but for a `str.replace`

Counted is the work, without imports; panel's process looks for garbage as rarely as its command line lets it. Promises:
at 2,000 seats at most 1.25 times the bare loop's processor time and 1.10 times its wall time; at 20,000 at most 1.10
times its wall time, and memory that does not grow with the seats.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any, Literal

from common import MODEL, PERSONAS, made_up, median, peak_mb, personas, prompter, review, tools

AT_ONCE = 100
LATENCY_S = 0.2
NUMBER = "⟨number⟩"
TEXTS = 12
"""Texts that tools are made of, in turn."""


def by_panel(url: str, seats: int, folder: Path) -> dict[str, float]:
    """The run as panel does it."""
    import gc

    import panel.clients.openai
    import panel.clients.pacing.retrying
    import panel.clients.pacing.throttle  # noqa: F401 - loaded before the clock starts
    from panel.__main__ import YOUNG

    gc.set_threshold(YOUNG)  # as the command line does
    ran = review(url, tools(seats // len(PERSONAS)), folder, concurrency=AT_ONCE)
    return {"wall_s": ran.wall_s, "cpu_s": ran.cpu_s, "done": ran.manifest.totals.scored}


def by_bare_loop(url: str, seats: int, folder: Path) -> dict[str, float]:
    """The run as a script of forty lines does it."""
    from openai import AsyncOpenAI
    from pydantic import BaseModel, Field

    class Evidence(BaseModel):
        quote: str
        side: Literal["for", "against"]
        shows: str

    class Prediction(BaseModel):
        claim: str
        within_months: Literal[12, 24, 36]
        wrong_if: str

    class Reply(BaseModel):
        steering: str | None
        evidence: Annotated[list[Evidence], Field(min_length=1, max_length=6)]
        not_stated: Annotated[list[str], Field(max_length=8)]
        basis: Literal["enough", "thin", "none"]
        answers: dict[str, str]
        concerns: Annotated[list[str], Field(max_length=8)]
        doubt: str | None
        review: str
        pick_if: str | None
        walk_away_if: str | None
        prediction: Prediction | None = None
        criteria: dict[str, Annotated[int, Field(ge=0, le=10)]]
        score: Annotated[int, Field(ge=0, le=100)]
        verdict: Literal["ship", "skip"]

    texts = json.loads((folder / "texts.json").read_text("utf-8"))
    done = 0

    async def ask(client: AsyncOpenAI, gate: asyncio.Semaphore, tool: int, name: str, log: Any) -> None:
        nonlocal done
        static = texts["personas"][name]
        user = texts["users"][tool % TEXTS].replace(NUMBER, f"{tool:05}")
        async with gate:
            answer = await client.chat.completions.create(
                model=MODEL,
                messages=[{"role": "system", "content": static["system"]}, {"role": "user", "content": user}],
                response_format=static["form"],
                max_tokens=6000,
            )
        reply = Reply.model_validate_json(answer.choices[0].message.content or "")
        log.write(json.dumps({"tool": tool, "persona": name, "reply": reply.model_dump()}) + "\n")
        log.flush()
        done += 1

    async def run() -> None:
        gate = asyncio.Semaphore(AT_ONCE)
        async with AsyncOpenAI(api_key="none", base_url=f"{url}/v1", max_retries=0) as client:
            with (folder / "verdicts.jsonl").open("a", encoding="utf-8") as log:
                asked = (ask(client, gate, seat // len(texts["personas"]), name, log) for seat, name in numbered)
                await asyncio.gather(*asked)

    names = list(texts["personas"])
    numbered = [(seat, names[seat % len(names)]) for seat in range(seats)]
    started_s, cpu_s = time.monotonic(), time.process_time()
    asyncio.run(run())
    return {"wall_s": time.monotonic() - started_s, "cpu_s": time.process_time() - cpu_s, "done": done}


SIDES = {"panel": by_panel, "bare": by_bare_loop}


def write_texts(path: Path) -> None:
    """What the bare loop sends: the same bytes as panel but for the fence's nonce and the tool's number."""
    words, real = prompter(), [made_up(tool, NUMBER) for tool in tools(TEXTS)]
    static = {}
    for persona in personas():
        prompt = words.prompt(real[0], persona)
        schema = {"name": prompt.schema_name, "strict": True, "schema": prompt.reply_schema}
        form = {"type": "json_schema", "json_schema": schema}
        static[persona.id] = {"system": prompt.messages[0].content, "form": form}
    users = [words.prompt(tool, personas()[0]).messages[1].content for tool in real]
    path.write_text(json.dumps({"personas": static, "users": users}), "utf-8")


def measured(side: str, url: str, seats: int) -> dict[str, float]:
    """One run of one side in a process of its own, everything on disk in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--side", side, "--url", url, "--seats", str(seats), "--folder", folder]
        if side == "bare":
            write_texts(Path(folder) / "texts.json")
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, float] = json.loads(said)
    if found["done"] != seats:
        raise SystemExit(f"{side}: {found['done']} of {seats} seats were answered")
    return found


def compared(url: str, seats: int, repeats: int) -> dict[str, list[dict[str, float]]]:
    """Both sides by turns, who begins changing each time."""
    found: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    for turn in range(repeats):
        for side in sorted(SIDES, reverse=turn % 2 == 0):
            found[side].append(measured(side, url, seats))
    return found


def middle(found: dict[str, list[dict[str, float]]], kind: str) -> tuple[float, float, float]:
    """Panel's median, the bare loop's, and the median of the ratios of the pairs."""
    mine, bare = ([each[kind] for each in found[side]] for side in SIDES)
    return median(mine), median(bare), median([one / other for one, other in zip(mine, bare, strict=True)])


def show(name: str, figures: tuple[float, float, float], unit: str, promise: str = "") -> None:
    mine, bare, ratio = figures
    print(
        f"  {name:<28} panel {mine:8.2f} {unit:<3} bare {bare:8.2f} {unit:<3} {ratio:5.2f} times{promise}", flush=True
    )


def show_work(found: dict[str, list[dict[str, float]]], seats: int, promised: dict[str, float]) -> None:
    ideal_s = seats / AT_ONCE * LATENCY_S
    print(f"{seats} seats, {AT_ONCE} at once, {LATENCY_S} s each (ideal {ideal_s:.1f} s), {len(found['bare'])} pairs")
    for kind, name, scale in (
        ("wall_s", "wall over ideal", ideal_s),
        ("cpu_s", "processor s per 1,000 seats", seats / 1000),
        ("whole_cpu_s", "  with imports", seats / 1000),
        ("peak_mb", "peak memory", 1.0),
    ):
        mine, bare, ratio = middle(found, kind)
        promise = f" (promised: {promised[kind]})" if kind in promised else ""
        show(name, (mine / scale, bare / scale, ratio), "MB" if kind == "peak_mb" else "", promise)


def main() -> None:
    parser = argparse.ArgumentParser(description="panel beside a bare loop over the same SDK")
    parser.add_argument("--seats", type=int, default=2_000)
    parser.add_argument("--many", type=int, default=20_000, help="seats of the long run; 0 leaves it out")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        figures = SIDES[given.side](given.url, given.seats, given.folder)
        print(json.dumps({**figures, "whole_cpu_s": time.process_time(), "peak_mb": peak_mb()}))
    else:
        compare(given.seats, given.many, given.repeats)


def compare(seats: int, many: int, repeats: int) -> None:
    from loopback.process import running

    with running("--latency", str(LATENCY_S)) as slow, running() as instant:
        few = compared(slow.url, seats, repeats)
        show_work(few, seats, {"cpu_s": 1.25, "wall_s": 1.10})
        calls = compared(instant.url, seats, min(2, repeats))
        for each in (each for side in calls.values() for each in side):
            each["rate"] = seats / each["wall_s"]
        show("calls a second, no latency", middle(calls, "rate"), "")
        if many:
            long = compared(slow.url, many, 1)
            show_work(long, many, {"wall_s": 1.10})
            grown = [long[side][0]["peak_mb"] - median([each["peak_mb"] for each in few[side]]) for side in SIDES]
            print(f"  memory grown from {seats} seats: panel {grown[0]:.1f} MB, bare {grown[1]:.1f} MB")


if __name__ == "__main__":
    main()
