"""Drift: how the verdicts of one run differ from those of another, paired by tool and persona.

Differences are always after − before. `model` is the name in the slot, or "A -> B" where two models are compared.
Shares and tests are over tools, never over seats or repeats: four seats before one tool are not four tools.
"""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from panel.records.base import Record, Slug, Stored
from panel.records.seat import RunId
from panel.records.vote import Badge, Outcome


class Cause(StrEnum):
    """Which input of a vote differs between the sides. The list is closed; a vote may have several."""

    TOOL = "tool"
    PERSONA = "persona"
    TEMPLATES = "templates"
    REPLY_SCHEMA = "reply_schema"
    SCALE = "scale"
    SIGNALS = "signals"
    PROMPT = "prompt"
    """The messages differ although nothing that they are made of does."""
    MODEL = "model"
    PARAMETERS = "parameters"
    ENDPOINT = "endpoint"
    MODEL_SERVED = "model_served"
    PARSER = "parser"
    """The very same reply, read otherwise."""
    NONE = "none"
    """The same question, answered otherwise."""

    @property
    def meaning(self) -> str:
        """What changed, in words for a reader."""
        return _MEANINGS[self]


_MEANINGS = {
    Cause.TOOL: "the description of the tool",
    Cause.PERSONA: "the text of the persona",
    Cause.TEMPLATES: "the prompt templates",
    Cause.REPLY_SCHEMA: "the rubric: what a reply must hold",
    Cause.SCALE: "the scale",
    Cause.SIGNALS: "the signals that the offline rubric reads",
    Cause.PROMPT: "the messages as sent, and nothing that they are made of",
    Cause.MODEL: "the model asked for",
    Cause.PARAMETERS: "the model's parameters",
    Cause.ENDPOINT: "the endpoint",
    Cause.MODEL_SERVED: "the model that the server says it served",
    Cause.PARSER: "the reading: the very same reply, parsed otherwise",
    Cause.NONE: "nothing: the same question, answered anew",
}


class Judge(Record):
    """How many answers of a side came from one served model; `served` is None where the server did not say."""

    model: str
    served: str | None
    seats: int


class DriftSide(Record):
    """One run as far as it was compared. `votes` is the denominator of everything said about it.

    With `stood_before`, what was in view when this run over a catalogue was planned, and not what it shows itself.
    """

    run: RunId
    stood_before: bool = False
    started_at: AwareDatetime
    tools: int
    votes: int
    seats: int
    scored: int
    abstained: int
    pending: int
    judges: tuple[Judge, ...] = ()


class OneSided(Record):
    """What stands on one side only: `seats` in all, and whole votes among them.

    `listed` names the slots that no tool, persona or model named here accounts for; `left_out` more are counted only.
    """

    tools: tuple[Slug, ...] = ()
    personas: tuple[Slug, ...] = ()
    models: tuple[str, ...] = ()
    votes: int = 0
    seats: int = 0
    listed: tuple[str, ...] = ()
    left_out: int = 0


class Turn(Record):
    """How many votes went from one outcome to another."""

    before: Outcome
    after: Outcome
    votes: int


class Flip(Record):
    """A vote whose outcome changed.

    `noise` says whether the score moved by more than asking the same question again would move it: `unknown` where no
    side has repeats enough, or where one side has no score. `reasons` are of the abstentions on either side.
    """

    tool: Slug
    persona: Slug
    model: str
    variant: str = "open"
    before: Outcome
    after: Outcome
    score_before: int | None = None
    score_after: int | None = None
    causes: tuple[Cause, ...]
    noise: Literal["inside", "outside", "unknown"] = "unknown"
    half_width: float | None = None
    comparable: bool = True
    mixed_judges: bool = False
    reasons: tuple[str, ...] = ()


class BadgeFlip(Record):
    """A panel whose badge changed; the votes are told as on a card. `same_panel`: the same personas sat."""

    tool: Slug
    model: str
    variant: str = "open"
    before: Badge
    after: Badge
    votes_before: str
    votes_after: str
    same_panel: bool = True


class Noise(Record):
    """What asking again alone does to one persona on one model, from repeats on either side.

    `deviation` is the standard deviation of one reply's score, pooled over tools with `freedom` degrees of freedom.
    Of `pairs` pairs of repeats before one tool, `disagree` came to different calls.
    """

    deviation: float
    freedom: int
    pairs: int
    disagree: int


class SignTest(Record):
    """Changes in either direction, and how likely a split this uneven is if neither were favoured (exact, two-sided).

    `p` is None where there are too few changes for any split to be telling.
    """

    up: int
    down: int
    p: float | None = None


class Move(Record):
    """How the scores of one persona on one model moved, tool by tool, over the votes asked anew that scored twice.

    `paired` votes have a pair, `same_answer` of them show the very same reply on both sides, and `tools` are what is
    left and comparable. `low` and `high` bound the mean with 95 % confidence, None where `why_not` says why.
    """

    persona: str
    model: str
    paired: int
    same_answer: int
    tools: int
    flipped: int
    mean: float | None = None
    median: float | None = None
    lower_quartile: float | None = None
    upper_quartile: float | None = None
    up: int = 0
    down: int = 0
    low: float | None = None
    high: float | None = None
    why_not: str = ""
    calls: SignTest
    """Tools on which the persona turned from skip to ship (up), and from ship to skip (down)."""
    noise: Noise | None = None


class CauseTotal(Record):
    """The votes with this cause; a vote with several causes is counted under each."""

    cause: Cause
    votes: int
    flipped: int
    mean_move: float | None = None


class JudgeMove(Record):
    """How a persona's scores moved where the question stayed the same: what the judge itself did.

    The bounds are widened for the number of lines looked at, so that all together raise a false alarm in one of
    twenty comparisons at most. `noise_limit` is how far the mean may move by asking again, from repeats.
    """

    persona: Slug
    model: str
    tools: int
    mean: float
    low: float | None = None
    high: float | None = None
    noise_limit: float | None = None
    served_before: tuple[str, ...] = ()
    served_after: tuple[str, ...] = ()
    moved: bool

    @property
    def testable(self) -> bool:
        """Whether anything can be said: tools enough, or repeats."""
        return self.low is not None or self.noise_limit is not None


class ConcernChange(Record):
    """Concerns of one tool, over the votes paired; matching is by words and approximate."""

    tool: Slug
    before: int
    after: int
    new: tuple[str, ...]
    vanished: tuple[str, ...]


class Concerns(Record):
    """Totals over all tools compared, and the tools where most changed (`left_out` more are counted, not listed)."""

    before: int = 0
    after: int = 0
    new: int = 0
    vanished: int = 0
    tools_compared: int = 0
    tools_changed: int = 0
    changes: tuple[ConcernChange, ...] = ()
    left_out: int = 0


class Straddler(Record):
    """A tool whose verdict, as it stands after, hangs on little; `why` says on what."""

    tool: Slug
    why: tuple[str, ...]


class Drift(Stored):
    """The whole report."""

    before: DriftSide
    after: DriftSide
    watched: int | None = None
    """The tools of a watch list that the report was restricted to."""
    paired: int
    pending: int = 0
    """Votes that stand on both sides and are pending on one or both: neither paired nor flipped."""
    same_answer: int
    flipped: int
    turns: tuple[Turn, ...] = ()
    flips: tuple[Flip, ...] = ()
    tools_turned: SignTest
    """Tools with more votes turned to ship than to skip (up), and the other way round."""
    badges_paired: int = 0
    badge_flips: tuple[BadgeFlip, ...] = ()
    moves: tuple[Move, ...] = ()
    causes: tuple[CauseTotal, ...] = ()
    only_before: OneSided = OneSided()
    only_after: OneSided = OneSided()
    concerns: Concerns = Concerns()
    judges: tuple[JudgeMove, ...] = ()
    straddling: tuple[Straddler, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def flip_share(self) -> float | None:
        """Votes flipped over votes paired; None where no vote is paired."""
        return self.flipped / self.paired if self.paired else None
