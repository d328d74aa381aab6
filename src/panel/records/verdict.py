"""Verdict: what one reply says. Either it scored, or it abstained for a reason from a closed list.

A seat that was never asked or never answered has no verdict: it is pending.
"""

import datetime as dt
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from panel.records.base import Record
from panel.records.scale import SCALE, Call


class AbstainReason(StrEnum):
    """Why a reply gives no vote. The list is closed: a new reason is a new schema version."""

    EMPTY = "empty"
    REFUSED = "refused"
    FILTERED = "filtered"
    TRUNCATED = "truncated"
    UNREADABLE = "unreadable"
    OVERSIZED = "oversized"
    PLACEHOLDER = "placeholder"
    OFF_SCHEMA = "off_schema"
    OUT_OF_RANGE = "out_of_range"
    AMBIGUOUS = "ambiguous"
    INCONSISTENT = "inconsistent"
    NO_BASIS = "no_basis"

    @property
    def meaning(self) -> str:
        """The reason in words for a reader."""
        return _MEANING[self]


_MEANING = {
    AbstainReason.EMPTY: "the reply held no text",
    AbstainReason.REFUSED: "the model declined to answer",
    AbstainReason.FILTERED: "the provider's content filter withheld the answer",
    AbstainReason.TRUNCATED: "the answer was cut off before it ended",
    AbstainReason.UNREADABLE: "no complete answer could be found in the text",
    AbstainReason.OVERSIZED: "the reply was larger than any answer can be",
    AbstainReason.PLACEHOLDER: "the model sent the form back without filling it in",
    AbstainReason.OFF_SCHEMA: "a field was missing, unknown or of the wrong type",
    AbstainReason.OUT_OF_RANGE: "a number lay outside the scale",
    AbstainReason.AMBIGUOUS: "the reply held answers that disagree",
    AbstainReason.INCONSISTENT: "score and verdict contradicted each other",
    AbstainReason.NO_BASIS: "the description gave nothing to judge by",
}


class FlagCode(StrEnum):
    """What a reader should know about a valid reply. The list is closed."""

    QUOTE_NOT_FOUND = "quote_not_found"
    NO_QUOTE_FOUND = "no_quote_found"
    BORROWED_EXPERIENCE = "borrowed_experience"
    BANNED_PHRASE = "banned_phrase"
    SCORE_STRAYS = "score_strays"
    REVIEW_LENGTH = "review_length"
    CLAUSE_SHAPE = "clause_shape"
    STEERING_REPORTED = "steering_reported"
    STEERING_SUSPECTED = "steering_suspected"
    THIN_BASIS = "thin_basis"
    DOUBT = "doubt"
    MAKER_CONFLICT = "maker_conflict"


class Flag(Record):
    """A visible mark on a verdict; `detail` says what was found, short."""

    code: FlagCode
    detail: str = ""


class Quote(Record):
    """A passage a seat cites. `found_in` names the field that holds it verbatim, or is None: not found."""

    quote: str
    side: Literal["for", "against"]
    shows: str
    found_in: str | None = None


class Prediction(Record):
    """A claim that time can refute. `due` is the reply's date plus `within_months`."""

    claim: str
    within_months: Literal[12, 24, 36]
    wrong_if: str
    due: dt.date


class Scored(Record):
    """A complete valid reply. Score and call agree by the scale; criteria and answers are keyed by persona ids."""

    kind: Literal["scored"] = "scored"
    steering: str | None
    evidence: tuple[Quote, ...]
    not_stated: tuple[str, ...]
    basis: Literal["enough", "thin"]
    answers: dict[str, str]
    concerns: tuple[str, ...]
    doubt: str | None
    review: str
    pick_if: str | None
    walk_away_if: str | None
    prediction: Prediction | None = None
    criteria: dict[str, int]
    score: int
    call: Call
    flags: tuple[Flag, ...] = ()
    notes: tuple[str, ...] = ()
    """What was harmlessly wrapped round the answer ("code fence", "trailing comma")."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        """Laws 3 and 4 hold for a stored line too, whoever edited it."""
        if not SCALE.holds(self.score):
            raise ValueError(f"score {self.score} lies outside {SCALE.low} to {SCALE.high}")
        if SCALE.call(self.score) != self.call:
            raise ValueError(f"score {self.score} means {SCALE.call(self.score)}, not {self.call}")
        for name, value in self.criteria.items():
            if not SCALE.criterion_holds(value):
                bounds = f"{SCALE.criterion_low} to {SCALE.criterion_high}"
                raise ValueError(f"criterion {name}, {value}, lies outside {bounds}")
        return self


class Abstained(Record):
    """A reply that gives no vote. `detail` names what was found; the raw text stays in the reply."""

    kind: Literal["abstained"] = "abstained"
    reason: AbstainReason
    detail: str = ""
    flags: tuple[Flag, ...] = ()
    notes: tuple[str, ...] = ()


Verdict = Annotated[Scored | Abstained, Field(discriminator="kind")]
