"""Prompts: Tool and Persona to Prompt. The only door of jinja2 for words sent to a model.

In go the templates of a `prompts/` folder (`system.j2`, `user.j2`, `reask.j2`), a persona and a tool; out comes the
prompt exactly as sent. The system message is the same bytes for every tool of a persona, so that providers can cache
it; whatever varies stands last, fenced (docs/adr/0003). No clock, no network; outside text never becomes a template.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from panel.errors import InputError
from panel.records.fence import fence
from panel.records.identity import sha
from panel.records.persona import Persona
from panel.records.prompt import Local, Message, Prompt, PromptIds
from panel.records.reply_schema import (
    MAX_EVIDENCE,
    MAX_ITEMS,
    REVIEW_WORDS,
    REVIEW_WORDS_THIN,
    reply_schema,
    schema_name,
)
from panel.records.scale import SCALE, Scale
from panel.records.seat import Variant
from panel.records.tool import Tool

NAMES = ("system", "user", "reask")
"""The templates a folder must hold, as `<name>.j2`."""


class Prompter:
    """Renders prompts from one set of templates and one scale; remembers the static part of each persona.

    `templates` maps each of `NAMES` to its source text.
    """

    def __init__(self, templates: dict[str, str], scale: Scale = SCALE) -> None:
        self.templates = templates
        self.scale = scale
        self.templates_sha = sha(templates)
        environment = ImmutableSandboxedEnvironment(  # a prompts folder found by itself may be somebody else's
            undefined=StrictUndefined,
            autoescape=False,  # plain text, not HTML
            keep_trailing_newline=False,
            optimized=False,  # constant folding costs more here than it saves
        )
        self._compiled = {name: _compiled(environment, name, text) for name, text in templates.items()}
        self._static: dict[int, _Static] = {}
        self._last: _Shown | None = None

    @classmethod
    def load(cls, folder: Path, scale: Scale = SCALE) -> Prompter:
        """Read the templates of a folder; raises InputError naming the file that is missing or wrong."""
        return cls({name: _read(folder / f"{name}.j2") for name in NAMES}, scale)

    def prompt(self, tool: Tool, persona: Persona, *, variant: Variant = "open") -> Prompt:
        """What `persona` is asked about `tool`; raises InputError where a template uses an unknown name.

        A blind panel is shown the record without the names of tool and vendor; nothing else differs.
        """
        static = self._static_of(persona)
        shown = self._shown_of(tool, variant)
        ids = static.prompt.ids.model_copy(update={"tool": shown.sha})
        return static.prompt.model_copy(update={"messages": (static.prompt.messages[0], shown.message), "ids": ids})

    def system(self, persona: Persona) -> str:
        """The static part of a persona's prompt, as sent."""
        return self._static_of(persona).prompt.messages[0].content

    def again(self, prompt: Prompt, fault: str) -> Prompt:
        """The prompt for asking a seat again: the first prompt, fence and all, and what was wrong with the reply.

        `fault` is our own sentence, never text of the reply.
        """
        system, first = prompt.messages[0], prompt.messages[1]
        content = self._render("reask", first=first.content, fault=fault)
        return prompt.model_copy(update={"messages": (system, Message(role="user", content=content))})

    def _shown_of(self, tool: Tool, variant: Variant) -> _Shown:
        """The same for every persona; only the last tool is remembered, since they come one after another."""
        last = self._last
        if last is None or last.tool is not tool or last.variant != variant:
            fields = _blind(tool) if variant == "blind" else tool.fields()
            message = Message(role="user", content=self._render("user", fenced=fence(fields)))
            last = self._last = _Shown(tool, variant, message, sha(fields))
        return last

    def _static_of(self, persona: Persona) -> _Static:
        """By the object and not by its content: signals are long, and hashing them costs more than all the rest."""
        known = self._static.get(id(persona))
        if known is None:
            known = self._static[id(persona)] = self._build(persona)
        return known

    def _build(self, persona: Persona) -> _Static:
        schema = reply_schema(persona, self.scale)
        ids = PromptIds(
            tool="0" * 64,
            persona=sha(persona.model_dump(mode="json", exclude={"signals"})),
            templates=self.templates_sha,
            reply_schema=sha(schema),
            scale=sha(self.scale.model_dump(mode="json")),
            signals=None if persona.signals is None else sha(persona.signals.model_dump(mode="json")),
        )
        content = self._render(
            "system",
            persona=persona,
            scale=self.scale,
            most_evidence=MAX_EVIDENCE,
            most_items=MAX_ITEMS,
            words=REVIEW_WORDS,
            words_thin=REVIEW_WORDS_THIN,
        )
        prompt = Prompt(
            messages=(Message(role="system", content=content), Message(role="user", content="")),
            reply_schema=schema,
            schema_name=schema_name(persona),
            ids=ids,
            local=_local(persona),
        )
        return _Static(persona, prompt)

    def _render(self, name: str, **values: object) -> str:
        try:
            return self._compiled[name].render(**values)
        except Exception as error:  # a template can raise whatever an expression can
            raise InputError(
                f"prompts/{name}.j2: {error}",
                hint="system.j2 may use `persona`, `scale`, `most_evidence`, `most_items`, `words` and "
                "`words_thin`; user.j2 `fenced`; "
                "reask.j2 `first` and `fault`.",
                file=f"{name}.j2",
            ) from error


class _Static(NamedTuple):
    """What is the same for every tool of a persona; keeps the persona, so that no other object takes its id.

    `prompt` lacks the tool: checking it once per persona and copying it costs a fraction of making it anew.
    """

    persona: Persona
    prompt: Prompt


class _Shown(NamedTuple):
    """A tool as the seats before it are shown it."""

    tool: Tool
    variant: Variant
    message: Message
    sha: str


def _blind(tool: Tool) -> dict[str, str]:
    from panel.records.masks import masked  # open panels do without

    return masked(tool).fields()


def _local(persona: Persona) -> Local | None:
    return None if persona.signals is None else Local.of(persona, persona.signals)


def _compiled(environment: Environment, name: str, text: str) -> Template:
    try:
        return environment.from_string(text)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise InputError(
            f"prompts/{name}.j2, line {line}: {error}", hint="Mend the template.", file=f"{name}.j2", line=line
        ) from error


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: cannot read the template: {error}",
            hint="A prompts folder holds system.j2, user.j2 and reask.j2; `panel init DIR` writes them.",
            file=str(path),
        ) from error
