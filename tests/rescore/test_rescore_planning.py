"""Planning: which seats of a catalogue are fresh, which are stale and why, and what invalidates nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from rescore.catalogues import MODEL, NOW, PAIR, PANEL, PROMPTER, Speaks, World, tool, tools

from panel.prompts import Prompter
from panel.records.model import Model
from panel.records.panel import Panel
from panel.records.standing import Cause
from panel.rescore.laying import Scope
from panel.rescore.planning import Wish


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "runs")


def sits(**model: Any) -> Panel:
    """The panel before another model."""
    return Panel(personas=PAIR, models=(MODEL.model_copy(update=model),))


async def test_what_was_never_asked_is_missing_and_what_was_is_fresh(world: World) -> None:
    assert set(world.states(tools("alder", "beech")).values()) == {"missing"}
    await world.rescore(tools("alder"))
    assert world.states(tools("alder", "beech")) == {
        "alder/builder": "fresh",
        "alder/skeptic": "fresh",
        "beech/builder": "missing",
        "beech/skeptic": "missing",
    }


class TestCauses:
    async def test_another_description_makes_all_its_seats_stale(self, world: World) -> None:
        await world.rescore(tools("alder", "beech"))
        changed = tool("alder", description=f"{tool('alder').description} It has a second maintainer now.")
        assert world.states([changed, tool("beech")]) == {
            "alder/builder": "stale: tool",
            "alder/skeptic": "stale: tool",
            "beech/builder": "fresh",
            "beech/skeptic": "fresh",
        }

    async def test_another_persona_makes_its_own_seats_stale(self, world: World) -> None:
        await world.rescore(tools("alder"))
        other = PAIR[0].model_copy(update={"brief": "You judge tools for a large team."})
        panel = Panel(personas=(other, PAIR[1]), models=(MODEL,))
        assert world.states(tools("alder"), panel) == {"alder/builder": "stale: persona", "alder/skeptic": "fresh"}

    async def test_other_words_of_the_prompt_are_a_cause(self, world: World) -> None:
        await world.rescore(tools("alder"))
        templates = {name: text + "\nBe brief.\n" for name, text in PROMPTER.templates.items()}
        other = Prompter(templates, PROMPTER.scale)
        assert set(world.states(tools("alder"), prompter=other).values()) == {"stale: prompt"}

    async def test_another_question_of_a_persona_is_named_with_the_form_of_the_reply(self, world: World) -> None:
        await world.rescore(tools("alder"))
        other = PAIR[0].model_copy(update={"questions": PAIR[0].questions[:1]})
        found = world.states(tools("alder"), Panel(personas=(other,), models=(MODEL,)))
        assert found == {"alder/builder": "stale: persona, schema"}

    async def test_another_scale_is_a_cause(self, world: World) -> None:
        await world.rescore(tools("alder"))
        scale = PROMPTER.scale.model_copy(update={"ship_from": 61})
        found = world.standings(tools("alder"), prompter=Prompter(PROMPTER.templates, scale))
        assert all(Cause.SCALE in one.causes for one in found.values())

    @pytest.mark.parametrize(
        ("change", "cause"),
        [
            ({"model": "gpt-house-2"}, "model"),
            ({"parameters": {"temperature": 1}}, "parameters"),
            ({"endpoint": "http://10.0.0.7/v1"}, "endpoint"),
            ({"model": "gpt-house-2", "endpoint": "other"}, "model, endpoint"),
        ],
    )
    async def test_what_answers_is_a_cause(self, world: World, change: dict[str, Any], cause: str) -> None:
        await world.rescore(tools("alder"))
        assert set(world.states(tools("alder"), sits(**change)).values()) == {f"stale: {cause}"}

    @pytest.mark.parametrize(
        "change",
        [
            {"base_url": "http://10.0.0.8:8000/v1"},
            {"concurrency": 64},
            {"max_output_tokens": 9000},
            {"timeout_s": 5.0},
            {"deadline_s": 60.0},
            {"requests_per_minute": 10},
            {"key_variable": "HOUSE_KEY"},
            {"price": {"input": 1, "output": 2}},
            {"schema_mode": "json_object"},
        ],
    )
    async def test_what_cannot_change_the_answer_invalidates_nothing(
        self, world: World, change: dict[str, Any]
    ) -> None:
        """A named endpoint may move, limits and prices may change, and caps may be raised."""
        await world.rescore(tools("alder"))
        moved = Model.model_validate(MODEL.model_dump() | change)
        assert set(world.states(tools("alder"), Panel(personas=PAIR, models=(moved,))).values()) == {"fresh"}

    async def test_another_model_under_the_same_name_makes_whole_panels_stale(self, world: World) -> None:
        """Over all runs: that it changed was seen on another tool, in another run."""
        await world.rescore(tools("alder"), Speaks(served="gpt-house-1-may"))
        await world.rescore(tools("beech"), Speaks(served="gpt-house-1-june", at=NOW + dt.timedelta(days=30)))
        assert world.states(tools("alder", "beech")) == {
            "alder/builder": "stale: served",
            "alder/skeptic": "stale: served",
            "beech/builder": "fresh",
            "beech/skeptic": "fresh",
        }

    async def test_the_other_model_of_an_older_answer_makes_nothing_stale(self, world: World) -> None:
        await world.rescore(tools("alder"), Speaks(served="gpt-house-1-june"))
        await world.rescore(tools("beech"), Speaks(served="gpt-house-1-may", at=NOW - dt.timedelta(days=30)))
        assert world.states(tools("alder"))["alder/builder"] == "fresh"

    async def test_answers_older_than_asked_for_are_stale(self, world: World) -> None:
        await world.rescore(tools("alder"), Speaks(at=NOW - dt.timedelta(days=31)))
        await world.rescore(tools("beech"), Speaks(at=NOW - dt.timedelta(days=29)))
        found = world.states(tools("alder", "beech"), wish=Wish(older_than=dt.timedelta(days=30)))
        assert (found["alder/builder"], found["beech/builder"]) == ("stale: age", "fresh")

    async def test_an_abstention_is_an_answer_unless_it_is_to_be_asked_again(self, world: World) -> None:
        refusal = "I'm sorry, but I can't help with that."
        await world.rescore(tools("alder"), Speaks(says=lambda tool, who: refusal if who == "skeptic" else None))
        assert set(world.states(tools("alder")).values()) == {"fresh"}
        assert world.states(tools("alder"), wish=Wish(retry_abstained=True)) == {
            "alder/builder": "fresh",
            "alder/skeptic": "stale: abstained",
        }

    async def test_more_repeats_are_missing_and_what_is_there_is_fresh(self, world: World) -> None:
        await world.rescore(tools("alder"))
        found = world.states(tools("alder"), Panel(personas=PAIR[:1], models=(MODEL,), repeats=3))
        assert found == {"alder/builder#0": "fresh", "alder/builder#1": "missing", "alder/builder#2": "missing"}

    async def test_a_tool_that_was_renamed_is_fresh(self, world: World) -> None:
        """Slugs are no part of a question."""
        await world.rescore([tool("alder")])
        renamed = tool("alder").model_copy(update={"id": "alder-2"})
        assert set(world.states([renamed]).values()) == {"fresh"}

    def test_every_cause_has_words(self) -> None:
        assert all(cause.words for cause in Cause)


class TestShown:
    """What stays in view while a new panel is asked."""

    async def test_a_stale_seat_shows_its_answer_of_before(self, world: World) -> None:
        first = await world.rescore(tools("alder"))
        found = world.standings([tool("alder", tagline="Another line")])
        assert {one.was.run for one in found.values() if one.was} == {first}

    async def test_answers_of_an_incomplete_panel_are_not_in_view(self, world: World) -> None:
        first = await world.rescore(tools("alder"))
        changed = tool("alder", tagline="Another line")
        half = world.begin([changed])
        await world.go_on(half.run, Speaks(says=lambda tool, who: ValueError("no") if who == "skeptic" else None))
        found = world.standings([changed])
        assert (found["alder/builder"].state, found["alder/skeptic"].state) == ("fresh", "stale")
        assert {one.was.run for one in found.values() if one.was} == {first}

    async def test_once_a_later_run_is_done_with_the_panel_they_are(self, world: World) -> None:
        changed = tool("alder", tagline="Another line")
        half = world.begin([changed])
        await world.go_on(half.run, Speaks(says=lambda tool, who: ValueError("no") if who == "skeptic" else None))
        rest = await world.rescore([changed])
        found = world.standings([tool("alder", tagline="A third line")])
        shown = {slot: one.was.run for slot, one in found.items() if one.was}
        assert shown == {"alder/builder": half.run, "alder/skeptic": rest}


async def test_seats_come_tool_by_tool_in_the_order_of_the_catalogue(world: World) -> None:
    names = [f"tool-{number}" for number in range(130)]
    assert list(world.states(tools(*names))) == [f"{name}/{who.id}" for name in names for who in PAIR]


def test_nothing_is_written_by_a_plan_alone(world: World) -> None:
    world.states(tools("alder"), PANEL)
    assert not list(world.runs.root.glob("run-*"))
    assert Scope().covers(tool("alder"))
