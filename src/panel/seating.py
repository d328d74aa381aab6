"""Seating: which seats a review has, what each is asked, and which are already answered.

In go tools, a panel and a look-up of stored answers; out come seats with their prompts and keys. Nothing is asked here;
what the questions are made of goes to disk before the first call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from panel.errors import UsageError
from panel.prompts import Prompter
from panel.records.identity import KeyParts, key_of, key_parts
from panel.records.model import Model
from panel.records.panel import MAX_REPEATS, Panel
from panel.records.persona import Persona
from panel.records.prompt import Prompt
from panel.records.run import PlanLine
from panel.records.seat import SeatRecord, Slot, Variant
from panel.records.tool import Tool
from panel.reparse import Asked
from panel.store import RunWriter


class Held(Protocol):
    """By key, the record that older runs hold; with `open_round`, that rounds begun and not finished hold."""

    def __call__(self, keys: Sequence[str], *, open_round: bool = False) -> Mapping[str, SeatRecord]: ...


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


class Seating(NamedTuple):
    """The seats of a command, tool by tool. `anew` is whether whole panels are asked anew; `aged` names those that are
    because the model behind their alias is another one now."""

    seats: tuple[Seat, ...]
    anew: bool = False
    aged: tuple[str, ...] = ()


class _Row(NamedTuple):
    """A persona before a tool on a model, with the keys of its repeats."""

    tool: Tool
    persona: Persona
    model: Model
    prompt: Prompt
    keys: list[tuple[KeyParts, str]]

    @property
    def panel(self) -> tuple[str, str]:
        """One model's panel on one tool: what is fresh or stale as a whole."""
        return self.tool.id, self.model.name

    def bought(self, known: Mapping[str, SeatRecord]) -> int:
        return sum(key in known for _, key in self.keys)


def seats_of(
    tools: Iterable[Tool], panel: Panel, prompter: Prompter, held: Held, *, again: bool = False, refresh: bool = False
) -> Seating:
    """Every seat of the tools' reviews, with what older runs hold for it (law 11: nobody re-rolls a single seat).

    Repeats already bought count, so a seat sits at least as often as it has answered; `again` adds one repeat of every
    seat, or finishes the one begun; `refresh` asks whole panels anew, or finishes the round begun. A panel is asked
    anew as a whole where the model behind its alias is another one now. Raises UsageError beyond the most repeats.
    """
    rows = [
        _Row(tool, persona, model, prompter.prompt(tool, persona), [])
        for tool in tools
        for persona in panel.personas
        for model in panel.models
    ]
    for row in rows:
        row.keys.extend(_keys(row.model, row.prompt))
    keys = [key for row in rows for _, key in row.keys]
    known = held(keys, open_round=False)
    panels: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        panels.setdefault(row.panel, []).append(row)
    aged = [name for name, group in panels.items() if not refresh and _aged(name[1], group, known)]
    begun = _begun(panels, known, keys, held, anew=refresh or bool(aged))
    seats: list[Seat] = []
    for row in rows:
        group = panels[row.panel]
        fresh = not refresh and row.panel not in aged and any(item.bought(known) for item in group)
        answers = known if fresh else begun
        repeats = _repeats(row, group, {**begun, **known}, panel.repeats, again=again)
        seats += [_seat(row, repeat, panel.variant, answers) for repeat in range(repeats)]
    return Seating(tuple(seats), refresh or bool(aged), tuple(f"{tool} by {model}" for tool, model in aged))


def _begun(
    panels: Mapping[tuple[str, str], Sequence[_Row]],
    known: Mapping[str, SeatRecord],
    keys: Sequence[str],
    held: Held,
    *,
    anew: bool,
) -> Mapping[str, SeatRecord]:
    """What a round that was begun and not finished holds, looked up only where it can matter."""
    unanswered = any(not any(row.bought(known) for row in group) for group in panels.values())
    return held(keys, open_round=True) if anew or unanswered else {}


def _aged(model: str, group: Sequence[_Row], known: Mapping[str, SeatRecord]) -> bool:
    """Whether the newest answer seen of this model came from another one than those that answered this panel."""
    served = {record.model_served for row in group for _, key in row.keys if (record := known.get(key))}
    seen = [record for record in known.values() if record.model.name == model and record.model_served]
    return bool(served and seen) and max(seen, key=_asked_at).model_served not in served


def _asked_at(record: SeatRecord) -> float:
    return record.asked_at.timestamp() if record.asked_at else 0.0


def _repeats(row: _Row, group: Sequence[_Row], known: Mapping[str, SeatRecord], asked: int, *, again: bool) -> int:
    """How often this seat sits: as often as asked for or bought; with `again`, as often as any of its panel, plus one
    where the panel is even."""
    if row.model.is_offline:
        return 1
    counts = [item.bought(known) for item in group]
    if not again:
        return max(asked, row.bought(known))
    wanted = max(counts) if min(counts) < max(counts) else max(counts) + 1
    if wanted > MAX_REPEATS:
        raise UsageError(
            f"every seat of {row.tool.id} has answered {MAX_REPEATS} times, which is the most.",
            hint="Leave out --again; more repeats would not change what is known.",
        )
    return max(asked, wanted)


def _seat(row: _Row, repeat: int, variant: Variant, answers: Mapping[str, SeatRecord]) -> Seat:
    parts, key = row.keys[repeat]
    slot = Slot(tool=row.tool.id, persona=row.persona.id, model=row.model.name, repeat=repeat, variant=variant)
    found = answers.get(key)
    record = found.model_copy(update={"slot": slot}) if found else None
    return Seat(row.tool, row.persona, row.model, slot, row.prompt, parts, key, record)


def _keys(model: Model, prompt: Prompt) -> list[tuple[KeyParts, str]]:
    """The keys of a question's repeats; a model without randomness sits once."""
    first = key_parts(model, prompt, 0)
    count = 1 if model.is_offline else MAX_REPEATS
    row = [first, *(first.model_copy(update={"repeat": repeat}) for repeat in range(1, count))]
    return [(parts, key_of(parts)) for parts in row]


def write_plan(seats: Sequence[Seat], run: RunWriter, prompter: Prompter) -> dict[str, Asked]:
    """Everything the questions are made of goes to disk before the first call."""
    asked: dict[str, Asked] = {}
    for seat in seats:
        line = _plan_line(seat, run, prompter)
        asked[str(seat.slot)] = Asked(line, seat.prompt, seat.persona, prompter.scale)
    run.plan([item.plan for item in asked.values()])
    return asked


def _add_inputs(seat: Seat, run: RunWriter, prompter: Prompter) -> None:
    """What the prompt's ids stand for."""
    ids, persona, signals = seat.prompt.ids, seat.persona, seat.persona.signals
    run.keep_input("persona", ids.persona, lambda: persona.model_dump(mode="json", exclude={"signals"}))
    if seat.model.reads_local and ids.signals and signals:
        run.keep_input("signals", ids.signals, lambda: signals.model_dump(mode="json"))
    run.keep_input("templates", ids.templates, lambda: dict(prompter.templates))
    run.keep_input("scale", ids.scale, lambda: prompter.scale.model_dump(mode="json"))
    run.keep_input("reply_schema", ids.reply_schema, lambda: dict(seat.prompt.reply_schema))


def _plan_line(seat: Seat, run: RunWriter, prompter: Prompter) -> PlanLine:
    _add_inputs(seat, run, prompter)
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
