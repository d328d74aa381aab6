"""Asking again: how often a seat may be asked, and after what. Shared by what asks and what says how dear it may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from panel.records.verdict import Abstained, AbstainReason, Verdict

Because = Literal["first", "contradiction", "cut", "invalid"]
"""Why a seat was asked: for the first time, or again after a reply that could not be used."""

MOST_REASKS = 2
"""Times a seat is asked again at most, for whatever reasons."""

MOST_FOR = {"contradiction": 1, "cut": 1, "invalid": MOST_REASKS}
"""Times a seat is asked again for one reason."""

LARGER_CAP = 2
"""A reply that its cap cut off is asked for once more with this many times the cap."""

_BECAUSE: dict[AbstainReason, Because] = {
    AbstainReason.INCONSISTENT: "contradiction",
    AbstainReason.TRUNCATED: "cut",
    **dict.fromkeys(
        (
            AbstainReason.EMPTY,
            AbstainReason.UNREADABLE,
            AbstainReason.OVERSIZED,
            AbstainReason.PLACEHOLDER,
            AbstainReason.OFF_SCHEMA,
            AbstainReason.OUT_OF_RANGE,
            AbstainReason.AMBIGUOUS,
        ),
        "invalid",
    ),
}


def why_again(verdict: Verdict | None, asked: Sequence[str]) -> Because | None:
    """Why to ask a seat again that was asked, and answered, for these reasons; None where it is settled.

    A refusal, a content filter's word and "no basis" are answers, and are not asked about.
    """
    if not isinstance(verdict, Abstained) or len(asked) > MOST_REASKS:
        return None
    why = _BECAUSE.get(verdict.reason)
    return why if why and asked.count(why) < MOST_FOR[why] else None
