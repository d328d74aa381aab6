"""Shapes reserved from the start, so that stored figures never change meaning when their features arrive."""

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from panel.records.base import RawText, Slug, Stored
from panel.records.scale import SCALE, Call
from panel.records.seat import Key, RunId, Slot


class Reported(Stored):
    """A verdict that somebody else published, from an import. Never part of a panel's figures.

    `score` and `call` are None where the page shows none: unknown is not zero.
    """

    kind: Literal["reported"] = "reported"
    tool: Slug
    persona: str | None = None
    score: int | None = None
    call: Call | None = None
    review: RawText | None = None
    publisher: str
    url: str | None = None
    seen_on: dt.date | None = None


class Correction(Stored):
    """An editor's change of one seat's score and verdict together. The original stays; analysis reads the original."""

    kind: Literal["correction"] = "correction"
    run_id: RunId
    slot: Slot
    key: Key
    score: int = Field(ge=SCALE.low, le=SCALE.high)
    call: Call
    editor: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    corrected_at: AwareDatetime
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if SCALE.call(self.score) != self.call:
            raise ValueError(f"score {self.score} means {SCALE.call(self.score)}, not {self.call}")
        return self
