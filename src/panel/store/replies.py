"""Replies: what a run has bought, looked up by slot without holding it all. Only the places of the lines are kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO

from panel.records.run import ReplyLine
from panel.store import layout
from panel.store.faults import told
from panel.store.lines import place, raw_lines, read_line


class Replies:
    """The log of the run in `folder` as of now; `report` is told what could not be read.

    `each` is given every line once, in the order bought, while the places are noted.
    """

    def __init__(
        self, folder: Path, report: Callable[[str], None], each: Callable[[ReplyLine], None] = lambda line: None
    ) -> None:
        self._path = folder / layout.REPLIES
        self._report = report
        self._places: dict[str, list[int]] = {}
        at = 0
        for number, raw in enumerate(raw_lines(self._path), start=1):
            line = read_line(raw, ReplyLine, place(self._path, number), report) if raw.strip() else None
            if line is not None:
                self._places.setdefault(str(line.slot), []).append(at)
                each(line)
            at += len(raw)

    def of(self, slot: str) -> tuple[ReplyLine, ...]:
        """What was bought for a slot, in order."""
        places = self._places.get(slot, ())
        if not places:
            return ()
        with told("read", self._path), self._path.open("rb") as file:
            return tuple(line for at in places if (line := self._read(file, at)) is not None)

    def _read(self, file: IO[bytes], at: int) -> ReplyLine | None:
        file.seek(at)
        return read_line(file.readline(), ReplyLine, f"{self._path.name} byte {at}", self._report)
