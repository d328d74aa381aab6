"""How a drift report's numbers are put into words: shares, differences, bounds, and how many votes flipped.

One place, so that the report, the short lines after a command, the summary of a run and the line of a gate say the same
in the same words. Strings only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from panel.records.drift import Drift


def percent(share: float) -> str:
    """A share as printed: "4.2 %"."""
    return f"{100 * share:.1f} %"


def signed(value: float | None) -> str:
    """A difference with its sign: "+3.5", "0.0"."""
    return "-" if value is None else f"{value:+.1f}" if round(value, 1) else "0.0"


def bounds(low: float | None, high: float | None) -> str:
    """An interval as printed; empty where there is none."""
    return "" if low is None or high is None else f"{signed(low)} to {signed(high)}"


def probability(p: float) -> str:
    """A probability as printed; a tiny one is not nought."""
    return f"{p:.3f}" if p >= 0.001 else "below 0.001"


def of(part: int, whole: int, noun: str) -> str:
    """A count with its denominator: "1 of 9 tools"."""
    return f"{part:,} of {whole:,} {noun}{'' if whole == 1 else 's'}"


def flipped(drift: Drift) -> str:
    """How many votes flipped, of those asked anew and of all paired; where none was asked anew, that none was.

    Votes that show the very same answer on both sides cannot flip, so a share of all tells of the catalogue, and a
    share of those asked anew tells of the answers.
    """
    if not drift.paired:
        return "no vote stands on both sides: nothing can be said of drift"
    share = percent(drift.flipped / drift.paired)
    if not drift.anew:
        silent = "no vote was asked anew: nothing can be said of drift"
        if drift.flipped:
            return f"{silent}; read otherwise, {of(drift.flipped, drift.paired, 'vote')} paired flipped ({share})"
        return f"{silent} ({drift.paired:,} paired, all of them the very same answer)"
    told = f"{of(drift.flipped_anew, drift.anew, 'vote')} asked anew flipped"
    told = f"{told} ({percent(drift.flipped_anew / drift.anew)})"
    if drift.anew == drift.paired:
        return f"{told}, and none besides is paired"
    return f"{told}; of all {drift.paired:,} paired, {drift.flipped:,} ({share})"


def judge(drift: Drift) -> str:
    """Of the lines that were asked the same question again: how many moved, and how many of their votes flipped."""
    lines = drift.judges
    moved, mute = sum(line.moved for line in lines), sum(not line.testable for line in lines)
    stayed = len(lines) - moved - mute
    by_mean = all(line.across_low is None for line in lines)
    found = [
        f"{moved:,} moved beyond chance" if moved else "",
        f"{'the mean of ' if by_mean else ''}{stayed:,} did not move beyond chance" if stayed else "",
        f"{mute:,} cannot be told (too few tools, no repeats)" if mute else "",
    ]
    votes, turned = sum(line.votes for line in lines), sum(line.flipped for line in lines)
    asked = "1 line" if len(lines) == 1 else f"{len(lines):,} lines"
    return (
        f"{asked} asked the same question again: {', '.join(part for part in found if part)}; "
        f"{of(turned, votes, 'vote')} flipped ({percent(turned / votes)})"
    )


def causes(drift: Drift, most: int) -> str:
    """The causes of most votes; empty where there is none."""
    found = sorted(drift.causes, key=lambda item: -item.votes)[:most]
    return "; ".join(f"{item.cause.words} ({item.votes:,} votes, {item.flipped:,} flipped)" for item in found)


def panels(drift: Drift) -> str:
    """How many tools have a panel for the first time, and how many to be asked have none yet; empty where none."""
    came, without = len(drift.only_after.tools), drift.after.tools - drift.after.answered
    first = f"{came:,} {'tool' if came == 1 else 'tools'} had no panel before" if came else ""
    none = f"{without:,} {'tool' if without == 1 else 'tools'} to be asked without a panel yet" if without else ""
    return "; ".join(part for part in (first, none) if part)


def straddling(drift: Drift) -> str:
    """How many tools straddle the line, of those that have a panel."""
    verb = "straddles" if len(drift.straddling) == 1 else "straddle"
    return f"{of(len(drift.straddling), drift.after.answered, 'tool')} with a panel {verb} the line"
