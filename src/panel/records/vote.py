"""Vote and badge: repeats folded into votes, votes into one badge per model (laws 5 and 6). Pure, in integers.

Four personas on one model are lenses, not independent votes: a badge says what the panel concluded, never how sure.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from pydantic import Field

from panel.records.base import Record, Slug
from panel.records.seat import SeatRecord
from panel.records.verdict import Abstained, Scored

QUORUM = 3
"""Fewer votes invited than this give no badge."""


class Outcome(StrEnum):
    """What a persona concludes over its repeats on one model."""

    SHIP = "ship"
    SKIP = "skip"
    SPLIT = "split"
    ABSTAINED = "abstained"
    PENDING = "pending"

    @property
    def voted(self) -> bool:
        """Whether this is a vote: ship, skip or split."""
        return self in _VOTED


_VOTED = frozenset({Outcome.SHIP, Outcome.SKIP, Outcome.SPLIT})


class Badge(StrEnum):
    """What a panel concludes about a tool. Only the first three are verdicts."""

    SHIP = "ship"
    MIXED = "mixed"
    SKIP = "skip"
    NO_VERDICT = "no_verdict"
    NOT_ENOUGH = "not_enough"
    TOO_FEW = "too_few"
    INCOMPLETE = "incomplete"
    MODELS_DISAGREE = "models_disagree"

    @property
    def words(self) -> str:
        """The badge as printed."""
        return _WORDS[self]

    @property
    def meaning(self) -> str:
        """One sentence for a reader who asks what the badge says."""
        return _MEANINGS[self]

    @property
    def decided(self) -> bool:
        """Whether this is a verdict on the tool and not a reason for having none."""
        return self in _RANKS

    @property
    def rank(self) -> int:
        """Skip 0, Mixed 1, Ship 2; raises KeyError for a badge that is no verdict."""
        return _RANKS[self]


_WORDS = {
    Badge.SHIP: "Ship",
    Badge.MIXED: "Mixed",
    Badge.SKIP: "Skip",
    Badge.NO_VERDICT: "No verdict",
    Badge.NOT_ENOUGH: "Not enough to judge",
    Badge.TOO_FEW: "Too few votes",
    Badge.INCOMPLETE: "Incomplete",
    Badge.MODELS_DISAGREE: "Models disagree",
}
_MEANINGS = {
    Badge.SHIP: "At least two thirds of the votes invited say ship.",
    Badge.MIXED: "Neither ship nor skip reaches two thirds of the votes invited.",
    Badge.SKIP: "At least two thirds of the votes invited say skip.",
    Badge.NO_VERDICT: "Too many seats abstained: what they might have said could change the badge.",
    Badge.NOT_ENOUGH: "The description holds too few checkable facts to judge the tool by.",
    Badge.TOO_FEW: f"Fewer than {QUORUM} votes were invited.",
    Badge.INCOMPLETE: "Some seats have not answered yet.",
    Badge.MODELS_DISAGREE: "The models' panels came to different badges; see each.",
}
_RANKS = {Badge.SKIP: 0, Badge.MIXED: 1, Badge.SHIP: 2}


class Vote(Record):
    """One persona on one model, folded from its repeats.

    `score` is the low median of the scores given, and None where the outcome is no vote: half a seat's silence must
    not look like its opinion. `lowest` and `highest` are of the scores given, vote or not.
    """

    persona: Slug
    model: str
    invited: int = Field(ge=1)
    ship: int = Field(ge=0)
    skip: int = Field(ge=0)
    abstained: int = Field(ge=0)
    pending: int = Field(ge=0)
    outcome: Outcome
    score: int | None = None
    lowest: int | None = None
    highest: int | None = None
    reasons: tuple[str, ...] = ()
    """Why repeats abstained or are pending, distinct, in order."""


class Tally(Record):
    """The votes of one model's panel on one tool, and their badge. `invited` is the denominator."""

    model: str
    invited: int = Field(ge=0)
    ship: int
    skip: int
    split: int
    abstained: int
    pending: int
    badge: Badge
    missing: tuple[Slug, ...] = ()
    """Personas invited whose vote is abstained or pending."""

    @property
    def share(self) -> int:
        """Ship votes per hundred invited, rounded down; a share of few votes, not a measurement."""
        return 100 * self.ship // self.invited if self.invited else 0

    @property
    def words(self) -> str:
        """The counts as printed: "3 ship / 1 skip"."""
        parts = [f"{self.ship} ship", f"{self.skip} skip"]
        parts += [f"{count} {name}" for count, name in self._rest() if count]
        return " / ".join(parts)

    def _rest(self) -> list[tuple[int, str]]:
        return [(self.split, "split"), (self.abstained, "abstained"), (self.pending, "pending")]


def settle(seats: Iterable[SeatRecord]) -> tuple[SeatRecord, ...]:
    """One record per slot: the one asked last; a verdict goes before none. The order of the input does not matter."""
    kept: dict[str, SeatRecord] = {}
    for seat in seats:
        other = kept.get(str(seat.slot))
        if other is None or _settles_over(seat, other):
            kept[str(seat.slot)] = seat
    return tuple(kept[slot] for slot in sorted(kept))


def _settles_over(seat: SeatRecord, other: SeatRecord) -> bool:
    def order(record: SeatRecord) -> tuple[bool, float, str, str]:
        asked = record.asked_at.timestamp() if record.asked_at else 0.0
        return record.verdict is not None, asked, record.run_id, record.key

    mine, theirs = order(seat), order(other)
    return mine > theirs if mine != theirs else seat.to_line() > other.to_line()


def low_median(scores: Sequence[int]) -> int:
    """The middle score, the lower of two middles: always a score that was given."""
    return sorted(scores)[(len(scores) - 1) // 2]


def fold(persona: str, model: str, seats: Sequence[SeatRecord]) -> Vote:
    """The vote of one persona on one model over all its repeats, each once."""
    invited = settle(seats)
    scores = [seat.scored.score for seat in invited if seat.scored]
    calls = [seat.scored.call for seat in invited if seat.scored]
    reasons = [reason for seat in invited if (reason := _silence(seat))]
    ship, skip = calls.count("ship"), calls.count("skip")
    pending = sum(seat.verdict is None for seat in invited)
    outcome = outcome_of(len(invited), ship, skip, pending)
    return Vote(
        persona=persona,
        model=model,
        invited=len(invited),
        ship=ship,
        skip=skip,
        abstained=sum(isinstance(seat.verdict, Abstained) for seat in invited),
        pending=pending,
        outcome=outcome,
        score=low_median(scores) if outcome.voted else None,
        lowest=min(scores, default=None),
        highest=max(scores, default=None),
        reasons=tuple(dict.fromkeys(reasons)),
    )


def _silence(seat: SeatRecord) -> str:
    if seat.verdict is None:
        return f"pending: {seat.pending or 'not asked yet'}"
    return "" if isinstance(seat.verdict, Scored) else seat.verdict.reason.value


def outcome_of(invited: int, ship: int, skip: int, pending: int = 0) -> Outcome:
    """Ship or skip from 2/3 of the repeats invited; abstained when half or fewer scored; else split (law 5)."""
    if pending:
        return Outcome.PENDING
    if 2 * (ship + skip) <= invited:
        return Outcome.ABSTAINED
    if 3 * ship >= 2 * invited:
        return Outcome.SHIP
    if 3 * skip >= 2 * invited:
        return Outcome.SKIP
    return Outcome.SPLIT


def badge_of(outcomes: Sequence[Outcome]) -> Badge:
    """The badge of the votes invited (law 6), before any floor of evidence is applied."""
    invited = len(outcomes)
    if Outcome.PENDING in outcomes:
        return Badge.INCOMPLETE
    if invited < QUORUM:
        return Badge.TOO_FEW
    ship, skip = outcomes.count(Outcome.SHIP), outcomes.count(Outcome.SKIP)
    unknown = outcomes.count(Outcome.ABSTAINED)
    possible = {
        _badge_of_counts(invited, ship + more, skip + fewer)
        for more in range(unknown + 1)
        for fewer in range(unknown + 1 - more)
    }
    return possible.pop() if len(possible) == 1 else Badge.NO_VERDICT


def _badge_of_counts(invited: int, ship: int, skip: int) -> Badge:
    if 3 * ship >= 2 * invited:
        return Badge.SHIP
    if 3 * skip >= 2 * invited:
        return Badge.SKIP
    return Badge.MIXED


def tally(model: str, votes: Sequence[Vote], *, enough_facts: bool) -> Tally:
    """The panel verdict of one model over its votes; under the floor of evidence there is no badge (law 7)."""
    outcomes = [vote.outcome for vote in votes]
    badge = badge_of(outcomes)
    if badge is not Badge.INCOMPLETE and not enough_facts:
        badge = Badge.NOT_ENOUGH
    silent = (Outcome.ABSTAINED, Outcome.PENDING)
    return Tally(
        model=model,
        invited=len(votes),
        ship=outcomes.count(Outcome.SHIP),
        skip=outcomes.count(Outcome.SKIP),
        split=outcomes.count(Outcome.SPLIT),
        abstained=outcomes.count(Outcome.ABSTAINED),
        pending=outcomes.count(Outcome.PENDING),
        badge=badge,
        missing=tuple(vote.persona for vote in votes if vote.outcome in silent),
    )


def headline(badges: Sequence[Badge]) -> Badge:
    """The common badge of several models' panels; models are never pooled (law 5)."""
    if not badges:
        return Badge.TOO_FEW
    if Badge.INCOMPLETE in badges:
        return Badge.INCOMPLETE
    return badges[0] if len(set(badges)) == 1 else Badge.MODELS_DISAGREE
