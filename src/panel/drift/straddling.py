"""Straddling: tools whose verdict hangs on little, as a list a person can keep and hand back.

A watch list is plain text: one tool id on a line, `#` begins a comment. Text in, ids out, and the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from panel.drift.numbers import share_of_variance
from panel.drift.seats import Stand, Vote
from panel.errors import InputError
from panel.records.drift import CloseVote, Straddler
from panel.records.scale import SCALE
from panel.records.vote import Outcome, badge_of

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

HalfWidth = Callable[[str, str, float], float | None]
"""Of a persona on a model, for a variance so many times that of one reply; None where it is not known."""


def straddling(
    tool: str,
    votes: Mapping[Vote, Stand],
    voting: Callable[[str], bool],
    half_width: HalfWidth,
    *,
    panels: bool = True,
) -> Straddler | None:
    """Why the verdict on one tool may be another next time, with the scores it hangs on; None where it stands firm.

    With `panels`, also whether a badge turns on one vote that is close to the line.
    """
    voted = {vote: stand for vote, stand in votes.items() if voting(vote[0])}
    told = ((vote, _why_close(stand, half_width(*vote[:2], _shares(stand)))) for vote, stand in voted.items())
    close = {vote: text for vote, text in told if text is not None}
    why = [f"{persona} on {model}: {text}" for (persona, model, _), text in close.items() if text]
    turning: set[Vote] = set()
    for panel in dict.fromkeys(vote[1:] for vote in voted) if panels else ():
        sat = {vote: stand.outcome for vote, stand in voted.items() if vote[1:] == panel}
        turns = [vote for vote in sat if vote in close and _turns(sat, vote)]
        if turns:
            turning.update(turns)
            why.append(f"the badge on {panel[0]} turns on {_either([(vote[0], voted[vote]) for vote in turns])}")
    if not why:
        return None
    shown = [vote for vote, text in close.items() if text or vote in turning]
    return Straddler(
        tool=tool, why=tuple(why), votes=tuple(_close_vote(vote, voted[vote], vote in turning) for vote in shown)
    )


def _either(turns: Sequence[tuple[str, Stand]]) -> str:
    """The votes of which each by itself would turn the badge, with their scores."""
    told = [f"{persona} {stand.outcome.value if stand.score is None else stand.score}" for persona, stand in turns]
    if len(told) == 1:
        return told[0]
    return f"{'either' if len(told) == 2 else 'any one'} of {', '.join(told)}"


def _close_vote(vote: Vote, stand: Stand, turns_badge: bool) -> CloseVote:
    persona, model, variant = vote
    return CloseVote(
        persona=persona,
        model=model,
        variant=variant,
        outcome=stand.outcome,
        score=stand.score,
        scores=stand.scores,
        turns_badge=turns_badge,
    )


def _shares(stand: Stand) -> float:
    return share_of_variance(len(stand.scores) or 1)


def _why_close(stand: Stand, half_width: float | None) -> str | None:
    """Why one vote is close to the line; empty where it is near it and nothing more is known, None where it is not."""
    scores, line = stand.scores, SCALE.ship_from
    if stand.outcome is Outcome.SPLIT:
        return f"split, {_range(scores)}"
    if scores and min(scores) < line <= max(scores):
        return f"repeats on both sides of {line}, {_range(scores)}"
    if stand.score is None:
        return None
    if half_width is not None:
        reaches = stand.score - half_width < line <= stand.score + half_width
        return f"{stand.score}, within {half_width:.1f} points of {line}" if reaches else None
    return "" if SCALE.close_low <= stand.score <= SCALE.close_high else None


def _range(scores: Sequence[int]) -> str:
    return f"scores {min(scores)} to {max(scores)}" if scores else "no score"


def _turns(sat: Mapping[Vote, Outcome], vote: Vote) -> bool:
    """Whether the badge would be another if this vote were the other way round."""
    other = Outcome.SKIP if sat[vote] is Outcome.SHIP else Outcome.SHIP
    return badge_of(list(sat.values())) is not badge_of(list({**sat, vote: other}.values()))


def watch_list(straddlers: Iterable[Straddler], run: str) -> str:
    """The text of a watch list, with the reasons as comments."""
    lines = [f"# Tools whose verdict in run {run} straddles the line. One id on a line; # begins a comment."]
    lines += [f"{item.tool}  # {'; '.join(item.why)}" for item in straddlers]
    return "\n".join(lines) + "\n"


def read_watch_list(text: str, file: str) -> tuple[str, ...]:
    """The ids of a watch list, each once, in order: none at all is a list, too. Raises InputError for what is no id."""
    found: dict[str, None] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        word = line.partition("#")[0].strip()
        if not word:
            continue
        if not _ID.fullmatch(word):
            raise InputError.at(
                file,
                f"{word[:60]!r} is no tool id.",
                line=number,
                hint="Write one tool id on a line; # begins a comment.",
            )
        found[word] = None
    return tuple(found)
