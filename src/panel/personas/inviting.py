"""Inviting: which personas sit, by the ids that a command or the settings name.

A persona sits once its texts are written: what `panel personas new` began is neither sent nor paid for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from panel.authored import field_name, nearest
from panel.errors import UsageError
from panel.personas.skeleton import blanks
from panel.records.model import Model
from panel.records.persona import Persona


def invited(known: Mapping[str, Persona], names: Sequence[str], folder: Path) -> tuple[Persona, ...]:
    """The personas named, each once, in the order named; without names, all that vote and are filled in.

    Raises UsageError for a name that is unknown or whose persona is not filled in, and where nobody is left.
    """
    if names:
        return tuple(_finished(named(known, name, folder), folder) for name in dict.fromkeys(names))
    voting = tuple(persona for persona in known.values() if persona.votes and _blank(persona) is None)
    if not voting:
        raise UsageError(
            f"no persona in {folder} votes and is filled in",
            hint="`panel personas new ID` writes one to begin from; `panel personas lint` says what one still lacks.",
        )
    return voting


def check_signals(personas: Iterable[Persona], models: Iterable[Model]) -> None:
    """Raise UsageError, before anything is asked, where the offline rubric is to sit for a persona without signals."""
    bare = next((persona.id for persona in personas if persona.signals is None), None)
    if bare is not None and any(model.reads_local for model in models):
        raise UsageError(
            f"persona {bare!r} has no signals, so the offline rubric cannot sit for it",
            hint="Name a language model with --model, or leave it out: name those who sit with --persona.",
        )


def _finished(persona: Persona, folder: Path) -> Persona:
    blank = _blank(persona)
    if blank is not None:
        raise UsageError(
            f"{folder / persona.id}.yaml, {blank}: is not filled in yet",
            hint="Write its texts first; `panel personas lint` names all that are missing.",
        )
    return persona


def _blank(persona: Persona) -> str | None:
    """The first field that nobody has written yet, in words, or None."""
    first = next(blanks(persona.model_dump(mode="json", exclude={"signals"})), None)
    return None if first is None else field_name(first)


def named(known: Mapping[str, Persona], name: str, folder: Path) -> Persona:
    """The persona of this id, filled in or not; raises UsageError with the nearest and all known ids.

    `folder` is where they come from.
    """
    if name in known:
        return known[name]
    near = nearest(name, tuple(known), 1)
    guess = f"Did you mean {near[0]!r}? " if near else ""
    raise UsageError(f"no persona {name!r} in {folder}", hint=f"{guess}Known: {', '.join(known)}.")
