"""The scale: one object owns bounds, line, margins and words."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from panel.prompts import Prompter
from panel.records.reply_schema import reply_schema
from panel.records.scale import SCALE, Scale
from panel.testing import TOOL, persona

criteria = st.lists(st.integers(0, 10), min_size=1, max_size=8)


def test_sixty_ships_and_fifty_nine_skips() -> None:
    """The ship line belongs to ship."""
    assert (SCALE.call(60), SCALE.call(59)) == ("ship", "skip")


@given(criteria)
def test_the_score_from_criteria_stays_on_the_scale(values: list[int]) -> None:
    """Ten times the mean, rounded half up, is always a score, and never strays from itself."""
    score = SCALE.from_criteria(values)
    assert SCALE.holds(score)
    assert abs(score - 10 * sum(values) / len(values)) <= 0.5
    assert not SCALE.strays(score, values)


def test_a_score_strays_by_distance_or_by_side() -> None:
    """Law 3: more than ten away, or across the line, is flagged."""
    assert SCALE.strays(82, [7, 7, 7, 7])
    assert not SCALE.strays(80, [7, 7, 7, 7])
    assert SCALE.strays(60, [6, 6, 6, 5])
    assert not SCALE.strays(59, [6, 6, 6, 5])


def test_another_scale_changes_prompt_schema_and_parser_together() -> None:
    """Law 2: the prompt's words, the schema's bounds and the ids all come from the one scale handed in."""
    strict = Scale(ship_from=70, criterion_high=5)
    prompter = Prompter.load(Path(__file__).parents[2] / "prompts", strict)
    prompt = prompter.prompt(TOOL, persona())
    assert "70 or more means ship, below 70 means skip" in prompt.messages[0].content
    assert "from 0 to 5" in prompt.messages[0].content
    assert reply_schema(persona(), strict)["properties"]["criteria"]["properties"]["clarity"]["maximum"] == 5
    assert prompt.ids.scale != Prompter.load(Path(__file__).parents[2] / "prompts").prompt(TOOL, persona()).ids.scale
