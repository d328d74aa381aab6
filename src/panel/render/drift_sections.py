"""What a drift report says, as sections that any face can set: a heading, sentences, a table, a list, and what is left.

Counts come with their denominator first. Nothing is left out silently: a list that was cut says by how much.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from panel.records.drift import Drift, DriftSide, Move, OneSided, SignTest
from panel.render import drift_rows as rows
from panel.render.drift_words import flipped, judge, of, probability, straddling
from panel.render.words import capital, count

_NOISE = {"outside": "outside the noise", "inside": "inside the noise", "unknown": "cannot tell"}
_WATCHES_NONE = "The watch list names no tool: nothing is compared."


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
        *_by_persona(drift),
        *_scores(drift),
        _causes(drift),
        _one_sided(drift, most),
        _concerns(drift, most),
        _straddling(drift, most),
    ]
    return [section for section in found if section]


def _top(drift: Drift) -> Section:
    texts = [_side(drift.before, "Before"), _side(drift.after, "After")]
    if drift.watched is not None:
        texts.append(f"Only the {count(drift.watched, 'tool')} of the watch list." if drift.watched else _WATCHES_NONE)
    texts.append(f"{count(drift.paired, 'vote')} paired: {_paired(drift)}.")
    texts.append(f"{capital(flipped(drift))}.")
    if drift.before.stood_before:
        return Section(f"Drift of run {drift.after.run} from what stood before it", texts)
    return Section(f"Drift from {drift.before.run} to {drift.after.run}", texts)


def _paired(drift: Drift) -> str:
    parts = [f"{drift.anew} asked anew", f"{drift.same_answer} the very same answer"]
    if drift.pending:
        parts.append(f"besides, {drift.pending} pending on a side and not paired")
    return ", ".join(parts)


def _side(side: DriftSide, name: str) -> str:
    pending = f", {side.pending} pending" if side.pending else ""
    tools = count(side.tools, "tool")
    if side.answered < side.tools:
        tools = f"{of(side.answered, side.tools, 'tool')} with a panel"
    which = f"what stood when run {side.run} was planned," if side.stood_before else f"run {side.run} of"
    return (
        f"{name}: {which} {side.started_at:%Y-%m-%d %H:%M} UTC, {tools}, "
        f"{count(side.votes, 'vote')}, {count(side.seats, 'seat')}: {side.scored} scored, {side.abstained} "
        f"abstained{pending}."
    )


def _judge(drift: Drift) -> Section | None:
    lines = drift.judges
    if not lines:
        return None
    moved = any(line.moved for line in lines)
    texts = [f"{'ALARM: the judge itself moved. ' if moved else ''}{judge(drift)}."]
    if not moved and any(line.flipped for line in lines):
        known = any(line.across is not None for line in lines)
        why = "A mean that stays does not say that the judge is the same: scores may have moved both ways"
        texts.append(f"{why}." if known else f"{why}, and only repeats can tell that from chance.")
    header, found, on = _slim(rows.JUDGE, [rows.judge_row(line) for line in lines])
    return Section("The judge", [*texts, *on], header, found, items=rows.served(lines), loud=moved)


def _slim(
    header: Sequence[str], found: Sequence[Sequence[str]]
) -> tuple[Sequence[str], Sequence[Sequence[str]], list[str]]:
    """A table without what a sentence says better: one model for all rows, no repeats in any."""
    cells = {name: {row[place] for row in found} for place, name in enumerate(header)}
    left_out = {name for name in rows.REPEATS if cells.get(name) == {"-"}}
    texts = ["Without repeats, what asking again does by itself is not known."] if left_out else []
    if len(cells["model"]) == 1:
        texts.append(f"All on {min(cells['model'])}.")
        left_out.add("model")
    kept = [place for place, name in enumerate(header) if name not in left_out]
    return [header[place] for place in kept], [[row[place] for place in kept] for row in found], texts


def _flips(drift: Drift, most: int) -> Section:
    turns = [f"{turn.votes} {turn.before.value} -> {turn.after.value}" for turn in drift.turns]
    texts = [f"{capital(flipped(drift))}{': ' if turns else ''}{', '.join(turns)}."]
    if drift.flips:
        told = [f"{sum(flip.noise == kind for flip in drift.flips)} {words}" for kind, words in _NOISE.items()]
        texts.append(f"{count(drift.flipped, 'flip')}: {', '.join(told)}.")
        texts.append(f"Tools with more votes turned one way than the other: {_turned(drift.tools_turned)}.")
    header, found, on = _slim(rows.FLIP, [rows.flip_row(flip) for flip in drift.flips[:most]])
    return Section("Votes that flipped", [*texts, *on], header, found, rest=_rest(len(drift.flips) - most, "flip"))


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
    header, found, on = _slim(rows.BADGE, [rows.badge_row(flip) for flip in drift.badge_flips[:most]])
    rest = _rest(len(drift.badge_flips) - most, "badge")
    return Section("Badges that flipped", [text, *on], header, found, rest=rest)


def _by_persona(drift: Drift) -> list[Section]:
    """A section a model: side by side, several would not fit on a page."""
    text = (
        "Votes, and turns from skip to ship and from ship to skip; beside them how much repeats differ by themselves."
    )
    return [
        _on_one("Votes by persona", text, rows.VOTES, [rows.vote_row(move) for move in moves], alone=alone)
        for moves, alone in _of_models(drift)
    ]


def _scores(drift: Drift) -> list[Section]:
    text = "Points after less points before, tool by tool, of votes asked anew and scored on both sides."
    found = []
    for moves, alone in _of_models(drift):
        refused: dict[str, list[str]] = {}
        for move in moves:
            if move.why_not:
                refused.setdefault(move.why_not, []).append(move.persona)
        section = _on_one("Scores", text, rows.SCORES, [rows.score_row(move) for move in moves], alone=alone)
        found.append(section._replace(items=[f"{', '.join(lines)}: {why}." for why, lines in refused.items()]))
    return found


def _of_models(drift: Drift) -> list[tuple[list[Move], bool]]:
    """The lines of each model, and whether there is but one."""
    models = dict.fromkeys(move.model for move in drift.moves)
    return [([move for move in drift.moves if move.model == model], len(models) == 1) for model in models]


def _on_one(heading: str, text: str, header: Sequence[str], found: Sequence[Sequence[str]], *, alone: bool) -> Section:
    model = found[0][header.index("model")]
    header, found, on = _slim(header, found)
    return Section(heading if alone else f"{heading}: {model}", [text, *on], header, found)


def _causes(drift: Drift) -> Section | None:
    if not drift.causes:
        return None
    text = f"{count(drift.paired, 'vote')} paired. A vote with several causes is counted under each."
    return Section("What changed", [text], rows.CAUSE, [rows.cause_row(item) for item in drift.causes])


def _one_sided(drift: Drift, most: int) -> Section:
    sides = (("before", drift.before, drift.only_before), ("after", drift.after, drift.only_after))
    texts = [f"{count(side.seats, 'seat')} {name}: {_alone(only)}." for name, side, only in sides]
    items = [item for name, _, only in sides for item in _alone_items(name, only, most)]
    left = sum(max(0, len(only.listed) - most) + only.left_out for _, _, only in sides)
    return Section("On one side only", texts, items=items, rest=_rest(left, "seat").replace("all", "up to 1000"))


def _alone(only: OneSided) -> str:
    if not only.seats:
        return "all have their counterpart"
    verb = "stands" if only.seats == 1 else "stand"
    return f"{only.seats} {verb} on this side only, among them {count(only.votes, 'whole vote')}"


def _alone_items(name: str, only: OneSided, most: int) -> Iterable[str]:
    for noun, names in (("tool", only.tools), ("persona", only.personas), ("model", only.models)):
        if names:
            more = f" and {len(names) - most} more" if len(names) > most else ""
            yield f"{count(len(names), noun)} only {name}: {', '.join(names[:most])}{more}"
    if only.unanswered:
        yield f"{count(only.unanswered, 'tool')} only {name} without a panel yet"
    if only.repeats:
        yield _more_repeats(name, only)
    yield from (f"seat only {name}: {slot}" for slot in only.listed[:most])


def _more_repeats(name: str, only: OneSided) -> str:
    more = count(only.most_repeats, "more repeat")
    if only.repeats == only.most_repeats * only.repeated:
        return f"{more} of each of {count(only.repeated, 'vote')} only {name}"
    return f"up to {more} of {count(only.repeated, 'vote')} only {name}, {count(only.repeats, 'seat')} in all"


def _concerns(drift: Drift, most: int) -> Section | None:
    told = drift.concerns
    if not told.tools_compared:
        return None
    shown = told.changes[:most]
    return Section(
        "Concerns",
        [
            f"{count(told.tools_compared, 'tool')} asked anew: {count(told.before, 'concern')} before, {told.after} "
            f"after; {told.new} new, {told.vanished} vanished, on {count(told.tools_changed, 'tool')}. Matched by "
            "words, so approximate: one concern told in other words counts as both."
        ],
        header=("tool", "new", "vanished"),
        rows=[(item.tool, "; ".join(item.new) or "-", "; ".join(item.vanished) or "-") for item in shown],
        rest=f"And {count(told.tools_changed - len(shown), 'tool')} more." if told.tools_changed > len(shown) else "",
    )


def _straddling(drift: Drift, most: int) -> Section:
    return Section(
        "Straddling the line",
        [f"{straddling(drift)}{': the verdict hangs on little' if drift.straddling else ''}."],
        items=[f"{item.tool}: {'; '.join(item.why)}" for item in drift.straddling[:most]],
        rest=_rest(len(drift.straddling) - most, "tool"),
    )
