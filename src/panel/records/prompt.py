"""Prompt: what a seat is asked, exactly as sent, and the ids of what made it."""

from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, StringConstraints

from panel.records.base import Record, Sha, Slug
from panel.records.fence import unfence
from panel.records.persona import Criterion, Persona, Question
from panel.records.signals import Signals

Role = Literal["system", "user", "assistant"]


class Message(Record):
    """One message as sent."""

    role: Role
    content: str


class PromptIds(Record):
    """The hashes of what made a prompt. `persona` covers what is sent of it, not its signals."""

    tool: Sha
    persona: Sha
    templates: Sha
    reply_schema: Sha
    scale: Sha
    signals: Sha | None = None


class Local(Record):
    """What travels with the prompt for clients that read it, and is never sent."""

    persona_id: Slug
    persona_name: str
    predicts: bool
    questions: tuple[Question, ...]
    criteria: tuple[Criterion, ...]
    signals: Signals

    @classmethod
    def of(cls, persona: Persona, signals: Signals) -> Self:
        """What clients are given of a persona."""
        return cls(
            persona_id=persona.id,
            persona_name=persona.name,
            predicts=persona.predicts,
            questions=persona.questions,
            criteria=persona.criteria,
            signals=signals,
        )


class Prompt(Record):
    """Messages and reply schema as sent: static text first, in the same bytes for every tool, the description last."""

    messages: tuple[Message, ...] = Field(min_length=2)
    reply_schema: dict[str, JsonValue]
    schema_name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    ids: PromptIds
    local: Local | None = None
    max_output_tokens: int | None = None
    """The cap on this answer where it is another than the model's: a cut reply is asked again with a larger one."""

    def fenced(self) -> dict[str, str]:
        """The fields of the tool as they were sent, by name."""
        return unfence(self.messages[1].content)
