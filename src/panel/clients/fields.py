"""Fields: what an answer from outside holds, read so that an odd value is a missing one and never an error. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from panel.clients.keys import Scrub

USUAL_TIERS = (None, "auto", "default", "standard")
_ONE_LINE = Scrub(None)


def mapping(value: Any) -> Mapping[str, Any]:
    """The object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


MOST = 10**12
"""No count of tokens is larger."""


def count(value: Any) -> int | None:
    """The whole number from zero to `MOST`, or None in place of anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST else None


def tier_of(asked: Any, served: Any) -> str | None:
    """The service tier that answered, where it, or the one asked for, is not the usual one; in one short line."""
    if not isinstance(served, str) or (served in USUAL_TIERS and asked in USUAL_TIERS):
        return None
    return _ONE_LINE(served, 40)


def read_object(content: bytes, once: Iterable[bytes]) -> dict[str, Any] | None:
    """The JSON object in a body or row; None where it is none, or where a word of `once` stands twice as a key (law 4).

    A word is given with its quotes: inside an answer's text it would stand with a backslash before the second one.
    """
    doubtful = any(content.count(word) > 1 for word in once)
    try:
        value = json.loads(content, object_pairs_hook=_each_once if doubtful else None)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found
