"""Verdicts: the file of a run's verdicts, written anew one record at a time and put in place as a whole; and its
records, looked up by key without holding them all.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from panel.records.seat import SeatRecord
from panel.store import layout
from panel.store.atomic import replacing
from panel.store.faults import told
from panel.store.lines import keys_in
from panel.store.places import PlacedLines

OLD_STANDS = "What stood there before is unchanged, and every reply already bought is kept."


class VerdictsFile:
    """Takes records and replaces the old file when its `with` block ends; if the block raises, the old one stands."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open = ExitStack()
        self._file: IO[bytes]

    def __enter__(self) -> Self:
        with told("write", self._path, OLD_STANDS):
            self._file = self._open.enter_context(replacing(self._path, durable=False))
        return self

    def add(self, record: SeatRecord) -> None:
        """Write one record; raises StoreError."""
        with told("write", self._path, OLD_STANDS):
            self._file.write(f"{record.to_line()}\n".encode("utf-8", "replace"))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with told("write", self._path, OLD_STANDS):
            self._open.__exit__(kind, error, trace)


class Verdicts:
    """The verdicts of the run in `folder` as of now; `report` is told what could not be read."""

    def __init__(self, folder: Path, report: Callable[[str], None] = lambda message: None) -> None:
        self._lines = PlacedLines(folder / layout.VERDICTS, SeatRecord, report)
        for begin, raw in self._lines.scan():
            for key in keys_in(raw):
                self._lines.places.add(key.decode(), begin)

    def of(self, key: str) -> tuple[SeatRecord, ...]:
        """The records of this question, in the order written."""
        return tuple(record for record in self._lines.find(key) if record.key == key)

    def __len__(self) -> int:
        return len(self._lines.places)
