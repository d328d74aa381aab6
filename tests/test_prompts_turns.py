"""Prompts made in any order are the same prompts: nothing of one tool, persona or variant is left for the next."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from pathlib import Path

from panel.prompts import Prompter
from panel.records.prompt import Prompt
from panel.records.seat import Variant
from panel.records.tool import Tool
from panel.testing import TOOL, persona

FOLDER = Path(__file__).parents[1] / "prompts"
OTHER = TOOL.model_copy(update={"id": "other", "name": "Other", "description": "Another thing altogether."})
PERSONA = persona()


Case = tuple[Tool, Variant]


def made(cases: Iterable[Case]) -> dict[tuple[str, str], Prompt]:
    """The prompts for these tools and variants, by one prompter, one after another."""
    prompter = Prompter.load(FOLDER)
    return {(tool.id, variant): prompter.prompt(tool, PERSONA, variant=variant) for tool, variant in cases}


def test_what_was_asked_before_makes_no_difference() -> None:
    cases: list[Case] = [(TOOL, "open"), (OTHER, "open"), (TOOL, "blind"), (OTHER, "blind")]
    alone = {place: prompt for case in cases for place, prompt in made([case]).items()}
    assert all(made(order) == alone for order in permutations(cases))
