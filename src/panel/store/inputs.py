"""Inputs: what a run's questions were made of, looked up by hash without holding it all.

A run over a catalogue keeps the texts of thousands of tools; whoever puts its questions together again needs a few of
them at a time. A line that is not what its hash says is treated as missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from panel.records.identity import sha
from panel.records.run import InputLine
from panel.store import layout
from panel.store.places import PlacedLines

_SHA = re.compile(rb'"sha"\s*:\s*"([0-9a-f]{64})"')
_HEAD = 200
"""Bytes at the beginning of a line in which its hash stands."""


class Inputs(Mapping[str, InputLine]):
    """The inputs of the run in `folder`, by hash, as of now; `report` is told what could not be read."""

    def __init__(self, folder: Path, report: Callable[[str], None] = lambda message: None) -> None:
        self._lines = PlacedLines(folder / layout.INPUTS, InputLine, report)
        for begin, raw in self._lines.scan():
            found = _SHA.search(raw, 0, _HEAD)
            if found:
                self._lines.places.add(found[1].decode(), begin)

    def __getitem__(self, key: str) -> InputLine:
        for line in self._lines.find(key):
            if line.sha == key and sha(line.value) == key:
                return line
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        found = (_SHA.search(raw, 0, _HEAD) for _, raw in self._lines.scan())
        return iter(dict.fromkeys(match[1].decode() for match in found if match))

    def __len__(self) -> int:
        return sum(1 for _ in self)
