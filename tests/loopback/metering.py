"""Metering: a limit on requests a minute, kept as strictly as providers keep it. Pure: the time is passed in.

`window` counts by the clock's minutes, `sliding` over the last minute, `bucket` lets a burst through and refills
evenly. A refused call counts like any other: who keeps asking keeps being refused.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from typing import Literal, NamedTuple

Kind = Literal["window", "sliding", "bucket"]


class Admission(NamedTuple):
    """Whether a call is let through, how many more would be now, and in how many seconds one is again."""

    admitted: bool
    remaining: int
    wait_s: float


class Meter:
    """`limit` calls in `period_s` (a minute unless a test is in a hurry); `burst` is what a bucket holds."""

    def __init__(
        self,
        limit: int,
        kind: Kind = "window",
        *,
        period_s: float = 60.0,
        burst: int | None = None,
        headers: bool = True,
    ) -> None:
        self.limit = limit
        self.period_s = period_s
        self.headers = headers
        self._admit = {"window": self._by_window, "sliding": self._by_sliding, "bucket": self._by_bucket}[kind]
        self._burst = burst or max(1, limit // 6)
        self._level = float(self._burst)
        self._began: float | None = None
        self._at = 0.0
        self._recent: deque[float] = deque()
        self._used: Counter[int] = Counter()
        self._refused: Counter[int] = Counter()

    def admit(self, now: float) -> Admission:
        """One call at `now` (seconds, never going back); counted whatever comes of it."""
        if self._began is None:
            self._at = self._began = now
        admission = self._admit(now)
        (self._used if admission.admitted else self._refused)[self._period(now)] += 1
        return admission

    def report(self) -> list[dict[str, int]]:
        """Calls used and refused in each period, from that of the first call on."""
        last = max([*self._used, *self._refused], default=-1)
        return [{"used": self._used[each], "refused": self._refused[each]} for each in range(last + 1)]

    def header_lines(self, admission: Admission) -> dict[str, str]:
        """What a provider says of the limit beside an answer, and with a refusal how long to wait."""
        said = {} if admission.admitted else {"retry-after": self._seconds(admission.wait_s)}
        if self.headers:
            said["x-ratelimit-limit-requests"] = str(self.limit)
            said["x-ratelimit-remaining-requests"] = str(admission.remaining)
            said["x-ratelimit-reset-requests"] = f"{admission.wait_s:.3f}s"
        return said

    def _seconds(self, wait_s: float) -> str:
        """Whole seconds, as the header is sent in the wild, but for a minute that a test has shortened."""
        return str(math.ceil(wait_s)) if self.period_s >= 60 else f"{wait_s:.3f}"

    def _period(self, now: float) -> int:
        return int((now - (self._began or 0.0)) // self.period_s)

    def _by_window(self, now: float) -> Admission:
        period = self._period(now)
        left = self.limit - self._used[period] - self._refused[period]
        ends = (self._began or 0.0) + (period + 1) * self.period_s
        return Admission(left > 0, max(0, left - 1), ends - now)

    def _by_sliding(self, now: float) -> Admission:
        while self._recent and self._recent[0] <= now - self.period_s:
            self._recent.popleft()
        admitted = len(self._recent) < self.limit
        self._recent.append(now)
        left = max(0, self.limit - len(self._recent))
        # The call that has to leave before one more fits, refused ones counted.
        leaves = self._recent[max(0, len(self._recent) - self.limit)]
        return Admission(admitted, left, 0.0 if left else leaves + self.period_s - now)

    def _by_bucket(self, now: float) -> Admission:
        rate = self.limit / self.period_s
        self._level = min(self._burst, self._level + (now - self._at) * rate)
        self._at = now
        admitted = self._level >= 1
        # A refusal costs too, but no more than one burst is ever owed: waiting must help.
        self._level = max(-float(self._burst), self._level - 1)
        return Admission(admitted, max(0, int(self._level)), max(0.0, (1 - self._level) / rate))
