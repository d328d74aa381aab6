"""Convene: every seat at once, every reply on disk before it is parsed, every failure its own."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from panel import convene as convening
from panel.accounts import Account, settle_cut_runs
from panel.convene import Event, Sitting, Tariff
from panel.convene import asker as asking
from panel.errors import RunStopping, SeatFailed, StoreError
from panel.prompts import Prompter
from panel.records.model import Model
from panel.records.panel import Panel
from panel.records.persona import Persona
from panel.records.prompt import Prompt
from panel.records.reply import Cost, Reply, Usage
from panel.records.review import review_of
from panel.records.run import Manifest, ReplyLine
from panel.records.seat import SeatRecord
from panel.records.verdict import Abstained, AbstainReason, Scored
from panel.records.vote import Badge
from panel.reparse import reparse
from panel.seating import Seat, Seating, seats_of
from panel.store import Runs, RunWriter
from panel.testing import NOON, TOOL, ScriptedClient, persona, reply_of, reply_text
from panel.view import recall

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


def nothing(keys: Sequence[str], *, open_round: bool = False) -> Mapping[str, SeatRecord]:
    return {}


def seats(panel: Panel | None = None) -> Sequence[Seat]:
    return seats_of([TOOL], panel or Panel(personas=FOUR, models=(MODEL,)), PROMPTER, nothing).seats


def cents(model: Model, usage: Usage | None, at: dt.datetime, served: str | None, tier: str | None = None) -> Cost:
    return Cost(usd=Decimal("0.01"), source="a test")


def at_most(model: Model, prompt: Prompt, at: dt.datetime) -> Cost:
    return Cost(usd=Decimal("0.05"), source="a test")


CENTS = Tariff(cents, at_most)


async def convene(run: RunWriter, client: object, to_fill: Sequence[Seat] | None = None) -> Sitting:
    return await convening.convene(
        to_fill if to_fill is not None else seats(),
        {MODEL.name: client},  # type: ignore[dict-item]
        run,
        PROMPTER,
        tariff=CENTS,
        clock=lambda: NOON.timestamp(),
    )


def down() -> SeatFailed:
    """A failure that calling again cannot help."""
    return SeatFailed("down", code="down", retryable=False)


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
        real = asking.seat_record

        def spy(run_id: str, asked: object, lines: Sequence[ReplyLine]) -> SeatRecord:
            stored = [line.slot for line in runs.open(run.run_id).replies()]
            stored_at_parse.append(sum(slot == lines[0].slot for slot in stored))
            return real(run_id, asked, lines)  # type: ignore[arg-type]

        monkeypatch.setattr(asking, "seat_record", spy)
        await convene(run, script())
    assert stored_at_parse == [1, 1, 1, 1]


async def test_one_seats_failure_is_its_own(runs: Runs) -> None:
    """A seat without a reply stays pending with the reason; the others vote; the review is incomplete."""
    down = SeatFailed("the server did not answer", code="timeout", billed=True, retryable=False)
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
            seats(), {MODEL.name: client}, run, PROMPTER, tariff=CENTS, clock=lambda: 0.0, concurrency=1
        )
    assert client.asked == 2
    assert {name: error.code for name, error in sitting.stopped.items()} == {MODEL.name: "auth"}
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
        sitting = await convene(run, script(founder=["I would give it 85/100, ship it!"] * 3))
        stored = [line.reply.text for line in runs.open(run.run_id).replies() if line.reply]
    assert isinstance(sitting.records[3].verdict, Abstained)
    assert "I would give it 85/100, ship it!" in stored


async def test_a_stored_run_gives_the_same_verdicts_again_for_nothing(runs: Runs) -> None:
    """Law 11: reparse needs the folder alone, and finds what was found."""
    with runs.create(manifest()) as run:
        sitting = await convene(run, script(skeptic=["nonsense"] * 3, founder=down()))
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
    """Ctrl-C cancels: replies that came are on disk and can be settled, the rest is pending.

    A call that was under way may have been charged, and has a line that says so, so that a cap holds over resumes.
    """

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
            tariff=CENTS,
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
    assert (records[1].pending or "").startswith("interrupted: ")
    assert [(record.attempts, record.cost.usd, record.cost.at_most_usd) for record in records[1:]] == [
        (1, None, Decimal("0.05"))
    ] * 3


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
            seats(panel), {MODEL.name: client}, run, PROMPTER, tariff=CENTS, clock=lambda: 0.0, concurrency=3
        )
    assert client.most == 3


class TestWhatIsHeld:
    """Fresh seats are reused; nobody re-rolls one seat until it ships (law 11)."""

    async def buy(self, runs: Runs, run_id: str, seating: Seating, client: ScriptedClient) -> None:
        """Carry out a seating as the desk does."""
        begins = manifest(run_id).model_copy(update={"refresh": seating.anew})
        with runs.create(begins) as run, client:
            sitting = await convene(run, client, seating.seats)
            run.write_verdicts(sitting.records)
            account = Account()
            for record, seat in zip(sitting.records, seating.seats, strict=True):
                account.record(record, held=seat.held is not None)
            run.finish(account.totals(), NOON)

    def plan(self, runs: Runs, personas: Sequence[Persona] = FOUR, repeats: int = 1, **flags: bool) -> Seating:
        panel = Panel(personas=tuple(personas), models=(MODEL,), repeats=repeats)
        return seats_of([TOOL], panel, PROMPTER, runs.held, **flags)

    async def test_a_question_already_answered_is_not_asked_again(self, runs: Runs) -> None:
        """The same command again asks nobody, and its run holds the same records on its own."""
        await self.buy(runs, "a", self.plan(runs), script())
        again = self.plan(runs)
        assert all(seat.held for seat in again.seats)
        await self.buy(runs, "b", again, ScriptedClient(MODEL.name, []))
        assert list(runs.open("b").replies()) == []
        assert {line.held_by for line in runs.open("b").plan()} == {"a"}
        assert runs.open("b").verdicts() == runs.open("a").verdicts()

    async def test_again_adds_a_repeat_of_every_seat_that_counts_from_then_on(self, runs: Runs) -> None:
        """Law 11: --again asks the whole panel once more; without it the repeats stay two."""
        await self.buy(runs, "a", self.plan(runs), script())
        more = self.plan(runs, again=True).seats
        assert [(seat.slot.persona, seat.slot.repeat, seat.held is None) for seat in more[:2]] == [
            ("builder", 0, False),
            ("builder", 1, True),
        ]
        await self.buy(runs, "b", self.plan(runs, again=True), script())
        assert [seat.slot.repeat for seat in self.plan(runs).seats] == [0, 1] * 4

    async def test_again_finishes_the_repeat_it_began_before_it_adds_another(self, runs: Runs) -> None:
        """Interrupted after one seat, the same command asks the other three."""
        await self.buy(runs, "a", self.plan(runs), script())
        await self.buy(runs, "b", self.plan(runs, again=True), script(skeptic=down(), futurist=down(), founder=down()))
        rest = [seat.slot.persona for seat in self.plan(runs, again=True).seats if not seat.held]
        assert rest == ["skeptic", "futurist", "founder"]

    async def test_repeats_of_one_persona_multiply_nobody_elses(self, runs: Runs) -> None:
        """Only what was asked for is bought."""
        await self.buy(runs, "a", self.plan(runs, FOUR[:1], repeats=5), five_times(FOUR[0]))
        whole = self.plan(runs).seats
        assert [seat.slot.persona for seat in whole if not seat.held] == ["skeptic", "futurist", "founder"]
        assert sum(seat.slot.persona == "builder" for seat in whole) == 5

    async def test_refresh_asks_the_whole_panel_anew(self, runs: Runs) -> None:
        """Law 11: across runs the reply asked last is the verdict."""
        await self.buy(runs, "a", self.plan(runs), script())
        assert not any(seat.held for seat in self.plan(runs, refresh=True).seats)

    async def test_a_round_that_was_not_finished_changes_nothing(self, runs: Runs) -> None:
        """Law 11: after an interrupted --refresh the old panel stands; the same command asks only for the rest."""
        await self.buy(runs, "a", self.plan(runs), script(builder=reply_text(FOUR[0], score=30)))
        half = script(skeptic=down(), futurist=down(), founder=down())
        await self.buy(runs, "b", self.plan(runs, refresh=True), half)
        assert {seat.held.run_id for seat in self.plan(runs).seats if seat.held} == {"a"}
        rest = self.plan(runs, refresh=True)
        assert [seat.slot.persona for seat in rest.seats if not seat.held] == ["skeptic", "futurist", "founder"]
        others = {f"review_{item.id}": [reply_text(item)] for item in FOUR[1:]}
        await self.buy(runs, "c", rest, ScriptedClient(MODEL.name, others))
        assert [seat.held.scored.score for seat in self.plan(runs).seats if seat.held and seat.held.scored] == [72] * 4
        assert not any(seat.held for seat in self.plan(runs, refresh=True).seats)

    async def test_a_failed_seat_is_asked_again_and_the_others_are_not(self, runs: Runs) -> None:
        """Finishing a review is repeating the command."""
        await self.buy(runs, "a", self.plan(runs), script(skeptic=down()))
        assert [seat.slot.persona for seat in self.plan(runs).seats if not seat.held] == ["skeptic"]

    async def test_another_model_behind_the_alias_asks_the_whole_panel_anew(self, runs: Runs) -> None:
        """Never single seats: another tool was answered by a newer model, so this panel is stale as a whole."""
        await self.buy(runs, "a", self.plan(runs), script())
        other = TOOL.model_copy(update={"id": "birch", "name": "Birch Queue"})
        newer = {f"review_{item.id}": [served("test-2026-06", item)] for item in FOUR}
        panel = Panel(personas=FOUR, models=(MODEL,))
        await self.buy(runs, "b", seats_of([other], panel, PROMPTER, runs.held), ScriptedClient(MODEL.name, newer))
        both = seats_of([TOOL, other], panel, PROMPTER, runs.held)
        assert both.aged == ("alder-queue by openai/test",)
        assert [seat.slot.tool for seat in both.seats if not seat.held] == ["alder-queue"] * 4

    async def test_a_server_that_names_its_model_differently_each_time_is_not_asked_again(self, runs: Runs) -> None:
        """Law 11: a panel answered in one go is one panel; repeating the command re-rolls nothing."""
        mixed = {f"review_{item.id}": [served(f"test-{item.id}", item)] for item in FOUR}
        await self.buy(runs, "a", self.plan(runs), ScriptedClient(MODEL.name, mixed))
        assert all(seat.held for seat in self.plan(runs).seats)

    async def test_an_abstention_is_settled(self, runs: Runs) -> None:
        """A seat that answered unreadably is not asked until it says something nicer."""
        await self.buy(runs, "a", self.plan(runs), script(skeptic=["nonsense"] * 3))
        assert all(seat.held for seat in self.plan(runs).seats)


def served(name: str, item: Persona) -> Reply:
    """A reply of a persona, served by a model of this name, a day later."""
    later = NOON + dt.timedelta(days=1)
    return reply_of(reply_text(item)).model_copy(update={"model_served": name, "asked_at": later})


def five_times(item: Persona) -> ScriptedClient:
    return ScriptedClient(MODEL.name, {f"review_{item.id}": [reply_text(item)] * 5})


async def test_a_watcher_that_breaks_costs_no_seat(runs: Runs) -> None:
    """A closed terminal is not a reason to lose what was paid for."""

    def broken(event: Event) -> None:
        raise OSError("no space left on device")

    with runs.create(manifest()) as run:
        sitting = await convening.convene(
            seats(), {MODEL.name: script()}, run, PROMPTER, tariff=CENTS, clock=lambda: 0.0, watch=broken
        )
    assert all(record.scored for record in sitting.records)


class TestDamagedRuns:
    """What was bought is told, kept and never bought again because a derived file is damaged."""

    @pytest.fixture
    async def bought(self, runs: Runs) -> Path:
        with runs.create(manifest()) as run:
            sitting = await convene(run, script())
            run.write_verdicts(sitting.records)
            run.finish(Account().totals(), NOON)
        return run.path

    def test_lost_verdicts_are_read_again(self, runs: Runs, bought: Path) -> None:
        """Law 11: also of a finished run."""
        before = runs.open("latest").verdicts()
        (bought / "verdicts.jsonl").unlink()
        assert "the 4 replies it had bought are used" in settle_cut_runs(runs)[0]
        assert runs.open("latest").verdicts() == before

    def test_a_lost_plan_destroys_no_verdict(self, runs: Runs, bought: Path) -> None:
        """Reading again stops before it replaces anything."""
        before = (bought / "verdicts.jsonl").read_text("utf-8")
        (bought / "plan.jsonl").unlink()
        reader = runs.open("latest")
        with pytest.raises(StoreError, match=r"replies of 4 seats that its plan\.jsonl does not name"):
            reparse(reader)
        assert (bought / "verdicts.jsonl").read_text("utf-8") == before

    @pytest.mark.parametrize("damage", ['"messages":[]', '"tool":"x"'], ids=["no messages", "no such tool"])
    def test_a_run_that_does_not_fit_together_stops_no_other_command(
        self, runs: Runs, bought: Path, damage: str
    ) -> None:
        """It is told in a note, and left as it is."""
        key = damage.split(":")[0]
        plan = (bought / "plan.jsonl").read_text("utf-8")
        (bought / "plan.jsonl").write_text(re.sub(rf"{key}:(\[[^]]*\]|\"[^\"]*\")", damage, plan, count=1), "utf-8")
        (bought / "verdicts.jsonl").unlink()
        assert any(bought.name in note for note in settle_cut_runs(runs))

    def test_a_recalled_review_is_the_review(self, runs: Runs, bought: Path) -> None:
        """With the personas' own words for questions and criteria."""
        reader = runs.open("latest")
        assert recall(runs, reader, TOOL.id) == review_of(TOOL, FOUR, reader.verdicts())
