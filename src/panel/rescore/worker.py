"""Worker: what runs on a cluster's machines. Greeted once for a run, it asks parcels of seats and hands back lines.

It holds nothing that matters: every call goes back to the driver, which keeps it. Keys to providers are read from this
process's own environment. A parcel is asked by the same code as at home; all parcels of a run share one event loop
here, with its connections and its limits.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from panel._version import __version__
from panel.budget import Budget
from panel.clients import connect
from panel.clients.base import close
from panel.clients.keys import read_key
from panel.clients.pacing.throttle import Throttles
from panel.convene.asker import Asker
from panel.convene.lines import UNSENT, Lines, Tariff
from panel.errors import PanelError, RunStopping
from panel.prices import most, price
from panel.prompts import Prompter
from panel.records.model import OFFLINE
from panel.records.run import ReplyLine
from panel.rescore.parcels import Greeting, Parcel, Refusal, Returned, Welcome, unpacked
from panel.rescore.shares import Sharing
from panel.seating import Seat

T = TypeVar("T")


def greet(version: str, greeting: str) -> str:
    """Get to know a run; returns a Welcome as JSON. A driver of another version is told ours, and nothing is read."""
    if version != __version__:
        return Welcome(version=__version__).model_dump_json()
    told = Greeting.model_validate_json(greeting)
    refused: dict[str, Refusal] = {}
    for model in told.models:
        try:
            if model.provider != OFFLINE:
                read_key(model, os.environ)
        except PanelError as error:
            refused[model.name] = _refusal(error)
    if told.token not in _POSTS:
        _POSTS[told.token] = _Post(told)
    return Welcome(version=__version__, refused=refused).model_dump_json()


def task(token: str, name: str, parcel: str) -> str:
    """Ask a parcel as a task of Dask; it waits for servers and so takes no thread from other tasks."""
    from distributed import secede

    secede()
    return answer(token, name, parcel)


def answer(token: str, name: str, parcel: str) -> str:
    """Ask a parcel; returns a Returned as JSON. `name` is the parcel's own: one that was begun is never begun again."""
    post = _POSTS.get(token)
    if post is None or not post.begins(name):
        return Returned(unknown=True).model_dump_json()
    return post.wait(post.ask(Parcel.model_validate_json(parcel))).model_dump_json()


def stop(token: str, grace_s: float) -> None:
    """Begin no further call of the run; those under way are given `grace_s` seconds, and then given up."""
    post = _POSTS.get(token)
    if post:
        post.soon(post.stop(grace_s))


def leave(token: str) -> None:
    """Forget the run and close its connections."""
    post = _POSTS.pop(token, None)
    if post:
        post.soon(post.leave())


_POSTS: dict[str, _Post] = {}
"""Of the runs that this process was greeted for, by token."""


class _Log:
    """A run's log in memory."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.lines: list[ReplyLine] = []

    def append(self, line: ReplyLine) -> None:
        self.lines.append(line)


class _Post:
    """What this process has for one run: an event loop in a thread, clients, and throttles for its share."""

    def __init__(self, told: Greeting) -> None:
        self._told = told
        self._prompter = Prompter(told.templates, told.scale)
        self._clients: dict[str, Sharing] = {}
        self._throttles: Throttles | None = None
        self._shares: dict[str, tuple[int, int]] = {}
        self._begun: set[str] = set()
        self._open: set[Lines] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping: RunStopping | None = None
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, name=f"panel-{told.run_id}", daemon=True).start()

    def _run(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """What the work returns, done in the loop of this post."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def soon(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop)

    def begins(self, name: str) -> bool:
        """Whether this parcel was not begun before; it is from now on."""
        new = name not in self._begun
        self._begun.add(name)
        return new

    async def ask(self, parcel: Parcel) -> Returned:
        """Ask all seats of a parcel; whatever happens to it, the calls that were made are in what it returns."""
        log, unsent = _Log(self._told.run_id), dict[str, str]()
        try:
            lines = self._lines(parcel)
        except PanelError as error:
            return Returned(stop=_refusal(error), unsent={str(item.plan.slot): "stopped" for item in parcel.seats})
        asker = Asker(lines, log, self._prompter, Tariff(price, most), time.time, lambda line: None)
        tasks = [asyncio.create_task(_settle(asker, seat, unsent)) for seat, _ in unpacked(parcel)]
        self._open.add(lines)
        self._tasks.update(tasks)
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.difference_update(tasks)
        self._open.discard(lines)
        stop = lines.stopped.get(parcel.model.name)
        return Returned(
            lines=tuple(log.lines), unsent=unsent, stop=_refusal(stop) if stop and stop.code not in UNSENT else None
        )

    def _lines(self, parcel: Parcel) -> Lines:
        """Lines of the parcel's own, so that its money and what stops it are; clients and throttles are the run's."""
        model, share = parcel.model, (parcel.place, parcel.places)
        client = self._clients.get(model.name)
        if client is None:
            client = Sharing(connect(model, os.environ, self._told.modes.get(model.name)))
            self._clients[model.name] = client
        client.places = parcel.places
        if self._throttles is None or self._shares.get(model.name, share) != share:
            self._throttles = Throttles(parcel.general)
            self._shares.clear()
        self._shares[model.name] = share
        budget = Budget(parcel.allowance_usd)
        lines = Lines({model.name: client}, Tariff(price, most), budget, self._throttles)
        if self._stopping:
            lines.stopped[model.name] = self._stopping
        return lines

    async def stop(self, grace_s: float) -> None:
        self._stopping = RunStopping("the driver of this run is stopping", code="stopped")
        for model in self._told.models:
            for lines in self._open:
                lines.stopped.setdefault(model.name, self._stopping)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
        for each in self._tasks:
            each.cancel()

    async def leave(self) -> None:
        await self.stop(0)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1)
        for client in self._clients.values():
            await close(client.inner)
        self._loop.stop()


async def _settle(asker: Asker, seat: Seat, unsent: dict[str, str]) -> None:
    """Ask a seat; where it must not be asked further now, or cannot be by our own fault, `unsent` says why."""
    slot = str(seat.slot)
    if seat.asked is None:
        raise ValueError(f"{slot} was packed without its plan")
    unsent[slot] = "stopped"
    try:
        answered = await asker.settle(seat, seat.asked, lambda why: None)
    except Exception as error:  # noqa: BLE001 - the calls made are kept, and the other seats go on
        unsent[slot] = f"failed on the worker ({type(error).__name__})"
        return
    del unsent[slot]
    if answered.failed and answered.failed.code in UNSENT:
        unsent[slot] = answered.failed.code


def _refusal(error: PanelError) -> Refusal:
    return Refusal(message=error.message, hint=error.hint, code=getattr(error, "code", "unusable"))
