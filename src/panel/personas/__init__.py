"""Personas: who is asked, from files that people edit to `Persona` records.

    load("personas/builder.yaml")    one persona
    load_all("personas")             all of a folder, by id, in the order in which they sit
    lint(path)                       everything that is wrong, or will make its reviews worse, with the fix
    new_text("auditor", "Auditor")   a commented file to begin a persona with; `begin` writes it

An unknown key is an error: a misspelt key would otherwise silently change what a model is asked.
"""

from panel.personas.begin import begin
from panel.personas.linting import lint
from panel.personas.loading import load, load_all
from panel.personas.skeleton import new_text

__all__ = ["begin", "lint", "load", "load_all", "new_text"]
