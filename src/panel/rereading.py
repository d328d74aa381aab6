"""Rereading: the seats of a run over a catalogue, read again from its folder one at a time. No call, no cost.

In goes a run's folder; out come its planned questions, put together from the run's own inputs, and the record of each
seat as its stored replies say. Memory does not grow with the catalogue. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from panel.errors import StoreError
from panel.makings import Asked, Makings
from panel.records.run import PlanLine, ReplyLine
from panel.records.seat import SeatRecord
from panel.reparse import lost, seat_record, told
from panel.store import RunReader
from panel.store.inputs import Inputs
from panel.store.replies import Replies


class Reread(NamedTuple):
    """A seat that the run asks: its question, all that was bought for it, and what that amounts to."""

    asked: Asked
    lines: tuple[ReplyLine, ...]
    record: SeatRecord


class Texts(Makings):
    """What a run's questions are made of, each read from the disk as it is needed."""

    def __init__(self, reader: RunReader) -> None:
        super().__init__(Inputs(reader.path, reader.tell))


class Rereading:
    """A run's own seats. `each` is given every line of the run's log once, before the first seat comes."""

    def __init__(self, reader: RunReader, each: Callable[[ReplyLine], None] = lambda line: None) -> None:
        self._reader = reader
        self._replies = Replies(reader.path, reader.tell, each)
        self.texts = Texts(reader)

    def seats(self) -> Iterator[Reread]:
        """Every seat that the run asks, in the order planned; raises StoreError where its files do not fit together."""
        for plan in self._planned():
            lines = self._replies.of(str(plan.slot))
            with told(self._reader):
                asked = self.texts.asked(plan)
                record = seat_record(self._reader.run_id, asked, lines)
            yield Reread(asked, lines, record)

    def _planned(self) -> Iterator[PlanLine]:
        """The seats that the run asks, each once."""
        seen: set[int] = set()
        for plan in self._reader.plan_lines():
            mark = hash(str(plan.slot))
            if plan.source == "here" and mark not in seen:
                seen.add(mark)
                yield plan

    def check(self) -> None:
        """Raise StoreError where the run holds replies of seats that its plan does not name: they would be dropped."""
        named = sum(self._replies.count(str(plan.slot)) for plan in self._planned()) if len(self._replies) else 0
        if named < len(self._replies):
            raise lost(self._reader, f"{len(self._replies) - named} replies")

    def first(self) -> PlanLine:
        """The first seat planned; raises StoreError where there is none."""
        plan = next(self._reader.plan_lines(), None)
        if plan is None:
            raise StoreError(
                f"run {self._reader.run_id} has no seat to ask.", hint="Give its command again; nothing was spent."
            )
        return plan
