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
from panel.records.seat import Slot
from panel.records.standing import Cause, State
from panel.records.tool import Tool
from panel.seating import Seat
from panel.store.index import Alias, Entry, Index, Served

TOGETHER = 64
"""Tools that are looked up at a time."""


class Standing(NamedTuple):
    """A seat, how it stands and what changed. `entry` is its answer: of this question where there is one, else the
    slot's last one. `shown` is the slot's answer in view, looked up where the tool's panel is not wholly fresh."""

    seat: Seat
    state: State
    causes: tuple[Cause, ...] = ()
    entry: Entry | None = None
    shown: Entry | None = None


class Wish(NamedTuple):
    """What counts as stale beyond a changed question."""

    older_than: dt.timedelta | None = None
    retry_abstained: bool = False


class Planner:
    """Knows a panel and what the stored runs hold; `now` is when the plan is made."""

    def __init__(self, panel: Panel, prompter: Prompter, index: Index, wish: Wish, now: dt.datetime) -> None:
        self._panel = panel
        self._prompter = prompter
        self._index = index
        self._wish = wish
        self._now = now
        self._served = index.newest_served()

    def standings(self, tools: Iterable[Tool]) -> Iterator[tuple[Tool, list[Standing]]]:
        """Every tool with its seats, in the order given."""
        stream = iter(tools)
        while together := list(islice(stream, TOGETHER)):
            rows = {tool.id: list(self._rows(tool)) for tool in together}
            seats = [seat for of_tool in rows.values() for row in of_tool for seat in row]
            held = self._index.held([seat.key for seat in seats])
            without = [seat.slot for seat in seats if seat.key not in held]
            current = self._index.current(without) if without else {}
            standings = {tool.id: list(self._of(rows[tool.id], held, current)) for tool in together}
            shown = self._index.shown(
                standing.seat.slot for of_tool in standings.values() if not _fresh(of_tool) for standing in of_tool
            )
            for tool in together:
                of_tool = standings[tool.id]
                yield tool, [standing._replace(shown=shown.get(str(standing.seat.slot))) for standing in of_tool]

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
                last = current.get(str(seat.slot))
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
        if self._wish.retry_abstained and entry.kind == "abstained":
            yield Cause.ABSTAINED


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
