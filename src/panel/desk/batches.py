"""Batches: the batches of a stored run, as commands meet them: handed in, looked at, collected and cancelled.

Every command takes the run up from its folder, does what it can, and leaves verdicts and totals as the log has them.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from panel import bridge
from panel.accounts import settle
from panel.batching import Batching, Collected, Part, Standing, Submission, parts_of
from panel.budget import Budget, spent_of
from panel.clients.batches import BatchClient, connect_batch
from panel.desk.buying import now
from panel.errors import ConfigError, RunBusy, UsageError
from panel.prices import why_unpriced
from panel.records.model import Model
from panel.records.run import Manifest, ReplyLine
from panel.rescore.opening import Opening
from panel.seating import Seat
from panel.store import RunReader, RunWriter

if TYPE_CHECKING:
    from panel.desk.desk import Desk

T = TypeVar("T")
Work = Callable[[Batching], Awaitable[T]]


class HandedIn(NamedTuple):
    """What handing in came to; `left` counts the seats that stay open, by reason."""

    submission: Submission
    left: Mapping[str, int]
    manifest: Manifest


class Gathered(NamedTuple):
    """What collecting came to: the run as it stands now, and the parts that are still open."""

    collected: Collected
    open: tuple[Part, ...]
    manifest: Manifest


class _Arrived:
    """Whether any line came."""

    any = False

    def __call__(self, line: ReplyLine) -> None:
        self.any = True


class Batches:
    """The batches of one stored run; `say` is told in words what a person should know."""

    def __init__(self, desk: Desk, ref: str, say: Callable[[str], None]) -> None:
        self._desk = desk
        self._reader = desk.runs.open(ref)
        self._say = say

    @property
    def run_id(self) -> str:
        return self._reader.run_id

    def submit(self, max_cost: Decimal | None = None, *, allow_unpriced: bool = False) -> HandedIn:
        """Hand in what the run has open; `max_cost` in place of the run's own cap, if given.

        Raises UsageError where a cap cannot be kept, or no model of the run has a batch interface.
        """
        left: Counter[str] = Counter()

        def leave(seat: Seat, reason: str) -> None:
            left[reason] += 1

        async def work(batching: Batching) -> Submission:
            return await batching.submit(self._open_seats(), leave=leave)

        with self._desk.runs.resume(self.run_id) as run:
            if max_cost is not None:
                run.amend(max_cost=max_cost)
            clients = self._clients(run.manifest, {model.name for model in run.manifest.models})
            if not clients:
                raise UsageError(
                    f"no model of run {self.run_id} can be asked by batch.",
                    hint=f"Ask it live: panel runs resume {self.run_id}",
                )
            if run.manifest.max_cost is not None and not allow_unpriced:
                _check_priced(self._models(run.manifest), clients)
            submission = self._with(run, clients, work)
            return HandedIn(submission, dict(left), run.manifest)

    def status(self) -> list[Standing]:
        """Where the open parts stand; while another process writes the run, as its ledger has them."""
        if not self._open_parts():
            return []
        try:
            with self._desk.runs.resume(self.run_id) as run:
                return self._with(run, self._clients(run.manifest, self._awaited()), lambda it: it.look())
        except RunBusy:
            self._say("another process is writing the run: this is what it noted last")
            return [Standing(part) for part in self._open_parts()]

    def collect(self, *, wait: bool = False) -> Gathered:
        """Store what the batches brought that are over; with `wait`, until all are."""
        with self._desk.runs.resume(self.run_id) as run:
            clients = self._clients(run.manifest, self._awaited())
            collected = self._with(run, clients, lambda it: it.wait() if wait else it.collect())
            still_open = self._open_parts()
            if not still_open and self.parts() and run.manifest.finished_at is None:
                run.finish(run.manifest.totals, now())
            return Gathered(collected, still_open, run.manifest)

    def cancel(self) -> list[Standing]:
        """Cancel every batch that is not over."""
        with self._desk.runs.resume(self.run_id) as run:
            return self._with(run, self._clients(run.manifest, self._awaited()), lambda it: it.cancel())

    def parts(self) -> tuple[Part, ...]:
        """All parts of the run, as its ledger has them."""
        return tuple(parts_of(self._reader).values())

    def _open_parts(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts() if part.is_open)

    def _with(self, run: RunWriter, clients: Mapping[str, BatchClient], work: Work[T]) -> T:
        """What the work brings; where lines came, verdicts and totals are those of the log, however it ends."""
        reader, arrived = RunReader(run.path), _Arrived()
        budget = Budget(run.manifest.max_cost, spent_of(reader.replies(), run.manifest.probes))
        batching = Batching(
            run,
            clients,
            self._models(run.manifest),
            Opening(reader, self._desk.today).prompter(),
            budget=budget,
            clock=time.time,
            say=self._say,
            kept=arrived,
        )

        async def working() -> T:
            try:
                return await work(batching)
            finally:
                for client in clients.values():
                    await client.aclose()

        try:
            return bridge.run(working)
        finally:
            if arrived.any:
                settle(RunReader(run.path), run, self._desk.runs)

    def _models(self, manifest: Manifest) -> dict[str, Model]:
        return {model.name: self._desk.today(model) for model in manifest.models}

    def _awaited(self) -> set[str]:
        """The models of open parts."""
        return {part.model for part in self._open_parts()}

    def _clients(self, manifest: Manifest, wanted: set[str]) -> dict[str, BatchClient]:
        """A client for each of these models that has a batch interface."""
        models = self._models(manifest)
        clients: dict[str, BatchClient] = {}
        for name in wanted & models.keys():
            try:
                clients[name] = connect_batch(models[name], self._desk.environ)
            except ConfigError:
                raise
            except UsageError as error:
                self._say(error.message)
        return clients

    def _open_seats(self) -> Iterator[Seat]:
        for item in Opening(RunReader(self._reader.path), self._desk.today).seats():
            if isinstance(item, Seat):
                yield item


def _check_priced(models: Mapping[str, Model], clients: Mapping[str, BatchClient]) -> None:
    """Raise UsageError where a cap could not be kept for lack of a price for batches."""
    for name in clients:
        why = why_unpriced(models[name], now(), via="batch")
        if why:
            raise UsageError(
                f"--max-cost cannot be kept for batches of {name}: their price is unknown ({why}).",
                hint="Set `price = { input = …, output = … }`, in dollars per million tokens, for it in panel.toml, or "
                "let its batches go uncounted with --allow-unpriced.",
            )
