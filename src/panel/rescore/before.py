"""Before: what the last run over a catalogue shows of a tool, so that what comes next is compared with that.

The answer asked last need not be the one in view: a text that is changed back is answered by an older run. In goes that
run, out come run and key of each slot in view. Kept are 16 bytes a line of its files, read when the first tool is asked
for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from panel.drift.glances import Planned
from panel.drift.shelves import Plan
from panel.records.run import Was
from panel.records.seat import Slot
from panel.records.tool import Tool
from panel.store import RunReader
from panel.store.verdicts import Verdicts

Seat = tuple[str, str, int, str]
"""Persona, model, repeat and variant: a slot without its tool."""


class Before:
    """The view of one run; None shows nothing."""

    def __init__(self, reader: RunReader | None) -> None:
        self._reader = reader

    @cached_property
    def _plan(self) -> Plan | None:
        return Plan(self._reader) if self._reader else None

    @cached_property
    def _verdicts(self) -> Verdicts | None:
        return Verdicts(self._reader.path, self._reader.tell) if self._reader else None

    def of(self, tool: Tool) -> Mapping[Seat, Was] | None:
        """What was in view of the tool, under its id or one of its former ones; None where the run does not name it.

        A panel that was complete, else the one that it left in view.
        """
        for name in (tool.id, *tool.formerly):
            lines = self._plan.of(name) if self._plan else ()
            if lines:
                now = {seat_of(line.slot): was for line in lines if (was := self._now(line))}
                return now if len(now) == len(lines) else {seat_of(line.slot): line.was for line in lines if line.was}
        return None

    def _now(self, line: Planned) -> Was | None:
        """The answer that the run planned for the slot, if it came."""
        if line.source == "held" and line.held_by:
            return Was(run=line.held_by, key=line.key)
        if line.source != "here" or not self._verdicts or not self._reader:
            return None
        settled = any(record.settled and record.slot == line.slot for record in self._verdicts.of(line.key))
        return Was(run=self._reader.run_id, key=line.key) if settled else None


def seat_of(slot: Slot) -> Seat:
    """The slot without its tool."""
    return slot.persona, slot.model, slot.repeat, slot.variant
