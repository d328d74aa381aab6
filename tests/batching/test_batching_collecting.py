"""Collecting: a line per seat whatever its batch came to, joined by key, and nothing that is not ours."""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from batching_bench import SMALL, Bench, Steps, connected
from loopback.batch_core import End
from loopback.batches import BatchProvider

from panel.batching import Collected, parts_of
from panel.errors import ClientError, RunStopping, StoreError, UsageError
from panel.records.batch import Phase

KINDS = ("openai", "mistral")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def bought(bench: Bench) -> Collected:
    """Everything handed in once, and collected when it is over."""
    async with bench.opened() as batching:
        await batching.submit(bench.left_open().open, leave=bench.leave)
        return await batching.wait()


def reasons(bench: Bench) -> Counter[str]:
    """How often each error stands in the log; "" for replies."""
    return Counter("" if line.reply else str(line.failure and line.failure.error) for line in bench.log())


class TestHowABatchEnds:
    async def test_an_expired_batch_brings_what_it_has_done(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider(ends=[End("expired", share=0.67), End()]) as provider:
            bench = Bench(tmp_path, provider, kind)
            collected = await bought(bench)
            assert reasons(bench) == {"": 5, "batch_expired": 1}
            assert (collected.parts, collected.replies, collected.failures) == ((0, 1), 5, 1)
            assert parts_of(bench.reader)[0].phase is Phase.EXPIRED
            await bench.whole()
            assert [made["lines"] for made in provider.created] == [3, 3, 1]
        assert all(record.scored for record in bench.records().values())

    @pytest.mark.parametrize("status", ["expired", "cancelled"])
    async def test_what_a_batch_did_not_reach_is_not_charged_also_where_nothing_is_said(
        self, tmp_path: Path, kind: str, status: str
    ) -> None:
        with BatchProvider(ends=[End(status, share=0.34, told=False)]) as provider:
            bench = Bench(tmp_path, provider, kind)
            await bought(bench)
        assert reasons(bench) == {"": 2, f"batch_{status}": 4}
        costs = [line.failure.cost.usd for line in bench.log() if line.failure]
        assert costs == [0, 0, 0, 0]

    async def test_a_batch_refused_as_a_whole_leaves_its_seats_open_and_says_why(
        self, tmp_path: Path, kind: str
    ) -> None:
        with BatchProvider(ends=[End("failed"), End()]) as provider:
            bench = Bench(tmp_path, provider, kind)
            await bought(bench)
            assert reasons(bench) == {"": 3, "batch_failed": 3}
            pending = [words for words in bench.verdicts().values() if words.startswith("pending")]
            assert len(pending) == 3
            assert all("Enqueued token limit reached" in words for words in pending)
            assert bench.budget.reserved == 0
            await bench.whole()
        assert provider.twice() == [provider.created[2]["content"]]
        assert all(record.scored for record in bench.records().values())

    async def test_a_batch_whose_requests_all_failed_is_over_too(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider(rows={"failed": 1.0}) as provider:
            bench = Bench(tmp_path, provider, kind)
            await bought(bench)
        assert reasons(bench) == {"bad_request": 6}
        assert all(part.ended == "collected" for part in parts_of(bench.reader).values())
        assert bench.budget.spent == 0

    async def test_a_request_without_an_answer_may_have_been_charged(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            provider.rows.by_id = {bench.seats[0].key: "missing"}
            await bought(bench)
        (failure,) = [line.failure for line in bench.log() if line.failure]
        assert (failure.error, failure.via, failure.cost.usd) == ("no_row", "batch", None)
        assert failure.cost.at_most_usd is not None
        assert failure.cost.at_most_usd > Decimal("0.01")

    async def test_a_cancelled_batch_brings_what_it_has_done(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            async with bench.opened() as batching:
                await batching.submit(bench.left_open().open)
                standings = await batching.cancel()
            assert [standing.state and standing.state.phase for standing in standings] == [Phase.ENDING] * 2
            assert [line.what for line in bench.ledger()][-2:] == ["cancelled", "cancelled"]
            async with bench.opened() as batching:
                await batching.wait()
        assert reasons(bench) == {"": 4, "batch_cancelled": 2}

    async def test_cancelling_what_was_never_handed_in_hands_nothing_in(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            provider.next_calls("create", *["server_error"] * 3)
            async with bench.opened() as batching:
                await batching.submit(bench.left_open().open)
                assert await batching.cancel() == []
        assert provider.created == []
        assert [line.what for line in bench.ledger()] == ["prepared", "given_up"]


class TestRows:
    async def test_every_line_names_its_part_and_how_it_was_asked(self, tmp_path: Path, kind: str) -> None:
        """The provider gives the rows in another order than they were handed in."""
        with BatchProvider(seed=3) as provider:
            bench = Bench(tmp_path, provider, kind)
            await bought(bench)
        keys = [seat.key for seat in bench.seats]
        assert {line.key: line.part for line in bench.log()} == dict(zip(keys, [0, 0, 0, 1, 1, 1], strict=True))
        assert [line.key for line in bench.log()] != keys
        assert {attempt.via for line in bench.log() for attempt in line.attempts} == {"batch"}
        assert bench.kept == bench.log()

    async def test_rows_that_are_not_ours_are_counted_and_not_stored(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            provider.rows.by_id = {bench.seats[0].key: "foreign", bench.seats[1].key: "unknown_id"}
            collected = await bought(bench)
        assert collected.unknown == 2
        assert "2 rows under ids that are none of its seats'" in collected.odd[0]
        assert "(request/1 of another)" in collected.odd[0]
        assert {line.key for line in bench.log()} == {seat.key for seat in bench.seats}
        assert reasons(bench) == {"": 5, "no_row": 1}
        assert next(line.reason for line in bench.ledger() if line.what == "collected") in collected.odd[0]

    async def test_a_row_that_comes_twice_is_stored_once(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            provider.rows.by_id = {bench.seats[0].key: "duplicate"}
            collected = await bought(bench)
        assert collected.twice == 1
        assert "1 rows that came twice" in collected.odd[0]
        assert reasons(bench) == {"": 6}
        assert bench.twice() == []

    @pytest.mark.parametrize("fault", ["garbled", "torn", "twice"])
    async def test_a_damaged_row_costs_its_seat_and_no_other(self, tmp_path: Path, fault: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, "openai")
            provider.rows.by_id = {bench.seats[0].key: fault}
            await bought(bench)
        assert reasons(bench)[""] == 5
        assert bench.records()[str(bench.seats[0].slot)].verdict is None


class TestOfAnother:
    async def test_a_batch_of_another_run_is_not_collected(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            client = bench.clients["house"]
            theirs = await client.submit(
                [client.line(seat.prompt, seat.key) for seat in bench.seats[:3]], run="another", part=0
            )
            async with bench.opened() as batching:
                await batching.submit(bench.left_open().open)
            ledger = bench.reader.path / "batches.jsonl"
            ours = parts_of(bench.reader)[0].job
            ledger.write_text(ledger.read_text("utf-8").replace(f'"{ours}"', f'"{theirs}"'), "utf-8")
            async with bench.opened() as batching:
                collected = await batching.wait()
        assert collected.parts == (1,)
        assert isinstance(collected.failed[0], StoreError)
        assert "is part 0 of run another" in str(collected.failed[0])
        assert {line.part for line in bench.log()} == {1}

    async def test_a_batch_that_the_provider_does_not_know_is_left_and_can_be_given_up(
        self, tmp_path: Path, kind: str
    ) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind, max_cost=Decimal(1))
            async with bench.opened() as batching:
                await batching.submit(bench.left_open().open)
                held = batching.parts[0].reserved_usd
                del provider.batches[str(batching.parts[0].job)]
                collected = await batching.wait()
                assert "knows no batch" in str(collected.failed[0])
                spent = bench.budget.spent
                batching.give_up(0, "gone after thirty days")
                assert bench.budget.spent == spent + (held or 0)
                with pytest.raises(UsageError, match="no part 0 that waits"):
                    batching.give_up(0, "again")
            assert reasons(bench) == {"": 3, "batch_lost": 3}
            async with bench.opened() as batching:
                assert bench.budget.spent == spent + (held or 0)
                assert bench.budget.reserved == 0

    async def test_a_plan_that_lost_a_seat_stops_collecting_before_its_answer_is_lost(
        self, tmp_path: Path, kind: str
    ) -> None:
        """Law 11: an answer whose seat nobody knows would be thrown away."""
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            async with bench.opened() as batching:
                await batching.submit(bench.left_open().open)
                plan = bench.reader.path / "plan.jsonl"
                plan.write_text("".join(plan.read_text("utf-8").splitlines(keepends=True)[1:]), "utf-8")
                with pytest.raises(StoreError, match="does not name 1 of the 3 seats of part 0"):
                    await batching.wait()
        assert bench.log() == []


class TestTrouble:
    async def test_a_download_that_breaks_is_begun_anew_and_stores_nothing_twice(self, tmp_path: Path) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, "openai")
            provider.next_calls("download", "cut", "server_error", "cut")
            await bench.whole()
        assert provider.counts["download"] == 5
        assert bench.twice() == []
        assert all(record.scored for record in bench.records().values())
        assert bench.budget.spent == sum(record.cost.usd or 0 for record in bench.records().values())

    async def test_waiting_bears_a_provider_that_is_down_for_a_while(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            provider.next_calls("get", *["server_error", "rate_limited", "web_page"] * 5)
            collected = await bought(bench)
        assert collected.failed == {}
        assert reasons(bench) == {"": 6}

    async def test_waiting_ends_where_the_key_is_refused(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            async with bench.opened() as batching:
                await batching.submit(bench.left_open().open)
                provider.key = "sk-another-0123456789"
                collected = await batching.wait()
        assert [type(error) for error in collected.failed.values()] == [RunStopping, RunStopping]

    async def test_pauses_grow_while_nothing_changes(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider(ends=[End(steps=6)]) as provider:
            bench = Bench(tmp_path, provider, kind)
            async with bench.opened() as batching:
                await batching.submit(bench.left_open().open)
                await batching.wait(interval_s=10, longest_s=20)
        pauses = bench.slept
        assert min(pauses) >= 8.5
        assert 17 <= max(pauses) <= 23
        assert sum(pause < 12 for pause in pauses) >= 2

    async def test_interrupted_it_lets_go_and_cancels_nothing(self, tmp_path: Path, kind: str) -> None:
        paused = asyncio.Event()

        async def forever(seconds: float) -> None:
            paused.set()
            await asyncio.Event().wait()

        with BatchProvider(advance="step") as provider:
            bench = Bench(tmp_path, provider, kind)
            bench.sleep = forever
            async with bench.opened() as batching:
                await batching.submit(bench.left_open().open)
                waiting = asyncio.create_task(batching.wait())
                await paused.wait()
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
            assert provider.counts["cancel"] == 0
            provider.step(9)
            async with bench.opened() as batching:
                await batching.wait()
        assert reasons(bench) == {"": 6}

    async def test_a_state_is_noted_once(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider(advance="step") as provider:
            bench = Bench(tmp_path, provider, kind, tools=1)
            async with bench.opened() as batching:
                await batching.submit(bench.left_open().open)
                for _ in range(3):
                    await batching.look()
                provider.step()
                for _ in range(3):
                    await batching.look()
        assert [line.phase for line in bench.ledger() if line.what == "seen"] == [Phase.WAITING, Phase.RUNNING]

    async def test_a_full_disk_loses_nothing_that_was_paid_for(
        self, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Law 11: what could not be written stays with the provider, and the part stays open."""
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            with bench.runs.resume(bench.reader.run_id) as run:
                batching = bench.batching(run, Steps(), SMALL)
                await batching.submit(bench.left_open().open)
                append = run.append

                def full(line: object) -> None:
                    if len(bench.log()) >= 2:
                        raise StoreError("the disk is full")
                    append(line)  # type: ignore[arg-type]

                monkeypatch.setattr(run, "append", full)
                with pytest.raises(StoreError, match="the disk is full"):
                    await batching.wait()
            await bench.whole()
        assert (len(bench.log()), bench.twice(), len(provider.created)) == (6, [], 2)


async def test_an_unreachable_provider_leaves_everything_as_it_is(tmp_path: Path, kind: str) -> None:
    with BatchProvider() as provider:
        bench = Bench(tmp_path, provider, kind)
        async with bench.opened() as batching:
            await batching.submit(bench.left_open().open)
    bench.clients["house"] = connected(bench.models["house"])  # the other one is still connected
    async with bench.opened() as batching:
        standings = await batching.look()
    assert all(isinstance(standing.problem, ClientError) for standing in standings)
    assert all(part.is_open for part in parts_of(bench.reader).values())
