"""What the scripts here share: made-up tools before real personas, and a run of them through panel's own path.

In go a server's address and a number of tools; out comes a finished run on disk with what it took. The server is the
tests' provider, in a process of its own. Nothing leaves this machine.
"""

from __future__ import annotations

import datetime as dt
import resource
import secrets
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

if TYPE_CHECKING:
    from panel.prompts import Prompter
    from panel.records.model import Model
    from panel.records.persona import Persona
    from panel.records.run import Manifest
    from panel.records.seat import SeatRecord
    from panel.records.tool import Tool
    from panel.seating import Seat

PERSONAS = ("builder", "skeptic", "futurist", "founder")
MODEL = "made-up-1"
PRICE = {"input": "0.25", "cached": "0.025", "output": "2"}
"""Dollars per million tokens, with cached ones at a tenth, as providers have it today."""

WINDOW = 256
"""Seats drawn and planned at a time."""


class Ran(NamedTuple):
    """A finished run, the wall seconds it took, and the processor seconds of this process meanwhile."""

    manifest: Manifest
    folder: Path
    wall_s: float
    cpu_s: float


def tools(count: int) -> Iterator[Tool]:
    """So many tools that do not exist: the real catalogue's texts in turn, each under a name and number of its own."""
    from panel.catalogue import read_many

    real = [tool for tool in read_many(ROOT / "catalogue") if not isinstance(tool, Exception)]
    return (made_up(real[number % len(real)], f"{number:05}") for number in range(count))


def made_up(tool: Tool, number: str) -> Tool:
    """The tool under another name; its number stands at the beginning of its description, too."""
    changed = {"id": f"tool-{number}", "name": f"Tool {number}", "formerly": (), "vendor": f"Vendor {number}"}
    return tool.model_copy(update=changed | {"description": f"Tool {number} is made up. {tool.description}"})


def personas() -> tuple[Persona, ...]:
    """The four that vote."""
    from panel.personas import load_all

    known = load_all(ROOT / "personas")
    return tuple(known[name] for name in PERSONAS)


def prompter() -> Prompter:
    from panel.prompts import Prompter

    return Prompter.load(ROOT / "prompts")


def compatible(url: str, **settings: Any) -> Model:
    """The model behind a server on this machine."""
    from panel.clients import resolve
    from panel.records.model import ModelSettings

    given = {"provider": "compatible", "model": MODEL, "base_url": f"{url}/v1", "price": PRICE, **settings}
    return resolve("bench", {"bench": ModelSettings.model_validate(given)})


def review(
    url: str, tools: Iterator[Tool], folder: Path, *, concurrency: int, warm: bool = False, **settings: Any
) -> Ran:
    """Review the tools by the four personas on a `compatible` model at `url`, as a command does; no budget is set.

    Seats are drawn tool by tool while others are asked, verdicts written as they come. Nobody looks for older answers.
    """
    from panel import bridge
    from panel.accounts import Account
    from panel.clients import connect
    from panel.convene import Tariff, convene
    from panel.prices import most, price
    from panel.records.panel import Panel
    from panel.seating import seats_of
    from panel.store import Runs

    model = compatible(url, **settings)
    panel, words, account = Panel(personas=personas(), models=(model,)), prompter(), Account()

    def seats() -> Iterator[Seat]:
        for tool in tools:
            yield from seats_of([tool], panel, words, _held).seats

    started_s, cpu_s = time.monotonic(), time.process_time()
    with Runs(folder).create(_manifest(panel.models, panel.personas)) as run, run.verdicts() as verdicts:

        def settled(record: SeatRecord) -> None:
            account.record(record)
            verdicts.add(record)

        bridge.run(
            lambda: convene(
                seats(),
                {model.name: connect(model, {})},
                run,
                words,
                tariff=Tariff(price, most),
                clock=time.time,
                concurrency=concurrency,
                warm=(model.name,) if warm else (),
                hand_on=settled,
                kept=account.line,
                window=WINDOW,
            )
        )
        manifest = run.finish(account.totals(), dt.datetime.now(dt.UTC))
    return Ran(manifest, run.path, time.monotonic() - started_s, time.process_time() - cpu_s)


def _held(keys: Sequence[str], *, open_round: bool = False) -> Mapping[str, SeatRecord]:
    return {}


def _manifest(models: Sequence[Any], sitting: Sequence[Persona]) -> Manifest:
    from panel.records.run import Manifest
    from panel.store import new_run_id

    now = dt.datetime.now(dt.UTC)
    return Manifest(
        run_id=new_run_id(now, secrets.token_bytes(4)),
        command=("bench",),
        started_at=now,
        tools=(),
        personas=tuple(persona.id for persona in sitting),
        models=tuple(models),
    )


def peak_mb() -> float:
    """The most memory that this process ever held, in MB; what its parent held before it does not count."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
