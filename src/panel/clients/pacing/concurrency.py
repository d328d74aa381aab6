"""Concurrency: how many calls of an endpoint may be under way at once, found by trying. Pure: times come in.

It starts low, doubles after every clean round until the first refusal for speed (HTTP 429), and grows slowly from then
on. A refusal cuts it by a fifth; failures of another kind (5xx, time-outs) only keep it from growing, since fewer calls
would not mend them. It never falls below 1 and never rises above its ceiling.
"""

from __future__ import annotations

from collections import deque
from typing import Literal, NamedTuple

START = 20
"""Calls under way at most before the first round is over, unless half of the ceiling is more."""

CUT = 0.8
GROWTH = 0.05

EPISODE_S = 15.0
"""Refusals within this time after a cut belong to one episode, unless there are many of them."""

_STORM = 3
_STORM_SHARE = 5
"""Many: at least three, and more than one in five of the calls begun since the cut that have come back."""

_KEPT = 200


def _start(ceiling: int) -> int:
    return min(ceiling, max(START, ceiling // 2))


class Change(NamedTuple):
    """At this time (of the clock that was passed in) the limit became another."""

    at: float
    limit: int
    why: Literal["clean round", "refused"]


class Concurrency:
    """`limit` calls at once. A round is as many answers as the limit allows; it is clean if none of them failed.

    `episode` is to be noted when a call begins and given back with its refusal: a call that was under way when the
    limit was cut does not cut it again.
    """

    def __init__(self, ceiling: int) -> None:
        self.ceiling = ceiling
        self.limit = _start(ceiling)
        self.episode = 0
        self.changes: deque[Change] = deque(maxlen=_KEPT)
        self._cut_at = float("-inf")
        self._clean = 0
        self._full = False
        self._back = 0
        self._refused = 0

    def set_ceiling(self, ceiling: int) -> None:
        """Another ceiling, before the first call."""
        self.ceiling = ceiling
        self.limit = _start(ceiling)

    def began(self, in_flight: int) -> None:
        """A call began, and with it so many are under way. A limit that is never reached does not grow."""
        if in_flight >= self.limit:
            self._full = True

    def answered(self, episode: int, now: float) -> None:
        """A call that began in this episode was answered."""
        self._back += episode == self.episode
        self._clean += 1
        if self._clean < self.limit:
            return
        if self._full and self.limit < self.ceiling:
            slowly = self.limit + max(1, int(self.limit * GROWTH))
            self._change(now, min(slowly if self.episode else 2 * self.limit, self.ceiling), "clean round")
        self._clean, self._full = 0, False

    def failed(self, episode: int) -> None:
        """A call failed in a way that fewer calls would not mend."""
        self._back += episode == self.episode
        self._clean = 0

    def refused(self, episode: int, now: float) -> None:
        """A call that began in this episode was refused for speed."""
        self._clean = 0
        if episode != self.episode:
            return
        self._back += 1
        self._refused += 1
        storm = self._refused >= _STORM and self._refused * _STORM_SHARE > self._back
        if storm or now - self._cut_at >= EPISODE_S:
            self._cut_at, self._back, self._refused = now, 0, 0
            self.episode += 1
            if self.limit > 1:
                self._change(now, max(1, int(self.limit * CUT)), "refused")

    def _change(self, now: float, limit: int, why: Literal["clean round", "refused"]) -> None:
        self.limit = limit
        self.changes.append(Change(now, limit, why))
