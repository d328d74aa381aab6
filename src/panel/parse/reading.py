"""Reading: from a reply's text to the one answer it holds, or to the reason why it holds none.

Thinking is set aside, every complete object of the rest becomes a candidate, what remains is searched for answers that
were begun and not finished. Exactly one answer, or several that say the same, is accepted; anything else abstains.
Nothing is repaired that would need a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from panel.parse.candidates import Candidate, Kind, candidate
from panel.parse.decode import decode, text_of
from panel.parse.form import Form
from panel.parse.notes import Note
from panel.parse.refusals import is_refusal
from panel.parse.scan import HIDDEN_SPACE, Scan, scan
from panel.parse.shape import Fault
from panel.parse.thinking import set_aside
from panel.parse.unfinished import Unfinished, gaps, unfinished
from panel.parse.words import excerpt
from panel.records.reply import Finish, Reply
from panel.records.verdict import AbstainReason

MAX_REPLY = 1_000_000
"""Characters; a hundred times the longest answer asked for."""

MAX_OBJECTS = 1_000
"""Objects side by side in one reply; where there are more, none of them is looked at."""

BOM = "\ufeff"
_BLANK = re.compile(rf"[\s{HIDDEN_SPACE}]*")
_SPACE = re.compile(rf"[\s{HIDDEN_SPACE}]+")
_ODD = re.compile(rf"[^\S \t\r\n]|[{HIDDEN_SPACE.replace(BOM, '')}]")
_FENCE = re.compile(r"(?:```|~~~)[^\S\n]*\w*")


class Answer(NamedTuple):
    """The one answer of a reply, and what was read over on the way."""

    value: Mapping[str, Any]
    notes: set[Note]


class NoAnswer(NamedTuple):
    """Why a reply has none, and what was set aside on the way."""

    fault: Fault
    notes: set[Note]


class _Found(NamedTuple):
    """All that a text holds."""

    candidates: Sequence[Candidate]
    begun: Sequence[Unfinished]
    rest: str
    notes: set[Note]
    unclosed: bool = False
    crowd: int = 0
    """How many objects there are, where they are too many to look at."""


def read(reply: Reply, form: Form) -> Answer | NoAnswer:
    """The one answer of a reply, or why there is none."""
    if (fault := _at_the_door(reply)) is not None:
        return NoAnswer(fault, set())
    found = _find(reply.text, form)
    fitting = [item for item in found.candidates if item.kind is Kind.FITS]
    fault = _conflict(fitting, found) if fitting else _nothing(reply, found)
    if fault is not None:
        return NoAnswer(fault, _aside(found))
    notes = _aside(found) | fitting[0].notes | _around(found.rest)
    notes |= {Note.OTHER_OBJECT} if any(item.kind is Kind.OTHER for item in found.candidates) else set()
    notes |= {Note.REPEATED} if len(fitting) > 1 else set()
    notes |= {Note.FINISH} if reply.finish in (Finish.LENGTH, Finish.FILTERED) else set()
    return Answer(fitting[0].value, notes)


def _at_the_door(reply: Reply) -> Fault | None:
    """What can be said of a reply without reading it."""
    if reply.finish is Finish.REFUSED or (reply.refusal or "").strip():
        return Fault(AbstainReason.REFUSED, excerpt(reply.refusal or reply.text))
    if len(reply.text) > MAX_REPLY:
        return Fault(AbstainReason.OVERSIZED, f"{len(reply.text)} characters, more than {MAX_REPLY}")
    if _BLANK.fullmatch(reply.text):
        if reply.finish is Finish.FILTERED:
            return Fault(AbstainReason.FILTERED, "no text")
        if reply.finish is Finish.LENGTH:
            return Fault(AbstainReason.TRUNCATED, "cut off before any text")
        return Fault(AbstainReason.EMPTY, "")
    return None


def _find(text: str, form: Form, *, encoded: bool = False) -> _Found:
    whole = scan(text)
    if len(whole.spans) > MAX_OBJECTS:
        return _Found((), (), text, set(), crowd=len(whole.spans))
    kept = set_aside(text, whole.spans)
    notes = ({Note.THINKING} if kept.found else set()) | ({Note.DOUBLE_ENCODED} if encoded else set())
    solid = [segment for segment in kept.segments if segment.strip()]
    if not encoded and len(solid) == 1 and (inner := _decoded_string(solid[0])):
        found = _find(inner, form, encoded=True)
        return found._replace(notes=found.notes | notes)
    candidates: list[Candidate] = []
    begun: list[Unfinished] = []
    rest: list[str] = []
    for segment in solid:
        scanned = whole if segment == text else scan(segment)
        candidates += [candidate(segment, span, form) for span in scanned.spans]
        rest.append(_rest(segment, scanned))
        begun += unfinished(segment, scanned, form)
    return _Found(candidates, begun, "\n".join(rest), notes, unclosed=kept.unclosed)


def _decoded_string(text: str) -> str:
    """The content of a text that is one JSON string, the whole answer encoded twice; "" where it is not."""
    bare = _FENCE.sub("", text).strip(f" \t\r\n{HIDDEN_SPACE}")
    if not (bare.startswith('"') and bare.endswith('"')):
        return ""
    decoded = decode(bare)
    return decoded.value if decoded and isinstance(decoded.value, str) and "{" in decoded.value else ""


def _rest(segment: str, found: Scan) -> str:
    """The text round the objects that stand on their own."""
    return "\n".join(segment[start:end] for start, end in gaps(segment, found))


def _conflict(fitting: Sequence[Candidate], found: _Found) -> Fault | None:
    """Why an answer that fits is not the one answer of the reply."""
    if len(fitting) > 1 and len({text_of(item.value) for item in fitting}) > 1:
        return Fault(AbstainReason.AMBIGUOUS, f"{len(fitting)} complete answers that differ{_scores(fitting)}")
    if faulty := next((item.fault for item in found.candidates if item.fault), None):
        return Fault(AbstainReason.AMBIGUOUS, f"a complete answer beside one that does not fit: {faulty.detail}")
    if found.begun:
        return Fault(AbstainReason.AMBIGUOUS, f"a complete answer beside an unfinished one: {found.begun[0].place}")
    return None


def _scores(fitting: Sequence[Candidate]) -> str:
    scores = [f"{item.value['score']} {item.value['verdict']}" for item in fitting]
    return f": {', '.join(scores[:4])}"


def _nothing(reply: Reply, found: _Found) -> Fault:
    """Why no object of the reply fits: the first reason that holds, from what the provider said to what was written."""
    kinds = {item.kind for item in found.candidates}
    faulty = [item.fault for item in found.candidates if item.fault]
    cut = [item for item in found.begun if item.cut]
    if reply.finish is Finish.FILTERED:
        return Fault(AbstainReason.FILTERED, excerpt(reply.text))
    if found.crowd:
        return Fault(AbstainReason.UNREADABLE, f"{found.crowd} objects, more than {MAX_OBJECTS}")
    if cut:
        return Fault(AbstainReason.TRUNCATED, cut[0].detail)
    if faulty:
        return faulty[0]
    if reply.finish is Finish.LENGTH or found.unclosed:
        return Fault(AbstainReason.TRUNCATED, "inside its thinking" if found.unclosed else excerpt(reply.text[-160:]))
    if found.begun:
        return Fault(AbstainReason.UNREADABLE, found.begun[0].detail)
    if Kind.REFUSAL in kinds or is_refusal(found.rest):
        return Fault(AbstainReason.REFUSED, excerpt(reply.text))
    if Kind.PLACEHOLDER in kinds:
        return Fault(AbstainReason.PLACEHOLDER, excerpt(reply.text))
    return Fault(AbstainReason.UNREADABLE, excerpt(found.rest) or "nothing after the thinking")


def _aside(found: _Found) -> set[Note]:
    """What was set aside, whatever came of the reply."""
    kinds = {item.kind for item in found.candidates}
    notes = {Kind.PLACEHOLDER: Note.PLACEHOLDER, Kind.REFUSAL: Note.REFUSAL}
    return found.notes | {note for kind, note in notes.items() if kind in kinds}


def _around(rest: str) -> set[Note]:
    """What the text round an accepted answer consists of."""
    notes = {Note.BYTE_ORDER_MARK} if BOM in rest else set()
    bare = _FENCE.sub("", rest)
    if bare != rest:
        notes.add(Note.CODE_FENCE)
    spaceless = _SPACE.sub("", bare)
    if _ODD.search(bare):
        notes.add(Note.ODD_SPACE)
    if spaceless:
        notes.add(
            Note.LIST if spaceless[0] == "[" and spaceless[-1] == "]" and not spaceless.strip("[],") else Note.PROSE
        )
    return notes
