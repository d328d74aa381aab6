"""Replies: what a run has bought, looked up by slot without holding it all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from panel.records.run import ReplyLine
from panel.store import layout
from panel.store.lines import place, read_line
from panel.store.places import PlacedLines


class Replies:
    """The log of the run in `folder` as of now; `report` is told what could not be read.

    `each` is given every line once, in the order bought, while the places are noted.
    """

    def __init__(
        self, folder: Path, report: Callable[[str], None], each: Callable[[ReplyLine], None] = lambda line: None
    ) -> None:
        path = folder / layout.REPLIES
        self._lines = PlacedLines(path, ReplyLine, report)
        for number, (begin, raw) in enumerate(self._lines.scan(), start=1):
            line = read_line(raw, ReplyLine, place(path, number), report) if raw.strip() else None
            if line is not None:
                self._lines.places.add(str(line.slot), begin)
                each(line)

    def of(self, slot: str) -> tuple[ReplyLine, ...]:
        """What was bought for a slot, in order."""
        return tuple(line for line in self._lines.find(slot) if str(line.slot) == slot)

    def count(self, slot: str) -> int:
        """How many lines a slot has."""
        return len(self._lines.places.of(slot))

    def __len__(self) -> int:
        return len(self._lines.places)
