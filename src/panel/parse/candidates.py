"""Candidates: each complete object of a text, and what it is to us.

An object is answer-like if it has a score, a verdict or more than half of the reply's keys. Answer-like objects fit,
or have a fault; templates and refusals in the form's dress are set aside; everything else is another object. An answer
counts inside a wrapper only if the wrapper says nothing about it: one key of a known name, a tool call, a list of one,
a JSON text in a string, at most three deep. Anywhere else ("rejected", "example") it is an answer that does not fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

from panel.parse.decode import Decoded, decode
from panel.parse.form import Form
from panel.parse.notes import Note
from panel.parse.placeholders import is_placeholder, is_refusal_answer, is_schema
from panel.parse.refusals import is_refusal
from panel.parse.scan import Span
from panel.parse.shape import Fault, faults
from panel.parse.words import word
from panel.records.verdict import AbstainReason

MAX_DEPTH = 40
"""Deeper objects are no answers and are not decoded."""

_SHORTEST = 11
"""Characters of the shortest answer-like object, `{"score":1}`."""

_WRAPPERS = frozenset(
    {"answer", "arguments", "body", "content", "data", "final", "final_answer", "function", "input", "json", "message"}
    | {"object", "output", "parameters", "reply", "response", "result", "structured_output", "value"}
)
_CALL = frozenset(["arguments", "function", "id", "input", "name", "parameters", "tool", "type"])
_LAYERS = 3


class Kind(Enum):
    """What a candidate is."""

    FITS = "fits"
    FAULTY = "faulty"
    PLACEHOLDER = "placeholder"
    REFUSAL = "refusal"
    OTHER = "other"


class Candidate(NamedTuple):
    """One object. `value` where it fits, `fault` where it is faulty."""

    kind: Kind
    value: Mapping[str, Any] = {}
    fault: Fault | None = None
    notes: frozenset[Note] = frozenset()


def candidate(text: str, span: Span, form: Form) -> Candidate:
    """What the object at `span` is."""
    if span.depth > MAX_DEPTH or span.end - span.start < _SHORTEST:
        return Candidate(Kind.OTHER)
    decoded = decode(span.source(text))
    if decoded is None:
        return _undecodable(text, span, form)
    opened = _unwrapped(decoded, form)
    found = _judged(opened, form)
    if found.kind is Kind.FITS and span.inside:
        reason = AbstainReason.TRUNCATED if span.inside == "cut" else AbstainReason.UNREADABLE
        return Candidate(Kind.FAULTY, fault=Fault(reason, "the answer stands inside an object that is not complete"))
    return found._replace(notes=found.notes | _wrapping(span))


def is_answer_like(value: Any, form: Form) -> bool:
    """Whether an object means to be an answer, right or wrong."""
    if not isinstance(value, dict):
        return False
    return "score" in value or "verdict" in value or 2 * sum(key in value for key in form.keys) > len(form.keys)


def _wrapping(span: Span) -> set[Note]:
    return ({Note.TRAILING_COMMA} if span.commas else set()) | ({Note.ODD_SPACE} if span.spaces else set())


def _undecodable(text: str, span: Span, form: Form) -> Candidate:
    """An object in shape, but with an escape that JSON does not know; `\\'` could mean two things."""
    source = text[span.start : span.end]
    if any(f'"{key}"' in source for key in ("score", "verdict")):
        return Candidate(Kind.FAULTY, fault=Fault(AbstainReason.UNREADABLE, "a text in the object breaks JSON's rules"))
    return Candidate(Kind.OTHER)


def _judged(decoded: Decoded, form: Form) -> Candidate:
    value, notes = decoded.value, decoded.notes
    if not is_answer_like(value, form):
        return _bystander(value, form)
    if decoded.clash:
        detail = f"{word(decoded.clash) or 'a key'} is given twice, with different values"
        return Candidate(Kind.FAULTY, fault=Fault(AbstainReason.AMBIGUOUS, detail))
    if is_placeholder(value, form):
        return Candidate(Kind.PLACEHOLDER)
    if is_refusal_answer(value):
        return Candidate(Kind.REFUSAL)
    if fault := _worst(value, form):
        return Candidate(Kind.FAULTY, fault=fault)
    if tuple(value) != form.keys:
        notes |= {Note.KEY_ORDER}
    return Candidate(Kind.FITS, value, notes=notes)


def _worst(value: Any, form: Form) -> Fault | None:
    """What is off the schema goes before what is out of range."""
    found = list(faults(value, form.schema))
    return min(found, key=lambda fault: fault.reason is AbstainReason.OUT_OF_RANGE, default=None)


def _bystander(value: Any, form: Form) -> Candidate:
    """An object that is no answer: a refusal, a bearer of an answer or of the form, or nothing to us."""
    if not isinstance(value, dict):
        return Candidate(Kind.OTHER)
    if not is_schema(value) and any(isinstance(item, str) and is_refusal(item) for item in value.values()):
        return Candidate(Kind.REFUSAL)
    found = Kind.OTHER
    for key, inner in _inside(value):
        if is_answer_like(inner, form):
            if not is_placeholder(inner, form):
                detail = f"an answer stands under {repr(key) if word(key) else 'a key'}, which is not asked for"
                return Candidate(Kind.FAULTY, fault=Fault(AbstainReason.OFF_SCHEMA, detail))
            found = Kind.PLACEHOLDER
    return Candidate(found)


def _inside(value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """All that an object holds, at any depth, with the key of its own under which it stands."""
    for key, item in value.items():
        stack = [item]
        while stack:
            inner = stack.pop()
            yield key, inner
            stack += inner.values() if isinstance(inner, dict) else inner if isinstance(inner, list) else ()


def _unwrapped(decoded: Decoded, form: Form) -> Decoded:
    """The answer without wrappers that say nothing about it; the decoded value itself where there is none."""
    value, notes, clash = decoded.value, set(decoded.notes), decoded.clash
    for _ in range(_LAYERS):
        if is_answer_like(value, form):
            break
        inner, note = _layer(value, form)
        if note is None:
            return decoded
        notes.add(note)
        if isinstance(inner, str):
            if (read := decode(inner.strip())) is None:
                return decoded
            notes |= read.notes | {Note.DOUBLE_ENCODED}
            inner, clash = read.value, clash or read.clash
        value = inner
    return Decoded(value, frozenset(notes), clash) if is_answer_like(value, form) else decoded


def _layer(value: Any, form: Form) -> tuple[Any, Note | None]:
    """What stands inside one wrapper, and what kind of wrapper it is; no note where there is none."""
    if isinstance(value, list) and len(value) == 1:
        return value[0], Note.LIST
    if not isinstance(value, dict):
        return value, None
    if len(value) == 1:
        key = next(iter(value))
        known = key.lower() in _WRAPPERS or key == form.schema_name
        return (value[key], Note.WRAPPER) if known else (value, None)
    inner = [value[key] for key in ("function", "arguments", "parameters", "input") if key in value]
    if _CALL.issuperset(value) and len(inner) == 1:
        return inner[0], Note.WRAPPER
    return value, None
