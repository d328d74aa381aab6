"""Batching: a run's seats by the providers' batch interfaces: handed in once, collected once, found again by anyone.

`Batching` hands in, looks, collects, waits and cancels; `parts_of` and `outstanding` tell other commands which seats
are on their way, so that nobody buys them elsewhere meanwhile. See docs/batches.md.
"""

from panel.batching.batching import Batching, Collected, Standing
from panel.batching.drawing import Submission
from panel.batching.filling import Limits
from panel.batching.ledger import Part, on_the_way, outstanding, parts_of

__all__ = [
    "Batching",
    "Collected",
    "Limits",
    "Part",
    "Standing",
    "Submission",
    "on_the_way",
    "outstanding",
    "parts_of",
]
