"""Inviting: which personas sit, by the ids that a command or the settings name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from panel.authored import nearest
from panel.errors import UsageError
from panel.records.persona import Persona


def invited(known: Mapping[str, Persona], names: Sequence[str], folder: Path) -> tuple[Persona, ...]:
    """The personas named, each once, in the order named; without names, all that vote. Raises UsageError."""
    if names:
        return tuple(_named(known, name, folder) for name in dict.fromkeys(names))
    voting = tuple(persona for persona in known.values() if persona.votes)
    if not voting:
        raise UsageError(f"no persona in {folder} votes", hint="`panel personas new ID` writes one to begin from.")
    return voting


def _named(known: Mapping[str, Persona], name: str, folder: Path) -> Persona:
    if name in known:
        return known[name]
    near = nearest(name, tuple(known), 1)
    guess = f"Did you mean {near[0]!r}? " if near else ""
    raise UsageError(f"no persona {name!r} in {folder}", hint=f"{guess}Known: {', '.join(known)}.")
