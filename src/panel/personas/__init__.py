"""Personas: who is asked, from files that people edit to `Persona` records.

    load("personas/builder.yaml")    one persona
    load_all("personas")             all of a folder, by id, in the order in which they sit
    lint(path)                       everything that is wrong, or will make its reviews worse, with the fix
    new_text("auditor", "Auditor")   a commented file to begin a persona with; `begin` writes it

An unknown key is an error: a misspelt key would otherwise silently change what a model is asked.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from panel.personas.begin import begin
from panel.personas.inviting import check_signals, invited, named
from panel.personas.loading import load, load_all
from panel.personas.skeleton import new_text

if TYPE_CHECKING:
    from panel.records.finding import Finding

__all__ = ["begin", "check_signals", "invited", "lint", "load", "load_all", "named", "new_text"]


def lint(path: Path) -> list[Finding]:
    """All findings of one file or of a folder, file by file. What cannot be read is a finding too."""
    from panel.personas.linting import lint as check  # a review has no use for it

    return check(path)
