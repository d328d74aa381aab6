"""View: what a run over a catalogue shows of each tool, and from which run it comes."""

from __future__ import annotations

from pathlib import Path

import pytest
from rescore.catalogues import MODEL, PAIR, Speaks, World, tool, tools

from panel.drift import drift_between
from panel.errors import StoreError, UsageError
from panel.records.panel import Panel
from panel.records.vote import Outcome
from panel.rescore.laying import Scope
from panel.view import recall, records_of, sources_of

NAMES = [f"tool-{number}" for number in range(20)]
CHANGED = [tool("tool-7", tagline="Another line"), *tools(*NAMES[:7], *NAMES[8:])]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "runs")


def shown(world: World, run: str) -> dict[str, tuple[str, int | None]]:
    """By tool and persona: which run bought the answer in view, and its score."""
    return {
        f"{one.slot.tool}/{one.slot.persona}": (one.run_id, one.scored.score if one.scored else None)
        for one in records_of(world.runs, world.runs.open(run))
    }


def half(world: World, catalogue: list, score: int = 40):  # type: ignore[no-untyped-def]
    """A run in which the skeptic's seats got no reply."""
    return Speaks(score=score, says=lambda name, who: ValueError("no") if who == "skeptic" else None)


async def test_a_run_of_few_seats_shows_the_whole_catalogue(world: World) -> None:
    """Two of forty seats are its own; the others are the older run's, found there."""
    first = await world.rescore(tools(*NAMES), Speaks(score=80))
    second = await world.rescore(CHANGED, Speaks(score=30))
    found = shown(world, second)
    assert len(found) == 40
    assert {slot: told for slot, told in found.items() if told[0] == second} == {
        "tool-7/builder": (second, 30),
        "tool-7/skeptic": (second, 30),
    }
    assert {told for told in found.values() if told[0] == first} == {(first, 80)}


async def test_two_catalogue_runs_are_compared_as_wholes(world: World) -> None:
    first = await world.rescore(tools(*NAMES), Speaks(score=80))
    second = await world.rescore(CHANGED, Speaks(score=30))
    drift = drift_between(world.runs, world.runs.open(first), world.runs.open(second))
    assert (drift.paired, drift.flipped, drift.same_answer, drift.only_before.seats) == (40, 2, 38, 0)
    assert {(flip.tool, flip.after) for flip in drift.flips} == {("tool-7", Outcome.SKIP)}
    assert {cause.value for flip in drift.flips for cause in flip.causes} == {"tool"}


class TestIncomplete:
    """The view of a tool changes only when its new panel is complete."""

    async def test_an_incomplete_panel_shows_the_one_before(self, world: World) -> None:
        first = await world.rescore(tools(*NAMES), Speaks(score=80))
        second = await world.rescore(CHANGED, half(world, CHANGED))
        assert shown(world, second)["tool-7/builder"] == (first, 80)
        assert shown(world, second)["tool-7/skeptic"] == (first, 80)
        await world.go_on(second, Speaks(score=30))
        assert shown(world, second)["tool-7/builder"] == (second, 40)
        assert shown(world, second)["tool-7/skeptic"] == (second, 30)

    async def test_so_does_a_run_that_takes_up_where_it_ended(self, world: World) -> None:
        """Half of the new panel lies in the run before: until the other half is there, neither is in view."""
        first = await world.rescore(tools(*NAMES), Speaks(score=80))
        second = await world.rescore(CHANGED, half(world, CHANGED))
        third = world.begin(CHANGED).run
        await world.go_on(third, half(world, CHANGED))
        assert {shown(world, third)[f"tool-7/{who}"] for who in ("builder", "skeptic")} == {(first, 80)}
        await world.go_on(third, Speaks(score=30))
        assert shown(world, third)["tool-7/builder"] == (second, 40)
        assert shown(world, third)["tool-7/skeptic"] == (third, 30)

    async def test_a_tool_beyond_max_seats_keeps_its_panel(self, world: World) -> None:
        first = await world.rescore(tools(*NAMES), Speaks(score=80))
        second = world.begin(CHANGED, scope=Scope(max_seats=0)).run
        assert len(shown(world, second)) == 40
        assert {run for run, _ in shown(world, second).values()} == {first}

    async def test_a_tool_without_any_panel_before_shows_what_there_is(self, world: World) -> None:
        """Law 6: and what is missing of it."""
        run = await world.rescore(tools("alder"), half(world, []))
        assert shown(world, run) == {"alder/builder": (run, 40), "alder/skeptic": (run, None)}
        assert recall(world.runs, world.runs.open(run), "alder").title == "Alder: Incomplete (Skeptic missing)"

    async def test_a_tool_of_which_nothing_was_ever_asked_is_not_shown(self, world: World) -> None:
        began = world.begin(tools("alder", "beech"), scope=Scope(max_seats=2))
        await world.go_on(began.run)
        assert {slot.split("/")[0] for slot in shown(world, began.run)} == {"alder"}
        with pytest.raises(UsageError) as error:
            recall(world.runs, world.runs.open(began.run), "beech")
        assert error.value.message == f"run {began.run} holds no review of 'beech'"
        assert "beyond --max-seats" in error.value.hint

    async def test_a_persona_that_was_added_is_not_shown_before_it_has_answered(self, world: World) -> None:
        alone = Panel(personas=PAIR[:1], models=(MODEL,))
        first = await world.rescore(tools("alder"), Speaks(score=80), alone)
        second = await world.rescore(tools("alder"), half(world, []))
        assert shown(world, second) == {"alder/builder": (first, 80)}
        await world.go_on(second, Speaks(score=30))
        assert shown(world, second) == {"alder/builder": (first, 80), "alder/skeptic": (second, 30)}


class TestRecall:
    async def test_an_answer_that_an_older_run_holds_makes_the_review(self, world: World) -> None:
        await world.rescore(tools(*NAMES), Speaks(score=80))
        second = await world.rescore(CHANGED, Speaks(score=30))
        reader = world.runs.open(second)
        old, new = recall(world.runs, reader, "tool-3"), recall(world.runs, reader, "tool-7")
        assert [seat.scored and seat.scored.score for seat in old.seats] == [80, 80]
        assert old.tool == tool("tool-3")
        assert [persona.id for persona in old.personas] == ["builder", "skeptic"]
        assert (new.tool.tagline, [seat.run_id for seat in new.seats]) == ("Another line", [second, second])

    async def test_a_panel_of_before_is_shown_with_the_text_of_before(self, world: World) -> None:
        """A verdict stands beside the description that it is about."""
        await world.rescore(tools(*NAMES), Speaks(score=80))
        second = await world.rescore(CHANGED, half(world, CHANGED))
        review = recall(world.runs, world.runs.open(second), "tool-7")
        assert review.tool.tagline == tool("tool-7").tagline
        assert [seat.scored and seat.scored.score for seat in review.seats] == [80, 80]

    async def test_a_tool_is_found_under_its_former_name(self, world: World) -> None:
        run = await world.rescore(tools("alder"))
        assert recall(world.runs, world.runs.open(run), "alder-2", ("alder",)).tool.id == "alder"

    async def test_an_unknown_tool_is_told_without_naming_all(self, world: World) -> None:
        run = await world.rescore(tools(*NAMES))
        with pytest.raises(UsageError) as error:
            recall(world.runs, world.runs.open(run), "nothing")
        assert error.value.hint == "It holds 20 tools of tools."

    async def test_an_older_run_that_is_gone_is_told(self, world: World) -> None:
        from shutil import rmtree

        first = await world.rescore(tools(*NAMES))
        second = await world.rescore(CHANGED)
        rmtree(world.runs.root / first)
        reader = world.runs.open(second)
        with pytest.raises(StoreError, match=f"which run {first} held"):
            recall(world.runs, reader, "tool-3")
        assert {slot.split("/")[0] for slot in shown(world, second)} == {"tool-7"}
        assert any(f"holds answers of run {first}" in problem for problem in reader.torn)

    async def test_a_plan_that_lost_a_line_is_told(self, world: World) -> None:
        """Law 6: a panel that shrank would come to another verdict."""
        run = await world.rescore(tools("alder"))
        file = world.runs.root / run / "plan.jsonl"
        file.write_text(file.read_text("utf-8").splitlines(keepends=True)[0], "utf-8")
        with pytest.raises(StoreError, match="does not name the seat alder · skeptic · house"):
            recall(world.runs, world.runs.open(run), "alder")


async def test_the_runs_behind_a_view_are_its_own_and_the_older_ones_the_newest_first(world: World) -> None:
    from shutil import rmtree

    first = await world.rescore(tools(*NAMES))
    second = await world.rescore(CHANGED)
    third = await world.rescore([*CHANGED, tool("new")])
    assert [found.run_id for found in sources_of(world.runs, world.runs.open(third))] == [third, second, first]
    rmtree(world.runs.root / second)
    reader = world.runs.open(third)
    assert [found.run_id for found in sources_of(world.runs, reader)] == [third, first]
    assert any(f"holds answers of run {second}" in problem for problem in reader.torn)
