"""Run: what one command bought, as the files of its folder tell it."""

from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue

from panel.records.base import Record, Sha, Slug, Stored
from panel.records.identity import KeyParts
from panel.records.model import Model, SchemaMode
from panel.records.prompt import PromptIds
from panel.records.reply import Attempt, Reply
from panel.records.seat import Key, RunId, Slot


class Totals(Record):
    """Counted over every attempt of the run's own seats, and over its probes.

    `usd` is what is known to be charged, None where the price of any attempt is unknown (`unpriced` counts those).
    `usd_unsure` bounds what calls may have cost in addition that broke off or whose tokens nobody counted; `unsure` is
    their number. `saved_usd` is what prompt caches took off. `cached_tokens` are part of `input_tokens`,
    `reasoning_tokens` of `output_tokens`.
    """

    seats: int = 0
    held: int = 0
    scored: int = 0
    abstained: int = 0
    pending: int = 0
    attempts: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    usd: Decimal | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    unpriced: int = 0
    unsure: int = 0
    usd_unsure: Decimal = Decimal(0)
    saved_usd: Decimal | None = None


class Probe(Record):
    """What a server was found to do: how it can be made to answer in a form, and the calls it took to find out.

    `ignores_schema` is set where it accepted a schema and answered otherwise.
    """

    model: str
    mode: SchemaMode
    ignores_schema: bool = False
    model_served: str | None = None
    attempts: tuple[Attempt, ...] = ()


class Catalogued(Record):
    """The tools of a run over a catalogue: where they were read, how many could be, and whether all are planned.

    `via` is how its seats are asked; with `finish_live`, live calls ask what batches leave open. `place` is the
    catalogue's path from the folder of runs, `scope` tells which of its tools are looked at (empty: all), `everything`
    whether fresh answers are asked anew too. `whole` is whether every seat looked at is in view, with the answers of
    `digest`.
    """

    source: str
    tools: int = 0
    broken: int = 0
    planned: bool = False
    via: Literal["live", "batch"] = "live"
    finish_live: bool = False
    place: str = ""
    scope: str = ""
    everything: bool = False
    whole: bool = False
    digest: str = ""


class Manifest(Stored):
    """`run.json`: what was asked for, with what, and what came of it.

    `finished_at` is None while it runs, or where it was cut off.
    """

    run_id: RunId
    command: tuple[str, ...]
    started_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    tools: tuple[Slug, ...] = Field(max_length=1000)
    catalogue: Catalogued | None = None
    """Where the tools come from and how many there are, in place of `tools`, where they may be too many to name."""
    personas: tuple[Slug, ...]
    models: tuple[Model, ...]
    repeats: int = 1
    variant: str = "open"
    refresh: bool = False
    """Whether whole panels were asked anew: such answers count from the moment no seat of the run is pending."""
    max_cost: Decimal | None = Field(default=None, ge=0)
    """The most that this run may spend, its resumes included, in US dollars."""
    probes: tuple[Probe, ...] = ()
    versions: dict[str, str] = Field(default_factory=dict)
    revision: str | None = None
    totals: Totals = Totals()


InputKind = Literal["tool", "persona", "templates", "reply_schema", "scale", "signals", "message"]


class InputLine(Stored):
    """A line of `inputs.jsonl`: one thing that questions were made of, once, under its hash."""

    kind: InputKind
    sha: Sha
    value: JsonValue


class Was(Record):
    """Where the answer lies that a slot showed when its run was planned."""

    run: RunId
    key: Key


class PlanLine(Stored):
    """A line of `plan.jsonl`: what is to become of one slot.

    `was` is the slot's answer in view when the run was planned over a catalogue: it stays in view until the tool's
    whole panel has answered anew.
    """

    slot: Slot
    key: Key
    parts: KeyParts
    ids: PromptIds
    model: Model
    tool: Sha
    """The tool's record in `inputs.jsonl`; `ids.tool` is the hash of what was shown of it."""
    messages: tuple[Sha, ...]
    """The prompt's messages, by their hash in `inputs.jsonl`, in order; roles are system, then user."""
    source: Literal["here", "held", "pending"]
    held_by: RunId | None = None
    was: Was | None = None
    reason: str = ""


class ShortLine(Stored):
    """A short line of `plan.jsonl`, for catalogues: a slot that this run does not ask.

    Its answer is held by an older run, under `key`; or it is pending, for the reason given. `was` is the answer in view
    when the run was planned, where the tool's panel was not complete then: it stays in view until it is.
    """

    slot: Slot
    key: Key
    source: Literal["held", "pending"]
    held_by: RunId | None = None
    was: Was | None = None
    reason: str = ""


class ReplyLine(Stored):
    """A line of `replies.jsonl`: one time a seat was asked, as bought. Exactly one of `reply` and `failure` is set."""

    slot: Slot
    key: Key
    ask: int = Field(default=0, ge=0)
    """0 for the first prompt, then 1, 2 for asking again."""
    asked_because: str = "first"
    """"first", "contradiction", "cut", "invalid"."""
    part: int | None = None
    """The part of `batches.jsonl` that brought it; None where it was asked live."""
    reply: Reply | None = None
    failure: Attempt | None = None

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every call that this line tells of."""
        if self.failure:
            return (self.failure,)
        return self.reply.attempts if self.reply else ()
