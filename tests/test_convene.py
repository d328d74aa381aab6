"""Convene: every seat at once, every reply on disk before it is parsed, every failure its own."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from panel import convene as convening
from panel.convene import Sitting
from panel.errors import RunStopping, SeatFailed, StoreError
from panel.prompts import Prompter
from panel.records.model import Model
from panel.records.panel import Panel
from panel.records.prompt import Prompt
from panel.records.reply import Cost, Reply, Usage
from panel.records.review import review_of
from panel.records.run import Manifest, ReplyLine
from panel.records.seat import SeatRecord
from panel.records.verdict import Abstained, AbstainReason, Scored
from panel.records.vote import Badge
from panel.reparse import reparse
from panel.seating import Seat, seats_of
from panel.store import Runs, RunWriter
from panel.testing import NOON, TOOL, ScriptedClient, persona, reply_of, reply_text

MODEL = Model(name="openai/test", provider="openai", model="test", endpoint="https://api.openai.com/v1")
FOUR = tuple(persona(name) for name in ("builder", "skeptic", "futurist", "founder"))
PROMPTER = Prompter.load(Path(__file__).parents[1] / "prompts")


def manifest(run_id: str = "20260115-120000-aaaaaaaa") -> Manifest:
    return Manifest(
        run_id=run_id,
        command=("panel", "review"),
        started_at=NOON,
        tools=(TOOL.id,),
        personas=tuple(item.id for item in FOUR),
        models=(MODEL,),
    )


def seats(panel: Panel | None = None, held: Mapping[str, SeatRecord] | None = None, **flags: bool) -> list[Seat]:
    return seats_of([TOOL], panel or Panel(personas=FOUR, models=(MODEL,)), PROMPTER, lambda keys: held or {}, **flags)


def free(model: Model, usage: Usage | None, at: dt.datetime, served: str | None) -> Cost:
    return Cost(usd=Decimal("0.01"), source="a test")


async def convene(run: RunWriter, client: object, to_fill: Sequence[Seat] | None = None) -> Sitting:
    return await convening.convene(
        to_fill if to_fill is not None else seats(),
        {MODEL.name: client},  # type: ignore[dict-item]
        run,
        PROMPTER,
        pricing=free,
        clock=lambda: NOON.timestamp(),
    )


def script(**rows: object) -> ScriptedClient:
    """One answer per persona: a ship at 72 unless said otherwise."""
    answers = {f"review_{item.id}": [rows.get(item.id, reply_text(item))] for item in FOUR}
    return ScriptedClient(
        MODEL.name, {key: row[0] if isinstance(row[0], list) else row for key, row in answers.items()}
    )


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs")


async def test_a_panel_of_four_makes_a_review(runs: Runs) -> None:
    """Four valid replies, three ships and a skip: a Ship, by two thirds of the votes invited."""
    with runs.create(manifest()) as run, script(skeptic=reply_text(FOUR[1], score=40)) as client:
        sitting = await convene(run, client)
    review = review_of(TOOL, FOUR, sitting.records)
    assert (review.badge, review.tallies[0].words) == (Badge.SHIP, "3 ship / 1 skip")
    assert review.cost_usd == Decimal("0.04")


async def test_every_reply_is_on_disk_before_it_is_parsed(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 11: when the parser is entered, the reply it is about to read has been appended."""
    stored_at_parse: list[int] = []

    with runs.create(manifest()) as run:
        real = convening.seat_record

        def spy(run_id: str, asked: object, lines: Sequence[ReplyLine]) -> SeatRecord:
            stored = [line.slot for line in runs.open(run.run_id).replies()]
            stored_at_parse.append(sum(slot == lines[0].slot for slot in stored))
            return real(run_id, asked, lines)  # type: ignore[arg-type]

        monkeypatch.setattr(convening, "seat_record", spy)
        await convene(run, script())
    assert stored_at_parse == [1, 1, 1, 1]


async def test_one_seats_failure_is_its_own(runs: Runs) -> None:
    """A seat without a reply stays pending with the reason; the others vote; the review is incomplete."""
    down = SeatFailed("the server did not answer", code="timeout", billed=True)
    with runs.create(manifest()) as run:
        sitting = await convene(run, script(futurist=down))
    review = review_of(TOOL, FOUR, sitting.records)
    assert [record.verdict is None for record in sitting.records] == [False, False, True, False]
    assert sitting.records[2].pending == "timeout: the server did not answer"
    assert (review.badge, review.complete) == (Badge.INCOMPLETE, False)
    assert review.title == "Alder Queue: Incomplete (Futurist missing)"


async def test_a_client_with_a_bug_costs_its_seat_and_not_the_review(runs: Runs) -> None:
    """A client is anybody's code."""
    with runs.create(manifest()) as run:
        sitting = await convene(run, script(builder=ZeroDivisionError("oops")))
    assert sitting.records[0].pending == "client_fault: the client of openai/test failed: ZeroDivisionError"
    assert sum(record.verdict is not None for record in sitting.records) == 3


async def test_what_makes_asking_pointless_stops_the_model_and_keeps_what_arrived(runs: Runs) -> None:
    """After a key is refused, seats not yet asked are not asked; those that answered count."""

    class Refusing:
        name = MODEL.name
        asked = 0

        async def ask(self, prompt: Prompt) -> Reply:
            self.asked += 1
            if self.asked == 1:
                return reply_of(reply_text(FOUR[0]))
            raise RunStopping("the key was refused", code="auth", status=401)

    client = Refusing()
    with runs.create(manifest()) as run:
        sitting = await convening.convene(
            seats(), {MODEL.name: client}, run, PROMPTER, pricing=free, clock=lambda: 0.0, concurrency=1
        )
    assert client.asked == 2
    assert sitting.stopped is not None
    assert sitting.stopped.code == "auth"
    assert [record.pending for record in sitting.records] == [
        None,
        "auth: the key was refused",
        "not asked: auth",
        "not asked: auth",
    ]


async def test_a_contradiction_is_asked_again_once(runs: Runs) -> None:
    """Law 3: the second prompt names the contradiction and keeps the fence; a reply that agrees then counts."""
    builder = FOUR[0]
    with runs.create(manifest()) as run:
        client = script(builder=[reply_text(builder, score=72, verdict="skip"), reply_text(builder, score=55)])
        sitting = await convene(run, client)
    second = next(prompt for prompt in client.prompts if "could not be used" in prompt.messages[1].content)
    assert second.fenced() == TOOL.fields()
    assert "72" in second.messages[1].content.rsplit("⟧", 1)[1]
    verdict = sitting.records[0].verdict
    assert isinstance(verdict, Scored)
    assert (verdict.score, verdict.call) == (55, "skip")
    assert sitting.records[0].cost.usd == Decimal("0.02")


async def test_a_contradiction_that_stands_abstains(runs: Runs) -> None:
    """Law 3: never silently picked; the seat abstains as inconsistent, after exactly one more ask."""
    builder = FOUR[0]
    twice = [reply_text(builder, score=72, verdict="skip")] * 2
    with runs.create(manifest()) as run, script(builder=twice) as client:
        sitting = await convene(run, client)
    verdict = sitting.records[0].verdict
    assert isinstance(verdict, Abstained)
    assert verdict.reason is AbstainReason.INCONSISTENT


async def test_garbage_abstains_and_its_text_is_kept(runs: Runs) -> None:
    """Law 4: what cannot be read becomes no number, and the raw text stays."""
    with runs.create(manifest()) as run:
        sitting = await convene(run, script(founder="I would give it 85/100, ship it!"))
        stored = [line.reply.text for line in runs.open(run.run_id).replies() if line.reply]
    assert isinstance(sitting.records[3].verdict, Abstained)
    assert "I would give it 85/100, ship it!" in stored


async def test_a_stored_run_gives_the_same_verdicts_again_for_nothing(runs: Runs) -> None:
    """Law 11: reparse needs the folder alone, and finds what was found."""
    with runs.create(manifest()) as run:
        sitting = await convene(run, script(skeptic="nonsense", founder=SeatFailed("down", code="down")))
    assert reparse(runs.open(run.run_id)) == list(sitting.records)


async def test_the_first_reply_that_scores_is_the_verdict(runs: Runs) -> None:
    """Law 11: within a run nobody re-rolls a seat; later replies are kept and priced, and change nothing."""
    with runs.create(manifest()) as run:
        await convene(run, script())
    reader = runs.open(run.run_id)
    first, *_ = reader.replies()
    better = reply_of(reply_text(FOUR[0], score=95))
    with runs.resume(run.run_id) as again:
        again.append(first.model_copy(update={"reply": better, "ask": 1}))
    record = reparse(runs.open(run.run_id))[0]
    assert record.scored is not None
    assert record.scored.score == 72


async def test_interrupting_keeps_what_arrived(runs: Runs) -> None:
    """Ctrl-C cancels: replies that came are on disk and can be settled, the rest is pending."""

    class Slow:
        name = MODEL.name

        async def ask(self, prompt: Prompt) -> Reply:
            if prompt.schema_name != "review_builder":
                await asyncio.sleep(60)
            return reply_of(reply_text(FOUR[0]))

    with runs.create(manifest()) as run:
        landed = asyncio.Event()
        sitting = convening.convene(
            seats(),
            {MODEL.name: Slow()},
            run,
            PROMPTER,
            pricing=free,
            clock=lambda: 0.0,
            watch=lambda event: landed.set() if event.happening == "landed" else None,
        )
        task = asyncio.create_task(sitting)
        await landed.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    records = reparse(runs.open(run.run_id))
    assert [record.verdict is not None for record in records] == [True, False, False, False]
    assert records[1].pending == "not asked yet"


async def test_a_run_that_cannot_be_written_stops_with_the_stores_error(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is no seat's failure: asking on would buy what cannot be kept."""
    with runs.create(manifest()) as run:

        def full(line: ReplyLine) -> None:
            raise StoreError("the disk is full")

        monkeypatch.setattr(run, "append", full)
        with pytest.raises(StoreError, match="the disk is full"):
            await convene(run, script())


async def test_at_most_so_many_are_asked_at_a_time(runs: Runs) -> None:
    """The concurrency given is never exceeded."""

    class Counting:
        name = MODEL.name
        now = most = 0

        async def ask(self, prompt: Prompt) -> Reply:
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0.002)
            self.now -= 1
            return reply_of(reply_text(FOUR[0]))

    client = Counting()
    panel = Panel(personas=FOUR, models=(MODEL,), repeats=5)
    with runs.create(manifest()) as run:
        await convening.convene(
            seats(panel), {MODEL.name: client}, run, PROMPTER, pricing=free, clock=lambda: 0.0, concurrency=3
        )
    assert client.most == 3


class TestWhatIsHeld:
    """Fresh seats are reused; nobody re-rolls one seat until it ships (law 11)."""

    async def buy(self, runs: Runs, run_id: str, to_fill: list[Seat], client: ScriptedClient) -> None:
        with runs.create(manifest(run_id)) as run, client:
            sitting = await convene(run, client, to_fill)
            run.write_verdicts([record for record, seat in zip(sitting.records, to_fill, strict=True) if not seat.held])

    def plan(self, runs: Runs, **flags: bool) -> list[Seat]:
        return seats_of([TOOL], Panel(personas=FOUR, models=(MODEL,)), PROMPTER, runs.held, **flags)

    async def test_a_question_already_answered_is_not_asked_again(self, runs: Runs) -> None:
        """The same command again asks nobody and gives the same records."""
        await self.buy(runs, "a", self.plan(runs), script())
        again = self.plan(runs)
        assert all(seat.held for seat in again)
        await self.buy(runs, "b", again, ScriptedClient(MODEL.name, []))
        assert list(runs.open("b").replies()) == []
        assert {line.held_by for line in runs.open("b").plan()} == {"a"}

    async def test_again_adds_a_repeat_of_every_seat_that_counts_from_then_on(self, runs: Runs) -> None:
        """Law 11: --again asks the whole panel once more; without it the repeats stay two."""
        await self.buy(runs, "a", self.plan(runs), script())
        more = self.plan(runs, again=True)
        assert [(seat.slot.persona, seat.slot.repeat, seat.held is None) for seat in more[:2]] == [
            ("builder", 0, False),
            ("builder", 1, True),
        ]
        await self.buy(runs, "b", more, script())
        assert [seat.slot.repeat for seat in self.plan(runs)] == [0, 1] * 4

    async def test_refresh_asks_the_whole_panel_anew(self, runs: Runs) -> None:
        """Law 11: across runs the reply asked last is the verdict."""
        await self.buy(runs, "a", self.plan(runs), script())
        anew = self.plan(runs, refresh=True)
        assert not any(seat.held for seat in anew)

    async def test_a_failed_seat_is_asked_again_and_the_others_are_not(self, runs: Runs) -> None:
        """Finishing a review is repeating the command."""
        await self.buy(runs, "a", self.plan(runs), script(skeptic=SeatFailed("down")))
        assert [seat.slot.persona for seat in self.plan(runs) if not seat.held] == ["skeptic"]

    async def test_an_answer_of_an_older_model_behind_the_same_alias_is_stale(self, runs: Runs) -> None:
        """Where the alias now serves another model, what the old one said is not reused beside the new."""
        await self.buy(runs, "a", self.plan(runs), script())
        held = {seat.key: seat.held for seat in self.plan(runs) if seat.held}
        key, record = next(iter(held.items()))
        later = record.asked_at + dt.timedelta(days=1) if record.asked_at else None
        newer = record.model_copy(update={"model_served": "test-2026-06", "asked_at": later})
        plan = seats_of([TOOL], Panel(personas=FOUR, models=(MODEL,)), PROMPTER, lambda keys: {**held, key: newer})
        assert [seat.key for seat in plan if seat.held] == [key]

    async def test_an_abstention_is_settled(self, runs: Runs) -> None:
        """A seat that answered unreadably is not asked until it says something nicer."""
        await self.buy(runs, "a", self.plan(runs), script(skeptic="nonsense"))
        assert all(seat.held for seat in self.plan(runs))
