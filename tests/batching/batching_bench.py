"""A run whose seats go by batch to a provider on this machine, and a process that can be made to end anywhere.

bench = Bench(tmp_path, provider, "openai", tools=3)
async with bench.opened() as batching:      # as a command opens the run, from its folder alone
    ...
bench.records()                             # what the run's replies say, by slot
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from loopback.batches import BatchProvider

from panel.batching import Batching, Limits
from panel.budget import Budget, spent_of
from panel.clients import resolve
from panel.clients.batches import BatchClient, connect_batch
from panel.personas import load_all
from panel.prompts import Prompter
from panel.records.batch import BatchLine
from panel.records.model import Model, ModelSettings
from panel.records.panel import Panel
from panel.records.run import Manifest, ReplyLine
from panel.records.seat import SeatRecord
from panel.records.tool import Tool
from panel.reparse import reparse
from panel.resuming import Resumed, resumed
from panel.seating import Seat, seats_of, write_plan
from panel.settings import builtin
from panel.store import RunReader, Runs, RunWriter

KEY = "sk-test-0123456789abcdef"
ENVIRON = {"TEST_KEY": KEY}
RUN = "20261120-120000-a3f9c2"
NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
PERSONAS = ("builder", "skeptic")
SMALL = Limits(lines=3)

prompter = Prompter.load(builtin("prompts"))
_personas = load_all(builtin("personas"))


def model_at(provider: BatchProvider, kind: str, name: str = "house", **settings: Any) -> Model:
    """`[models.house]` at this provider, with a price."""
    url = provider.url if kind == "mistral" else f"{provider.url}/v1"
    given = {"provider": kind, "model": f"{name}-1", "base_url": url, "key_variable": "TEST_KEY"}
    price = {"input": "1.0", "output": "2.0"}
    model = resolve(name, {name: ModelSettings.model_validate({**given, "price": price, **settings})})
    return model.model_copy(update={"endpoint": name})  # whatever the port: keys are the same in each run of a test


def a_tool(number: int, words: str | None = None) -> Tool:
    text = words or f"Tool number {number} keeps records in one file. It has no server and no setup, and it is free."
    return Tool(id=f"tool-{number}", name=(words and "Twin") or f"Tool {number}", description=text)


CONNECTED: list[BatchClient] = []
"""Every client that a test made."""


def connected(model: Model) -> BatchClient:
    client = connect_batch(model, ENVIRON)
    CONNECTED.append(client)
    return client


class Crash(BaseException):
    """The process is gone."""


class Steps:
    """Counts the effects of a command, and ends it before the one that is named, and so after the one before it."""

    def __init__(self, crash_at: int | None = None) -> None:
        self.done = 0
        self._crash_at = crash_at

    def step(self) -> None:
        self.done += 1
        if self.done == self._crash_at:
            raise Crash


class Bench:
    """One run in a folder of its own, with its plan on the disk."""

    def __init__(
        self,
        root: Path,
        provider: BatchProvider,
        kind: str,
        tools: int | Iterable[Tool] = 3,
        *,
        models: Iterable[Model] | None = None,
        max_cost: Decimal | None = None,
    ) -> None:
        self.runs = Runs(root / "runs")
        self.max_cost = max_cost
        self.said: list[str] = []
        self.kept: list[ReplyLine] = []
        self.left: Counter[str] = Counter()
        self.slept: list[float] = []
        self.sleep: Callable[[float], Awaitable[None]] = self._sleep
        self.models = {model.name: model for model in models or (model_at(provider, kind),)}
        self.clients = {name: connected(model) for name, model in self.models.items()}
        self.tools = [a_tool(number) for number in range(tools)] if isinstance(tools, int) else list(tools)
        panel = Panel(personas=tuple(_personas[name] for name in PERSONAS), models=tuple(self.models.values()))
        self.seats: tuple[Seat, ...] = seats_of(self.tools, panel, prompter, lambda keys, open_round=False: {}).seats
        with self.runs.create(self._manifest()) as run:
            write_plan(self.seats, run, prompter)

    def _manifest(self) -> Manifest:
        return Manifest(
            run_id=RUN,
            command=("panel", "rescore"),
            started_at=NOON,
            tools=tuple(tool.id for tool in self.tools),
            personas=PERSONAS,
            models=tuple(self.models.values()),
        )

    @property
    def reader(self) -> RunReader:
        return RunReader(self.runs.root / RUN)

    def left_open(self) -> Resumed:
        return resumed(self.reader, lambda model: self.models[model.name], self.runs)

    @asynccontextmanager
    async def opened(self, steps: Steps | None = None, limits: Limits = SMALL) -> AsyncIterator[Batching]:
        """The run as a command takes it up: everything it knows is from the folder."""
        with self.runs.resume(RUN) as run:
            yield self.batching(run, steps or Steps(), limits)

    def batching(self, run: RunWriter, steps: Steps, limits: Limits = SMALL) -> Batching:
        self.budget = Budget(self.max_cost, spent_of(self.reader.replies()))
        for name in ("ledger", "append", "sync"):
            setattr(run, name, _stepping(getattr(run, name), steps))
        clients: Mapping[str, Any] = {name: Stepping(client, steps) for name, client in self.clients.items()}
        return Batching(
            run,
            clients,
            self.models,
            prompter,
            budget=self.budget,
            clock=NOON.timestamp,
            limits=limits,
            say=self.said.append,
            kept=self.kept.append,
            sleep=self.sleep,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def leave(self, seat: Seat, reason: str) -> None:
        self.left[reason] += 1

    async def whole(self, steps: Steps | None = None) -> None:
        """All of it: hand in, wait, follow up, wait. What a command does that is given again after any end."""
        async with self.opened(steps) as batching:
            await batching.submit(self.left_open().open, leave=self.leave)
            await batching.wait()
            await batching.submit(self._unusable(), leave=self.leave)
            await batching.wait()

    def _unusable(self) -> list[Seat]:
        """What batches brought replies for that cannot be used."""
        return [seat for seat in self.left_open().open if any(line.reply for line in seat.lines)]

    def records(self) -> dict[str, SeatRecord]:
        return {str(record.slot): record for record in reparse(self.reader)}

    def verdicts(self) -> dict[str, str]:
        """By slot, what it says, in brief; "pending" and why where it says nothing."""
        return {slot: _brief(record) for slot, record in self.records().items()}

    def ledger(self) -> list[BatchLine]:
        return list(self.reader.batches())

    def log(self) -> list[ReplyLine]:
        return list(self.reader.replies())

    def twice(self) -> list[str]:
        """Slots that have more than one line of one part."""
        lines = Counter((str(line.slot), line.part) for line in self.log())
        return [f"{slot} part {part}" for (slot, part), times in lines.items() if times > 1]


def _brief(record: SeatRecord) -> str:
    if record.scored:
        return f"scored {record.scored.score}"
    return record.verdict.reason if record.verdict else f"pending {record.pending}"  # type: ignore[union-attr]


def _stepping(call: Callable[..., Any], steps: Steps) -> Callable[..., Any]:
    def stepping(*given: Any) -> Any:
        steps.step()
        return call(*given)

    return stepping


class Stepping:
    """A client of a batch interface whose every call is a step, and every row of its results."""

    def __init__(self, inner: BatchClient, steps: Steps) -> None:
        self.inner = inner
        self.name, self.most_lines, self.most_bytes = inner.name, inner.most_lines, inner.most_bytes
        self.line = inner.line
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.inner, name)

        async def stepping(*given: Any, **more: Any) -> Any:
            self._steps.step()
            return await call(*given, **more)

        return stepping

    async def results(self, job: str, caps: Any = None) -> AsyncIterator[Any]:
        rows = self.inner.results(job, caps)
        try:
            async for row in rows:
                self._steps.step()
                yield row
        finally:
            await rows.aclose()


class Once(dict[str, str]):
    """Faults of rows, each of which happens the first time only."""

    def get(self, key: str, default: Any = None) -> Any:
        return self.pop(key, default)
