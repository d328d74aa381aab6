"""Expect: what each setting may be, whether it comes from a file or a variable. Pure.

Every check takes the place to name in a message and the value as found; a variable's text is read as the value it
spells. Raises ConfigError that says what was found and what was expected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from panel.errors import ConfigError
from panel.records.forms import FORMS
from panel.records.panel import MAX_REPEATS

MOST_AT_ONCE = 256
"""Seats asked at once; more than this no provider answers."""


def shown(value: Any) -> str:
    """A value as a message shows it, short; never a secret, since those are refused before."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def unusable(place: str, value: Any, expected: str, hint: str = "") -> ConfigError:
    """The error of a setting that holds the wrong thing."""
    return ConfigError(f"{place}: found {shown(value)}; expected {expected}.", hint=hint)


def names(place: str, value: Any) -> tuple[str, ...]:
    """One name or several: a text with commas, or a list of texts; each once, in order."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise unusable(place, value, "a name, or a list of names")
    found = tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
    if not found:
        raise unusable(place, value, "at least one name")
    return found


def whole(low: int, high: int) -> Callable[[str, Any], int]:
    """A check for a whole number within bounds."""

    def check(place: str, value: Any) -> int:
        number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
        if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
            raise unusable(place, value, f"a whole number from {low} to {high}")
        return number

    return check


def form(place: str, value: Any) -> str:
    """The name of an output format."""
    if value not in FORMS:
        raise unusable(place, value, f"one of {', '.join(FORMS)}")
    return str(value)


CHECKS: Mapping[str, Callable[[str, Any], Any]] = {
    "model": names,
    "repeats": whole(1, MAX_REPEATS),
    "persona": names,
    "format": form,
    "concurrency": whole(1, MOST_AT_ONCE),
}
"""The check of every plain key of panel.toml."""
