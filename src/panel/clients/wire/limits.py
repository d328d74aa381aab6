"""Limits: what a provider's headers state about how much may be asked of it in a minute. Pure.

In go headers with lower-case names, as hostile as anything from outside; out comes a `Limits`, or None where they state
nothing. What is no finite number of at least one, or no plausible time, counts as not stated. Nothing is enforced here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

MOST = 1e12
"""A larger number is no limit."""

_LONGEST_RESET_S = 7 * 86_400.0
"""A longer time is a date (seconds since 1970), or nonsense."""

_UNITS = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = r"(?:\d{1,9}(?:\.\d{1,9})?(?:ms|[dhms]))+"
_PART = r"(\d+(?:\.\d+)?)(ms|[dhms])"


class Allowance(NamedTuple):
    """Of requests or of tokens: how many a minute has room for, how many are left, and seconds until there are more.

    None where the provider does not say. `left` and `reset_s` are of the moment when it took the call in.
    """

    per_minute: float | None = None
    left: float | None = None
    reset_s: float | None = None


class Limits(NamedTuple):
    """What one response stated of both."""

    requests: Allowance = Allowance()
    tokens: Allowance = Allowance()


_NOTHING = Limits()

_REQUESTS = (
    ("x-ratelimit-limit-requests", "x-ratelimit-limit-req-minute"),
    ("x-ratelimit-remaining-requests", "x-ratelimit-remaining-req-minute"),
    ("x-ratelimit-reset-requests",),
)
_TOKENS = (
    ("x-ratelimit-limit-tokens", "x-ratelimit-limit-tokens-minute", "x-ratelimitbysize-limit-minute"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-remaining-tokens-minute", "x-ratelimitbysize-remaining-minute"),
    ("x-ratelimit-reset-tokens", "ratelimitbysize-reset"),
)
"""Limit, remaining and reset, under OpenAI's names, which most servers use, and under those seen at Mistral."""


def limits_in(headers: Mapping[str, str]) -> Limits | None:
    """The limits that these headers state, if any. Never raises."""
    found = Limits(_allowance(headers, _REQUESTS), _allowance(headers, _TOKENS))
    return None if found == _NOTHING else found


def _allowance(headers: Mapping[str, str], names: tuple[tuple[str, ...], ...]) -> Allowance:
    limit, left, reset = ([headers[name] for name in group if name in headers] for group in names)
    return Allowance(
        per_minute=_number(limit[0], at_least=1) if limit else None,
        left=_number(left[0], at_least=0) if left else None,
        reset_s=seconds_in(reset[0]) if reset else None,
    )


def _number(text: str, *, at_least: float) -> float | None:
    try:
        value = float(text[:40])
    except ValueError:
        return None
    return value if at_least <= value <= MOST else None  # NaN is neither


def seconds_in(text: str) -> float | None:
    """Seconds in a duration such as `1s`, `6m0s`, `120ms` or `7.66`; None for anything else."""
    given = text[:60].strip().lower()
    if re.fullmatch(_DURATION, given):
        value: float | None = sum(float(number) * _UNITS[unit] for number, unit in re.findall(_PART, given))
    else:
        value = _number(given, at_least=0)
    return value if value is not None and value <= _LONGEST_RESET_S else None


_DEEPEST = 8


def limits_of(client: Any) -> Limits | None:
    """What the last response to `client`, or to the client that it wraps, stated.

    A client that talks to a provider may have an attribute `limits`; one that wraps another names it as `inner` and
    needs nothing else to pass its limits on. Whatever else stands there counts as nothing stated. Never raises: a reply
    is at hand that must not be lost.
    """
    try:
        return _stated(client)
    except Exception:  # noqa: BLE001 - an attribute of anybody's client may be a property that fails
        return None


def _stated(client: Any) -> Limits | None:
    for _ in range(_DEEPEST):
        stated = getattr(client, "limits", None)
        if stated is not None:
            return stated if isinstance(stated, Limits) else None
        client = getattr(client, "inner", None)
        if client is None:
            return None
    return None
