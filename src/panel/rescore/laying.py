"""Laying down: a catalogue's plan into a run's folder, tool by tool, before anything is asked; or into figures alone.

What cannot be read, and what stands in the catalogue twice, is told with file and line and costs the others nothing.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from panel.catalogue import Placed
from panel.errors import InputError
from panel.prompts import Prompter
from panel.records.identity import sha
from panel.records.run import ShortLine
from panel.records.standing import CataloguePlan
from panel.records.tool import Tool
from panel.rescore.estimating import Tally
from panel.rescore.planning import Planner, Standing
from panel.seating import write_plan
from panel.store import RunWriter


class Scope(NamedTuple):
    """Which tools a command looks at (`tools` by id), and how many seats it may ask at most; None is no limit.

    `on_the_way` says, by key, why a question is in the hands of another run: asking it too would pay twice.
    """

    categories: tuple[str, ...] = ()
    max_seats: int | None = None
    on_the_way: Mapping[str, str] = MappingProxyType({})
    tools: Collection[str] | None = None

    def why_not(self, standing: Standing, *, fits: bool) -> str:
        """Why a seat that is not fresh is not asked; empty where it is, or where there is nothing to ask."""
        if standing.state == "fresh":
            return ""
        return self.on_the_way.get(standing.seat.key) or ("" if fits else "beyond --max-seats")

    def covers(self, tool: Tool) -> bool:
        """Whether the tool is wanted: by its id or a former one, and by its category, in whatever case."""
        if self.tools is not None and not any(name in self.tools for name in (tool.id, *tool.formerly)):
            return False
        wanted = {category.casefold() for category in self.categories}
        return not wanted or (tool.category or "").casefold() in wanted


class Reading:
    """The tools of a catalogue as they come, each once. `broken` counts what could not be used, told to `tell`."""

    def __init__(self, found: Iterable[Placed], scope: Scope, tell: Callable[[InputError], None]) -> None:
        self._found = found
        self._scope = scope
        self._tell = tell
        self.broken = 0
        self.left_out = 0
        self.tools = 0
        self.categories: set[str] = set()
        self.missed = set(scope.tools or ())
        """Tools that the scope names and that were not met."""

    def __iter__(self) -> Iterator[Tool]:
        ids, texts = _Seen(), _Seen()
        for item, file, line in self._found:
            if isinstance(item, InputError):
                self._refuse(item)
                continue
            names, text = (item.id, *item.formerly), sha(item.fields())
            if item.id in ids:
                self._refuse(InputError.at(file, f"{item.id!r} stands in the catalogue already", line=line, hint=_ONE))
            elif any(name in ids for name in names):
                what = f"{item.id!r} is said to have been named like another tool of the catalogue"
                self._refuse(InputError.at(file, what, line=line, field="formerly", hint=_ONE))
            elif text in texts:
                what = f"{item.id!r} holds the same text as another tool of the catalogue"
                self._refuse(InputError.at(file, what, line=line, hint=_ONE))
            else:
                for name in names:
                    ids.add(name)
                texts.add(text)
                self.missed.difference_update(names)
                if item.category and len(self.categories) < _NAMED:
                    self.categories.add(item.category)
                if not self._scope.covers(item):
                    self.left_out += 1
                    continue
                self.tools += 1
                yield item

    def _refuse(self, error: InputError) -> None:
        self.broken += 1
        self._tell(error)


_ONE = "The one that comes first is used."
_SHELVES = 1024
_NAMED = 40
"""Categories that are kept, to be named where none is the one asked for."""


class _Seen:
    """Which texts came before, by their hashes: eight bytes each; a set takes nearly ten times that."""

    def __init__(self) -> None:
        self._shelves = [array("q") for _ in range(_SHELVES)]

    def add(self, text: str) -> None:
        mark = hash(text)
        insort(self._shelves[mark % _SHELVES], mark)

    def __contains__(self, text: str) -> bool:
        mark = hash(text)
        shelf = self._shelves[mark % _SHELVES]
        place = bisect_left(shelf, mark)
        return place < len(shelf) and shelf[place] == mark


def lay_down(
    reading: Reading,
    planner: Planner,
    tally: Tally,
    prompter: Prompter,
    scope: Scope,
    run: RunWriter | None,
    source: str,
) -> CataloguePlan:
    """Plan the whole catalogue; into the folder of `run`, if there is one. Whole panels only are beyond `max_seats`."""
    asked, digest = 0, hashlib.sha256()
    for _, standings in planner.standings(reading):
        open_ = [item for item in standings if item.state != "fresh" and item.seat.key not in scope.on_the_way]
        fits = scope.max_seats is None or asked + len(open_) <= scope.max_seats
        asked += len(open_) if fits else 0
        whys = [scope.why_not(standing, fits=fits) for standing in standings]
        for standing, why in zip(standings, whys, strict=True):
            answer = standing.entry.run if standing.state == "fresh" and standing.entry else run and run.run_id
            digest.update(f"{standing.seat.slot} {standing.seat.key} {answer}\n".encode())
            tally.add(standing, asked=not why, away=standing.seat.key in scope.on_the_way)
        if run:
            _write(run, prompter, standings, whys)
    if run:
        run.plan(())
    tally.tools, tally.broken, tally.left_out = reading.tools, reading.broken, reading.left_out
    return tally.plan(source).model_copy(update={"digest": digest.hexdigest()})


def _write(run: RunWriter, prompter: Prompter, standings: list[Standing], whys: list[str]) -> None:
    pairs = list(zip(standings, whys, strict=True))
    asked = [item.seat._replace(was=item.was) for item, why in pairs if item.state != "fresh" and not why]
    if asked:
        write_plan(asked, run, prompter, more=True)
    rest = [_short(item, why) for item, why in pairs if item.state == "fresh" or why]
    if rest:
        run.plan(rest, more=True)


def _short(standing: Standing, why: str) -> ShortLine:
    entry, seat, was = standing.entry, standing.seat, standing.was
    if standing.state == "fresh" and entry:
        return ShortLine(slot=seat.slot, key=seat.key, source="held", held_by=entry.run, was=was)
    return ShortLine(slot=seat.slot, key=seat.key, source="pending", was=was, reason=why)
