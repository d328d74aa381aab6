"""Steering: sentences that speak to the reviewer instead of describing the tool (law 9).

They raise no score: what speaks for the tool in such a sentence is not counted, what speaks against it is. The same
holds for all of a field behind a mark that pretends that the data has ended, or that somebody else has begun to speak.
"""

from __future__ import annotations

import re
from functools import cache

from panel.clients.offline.sentences import Sentence

LONGEST = 240
"""Characters of a passage that are reported."""

_KEYS = ("score", "verdict", "criteria", "rating", "steering", "evidence")


@cache
def _form() -> re.Pattern[str]:
    return re.compile(
        rf"[\"'“”{{,]\s*(?:{'|'.join(_KEYS)})\s*[\"'“”]?\s*[:=]|^\s*(?:verdict|score)\s*[:=]", re.IGNORECASE
    )


_AIMED = (
    r"\[?\b(?:admin(?:istrator)?|system|developer|editor|panel) (?:notice|override|directive)\b ?[\]:!—–]|"
    r"\bin favou?r of (?:the|this|our) (?:vendor|product|tool|entry)\b|^(?:\W|and )*your (?:final )?verdict\b"
)
_AIMS = ("notice", "override", "directive", "in favo", "verdict")
_ENDS = (
    r"\[(?:end|data) [0-9a-f]{8,32} [a-z_]+\]|\[end of [a-z_ ]{3,20}\]|"
    r"</(?:description|tool|data|untrusted\w*|user_?input)>|"
    r"^\W{0,9}end of (?:the )?(?:tool )?"
    r"(?:description|data|document|(?:user|untrusted|external) (?:input|content|data))\b|"
    r"<\|[a-z_]{3,20}\|>|\[/?INST\]|<</?SYS>>|</s>|<(?:start|end)_of_turn>|\bthe data ends here\b"
)
_END_SIGNS = ("[end ", "[data ", "end of", "</", "<|", "inst]", "<<", "_of_turn", "ends here")
_ABOUT_FORMATS = re.compile(r"token|template|format|syntax|marker|element|\btags?\b|delimiter|`", re.IGNORECASE)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def is_aimed(sentence: Sentence) -> bool:
    """Whether a sentence claims an office, takes sides for the vendor, or brings a piece of a ready-made reply."""
    lower = sentence.text.lower()
    if any(sign in lower for sign in _AIMS) and _compiled(_AIMED).search(sentence.text):
        return True
    return fills_in_a_form(sentence)


def ends_the_data(sentence: Sentence) -> bool:
    """Whether a sentence holds a mark that closes the data or hands the turn to another speaker, and not in passing."""
    lower = sentence.text.lower()
    if not any(sign in lower for sign in _END_SIGNS):
        return False
    return _compiled(_ENDS).search(sentence.text) is not None and not _ABOUT_FORMATS.search(sentence.text)


def fills_in_a_form(sentence: Sentence) -> bool:
    """Whether a sentence brings a piece of a ready-made reply ("score": 100)."""
    text = sentence.text
    if ":" not in text and "=" not in text:
        return False
    lower = text.lower()
    return any(key in lower for key in _KEYS) and _form().search(text) is not None


def passage(found: list[Sentence]) -> str | None:
    """The first steering sentence, cut to a bounded length, or None."""
    if not found:
        return None
    text = found[0].text
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0]
