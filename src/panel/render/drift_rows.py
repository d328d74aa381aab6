"""The rows of a drift report's tables, and how differences, bounds and probabilities are written. Strings only."""

from __future__ import annotations

from panel.records.drift import BadgeFlip, Cause, Flip, JudgeMove, Move
from panel.render.words import joined


def signed(value: float | None) -> str:
    """A difference with its sign: "+3.5", "0.0"."""
    return "-" if value is None else f"{value:+.1f}" if round(value, 1) else "0.0"


def bounds(low: float | None, high: float | None) -> str:
    """An interval as printed; empty where there is none."""
    return "" if low is None or high is None else f"{signed(low)} to {signed(high)}"


def percent(share: float) -> str:
    """A share as printed: "4.2 %"."""
    return f"{100 * share:.1f} %"


def probability(p: float) -> str:
    """A probability as printed; a tiny one is not nought."""
    return f"{p:.3f}" if p >= 0.001 else "below 0.001"


def judge_row(line: JudgeMove) -> tuple[str, ...]:
    """What one persona's judge did where the question stayed the same."""
    old, new = joined(line.served_before or ("not said",)), joined(line.served_after or ("not said",))
    return (
        line.persona,
        line.model,
        str(line.tools),
        signed(line.mean),
        bounds(line.low, line.high) or "-",
        "no repeats" if line.noise_limit is None else f"up to {line.noise_limit:.1f}",
        old if old == new else f"{old} -> {new}",
        "MOVED" if line.moved else "no sign" if line.testable else "cannot tell",
    )


def flip_row(flip: Flip) -> tuple[str, ...]:
    """One flipped vote."""
    old, new = ("-" if score is None else str(score) for score in (flip.score_before, flip.score_after))
    marks = ["not comparable"] * (not flip.comparable) + ["mixed judges"] * flip.mixed_judges
    told = f" ({', '.join(flip.reasons)})" if flip.reasons else ""
    return (
        flip.tool if flip.variant == "open" else f"{flip.tool} ({flip.variant})",
        flip.persona,
        flip.model,
        f"{flip.before.value} -> {flip.after.value}{told}",
        f"{old} -> {new}",
        f"{flip.noise} (±{flip.half_width})" if flip.half_width is not None else _untold(flip),
        ", ".join([*(cause.value for cause in flip.causes), *marks]),
    )


def _untold(flip: Flip) -> str:
    if Cause.PARSER in flip.causes:
        return "same reply"
    if flip.score_before is None or flip.score_after is None:
        return "cannot tell: no score"
    return "cannot tell: no repeats" if flip.comparable else "cannot tell"


def badge_row(flip: BadgeFlip) -> tuple[str, ...]:
    """One flipped badge."""
    return (
        flip.tool if flip.variant == "open" else f"{flip.tool} ({flip.variant})",
        flip.model,
        flip.before.words,
        flip.after.words,
        flip.votes_before,
        flip.votes_after if flip.same_panel else f"{flip.votes_after} (others sat)",
    )


def move_row(move: Move) -> tuple[str, ...]:
    """How one persona's scores moved."""
    told = bounds(move.low, move.high)
    middle = (
        "-" if move.median is None else f"{signed(move.median)} ({bounds(move.lower_quartile, move.upper_quartile)})"
    )
    p = "" if move.calls.p is None else f" (p {probability(move.calls.p)})"
    return (
        move.persona,
        move.model,
        str(move.paired),
        str(move.paired - move.same_answer),
        str(move.tools),
        f"{signed(move.mean)} ({told})" if told else f"{signed(move.mean)} (no interval)" if move.tools else "-",
        middle,
        f"{percent(move.up / move.tools)} / {percent(move.down / move.tools)}" if move.tools else "-",
        f"{move.calls.up} / {move.calls.down}{p}",
        _noise(move),
    )


def _noise(move: Move) -> str:
    if move.noise is None:
        return "no repeats" if move.persona != "(all)" else "-"
    return f"sd {move.noise.deviation:.1f}; {move.noise.pairs} pairs, {move.noise.disagree} disagree"
