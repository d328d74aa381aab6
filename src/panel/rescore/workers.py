"""Workers: those who ask for a driver: who is there, what each may take, and who has room for another group.

Knows no engine: whoever can reach processes elsewhere is a `Reach`. Workers may come and go at any time; a model's
limits are shared anew among those that can ask it.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple, Protocol

from panel._version import __version__
from panel.errors import RunStopping, UsageError
from panel.records.model import Model
from panel.rescore.parcels import Greeting, Welcome
from panel.rescore.shares import in_hand, places_of, share_of

LOOK_S = 0.5
"""How often it is looked who is there."""

PATIENCE_S = 60.0
"""How long a run waits for a worker where there is none any more."""


class WorkerGone(Exception):
    """A worker did not answer for what it was given; whether it had begun is not known."""


class Reach(Protocol):
    """The way to processes elsewhere. Anything may raise RunStopping (`cluster_lost`)."""

    async def present(self) -> Collection[str]:
        """The workers that are there, by address."""
        ...

    async def greet(self, worker: str, version: str, greeting: str) -> str:
        """What `worker.greet` says there."""
        ...

    async def answer(self, worker: str, token: str, name: str, parcel: str) -> str:
        """What `worker.answer` says there; raises WorkerGone."""
        ...

    async def stop(self, token: str, grace_s: float) -> None: ...

    async def leave(self, token: str) -> None: ...


class Turn(NamedTuple):
    """A worker's place for a group of a model: its share is `place` of `places`."""

    worker: str
    model: Model
    place: int
    places: int


class Workers:
    """The workers of one run. `changed` is set whenever someone may have room who had none."""

    def __init__(
        self, reach: Reach, greeting: Greeting, general: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.token = secrets.token_hex(8)
        self.changed = asyncio.Event()
        self.general = general
        self.lost: RunStopping | None = None
        self._reach = reach
        self._greeting = greeting.model_copy(update={"token": self.token}).model_dump_json()
        self._clock = clock
        self._known: dict[str, Welcome] = {}
        self._unfit: dict[str, str] = {}
        self._in_hand: Counter[tuple[str, str]] = Counter()
        self._alone_since = clock()

    async def look(self) -> None:
        """See who has come and who has gone."""
        present = await self._reach.present()
        for gone in [worker for worker in self._known if worker not in present]:
            del self._known[gone]
        for gone in [worker for worker in self._unfit if worker not in present]:
            del self._unfit[gone]
        new = [worker for worker in present if worker not in self._known and worker not in self._unfit]
        await asyncio.gather(*(self._greet(worker) for worker in new))
        if self._known:
            self._alone_since = self._clock()
        self.changed.set()

    async def _greet(self, worker: str) -> None:
        try:
            welcome = Welcome.model_validate_json(await self._reach.greet(worker, __version__, self._greeting))
        except RunStopping:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a process without panel, or one that goes away, sends back
            self._unfit[worker] = f"panel cannot be loaded there ({type(error).__name__})"
            return
        if welcome.version != __version__:
            self._unfit[worker] = f"it has panel {welcome.version}"
        else:
            self._known[worker] = welcome

    def forget(self, worker: str) -> None:
        """It does not know this run (any more), or did not answer: it is greeted again when it is next seen."""
        self._known.pop(worker, None)

    async def keep_looking(self) -> None:
        """Look again and again, until the way to the workers is lost."""
        while not self.lost:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except RunStopping as error:
                self.lost = error
            self.changed.set()

    @property
    def count(self) -> int:
        """How many are there, fit for use or not."""
        return len(self._known) + len(self._unfit)

    def check(self) -> None:
        """Raise UsageError where nobody is there, or someone has another version of panel."""
        if self._unfit:
            worker, why = next(iter(sorted(self._unfit.items())))
            raise UsageError(
                f"{len(self._unfit)} of the cluster's workers cannot be used: {worker}: {why}, and here is panel "
                f"{__version__}.",
                hint=f"Install panelreview {__version__} in the environment of every worker, and start them again.",
            )
        if not self._known:
            raise UsageError(
                "the cluster's scheduler is there, but it has no worker.",
                hint="Start at least one (dask worker HOST:PORT), then give the same command again.",
            )

    def why_nobody(self, model: Model) -> RunStopping | None:
        """Why the model cannot be asked by anyone, if that is so and will not pass by waiting."""
        if self.lost:
            return self.lost
        refusals = [known.refused[model.name] for known in self._known.values() if model.name in known.refused]
        if refusals and len(refusals) == len(self._known):
            first = refusals[0]
            return RunStopping(f"On the workers: {first.message}", hint=first.hint, code=first.code)
        if not self._known and self._clock() - self._alone_since > PATIENCE_S:
            return RunStopping(
                "the cluster has no worker any more.",
                hint="What was answered is kept. Start workers and give the same command again, or go on from here "
                "with `panel runs resume RUN`.",
                code="no_worker",
            )
        return None

    def group_of(self, model: Model) -> int:
        """How many seats a group of this model has now."""
        places = places_of(model, self.general, max(1, len(self._able(model))))
        return in_hand(share_of(model, self.general, 0, places).concurrency or 1).seats

    def turn(self, model: Model) -> Turn | None:
        """A place for a group, if there is one, on the worker with the fewest in hand; `ended` must follow."""
        able = self._able(model)
        if self.lost or not able:
            return None
        places = places_of(model, self.general, len(able))
        worker = min(able[:places], key=lambda each: self._in_hand[each, model.name])
        share = share_of(model, self.general, able.index(worker), places)
        if self._in_hand[worker, model.name] >= in_hand(share.concurrency or 1).groups:
            return None
        self._in_hand[worker, model.name] += 1
        return Turn(worker, share, able.index(worker), places)

    def ended(self, turn: Turn) -> None:
        """The group that was handed out for this turn is back, or lost."""
        self._in_hand[turn.worker, turn.model.name] -= 1
        self.changed.set()

    async def answer(self, turn: Turn, number: int, parcel: str) -> str:
        """What the worker makes of a parcel; `number` is another one for each. Raises WorkerGone, RunStopping."""
        return await self._reach.answer(turn.worker, self.token, f"panel-{self.token}-{number}", parcel)

    async def stop(self, grace_s: float) -> None:
        if not self.lost:
            await self._reach.stop(self.token, grace_s)

    async def leave(self) -> None:
        if not self.lost:
            await self._reach.leave(self.token)

    def _able(self, model: Model) -> Sequence[str]:
        return [worker for worker, welcome in self._known.items() if model.name not in welcome.refused]
