"""Straddling: tools whose verdict hangs on little, as a list a person can keep and hand back.

A watch list is plain text: one tool id on a line, `#` begins a comment. Text in, ids out, and the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from panel.drift.numbers import share_of_variance
from panel.drift.seats import Stand, Vote
from panel.errors import InputError
from panel.records.drift import Straddler
from panel.records.scale import SCALE
from panel.records.vote import Outcome, badge_of

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

HalfWidth = Callable[[str, str, float], float | None]
"""Of a persona on a model, for a variance so many times that of one reply; None where it is not known."""


def why_straddling(
    votes: Mapping[Vote, Stand], voting: Callable[[str], bool], half_width: HalfWidth, *, panels: bool = True
) -> list[str]:
    """Why the verdict on one tool may be another next time, in words; empty where it stands firm.

    With `panels`, also whether a badge turns on one vote that is close to the line.
    """
    found: list[str] = []
    close: set[Vote] = set()
    for vote, stand in votes.items():
        persona, model, _ = vote
        if not voting(persona):
            continue
        why = _why_close(stand, half_width(persona, model, _shares(stand)))
        if why:
            close.add(vote)
            found += [f"{persona} on {model}: {text}" for text in why[:1] if text]
    for panel in dict.fromkeys(vote[1:] for vote in votes) if panels else ():
        sat = {vote: stand.outcome for vote, stand in votes.items() if vote[1:] == panel and voting(vote[0])}
        turning = [vote[0] for vote in sat if vote in close and _turns(sat, vote)]
        if turning:
            found.append(f"the badge on {panel[0]} turns on {', '.join(turning)}")
    return found


def _shares(stand: Stand) -> float:
    return share_of_variance(len(stand.scores) or 1)


def _why_close(stand: Stand, half_width: float | None) -> list[str]:
    """Why one vote is close to the line; one empty text where it is near it and nothing more is known."""
    scores, line = stand.scores, SCALE.ship_from
    if stand.outcome is Outcome.SPLIT:
        return [f"split, {_range(scores)}"]
    if scores and min(scores) < line <= max(scores):
        return [f"repeats on both sides of {line}, {_range(scores)}"]
    if stand.score is None:
        return []
    if half_width is not None:
        reaches = stand.score - half_width < line <= stand.score + half_width
        return [f"{stand.score}, within {half_width:.1f} points of {line}"] if reaches else []
    return [""] if SCALE.close_low <= stand.score <= SCALE.close_high else []


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
    """The ids of a watch list, each once, in order; raises InputError for a line that holds none, or for no id."""
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
    if not found:
        raise InputError.at(file, "it names no tool.", hint="Write one tool id on a line, or leave out --watch.")
    return tuple(found)
