"""Running: what was planned is asked, the rest and only the rest, in whole panels, however often it is cut off."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from rescore.catalogues import CENT, Speaks, World, tool, tools

from panel.accounts import read_again, settle_cut_runs
from panel.errors import RunBusy, RunStopping, SeatFailed, StoreError
from panel.records.base import Stored
from panel.records.run import ReplyLine
from panel.rescore.running import MOST_ROUNDS
from panel.store import RunWriter

NAMES = [f"tool-{number}" for number in range(12)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "runs")


def every(**extra: int) -> dict[str, int]:
    return {f"{name}/{who}": 1 for name in NAMES for who in ("builder", "skeptic")} | extra


async def test_every_seat_is_asked_once_and_counted(world: World) -> None:
    began, client = world.begin(tools(*NAMES)), Speaks()
    done = await world.go_on(began.run, client)
    assert client.asked == every()
    assert (done.stopped, done.open) == ({}, {})
    totals = world.runs.open(began.run).manifest.totals
    assert (totals.seats, totals.scored, totals.attempts, totals.usd) == (24, 24, 24, 24 * CENT)


class TestGoingOn:
    async def test_after_the_end_nothing_is_asked(self, world: World) -> None:
        run, client = await world.rescore(tools(*NAMES)), Speaks()
        before = world.verdicts(run)
        await world.go_on(run, client)
        assert not client.asked
        assert world.verdicts(run) == before

    async def test_after_an_interruption_the_rest_is_asked(self, world: World) -> None:
        began = world.begin(tools(*NAMES))
        reached = asyncio.Event()

        class Stuck(Speaks):
            async def ask(self, prompt):  # type: ignore[no-untyped-def]
                if self.asked.total() >= 10:
                    reached.set()
                    await asyncio.Event().wait()
                return await super().ask(prompt)

        with world.runs.resume(began.run) as run:
            task = asyncio.create_task(world.carry_out(run, Stuck()))
            await reached.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        kept = {f"{line.slot.tool}/{line.slot.persona}" for line in world.runs.open(began.run).replies() if line.reply}
        client = Speaks()
        await world.go_on(began.run, client)
        assert len(kept) == 10
        assert client.asked == {seat: 1 for seat in every() if seat not in kept}
        assert all(record.scored for record in world.verdicts(began.run).values())

    async def test_a_killed_process_leaves_answers_that_count_for_the_same_command(self, world: World) -> None:
        """Its replies have no verdicts yet; they get them before the next plan is made."""
        began, client = world.begin(tools(*NAMES)), Speaks()
        await world.go_on(began.run, client)
        folder = world.runs.root / began.run
        (folder / "verdicts.jsonl").unlink()
        lines = (folder / "replies.jsonl").read_text("utf-8").splitlines(keepends=True)
        (folder / "replies.jsonl").write_text("".join(lines[:10]) + lines[10][:200], "utf-8")
        unfinish(world, began.run)
        assert settle_cut_runs(world.runs) == (f"run {began.run} was cut off; the 10 replies it had bought are used",)
        again = Speaks()
        second = await world.rescore(tools(*NAMES), again)
        assert again.asked.total() == 14
        assert len(world.verdicts(second)) == 14

    async def test_a_run_that_was_cut_off_while_it_was_planned_is_left_alone(self, world: World) -> None:
        began = world.begin(tools("alder"))
        with world.runs.resume(began.run) as run:
            found = run.manifest.catalogue
            assert found
            run.amend(catalogue=found.model_copy(update={"planned": False}))
        assert settle_cut_runs(world.runs) == ()

    async def test_a_full_disk_ends_the_run_and_loses_nothing_bought(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        began = world.begin(tools(*NAMES))
        append, kept = RunWriter.append, []

        def fills(self: RunWriter, line: ReplyLine) -> None:
            if len(kept) == 7:
                raise StoreError("Cannot append to replies.jsonl: the disk is full.", hint="Free some space.")
            append(self, line)
            kept.append(line)

        monkeypatch.setattr(RunWriter, "append", fills)
        with pytest.raises(StoreError, match="the disk is full"):
            await world.go_on(began.run)
        monkeypatch.undo()
        client = Speaks()
        await world.go_on(began.run, client)
        assert client.asked.total() == 24 - 7
        assert all(record.scored for record in world.verdicts(began.run).values())

    async def test_another_process_is_refused(self, world: World) -> None:
        began = world.begin(tools("alder"))
        with world.runs.resume(began.run), pytest.raises(RunBusy, match="is being written by another process"):
            await world.go_on(began.run)

    async def test_two_runs_side_by_side_are_fine(self, world: World) -> None:
        one, two = world.begin(tools(*NAMES[:6])), world.begin(tools(*NAMES[6:]))
        client = Speaks()
        await asyncio.gather(world.go_on(one.run, client), world.go_on(two.run, client))
        assert client.asked == every()


class TestBudget:
    @pytest.mark.parametrize("concurrency", [1, 3, 8])
    async def test_its_end_leaves_whole_panels(self, world: World, concurrency: int) -> None:
        """Within eleven cents, calls of one cent and two at most: panels of two are begun while four cents are left."""
        began, client = world.begin(tools(*NAMES), max_cost=11 * CENT), Speaks()
        done = await world.go_on(began.run, client, 11 * CENT, concurrency=concurrency)
        asked = {seat.split("/")[0] for seat in client.asked}
        assert client.asked == {f"{name}/{who}": 1 for name in asked for who in ("builder", "skeptic")}
        assert client.asked.total() == 8
        assert {error.code for error in done.stopped.values()} == {"budget"}
        assert done.open == {"not asked: budget": 16}
        totals = world.runs.open(began.run).manifest.totals
        assert (totals.usd, totals.pending) == (8 * CENT, 16)

    async def test_a_higher_one_does_the_rest(self, world: World) -> None:
        began = world.begin(tools(*NAMES), max_cost=11 * CENT)
        await world.go_on(began.run, Speaks(), 11 * CENT)
        client = Speaks()
        done = await world.go_on(began.run, client, Decimal(1))
        assert client.asked.total() == 16
        assert not done.open
        assert world.runs.open(began.run).manifest.totals.usd == 24 * CENT

    async def test_none_is_left_asks_nothing(self, world: World) -> None:
        began = world.begin(tools(*NAMES), max_cost=11 * CENT)
        await world.go_on(began.run, Speaks(), 11 * CENT)
        client = Speaks()
        await world.go_on(began.run, client, 11 * CENT)
        assert not client.asked

    async def test_a_panel_that_straddles_a_window_is_still_whole(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("panel.rescore.running.WINDOW", 3)
        began, client = world.begin(tools(*NAMES), max_cost=9 * CENT), Speaks()
        await world.go_on(began.run, client, 9 * CENT, concurrency=1)
        assert set(client.asked.values()) == {1}
        assert all(client.asked[f"{seat.split('/')[0]}/skeptic"] for seat in client.asked)


class TestFailures:
    async def test_seats_that_fail_are_asked_again_with_a_cap_and_listed(self, world: World) -> None:
        down = SeatFailed("no answer", code="timeout", retryable=False)
        client = Speaks(says=lambda name, who: down if name == "tool-3" else None)
        began = world.begin(tools(*NAMES))
        done = await world.go_on(began.run, client)
        assert client.asked["tool-3/builder"] == 2
        assert MOST_ROUNDS == 3
        assert done.open == {"timeout": 2}
        assert done.listed == {
            "tool-3/builder/house#0@open": "timeout: no answer",
            "tool-3/skeptic/house#0@open": "timeout: no answer",
        }
        assert client.asked["tool-4/builder"] == 1

    async def test_a_failure_that_passes_is_made_good_in_the_same_command(self, world: World) -> None:
        down = SeatFailed("no answer", code="timeout", retryable=False)
        failed: set[str] = set()

        def says(name: str, who: str) -> SeatFailed | None:
            if name in ("tool-3", "tool-5") and f"{name}/{who}" not in failed:
                failed.add(f"{name}/{who}")
                return down
            return None

        client = Speaks(says=says)
        began = world.begin(tools(*NAMES))
        done = await world.go_on(began.run, client)
        assert not done.open
        assert client.asked == every(
            **{f"{name}/{who}": 2 for name in ("tool-3", "tool-5") for who in ("builder", "skeptic")}
        )
        assert world.runs.open(began.run).manifest.totals.pending == 0

    async def test_what_makes_asking_pointless_stops_the_model_and_keeps_the_rest_open(self, world: World) -> None:
        wrong = RunStopping("the key is refused", code="auth")
        client = Speaks(says=lambda name, who: wrong if name == "tool-5" else None)
        began = world.begin(tools(*NAMES))
        done = await world.go_on(began.run, client, concurrency=1)
        assert {error.code for error in done.stopped.values()} == {"auth"}
        assert sum(done.open.values()) > 0
        assert client.asked["tool-11/builder"] == 0
        assert world.verdicts(began.run)["tool-0/builder"].scored


class TestParser:
    async def test_a_change_of_parser_alone_reads_stored_text_again(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing is asked, and what other verdicts came of it is counted."""
        run = await world.rescore(tools("alder", "beech"))
        assert read_again(world.runs).changed == 0
        monkeypatch.setattr("panel.accounts.PARSER", "parse-next")
        monkeypatch.setattr("panel.reparse.parse", lambda reply, *rest: refusing(reply))
        assert read_again(world.runs).changed == 4
        assert {record.verdict.kind for record in world.verdicts(run).values() if record.verdict} == {"abstained"}
        assert world.runs.open(run).manifest.versions["parser"] == "parse-next"
        assert world.runs.open(run).manifest.totals.abstained == 4
        assert read_again(world.runs).changed == 0

    async def test_a_run_that_holds_no_reply_keeps_its_verdicts(self, world: World) -> None:
        run = await world.rescore(tools("alder"))
        (world.runs.root / run / "replies.jsonl").write_bytes(b"")
        before = world.verdicts(run)
        assert read_again(world.runs) == (0, ())
        assert world.verdicts(run) == before

    async def test_a_verdict_whose_reply_is_gone_stays(self, world: World) -> None:
        """Law 11: reading again never takes back what was paid for."""
        run = await world.rescore(tools("alder"))
        file = world.runs.root / run / "replies.jsonl"
        file.write_text(file.read_text("utf-8").splitlines(keepends=True)[0], "utf-8")
        read_again(world.runs)
        assert all(record.scored for record in world.verdicts(run).values())

    async def test_a_run_that_is_being_written_is_passed_over(self, world: World) -> None:
        run = await world.rescore(tools("alder"))
        with world.runs.resume(run):
            assert read_again(world.runs) == (0, ())


def refusing(reply: object) -> Stored | object:
    from panel.records.verdict import Abstained, AbstainReason

    return Abstained(reason=AbstainReason.REFUSED)


def unfinish(world: World, run: str) -> None:
    with world.runs.resume(run) as writer:
        writer.amend(finished_at=None)


async def test_the_records_of_a_run_cut_off_and_taken_up_are_those_of_one_that_was_not(
    world: World, tmp_path: Path
) -> None:
    plain = World(tmp_path / "plain")
    whole = await plain.rescore(tools(*NAMES))
    began = world.begin(tools(*NAMES))
    for cap in (5, 9, 13, 100):
        await world.go_on(began.run, Speaks(), cap * CENT)
    told = {slot: record.verdict for slot, record in world.verdicts(began.run).items()}
    assert told == {slot: record.verdict for slot, record in plain.verdicts(whole).items()}
    assert list(told) == list(plain.verdicts(whole))


async def test_a_tool_changed_since_is_asked_as_it_was_planned(world: World) -> None:
    began = world.begin([tool("alder")])
    world.begin([tool("alder", tagline="Another line")])
    client = Speaks()
    await world.go_on(began.run, client)
    assert client.asked.total() == 2
