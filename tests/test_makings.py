"""Makings: the question that a run asked, put together again from its inputs, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest
from rescore.catalogues import World, tool

from panel.errors import StoreError
from panel.makings import Makings, input_of, mapping_of
from panel.store import RunReader


@pytest.fixture
def reader(tmp_path: Path) -> RunReader:
    """A run over one tool, planned and not asked."""
    world = World(tmp_path / "runs")
    return world.runs.open(world.begin([tool("alder")]).run)


def test_the_question_is_the_one_that_was_hashed(reader: RunReader) -> None:
    """Law 12: what stands in a run is what was asked, so its key can be made of it again."""
    makings = Makings(reader.inputs())
    for plan in reader.plan():
        asked = makings.asked(plan)
        assert asked.prompt.ids == plan.ids
        assert [message.role for message in asked.prompt.messages] == ["system", "user"]
        assert "Alder" in asked.prompt.messages[1].content
        assert asked.persona.id == plan.slot.persona


def test_the_words_for_asking_again_are_those_of_the_run(reader: RunReader) -> None:
    plan = next(iter(reader.plan()))
    makings = Makings(reader.inputs())
    first = makings.asked(plan).prompt
    again = makings.prompter(plan).again(first, "it was cut")
    assert again.messages[0] == first.messages[0]
    assert again.messages[-1].content.startswith(first.messages[-1].content)
    assert "it was cut" in again.messages[-1].content


def test_what_is_lost_is_named(reader: RunReader) -> None:
    with pytest.raises(StoreError, match="lacks the entry 0000"):
        input_of(reader.inputs(), "0" * 64)
    plan = next(iter(reader.plan()))
    rest = {sha: line for sha, line in reader.inputs().items() if sha != plan.ids.persona}
    with pytest.raises(StoreError, match="copy it again"):
        Makings(rest).asked(plan)


def test_a_text_is_no_table(reader: RunReader) -> None:
    plan = next(iter(reader.plan()))
    assert mapping_of(reader.inputs(), plan.messages[0]) == {}
