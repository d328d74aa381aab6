"""Persona: who is asked. A file a non-programmer can edit; unknown keys are errors.

What is said to a model comes from `brief` to `never_writes`; `signals` serve clients that read no prose (the offline
rubric) and are never sent.
"""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from panel.records.base import Record, Slug
from panel.records.signals import Signals

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""An id that is also a key of the reply: lower case, digits, underscore."""


class Anchors(Record):
    """What a low (0-3), a middle (4-6) and a high (7-10) score of a criterion look like."""

    low: Line
    middle: Line
    high: Line


class Criterion(Record):
    """One thing a persona scores. `asks` says what it means; 10 is always best for the adopter."""

    id: Word
    name: Line
    asks: Line
    anchors: Anchors


class Question(Record):
    """One thing a persona must answer in a note."""

    id: Word
    asks: Line


class Persona(Record):
    """A reviewer. `votes` is false for one that only serves analysts; `predicts` for one that names a date."""

    id: Slug
    name: Line
    motto: Line
    brief: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
    voice: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
    questions: tuple[Question, ...] = Field(min_length=1, max_length=8)
    criteria: tuple[Criterion, ...] = Field(min_length=2, max_length=8)
    excited_by: tuple[Line, ...] = Field(default=(), max_length=12)
    tired_of: tuple[Line, ...] = Field(default=(), max_length=12)
    never_writes: tuple[Line, ...] = Field(default=(), max_length=60)
    predicts: bool = False
    votes: bool = True
    signals: Signals | None = None

    @model_validator(mode="after")
    def _ids_are_distinct(self) -> Self:
        for kind, ids in (("question", [q.id for q in self.questions]), ("criterion", [c.id for c in self.criteria])):
            twice = sorted({name for name in ids if ids.count(name) > 1})
            if twice:
                raise ValueError(f"{kind} id {twice[0]!r} is used twice")
        return self
