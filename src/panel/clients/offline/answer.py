"""Answer: from a prompt to the JSON text of a reply, as a pure function of both.

In goes the prompt: the tool's fields from its fence, the persona and its signals from `local`, the keys from the reply
schema. Out comes the text that a parser reads like any other. No clock, no network, no randomness.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from panel.clients.offline import notes
from panel.clients.offline.reading import lexicon_of, read
from panel.clients.offline.review import review
from panel.clients.offline.scoring import scores
from panel.clients.offline.seat import Seat
from panel.errors import SeatFailed
from panel.records.prompt import Prompt
from panel.records.scale import SCALE

_PARTS: dict[str, Callable[[Seat], Any]] = {
    "steering": lambda seat: seat.reading.steering,
    "evidence": notes.evidence,
    "not_stated": notes.not_stated,
    "basis": lambda seat: seat.reading.basis,
    "answers": notes.answers,
    "concerns": notes.concerns,
    "doubt": lambda seat: None,  # a rubric remembers nothing that could conflict with the text
    "review": review,
    "pick_if": notes.pick_if,
    "walk_away_if": notes.walk_away_if,
    "prediction": notes.prediction,
    "criteria": lambda seat: {name: score.value for name, score in seat.scores.items()},
    "score": lambda seat: seat.score,
    "verdict": lambda seat: "ship" if seat.ships else "skip",
}


def answer(prompt: Prompt) -> str:
    """The reply as JSON text, its keys in the schema's order; raises SeatFailed where the persona has no signals."""
    local = prompt.local
    if local is None:
        raise SeatFailed(
            "This persona lists no signals, so the offline rubric has nothing to answer from.",
            hint="Add a `signals:` section to its file (docs/offline.md), or ask a model with --model.",
            code="no_signals",
            retryable=False,
        )
    lexicon = lexicon_of(local.signals.kinds, local.signals.grammar)
    reading = read(tuple(prompt.fenced().items()), lexicon)
    scored = scores(local.signals, reading, [criterion.id for criterion in local.criteria], SCALE)
    seat = Seat(local, reading, scored, SCALE)
    keys = prompt.reply_schema["required"]
    return json.dumps({str(key): _PARTS[str(key)](seat) for key in keys or ()}, ensure_ascii=False)  # type: ignore[union-attr]
