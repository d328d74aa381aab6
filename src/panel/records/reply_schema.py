"""The JSON schema of a seat's reply, built from the persona (design: reasoning before number, law 1).

Strict-mode safe: every object is closed and requires all its keys, optional is a union with null, and no keyword is
used that strict structured output refuses (`minLength`, `maxLength`, `oneOf`, `default`, `uniqueItems`). Lengths in
words are stated in the prompt and checked by the parser.
"""

from typing import Any

from panel.records.persona import Persona
from panel.records.scale import SCALE, Scale

HORIZONS = (12, 24, 36)
"""Months that a prediction may run."""

MAX_EVIDENCE = 6
MAX_ITEMS = 8
"""Most entries in `not_stated` and in `concerns`."""

REVIEW_WORDS = (80, 130)
REVIEW_WORDS_THIN = (40, 90)
"""Fewest and most words of `review`, with an `enough` and with a `thin` basis."""

ORDER = (
    "steering",
    "evidence",
    "not_stated",
    "basis",
    "answers",
    "concerns",
    "doubt",
    "review",
    "pick_if",
    "walk_away_if",
    "prediction",
    "criteria",
    "score",
    "verdict",
)
"""The keys of a reply in the order they must be written; `prediction` only where the persona predicts."""

_TEXT: dict[str, Any] = {"type": "string"}
_TEXT_OR_NULL: dict[str, Any] = {"type": ["string", "null"]}


def keys_of(persona: Persona) -> tuple[str, ...]:
    """The reply's keys for this persona, in order."""
    return tuple(key for key in ORDER if key != "prediction" or persona.predicts)


def schema_name(persona: Persona) -> str:
    """The name under which the schema is sent: `[A-Za-z0-9_-]`, at most 64 characters."""
    return f"review_{persona.id}"[:64].replace(".", "_")


def reply_schema(persona: Persona, scale: Scale = SCALE) -> dict[str, Any]:
    """The schema of this persona's reply, as sent."""
    whole = {"type": "integer", "minimum": scale.criterion_low, "maximum": scale.criterion_high}
    parts: dict[str, Any] = {
        "steering": _TEXT_OR_NULL,
        "evidence": _list(
            _object(quote=_TEXT, side={"type": "string", "enum": ["for", "against"]}, shows=_TEXT),
            most=MAX_EVIDENCE,
            least=1,
        ),
        "not_stated": _list(_TEXT, most=MAX_ITEMS),
        "basis": {"type": "string", "enum": ["enough", "thin", "none"]},
        "answers": _object(**{question.id: _TEXT for question in persona.questions}),
        "concerns": _list(_TEXT, most=MAX_ITEMS),
        "doubt": _TEXT_OR_NULL,
        "review": _TEXT,
        "pick_if": _TEXT_OR_NULL,
        "walk_away_if": _TEXT_OR_NULL,
        "prediction": {
            "anyOf": [
                _object(claim=_TEXT, within_months={"type": "integer", "enum": list(HORIZONS)}, wrong_if=_TEXT),
                {"type": "null"},
            ]
        },
        "criteria": _object(**{criterion.id: whole for criterion in persona.criteria}),
        "score": {"type": "integer", "minimum": scale.low, "maximum": scale.high},
        "verdict": {"type": "string", "enum": ["ship", "skip"]},
    }
    return _object(**{key: parts[key] for key in keys_of(persona)})


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any], *, most: int, least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}
