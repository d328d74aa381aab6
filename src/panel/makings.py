"""Makings: what a run's questions are made of, and the questions put together from it again, word for word.

In go a run's inputs by hash and a line of its plan; out comes the seat's question with what reading its replies needs.
Nothing is read from files here but what is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from panel.errors import StoreError
from panel.prompts import Prompter
from panel.records.persona import Persona
from panel.records.prompt import Message, Prompt
from panel.records.reply_schema import schema_name
from panel.records.run import InputLine, PlanLine
from panel.records.scale import Scale
from panel.records.signals import Signals
from panel.records.tool import Tool


class Asked(NamedTuple):
    """A planned seat with what reading its replies needs."""

    plan: PlanLine
    prompt: Prompt
    persona: Persona
    scale: Scale


class Makings:
    """What a run's questions are made of, by hash, each looked up as it is needed.

    Each look-up raises StoreError for what `inputs` does not hold.
    """

    def __init__(self, inputs: Mapping[str, InputLine]) -> None:
        self.table = lru_cache(maxsize=64)(lambda sha: mapping_of(inputs, sha))
        self.persona = lru_cache(maxsize=64)(lambda sha: Persona.model_validate(mapping_of(inputs, sha)))
        self.scale = lru_cache(maxsize=8)(lambda sha: Scale.model_validate(mapping_of(inputs, sha)))
        self.signals = lru_cache(maxsize=64)(lambda sha: Signals.model_validate(mapping_of(inputs, sha)))
        self.text = lru_cache(maxsize=64)(lambda sha: str(input_of(inputs, sha)))
        self.tool = lru_cache(maxsize=8)(lambda sha: Tool.model_validate(mapping_of(inputs, sha)))

    def asked(self, plan: PlanLine) -> Asked:
        """A planned seat with its question, put together again."""
        ids, persona = plan.ids, self.persona(plan.ids.persona)
        prompt = Prompt(
            messages=tuple(
                Message(role="user" if place else "system", content=self.text(sha))
                for place, sha in enumerate(plan.messages)
            ),
            reply_schema=self.table(ids.reply_schema),
            schema_name=schema_name(persona),
            ids=ids,
        )
        return Asked(plan, prompt, persona, self.scale(ids.scale))

    def prompter(self, plan: PlanLine) -> Prompter:
        """The words that the seat's question was put together with, for asking again."""
        templates = {name: str(text) for name, text in self.table(plan.ids.templates).items()}
        return Prompter(templates, self.scale(plan.ids.scale))


def input_of(inputs: Mapping[str, InputLine], sha: str) -> object:
    """What stands under a hash; raises StoreError where the run does not hold it."""
    try:
        return inputs[sha].value
    except KeyError:
        raise StoreError(
            f"inputs.jsonl lacks the entry {sha[:12]} that plan.jsonl refers to",
            hint="The run folder is incomplete; copy it again from where it was made.",
        ) from None


def mapping_of(inputs: Mapping[str, InputLine], sha: str) -> dict[str, object]:
    """The table that stands under a hash."""
    value = input_of(inputs, sha)
    return dict(value) if isinstance(value, dict) else {}
