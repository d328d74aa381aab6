"""Panel: personas × models × repeats that sit together, and the seats they make before a tool."""

from collections.abc import Iterator
from typing import Self

from pydantic import Field, model_validator

from panel.records.base import Record
from panel.records.model import Model
from panel.records.persona import Persona
from panel.records.seat import Slot, Variant

MAX_REPEATS = 50
"""More repeats of one question than this are a mistake in a command, not a measurement."""


class Panel(Record):
    """Who sits. Personas and models are distinct by id and by name; their order is the order shown."""

    personas: tuple[Persona, ...] = Field(min_length=1)
    models: tuple[Model, ...] = Field(min_length=1)
    repeats: int = Field(default=1, ge=1, le=MAX_REPEATS)
    variant: Variant = "open"

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for kind, names in (("persona", [p.id for p in self.personas]), ("model", [m.name for m in self.models])):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{kind} {twice[0]!r} is invited twice; use repeats to ask it more than once")
        asked = [(model.endpoint, model.model, sorted(model.parameters.items(), key=str)) for model in self.models]
        if any(item in asked[:place] for place, item in enumerate(asked)):
            raise ValueError("two models are the same one under two names; use repeats to ask it more than once")
        return self

    def repeats_of(self, model: Model) -> int:
        """How often a model is asked: a model without randomness sits once."""
        return 1 if model.is_offline else self.repeats

    def seats(self, tool_id: str) -> Iterator[tuple[Persona, Model, Slot]]:
        """Every seat before one tool, persona by persona."""
        for persona in self.personas:
            for model in self.models:
                for repeat in range(self.repeats_of(model)):
                    slot = Slot(tool=tool_id, persona=persona.id, model=model.name, repeat=repeat, variant=self.variant)
                    yield persona, model, slot
