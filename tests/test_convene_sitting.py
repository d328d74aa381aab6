"""Sitting: who goes ahead and who waits, and how many seats of a stream are in hand at a time."""

from __future__ import annotations

import asyncio
import datetime as dt
import weakref
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from panel import bridge
from panel.clients import resolve
from panel.clients.offline import OfflineClient
from panel.convene import Sitting, Tariff, convene, sitting
from panel.errors import RunStopping, SeatFailed
from panel.prompts import Prompter
from panel.records.model import Model
from panel.records.panel import Panel
from panel.records.prompt import Prompt
from panel.records.reply import Cost, Reply, Usage
from panel.records.run import Manifest, ReplyLine
from panel.records.seat import SeatRecord
from panel.seating import Seat, seats_of
from panel.store import Runs, RunWriter
from panel.testing import NOON, TOOL, persona, reply_of, reply_text

MODEL = Model(name="openai/test", provider="openai", model="test", endpoint="https://api.openai.com/v1")
PAIR = (persona("builder"), persona("skeptic"))
PROMPTER = Prompter.load(Path(__file__).parents[1] / "prompts")
GOOD = {f"review_{item.id}": reply_text(item) for item in PAIR}


def free(model: Model, usage: Usage | None, at: dt.datetime, served: str | None, tier: str | None = None) -> Cost:
    return Cost(usd=Decimal(0), source="a test")


FREE = Tariff(free, lambda model, prompt, at: Cost(usd=Decimal(0), source="a test"))


def seats(tools: int) -> Sequence[Seat]:
    """Two personas before each of so many tools."""
    several = [TOOL.model_copy(update={"id": f"tool-{number}"}) for number in range(tools)]
    return seats_of(several, Panel(personas=PAIR, models=(MODEL,)), PROMPTER, lambda keys, open_round=False: {}).seats


def manifest() -> Manifest:
    return Manifest(
        run_id="20260115-120000-aaaaaaaa",
        command=(),
        started_at=NOON,
        tools=(TOOL.id,),
        personas=tuple(item.id for item in PAIR),
        models=(MODEL,),
    )


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunWriter]:
    with Runs(tmp_path / "runs").create(manifest()) as writer:
        yield writer


class Held:
    """A client that answers when `answers` is set, and remembers who has been asked; `all_asked` from six calls on."""

    name = MODEL.name

    def __init__(self, *first: str | Exception) -> None:
        self.asked: Counter[str] = Counter()
        self.answers = asyncio.Event()
        self.all_asked = asyncio.Event()
        self.first = list(first)

    async def ask(self, prompt: Prompt) -> Reply:
        self.asked[prompt.schema_name] += 1
        if self.asked.total() == 6:
            self.all_asked.set()
        if self.first:
            answer = self.first.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return reply_of(answer)
        await self.answers.wait()
        return reply_of(GOOD[prompt.schema_name])


async def settled() -> None:
    """Until nothing happens any more that does not wait for an answer."""
    for _ in range(50):
        await asyncio.sleep(0)


def sit(run: RunWriter, client: Any, to_fill: Any, **how: Any) -> asyncio.Task[Sitting]:
    given = {"tariff": FREE, "clock": NOON.timestamp, "concurrency": 50} | how
    return asyncio.create_task(convene(to_fill, {MODEL.name: client}, run, PROMPTER, **given))


class TestWarming:
    async def test_the_first_seat_of_a_prefix_is_answered_before_the_others_are_asked(self, run: RunWriter) -> None:
        """Five tools before two personas: one call of each persona, and the others once it has been answered."""
        client = Held()
        task = sit(run, client, seats(5), warm={MODEL.name})
        await settled()
        assert client.asked == {"review_builder": 1, "review_skeptic": 1}
        client.answers.set()
        assert len((await task).records) == 10
        assert client.asked == {"review_builder": 5, "review_skeptic": 5}

    async def test_without_it_nothing_is_held_back(self, run: RunWriter) -> None:
        client = Held()
        task = sit(run, client, seats(5))
        await settled()
        assert client.asked == {"review_builder": 5, "review_skeptic": 5}
        client.answers.set()
        await task

    @pytest.mark.parametrize(
        "first",
        [
            pytest.param("no answer at all", id="a reply that is asked about again has warmed it"),
            pytest.param(SeatFailed("down", code="down", retryable=False), id="a seat that failed is not waited for"),
        ],
    )
    async def test_the_others_wait_for_one_answer_and_no_longer(self, run: RunWriter, first: str | Exception) -> None:
        client = Held(first)
        task = sit(run, client, [seat for seat in seats(3) if seat.persona.id == "builder"], warm={MODEL.name})
        await settled()
        assert client.asked["review_builder"] >= 3
        client.answers.set()
        await task

    async def test_a_first_seat_that_is_not_answered_holds_the_others_back_for_a_while_only(
        self, run: RunWriter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its server may be down for as long as a seat may take; a saved tenth of a cent is not worth that."""
        monkeypatch.setattr(sitting, "WARMING_S", 0.01)
        client = Held()
        task = sit(run, client, seats(3), warm={MODEL.name})
        async with asyncio.timeout(10):
            await client.all_asked.wait()
        client.answers.set()
        assert len((await task).records) == 6

    async def test_a_model_that_stops_lets_all_go(self, run: RunWriter) -> None:
        client = Held(RunStopping("no credit", code="quota"), RunStopping("no credit", code="quota"))
        done = await asyncio.wait_for(sit(run, client, seats(4), warm={MODEL.name}), 10)
        assert [record.verdict for record in done.records] == [None] * 8
        assert client.asked.total() <= 2


class TestStream:
    """Seats of a stream of any length: memory and open files depend on the window, and not on the stream."""

    async def test_no_more_seats_are_in_hand_than_its_bound(self, run: RunWriter) -> None:
        """Drawn and not handed on: the window, and `AHEAD` for each that may be asked at the same time."""
        drawn = done = most = 0

        def stream() -> Iterator[Seat]:
            nonlocal drawn, most
            for seat in seats(30):
                drawn += 1
                most = max(most, drawn - done)
                yield seat

        def handed(record: SeatRecord) -> None:
            nonlocal done
            done += 1

        client = Held()
        client.answers.set()
        result = await sit(run, client, stream(), window=4, concurrency=2, hand_on=handed)
        assert (drawn, done, result.records) == (60, 60, ())
        assert most <= 4 + sitting.AHEAD * 2

    async def test_nothing_is_drawn_while_all_wait_for_answers(self, run: RunWriter) -> None:
        drawn = 0

        def stream() -> Iterator[Seat]:
            nonlocal drawn
            for seat in seats(30):
                drawn += 1
                yield seat

        client = Held()
        task = sit(run, client, stream(), window=4, concurrency=2, hand_on=lambda record: None)
        await settled()
        assert drawn == 8
        assert client.asked.total() == 2
        client.answers.set()
        await task
        assert drawn == 60

    async def test_what_a_question_is_made_of_is_on_the_disk_before_it_is_asked(self, run: RunWriter) -> None:
        """Law 11, window by window: whoever is asked stands in the plan."""
        planned: list[int] = []

        class Looks(Held):
            async def ask(self, prompt: Prompt) -> Reply:
                planned.append(len(Runs(run.path.parent).open(run.run_id).plan()))
                return await super().ask(prompt)

        client = Looks()
        client.answers.set()
        await sit(run, client, iter(seats(6)), window=4, concurrency=1, hand_on=lambda record: None)
        assert [count >= asked for asked, count in enumerate(planned, start=1)] == [True] * 12
        assert planned[0] == 4

    async def test_records_that_were_handed_on_are_not_kept(self, run: RunWriter) -> None:
        """Nor what they were made of: memory does not grow with the stream."""
        refs: list[weakref.ref[SeatRecord]] = []
        most = 0

        def handed(record: SeatRecord) -> None:
            nonlocal most
            refs.append(weakref.ref(record))
            most = max(most, sum(ref() is not None for ref in refs))

        client = Held()
        client.answers.set()
        await sit(run, client, iter(seats(30)), window=4, concurrency=2, hand_on=handed)
        assert len(refs) == 60
        assert most <= 4 + sitting.AHEAD * 2

    async def test_without_hand_on_the_records_come_in_the_order_of_the_seats(self, run: RunWriter) -> None:
        client = Held()
        client.answers.set()
        to_fill = seats(5)
        done = await sit(run, client, iter(to_fill), window=3, concurrency=2)
        assert [record.slot for record in done.records] == [seat.slot for seat in to_fill]


OFFLINE = resolve("offline")


class TestOffline:
    """The offline rubric waits for nothing: its seats are filled in turn, with an event loop or without."""

    @staticmethod
    def begun(run: RunWriter, tools: int, **how: Any) -> partial[Coroutine[Any, Any, Sitting]]:
        several = [TOOL.model_copy(update={"id": f"tool-{number}"}) for number in range(tools)]
        panel = Panel(personas=PAIR, models=(OFFLINE,))
        to_fill = seats_of(several, panel, PROMPTER, lambda keys, open_round=False: {}).seats
        clients = {OFFLINE.name: OfflineClient()}
        return partial(convene, to_fill, clients, run, PROMPTER, tariff=FREE, clock=NOON.timestamp, **how)

    async def test_with_a_loop_and_without_the_same_seats_are_filled(self, tmp_path: Path) -> None:
        told: list[list[str]] = []
        for name in ("with", "without"):
            with Runs(tmp_path / name).create(manifest()) as run:
                work = self.begun(run, 3)
                done = await work() if name == "with" else bridge.compute(work)
            told.append([str(record.slot) for record in done.records])
        assert told[0] == told[1]
        assert len(told[0]) == 6

    async def test_a_loop_can_cancel_it_between_two_seats(self, run: RunWriter) -> None:
        """So that Ctrl-C ends a catalogue of thousands, and what was answered is kept."""
        kept: list[str] = []

        def stored(line: ReplyLine) -> None:
            kept.append(line.key)
            if len(kept) == 2:
                task.cancel()

        task = asyncio.ensure_future(self.begun(run, 5, kept=stored)())
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(kept) == 2

    def test_without_a_loop_an_interruption_ends_it_at_once(self, run: RunWriter) -> None:
        kept: list[str] = []

        def stored(line: ReplyLine) -> None:
            kept.append(line.key)
            if len(kept) == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            bridge.compute(self.begun(run, 5, kept=stored))
        assert [line.key for line in Runs(run.path.parent).open(run.run_id).replies()] == kept
