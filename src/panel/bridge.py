"""Bridge: the one way from the synchronous edge to the asynchronous middle, also from inside a running event loop.

A notebook runs a loop in the thread that calls us, and a second one cannot run there; a thread of its own serves then.
Work that waits for nothing, as where the offline rubric answers alone, is carried out without a loop. Interrupted,
the work is cancelled and has ended before the interruption goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What the coroutine that `work` makes returns or raises."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    return _beside(work)


def compute(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The same for work that waits for nothing outside this process: without asyncio, which takes long to load."""
    working = work()
    try:
        while working.send(None) is None:
            pass
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        working.close()  # interrupted between two of its steps, it ends before the interruption goes on
    raise RuntimeError("work that was said to compute waits for something")


def _beside(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor
    from contextlib import suppress
    from queue import SimpleQueue

    begun: SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = SimpleQueue()

    async def told() -> T:
        begun.put((asyncio.get_running_loop(), asyncio.current_task()))
        return await work()

    with ThreadPoolExecutor(max_workers=1) as pool:  # leaving it waits for the thread
        done = pool.submit(asyncio.run, told())
        try:
            return done.result()
        except KeyboardInterrupt:
            loop, task = begun.get()
            with suppress(RuntimeError):  # the loop is closed: the work had ended
                loop.call_soon_threadsafe(task.cancel if task else loop.stop)
            raise
