"""Lesson: how many calls a minute a server bears, learned from its refusals. Pure: times come in.

What was accepted from the end of one pause to the end of a later one is what the server bears in that time, however it
counts. A refusal that comes again and again at a pace so learned has another reason than the pace; then it is dropped.
"""

from __future__ import annotations

CLEARLY_LESS = 0.5
"""A lesson counts against a stated limit only below this share of it: a stray refusal teaches nothing."""

_MINUTE = 60.0
_GROWTH = 0.05
"""After a minute without a refusal the server may bear a little more; after the next twice as much more, and so on."""

_LEAST_S = 5.0
_LEAST_CALLS = 3
"""A shorter time, or fewer calls accepted in it, teach nothing."""

_SLIPS = 5
"""Taught so often in a row, without a minute of peace between, nothing was learned: a server does not mind the pace."""


class Lesson:
    """Counts the calls of one model that begin and that are refused. `pace` is calls a minute, None where there is no
    lesson."""

    def __init__(self) -> None:
        self.pace: float | None = None
        self._over = False
        self._since: float | None = None
        self._until: float | None = None
        self._begun = 0
        self._refused = 0
        self._taught = False
        self._slips = 0
        self._raised_at = 0.0
        self._growth = _GROWTH

    def bears(self, allowed: float | None) -> float | None:
        """What to keep to, where so much is said to be allowed."""
        if self.pace is None or (allowed is not None and self.pace > CLEARLY_LESS * allowed):
            return allowed
        return self.pace

    def began(self, now: float) -> bool:
        """A call begins. Whether `pace` became another."""
        if self._since is None or (self._until is not None and now >= self._until):
            self._pause_over(now)
        elif self._until is None and now - self._since > 2 * _MINUTE:  # what is long past teaches less
            self._since, self._begun, self._refused = (self._since + now) / 2, self._begun // 2, self._refused // 2
        self._begun += 1
        if self.pace is None or now - self._raised_at < _MINUTE:
            return False
        self.pace *= 1 + self._growth
        self._growth = min(1.0, 2 * self._growth)
        self._raised_at, self._slips = now, 0
        return True

    def _pause_over(self, now: float) -> None:
        self._until, self._raised_at = None, now
        if self._since is None or (now - self._since >= _LEAST_S and self._begun - self._refused >= _LEAST_CALLS):
            self._since, self._begun, self._refused, self._taught = now, 0, 0, False

    def refused(self, until: float) -> None:
        """A call was refused, and none begins until then."""
        if self._over or self._since is None:
            return
        self._growth = _GROWTH
        self._refused += 1
        self._until = max(until, self._until or until)
        accepted, span_s = self._begun - self._refused, self._until - self._since
        if accepted < _LEAST_CALLS or span_s < _LEAST_S:
            return
        if not self._taught:
            self._taught, self._slips = True, self._slips + 1
        self._over = self._slips > _SLIPS
        self.pace = None if self._over else accepted * _MINUTE / span_s
