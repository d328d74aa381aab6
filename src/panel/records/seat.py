"""Seat: one persona × one model × one repeat before one tool, and what became of it."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from panel.records.base import Record, Slug, Stored
from panel.records.identity import KeyParts
from panel.records.model import Model
from panel.records.prompt import PromptIds
from panel.records.reply import Cost, Usage
from panel.records.verdict import Scored, Verdict

Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
RunId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Variant = Literal["open", "blind"]


class Slot(Record):
    """A seat's address over time: it stays while prompts, personas and models behind it change."""

    tool: Slug
    persona: Slug
    model: str
    repeat: int = Field(default=0, ge=0)
    variant: str = "open"

    def __str__(self) -> str:
        return f"{self.tool}/{self.persona}/{self.model}#{self.repeat}@{self.variant}"


class SeatRecord(Stored):
    """One seat with all its ids: a line of `verdicts.jsonl`, and the unit that votes, cards and analysis are made of.

    `verdict` is None while the seat is pending; `pending` then says why.
    """

    run_id: RunId
    slot: Slot
    key: Key
    parts: KeyParts
    ids: PromptIds
    model: Model
    model_served: str | None = None
    asked_at: AwareDatetime | None = None
    latency_s: float | None = None
    usage: Usage | None = None
    attempts: int = Field(default=0, ge=0)
    """Calls made for this seat, also those that brought no text."""
    cost: Cost = Cost()
    """Of all attempts of this seat together."""
    verdict: Verdict | None = None
    pending: str | None = None
    may_ask_again: bool = False
    """Whether it abstained and was not yet asked as often as it may be: whoever goes on with it asks again."""

    @property
    def settled(self) -> bool:
        """Whether there is nothing left to ask: it scored, or it abstained for good."""
        return self.verdict is not None and not self.may_ask_again

    @property
    def scored(self) -> Scored | None:
        """The verdict if it scored."""
        return self.verdict if isinstance(self.verdict, Scored) else None
