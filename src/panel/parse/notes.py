"""Notes: what stood round an answer, or in it, and was dropped or read over without losing anything. A closed list."""

from __future__ import annotations

from enum import StrEnum


class Note(StrEnum):
    """What was harmless about a reply; the value is the text a reader sees in `notes`."""

    CODE_FENCE = "code fence"
    PROSE = "text around the answer"
    BYTE_ORDER_MARK = "byte-order mark"
    ODD_SPACE = "unusual white space"
    CONTROL_CHARACTERS = "raw control characters"
    TRAILING_COMMA = "trailing comma"
    WRAPPER = "answer in a wrapper"
    LIST = "answer in a list"
    DOUBLE_ENCODED = "answer encoded twice"
    KEY_ORDER = "keys out of order"
    KEY_TWICE = "key repeated with the same value"
    REPEATED = "same answer more than once"
    LONE_SURROGATE = "lone surrogate replaced"
    NULL_WORD = "null written as a word"
    THINKING = "thinking set aside"
    PLACEHOLDER = "placeholder set aside"
    REFUSAL = "refusal set aside"
    OTHER_OBJECT = "other object ignored"
    FINISH = "complete although reported cut or filtered"


ORDER = {note: place for place, note in enumerate(Note)}


def in_order(notes: set[Note]) -> tuple[str, ...]:
    """Notes as stored: each once, in the order of the list."""
    return tuple(note.value for note in sorted(notes, key=ORDER.__getitem__))
