"""A run over a catalogue as it is shown: a line per seat or per model, where its batches stand, and events for scripts.

A file for events is opened at once, so that one that cannot be written is refused before anything is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from panel.cli import plain
from panel.cli.progress.choosing import MANY, screen, watcher
from panel.cli.streams import note

if TYPE_CHECKING:
    from panel.batching import Part, Standing
    from panel.cli.progress.events import JsonEvents
    from panel.convene import Event
    from panel.desk.carrying import Heard
    from panel.records.batch import JobState
    from panel.records.standing import CataloguePlan


class Shown:
    """What is shown of one command over a catalogue. Use it as a context, and give `heard` to the desk."""

    def __init__(
        self, quiet: bool, json_events: str | None, planned: Callable[[CataloguePlan], None] = lambda plan: None
    ) -> None:
        """`planned` is given the plan before anything is asked. Raises StoreError where the file for events cannot be
        opened."""
        self._quiet = quiet
        self._planned = planned
        self._in_place = json_events != "-"
        self._events: JsonEvents | None = None
        self._stood: dict[int, str] = {}
        if json_events is not None:
            from panel.cli.progress.events import JsonEvents

            self._events = JsonEvents(json_events)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._events:
            self._events.close()

    @property
    def heard(self) -> Heard:
        from panel.desk.carrying import Heard

        return Heard(self._planned, self._say, self.standings, self._watching)

    def _say(self, words: str) -> None:
        if not self._quiet:
            note(plain(f"note: {words}"))

    def standings(self, standings: Sequence[Standing]) -> None:
        """Tell where parts stand, of those that stand otherwise than they were last told."""
        for standing in standings:
            words = standing_line(standing)
            if self._stood.get(standing.part.number) == words:
                continue
            self._stood[standing.part.number] = words
            if not self._quiet:
                note(plain(words))
            if self._events:
                self._events.add("batch", **fields(standing))
                self._events.flush()

    @contextmanager
    def _watching(self, run: str, seats: Mapping[str, int]) -> Iterator[Callable[[Event], None]]:
        """A line per model for many seats, and wherever events are written; else one per seat."""
        if self._events is None and (self._quiet or sum(seats.values()) <= MANY):
            with watcher(self._quiet) as watch:
                yield watch
            return
        from panel.cli.progress.progress import Progress

        shown = None if self._quiet else screen(in_place=self._in_place)
        with Progress(seats, screen=shown, events=self._events, run=run) as progress:
            yield progress


def part_line(part: Part) -> str:
    """A part of a run's batches: its number, the provider's id, whom it asks and how many seats it holds."""
    kind = "follow-up, " if part.ask else ""
    return f"part {part.number:<4} {part.job or '(no id yet)'}  {part.model}  {kind}{len(part.keys):,} seats"


def standing_line(standing: Standing) -> str:
    """A part with where it stands, and how much of it is done."""
    state = standing.state
    phase = state.phase if state else standing.part.phase or "handed in"
    return f"{part_line(standing.part)}  {phase}{_counts(state) if state else ''}"


def _counts(state: JobState) -> str:
    """How much of a batch is done. What ended before its turn did not fail: providers may count it so."""
    if not state.total or state.phase == "waiting":
        return ""
    failed = f", {state.failed:,} failed" if state.failed and state.phase not in ("cancelled", "expired") else ""
    return f": {state.done or 0:,} of {state.total:,} answered{failed}"


def fields(standing: Standing) -> dict[str, object]:
    """Where a part stands, for scripts."""
    part, state = standing.part, standing.state
    return {
        "part": part.number,
        "job": part.job,
        "model": part.model,
        "seats": len(part.keys),
        "phase": str(state.phase) if state else None,
        "done": state.done if state else None,
        "failed": state.failed if state else None,
        "problem": standing.problem.message if standing.problem else None,
    }
