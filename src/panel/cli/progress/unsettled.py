"""Unsettled: the seats that failed or abstained, each by what became of it last, and those of them that are named.

Such a seat may be asked again in another round, and is still one seat. Memory is a number and a reference for each; a
seat that scored is never asked again, and is forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from panel.cli import plain
from panel.cli.progress.seats import code_of, seat_line

if TYPE_CHECKING:
    from panel.convene import Event

MOST_NAMED = 3
"""Seats of a model without a reply that are named for the same reason; more are counted."""

Before = Literal["new", "done", "failed"]


class Why(NamedTuple):
    """For which reason a model's seats have no reply."""

    model: str
    code: str


_ABSTAINED = Why("", "")


class Unsettled:
    """Told of every seat that landed or failed."""

    def __init__(self) -> None:
        self._last: dict[int, Why] = {}
        self._whys: dict[Why, Why] = {}
        self._named: dict[Why, set[int]] = {}
        self._latest: dict[Why, Event] = {}

    def __contains__(self, event: Event) -> bool:
        """Whether its seat has failed or abstained before."""
        return _number(event) in self._last

    def move(self, event: Event) -> Before:
        """Take note of what became of its seat, and say how the seat was counted until now."""
        number = _number(event)
        before = self._last.pop(number, None)
        if event.happening == "failed":
            why = Why(event.slot.model, code_of(event.detail))
            self._last[number] = self._whys.setdefault(why, why)
        elif event.verdict is None or event.verdict.kind == "abstained":
            self._last[number] = _ABSTAINED
        return "new" if before is None else "done" if before is _ABSTAINED else "failed"

    def is_told(self, failed: Event) -> bool:
        """Whether this seat is to be named now: it was not yet, for this reason, and few were."""
        why, number = Why(failed.slot.model, code_of(failed.detail)), _number(failed)
        named = self._named.setdefault(why, set())
        if number in named:
            return False
        if len(named) < MOST_NAMED:
            named.add(number)
            return True
        self._latest[why] = failed
        return False

    def rest(self) -> Iterator[str]:
        """A line for each reason that has more seats than are named, of those that have no reply still."""
        counts = Counter(why for number, why in self._last.items() if number not in self._named.get(why, ()))
        for why, count in counts.items():
            if why is _ABSTAINED:
                continue
            latest = self._latest.get(why)
            if count == 1 and latest and self._last.get(_number(latest)) is why:
                yield seat_line(latest)
            else:
                yield plain(f"  no reply  {why.model} · {count:,} more: {why.code}")


def _number(event: Event) -> int:
    return hash(str(event.slot))
