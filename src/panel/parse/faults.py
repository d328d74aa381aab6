"""Faults: what to tell a model about its last reply when it is asked again. An abstention in, a sentence of ours out.

The sentence stands outside the fence, and a reply may hold anything that a description put into it. So of the reply's
own text there is at most a single short word, such as the name of a key (law 9).
"""

from __future__ import annotations

from panel.records.verdict import Abstained, AbstainReason

_TOLD = frozenset(
    {
        AbstainReason.OVERSIZED,
        AbstainReason.OFF_SCHEMA,
        AbstainReason.OUT_OF_RANGE,
        AbstainReason.AMBIGUOUS,
        AbstainReason.INCONSISTENT,
    }
)
"""Reasons whose details are words of ours; those of the others show readers how the reply's own text begins or ends."""


def fault_of(verdict: Abstained) -> str:
    """What was wrong with the reply that came to this verdict, as the `fault` of `Prompter.again`."""
    meaning = verdict.reason.meaning
    return f"{meaning}: {verdict.detail}" if verdict.detail and verdict.reason in _TOLD else meaning
