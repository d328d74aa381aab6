"""What a drift report says, as sections that any face can set: a heading, sentences, a table, a list, and what is left.

Counts come with their denominator first. Nothing is left out silently: a list that was cut says by how much.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from panel.records.drift import Drift, DriftSide, OneSided, SignTest
from panel.render.drift_rows import badge_row, flip_row, judge_row, move_row, percent, probability, signed
from panel.render.words import count

_NOISE = {
    "outside": "more than asking again shows",
    "inside": "within what asking again shows",
    "unknown": "cannot tell",
}


class Section(NamedTuple):
    """A part of the report. `loud` sentences are warnings; `rest` says what was not listed."""

    heading: str
    texts: Sequence[str] = ()
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    items: Sequence[str] = ()
    rest: str = ""
    loud: bool = False


def sections(drift: Drift, most: int) -> list[Section]:
    """The whole report, its lists cut at `most`; sections that have nothing to say are left out."""
    found = [
        _top(drift),
        Section("Before reading on", texts=drift.warnings, loud=True) if drift.warnings else None,
        _judge(drift),
        _flips(drift, most),
        _badges(drift, most),
        _moves(drift),
        _causes(drift),
        _one_sided(drift, most),
        _concerns(drift, most),
        _straddling(drift, most),
    ]
    return [section for section in found if section]


def _top(drift: Drift) -> Section:
    texts = [_side(drift.before, "Before"), _side(drift.after, "After")]
    if drift.watched is not None:
        texts.append(f"Only the {count(drift.watched, 'tool')} of the watch list.")
    texts.append(f"{count(drift.paired, 'vote')} paired: {_paired(drift)}.")
    if drift.before.stood_before:
        return Section(f"Drift of run {drift.after.run} from what stood before it", texts)
    return Section(f"Drift from {drift.before.run} to {drift.after.run}", texts)


def _paired(drift: Drift) -> str:
    parts = [f"{drift.paired - drift.same_answer} answered anew", f"{drift.same_answer} the very same answer"]
    share = "" if drift.flip_share is None else f" ({percent(drift.flip_share)})"
    parts.append(f"{drift.flipped} flipped{share}")
    if drift.pending:
        parts.append(f"besides, {drift.pending} pending on a side and not paired")
    return ", ".join(parts)


def _side(side: DriftSide, name: str) -> str:
    pending = f", {side.pending} pending" if side.pending else ""
    which = f"what stood when run {side.run} was planned," if side.stood_before else f"run {side.run} of"
    return (
        f"{name}: {which} {side.started_at:%Y-%m-%d %H:%M} UTC, {count(side.tools, 'tool')}, "
        f"{count(side.votes, 'vote')}, {count(side.seats, 'seat')}: {side.scored} scored, {side.abstained} "
        f"abstained{pending}."
    )


def _judge(drift: Drift) -> Section | None:
    if not drift.judges:
        return None
    moved = [line for line in drift.judges if line.moved]
    mute = [line for line in drift.judges if not line.testable]
    if moved:
        asked = f"{count(len(drift.judges), 'line')} asked the same question again: {len(moved)} moved."
        texts = [f"ALARM: the judge itself moved. {asked}"]
    else:
        texts = [f"{count(len(drift.judges), 'line')} asked the same question again: none moved beyond chance."]
    if mute:
        texts.append(f"Of these {len(mute)} cannot be told: too few tools and no repeats.")
    return Section(
        "The judge",
        texts,
        header=("persona", "model", "tools", "mean", "bounds", "by asking again", "served", ""),
        rows=[judge_row(line) for line in drift.judges],
        loud=bool(moved),
    )


def _flips(drift: Drift, most: int) -> Section:
    turns = [f"{turn.votes} {turn.before.value} -> {turn.after.value}" for turn in drift.turns]
    texts = [f"{count(drift.paired, 'vote')} paired: {', '.join(turns) or 'none flipped'}."]
    if drift.flips:
        told = [f"{sum(flip.noise == kind for flip in drift.flips)} {words}" for kind, words in _NOISE.items()]
        texts.append(f"{count(drift.flipped, 'flip')}: {', '.join(told)}.")
        texts.append(f"Tools with more votes turned one way than the other: {_turned(drift.tools_turned)}.")
    return Section(
        "Votes that flipped",
        texts,
        header=("tool", "persona", "model", "vote", "score", "against repeats", "what changed"),
        rows=[flip_row(flip) for flip in drift.flips[:most]],
        rest=_rest(len(drift.flips) - most, "flip"),
    )


def _turned(test: SignTest) -> str:
    told = f"{test.up} to ship, {test.down} to skip"
    return (
        f"{told} (too few for a test)"
        if test.p is None
        else f"{told} (sign test over tools, p = {probability(test.p)})"
    )


def _rest(left: int, noun: str) -> str:
    return f"And {count(left, noun)} more; the JSON form lists all." if left > 0 else ""


def _badges(drift: Drift, most: int) -> Section | None:
    if not drift.badges_paired:
        return None
    text = f"{count(drift.badges_paired, 'panel')} on both sides: {count(len(drift.badge_flips), 'badge')} flipped."
    return Section(
        "Badges that flipped",
        [text],
        header=("tool", "model", "before", "after", "votes before", "votes after"),
        rows=[badge_row(flip) for flip in drift.badge_flips[:most]],
        rest=_rest(len(drift.badge_flips) - most, "badge"),
    )


def _moves(drift: Drift) -> Section | None:
    if not drift.moves:
        return None
    refused: dict[str, list[str]] = {}
    for move in drift.moves:
        if move.why_not:
            refused.setdefault(move.why_not, []).append(f"{move.persona} on {move.model}")
    header = (
        "persona",
        "model",
        "paired",
        "anew",
        "tools",
        "mean (95 %)",
        "median (quartiles)",
        "up / down",
        "to ship / skip",
        "by repeats",
    )
    return Section(
        "Scores",
        ["Points after less points before, tool by tool, of votes answered anew and scored on both sides."],
        header=header,
        rows=[move_row(move) for move in drift.moves],
        items=[f"{', '.join(lines)}: {why}." for why, lines in refused.items()],
    )


def _causes(drift: Drift) -> Section | None:
    if not drift.causes:
        return None
    return Section(
        "What changed",
        [f"{count(drift.paired, 'vote')} paired. A vote with several causes is counted under each."],
        header=("cause", "votes", "flipped", "mean move", "what it is"),
        rows=[
            (item.cause.value, str(item.votes), str(item.flipped), signed(item.mean_move), item.cause.meaning)
            for item in drift.causes
        ],
    )


def _one_sided(drift: Drift, most: int) -> Section:
    sides = (("before", drift.before, drift.only_before), ("after", drift.after, drift.only_after))
    texts = [f"{count(side.seats, 'seat')} {name}: {_alone(only)}." for name, side, only in sides]
    items = [item for name, _, only in sides for item in _alone_items(name, only, most)]
    left = sum(max(0, len(only.listed) - most) + only.left_out for _, _, only in sides)
    return Section("On one side only", texts, items=items, rest=_rest(left, "seat").replace("all", "up to 1000"))


def _alone(only: OneSided) -> str:
    if not only.seats:
        return "all have their counterpart"
    return f"{only.seats} stand on this side only, among them {count(only.votes, 'whole vote')}"


def _alone_items(name: str, only: OneSided, most: int) -> Iterable[str]:
    for noun, names in (("tools", only.tools), ("personas", only.personas), ("models", only.models)):
        if names:
            more = f" and {len(names) - most} more" if len(names) > most else ""
            yield f"{len(names)} {noun} only {name}: {', '.join(names[:most])}{more}"
    yield from (f"seat only {name}: {slot}" for slot in only.listed[:most])


def _concerns(drift: Drift, most: int) -> Section | None:
    told = drift.concerns
    if not told.tools_compared:
        return None
    shown = told.changes[:most]
    return Section(
        "Concerns",
        [
            f"{count(told.tools_compared, 'tool')} answered anew: {told.before} concerns before, {told.after} after; "
            f"{told.new} new, {told.vanished} vanished, on {count(told.tools_changed, 'tool')}. Matched by words, so "
            "approximate: one concern told in other words counts as both."
        ],
        header=("tool", "new", "vanished"),
        rows=[(item.tool, "; ".join(item.new) or "-", "; ".join(item.vanished) or "-") for item in shown],
        rest=f"And {count(told.tools_changed - len(shown), 'tool')} more." if told.tools_changed > len(shown) else "",
    )


def _straddling(drift: Drift, most: int) -> Section:
    return Section(
        "Straddling the line",
        [f"{count(drift.after.tools, 'tool')} after: the verdict on {len(drift.straddling)} hangs on little."],
        items=[f"{item.tool}: {'; '.join(item.why)}" for item in drift.straddling[:most]],
        rest=_rest(len(drift.straddling) - most, "tool"),
    )
