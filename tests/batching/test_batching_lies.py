"""Providers that lie: another's rows, batches without a name, answers that are counted and cannot be had."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from batching_bench import Bench
from loopback.batch_core import End
from loopback.batches import BatchProvider

from panel.batching import parts_of
from panel.batching.batching import MOST_FAILURES
from panel.errors import RunStopping, SeatFailed


def reasons(bench: Bench) -> Counter[str]:
    """The lines of the log, by why they hold no reply."""
    return Counter("" if line.reply else str(line.failure and line.failure.error) for line in bench.log())


async def handed_in(bench: Bench, provider: BatchProvider) -> None:
    """Everything is with the provider, and is done."""
    async with bench.opened() as batching:
        await batching.submit(bench.left_open().open)
    provider.step(9)


class TestRowsOfAnother:
    async def test_a_file_of_another_batch_leaves_the_part_open(self, tmp_path: Path) -> None:
        """Law 11: its own answers are paid for and may be there tomorrow, so nothing is asked again."""
        with BatchProvider(advance="step") as provider:
            bench = Bench(tmp_path, provider, "openai", tools=1)
            await handed_in(bench, provider)
            [batch] = provider.batches.values()
            ours = batch.output_file
            provider.files["theirs"] = provider.files[str(ours)].replace(b'"custom_id": "', b'"custom_id": "zz')
            batch.output_file = "theirs"
            async with bench.opened() as batching:
                collected = await batching.wait()
            assert isinstance(collected.failed[0], SeatFailed)
            assert "they are somebody else's" in str(collected.failed[0])
            assert not bench.log()
            batch.output_file = ours
            async with bench.opened() as batching:
                await batching.wait()
            assert set(reasons(bench)) == {""}
            assert len(provider.created) == 1

    async def test_files_that_are_swapped_are_told_and_nothing_is_asked_again(self, tmp_path: Path) -> None:
        with BatchProvider(advance="step") as provider:
            bench = Bench(tmp_path, provider, "openai")
            await handed_in(bench, provider)
            one, other = list(provider.batches.values())[:2]
            one.output_file, other.output_file = other.output_file, one.output_file
            async with bench.opened() as batching:
                collected = await batching.wait()
            assert set(collected.failed) == {0, 1}
            assert all(part.is_open for number, part in parts_of(bench.reader).items() if number < 2)


class TestBatchesWithoutAName:
    @pytest.mark.parametrize("kind", ["openai", "mistral"])
    async def test_one_that_may_be_ours_stops_handing_in(
        self, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Law 11: it is of the same size and came after; the part may be there, under no name."""
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind, tools=1)
            provider.next_calls("create", "lost")
            nameless(provider, monkeypatch, created_at=2_000_000_000)
            async with bench.opened() as batching:
                with pytest.raises(RunStopping, match="carries no name") as stopped:
                    await batching.submit(bench.left_open().open)
            assert stopped.value.code == "no_list"
            assert "panel batch give-up" in stopped.value.hint
            assert provider.twice() == []

    async def test_giving_the_part_up_opens_its_seats(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, "openai", tools=1)
            provider.next_calls("create", "lost")
            with monkeypatch.context() as lying:
                nameless(provider, lying, created_at=2_000_000_000)
                async with bench.opened() as batching:
                    with pytest.raises(RunStopping):
                        await batching.submit(bench.left_open().open)
            async with bench.opened() as batching:
                batching.give_up(0, "cancelled at the provider")
                handed = await batching.submit(bench.left_open().open)
            assert [part.number for part in handed.parts] == [1]

    async def test_those_that_were_there_before_are_none_of_ours(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, "openai", tools=1)
            provider.next_calls("create", "not_found", "server_error")
            nameless(provider, monkeypatch, created_at=1_000_000_000)
            provider.created.clear()
            async with bench.opened() as batching:
                handed = await batching.submit(bench.left_open().open)
            assert len(handed.parts) <= 1


class TestAnswersThatCannotBeHad:
    async def test_waiting_ends_where_a_part_fails_again_and_again(self, tmp_path: Path) -> None:
        """Answers are counted and no file is named: it is looked at for hours, then left open and told."""
        with BatchProvider(advance="step") as provider:
            bench = Bench(tmp_path, provider, "openai", tools=1)
            await handed_in(bench, provider)
            [batch] = provider.batches.values()
            batch.output_file = None
            async with bench.opened() as batching:
                collected = await asyncio.wait_for(batching.wait(), 30)
            assert getattr(collected.failed[0], "code", "") == "no_file"
            assert parts_of(bench.reader)[0].is_open
            assert provider.counts["get"] >= MOST_FAILURES

    async def test_a_batch_that_ended_early_and_counts_nothing_may_have_been_charged(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Law: a charge that nobody states is bounded, never nothing."""
        with BatchProvider(ends=[End("expired", share=0.0, told=False)], advance="step") as provider:
            bench = Bench(tmp_path, provider, "openai", tools=1)
            shown = provider._shown
            monkeypatch.setattr(
                provider, "_shown", lambda *given, **named: {**shown(*given, **named), "request_counts": None}
            )
            await handed_in(bench, provider)
            async with bench.opened() as batching:
                await batching.wait()
            costs = [line.failure.cost for line in bench.log() if line.failure]
            assert costs
            assert all(cost.usd is None and cost.at_most_usd for cost in costs)


def nameless(provider: BatchProvider, monkeypatch: pytest.MonkeyPatch, created_at: int) -> None:
    """From now on the provider shows batches without their metadata."""
    shown = provider._shown

    def without(*given: Any, **named: Any) -> dict[str, Any]:
        return {**shown(*given, **named), "metadata": None, "created_at": created_at}

    monkeypatch.setattr(provider, "_shown", without)
