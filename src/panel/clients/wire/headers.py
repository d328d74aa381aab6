"""Headers: what a provider says beside its answer: the id of the call, and how long to wait. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from panel.clients.keys import Scrub


def call_id(headers: Mapping[str, str], scrub: Scrub) -> str | None:
    """The provider's id of the call, for its support desk."""
    names = ("x-request-id", "mistral-correlation-id", "x-kong-request-id", "request-id")
    found = next((headers[name] for name in names if headers.get(name)), None)
    return scrub(found, 120) if found else None


def retry_after_s(headers: Mapping[str, str], now: dt.datetime) -> float | None:
    """Seconds that the provider asks us to wait: `retry-after-ms`, or `retry-after` as seconds or as an HTTP date."""
    milliseconds = _seconds(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    given = headers.get("retry-after")
    seconds = _seconds(given)
    return seconds if seconds is not None or not given else _until(given, now)


def _seconds(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def _until(date: str, now: dt.datetime) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    if moment.tzinfo is None:  # "-0000" and asctime dates; HTTP dates are UTC by definition
        moment = moment.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - now).total_seconds())
