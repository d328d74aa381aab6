"""Fixed words that every face shares: flags, entries, and how dates, money and counts are written.

One place, so that terminal, Markdown and HTML say the same thing in the same words. No markup, no escaping, no card.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from panel.records.card import Choice
from panel.records.scale import SCALE
from panel.records.verdict import FlagCode

NOT_MEANT = (
    "A score is a judgement formed from the description alone: it is no measurement, no test result, no probability "
    "and nobody's experience of the tool, and it compares only with scores of the same panel."
)

FLAGS: dict[FlagCode, tuple[str, str]] = {
    FlagCode.QUOTE_NOT_FOUND: ("quote not found", "A passage quoted as evidence does not stand in the description."),
    FlagCode.NO_QUOTE_FOUND: ("no quote found", "None of the passages quoted as evidence stands in the description."),
    FlagCode.BORROWED_EXPERIENCE: (
        "claims experience",
        "The text speaks as if its writer had used the tool. Nobody has; read that passage as opinion.",
    ),
    FlagCode.BANNED_PHRASE: ("stock phrase", "The text uses a phrase this reviewer is told never to write."),
    FlagCode.SCORE_STRAYS: (
        "score strays",
        f"The score lies more than {SCALE.stray} points from what its criteria give, or on the other side of "
        f"{SCALE.ship_from}.",
    ),
    FlagCode.REVIEW_LENGTH: ("off length", "The review is shorter or longer than asked for."),
    FlagCode.CLAUSE_SHAPE: ("advice misshapen", "The advice does not complete the sentence it was asked to complete."),
    FlagCode.STEERING_REPORTED: (
        "steering reported",
        "The reviewer reports that the description tries to instruct its reader.",
    ),
    FlagCode.STEERING_SUSPECTED: (
        "steering suspected",
        "A check in code found words in the description that address the reviewer.",
    ),
    FlagCode.THIN_BASIS: ("thin basis", "The reviewer found the description thin, and wrote less."),
    FlagCode.DOUBT: ("doubt", "Something in the description conflicts with what the model knows. It is not scored."),
    FlagCode.MAKER_CONFLICT: ("maker's own tool", "The maker of the reviewing model also makes this tool."),
}
"""A short label and one sentence for each flag."""

ENTRIES = {"free": "Free", "freemium": "Free to start", "paid": "Paid", "unknown": "Not stated"}
CHOICES = {
    Choice.SHIP: "Ship with",
    Choice.NEITHER: "Neither",
    Choice.TOO_CLOSE: "Too close to call",
    Choice.NOT_COMPARABLE: "Not comparable",
    Choice.INCOMPLETE: "Incomplete",
}
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_LEAST = Decimal("0.0001")


def date(day: dt.date) -> str:
    """A day as a reader writes it, whatever the locale: 20 November 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def money(usd: Decimal | None, most_usd: Decimal | None = None) -> str:
    """US dollars, to a hundredth of a cent; an unknown charge is not zero, and has its bound told, if there is one."""
    if usd is None:
        return f"at most {money(most_usd)}" if most_usd else "not known"
    if not usd:
        return "no charge"
    return f"${usd.quantize(_LEAST, ROUND_HALF_UP):f}" if usd >= _LEAST else f"less than ${_LEAST}"


def count(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it needs one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def sentence(text: str) -> str:
    """The text with a full stop, unless it ends in a mark of its own."""
    return text if text.endswith((".", "!", "?", "…", ".”", '."')) else f"{text}."


def joined(names: Sequence[str]) -> str:
    """A list in a sentence: "A", "A and B", "A, B and C"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def marked(code: FlagCode, where: Sequence[str]) -> str:
    """What a flag means, and where on this card it stands."""
    here = f" Here: {'; '.join(where)}." if where else ""
    return f"{FLAGS[code][1]}{here}"
