"""A command that hands in, waits, collects and follows up may end before or after anything that it does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from batching_bench import Bench, Crash, Once, Steps
from loopback.batches import BatchProvider

KINDS = ("openai", "mistral")


def bench_at(root: Path, provider: BatchProvider, kind: str) -> Bench:
    """Six seats in two parts. The first time, one reply is of another form, one is cut, and one seat is refused."""
    bench = Bench(root, provider, kind)
    first, second, fifth = (bench.seats[place].key for place in (0, 1, 4))
    provider.rows.by_id = Once({first: "off_schema", second: "length_cut", fifth: "failed"})
    return bench


def handed_in(provider: BatchProvider) -> Counter[str]:
    return Counter(key for made in provider.created for key in made["custom_ids"])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
async def test_ending_anywhere_neither_loses_nor_buys_anything_twice(kind: str, tmp_path: Path) -> None:
    """Law 11: for every step at which the process ends, the same commands afterwards come to the same verdicts.

    Every other step is tried with each provider, since what follows a step does not depend on whose it is.
    """
    with BatchProvider() as provider:
        bench = bench_at(tmp_path / "whole", provider, kind)
        steps = Steps()
        await bench.whole(steps)
        await bench.whole()
        expected, often = bench.verdicts(), handed_in(provider)
    assert all(words.startswith("scored") for words in expected.values())
    assert sorted(often.values()) == [1, 1, 1, 2, 2, 2]
    for crash_at in range(1 + KINDS.index(kind), steps.done + 1, len(KINDS)):
        with BatchProvider() as provider:
            bench = bench_at(tmp_path / str(crash_at), provider, kind)
            with pytest.raises(Crash):
                await bench.whole(Steps(crash_at))
            await bench.whole()
            await bench.whole()
            told = f"ended at step {crash_at} of {steps.done}"
            assert provider.twice() == [], told
            assert handed_in(provider) == often, told
            assert bench.twice() == [], told
            assert bench.verdicts() == expected, told
            assert bench.budget.reserved == 0, told
