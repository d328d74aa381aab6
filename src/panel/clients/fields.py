"""Fields: what an answer from outside holds, read so that an odd value is a missing one and never an error. Pure."""

from __future__ import annotations

from collections.abc import Mapping
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
