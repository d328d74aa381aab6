"""Reply: what came back, before anyone reads meaning into it.

Every attempt is kept with what it cost, also those that brought no text.
"""

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from panel.records.base import RawText, Record


class Finish(StrEnum):
    """Why the text ended."""

    STOP = "stop"
    LENGTH = "length"
    FILTERED = "filtered"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Usage(Record):
    """Tokens of one call; None where the server did not say.

    `cached` and `cache_write` are part of `input`, `reasoning` of `output`.
    """

    input: int | None = Field(default=None, ge=0)
    output: int | None = Field(default=None, ge=0)
    cached: int | None = Field(default=None, ge=0)
    cache_write: int | None = Field(default=None, ge=0)
    reasoning: int | None = Field(default=None, ge=0)


class Cost(Record):
    """Money for one call, in US dollars. `usd` is None where the charge is unknown, which is not zero.

    `source` says where the price comes from (a package and its version, the user, or "no charge"). `at_most_usd` bounds
    an unknown charge whose price is known: a call that broke off, or whose tokens were not counted. `saved_usd` is what
    the provider's prompt cache took off, less what writing to it cost.
    """

    usd: Decimal | None = None
    source: str = "unknown"
    at_most_usd: Decimal | None = None
    saved_usd: Decimal | None = None


class Attempt(Record):
    """One call on the wire. `error` is a short code where no text came.

    `cap` is the limit on the answer in tokens, `mode` how the form of the answer was asked for (a SchemaMode), `tier`
    the provider's service tier where it is not the usual one, `via` how it was asked: what may differ between attempts
    of one question.
    """

    asked_at: AwareDatetime
    latency_s: float = Field(ge=0)
    error: str | None = None
    detail: str | None = None
    status: int | None = None
    request_id: str | None = None
    usage: Usage | None = None
    cost: Cost = Cost()
    cap: int | None = None
    mode: str | None = None
    tier: str | None = None
    via: Literal["live", "batch"] = "live"


class Reply(Record):
    """The text of a seat as it came. `refusal` is the provider's own refusal text, where it has such a field."""

    text: RawText
    finish: Finish = Finish.UNKNOWN
    refusal: RawText | None = None
    usage: Usage | None = None
    model_asked: str
    model_served: str | None = None
    request_id: str | None = None
    asked_at: AwareDatetime
    latency_s: float = Field(default=0.0, ge=0)
    notes: tuple[str, ...] = ()
    """What the client did to get it, in a few words each ("temperature dropped")."""
    attempts: tuple[Attempt, ...] = ()


def utc(seconds: float) -> dt.datetime:
    """A moment from a clock's seconds since 1970."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
