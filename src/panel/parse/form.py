"""The form: what one seat was asked to fill in, prepared once for everything that reads its reply."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any

from panel.parse.words import matchable
from panel.records.fence import CLOSE, OPEN, unfence
from panel.records.persona import Persona
from panel.records.prompt import Prompt
from panel.records.reply_schema import keys_of, reply_schema
from panel.records.scale import Scale


class Form:
    """Keys and schema of the reply, the fields of the tool as sent, and our own words round them."""

    def __init__(self, prompt: Prompt, persona: Persona, scale: Scale) -> None:
        self.persona = persona
        self.scale = scale
        self.keys = keys_of(persona)
        self.schema: dict[str, Any] = reply_schema(persona, scale)
        self.schema_name = prompt.schema_name
        self.fields = _fields(prompt.messages[1].content)
        self._messages = [message.content for message in prompt.messages[:2]]

    @cached_property
    def matchable_fields(self) -> Mapping[str, str]:
        """The fields of the tool, normalised for matching quotes."""
        return _matchable_fields(tuple(self.fields.items()))

    @cached_property
    def own_words(self) -> str:
        """Everything we said to the model, without the tool's fields, normalised and in lower case."""
        return _folded("\n".join(map(_outside_fences, self._messages)))


@lru_cache(maxsize=256)  # the same for every seat before one tool, and replies to several tools arrive mixed
def _fields(message: str) -> Mapping[str, str]:
    return unfence(message)


@lru_cache(maxsize=256)
def _matchable_fields(fields: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return {name: matchable(text) for name, text in fields}


@lru_cache(maxsize=64)  # the same for every seat of one persona
def _folded(text: str) -> str:
    return matchable(text).casefold()


@lru_cache(maxsize=16)
def _outside_fences(message: str) -> str:
    """A message without its fenced blocks; a mark that is only spoken of, inside a line, opens nothing."""
    kept, inside = [], False
    for line in message.split("\n"):
        if line.startswith(f"{OPEN}data ") and line.endswith(CLOSE):
            inside = True
        if not inside:
            kept.append(line)
        if line.startswith(f"{OPEN}end ") and line.endswith(CLOSE):
            inside = False
    return "\n".join(kept)
