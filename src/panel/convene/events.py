"""Events: what happens to seats, for whoever shows progress. A watcher that fails costs no seat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from panel.records.seat import Slot
from panel.records.verdict import Verdict

Happening = Literal["held", "again", "landed", "failed"]


class Event(NamedTuple):
    """Something that happened to a seat. `seconds` since its first call was due; `detail` why, in words."""

    happening: Happening
    slot: Slot
    seconds: float = 0.0
    verdict: Verdict | None = None
    detail: str = ""


Watcher = Callable[[Event], None]


def unwatched(event: Event) -> None:
    """For whoever does not look."""


class Teller:
    """Tells a watcher; one that fails (a closed terminal) is not told any more."""

    def __init__(self, watch: Watcher) -> None:
        self._watch = watch

    def __call__(self, event: Event) -> None:
        try:
            self._watch(event)
        except Exception:  # noqa: BLE001 - whatever a watcher does, no seat may suffer from it
            self._watch = unwatched
