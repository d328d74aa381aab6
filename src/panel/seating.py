"""Seating: which seats a review has, what each is asked, and which are already answered.

In go tools, a panel and a look-up of stored answers; out come seats with their prompts and keys. Nothing is asked here;
what the questions are made of goes to disk before the first call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from panel.prompts import Prompter
from panel.records.identity import KeyParts, key_of, key_parts
from panel.records.model import Model
from panel.records.panel import MAX_REPEATS, Panel
from panel.records.persona import Persona
from panel.records.prompt import Prompt
from panel.records.run import PlanLine
from panel.records.seat import SeatRecord, Slot
from panel.records.tool import Tool
from panel.reparse import Asked
from panel.store import RunWriter

Held = Callable[[Sequence[str]], Mapping[str, SeatRecord]]
"""By key, the record that older runs hold."""


class Seat(NamedTuple):
    """A seat that is to be filled: its address, its question, and the record an older run holds for it, if any."""

    tool: Tool
    persona: Persona
    model: Model
    slot: Slot
    prompt: Prompt
    parts: KeyParts
    key: str
    held: SeatRecord | None = None


def seats_of(
    tools: Iterable[Tool], panel: Panel, prompter: Prompter, held: Held, *, again: bool = False, refresh: bool = False
) -> list[Seat]:
    """Every seat of the tools' reviews, with what older runs hold for it.

    Repeats already bought count, so the panel sits at least as often as any seat has answered; `again` adds one repeat
    to that, `refresh` asks the whole panel anew (law 11: nobody re-rolls a single seat).
    """
    chairs = [
        (tool, persona, model, prompter.prompt(tool, persona))
        for tool in tools
        for persona in panel.personas
        for model in panel.models
    ]
    keys = [_keys(model, prompt, MAX_REPEATS) for _, _, model, prompt in chairs]
    known = _of_the_newest_model(held([key for row in keys for _, key in row]))
    seats: list[Seat] = []
    for tool in dict.fromkeys(chair[0] for chair in chairs):
        mine = [(chair, row) for chair, row in zip(chairs, keys, strict=True) if chair[0] is tool]
        bought = max(sum(key in known for _, key in row) for _, row in mine)
        wanted = min(MAX_REPEATS, max(panel.repeats, bought + (1 if again else 0)))
        for (_, persona, model, prompt), row in mine:
            for repeat, (parts, key) in enumerate(row[: min(wanted, len(row))]):
                slot = Slot(tool=tool.id, persona=persona.id, model=model.name, repeat=repeat, variant=panel.variant)
                found = None if refresh else known.get(key)
                record = found.model_copy(update={"slot": slot}) if found else None
                seats.append(Seat(tool, persona, model, slot, prompt, parts, key, record))
    return seats


def _of_the_newest_model(known: Mapping[str, SeatRecord]) -> dict[str, SeatRecord]:
    """Answers are fresh while the model behind an alias is the newest seen; those of an older one are asked anew."""
    newest: dict[str, SeatRecord] = {}
    for record in known.values():
        if record.model_served and record.asked_at:
            newest[record.model.name] = max(newest.get(record.model.name, record), record, key=_asked_at)
    return {
        key: record
        for key, record in known.items()
        if record.model.name not in newest or record.model_served in (None, newest[record.model.name].model_served)
    }


def _asked_at(record: SeatRecord) -> float:
    return record.asked_at.timestamp() if record.asked_at else 0.0


def _keys(model: Model, prompt: Prompt, repeats: int) -> list[tuple[KeyParts, str]]:
    """The keys of a question's repeats; a model without randomness sits once."""
    first = key_parts(model, prompt, 0)
    row = [first.model_copy(update={"repeat": repeat}) for repeat in range(1 if model.is_offline else repeats)]
    return [(parts, key_of(parts)) for parts in row]


def write_plan(seats: Sequence[Seat], run: RunWriter, prompter: Prompter) -> dict[str, Asked]:
    """Everything the questions are made of goes to disk before the first call."""
    asked: dict[str, Asked] = {}
    for seat in seats:
        line = _plan_line(seat, run, prompter)
        asked[str(seat.slot)] = Asked(line, seat.prompt, seat.persona, prompter.scale)
    run.plan([item.plan for item in asked.values()])
    return asked


def _plan_line(seat: Seat, run: RunWriter, prompter: Prompter) -> PlanLine:
    run.add_input("persona", seat.persona.model_dump(mode="json", exclude={"signals"}))
    if seat.persona.signals is not None:
        run.add_input("signals", seat.persona.signals.model_dump(mode="json"))
    run.add_input("templates", dict(prompter.templates))
    run.add_input("scale", prompter.scale.model_dump(mode="json"))
    run.add_input("reply_schema", dict(seat.prompt.reply_schema))
    return PlanLine(
        slot=seat.slot,
        key=seat.key,
        parts=seat.parts,
        ids=seat.prompt.ids,
        model=seat.model,
        tool=run.add_input("tool", seat.tool.model_dump(mode="json")),
        messages=tuple(run.add_input("message", message.content) for message in seat.prompt.messages),
        source="held" if seat.held else "here",
        held_by=seat.held.run_id if seat.held else None,
    )
