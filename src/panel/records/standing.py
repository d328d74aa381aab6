"""Standing: how a seat of a catalogue stands before anything is asked, why, and what it would cost to ask."""

from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import Field

from panel.records.base import Record

State = Literal["fresh", "stale", "missing"]
"""Whether a slot's question is answered as it is asked today, was answered when it was another, or never was."""


class Cause(StrEnum):
    """What changed since a slot was answered. The first six are parts of the question."""

    TOOL = "tool"
    PERSONA = "persona"
    PROMPT = "prompt"
    SCHEMA = "schema"
    SCALE = "scale"
    SIGNALS = "signals"
    MODEL = "model"
    PARAMETERS = "parameters"
    ENDPOINT = "endpoint"
    SERVED = "served"
    """Another model answers under the same name now."""
    AGE = "age"
    ALL = "all"
    """Everything is to be asked anew."""
    ABSTAINED = "abstained"
    """It abstained, and abstentions are to be asked again."""

    @property
    def words(self) -> str:
        """For a reader, after "because of"."""
        return _WORDS[self]


_WORDS = {
    Cause.TOOL: "the tool's description",
    Cause.PERSONA: "the persona",
    Cause.PROMPT: "the prompt's words",
    Cause.SCHEMA: "the form of the reply",
    Cause.SCALE: "the scale",
    Cause.SIGNALS: "the rubric's signals",
    Cause.MODEL: "the model",
    Cause.PARAMETERS: "the model's parameters",
    Cause.ENDPOINT: "the address",
    Cause.SERVED: "another model under the name",
    Cause.AGE: "its age",
    Cause.ALL: "--all",
    Cause.ABSTAINED: "an abstention",
}


class ModelPlan(Record):
    """What one model's seats of a catalogue would take. Money and tokens are estimated for one call a seat.

    `causes` counts stale seats by what changed, each as often as things changed. `unpriced` seats are in neither sum.
    """

    model: str
    fresh: int = 0
    stale: int = 0
    missing: int = 0
    left_out: int = 0
    """Stale or missing, and beyond what this command may ask."""
    on_the_way: int = 0
    """Stale or missing, and in the hands of another run: with a provider's batch, or being asked."""
    causes: dict[Cause, int] = Field(default_factory=dict)
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    live_usd: Decimal = Decimal(0)
    batch_usd: Decimal | None = None
    """By the provider's batch interface; None where it has none, or none with a price."""
    unpriced: int = 0


class CataloguePlan(Record):
    """A catalogue before a panel: what is there, what would be asked, and why."""

    source: str
    tools: int = 0
    broken: int = 0
    left_out: int = 0
    """Tools that a filter passed over."""
    reread: int = 0
    """Stored verdicts that the parser of today read otherwise, before anything was planned; at no cost."""
    models: tuple[ModelPlan, ...] = ()
    digest: str = ""
    """Of every seat looked at and whose answer is in view once what is stale is asked."""

    @property
    def open(self) -> int:
        """Seats that are neither fresh nor asked by this command."""
        return sum(model.left_out + model.on_the_way for model in self.models)
