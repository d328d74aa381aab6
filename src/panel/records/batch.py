"""Batch: what is handed in to a provider's batch interface, and what the ledger of a run says of it.

A part is what is handed in at once: one file, or one list of requests, to one model. Custom ids are the keys of seats,
so that a result finds its seat whatever the order, and so that handing in the same part twice can be noticed.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from panel.records.asking import Because
from panel.records.base import Record, Sha, Stored
from panel.records.reply import Attempt, Reply
from panel.records.seat import Key

Job = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$")]
"""A provider's own id of a batch."""


class Phase(StrEnum):
    """Where a provider's batch stands, in one set of words for all providers."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDING = "ending"
    """Being finished or cancelled: no new work is begun."""
    DONE = "done"
    FAILED = "failed"
    """Refused as a whole: nothing of it was carried out."""
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it; what was done until then can be collected."""
        return self in (Phase.DONE, Phase.FAILED, Phase.EXPIRED, Phase.CANCELLED)


class JobState(Record):
    """What a provider says of a batch; counts are None where it says none, `problems` its own words, scrubbed."""

    job: Job
    phase: Phase
    total: int | None = None
    done: int | None = None
    failed: int | None = None
    created_at: AwareDatetime | None = None
    run: str | None = None
    part: int | None = None
    """The run and part that its metadata names, where it carries ours."""
    problems: tuple[str, ...] = ()


class BatchResult(Record):
    """What a batch brought for one custom id: a reply, or why none came."""

    custom_id: str
    reply: Reply | None = None
    failure: Attempt | None = None


class BatchLine(Stored):
    """A line of `batches.jsonl`, the ledger of a run: written before and after everything that is done to a batch.

    `prepared` lists the seats of a part and is on the disk before anything is sent; `submitted` names the provider's
    job; `seen` is a state that was met; `collected` says that all its results are in `replies.jsonl`; `given_up` that
    nothing of it will come, with the reason.
    """

    what: Literal["prepared", "submitted", "seen", "collected", "cancelled", "given_up"]
    part: int = Field(ge=0)
    at: AwareDatetime
    model: str = ""
    keys: tuple[Key, ...] = ()
    """Of a prepared part: the seats' keys, which are its custom ids, in order."""
    ask: int = 0
    """0 where the part holds first prompts, 1 where it is the follow-up batch."""
    because: dict[Key, Because] = Field(default_factory=dict)
    """Of a follow-up part: why each seat is asked again."""
    caps: dict[Key, int] = Field(default_factory=dict)
    """Of a prepared part: the limits on answers, in tokens, where they are others than the model's."""
    content: Sha | None = None
    """Of a prepared part: the hash of the bytes handed in."""
    reserved_usd: Decimal | None = None
    job: Job | None = None
    phase: Phase | None = None
    reason: str = ""
