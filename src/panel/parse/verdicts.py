"""Verdicts: a reply's reading turned into Scored or Abstained, with its flags and notes.

The only place where an answer becomes a number: it fits, it has a basis, and its score and its verdict agree.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from panel.parse.checks import checked_quotes, flags_of, steering_reported
from panel.parse.form import Form
from panel.parse.notes import Note, in_order
from panel.parse.reading import NoAnswer, read
from panel.parse.steering import suspect
from panel.parse.words import straight
from panel.records.persona import Persona
from panel.records.prompt import Prompt
from panel.records.reply import Reply
from panel.records.scale import SCALE, Scale
from panel.records.verdict import Abstained, AbstainReason, Flag, FlagCode, Prediction, Scored, Verdict

_NULLABLE = ("steering", "doubt", "pick_if", "walk_away_if")
_NULL_WORDS = frozenset({"", "null", "none", "n/a", "nil", "-"})


def parse(reply: Reply, prompt: Prompt, persona: Persona, scale: Scale = SCALE) -> Verdict:
    """What one reply to `prompt` says: never raises on any text, asks nobody, reads no clock.

    `persona` and `scale` are those the prompt was made with; predictions are dated from `reply.asked_at`.
    """
    form = Form(prompt, persona, scale)
    suspected = tuple(Flag(code=FlagCode.STEERING_SUSPECTED, detail=found) for found in suspect(form.fields))
    reading = read(reply, form)
    if isinstance(reading, NoAnswer):
        reason, detail = reading.fault
        return Abstained(reason=reason, detail=detail, flags=suspected, notes=in_order(reading.notes))
    answer = _without_null_words(reading.value)
    notes = in_order(reading.notes | ({Note.NULL_WORD} if answer != reading.value else set()))
    steering = (*steering_reported(answer), *suspected)
    if (silence := _silence(answer, scale)) is not None:
        return silence.model_copy(update={"flags": steering, "notes": notes})
    return _scored(answer, form, reply, steering, notes)


def _without_null_words(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer with "none" and the like, where null could have stood, read as null."""

    def meant(key: str, value: Any) -> Any:
        is_word = key in _NULLABLE and isinstance(value, str) and straight(value).strip(" .").lower() in _NULL_WORDS
        return None if is_word else value

    return {key: meant(key, value) for key, value in answer.items()}


def _silence(answer: Mapping[str, Any], scale: Scale) -> Abstained | None:
    """Why a reply that fits still gives no vote."""
    if answer["basis"] == "none":
        return Abstained(reason=AbstainReason.NO_BASIS, detail="the reply gives its basis as none")
    score, verdict = answer["score"], answer["verdict"]
    if scale.call(score) != verdict:
        detail = f"score {score} stands for {scale.call(score)}, the verdict says {verdict}"
        return Abstained(reason=AbstainReason.INCONSISTENT, detail=detail)
    return None


def _scored(
    answer: Mapping[str, Any], form: Form, reply: Reply, steering: tuple[Flag, ...], notes: tuple[str, ...]
) -> Scored:
    quotes = checked_quotes(answer, form)
    flags = [*flags_of(answer, quotes, form), *steering]
    order = {code: place for place, code in enumerate(FlagCode)}
    kept = {key: answer[key] for key in form.keys if key not in ("evidence", "prediction", "verdict")}
    return Scored(
        **kept,
        evidence=quotes,
        prediction=_prediction(answer.get("prediction"), reply.asked_at),
        call=answer["verdict"],
        flags=tuple(sorted(flags, key=lambda flag: order[flag.code])),
        notes=notes,
    )


def _prediction(claim: Mapping[str, Any] | None, asked_at: dt.datetime) -> Prediction | None:
    return Prediction(**claim, due=months_after(asked_at.date(), claim["within_months"])) if claim else None


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day of a later month, or that month's last day where it is shorter; never past the calendar's end."""
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    if year >= dt.MAXYEAR:
        return dt.date.max
    first = dt.date(year, month + 1, 1)
    next_first = (first + dt.timedelta(days=31)).replace(day=1)
    return first.replace(day=min(day.day, (next_first - first).days))
