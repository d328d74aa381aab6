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


def straddling(drift: Drift) -> str:
    """How many tools straddle the line, of those that have a panel."""
    verb = "straddles" if len(drift.straddling) == 1 else "straddle"
    return f"{of(len(drift.straddling), drift.after.answered, 'tool')} with a panel {verb} the line"
