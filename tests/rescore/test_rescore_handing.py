"""Handing out: seats to workers and back, with the money and the log here. Workers are threads of this process."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from loopback.fast import FastProvider

from panel.budget import Budget, spent_of
from panel.convene import Tariff, unwatched
from panel.convene.events import Teller
from panel.errors import RunStopping, StoreError, UsageError
from panel.prices import most, price
from panel.prompts import Prompter
from panel.records.model import Model
from panel.records.panel import Panel
from panel.records.run import Manifest, ReplyLine
from panel.records.seat import SeatRecord
from panel.rescore import handing, worker, workers
from panel.rescore.groups import MOST_LOSSES, Books
from panel.rescore.handing import Handing
from panel.rescore.parcels import Greeting, Parcel, Returned, Welcome
from panel.rescore.workers import WorkerGone, Workers
from panel.seating import Seat, seats_of
from panel.store import Runs, RunWriter
from panel.testing import NOON, TOOL, persona

PERSONAS = (persona("builder"), persona("skeptic"), persona("founder"))
PROMPTER = Prompter.load(Path(__file__).parents[2] / "prompts")
KEY = "sk-nobody-may-see-this"


class Threads:
    """A way to workers that are threads here. `do` may stand in for what a worker does with a parcel."""

    def __init__(self, *names: str, do: Callable[[str, str], str | None] = lambda name, parcel: None) -> None:
        self.names = list(names)
        self.parcels: list[tuple[str, str]] = []
        self.stopped: list[str] = []
        self._do = do

    async def present(self) -> Collection[str]:
        return list(self.names)

    async def greet(self, worker_name: str, version: str, told: str) -> str:
        return worker.greet(version, told)

    async def answer(self, worker_name: str, token: str, name: str, parcel: str) -> str:
        self.parcels.append((worker_name, parcel))
        done = self._do(worker_name, parcel)
        return done if done is not None else await asyncio.to_thread(worker.answer, token, name, parcel)

    async def stop(self, token: str, grace_s: float) -> None:
        self.stopped.append(token)
        worker.stop(token, grace_s)

    async def leave(self, token: str) -> None:
        worker.leave(token)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOUSE_KEY", KEY)
    monkeypatch.setattr(workers, "LOOK_S", 0.02)
    monkeypatch.setattr(handing, "GRACE_S", 0.3)


@pytest.fixture
def server() -> Iterator[FastProvider]:
    with FastProvider() as provider:
        yield provider


def model_at(server: FastProvider, **more: Any) -> Model:
    told = {
        "name": "house",
        "provider": "compatible",
        "model": "made-up-1",
        "endpoint": f"{server.url}/v1",
        "base_url": f"{server.url}/v1",
        "key_variable": "HOUSE_KEY",
        "schema_mode": "json_schema",
        "price": {"input": 1, "output": 2},
        "max_output_tokens": 1000,
    }
    return Model.model_validate(told | more)


def seats(model: Model, tools: int) -> Sequence[Seat]:
    """Three personas before each of so many tools."""
    several = [
        TOOL.model_copy(update={"id": f"tool-{number}", "description": f"Number {number}. {TOOL.description}"})
        for number in range(tools)
    ]
    panel = Panel(personas=PERSONAS, models=(model,))
    return seats_of(several, panel, PROMPTER, lambda keys, open_round=False: {}).seats


def greeting(token: str, *models: Model) -> Greeting:
    words = dict(PROMPTER.templates)
    return Greeting(token=token, run_id="20260115-120000-aaaaaaaa", models=models, modes={}, templates=words)


def wait_for_calls(server: FastProvider, count: int) -> None:
    """Until so many calls are under way."""
    until = time.monotonic() + 20
    while server.under_way < count and time.monotonic() < until:
        time.sleep(0.02)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunWriter]:
    manifest = Manifest(
        run_id="20260115-120000-aaaaaaaa",
        command=(),
        started_at=NOON,
        tools=(TOOL.id,),
        personas=tuple(item.id for item in PERSONAS),
        models=(),
    )
    with Runs(tmp_path / "runs").create(manifest) as writer:
        yield writer


class Fill:
    """One filling: what was handed on, and what is left."""

    def __init__(self, reach: Threads, run: RunWriter, model: Model, cap: Decimal | None = None) -> None:
        self.records: list[SeatRecord] = []
        self.lines: list[ReplyLine] = []
        self.budget = Budget(cap)
        self.stopped: dict[str, RunStopping] = {}
        self._reach = reach
        self._run = run
        self._model = model

    async def of(self, asked: Sequence[Seat]) -> list[SeatRecord]:
        tariff = Tariff(price, most)
        clock = lambda: dt.datetime.now(dt.UTC).timestamp()  # noqa: E731
        books = Books(
            self._run,
            tariff,
            clock,
            self.budget,
            Teller(unwatched),
            self.records.append,
            self.lines.append,
            self.stopped,
        )
        crew = Workers(self._reach, greeting("", self._model), 8)
        await crew.look()
        looking = asyncio.create_task(crew.keep_looking())
        try:
            await Handing(crew, books, self._run, PROMPTER, clock, self.budget, self.stopped, True).fill(asked)
        finally:
            looking.cancel()
            await crew.leave()
        return self.records


async def test_every_seat_is_asked_once_and_its_line_is_in_the_log(server: FastProvider, run: RunWriter) -> None:
    """Law 11: the driver's log holds a line for each call that the provider saw."""
    model = model_at(server)
    records = await Fill(Threads("a", "b"), run, model).of(seats(model, 8))
    assert sorted(str(record.slot) for record in records) == sorted(str(seat.slot) for seat in seats(model, 8))
    assert {record.verdict.kind if record.verdict else None for record in records} == {"scored"}
    assert [len(turns) for turns in server.log.values()] == [1] * 24
    assert len((run.path / "replies.jsonl").read_text("utf-8").splitlines()) == 24


async def test_both_workers_get_groups_of_their_share(server: FastProvider, run: RunWriter) -> None:
    """Eight calls at once and 500 a minute are four and 250 each."""
    model = model_at(server, requests_per_minute=6001)
    reach = Threads("a", "b")
    await Fill(reach, run, model).of(seats(model, 8))
    shares = {name: Parcel.model_validate_json(parcel) for name, parcel in reach.parcels}
    assert {name: parcel.model.concurrency for name, parcel in shares.items()} == {"a": 4, "b": 4}
    assert {name: parcel.model.requests_per_minute for name, parcel in shares.items()} == {"a": 3001, "b": 3000}
    assert {len(Parcel.model_validate_json(parcel).seats) for _, parcel in reach.parcels} == {4}


async def test_no_parcel_holds_a_key_or_a_path(server: FastProvider, run: RunWriter) -> None:
    model = model_at(server)
    reach = Threads("a")
    await Fill(reach, run, model).of(seats(model, 2))
    sent = " ".join(parcel for _, parcel in reach.parcels)
    assert KEY not in sent
    assert str(run.path) not in sent


async def test_the_group_of_a_lost_worker_is_counted_at_its_bound_and_asked_again(
    server: FastProvider, run: RunWriter
) -> None:
    """What may have been charged is counted; each of its seats has one line that says so, and a verdict."""
    model = model_at(server)
    lost: list[str] = []

    def do(name: str, parcel: str) -> str | None:
        if name == "b" and not lost:
            lost.extend(str(item.plan.slot) for item in Parcel.model_validate_json(parcel).seats)
            reach.names.remove("b")
            raise WorkerGone("killed")
        return None

    reach = Threads("a", "b", do=do)
    fill = Fill(reach, run, model)
    records = await fill.of(seats(model, 8))
    assert {record.verdict.kind if record.verdict else None for record in records} == {"scored"}
    failures = [line for line in fill.lines if line.failure]
    assert sorted(str(line.slot) for line in failures) == sorted(lost)
    assert {line.failure.error for line in failures if line.failure} == {"worker_lost"}
    bounds = [line.failure.cost.at_most_usd for line in failures if line.failure]
    assert all(bound is not None and bound > 0 for bound in bounds)
    assert fill.budget.spent == spent_of(fill.lines)
    assert fill.budget.reserved == 0


async def test_a_seat_with_which_workers_are_lost_again_and_again_is_left_open(
    server: FastProvider, run: RunWriter
) -> None:
    model = model_at(server)

    def do(name: str, parcel: str) -> str | None:
        raise WorkerGone("killed")

    fill = Fill(Threads("a", do=do), run, model)
    records = await fill.of(seats(model, 1))
    assert [record.pending for record in records] == ["worker_lost: killed"] * 3
    assert [record.attempts for record in records] == [MOST_LOSSES + 1] * 3
    assert server.log == {}


async def test_a_process_that_was_not_greeted_asks_nothing(server: FastProvider, run: RunWriter) -> None:
    """Dask may run a task again in a process that took the place of another: it says so, and is greeted."""
    model = model_at(server)
    first = [Returned(unknown=True).model_dump_json()]
    fill = Fill(Threads("a", do=lambda name, parcel: first.pop() if first else None), run, model)
    records = await fill.of(seats(model, 1))
    assert {record.verdict.kind if record.verdict else None for record in records} == {"scored"}
    assert [len(turns) for turns in server.log.values()] == [1] * 3


def test_a_parcel_is_never_begun_twice(server: FastProvider) -> None:
    model = model_at(server)
    told = greeting("t", model)
    worker.greet(workers.__version__, told.model_dump_json())
    parcel = Parcel(place=0, places=1, model=model, general=8, allowance_usd=None, seats=(), inputs={})
    try:
        assert not Returned.model_validate_json(worker.answer("t", "r-1", parcel.model_dump_json())).unknown
        assert Returned.model_validate_json(worker.answer("t", "r-1", parcel.model_dump_json())).unknown
        assert Returned.model_validate_json(worker.answer("other", "r-2", parcel.model_dump_json())).unknown
    finally:
        worker.leave("t")


async def test_lines_of_somebody_elses_seats_are_not_kept(server: FastProvider, run: RunWriter) -> None:
    model = model_at(server)
    alien = ReplyLine.model_validate_json(
        json.dumps(
            {
                "slot": {"tool": "alien", "persona": "builder", "model": "house"},
                "key": "k",
                "failure": {"asked_at": NOON.isoformat(), "latency_s": 1.0, "error": "x"},
            }
        )
    )
    first = [Returned(lines=(alien,)).model_dump_json()]
    fill = Fill(Threads("a", do=lambda name, parcel: first.pop() if first else None), run, model)
    records = await fill.of(seats(model, 1))
    assert {str(line.slot.tool) for line in fill.lines} == {"tool-0"}
    assert {record.verdict.kind if record.verdict else None for record in records} == {"scored"}


async def test_a_reply_that_cannot_be_used_is_asked_about_again_on_the_worker(
    server: FastProvider, run: RunWriter
) -> None:
    """The worker reads replies as the driver does: one group, two calls a seat."""
    server.always("off_schema")
    model = model_at(server)
    reach = Threads("a")
    fill = Fill(reach, run, model)
    records = await fill.of(seats(model, 1))
    assert [len(turns) for turns in server.log.values()] == [3] * 3
    assert Counter(line.asked_because for line in fill.lines) == {"first": 3, "invalid": 6}
    assert {record.verdict.kind if record.verdict else None for record in records} == {"abstained"}
    assert len(reach.parcels) == 1


async def test_the_cap_holds_and_whole_panels_are_asked(server: FastProvider, run: RunWriter) -> None:
    """The budget ends between tools, and every parcel is allowed what was reserved for it."""
    model = model_at(server)
    reach = Threads("a", "b")
    fill = Fill(reach, run, model, cap=Decimal("0.06"))
    records = await fill.of(seats(model, 12))
    done = Counter(record.slot.tool for record in records if record.verdict)
    assert 0 < len(done) < 12
    assert set(done.values()) == {3}
    assert fill.budget.spent <= Decimal("0.06")
    assert fill.stopped["house"].code == "budget"
    assert {record.pending for record in records if not record.verdict} == {"not asked: budget"}
    assert fill.budget.reserved == fill.budget.pledged == 0


async def test_seats_whose_allowance_is_used_up_are_handed_out_again_within_the_cap(
    server: FastProvider, run: RunWriter
) -> None:
    """Asking again may cost more than was reserved for a group: the rest of it is reserved anew."""
    server.always("off_schema")
    model = model_at(server, max_output_tokens=16, price={"input": 1, "output": 1})
    reach = Threads("a")
    fill = Fill(reach, run, model, cap=Decimal(1))
    records = await fill.of(seats(model, 1))
    assert [len(turns) for turns in server.log.values()] == [3] * 3
    assert {record.verdict.kind if record.verdict else None for record in records} == {"abstained"}
    assert len(reach.parcels) > 1
    assert fill.budget.spent == spent_of(fill.lines)


async def test_a_model_without_a_key_on_any_worker_is_not_asked(
    server: FastProvider, run: RunWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOUSE_KEY")
    model = model_at(server)
    fill = Fill(Threads("a", "b"), run, model)
    records = await fill.of(seats(model, 1))
    assert {record.pending for record in records} == {"not asked: no_key"}
    assert "HOUSE_KEY is not set" in fill.stopped["house"].message
    assert fill.lines == []


async def test_what_makes_asking_pointless_stops_its_model(server: FastProvider, run: RunWriter) -> None:
    """The worker tells it, and no group is handed out after that."""
    server.always("insufficient_quota")
    model = model_at(server)
    fill = Fill(Threads("a"), run, model)
    records = await fill.of(seats(model, 40))
    assert fill.stopped["house"].code == "quota"
    assert not any(record.verdict for record in records)
    assert len(server.log) < 60


async def test_a_full_disk_ends_the_run_with_its_own_error(
    server: FastProvider, run: RunWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(line: ReplyLine) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(run, "append", full)
    model = model_at(server)
    with pytest.raises(StoreError, match="full"):
        await Fill(Threads("a"), run, model).of(seats(model, 8))


async def test_interrupted_it_calls_the_workers_off_and_keeps_what_comes_back(run: RunWriter) -> None:
    """Law 11: calls under way at the end of the grace are in the log, as interrupted and perhaps charged."""
    with FastProvider(latency_s=5.0) as slow:
        model = model_at(slow)
        reach = Threads("a")
        fill = Fill(reach, run, model)
        task = asyncio.create_task(fill.of(seats(model, 2)))
        await asyncio.to_thread(wait_for_calls, slow, 6)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert len(reach.stopped) == 1
    assert Counter(line.failure.error for line in fill.lines if line.failure) == {"interrupted": 6}
    assert all(line.failure and line.failure.cost.at_most_usd for line in fill.lines)


async def test_where_the_way_to_the_workers_is_lost_all_models_stop(server: FastProvider, run: RunWriter) -> None:
    model = model_at(server)
    loss = RunStopping("the scheduler is gone", code="cluster_lost")

    def do(name: str, parcel: str) -> str | None:
        raise loss

    fill = Fill(Threads("a", do=do), run, model)
    records = await fill.of(seats(model, 20))
    assert fill.stopped == {"house": loss}
    assert len(records) == 60
    assert {record.pending for record in records} == {
        "cluster_lost: the scheduler is gone",
        "not asked: cluster_lost",
    }


async def test_a_worker_of_another_version_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "__version__", "0.0.9")
    crew = Workers(Threads("tcp://127.0.0.1:1234"), greeting(""), 8)
    await crew.look()
    with pytest.raises(UsageError, match=r"tcp://127\.0\.0\.1:1234: it has panel 0\.0\.9"):
        crew.check()


def test_a_worker_tells_its_version_and_reads_nothing_of_another() -> None:
    said = Welcome.model_validate_json(worker.greet("0.0.9", "not even JSON"))
    assert said == Welcome(version=workers.__version__)


async def test_a_cluster_without_workers_is_refused() -> None:
    crew = Workers(Threads(), greeting(""), 8)
    await crew.look()
    with pytest.raises(UsageError, match="no worker"):
        crew.check()


async def test_where_no_worker_is_left_for_long_the_run_says_so(server: FastProvider, run: RunWriter) -> None:
    now = [0.0]
    model = model_at(server)
    reach = Threads()
    crew = Workers(reach, greeting(""), 8, lambda: now[0])
    await crew.look()
    assert crew.why_nobody(model) is None
    now[0] = workers.PATIENCE_S + 1
    found = crew.why_nobody(model)
    assert found is not None
    assert found.code == "no_worker"


async def test_a_worker_that_comes_later_gets_its_share(server: FastProvider, run: RunWriter) -> None:
    """Shares are dealt anew: four calls at once each, from eight for one."""
    model = model_at(server, concurrency=8)
    reach = Threads("a", do=lambda name, parcel: reach.names.append("b") if "b" not in reach.names else None)
    server.latency_s = 0.05
    await Fill(reach, run, model).of(seats(model, 40))
    first, last = (Parcel.model_validate_json(reach.parcels[place][1]) for place in (0, -1))
    assert (first.places, first.model.concurrency) == (1, 8)
    assert (last.places, last.model.concurrency) == (2, 4)
    assert {name for name, _ in reach.parcels} == {"a", "b"}
