"""Drift: how the verdicts of one run differ from those of another, paired by tool and persona.

Differences are always after − before. `model` is the name in the slot, or "A -> B" where two models are compared.
Shares and tests are over tools, never over seats or repeats: four seats before one tool are not four tools.
"""

from typing import Literal

from pydantic import AwareDatetime

from panel.records.base import Record, Slug, Stored
from panel.records.cause import Cause
from panel.records.seat import RunId
from panel.records.vote import Badge, Outcome


class Judge(Record):
    """How many answers of a side came from one served model; `served` is None where the server did not say."""

    model: str
    served: str | None
    seats: int


class DriftSide(Record):
    """One run as far as it was compared. `votes` is the denominator of everything said about it.

    With `stood_before`, what was in view when this run over a catalogue was planned, and not what it shows itself.
    `tools` counts all that the side names, `answered` those that have an answer: the others have no panel yet.
    """

    run: RunId
    stood_before: bool = False
    started_at: AwareDatetime
    tools: int
    answered: int
    votes: int
    seats: int
    scored: int
    abstained: int
    pending: int
    judges: tuple[Judge, ...] = ()


class OneSided(Record):
    """What stands on one side only: `seats` in all, and whole votes among them.

    `tools` are those with an answer here and nothing there; `unanswered` more have no answer here either. `repeats`
    seats are further repeats of votes that stand on both sides: of `repeated` votes, up to `most_repeats` of each.
    `listed` names the slots that none of these accounts for; `left_out` more are counted only.
    """

    tools: tuple[Slug, ...] = ()
    unanswered: int = 0
    personas: tuple[Slug, ...] = ()
    models: tuple[str, ...] = ()
    votes: int = 0
    seats: int = 0
    repeats: int = 0
    repeated: int = 0
    most_repeats: int = 0
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
    """What the judge itself did, one persona on one model: where the question stayed the same and was asked anew.

    Of `votes` such votes, `flipped` came to another outcome; `tools` of them scored on both sides, and moved by `mean`.
    All bounds are widened for the number of lines looked at, so that each kind of them raises a false alarm in one of
    twenty comparisons at most. `noise_limit` is how far the mean may move by asking again, from repeats.

    Where tools have repeats: `across` is how often two answers of different sides come to different calls, `within`
    how often two of the same side do; `across_low` is the lower bound of the difference, None for too few tools.
    """

    persona: Slug
    model: str
    votes: int
    flipped: int
    tools: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    noise_limit: float | None = None
    across: float | None = None
    within: float | None = None
    across_low: float | None = None
    served_before: tuple[str, ...] = ()
    served_after: tuple[str, ...] = ()
    moved_by: tuple[Literal["mean", "calls"], ...] = ()

    @property
    def moved(self) -> bool:
        """Whether the judge moved: its mean score, or its calls, by more than asking again explains."""
        return bool(self.moved_by)

    @property
    def testable(self) -> bool:
        """Whether anything can be said: tools enough, or repeats."""
        return any(bound is not None for bound in (self.low, self.noise_limit, self.across_low))


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


class CloseVote(Record):
    """A vote that may be another next time. With `turns_badge`, the badge would be another if this vote alone were."""

    persona: Slug
    model: str
    variant: str = "open"
    outcome: Outcome
    score: int | None = None
    scores: tuple[int, ...] = ()
    turns_badge: bool = False


class Straddler(Record):
    """A tool whose verdict, as it stands after, hangs on little; `why` says on what, `votes` gives their scores."""

    tool: Slug
    why: tuple[str, ...]
    votes: tuple[CloseVote, ...] = ()


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
    anew: int
    """Votes asked anew, of those paired: the others show the very same answer on both sides."""
    flipped: int
    flipped_anew: int
    """Flips among the votes asked anew; any other flip is the very same answer, read otherwise."""
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

    @property
    def anew_flip_share(self) -> float | None:
        """Of the votes asked anew, the share that flipped; None where none was."""
        return self.flipped_anew / self.anew if self.anew else None
