"""Placeholders: objects that fit the form because they are the form.

An echoed schema, a template with its blanks, sample words where text was asked for, our own instructions sent back.
The rule errs towards the real answer: a short or dull review is flagged elsewhere, not thrown away here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from panel.parse.form import Form
from panel.parse.refusals import is_refusal
from panel.parse.words import count_words, matchable, straight

_BLANK = re.compile(r"[\W_]*|<[^<>]*>|\[[^\[\]]*\]|\{+[^{}]*\}+|\(\s*your[^()]*\)|%\w+%?|\$\w+|\$\{[^{}]*\}", re.DOTALL)
_SAMPLE = re.compile(
    r"(?:string|str|text|tbd|tba|todo|fixme|placeholder|example|sample|dummy|foo|bar|test|xxx+|lorem ipsum.*"
    r"|string (?:or|\|) ?null|text or null|review|quote|the review|the quote|answer|one paragraph"
    r"|(?:insert|write|add|put|enter|fill in|your|the|a|an|some|sample|example) (?:\w+ ){0,4}"
    r"(?:review|text|paragraph|quote|answer|note|string|words?|passage|here)(?: (?:here|goes here|text|"
    r"string))?)[\s.!:…]*",
    re.IGNORECASE | re.DOTALL,
)
_NOTHING = re.compile(r"(?:null|none|n/?a|not applicable)[\s.!]*", re.IGNORECASE)
_ECHO_WORDS = 4
"""A text of fewer words may stand in our instructions by chance."""


def is_schema(value: Mapping[str, Any]) -> bool:
    """Whether an object describes an object instead of being one."""
    properties = value.get("properties")
    return isinstance(properties, dict) or "$schema" in value or value.get("type") == "object"


def _describes(value: Any) -> bool:
    """Whether a part of a schema stands where a value should."""
    return isinstance(value, dict) and bool({"type", "enum", "anyOf", "description"} & set(value))


def is_placeholder(value: Mapping[str, Any], form: Form) -> bool:
    """Whether an answer-like object was never filled in."""
    review = value.get("review")
    if any(_describes(value.get(key)) for key in ("review", "score", "verdict")):
        return True
    if isinstance(review, str) and (_is_form_text(review, form) or _NOTHING.fullmatch(straight(review))):
        return True
    texts = list(_texts(value))
    if len(texts) >= 3 and len(set(texts)) == 1:
        return True
    quotes = [item["quote"] for item in _evidence(value) if isinstance(item.get("quote"), str)]
    if quotes and all(_is_form_quote(quote, form) for quote in quotes):
        return True
    return not isinstance(review, str) and 2 * sum(_is_form_text(text, form) for text in texts) > len(texts)


def is_refusal_answer(value: Mapping[str, Any]) -> bool:
    """Whether the review of an answer-like object is a refusal."""
    review = value.get("review")
    return isinstance(review, str) and is_refusal(review)


def _is_form_text(text: str, form: Form) -> bool:
    plain = straight(text)
    if _BLANK.fullmatch(plain) or _SAMPLE.fullmatch(plain):
        return True
    return count_words(plain) >= _ECHO_WORDS and matchable(text).casefold() in form.own_words


def _is_form_quote(quote: str, form: Form) -> bool:
    """A form's word in the place of a quote; what the tool's own text holds is a quote, whatever it looks like."""
    plain = matchable(quote)
    found = bool(plain) and any(plain in field for field in form.matchable_fields.values())
    return not found and _is_form_text(quote, form)


def _texts(value: Mapping[str, Any]) -> Iterator[str]:
    """The texts that a filled-in answer would have written: review, notes and evidence."""
    answers = value.get("answers")
    slots = [value.get("review"), *(answers.values() if isinstance(answers, dict) else ())]
    for item in _evidence(value):
        slots += [item.get("quote"), item.get("shows")]
    return (slot for slot in slots if isinstance(slot, str))


def _evidence(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    evidence = value.get("evidence")
    return [item for item in evidence if isinstance(item, dict)] if isinstance(evidence, list) else []
