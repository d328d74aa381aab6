"""Handed in: the parts of a run's batches by where they stand, from its ledger alone, read as it grows.

A line that cannot be read is passed over: whoever goes on with the batches is strict (`panel.batching.ledger`), whoever
looks on is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from panel.store import layout
from panel.store.follow import Growing

if TYPE_CHECKING:
    import datetime as dt

_ENDED = ("collected", "given_up")


class Handed(NamedTuple):
    """A part: how many seats it asks, for the first time or (`ask` 1) to follow up, since when, and where it stands: a
    phase, or what was done to it last."""

    seats: int
    ask: int
    at: dt.datetime
    where: str = "prepared"


class OnTheWay(NamedTuple):
    """Seats that are with a provider's batch, or may be, and not collected; `first` of them asked for the first time.

    `at` is when the first of their `parts` was handed in.
    """

    seats: int
    first: int
    parts: int
    at: dt.datetime

    @property
    def words(self) -> str:
        """`120 seats on their way by batch, handed in 2026-11-20 18:15 UTC`."""
        seats = "1 seat on its way" if self.seats == 1 else f"{self.seats:,} seats on their way"
        return f"{seats} by batch, {'the first ' if self.parts > 1 else ''}handed in {self.at:%Y-%m-%d %H:%M} UTC"

    def as_json(self) -> dict[str, Any]:
        """The same for scripts."""
        return {"seats": self.seats, "parts": self.parts, "at": f"{self.at:%Y-%m-%dT%H:%M:%SZ}"}


class HandedIn:
    """Follows the ledger of the run in `folder`; there need not be one."""

    def __init__(self, folder: Path) -> None:
        self._ledger = Growing(folder / layout.BATCHES)
        self._parts: dict[int, Handed] = {}

    def read(self) -> int:
        """Read what came since the last time; returns how many lines. Raises StoreError where it cannot be read."""
        count = 0
        for raw in self._ledger.lines():
            self._take(raw)
            count += 1
        return count

    @property
    def where(self) -> dict[str, int]:
        """How many parts stand where."""
        return dict(Counter(part.where for part in self._parts.values()))

    @property
    def on_the_way(self) -> OnTheWay | None:
        """What is on its way; None where nothing is."""
        return _together([part for part in self._parts.values() if part.where not in _ENDED])

    def _take(self, raw: bytes) -> None:
        from pydantic import ValidationError

        from panel.records.batch import BatchLine  # few runs have a ledger

        try:
            line = BatchLine.from_line(raw)
        except ValidationError:
            return
        part = self._parts.get(line.part)
        if part is None or line.what == "prepared":
            part = Handed(len(line.keys), line.ask, line.at)
        where = line.phase.value if line.what == "seen" and line.phase else line.what
        self._parts[line.part] = part._replace(where=where)


def _together(parts: Iterable[Handed]) -> OnTheWay | None:
    parts = list(parts)
    if not parts:
        return None
    seats = sum(part.seats for part in parts)
    first = sum(part.seats for part in parts if not part.ask)
    return OnTheWay(seats, first, len(parts), min(part.at for part in parts))
