"""By batch: the seats of a run that is being written, asked through the batches of their providers.

Every step does what it can and leaves verdicts and totals as the log has them, also where it is interrupted. The run
stays unfinished while a part of it is on its way.
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
from panel.batching.batching import Look
from panel.budget import Budget, spent_of
from panel.clients.batches import BatchClient, connect_batch
from panel.desk.buying import now
from panel.errors import ConfigError, UsageError
from panel.prices import why_unpriced
from panel.records.model import Model
from panel.records.run import ReplyLine
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


class ByBatch:
    """The batches of one run; `say` is told in words what a person should know. `taken_up` is of a run that another
    process began."""

    def __init__(self, desk: Desk, run: RunWriter, say: Callable[[str], None], *, taken_up: bool = True) -> None:
        self._taken_up = taken_up
        self._desk = desk
        self._run = run
        self._say = _once(say)
        self._arrived = False
        self.without: frozenset[str] = frozenset()
        """The models that were found to have no batches."""

    @property
    def open_parts(self) -> tuple[Part, ...]:
        """Those of which something may still come."""
        return open_parts(RunReader(self._run.path))

    def submit(self, wanted: Callable[[Seat], bool] = lambda seat: True, *, allow_unpriced: bool = False) -> HandedIn:
        """Hand in what the run has open of the wanted seats, within its cap.

        Raises UsageError where no model of the run has a batch interface, or its cap cannot be kept; RunStopping
        (`no_list`) where it cannot be found out what was handed in before.
        """
        clients = self._clients({model.name for model in self._run.manifest.models})
        if not clients:
            raise UsageError(
                f"no model of run {self._run.run_id} can be asked by batch.",
                hint=f"Ask it live: panel runs resume {self._run.run_id} --via live",
            )
        if self._run.manifest.max_cost is not None and not allow_unpriced:
            check_batch_priced([self._models()[name] for name in clients])
        left: Counter[str] = Counter()

        def leave(seat: Seat, reason: str) -> None:
            left[reason] += 1

        async def work(batching: Batching) -> Submission:
            return await batching.submit(filter(wanted, self._open_seats()), leave=leave)

        return HandedIn(self._with(clients, work), dict(left))

    def look(self) -> list[Standing]:
        """Where the open parts stand now."""
        return self._of_open(lambda batching: batching.look()) if self.open_parts else []

    def collect(self, *, wait: bool = False, watch: Look = lambda standings: None) -> Collected:
        """Store what the batches brought that are over; with `wait`, until all are. A run of which nothing is on its
        way any more is finished."""
        if not parts_of(RunReader(self._run.path)):
            return Collected()
        collected = self._of_open(lambda it: it.wait(watch=watch) if wait else it.collect(watch=watch))
        if not self.open_parts and self._run.manifest.finished_at is None:
            self._run.finish(self._run.manifest.totals, now())
        return collected

    def cancel(self) -> list[Standing]:
        """Cancel every batch that is not over."""
        return self._of_open(lambda batching: batching.cancel())

    def give_up(self, number: int) -> Part:
        """End a part whose results cannot be had; raises UsageError where it waits for none."""

        async def work(batching: Batching) -> Part:
            self._arrived = True  # its seats get lines of their own
            return batching.give_up(number, "given up by hand")

        return self._with({}, work, reached=False)

    def _of_open(self, work: Work[T]) -> T:
        return self._with(self._clients({part.model for part in self.open_parts}), work)

    def _with(self, clients: Mapping[str, BatchClient], work: Work[T], *, reached: bool = True) -> T:
        """What the work brings; where lines came, verdicts and totals are those of the log, however it ends. Where no
        model is `reached`, they are as the run wrote them down: the settings need not know them any more."""
        run = self._run
        models = self._models() if reached else {model.name: model for model in run.manifest.models}
        today = self._desk.today if reached else lambda model: model
        reader = RunReader(run.path)
        batching = Batching(
            run,
            clients,
            models,
            Opening(reader, today).prompter(),
            budget=Budget(run.manifest.max_cost, spent_of(reader.replies(), run.manifest.probes)),
            clock=time.time,
            say=self._say,
            kept=self._kept,
            taken_up=self._taken_up,
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
            if self._arrived:
                settle(RunReader(run.path), run, self._desk.runs)
                self._arrived = False

    def _kept(self, line: ReplyLine) -> None:
        self._arrived = True

    def _models(self) -> dict[str, Model]:
        return {model.name: self._desk.today(model) for model in self._run.manifest.models}

    def _clients(self, wanted: set[str]) -> dict[str, BatchClient]:
        """A client for each of these models that has a batch interface."""
        models = self._models()
        clients: dict[str, BatchClient] = {}
        for name in wanted & models.keys():
            if models[name].is_offline:
                continue
            try:
                clients[name] = connect_batch(models[name], self._desk.environ)
            except ConfigError:
                raise
            except UsageError as error:
                self.without |= {name}
                self._say(error.message)
        return clients

    def _open_seats(self) -> Iterator[Seat]:
        for item in Opening(RunReader(self._run.path), self._desk.today).seats():
            if isinstance(item, Seat):
                yield item


def _once(say: Callable[[str], None]) -> Callable[[str], None]:
    """Says the same words but once."""
    said: set[str] = set()

    def first(words: str) -> None:
        if words not in said:
            said.add(words)
            say(words)

    return first


def open_parts(reader: RunReader) -> tuple[Part, ...]:
    """The parts of a run of which something may still come, as its ledger has them."""
    return tuple(part for part in parts_of(reader).values() if part.is_open)


def held_for(parts: tuple[Part, ...]) -> Decimal:
    """What is held for these parts, in US dollars."""
    return sum((part.reserved_usd or Decimal(0) for part in parts), Decimal(0))


def check_reach(models: list[Model], environ: Mapping[str, str]) -> list[Model]:
    """Those of the models that have batches; raises UsageError where none has, ConfigError for a missing key."""
    found, last = [], None
    for model in models:
        try:
            connect_batch(model, environ)
        except ConfigError:
            raise
        except UsageError as error:
            last = error
        else:
            found.append(model)
    if last and not found:
        raise last
    return found


def check_batch_priced(models: list[Model]) -> None:
    """Raise UsageError where a cap could not be kept for lack of a price for batches."""
    for model in models:
        why = why_unpriced(model, now(), via="batch")
        if why:
            raise UsageError(
                f"--max-cost cannot be kept for batches of {model.name}: their price is unknown ({why}).",
                hint="Set `price = { input = …, output = … }`, in dollars per million tokens, for it in panel.toml, or "
                "let its batches go uncounted with --allow-unpriced.",
            )
