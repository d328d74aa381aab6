"""Cluster: the same plan on an existing Dask cluster. The only door of Dask, loaded only where it is asked for.

`Across` stands in for `convene`: seats in, a record per seat out. Groups travel as tasks that are pinned to their
worker and never run twice: Dask may lose a group, and it is the driver who hands it out again. What a worker returns
is kept by the driver and by nobody else, and goes into the run's log at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from panel.budget import Budget
from panel.convene import Sitting, Tariff, Watcher, unwatched
from panel.convene.events import Teller
from panel.errors import RunStopping, UsageError
from panel.prompts import Prompter
from panel.records.model import Model, SchemaMode
from panel.records.run import ReplyLine
from panel.records.seat import SeatRecord
from panel.rescore import worker
from panel.rescore.groups import Books
from panel.rescore.handing import Handing
from panel.rescore.parcels import Greeting
from panel.rescore.workers import WorkerGone, Workers
from panel.seating import Seat
from panel.store import RunWriter

CONNECT_S = 10.0
"""How long to wait for the scheduler, and at the start for its first worker."""

GREET_S = 60.0
"""How long a worker may take to load panel."""

_FORGETFUL = {"distributed.admin.low-level-log-length": 8}
"""Dask keeps the last thousand messages for whoever debugs it; a parcel is 70 kB, and the driver is to stay small."""

_LOGGERS = ("distributed", "distributed.client", "distributed.core", "distributed.comm", "distributed.utils")


def scheduler_of(address: str) -> str:
    """The scheduler's address in Dask's form, from `dask://host:port`; raises UsageError."""
    try:
        parts = urlsplit(address)
        fits = parts.scheme == "dask" and parts.hostname and parts.port and not parts.path.strip("/")
    except ValueError:
        fits = None
    if not fits:
        raise UsageError(
            f"--on {address!r} is not the address of a cluster.",
            hint="Write it like dask://127.0.0.1:8786: the scheduler's host and port.",
        )
    return f"tcp://{parts.netloc}"


class DaskReach:
    """The way to the workers of one Dask cluster. Use it inside `reach`."""

    def __init__(self, client: Any, address: str) -> None:
        self._client = client
        self._address = address
        self._present: dict[str, asyncio.Event] = {}
        self._lost = asyncio.Event()

    async def present(self) -> Collection[str]:
        """The workers that are there, by address; who waits for one that is not is told."""
        try:
            if self._client.status != "running":
                raise OSError("not connected")
            told = await asyncio.wait_for(self._client.scheduler.identity(), CONNECT_S)
        except Exception as error:  # however Dask says that nobody answers
            self._lost.set()
            raise self._loss() from error
        found = told["workers"]
        for gone in [address for address in self._present if address not in found]:
            self._present.pop(gone).set()
        for address in found:
            self._present.setdefault(address, asyncio.Event())
        return tuple(found)

    async def greet(self, address: str, version: str, greeting: str) -> str:
        """What the worker says to a run's greeting."""
        said = self._client.run(worker.greet, version, greeting, workers=[address])
        return str((await asyncio.wait_for(said, GREET_S))[address])

    async def answer(self, address: str, token: str, name: str, parcel: str) -> str:
        """What the worker makes of a parcel; raises WorkerGone, or RunStopping where the scheduler is gone."""
        gone = self._present.get(address)
        if gone is None:
            raise WorkerGone("the worker has left the cluster")
        future = self._client.submit(
            worker.task,
            token,
            name,
            parcel,
            key=name,
            workers=[address],
            allow_other_workers=False,
            pure=False,
            retries=0,
        )
        done = asyncio.ensure_future(future.result())
        ends = [asyncio.ensure_future(event.wait()) for event in (gone, self._lost)]
        try:
            await asyncio.wait({done, *ends}, return_when=asyncio.FIRST_COMPLETED)
            if done.done():
                return str(done.result())
        except asyncio.CancelledError:
            raise
        except Exception as error:  # whatever a task of Dask ends with, it brought no answer
            await self._tell_loss()
            raise WorkerGone(f"the worker failed: {type(error).__name__}") from error
        finally:
            for each in (done, *ends):
                each.cancel()
            await asyncio.gather(done, *ends, return_exceptions=True)
            future.release()
        await self._tell_loss()
        raise WorkerGone("the worker has left the cluster")

    async def stop(self, token: str, grace_s: float) -> None:
        """Call all workers off."""
        await self._all(worker.stop, token, grace_s)

    async def leave(self, token: str) -> None:
        """The workers may forget the run."""
        await self._all(worker.leave, token)

    async def _all(self, function: Callable[..., None], *args: object) -> None:
        with suppress(OSError, TimeoutError):
            await asyncio.wait_for(self._client.run(function, *args, on_error="ignore"), CONNECT_S)

    async def _tell_loss(self) -> None:
        """Raise RunStopping where it was the scheduler that went; Dask's own tasks end before anyone is told."""
        if self._lost.is_set() or self._client.status != "running":
            self._lost.set()
            raise self._loss()
        await self.present()

    def _loss(self) -> RunStopping:
        return RunStopping(
            f"the cluster's scheduler at {self._address} does not answer any more.",
            hint="What was answered is kept. Go on without the cluster with `panel runs resume RUN`, or give the same "
            "command again when it is back.",
            code="cluster_lost",
        )


@asynccontextmanager
async def reach(address: str) -> AsyncIterator[DaskReach]:
    """A connection to the cluster at `dask://host:port`; raises UsageError where there is none, or no Dask."""
    scheduler = scheduler_of(address)
    try:
        import dask
        from distributed import Client
    except ImportError as error:
        raise UsageError(
            "--on needs Dask, which is not installed here.",
            hint="Install it with panel: pip install 'panelreview[dask]', here and on every worker.",
        ) from error
    for name in _LOGGERS:  # what happens is told in panel's words
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        with dask.config.set(_FORGETFUL):
            client = await Client(scheduler, asynchronous=True, timeout=CONNECT_S, set_as_default=False, name="panel")
    except (OSError, TimeoutError) as error:
        raise UsageError(
            f"there is no Dask scheduler at {address}.",
            hint="Start one (dask scheduler --host HOST), or leave --on out to ask from this machine.",
        ) from error
    try:
        yield DaskReach(client, address)
    finally:
        with suppress(Exception):  # a scheduler that is gone cannot be taken leave of
            await asyncio.wait_for(client.close(timeout=2), 2 * CONNECT_S)


async def check(address: str) -> None:
    """Raise UsageError unless there is a cluster, with workers, and all of them have this version of panel."""
    async with reach(address) as found:
        greeting = Greeting(token="", run_id="check", models=(), modes={}, templates={})
        workers = Workers(found, greeting, 1)
        await _first(workers)
        workers.check()
        await workers.leave()


async def _first(workers: Workers) -> None:
    """Wait a while for the first worker: a cluster may have been started just now."""
    loop = asyncio.get_running_loop()
    until = loop.time() + CONNECT_S
    await workers.look()
    while not workers.count and loop.time() < until:
        await asyncio.sleep(0.2)
        await workers.look()


class Across:
    """Stands in for `convene` with the workers of a cluster. `modes` say how each model's server keeps a form."""

    def __init__(self, address: str, models: Collection[Model], modes: Mapping[str, SchemaMode]) -> None:
        self._address = address
        self._models = tuple(models)
        self._modes = dict(modes)

    async def __call__(
        self,
        seats: Iterable[Seat],
        clients: Mapping[str, object],
        run: RunWriter,
        prompter: Prompter,
        *,
        tariff: Tariff,
        clock: Callable[[], float],
        hand_on: Callable[[SeatRecord], None],
        kept: Callable[[ReplyLine], None],
        budget: Budget,
        watch: Watcher = unwatched,
        concurrency: int = 8,
        warm: Collection[str] = (),
        stopped: Mapping[str, RunStopping] | None = None,
        window: int | None = None,
        whole_panels: bool = False,
        throttles: object = None,
    ) -> Sitting:
        """Fill the seats as `convene` does. Workers have clients and throttles of their own, and groups begin together,
        so that `clients`, `warm` and `throttles` are of no use here; nor is `window`: one tool is drawn at a time."""
        greeting = Greeting(
            token="",
            run_id=run.run_id,
            models=self._models,
            modes=self._modes,
            templates=dict(prompter.templates),
            scale=prompter.scale,
        )
        stops = dict(stopped or {})
        books = Books(run, tariff, clock, budget, Teller(watch), hand_on, kept, stops)
        async with reach(self._address) as found:
            workers = Workers(found, greeting, concurrency)
            await _first(workers)
            looking = asyncio.create_task(workers.keep_looking())
            try:
                await Handing(workers, books, run, prompter, clock, budget, stops, whole_panels).fill(seats)
            finally:
                looking.cancel()
                run.sync()
                await workers.leave()
        return Sitting((), stops)
