"""Seat: what one persona makes of a reading, ready to be put into words.

Holds the marks in order of weight, the gaps, and the sentences already quoted, so that the parts of a reply do not say
the same thing twice.
"""

from __future__ import annotations

from collections.abc import Iterable

from panel.clients.offline.frames import choose, count_words, fill
from panel.clients.offline.grammar import Hit
from panel.clients.offline.quotes import clause, fit_for_prose
from panel.clients.offline.reading import Reading
from panel.clients.offline.scoring import Mark, Score
from panel.records.prompt import Local
from panel.records.scale import Scale
from panel.records.signals import Signals

PROSE_QUOTE = 16
"""Words of a quote inside a review."""
_LONGEST_NAME = 70
_GOOD, _BAD = 6, 5
"""From which score a criterion may be called good, and up to which bad."""


class Seat:
    """One persona before one tool. What is derived is derived once."""

    def __init__(self, local: Local, reading: Reading, scores: dict[str, Score], scale: Scale) -> None:
        self.local = local
        self.signals = local.signals
        self.reading = reading
        self.scores = scores
        self.scale = scale
        self.score = scale.from_criteria([score.value for score in scores.values()])
        self.ships = scale.call(self.score) == "ship"
        self.name = _name(reading.fields.get("name", ""))
        self.marks = _marks(scores)
        self.gaps = _gaps(self.signals, scores, reading)

    @property
    def capped(self) -> Mark | None:
        """The mark of the kind that bounds the score from above, if one does."""
        caps = {score.cap for score in self.scores.values() if score.cap}
        return next((mark for mark in self.marks if mark.kind in caps), None)

    def is_fact(self, mark: Mark) -> bool:
        """Whether a mark rests on something said of the tool, and not on praise or on how the text is made."""
        return not self.signals.kinds[mark.kind].soft

    @property
    def best(self) -> str:
        """The best criterion, or nothing where even the best is middling."""
        best = max(self.scores, key=lambda name: self.scores[name].value)
        return best if best in self.signals.criteria and self.scores[best].value >= _GOOD else ""

    @property
    def worst(self) -> str:
        """The worst criterion that something speaks against or nothing speaks for; nothing where none is bad."""
        doubtful = [
            name
            for name, score in self.scores.items()
            if score.value <= _BAD and (not score.marks or any(mark.points < 0 for mark in score.marks))
        ]
        worst = min(doubtful, key=lambda name: self.scores[name].value, default="")
        return worst if worst in self.signals.criteria else ""

    @property
    def good(self) -> str:
        """The good end of the best criterion, or nothing."""
        return self.signals.criteria[self.best].good if self.best else ""

    @property
    def bad(self) -> str:
        """The bad end of the worst criterion, or nothing."""
        return self.signals.criteria[self.worst].bad if self.worst else ""

    def choose(self, frames: tuple[str, ...], slot: str, **values: str) -> str:
        """One of several wordings, filled: from one picked by hash on, the first whose places all have a value."""
        name = self.reading.fields.get("name", "")
        at = frames.index(choose(frames, name, self.local.persona_id, slot))
        for frame in (*frames[at:], *frames[:at]):
            if not any(f"{{{place}}}" in frame and not value for place, value in values.items()):
                return fill(frame, name=self.name, **values)
        return ""


def _name(name: str) -> str:
    """The tool's name as it stands in prose."""
    flat = " ".join(name.split()) or "this tool"
    return flat if len(flat) <= _LONGEST_NAME else f"{flat[:_LONGEST_NAME].rsplit(' ', 1)[0]}…"


def _marks(scores: dict[str, Score]) -> list[Mark]:
    """All marks, the heaviest first, each kind once."""
    kept: dict[str, Mark] = {}
    every = [mark for score in scores.values() for mark in score.marks]
    for mark in sorted(every, key=lambda mark: -abs(mark.points)):
        kept.setdefault(mark.kind, mark)
    return list(kept.values())


def _gaps(signals: Signals, scores: dict[str, Score], reading: Reading) -> list[str]:
    """What this persona needed and nobody says, of its weakest criteria first."""
    missing = [
        need
        for name in sorted(scores, key=lambda each: scores[each].value)
        for need, kinds in (signals.criteria[name].needs.items() if name in signals.criteria else ())
        if not any(kind in reading.hits for kind in kinds)
    ]
    return list(dict.fromkeys(missing))


def prose_quote(hits: Iterable[Hit], used: set[str], most: int = PROSE_QUOTE) -> tuple[str, Hit] | None:
    """The first quote that can stand in prose and whose sentence has not been quoted yet; it is then marked used."""
    for hit in hits:
        if hit.steers or not unused(hit, used):  # asked first: it is cheap, and most hits end here
            continue
        text = clause(hit, most)
        if fit_for_prose(text) and 1 < count_words(text) <= most:
            used.add(hit.sentence.text)
            return text, hit
    return None


def unused(hit: Hit, used: set[str]) -> bool:
    """Whether no part of a hit's sentence has been quoted yet."""
    text = hit.sentence.text
    return not any(text in other or other in text for other in used)
