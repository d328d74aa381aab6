"""Places: the lines of a file, found by what they are looked up by, without holding them.

In comes a file; kept are 16 bytes a line: a hash and where the line begins. Lines are read again as they are asked for,
from the file as it was opened, also where another one has taken its name since. Different things may share a hash, so
whoever looks up checks what comes.
"""

from __future__ import annotations

import weakref
from array import array
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import IO, Generic, TypeVar

from panel.records.base import Readable
from panel.store.faults import told
from panel.store.lines import read_line

R = TypeVar("R", bound=Readable)


class Places:
    """Where lines begin, in bytes, by what they are looked up by."""

    def __init__(self) -> None:
        self._marks = array("q")
        self._begin = array("q")
        self._sorted = True

    def add(self, by: Hashable, begin: int) -> None:
        """Note a line."""
        self._marks.append(hash(by))
        self._begin.append(begin)
        self._sorted = False

    def of(self, by: Hashable) -> list[int]:
        """Where the lines begin, in the order noted."""
        if not self._sorted:
            self._sort()
        mark = hash(by)
        place, found = bisect_left(self._marks, mark), []
        while place < len(self._marks) and self._marks[place] == mark:
            found.append(self._begin[place])
            place += 1
        return found

    def _sort(self) -> None:
        order = sorted(range(len(self._marks)), key=self._marks.__getitem__)
        self._marks = array("q", map(self._marks.__getitem__, order))
        self._begin = array("q", map(self._begin.__getitem__, order))
        self._sorted = True

    def __len__(self) -> int:
        return len(self._marks)


class PlacedLines(Generic[R]):
    """A file's lines, once they were noted in `places`. `report` is told what could not be read; no file, no lines."""

    def __init__(self, path: Path, record: type[R], report: Callable[[str], None]) -> None:
        self.places = Places()
        self._path = path
        self._record = record
        self._report = report
        self._file: IO[bytes] | None = None
        with told("read", path):
            if path.exists():
                self._file = path.open("rb")
                weakref.finalize(self, self._file.close)

    def scan(self) -> Iterator[tuple[int, bytes]]:
        """Every line as it stands, with where it begins."""
        begin = 0
        if self._file is None:
            return
        with told("read", self._path):
            self._file.seek(0)
            for raw in self._file:
                yield begin, raw
                begin += len(raw)

    def find(self, by: Hashable) -> Iterator[R]:
        """The records of the lines that were noted under this, and perhaps others, in the order noted."""
        if self._file is None:
            return
        for begin in self.places.of(by):
            found = self._at(self._file, begin)
            if found is not None:
                yield found

    def _at(self, file: IO[bytes], begin: int) -> R | None:
        with told("read", self._path):
            file.seek(begin)
            raw = file.readline()
        where = f"{self._path.parent.name}/{self._path.name} byte {begin}"
        return read_line(raw, self._record, where, self._report)
