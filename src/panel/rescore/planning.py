"""Planning: how every seat of a catalogue stands before a panel: fresh, stale and why, or missing. Nothing is sent.

Tools go in as they are read; out come their seats' standings, a batch of tools at a time, looked up in the index of all
stored runs. A seat is fresh where its question of today is settled, young enough, and was answered by the model that
answers under this name now (design: keys).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from panel.prompts import Prompter
from panel.records.identity import KeyParts, key_parts, repeat_keys
from panel.records.model import Model
from panel.records.panel import Panel
from panel.records.persona import Persona
from panel.records.prompt import Prompt
from panel.records.run import Was
from panel.records.seat import Slot
from panel.records.standing import Cause, State
from panel.records.tool import Tool
from panel.rescore.before import Before, seat_of
from panel.seating import Seat
from panel.store.index import Alias, Entry, Index, Served

TOGETHER = 64
"""Tools that are looked up at a time."""


class Standing(NamedTuple):
    """A seat, how it stands and what changed. `entry` is its answer: of this question where there is one, else the
    slot's last one. `was` is the slot's answer in view, looked up where the tool's panel is not wholly fresh."""

    seat: Seat
    state: State
    causes: tuple[Cause, ...] = ()
    entry: Entry | None = None
    was: Was | None = None


class Wish(NamedTuple):
    """What counts as stale beyond a changed question."""

    older_than: dt.timedelta | None = None
    retry_abstained: bool = False
    anew: dt.datetime | None = None
    """Everything that was asked before this moment is to be asked again."""


class Planner:
    """Knows a panel and what the stored runs hold; `now` is when the plan is made, `before` what was in view until
    then, as far as a run shows it."""

    def __init__(
        self,
        panel: Panel,
        prompter: Prompter,
        index: Index,
        wish: Wish,
        now: dt.datetime,
        before: Before = Before(None),  # noqa: B008 - immutable
    ) -> None:
        self._panel = panel
        self._prompter = prompter
        self._index = index
        self._wish = wish
        self._now = now
        self._before = before
        self._served = index.newest_served()
        self.problems: dict[str, None] = {}
        """What was passed over among the stored runs while the plan was made, in words, each once."""

    def standings(self, tools: Iterable[Tool]) -> Iterator[tuple[Tool, list[Standing]]]:
        """Every tool with its seats, in the order given."""
        stream = iter(tools)
        while together := list(islice(stream, TOGETHER)):
            rows = {tool.id: list(self._rows(tool)) for tool in together}
            seats = [seat for of_tool in rows.values() for row in of_tool for seat in row]
            held = self._index.held([seat.key for seat in seats])
            self.problems |= dict.fromkeys(self._index.problems)
            without = [slot for seat in seats if seat.key not in held for slot in _names(seat)]
            current = self._index.current(without) if without else {}
            standings = {tool.id: list(self._of(rows[tool.id], held, current)) for tool in together}
            yield from zip(together, self._with_views(together, standings), strict=True)

    def _with_views(self, tools: Sequence[Tool], standings: Mapping[str, list[Standing]]) -> Iterator[list[Standing]]:
        """The standings of each tool, with what was in view of those that are not wholly fresh."""
        open_ = [tool for tool in tools if not _fresh(standings[tool.id])]
        views = {tool.id: self._before.of(tool) for tool in open_}
        unseen = [item.seat for tool in open_ if views[tool.id] is None for item in standings[tool.id]]
        shown = self._index.shown(slot for seat in unseen for slot in _names(seat)) if unseen else {}
        for tool in tools:
            of_tool = standings[tool.id]
            if tool.id not in views:
                yield of_tool
                continue
            view = views[tool.id]
            yield [
                item._replace(was=_in(shown, item.seat) if view is None else view.get(seat_of(item.seat.slot)))
                for item in of_tool
            ]

    def _rows(self, tool: Tool) -> Iterator[list[Seat]]:
        """The repeats of each persona before each model."""
        for persona in self._panel.personas:
            prompt = self._prompter.prompt(tool, persona, variant=self._panel.variant)
            for model in self._panel.models:
                yield self._repeats(tool, persona, model, prompt)

    def _repeats(self, tool: Tool, persona: Persona, model: Model, prompt: Prompt) -> list[Seat]:
        parts = key_parts(model, prompt, 0)
        keys = repeat_keys(parts, self._panel.repeats_of(model))
        return [
            Seat(tool, persona, model, self._slot(tool, persona, model, repeat), prompt, _of_repeat(parts, repeat), key)
            for repeat, key in enumerate(keys)
        ]

    def _slot(self, tool: Tool, persona: Persona, model: Model, repeat: int) -> Slot:
        return Slot(tool=tool.id, persona=persona.id, model=model.name, repeat=repeat, variant=self._panel.variant)

    def _of(
        self, rows: Sequence[Sequence[Seat]], held: Mapping[str, Entry], current: Mapping[str, Entry]
    ) -> Iterator[Standing]:
        """The standings of one tool: whether another model answers now is asked of each model's panel as a whole."""
        seats = [seat for row in rows for seat in row]
        replaced = {
            model.name: self._replaced([held[seat.key] for seat in seats if seat.model is model and seat.key in held])
            for model in self._panel.models
        }
        for seat in seats:
            entry = held.get(seat.key)
            if entry is None:
                last = next((current[name] for name in map(str, _names(seat)) if name in current), None)
                yield Standing(seat, "stale", changed(seat, last), last) if last else Standing(seat, "missing")
                continue
            causes = tuple(self._aged(entry, replaced[seat.model.name]))
            yield Standing(seat, "stale" if causes else "fresh", causes, entry)

    def _replaced(self, entries: Sequence[Entry]) -> bool:
        """Whether the newest answer under the name came from another model than any of these."""
        served = {entry.served for entry in entries if entry.served}
        if not served:
            return False
        parts = entries[0].parts
        newest: Served | None = self._served.get(_alias(parts))
        return newest is not None and newest.model not in served

    def _aged(self, entry: Entry, replaced: bool) -> Iterator[Cause]:
        if replaced:
            yield Cause.SERVED
        older = self._wish.older_than
        if older is not None and (entry.asked is None or self._now.timestamp() - entry.asked > older.total_seconds()):
            yield Cause.AGE
        anew = self._wish.anew
        if anew is not None and (entry.asked is None or entry.asked < anew.timestamp()):
            yield Cause.ALL
        if self._wish.retry_abstained and entry.kind == "abstained":
            yield Cause.ABSTAINED


def _names(seat: Seat) -> list[Slot]:
    """The slot under the tool's id, and under its former ones."""
    return [seat.slot, *(seat.slot.model_copy(update={"tool": name}) for name in seat.tool.formerly)]


def _in(shown: Mapping[str, Entry], seat: Seat) -> Was | None:
    """The slot's answer among those shown, under whichever of its names."""
    found = next((shown[name] for name in map(str, _names(seat)) if name in shown), None)
    return Was(run=found.run, key=found.key) if found else None


def _fresh(standings: Sequence[Standing]) -> bool:
    return all(standing.state == "fresh" for standing in standings)


def changed(seat: Seat, last: Entry) -> tuple[Cause, ...]:
    """What is asked otherwise today than when the slot was last answered, by the parts that are hashed apart."""
    then, ids = last.parts, last.ids
    pairs = (
        (Cause.TOOL, ids.tool, seat.prompt.ids.tool),
        (Cause.PERSONA, ids.persona, seat.prompt.ids.persona),
        (Cause.PROMPT, ids.templates, seat.prompt.ids.templates),
        (Cause.SCHEMA, ids.reply_schema, seat.prompt.ids.reply_schema),
        (Cause.SCALE, ids.scale, seat.prompt.ids.scale),
        (Cause.SIGNALS, then.local, seat.parts.local),
        (Cause.MODEL, then.model, seat.parts.model),
        (Cause.PARAMETERS, then.parameters, seat.parts.parameters),
        (Cause.ENDPOINT, then.endpoint, seat.parts.endpoint),
    )
    found = tuple(cause for cause, old, new in pairs if old != new)
    # the messages differ though nothing that makes them does: they were put together by another version
    return found or (Cause.PROMPT,)


def _alias(parts: KeyParts) -> Alias:
    return parts.endpoint, parts.model


def _of_repeat(parts: KeyParts, repeat: int) -> KeyParts:
    return parts.model_copy(update={"repeat": repeat}) if repeat else parts
