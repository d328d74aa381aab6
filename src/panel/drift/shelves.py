"""Shelves: the files that the two sides of a comparison read, opened once for both.

In go runs; out come answers by run and key, lines of plans by tool, and what texts say, each as it is asked for. Kept
are 16 bytes a line and the answers that were read last, so that what stands on both sides is read once.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from typing import IO, NamedTuple, TypeVar

from panel.drift.glances import Glance, Planned
from panel.drift.seats import Seat, seat_of
from panel.records.base import Readable, ValidationError
from panel.records.facts import gives_enough
from panel.records.identity import sha
from panel.records.run import InputLine
from panel.records.seat import Slot
from panel.records.tool import Tool
from panel.store import RunReader, Runs, layout
from panel.store.lines import keys_in, place, read_line
from panel.store.places import PlacedLines
from panel.view import named_in, opened, sources_of

R = TypeVar("R", bound=Readable)

_TOOL = re.compile(rb'\{"schema_version":\d+,"slot":\{"tool":"([A-Za-z0-9][A-Za-z0-9._-]{0,99})"')
"""How the lines of a plan begin as panel writes them; what begins otherwise is read whole."""
_KIND = re.compile(rb'"kind"\s*:\s*"(persona|tool)"')
_ID = re.compile(rb'"id"\s*:\s*"([A-Za-z0-9][A-Za-z0-9._-]{0,99})"')
_ANSWERS = 1024
"""Answers kept at hand: the seats of a few tools."""


class Read(NamedTuple):
    """An answer as it was read."""

    slot: Slot
    settled: bool
    seat: Seat


class _Quick(PlacedLines[R]):
    """As its base, but where a line stands is put into words for those alone that are to be told of."""

    def _at(self, file: IO[bytes], begin: int) -> R | None:
        with suppress(OSError, ValidationError):
            file.seek(begin)
            raw = file.readline()
            if raw.endswith(b"\n"):
                return self._record.from_line(raw)
        return super()._at(file, begin)


class Answers:
    """The verdicts of one run, by key."""

    def __init__(self, reader: RunReader) -> None:
        self._lines = _Quick(reader.path / layout.VERDICTS, Glance, reader.tell)
        for begin, raw in self._lines.scan():
            for key in keys_in(raw):
                self._lines.places.add(key.decode(), begin)
        self.of = lru_cache(maxsize=_ANSWERS)(self._of)
        """What the run holds of a question, in the order written."""

    def _of(self, key: str) -> Sequence[Read]:
        found = (record for record in self._lines.find(key) if record.key == key)
        return tuple(Read(record.slot, record.settled, seat_of(record)) for record in found)


class Plan:
    """The plan of one run over a catalogue, by tool. `named` are the runs it names."""

    def __init__(self, reader: RunReader) -> None:
        self._lines = _Quick(reader.path / layout.PLAN, Planned, reader.tell)
        tools: set[str] = set()
        self.named: set[str] = set()
        for number, (begin, raw) in enumerate(self._lines.scan(), start=1):
            if not raw.strip():
                continue
            tool = _named(raw) or self._read(raw, number, reader)
            if tool:
                tools.add(tool)
                self._lines.places.add(tool, begin)
                self.named |= named_in((raw,))
        self.tools = sorted(tools)
        self.of = lru_cache(maxsize=2)(self._of)
        """All that the plan says of a tool, in the order written."""

    def _read(self, raw: bytes, number: int, reader: RunReader) -> str | None:
        line = read_line(raw, Planned, place(reader.path / layout.PLAN, number), reader.tell)
        return line.slot.tool if line else None

    def _of(self, tool: str) -> Sequence[Planned]:
        return tuple(line for line in self._lines.find(tool) if line.slot.tool == tool)


def _named(raw: bytes) -> str | None:
    """The tool of a line as panel writes it."""
    found = _TOOL.match(raw)
    return sys.intern(found[1].decode()) if found else None


class Texts:
    """What one run's inputs say of personas and tools."""

    def __init__(self, reader: RunReader) -> None:
        self._lines = _Quick(reader.path / layout.INPUTS, InputLine, reader.tell)
        self.personas: dict[str, bool] = {}
        """Whether each persona votes; False where any of its texts here says so."""
        for begin, raw in self._lines.scan():
            kind = _KIND.search(raw)
            if kind and kind[1] == b"tool" and (name := _ID.search(raw)):
                self._lines.places.add(name[1].decode(), begin)
            elif kind:
                self._hear(read_line(raw, InputLine, f"{reader.run_id}/{layout.INPUTS} byte {begin}", reader.tell))

    def _hear(self, line: InputLine | None) -> None:
        if line and line.kind == "persona" and isinstance(line.value, dict):
            name = str(line.value.get("id"))
            self.personas[name] = self.personas.get(name, True) and line.value.get("votes") is not False

    def descriptions(self, tool: str) -> Iterator[tuple[str | None, str]]:
        """Every text here of the tool, the last one written first: the hash of what was shown of it, and the text."""
        for line in reversed(list(self._lines.find(tool))):
            if line.kind == "tool" and isinstance(line.value, dict) and line.value.get("id") == tool:
                yield _shown(line.value), str(line.value.get("description", ""))


def tools_of(reader: RunReader) -> Collection[str]:
    """The tools that a run names: an ordinary one in its manifest, one over a catalogue in its plan."""
    return Plan(reader).tools if reader.manifest.catalogue else reader.manifest.tools


def _shown(value: Mapping[str, object]) -> str | None:
    try:
        return sha(Tool.model_validate(value).fields())
    except ValidationError:
        return None


_gives_enough = lru_cache(maxsize=4)(gives_enough)
"""Both sides ask, mostly of the same text."""


class Wording:
    """The texts behind one side: those of several runs, of which the first that has one counts."""

    def __init__(self, sources: Sequence[Texts]) -> None:
        self._sources = sources

    @property
    def silent(self) -> set[str]:
        """The personas that never vote, such as Control."""
        votes: dict[str, bool] = {}
        for source in reversed(self._sources):
            votes |= source.personas
        return {name for name, voting in votes.items() if not voting}

    def gives_enough(self, tool: str, shown: Collection[str | None]) -> bool:
        """Whether the tool's description gives enough: the one whose hash is the only one among `shown`, else the first
        that is known; also where none is."""
        told = [found for source in self._sources for found in source.descriptions(tool)]
        meant = [text for name, text in told if {name} == set(shown)] or [text for _, text in told]
        return not meant or _gives_enough(meant[0])


class Shelves:
    """What was opened of the runs so far, by run."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._answers: dict[str, Answers] = {}
        self._plans: dict[str, Plan] = {}
        self._texts: dict[str, Texts] = {}

    def plan(self, reader: RunReader) -> Plan:
        """The plan of a run over a catalogue."""
        if reader.run_id not in self._plans:
            self._plans[reader.run_id] = Plan(reader)
        return self._plans[reader.run_id]

    def finder(self, reader: RunReader) -> Callable[[str, str], Sequence[Read]]:
        """What finds answers that `reader` shows, by run and key; of a run that is not there it finds none."""
        there = cache(lambda run_id: self._answers_of(opened(self._runs, reader, run_id)))

        def find(run_id: str, key: str) -> Sequence[Read]:
            answers = there(run_id)
            return answers.of(key) if answers else ()

        return find

    def _answers_of(self, reader: RunReader | None) -> Answers | None:
        if reader and reader.run_id not in self._answers:
            self._answers[reader.run_id] = Answers(reader)
        return self._answers[reader.run_id] if reader else None

    def wording(self, reader: RunReader, *, before: bool = False) -> Wording:
        """The texts behind what a run shows, or showed before it: the older runs' go before its own then."""
        named = self.plan(reader).named if reader.manifest.catalogue else ()
        own, *older = (self._texts_of(source) for source in sources_of(self._runs, reader, named))
        return Wording([*older, own] if before else [own, *older])

    def _texts_of(self, reader: RunReader) -> Texts:
        if reader.run_id not in self._texts:
            self._texts[reader.run_id] = Texts(reader)
        return self._texts[reader.run_id]
