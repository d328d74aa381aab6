"""Laying down: a catalogue's plan into a run's folder, tool by tool, before anything is asked; or into figures alone.

What cannot be read, and what stands in the catalogue twice, is told with file and line and costs the others nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from panel.errors import InputError
from panel.prompts import Prompter
from panel.records.identity import sha
from panel.records.run import ShortLine, Was
from panel.records.standing import CataloguePlan
from panel.records.tool import Tool
from panel.rescore.estimating import Tally
from panel.rescore.planning import Planner, Standing
from panel.seating import Seat, write_plan
from panel.store import RunWriter


class Scope(NamedTuple):
    """Which tools a command looks at, and how many seats it may ask at most; None is no limit."""

    categories: tuple[str, ...] = ()
    max_seats: int | None = None

    def covers(self, tool: Tool) -> bool:
        """Whether the tool is of a wanted category, in whatever case."""
        wanted = {category.casefold() for category in self.categories}
        return not wanted or (tool.category or "").casefold() in wanted


class Reading:
    """The tools of a catalogue as they come, each once. `broken` counts what could not be used, told to `tell`."""

    def __init__(self, found: Iterable[Tool | InputError], scope: Scope, tell: Callable[[InputError], None]) -> None:
        self._found = found
        self._scope = scope
        self._tell = tell
        self.broken = 0
        self.left_out = 0
        self.tools = 0

    def __iter__(self) -> Iterator[Tool]:
        ids: set[int] = set()
        texts: set[int] = set()
        for item in self._found:
            if isinstance(item, InputError):
                self._refuse(item)
            elif not self._scope.covers(item):
                self.left_out += 1
            elif hash(item.id) in ids:
                self._refuse(InputError(f"{item.id!r} stands twice in the catalogue", hint="Only the first is used."))
            elif (text := hash(sha(item.fields()))) in texts:
                self._refuse(InputError(f"{item.id!r} holds the same text as another", hint="Only the first is used."))
            else:
                ids.update(map(hash, (item.id, *item.formerly)))
                texts.add(text)
                self.tools += 1
                yield item

    def _refuse(self, error: InputError) -> None:
        self.broken += 1
        self._tell(error)


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
    asked = 0
    for _, standings in planner.standings(reading):
        wanted = [standing for standing in standings if standing.state != "fresh"]
        fits = scope.max_seats is None or asked + len(wanted) <= scope.max_seats
        asked += len(wanted) if fits else 0
        for standing in standings:
            tally.add(standing, asked=fits)
        if run:
            _write(run, prompter, standings, fits=fits)
    if run:
        run.plan(())
    tally.tools, tally.broken, tally.left_out = reading.tools, reading.broken, reading.left_out
    return tally.plan(source)


def _write(run: RunWriter, prompter: Prompter, standings: list[Standing], *, fits: bool) -> None:
    asked = [_with_past(standing) for standing in standings if fits and standing.state != "fresh"]
    if asked:
        write_plan(asked, run, prompter, more=True)
    rest = [_short(standing) for standing in standings if not fits or standing.state == "fresh"]
    if rest:
        run.plan(rest, more=True)


def _with_past(standing: Standing) -> Seat:
    entry = standing.entry
    return standing.seat._replace(was=Was(run=entry.run, key=entry.key) if entry else None)


def _short(standing: Standing) -> ShortLine:
    entry, seat = standing.entry, standing.seat
    if standing.state == "fresh" and entry:
        return ShortLine(slot=seat.slot, key=seat.key, source="held", held_by=entry.run)
    return ShortLine(
        slot=seat.slot,
        key=entry.key if entry else seat.key,
        source="pending",
        held_by=entry.run if entry else None,
        reason="beyond --max-seats",
    )
