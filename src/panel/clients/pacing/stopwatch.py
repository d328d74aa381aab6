"""Stopwatch: how a client that lets calls wait for their turn tells those above it when a call begins.

Whoever measures calls sets `STOPWATCH` for the time of one `ask`; a client that queues calls `stop` when a call begins
to wait and `start` when its turn has come. So waiting in line counts neither as latency nor against a deadline. Where
nobody measures, or nobody queues, nothing happens.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol


class Stopwatch(Protocol):
    """Measures one call; runs from the start."""

    def stop(self) -> None:
        """The call waits for its turn: what passed until now, and what passes until `start`, does not count."""

    def start(self) -> None:
        """Its turn has come."""


STOPWATCH: ContextVar[Stopwatch | None] = ContextVar("stopwatch", default=None)
