"""Resuming: a run taken up again from its folder alone: what is settled, what is still open, and what made it.

The questions are put together from the run's own inputs, so that a catalogue, a persona or a template changed since
changes nothing, and a seat goes on where it stood: what was bought for it counts. No call, no clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from panel.errors import StoreError
from panel.makings import Asked, Makings
from panel.prompts import Prompter
from panel.records.model import Model
from panel.records.persona import Persona
from panel.records.prompt import Local
from panel.records.run import PlanLine, ReplyLine
from panel.records.seat import SeatRecord
from panel.records.tool import Tool
from panel.reparse import by_slot, check_planned, kept, seat_record, told
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
        plans, makings = reader.plan(), Makings(reader.inputs())
        if not plans:
            raise StoreError(
                f"run {reader.run_id} was cut off before it had planned anything.",
                hint="Give its command again; none of its seats was asked.",
            )
        check_planned(reader, plans, reader.manifest.tools)
        lines = by_slot(reader)
        older = {str(record.slot): record for record in kept(reader, runs)}
        tools: dict[str, Tool] = {}
        replanned: list[PlanLine] = []
        models: dict[str, Model] = {}
        open_seats: list[Seat] = []
        settled: list[SeatRecord] = []
        for plan in plans:
            if plan.slot.tool not in tools:
                tools[plan.slot.tool] = makings.tool(plan.tool)
            if plan.source == "held":
                if older[str(plan.slot)].verdict:
                    continue
                plan = plan.model_copy(update={"source": "here", "held_by": None, "reason": ""})
                replanned.append(plan)
            asked = makings.asked(plan)
            own = tuple(lines.get(str(plan.slot), ()))
            record = seat_record(reader.run_id, asked, own)
            if record.settled:
                settled.append(record)
            else:
                if plan.model.name not in models:
                    models[plan.model.name] = today(plan.model)
                open_seats.append(_seat(makings, asked, models[plan.model.name], own))
        return Resumed(
            tuple(open_seats),
            tuple(settled),
            tuple(record for record in older.values() if record.verdict),
            tuple(line for row in lines.values() for line in row),
            tuple(tools.values()),
            _personas(reader, plans, makings),
            makings.prompter(plans[0]),
            tuple(replanned),
        )


def _seat(makings: Makings, asked: Asked, model: Model, lines: tuple[ReplyLine, ...]) -> Seat:
    plan, prompt = asked.plan, asked.prompt
    if model.reads_local and prompt.ids.signals is not None:
        local = Local.of(asked.persona, makings.signals(prompt.ids.signals))
        prompt = prompt.model_copy(update={"local": local})
    tool = makings.tool(plan.tool)
    return Seat(tool, asked.persona, model, plan.slot, prompt, plan.parts, plan.key, asked=asked, lines=lines)


def _personas(reader: RunReader, plans: list[PlanLine], makings: Makings) -> tuple[Persona, ...]:
    shas = {plan.slot.persona: plan.ids.persona for plan in plans}
    return tuple(makings.persona(shas[name]) for name in reader.manifest.personas if name in shas)
