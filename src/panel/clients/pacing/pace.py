"""Pace: how many calls and tokens of one model may begin in a minute. Pure: times come in, in seconds of one clock.

Calls are spaced evenly at a little under what is allowed. That suits every way in which servers count: fixed windows,
sliding windows and buckets. What is allowed is what the user states, else what the headers of the last response state;
where refusals show that the server bears less, it is what they teach. Calls made before it was known count as well.
"""

from __future__ import annotations

from panel.clients.pacing.lesson import Lesson
from panel.clients.wire.limits import Allowance, Limits

SHARE = 0.98
"""Of what is allowed is used: the rest is room for calls that reach the server sooner than they should."""

CATCH_UP_S = 0.2
"""A call that begins late lets the next ones follow closer, until this much is made up for."""

LONGEST_PAUSE_S = 120.0
"""How long a header may stop a model at most."""

LONGEST_GAP_S = 60.0 / SHARE
"""Whatever headers state and refusals teach: one call may begin after this long at the latest, unless it is stopped."""

_IDLE_S = 1.0
"""A call that begins so much after it might have was not held up: it was not wanted, or not allowed."""

_MINUTE = 60.0
_MOST_AT_ONCE = 2.0
"""Minutes of allowance that one call is taken for at most: counts come from outside, and may be any."""


class Meter:
    """Even spacing of one thing, calls or tokens (the generic cell rate algorithm). None a minute: no limit is known.

    `stated` is the user's number, which no floor softens.
    """

    __slots__ = ("_count", "_each_s", "_since", "free_at", "per_minute", "stated")

    def __init__(self, stated: float | None) -> None:
        self.stated = stated
        self.per_minute: float | None = None
        self.free_at = float("-inf")
        self._each_s = 0.0
        self._since = float("-inf")
        self._count = 0.0
        self.set(stated)

    def set(self, per_minute: float | None) -> None:
        """From now on so much a minute. What was taken in the last minute, while no limit was known, counts."""
        if per_minute == self.per_minute:
            return
        unknown, self.per_minute = self.per_minute is None, per_minute
        if per_minute is None:
            self.free_at = float("-inf")
            return
        self._each_s = _MINUTE / (per_minute * SHARE)
        if unknown and self._count:
            self.free_at = self._since + min(self._count * self._each_s, _MINUTE)
            self._count = 0.0

    def take(self, now: float, amount: float) -> None:
        """Begin something of this size."""
        if self.per_minute is None:
            if now - self._since > _MINUTE:
                self._since, self._count = now, 0.0
            self._count += amount
        else:
            late = self.free_at > now - _IDLE_S  # and not merely unused
            self.free_at = (max(self.free_at, now - CATCH_UP_S) if late else now) + self._seconds(amount)
            self._keep_floor(now)

    def correct(self, now: float, amount: float) -> None:
        """What was taken turned out to be so much more, or less where that is negative."""
        if self.per_minute is None:
            self._count = max(0.0, self._count + amount)
        else:
            self.free_at += self._seconds(amount)
            self._keep_floor(now)

    def _seconds(self, amount: float) -> float:
        return min(amount * self._each_s, _MOST_AT_ONCE * _MINUTE)

    def _keep_floor(self, now: float) -> None:
        if self.stated is None:
            self.free_at = min(self.free_at, now + LONGEST_GAP_S)


class Pace:
    """When the next call of one model may begin. `requests_per_minute` and `tokens_per_minute` are the user's."""

    def __init__(self, requests_per_minute: float | None = None, tokens_per_minute: float | None = None) -> None:
        self._requests = Meter(requests_per_minute)
        self._tokens = Meter(tokens_per_minute)
        self._allowed = requests_per_minute
        self._lesson = Lesson()
        self._heard: Limits | None = None
        self._paused_until = float("-inf")
        self._usual_tokens = 0.0

    @property
    def requests_per_minute(self) -> float | None:
        """What is taken to be allowed; None where nothing is known."""
        return self._requests.per_minute

    @property
    def tokens_per_minute(self) -> float | None:
        """What is taken to be allowed; None where nothing is known."""
        return self._tokens.per_minute

    @property
    def usual_tokens(self) -> float:
        """What a call used lately: the estimate where there is no better one."""
        return self._usual_tokens

    def ready_at(self) -> float:
        """The earliest time at which the next call may begin."""
        return max(self._requests.free_at, self._tokens.free_at, self._paused_until)

    def take(self, now: float, tokens: float) -> None:
        """A call of about so many tokens begins."""
        if self._lesson.began(now):
            self._set_requests()
        self._requests.take(now, 1.0)
        self._tokens.take(now, tokens)

    def give_back(self, now: float, tokens: float) -> None:
        """A call that was to begin did not."""
        self._requests.correct(now, -1.0)
        self._tokens.correct(now, -tokens)

    def settle(self, now: float, taken: float, used: float) -> None:
        """A call taken for so many tokens used so many. Failed calls count as calls all the same: providers do so."""
        if used:
            self._usual_tokens += (used - self._usual_tokens) * (0.2 if self._usual_tokens else 1.0)
        if used != taken:
            self._tokens.correct(now, used - taken)

    def heard(self, limits: Limits | None, began: float) -> None:
        """What the response to a call that began then stated. Each `Limits` is heard once."""
        if limits is None or limits is self._heard:
            return
        self._heard = limits
        if self._requests.stated is None and limits.requests.per_minute is not None:
            self._allowed = limits.requests.per_minute
            self._set_requests()
        if self._tokens.stated is None and limits.tokens.per_minute is not None:
            self._tokens.set(limits.tokens.per_minute)
        self._rest(limits.requests, began)
        self._rest(limits.tokens, began)

    def _rest(self, allowance: Allowance, began: float) -> None:
        if allowance.left == 0 and allowance.reset_s is not None:
            self._paused_until = max(self._paused_until, began + min(allowance.reset_s, LONGEST_PAUSE_S))

    def refused(self, until: float) -> None:
        """A call was refused for speed, and no other may begin until then."""
        self._lesson.refused(until)
        self._set_requests()

    def _set_requests(self) -> None:
        self._requests.set(self._lesson.bears(self._allowed))
