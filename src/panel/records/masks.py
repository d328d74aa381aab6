"""Masks: a tool told without its name and its vendor's, and told with them again. Pure; the record alone decides.

    masks = masks_of(tool)
    masks.mask("Alder's queue")   -> "Tool Q's queue"       what a blind seat is sent
    masks.unmask("Tool Q's bet")  -> "Alder's bet"          what a reader is shown

Every form of one name gets the same stand-in, spelled to fit its place: "Tool Q" in prose, "tool-q" in an address or a
command, "ToolQ" inside a joined word. Stand-ins are chosen so that nothing in the record looks like one. What is stored
of a blind seat stays as it was said; `restored` is applied where it is shown.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import count, product
from typing import Any, NamedTuple

from panel.records.aliases import SHORT, WIDE, Domain, Name, bounded, domains_of, is_wide, names_of
from panel.records.base import Record
from panel.records.seat import SeatRecord
from panel.records.tool import Source, Tool
from panel.records.verdict import Quote

_WORDS = {"tool": ("Tool", "Product", "Subject"), "vendor": ("Vendor", "Maker", "House")}
_LETTERS = "QXZKJVWYHGFDBPRNMLTSCEUOIA"
_GLUE_BEFORE, _GLUE_AFTER = "/@._-=#~\\", "/@._-=:"
_JOINTS = re.compile(r"[\s_.\-‐-―]+")
_VERB = re.compile(r"\s+(?:to|ahead|back|into|through|beyond)\b")
_BEGINS = re.compile(r"(?:^|[.!?:;\n•*-]\s*)$")


class StandIn(NamedTuple):
    """What is sent instead of a name: two words ("Tool", "Q") that are never written otherwise in this record."""

    name: Name
    word: str
    letter: str

    @property
    def pattern(self) -> str:
        """The stand-in as written by us or by a model, in any case, spaced, hyphenated or joined."""
        spelled = f"(?i:{self.word}[\\s_‐-―-]{{0,2}}{self.letter})"
        in_a_word = f"(?:(?<![^\\W_])|(?<=[A-Za-z])){self.word}-?{self.letter}(?:(?![^\\W_])|(?=[A-Z\\d]))"
        return f"{bounded(spelled)}|{in_a_word}"


class Masks:
    """The stand-ins of one record. `mask` and `unmask` leave every text alone that holds no name, or no stand-in."""

    def __init__(self, stand_ins: Sequence[StandIn], domains: Sequence[Domain]) -> None:
        self.stand_ins = tuple(stand_ins)
        self._labels = {item.label: self._label(item) for item in domains}
        self._back = {shown: label for label, shown in reversed(self._labels.items())}
        ranked = sorted(
            ((size, pattern, item) for item in stand_ins for size, pattern in item.name.patterns),
            key=lambda entry: -entry[0],
        )
        whole = [(item.pattern(item.label), None) for item in domains]
        self._names = _Choice([*whole, *((pattern, item) for _, pattern, item in ranked)])
        back = [(item.pattern(self._labels[item.label]), None) for item in domains]
        self._shown = _Choice([*back, *((item.pattern, item) for item in stand_ins)])

    def mask(self, text: str) -> str:
        """The text with every name replaced by its stand-in."""
        return "".join(shown for _, shown in self._pieces(text))

    def unmask(self, text: str) -> str:
        """The text with every stand-in replaced by its name, as the record spells it."""
        parts, at = [], 0
        for found, item in self._shown.matches(text):
            name = _name_for(found.written, item) if item else self._back[found.written.lower()]
            parts += [text[at : found.start], name]
            at = found.end
        return "".join([*parts, text[at:]])

    def original(self, text: str, passage: str) -> str | None:
        """The passage of `text` that reads `passage` once masked, letter by letter; None where there is none."""
        pieces = self._pieces(text)
        start = "".join(shown for _, shown in pieces).find(passage)
        if start < 0 or not passage:
            return None
        return "".join(_cut(pieces, start, start + len(passage)))

    def _pieces(self, text: str) -> list[tuple[str, str]]:
        """(as written, as shown), piece by piece."""
        pieces, at = [], 0
        for found, item in self._names.matches(text):
            if item and _is_verb(found):
                continue
            shown = _stand_in_for(found, item) if item else self._labels[found.written.lower()]
            pieces += [(text[at : found.start], text[at : found.start]), (found.written, shown)]
            at = found.end
        return [*pieces, (text[at:], text[at:])]

    def _label(self, item: Domain) -> str:
        holder = self.stand_ins[item.holder]
        return f"{item.before}{holder.word}{holder.letter}{item.after}".lower()


class _Found(NamedTuple):
    """Where something was found in a text."""

    text: str
    start: int
    end: int

    @property
    def written(self) -> str:
        return self.text[self.start : self.end]


def _parted(text: str, *, wide: bool) -> str:
    """The text with every letter of a script without spaces, which parts no words, turned into a mark that does."""
    if wide or not is_wide(text):
        return text
    return "".join("。" if char >= WIDE else char for char in text)


class _Choice:
    """Patterns tried together, the first that fits first, each with what it stands for."""

    def __init__(self, entries: Iterable[tuple[str, StandIn | None]]) -> None:
        known = list(entries)
        self._meant = [item for _, item in known]
        self._wide = any(is_wide(pattern) for pattern, _ in known)
        self._pattern = re.compile("|".join(f"({pattern})" for pattern, _ in known)) if known else None

    def matches(self, text: str) -> Iterator[tuple[_Found, StandIn | None]]:
        for found in self._pattern.finditer(_parted(text, wide=self._wide)) if self._pattern else ():
            yield _Found(text, found.start(), found.end()), self._meant[(found.lastindex or 1) - 1]


@lru_cache(maxsize=32)  # a seat, its siblings and its page ask for the same record
def masks_of(tool: Tool) -> Masks:
    """The masks of a record: the same for the same record, on any machine."""
    names = names_of(tool)
    texts = "\n".join([*tool.fields().values(), tool.id, *tool.formerly])
    known = re.compile("|".join(pattern for name in names for _, pattern in name.patterns) or r"(?!)")
    chosen: list[StandIn] = []
    for name in names:
        chosen.append(next(item for item in _candidates(name) if _is_free(item, chosen, known, texts)))
    return Masks(chosen, domains_of(tool, names))


@lru_cache(maxsize=32)
def masked(tool: Tool) -> Tool:
    """The record as a blind panel is shown it: every field that is sent, without the names. Ids are not sent."""
    masks = masks_of(tool)
    own = masks.stand_ins[0]
    return tool.model_copy(
        update={
            "name": f"{own.word} {own.letter}",
            "sources": tuple(_source(source, masks) for source in tool.sources),
            **{field: _maybe(getattr(tool, field), masks.mask) for field in _FIELDS},
        }
    )


_FIELDS = ("vendor", "category", "tagline", "pricing", "best_for", "homepage", "description")


def restored(record: SeatRecord, tool: Tool) -> SeatRecord:
    """What a blind seat said, with the names put back: for showing, never for storing. An open seat is left alone.

    A quote that stands in what was sent is shown as the record has it, letter by letter.
    """
    if record.slot.variant != "blind" or record.verdict is None:
        return record
    masks, fields = masks_of(tool), tool.fields()

    def told(value: Any) -> Any:
        if type(value) is str:  # an enum is a str too, and is ours
            return masks.unmask(value)
        if isinstance(value, Quote):
            exact = masks.original(fields.get(value.found_in or "", ""), value.quote)
            shown = {"quote": exact or masks.unmask(value.quote), "shows": masks.unmask(value.shows)}
            return value.model_copy(update=shown)
        if isinstance(value, Record):
            return value.model_copy(update={name: told(item) for name, item in value.__dict__.items()})
        if isinstance(value, tuple):
            return tuple(told(item) for item in value)
        return {key: told(item) for key, item in value.items()} if isinstance(value, dict) else value

    return record.model_copy(update={"verdict": told(record.verdict)})


def _candidates(name: Name) -> Iterator[StandIn]:
    """Stand-ins for a name, the plainest first; there is always a next one."""
    for size in count(1):
        for word in _WORDS[name.kind]:
            yield from (StandIn(name, word, "".join(letters)) for letters in product(_LETTERS, repeat=size))


def _is_free(item: StandIn, chosen: Sequence[StandIn], known: re.Pattern[str], texts: str) -> bool:
    """Whether nothing in the record reads like this stand-in, and no name could be found in it."""
    if any((item.word, item.letter) == (other.word, other.letter) for other in chosen):
        return False
    spelled = " | ".join(_spelled(item, sep, case) for sep in (" ", "-", "") for case in (str, str.lower, str.upper))
    return not known.search(spelled) and not re.search(item.pattern, _parted(texts, wide=False))


def _spelled(item: StandIn, sep: str, case: Callable[[str], str]) -> str:
    return case(f"{item.word}{sep}{item.letter}")


def _stand_in_for(found: _Found, item: StandIn) -> str:
    """The stand-in, spelled to fit where the name stood: its case and joints where it is no name in prose."""
    written, text = found.written, found.text
    inside = _is_joined(text[found.start - 1 : found.start]) or _is_joined(text[found.end : found.end + 1])
    if re.search(r"\s", written) and not inside:
        return _spelled(item, " ", str)
    if written != written.lower() and not inside and not _is_glued(found):
        return _spelled(item, " ", str)
    closed = bool(_JOINTS.search(item.name.spelling)) and written.lower() == _JOINTS.sub("", item.name.spelling).lower()
    case = str if written == item.name.spelling != written.lower() else _case_of(written)
    return _spelled(item, "" if inside or closed else "-", case)


def _name_for(written: str, item: StandIn) -> str:
    """The name, spelled as its stand-in was: as the record has it in prose, else to fit an address or a joined word."""
    spelling = item.name.spelling
    if re.search(r"\s", written):
        return spelling
    if len(written) > len(item.word + item.letter):
        return _case_of(written)("-".join(spelling.split()))
    if _case_of(written) is str and spelling == spelling.lower():
        return "".join(part[:1].upper() + part[1:] for part in _JOINTS.split(spelling))
    return _case_of(written)(_JOINTS.sub("", spelling))


def _case_of(written: str) -> Callable[[str], str]:
    if written == written.lower():
        return str.lower
    return str.upper if written == written.upper() else str


def _is_joined(char: str) -> bool:
    """Whether a neighbour belongs to the same word."""
    return char.isalnum() and char < WIDE


def _is_glued(found: _Found) -> bool:
    """Whether a name stands in an address, a path, a call or a compound, where a space would tear it apart."""
    text, start = found.text, found.start
    before, after = text[start - 1 : start], text[found.end : found.end + 2]
    if (before and before in _GLUE_BEFORE) or after.startswith("("):
        return True
    if len(after) == 2 and after[0] in _GLUE_AFTER and after[1].isalnum():
        return True
    return "://" in re.split(r"\s", text[max(0, start - 300) : start])[-1]


def _is_verb(found: _Found) -> bool:
    """Whether a short name is the verb it looks like: "Go to …" at the beginning of a sentence."""
    written, text = found.written, found.text
    if len(written) > SHORT or not written.istitle() or not _VERB.match(text, found.end):
        return False
    return bool(_BEGINS.search(text[max(0, found.start - 4) : found.start]))


def _cut(pieces: Sequence[tuple[str, str]], start: int, end: int) -> Iterator[str]:
    """What was written where `start` to `end` is shown; a name that is touched comes whole."""
    at = 0
    for written, shown in pieces:
        low, high = max(start - at, 0), min(end - at, len(shown))
        if low < high:
            yield written[low:high] if written == shown else written
        at += len(shown)


def _source(source: Source, masks: Masks) -> Source:
    return source.model_copy(update={"title": masks.mask(source.title), "url": _maybe(source.url, masks.mask)})


def _maybe(text: str | None, change: Callable[[str], str]) -> str | None:
    return None if text is None else change(text)
