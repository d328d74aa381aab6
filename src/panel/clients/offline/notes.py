"""Notes: the shorter parts of a reply. Evidence, answers, gaps, concerns, the two clauses, the prediction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from panel.clients.offline.frames import count_words, fill
from panel.clients.offline.quotes import clause, fit_for_evidence, fit_for_prose, quote
from panel.clients.offline.scoring import Mark
from panel.clients.offline.seat import Seat, prose_quote, unused

_EVIDENCE, _EVIDENCE_WORDS, _EVIDENCE_CHARACTERS = 6, 30, 200
_NOTE_WORDS = 25
_LISTED = 6


def evidence(seat: Seat) -> list[dict[str, str]]:
    """Up to six passages that carry the judgement, both sides where the text has both; never none."""
    marks = seat.marks
    pluses = [mark for mark in marks if mark.points > 0]
    minuses = [mark for mark in marks if mark.points < 0]
    kept = sorted([*pluses[: _EVIDENCE - min(len(minuses), 3)], *minuses], key=marks.index)
    found: list[dict[str, str]] = []
    used: set[str] = set()
    for mark in [*kept, *pluses]:
        entry = _entry(seat, mark, used)
        if entry and len(found) < _EVIDENCE:
            found.append(entry)
    return found or [_whatever_there_is(seat)]


def _entry(seat: Seat, mark: Mark, used: set[str]) -> dict[str, str] | None:
    for hit in mark.hits:
        if not unused(hit, used):
            continue
        text = quote(hit, _EVIDENCE_WORDS)
        whole = text == seat.reading.fields.get(hit.sentence.field, "").strip(" .")
        if fit_for_evidence(text, whole):
            used.add(hit.sentence.text)
            return {"quote": text, "side": "for" if mark.points > 0 else "against", "shows": mark.says[0]}
    return None


def _whatever_there_is(seat: Seat) -> dict[str, str]:
    """The beginning of the first field with a word in it: a reply must cite something even where nothing is said."""
    fields = seat.reading.fields
    texts = [" ".join(fields.get(name, "").split()) for name in ("tagline", "description", "name")]
    text = next((text for text in texts if any(char.isalnum() for char in text)), "no words")
    words = " ".join(text.split()[:_EVIDENCE_WORDS])
    if len(words) > _EVIDENCE_CHARACTERS:
        words = words[:_EVIDENCE_CHARACTERS].rsplit(" ", 1)[0]
    return {"quote": words, "side": "against", "shows": "holds nothing that these questions can use"}


def answers(seat: Seat) -> dict[str, str]:
    """A note of up to 25 words per question, with the words quoted that answer it, or what is not stated."""
    used: set[str] = set()
    return {question.id: _answer(seat, question.id, used) for question in seat.local.questions}


def _answer(seat: Seat, question: str, used: set[str]) -> str:
    given = seat.signals.questions.get(question)
    if given is None:
        return "Not stated: no signal is listed for this question."
    frame = seat.choose(given.note, question)
    room = _NOTE_WORDS - count_words(fill(frame, quote=""))
    for hit in (hit for kind in given.kinds for hit in seat.reading.hits.get(kind, ())):
        text = clause(hit, room) if unused(hit, used) else ""
        if 0 < count_words(text) <= room and text.isprintable():
            used.add(hit.sentence.text)
            return fill(frame, quote=text)
    return given.silent


def not_stated(seat: Seat) -> list[str]:
    """Up to six noun phrases; a missing date of the facts is one."""
    undated = [] if "as_of" in seat.reading.fields else ["the date of these facts"]
    return [*seat.gaps[: _LISTED - len(undated)], *undated]


def concerns(seat: Seat) -> list[str]:
    """Up to six short noun phrases, the heaviest first; what is missing where nothing is held against the tool."""
    kinds = seat.signals.kinds
    names = [kinds[mark.kind].name for mark in seat.marks if mark.points < 0]
    names += [f"unstated {gap.removeprefix('a ').removeprefix('the ')}" for gap in seat.gaps[: max(0, 2 - len(names))]]
    return list(dict.fromkeys(names))[:_LISTED]


def pick_if(seat: Seat) -> str | None:
    """Who should pick it, or None where nobody should: by its best side, and by a fact that shows it."""
    if seat.score < seat.scale.poor or seat.reading.basis == "none":
        return None
    marks = seat.scores[seat.best].marks if seat.best else seat.marks
    kinds = seat.signals.kinds
    fact = _fact(seat, [mark for mark in marks if mark.points > 0 and kinds[mark.kind].side == "for"])
    return _clause(seat, seat.signals.picks, "pick", {"good": seat.good, "audience": _audience(seat), "fact": fact})


def walk_away_if(seat: Seat) -> str | None:
    """Who should leave it alone: by a fact held against it, else by its weakest side, else by what is missing."""
    fact = _fact(seat, [mark for mark in seat.scores[seat.worst].marks if mark.points < 0]) if seat.worst else ""
    shown = seat.bad if fact else ""  # a fact from elsewhere does not show the weakest side
    fact = fact or _fact(seat, [mark for mark in seat.marks if mark.points < 0])
    gap = seat.gaps[0] if seat.gaps else ""
    for place, values in (
        ("fact", {"fact": fact, "bad": shown, "gap": ""}),
        ("bad", {"fact": "", "bad": seat.bad, "gap": ""}),
        ("gap", {"fact": "", "bad": "", "gap": gap}),
    ):
        frames = tuple(frame for frame in seat.signals.walks if f"{{{place}}}" in frame)
        told = _clause(seat, frames, "walk", values)
        if told:
            return told
    return None


def _clause(seat: Seat, frames: tuple[str, ...], slot: str, values: dict[str, str]) -> str | None:
    """The chosen wording, or the next one that can be filled within the length; None where none can."""
    short = tuple(frame for frame in frames if count_words(fill(frame, name=seat.name, **values)) <= _NOTE_WORDS)
    return (seat.choose(short, slot, **values) or None) if short else None


def _audience(seat: Seat) -> str:
    text = " ".join(seat.reading.fields.get("best_for", "").split()).rstrip(".")
    return text if fit_for_prose(text) and count_words(text) <= 14 else ""


def _fact(seat: Seat, marks: Iterable[Mark]) -> str:
    """The few words of the heaviest of these marks that rests on a fact and can be quoted, or nothing."""
    for mark in marks:
        found = prose_quote(mark.hits, set()) if seat.is_fact(mark) else None
        if found:
            return found[0]
    return ""


def prediction(seat: Seat) -> dict[str, Any] | None:
    """The first prediction whose kind was found, or None on a thin basis."""
    if seat.reading.basis != "enough":
        return None
    for given in seat.signals.predictions:
        if given.kind is None or given.kind in seat.reading.hits:
            return {
                "claim": fill(given.claim, name=seat.name),
                "within_months": given.within_months,
                "wrong_if": fill(given.wrong_if, name=seat.name),
            }
    return None
