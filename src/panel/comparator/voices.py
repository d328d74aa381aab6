"""What single seats say: the advice for each tool and the strongest dissent. Chosen by rule, quoted as written.

Only seats that speak for a counting vote are heard. Ties go to the persona that stands first in the panel, then to the
model that comes first by name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from panel.comparator.columns import Columns
from panel.comparator.sentences import sentences
from panel.comparator.words import content_words
from panel.records.card import Advice, Dissent
from panel.records.review import Review
from panel.records.seat import SeatRecord
from panel.records.verdict import Scored
from panel.records.vote import Badge, Outcome

_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|«[^»]*»|「[^」]*」")
_LEANING = frozenset({"it", "that", "these", "they", "this", "those"})
"""First words that speak of the sentence before."""


def advice_of(columns: Columns) -> tuple[Advice, ...]:
    """For each tool: "pick it if" from the seat that scores it highest, "walk away if" from the one that scores it
    lowest, among those that gave such a clause; from two seats wherever two can give them.
    """
    return tuple(_advice(columns, review) for review in columns.reviews)


def _advice(columns: Columns, review: Review) -> Advice:
    seats = [(seat, seat.scored) for seat in columns.speakers(review) if seat.scored]
    picks = sorted([(s, v) for s, v in seats if _clause(v.pick_if)], key=lambda pair: -pair[1].score)
    walks = sorted([(s, v) for s, v in seats if _clause(v.walk_away_if)], key=lambda pair: pair[1].score)
    pick, walk = next(iter(picks), None), next(iter(walks), None)
    if pick and walk and pick[0] is walk[0]:
        if len(walks) > 1:
            walk = walks[1]
        elif len(picks) > 1:
            pick = picks[1]
    return Advice(
        tool=review.tool.id,
        pick_if=_clause(pick[1].pick_if) if pick else None,
        pick_from=_from(columns, pick[0]) if pick else None,
        walk_away_if=_clause(walk[1].walk_away_if) if walk else None,
        walk_from=_from(columns, walk[0]) if walk else None,
    )


def _clause(text: str | None) -> str | None:
    """A clause that completes "Pick it if …": None for one that does not begin with "you" and so would not."""
    clause = (text or "").strip().rstrip(".").rstrip()
    return clause[:1].lower() + clause[1:] if clause[:3].casefold() == "you" else None


def _from(columns: Columns, seat: SeatRecord) -> str:
    return columns.who(columns.persona_name(seat.slot.persona), seat.slot.model)


def dissents_of(columns: Columns) -> tuple[Dissent, ...]:
    """The strongest vote against each decided badge: under Ship and Mixed the skip with the lowest score, under Skip
    the ship with the highest.
    """
    found = (_dissent(columns, review) for review in columns.reviews)
    return tuple(item for item in found if item)


def _dissent(columns: Columns, review: Review) -> Dissent | None:
    if not review.badge.decided:
        return None
    against = Outcome.SHIP if review.badge is Badge.SKIP else Outcome.SKIP
    sign = -1 if against is Outcome.SHIP else 1
    voices = [
        (sign * vote.score, seat, seat.scored)
        for seat in columns.speakers(review)
        if (vote := review.vote(seat.slot.persona, seat.slot.model))
        and vote.outcome is against
        and vote.score is not None
        and seat.scored
    ]
    if not voices:
        return None
    _, seat, scored = min(voices, key=lambda item: item[0])
    return Dissent(
        tool=review.tool.id,
        persona=columns.persona_name(seat.slot.persona),
        model=seat.slot.model,
        outcome=against,
        score=scored.score,
        words=telling(scored.review, _cues(scored, against)),
    )


def _cues(scored: Scored, outcome: Outcome) -> Sequence[str]:
    """What the seat itself names as its grounds: its concerns for a skip, what its quotes in favour show for a ship."""
    if outcome is Outcome.SKIP:
        return scored.concerns
    return [quote.shows for quote in scored.evidence if quote.side == "for"]


def telling(review: str, cues: Sequence[str]) -> str:
    """The sentence of a review that gives the seat's reason: the one whose own words, quoted passages aside, hold most
    of the first cue, then most of all cues; the first of equals, the last sentence if none holds any.

    A sentence that leans on the one before ("It has no source.") brings it along. Never part of a sentence.
    """
    parts = sentences(review)
    if not parts:
        return review
    own = [content_words(_QUOTED.sub(" ", part)) for part in parts]
    first, wanted = content_words(next(iter(cues), "")), content_words(" ".join(cues))
    held = [(len(words & first), len(words & wanted)) for words in own]
    place = held.index(max(held)) if any(both for _, both in held) else len(parts) - 1
    leans = place > 0 and parts[place].split(maxsplit=1)[0].casefold() in _LEANING
    return " ".join(parts[place - leans : place + 1])
