"""Glances: of lines of a run over a catalogue, what a comparison reads. The rest of a line is passed over unread.

What is read is checked as in the whole record, laws 3 and 4 included, so that an edited line cannot say more here than
there. It takes half the time, and a comparison of 50,000 tools reads some hundred thousands of them.
"""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from panel.records.base import Readable, Record
from panel.records.identity import KeyParts
from panel.records.prompt import PromptIds
from panel.records.run import Was
from panel.records.scale import SCALE, Call
from panel.records.seat import Key, RunId, Slot
from panel.records.verdict import AbstainReason

_PARTLY = ConfigDict(extra="ignore")


class ScoredGlance(Record):
    """Of a verdict that scored."""

    model_config = _PARTLY

    kind: Literal["scored"]
    concerns: tuple[str, ...]
    criteria: dict[str, Annotated[int, Field(ge=SCALE.criterion_low, le=SCALE.criterion_high)]]
    score: Annotated[int, Field(ge=SCALE.low, le=SCALE.high)]
    call: Call

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        """Laws 3 and 4, as in the whole verdict."""
        if SCALE.call(self.score) != self.call:
            raise ValueError(f"score {self.score} does not stand for {self.call}")
        return self


class AbstainedGlance(Record):
    """Of a verdict that abstained."""

    model_config = _PARTLY

    kind: Literal["abstained"]
    reason: AbstainReason


class Glance(Readable):
    """Of a line of `verdicts.jsonl`."""

    model_config = _PARTLY

    run_id: RunId
    slot: Slot
    key: Key
    parts: KeyParts
    ids: PromptIds
    model_served: str | None = None
    verdict: Annotated[ScoredGlance | AbstainedGlance, Field(discriminator="kind")] | None = None
    may_ask_again: bool = False

    @property
    def settled(self) -> bool:
        """Whether there is nothing left to ask."""
        return self.verdict is not None and not self.may_ask_again


class Planned(Readable):
    """Of a line of `plan.jsonl`, long or short; `parts` and `ids` are None on a short one."""

    model_config = _PARTLY

    slot: Slot
    key: Key
    source: Literal["here", "held", "pending"]
    held_by: RunId | None = None
    was: Was | None = None
    parts: KeyParts | None = None
    ids: PromptIds | None = None
