"""The rows of a drift report's tables. Strings only."""

from __future__ import annotations

from panel.records.cause import Cause
from panel.records.drift import BadgeFlip, CauseTotal, Flip, JudgeMove, Move
from panel.render.drift_words import bounds, percent, probability, signed
from panel.render.words import joined

FLIP = ("tool", "persona", "model", "vote", "score", "against repeats", "what changed")
BADGE = ("tool", "model", "before", "after", "votes before", "votes after")
SCORES = ("persona", "model", "tools", "mean (95 %)", "median (quartiles)", "up / down")
REPEATS = ("by asking again", "calls apart: across / within", "sd of repeats", "repeats disagree")
"""Columns that say nothing where there are no repeats."""
JUDGE = ("persona", "model", "flipped", "mean", "bounds", *REPEATS[:2], "moved")
VOTES = ("persona", "model", "paired", "asked anew", "flipped", "to ship / skip", "p", *REPEATS[2:])
CAUSE = ("cause", "votes", "flipped", "mean move", "what it is")


def judge_row(line: JudgeMove) -> tuple[str, ...]:
    """What one persona's judge did where the question stayed the same."""
    apart = (line.across, line.within)
    return (
        line.persona,
        line.model,
        f"{line.flipped} of {line.votes}",
        signed(line.mean),
        bounds(line.low, line.high) or "-",
        "-" if line.noise_limit is None else f"up to {line.noise_limit:.1f}",
        " / ".join(percent(share) for share in apart if share is not None) or "-",
        f"MOVED ({joined(line.moved_by)})" if line.moved else "not shown" if line.testable else "cannot tell",
    )


def served(lines: tuple[JudgeMove, ...]) -> list[str]:
    """Who answered, each way of it once."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for line in lines:
        old, new = joined(line.served_before or ("(not said)",)), joined(line.served_after or ("(not said)",))
        found.setdefault((line.model, old, new), []).append(line.persona)
    alone = len({(model, old, new) for model, old, new in found}) == len({model for model, _, _ in found})
    told = []
    for (model, old, new), personas in found.items():
        who = model if alone else f"{model} ({joined(personas)})"
        told.append(f"{who}: served as {old}" if old == new else f"{who}: served as {old}, then as {new}")
    return told


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
        ", ".join([*(cause.words for cause in flip.causes), *marks]),
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


def score_row(move: Move) -> tuple[str, ...]:
    """How one persona's scores moved."""
    told = bounds(move.low, move.high)
    middle = bounds(move.lower_quartile, move.upper_quartile)
    return (
        move.persona,
        move.model,
        str(move.tools),
        f"{signed(move.mean)} ({told or 'no interval'})" if move.tools else "-",
        f"{signed(move.median)} ({middle})" if move.tools else "-",
        f"{percent(move.up / move.tools)} / {percent(move.down / move.tools)}" if move.tools else "-",
    )


def vote_row(move: Move) -> tuple[str, ...]:
    """How one persona's votes turned, and what its repeats do by themselves."""
    return (
        move.persona,
        move.model,
        str(move.paired),
        str(move.paired - move.same_answer),
        str(move.flipped),
        f"{move.calls.up} / {move.calls.down}",
        "-" if move.calls.p is None else probability(move.calls.p),
        "-" if move.noise is None else f"{move.noise.deviation:.1f}",
        "-" if move.noise is None else f"{move.noise.disagree} of {move.noise.pairs}",
    )


def cause_row(item: CauseTotal) -> tuple[str, ...]:
    """The votes with one cause."""
    return item.cause.words, str(item.votes), str(item.flipped), signed(item.mean_move), item.cause.meaning
