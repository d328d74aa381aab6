"""Review: one paragraph of 80 to 130 words (40 to 90 on a thin basis), built of what was found.

An opening with the tool's name, what speaks for and against it with the words quoted, what is missing, and what
decided. Frames come from the persona file; nothing is said that no quote or gap stands for.
"""

from __future__ import annotations

from collections.abc import Iterator

from panel.clients.offline.frames import choose, count_words, fill, listed, sentence
from panel.clients.offline.scoring import Mark
from panel.clients.offline.seat import Seat, prose_quote
from panel.records.reply_schema import REVIEW_WORDS, REVIEW_WORDS_THIN

_INSIDE = 3
"""Words by which a review stays inside the lengths asked for."""
_HIGH = 80
_GAPS_NAMED = 3
_FACT = 12


def review(seat: Seat) -> str:
    """The paragraph. Pure; the same seat gives the same text."""
    least, most = REVIEW_WORDS if seat.reading.basis == "enough" else REVIEW_WORDS_THIN
    least, most = least + _INSIDE, most - _INSIDE
    used: set[str] = set()
    opening = _opening(seat, used)
    closing = _closing(seat)
    unsaid = _unsaid(seat)
    room = most - sum(count_words(part) for part in (opening, closing, unsaid))
    body: list[str] = []
    for text in _points(seat, used):
        words = count_words(text)
        if words <= room:
            body.append(text)
            room -= words
    parts = [opening, *body, unsaid, closing]
    parts = [part for part in parts if part]
    for extra in _fillers(seat):
        if sum(count_words(part) for part in parts) >= least:
            break
        parts.insert(len(parts) - 1, extra)
    return " ".join(parts)


def _opening(seat: Seat, used: set[str]) -> str:
    signals, capped = seat.signals, seat.capped
    found = prose_quote(capped.hits, used) if capped else None
    if capped and found:
        return sentence(seat.choose(signals.warnings, "warning", quote=found[0], says=_says(seat, capped)))
    what = prose_quote(seat.reading.hits.get("definition", ()), used)
    frames = signals.openings if what else signals.bare_openings
    return sentence(seat.choose(frames, "opening", quote=what[0] if what else ""))


def _says(seat: Seat, mark: Mark) -> str:
    return choose(mark.says, seat.name, seat.local.persona_id, mark.kind)


def _points(seat: Seat, used: set[str]) -> Iterator[str]:
    """Sentences for and against, in turn, the side that won first; wordings differ from one to the next."""
    told = {"definition", seat.capped.kind if seat.capped else ""}
    marks = [mark for mark in seat.marks if mark.kind not in told]
    pluses = [mark for mark in marks if mark.points > 0]
    minuses = [mark for mark in marks if mark.points < 0]
    counts = {True: 0, False: 0}
    for mark in _in_turn(pluses, minuses) if seat.ships else _in_turn(minuses, pluses):
        found = prose_quote(mark.hits, used)
        if found:
            plus, says = mark.points > 0, _says(seat, mark)
            frame = _next_frame(seat, plus, counts[plus])
            counts[plus] += 1
            yield sentence(fill(frame, quote=found[0], says=says))


def _next_frame(seat: Seat, plus: bool, count: int) -> str:
    frames = seat.signals.pluses if plus else seat.signals.minuses
    first = frames.index(choose(frames, seat.name, seat.local.persona_id, "plus" if plus else "minus"))
    return frames[(first + count) % len(frames)]


def _in_turn(leading: list[Mark], other: list[Mark]) -> Iterator[Mark]:
    """One of the leading side, one of the other, two, one, and so on, each side heaviest first."""
    ahead, behind = iter(leading), iter(other)
    for turn in (ahead, behind, ahead, ahead, behind, ahead, behind):
        mark = next(turn, None)
        if mark:
            yield mark
    yield from ahead
    yield from behind


def _unsaid(seat: Seat) -> str:
    gaps = seat.gaps[:_GAPS_NAMED]
    if not gaps:
        return ""
    return sentence(seat.choose(seat.signals.unsaid, "unsaid", gaps=listed(gaps, "or"), gaps_and=listed(gaps, "and")))


def _closing(seat: Seat) -> str:
    closings, score, scale = seat.signals.closings, seat.score, seat.scale
    if seat.reading.basis == "none":
        return "That is too little to judge by, in either direction."
    if scale.close_low <= score <= scale.close_high:
        frames = closings.close_ship if seat.ships else closings.close_skip
    elif seat.ships:
        frames = closings.high if score >= _HIGH else closings.ship
    else:
        frames = closings.low if score < scale.poor else closings.skip
    return sentence(seat.choose(frames, "closing", good=seat.good, bad=seat.bad, fact=_fact(seat)))


def _fact(seat: Seat) -> str:
    """The few words that decide a close case: of the heaviest mark on the side that won, or what is missing."""
    for mark in seat.marks:
        if (mark.points > 0) == seat.ships and seat.is_fact(mark):
            found = prose_quote(mark.hits, set(), _FACT)
            if found:
                return f"“{found[0]}”"
    silent = seat.gaps and not seat.ships
    return f"the silence on {seat.gaps[0]}" if silent else "the balance of what is stated"


def _fillers(seat: Seat) -> Iterator[str]:
    """What can still be said of a text that gives this persona little: how much of it stays open."""
    for criterion in seat.local.criteria:
        score = seat.scores.get(criterion.id)
        if score is not None and not score.marks:
            yield fill("On {name} there is nothing to quote, for or against.", name=criterion.name.lower())
    for gap in seat.gaps[_GAPS_NAMED:]:
        yield fill("Nor is there a word on {gap}.", gap=gap)
    yield "Whatever goes beyond that would be a guess, and a rubric does not guess."
    yield "A fuller account with figures, limits, terms and sources could move the result in either direction."
    yield "Until such an account exists, little weight should be put on the result, whichever way it points."
