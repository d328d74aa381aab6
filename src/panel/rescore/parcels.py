"""Parcels: what travels between the driver of a run and a worker elsewhere: groups of seats out, lines of the log back.

Plain data, as JSON, holding all that a few seats need and nothing else: no key to a provider, no path, no code. A
parcel is a run's folder in small, and is read by the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from pydantic import Field, JsonValue

from panel.makings import Asked, Makings
from panel.prompts import Prompter
from panel.records.base import Record
from panel.records.model import Model, SchemaMode
from panel.records.prompt import Local
from panel.records.run import InputLine, PlanLine, ReplyLine
from panel.records.scale import SCALE, Scale
from panel.seating import Seat


class Greeting(Record):
    """What a worker is told of a run before its first parcel. `modes` say how each model's server keeps a form."""

    token: str
    run_id: str
    models: tuple[Model, ...]
    modes: dict[str, SchemaMode]
    templates: dict[str, str]
    scale: Scale = SCALE


class Refusal(Record):
    """Why asking a model is pointless, as a RunStopping says it."""

    message: str
    hint: str = ""
    code: str = "stopped"


class Welcome(Record):
    """What a worker answers: its version of panel, and the models that it cannot ask (it has no key for them)."""

    version: str
    refused: dict[str, Refusal] = Field(default_factory=dict)


class Packed(Record):
    """One seat: what it was planned to be, what clients of its kind read beside the prompt, and what was bought."""

    plan: PlanLine
    local: Local | None = None
    lines: tuple[ReplyLine, ...] = ()


class Parcel(Record):
    """A group of seats of one model.

    `model` carries this worker's share of what the endpoint bears; `places` is how many workers share it and `place`
    which of them this is, from 0. `allowance_usd` is what the group may cost at most, None for no limit. `inputs` are
    what the questions are made of, by hash.
    """

    place: int = Field(ge=0)
    places: int = Field(ge=1)
    model: Model
    general: int = Field(ge=1)
    allowance_usd: Decimal | None
    seats: tuple[Packed, ...]
    inputs: dict[str, JsonValue]


class Returned(Record):
    """What became of a parcel: every call as a line of the log, and by slot why a seat was not asked (further).

    `stop` is the error that makes asking the model again pointless. `unknown` where the process was not told of the run
    (it is not the one that was greeted) or had this parcel before, and so did nothing.
    """

    lines: tuple[ReplyLine, ...] = ()
    unsent: dict[str, str] = Field(default_factory=dict)
    stop: Refusal | None = None
    unknown: bool = False


def packed(
    seats: Sequence[tuple[Seat, Asked]],
    prompter: Prompter,
    model: Model,
    place: int,
    places: int,
    general: int,
    allowance_usd: Decimal | None,
) -> Parcel:
    """The parcel of these seats, each input in it once."""
    inputs: dict[str, JsonValue] = {}
    for seat, asked in seats:
        _add_inputs(inputs, seat, asked, prompter)
    return Parcel(
        place=place,
        places=places,
        model=model,
        general=general,
        allowance_usd=allowance_usd,
        seats=tuple(
            Packed(plan=asked.plan, local=seat.prompt.local if seat.model.reads_local else None, lines=seat.lines)
            for seat, asked in seats
        ),
        inputs=inputs,
    )


def _add_inputs(inputs: dict[str, JsonValue], seat: Seat, asked: Asked, prompter: Prompter) -> None:
    plan, prompt = asked.plan, asked.prompt
    inputs.update(zip(plan.messages, (message.content for message in prompt.messages), strict=True))
    if plan.tool not in inputs:
        inputs[plan.tool] = seat.tool.model_dump(mode="json")
    if plan.ids.persona not in inputs:
        inputs[plan.ids.persona] = asked.persona.model_dump(mode="json", exclude={"signals"})
    if plan.ids.scale not in inputs:
        inputs[plan.ids.scale] = prompter.scale.model_dump(mode="json")
    inputs[plan.ids.reply_schema] = dict(prompt.reply_schema)


def unpacked(parcel: Parcel) -> list[tuple[Seat, Asked]]:
    """The seats of a parcel, with what reading their replies needs."""
    inputs = {
        sha: InputLine.model_construct(kind="message", sha=sha, value=value) for sha, value in parcel.inputs.items()
    }
    makings = Makings(inputs)
    return [_seat(item, parcel.model, makings) for item in parcel.seats]


def _seat(item: Packed, model: Model, makings: Makings) -> tuple[Seat, Asked]:
    plan, asked = item.plan, makings.asked(item.plan)
    prompt = asked.prompt.model_copy(update={"local": item.local}) if item.local else asked.prompt
    tool = makings.tool(plan.tool)
    return (
        Seat(tool, asked.persona, model, plan.slot, prompt, plan.parts, plan.key, asked=asked, lines=item.lines),
        asked,
    )
