"""Judging: what the short answer to a probe shows of its server. Pure, lenient, bounded; never used on reviews.

Models that think aloud put `<think>` blocks before the answer, or only the end of one; others wrap it in a fence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_LONGEST = 20_000
_MOST_OBJECTS = 50
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_DECODER = json.JSONDecoder()


def spoken(text: str) -> str:
    """The text without its thinking: whole blocks, one that is not closed, and one that began before the text."""
    return _THOUGHT_END.split(_THOUGHT.sub("", text[:_LONGEST]))[-1].strip()


def is_silent(text: str) -> bool:
    """Whether nothing was said yet, thinking aside. A long run of white space is no silence but a form gone wrong."""
    return not spoken(text) and (not text or not text.isspace())


def keeps_to(text: str, key: str, word: str) -> bool:
    """Whether the answer holds an object with this word under this key, whatever stands around it."""
    return any(value.get(key) == word for value in _objects(spoken(text)))


def is_bare_object(text: str) -> bool:
    """Whether the answer, thinking aside, is one JSON object and nothing else."""
    try:
        return isinstance(json.loads(spoken(text)), dict)
    except (ValueError, RecursionError):
        return False


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Every object that begins at one of the first braces."""
    for place, _ in zip(re.finditer(r"\{", text), range(_MOST_OBJECTS), strict=False):
        try:
            value, _ = _DECODER.raw_decode(text, place.start())
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield value
