"""What the tests of the offline rubric share: the shipped personas, made-up tools, and what became of them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from panel.catalogue import read_tool
from panel.clients.offline.answer import answer
from panel.clients.offline.reading import Reading, lexicon_of, read
from panel.personas import load_all
from panel.prompts import Prompter
from panel.records.persona import Persona
from panel.records.prompt import Prompt
from panel.records.signals import Signals
from panel.records.tool import Tool

ROOT = Path(__file__).parents[2]
VOTERS = ("builder", "skeptic", "futurist", "founder")


@cache
def personas() -> dict[str, Persona]:
    """The personas as shipped."""
    return load_all(ROOT / "personas")


@cache
def prompter() -> Prompter:
    return Prompter.load(ROOT / "prompts")


@cache
def made_up() -> dict[str, tuple[Tool, str]]:
    """The made-up tools by id, each with what is expected of it."""
    entries = yaml.safe_load((Path(__file__).parent / "offline_descriptions.yaml").read_text("utf-8"))
    return {
        entry["id"]: (Tool(**{k: v for k, v in entry.items() if k != "expect"}), entry["expect"]) for entry in entries
    }


@cache
def catalogue() -> dict[str, Tool]:
    """The tools of the catalogue as shipped, by id."""
    return {path.stem: read_tool(path) for path in sorted((ROOT / "catalogue").glob("*.md"))}


def tool(description: str, **more: Any) -> Tool:
    """A tool of which little more than a description is known."""
    return Tool(**{"id": "sample", "name": "Sample", "description": description, **more})


def prompt(of: Tool, persona: str = "builder") -> Prompt:
    return prompter().prompt(of, personas()[persona])


def said(of: Tool, persona: str = "builder") -> dict[str, Any]:
    """The reply of one persona, as data."""
    reply: dict[str, Any] = json.loads(answer(prompt(of, persona)))
    return reply


def panel_scores(of: Tool) -> dict[str, int]:
    """The scores of the personas that vote."""
    return {name: said(of, name)["score"] for name in VOTERS}


def reading(description: str, **more: Any) -> Reading:
    """What is found in a description."""
    signals = personas()["builder"].signals
    assert isinstance(signals, Signals)
    fields = tool(description, **more).fields()
    return read(tuple(fields.items()), lexicon_of(signals.kinds, signals.grammar))


def kinds_in(description: str, **more: Any) -> set[str]:
    """The kinds found in a description."""
    return set(reading(description, **more).hits)
