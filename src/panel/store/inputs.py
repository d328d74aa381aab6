"""Inputs: what a run's questions were made of, looked up by hash without holding it all.

A run over a catalogue keeps the texts of thousands of tools; whoever puts its questions together again needs a few of
them at a time. Only the places of the lines are kept; a line that is not what its hash says is treated as missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from panel.records.identity import sha
from panel.records.run import InputLine
from panel.store import layout
from panel.store.faults import told
from panel.store.lines import read_line

_SHA = re.compile(rb'"sha"\s*:\s*"([0-9a-f]{64})"')
_HEAD = 200
"""Bytes at the beginning of a line in which its hash stands."""


class Inputs(Mapping[str, InputLine]):
    """The inputs of the run in `folder`, by hash, as of now; `report` is told what could not be read."""

    def __init__(self, folder: Path, report: Callable[[str], None] = lambda message: None) -> None:
        self._path = folder / layout.INPUTS
        self._report = report
        self._places: dict[bytes, int] = {}
        with told("read", self._path):
            if self._path.exists():
                self._scan()

    def _scan(self) -> None:
        place = 0
        with self._path.open("rb") as file:
            for raw in file:
                found = _SHA.search(raw, 0, _HEAD)
                if found:
                    self._places[bytes.fromhex(found[1].decode())] = place
                place += len(raw)

    def __getitem__(self, key: str) -> InputLine:
        place = self._places[bytes.fromhex(key)]
        with told("read", self._path), self._path.open("rb") as file:
            file.seek(place)
            raw = file.readline()
        line = read_line(raw, InputLine, f"{self._path.parent.name}/{layout.INPUTS} byte {place}", self._report)
        if line is None or line.sha != key or sha(line.value) != key:
            raise KeyError(key)
        return line

    def __iter__(self) -> Iterator[str]:
        return (key.hex() for key in self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and bytes.fromhex(key) in self._places
