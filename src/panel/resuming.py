"""Resuming: a run taken up again from its folder alone: what is settled, what is still open, and what made it.

The questions are put together from the run's own inputs, so that a catalogue, a persona or a template changed since
changes nothing, and a seat goes on where it stood: what was bought for it counts. No call, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from panel.errors import StoreError
from panel.prompts import Prompter
from panel.records.model import Model
from panel.records.persona import Persona
from panel.records.prompt import Local, Prompt
from panel.records.run import InputLine, PlanLine, ReplyLine
from panel.records.scale import Scale
from panel.records.seat import SeatRecord
from panel.records.signals import Signals
from panel.records.tool import Tool
from panel.reparse import Asked, asked_of, check_planned, kept, mapping_of, seat_record, told
from panel.seating import Seat
from panel.store import RunReader, Runs


class Resumed(NamedTuple):
    """A run as it stands: seats still to ask, its own settled records, those older runs gave it, and its words.

    `replanned` are the plan's new lines for seats that an older run held which is not there any more: they are open.
    """

    open: tuple[Seat, ...]
    settled: tuple[SeatRecord, ...]
    held: tuple[SeatRecord, ...]
    lines: tuple[ReplyLine, ...]
    tools: tuple[Tool, ...]
    personas: tuple[Persona, ...]
    prompter: Prompter
    replanned: tuple[PlanLine, ...] = ()


def resumed(reader: RunReader, today: Callable[[Model], Model], runs: Runs) -> Resumed:
    """What is left of a run; `today` gives the model to ask in place of one that it wrote down and has open seats.

    `runs` are where the older runs lie that it took answers from. Raises StoreError where the folder lacks what the
    questions were made of.
    """
    with told(reader):
        inputs, plans = reader.inputs(), reader.plan()
        if not plans:
            raise StoreError(
                f"run {reader.run_id} was cut off before it had planned anything.",
                hint="Give its command again; none of its seats was asked.",
            )
        check_planned(reader, plans, reader.manifest.tools)
        lines = _by_slot(reader)
        older = {str(record.slot): record for record in kept(reader, runs)}
        replanned: list[PlanLine] = []
        tools: dict[str, Tool] = {}
        models: dict[str, Model] = {}
        open_seats: list[Seat] = []
        settled: list[SeatRecord] = []
        for plan in plans:
            if plan.slot.tool not in tools:
                tools[plan.slot.tool] = Tool.model_validate(mapping_of(inputs, plan.tool))
            if plan.source == "held":
                if older[str(plan.slot)].verdict:
                    continue
                plan = plan.model_copy(update={"source": "here", "held_by": None, "reason": ""})
                replanned.append(plan)
            asked = asked_of(plan, inputs)
            own = tuple(lines.get(str(plan.slot), ()))
            record = seat_record(reader.run_id, asked, own)
            if record.settled:
                settled.append(record)
            else:
                if plan.model.name not in models:
                    models[plan.model.name] = today(plan.model)
                open_seats.append(_seat(tools[plan.slot.tool], asked, models[plan.model.name], inputs, own))
        return Resumed(
            tuple(open_seats),
            tuple(settled),
            tuple(record for record in older.values() if record.verdict),
            tuple(line for row in lines.values() for line in row),
            tuple(tools.values()),
            _personas(reader, plans, inputs),
            _prompter(plans[0], inputs),
            tuple(replanned),
        )


def _by_slot(reader: RunReader) -> dict[str, list[ReplyLine]]:
    lines: dict[str, list[ReplyLine]] = {}
    for line in reader.replies():
        lines.setdefault(str(line.slot), []).append(line)
    return lines


def _seat(
    tool: Tool, asked: Asked, model: Model, inputs: Mapping[str, InputLine], lines: tuple[ReplyLine, ...]
) -> Seat:
    prompt = asked.prompt
    if model.reads_local:
        prompt = prompt.model_copy(update={"local": _local(asked.persona, prompt, inputs)})
    plan = asked.plan
    return Seat(tool, asked.persona, model, plan.slot, prompt, plan.parts, plan.key, asked=asked, lines=lines)


def _local(persona: Persona, prompt: Prompt, inputs: Mapping[str, InputLine]) -> Local | None:
    """What a client that reads signals is given beside the messages."""
    if prompt.ids.signals is None:
        return None
    return Local.of(persona, Signals.model_validate(mapping_of(inputs, prompt.ids.signals)))


def _personas(reader: RunReader, plans: list[PlanLine], inputs: Mapping[str, InputLine]) -> tuple[Persona, ...]:
    shas = {plan.slot.persona: plan.ids.persona for plan in plans}
    names = (name for name in reader.manifest.personas if name in shas)
    return tuple(Persona.model_validate(mapping_of(inputs, shas[name])) for name in names)


def _prompter(plan: PlanLine, inputs: Mapping[str, InputLine]) -> Prompter:
    """The words of the run, for asking again."""
    templates = {name: str(text) for name, text in mapping_of(inputs, plan.ids.templates).items()}
    return Prompter(templates, Scale.model_validate(mapping_of(inputs, plan.ids.scale)))
