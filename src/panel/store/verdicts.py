"""Verdicts: the file of a run's verdicts, written anew one record at a time and put in place as a whole."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from panel.records.seat import SeatRecord
from panel.store.atomic import replacing
from panel.store.faults import told

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
