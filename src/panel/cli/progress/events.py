"""Events as lines of JSON, for scripts: what happens to seats and models, as it happens (docs/progress.md).

Lines are gathered and written by whoever shows progress, so that telling of a seat costs next to nothing. A file that
cannot be written any more ends the events, and says so once.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from panel.cli import plain
from panel.cli.progress.seats import UNASKED
from panel.cli.streams import note
from panel.errors import StoreError

if TYPE_CHECKING:
    from panel.convene import Event

STDOUT = "-"


class JsonEvents:
    """Takes events in memory, until `flush` writes them."""

    def __init__(self, name: str, now: Callable[[], float] = time.time) -> None:
        """To the file `name`, or to standard output for `-`; raises StoreError where it cannot be opened."""
        self._name = name
        self._now = now
        self._lines: list[dict[str, Any]] = []
        self._file: TextIO | None
        try:
            self._file = sys.stdout if name == STDOUT else open(name, "w", encoding="utf-8")  # noqa: SIM115 - lives on
        except OSError as error:
            raise StoreError(
                f"cannot write events to {name}: {error.strerror or error}",
                hint="Choose another file for --json-events, or - for standard output. Nothing was asked.",
            ) from error

    def add(self, what: str, **fields: Any) -> None:
        """An event of this name, now."""
        self._lines.append({"event": what, "at": self._now(), **fields})

    def seat(self, event: Event) -> None:
        """What happened to a seat, but for one that a stop left out: its model's `stopped` tells of them all."""
        slot = event.slot.model_dump(mode="json")
        if event.happening == "again":
            self.add("again", slot=slot, reason=event.detail)
        elif event.happening != "failed":
            self.add("settled", slot=slot, held=event.happening == "held", **_outcome(event))
        elif not event.detail.startswith(UNASKED):
            self.add("failed", slot=slot, reason=event.detail, seconds=round(event.seconds, 3))

    def flush(self) -> None:
        """Write what was gathered."""
        lines, self._lines = self._lines, []
        if self._file is None or not lines:
            return
        try:
            self._file.write("".join(f"{json.dumps(line | {'at': _moment(line['at'])})}\n" for line in lines))
            self._file.flush()
        except (OSError, ValueError) as error:
            self._end(f"no more events: {self._name}: {error}")

    def close(self) -> None:
        """Write the rest, and close the file that was opened."""
        self.flush()
        self._end()

    def _end(self, why: str = "") -> None:
        file, self._file = self._file, None
        if file is not None and self._name != STDOUT:
            try:
                file.close()
            except OSError as error:
                why = why or f"events may be missing: {self._name}: {error}"
        if why:
            note(plain(f"note: {why}"))


def _outcome(event: Event) -> dict[str, Any]:
    verdict = event.verdict
    told: dict[str, Any] = {"seconds": round(event.seconds, 3)}
    if verdict is None:
        return {"outcome": "pending", **told}
    if verdict.kind == "scored":
        return {"outcome": "scored", "call": verdict.call, "score": verdict.score, **told}
    return {"outcome": "abstained", "reason": verdict.reason.value, **told}


def _moment(seconds: float) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{int(seconds % 1 * 1000):03}Z"
