"""Batches: the batches of a stored run, as commands meet them: handed in, looked at, collected, cancelled, given up.

Every command takes the run up from its folder, and leaves it to the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from panel.batching import Collected, Part, Standing, Submission, parts_of
from panel.batching.batching import Look
from panel.desk.by_batch import ByBatch, open_parts
from panel.desk.carrying import elsewhere
from panel.errors import RunBusy
from panel.records.run import Manifest

if TYPE_CHECKING:
    from panel.desk.desk import Desk


class Posted(NamedTuple):
    """What handing in came to: the parts, the seats that stay open by reason, and the run as it stands now."""

    submission: Submission
    left: Mapping[str, int]
    manifest: Manifest


class Gathered(NamedTuple):
    """What collecting came to: the run as it stands now, and the parts that are still open."""

    collected: Collected
    open: tuple[Part, ...]
    manifest: Manifest


class Batches:
    """The batches of one stored run; `say` is told in words what a person should know."""

    def __init__(self, desk: Desk, ref: str, say: Callable[[str], None]) -> None:
        self._desk = desk
        self._reader = desk.runs.open(ref)
        self._say = say

    @property
    def run_id(self) -> str:
        return self._reader.run_id

    def submit(self, max_cost: Decimal | None = None, *, allow_unpriced: bool = False) -> Posted:
        """Hand in what the run has open; `max_cost` in place of the run's own cap, if given.

        Raises UsageError where a cap cannot be kept, or no model of the run has a batch interface.
        """
        with self._desk.runs.resume(self.run_id) as run:
            if max_cost is not None:
                run.amend(max_cost=max_cost)
            taken = elsewhere(self._desk, self._reader)
            by_batch = ByBatch(self._desk, run, self._say)
            handed_in = by_batch.submit(lambda seat: seat.key not in taken, allow_unpriced=allow_unpriced)
            if taken:
                self._say(f"{len(taken):,} of its questions are answered, or on their way, in other runs")
            return Posted(*handed_in, run.manifest)

    def status(self) -> list[Standing]:
        """Where the open parts stand; while another process writes the run, as its ledger has them."""
        found = open_parts(self._reader)
        if not found:
            return []
        try:
            with self._desk.runs.resume(self.run_id) as run:
                return ByBatch(self._desk, run, self._say).look()
        except RunBusy:
            self._say("another process is writing the run: this is what it noted last")
            return [Standing(part) for part in found]

    def collect(self, *, wait: bool = False, watch: Look = lambda standings: None) -> Gathered:
        """Store what the batches brought that are over; with `wait`, until all are."""
        with self._desk.runs.resume(self.run_id) as run:
            by_batch = ByBatch(self._desk, run, self._say)
            collected = by_batch.collect(wait=wait, watch=watch)
            return Gathered(collected, by_batch.open_parts, run.manifest)

    def cancel(self) -> list[Standing]:
        """Cancel every batch that is not over."""
        with self._desk.runs.resume(self.run_id) as run:
            return ByBatch(self._desk, run, self._say).cancel()

    def give_up(self, number: int) -> Part:
        """End a part whose results cannot be had: its seats are open again, and what was held for it counts as spent.

        Raises UsageError where the part waits for no results.
        """
        with self._desk.runs.resume(self.run_id) as run:
            return ByBatch(self._desk, run, self._say).give_up(number)

    def parts(self) -> tuple[Part, ...]:
        """All parts of the run, as its ledger has them."""
        return tuple(parts_of(self._reader).values())
