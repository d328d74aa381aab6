"""One bridge to asyncio: outside a running loop and inside one, with the result or the error of the work."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Any

import pytest

from panel.bridge import compute, run


async def answer() -> int:
    await asyncio.sleep(0)
    return 42


async def fail() -> int:
    raise ValueError("no")


def test_outside_a_loop_it_returns_and_raises() -> None:
    assert run(answer) == 42
    with pytest.raises(ValueError, match="no"):
        run(fail)


async def test_inside_a_running_loop_it_does_too() -> None:
    assert run(answer) == 42
    with pytest.raises(ValueError, match="no"):
        run(fail)


async def test_interrupted_inside_a_loop_the_work_is_cancelled_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no call goes on, and nothing is spent, once the caller was told."""
    told: list[str] = []
    begun = asyncio.Event()

    async def endless() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    def interrupted(self: Future[Any], timeout: float | None = None) -> None:
        while not begun.is_set():
            pass
        raise KeyboardInterrupt

    monkeypatch.setattr(Future, "result", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(endless)
    assert told == ["cancelled"]


async def test_work_that_only_computes_needs_no_loop_and_minds_none() -> None:
    """Whatever it awaits is done at once; where it has to wait after all, it says so and ends."""
    ended: list[str] = []

    async def inner() -> int:
        return 41

    async def outer() -> int:
        return await inner() + 1

    async def waiting() -> int:
        try:
            return await answer_later()
        finally:
            ended.append("waiting")

    async def answer_later() -> int:
        await asyncio.sleep(60)
        return 42

    assert compute(outer) == 42
    with pytest.raises(ValueError, match="no"):
        compute(fail)
    with pytest.raises(RuntimeError, match="waits for something"):
        compute(waiting)
    assert ended == ["waiting"]
