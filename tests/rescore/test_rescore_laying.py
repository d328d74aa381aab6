"""Laying down: what a run's folder says of a catalogue before anything is asked, and what cannot be used of it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from rescore.catalogues import ALL, MODEL, PAIR, PANEL, Speaks, World, tool, tools

from panel.catalogue import Placed
from panel.errors import InputError
from panel.records.model import Model
from panel.records.panel import Panel
from panel.records.run import PlanLine, ShortLine
from panel.rescore.laying import Reading, Scope


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "runs")


async def test_a_run_of_few_seats_plans_a_line_for_every_seat_of_the_catalogue(world: World) -> None:
    """Whole lines where it asks, short ones where an older run holds the answer."""
    names = [f"tool-{number}" for number in range(50)]
    first = await world.rescore(tools(*names))
    began = world.begin([tool("tool-7", tagline="Another line"), *tools(*names[:7], *names[8:])])
    lines = list(world.runs.open(began.run).slots())
    assert len(lines) == 100
    whole = [line for line in lines if isinstance(line, PlanLine)]
    assert [str(line.slot) for line in whole] == ["tool-7/builder/house#0@open", "tool-7/skeptic/house#0@open"]
    assert {line.was.run for line in whole if line.was} == {first}
    short = [line for line in lines if isinstance(line, ShortLine)]
    assert {(line.source, line.held_by, line.was) for line in short} == {("held", first, None)}
    assert began.plan.models[0].fresh == 98
    inputs = world.runs.open(began.run).inputs().values()
    assert sum(line.kind == "tool" for line in inputs) == 1


class TestMaxSeats:
    def test_panels_are_asked_whole_or_not_at_all(self, world: World) -> None:
        began = world.begin(tools("alder", "beech", "cedar"), scope=Scope(max_seats=5))
        asked = [line.slot.tool for line in world.runs.open(began.run).plan_lines()]
        assert asked == ["alder", "alder", "beech", "beech"]
        left = list(world.runs.open(began.run).standing())
        assert [(line.slot.tool, line.source, line.reason) for line in left] == [
            ("cedar", "pending", "beyond --max-seats")
        ] * 2
        model = began.plan.models[0]
        assert (model.missing, model.calls, model.left_out) == (6, 4, 2)

    async def test_what_is_left_keeps_its_answer_in_view(self, world: World) -> None:
        first = await world.rescore(tools("alder"))
        began = world.begin([tool("alder", tagline="Another line")], scope=Scope(max_seats=1))
        assert {line.was.run for line in world.runs.open(began.run).standing() if line.was} == {first}

    def test_none_is_no_seat(self, world: World) -> None:
        began = world.begin(tools("alder"), scope=Scope(max_seats=0))
        assert not world.runs.open(began.run).plan()

    async def test_fresh_seats_take_no_room(self, world: World) -> None:
        await world.rescore(tools("alder"))
        began = world.begin(tools("alder", "beech"), scope=Scope(max_seats=2))
        assert [line.slot.tool for line in world.runs.open(began.run).plan_lines()] == ["beech", "beech"]


class TestFigures:
    def test_calls_tokens_and_money_are_estimated_live_and_by_batch(self, world: World) -> None:
        price = {"input": Decimal(1), "output": Decimal(2)}
        luna = Model(name="openai/luna", provider="openai", model="gpt-6-luna", endpoint="openai", price=price)  # type: ignore[arg-type]
        panel = Panel(personas=PAIR, models=(MODEL, luna))
        house, openai = world.begin(tools("alder", "beech"), panel).plan.models
        assert (house.calls, house.unpriced, house.batch_usd) == (4, 4, None)
        assert openai.calls == 4
        assert openai.unpriced == 0
        assert openai.input_tokens > 4 * 500
        assert openai.live_usd > 0

    async def test_each_cause_is_counted(self, world: World) -> None:
        await world.rescore(tools("alder", "beech"))
        other = PAIR[0].model_copy(update={"brief": "You judge tools for a large team."})
        plan = world.begin(
            [tool("alder", tagline="Another line"), tool("beech")],
            Panel(personas=(other, PAIR[1]), models=(MODEL,)),
        ).plan
        assert dict(plan.models[0].causes) == {"tool": 2, "persona": 2}
        assert (plan.models[0].fresh, plan.models[0].stale) == (1, 3)


class TestReading:
    def read(self, *found: object, scope: Scope = ALL) -> tuple[list[str], list[InputError], Reading]:
        broken: list[InputError] = []
        placed = (Placed(item, "tools.jsonl", line) for line, item in enumerate(found, start=1))  # type: ignore[arg-type]
        reading = Reading(placed, scope, broken.append)
        return [tool.id for tool in reading], broken, reading

    def test_a_broken_entry_costs_the_others_nothing(self) -> None:
        fault = InputError.at("tools.jsonl", "is no JSON", line=2)
        found, broken, reading = self.read(tool("alder"), fault, tool("beech"))
        assert (found, broken) == (["alder", "beech"], [fault])
        assert (reading.tools, reading.broken, reading.left_out) == (2, 1, 0)

    def test_an_id_that_comes_twice_is_told_with_its_place(self) -> None:
        found, broken, _ = self.read(tool("alder"), tool("beech"), tool("alder", tagline="Another line"))
        assert found == ["alder", "beech"]
        assert broken[0].message == "tools.jsonl, line 3: 'alder' stands in the catalogue already"

    def test_the_same_text_under_two_ids_is_judged_once(self) -> None:
        found, broken, _ = self.read(tool("alder"), tool("alder").model_copy(update={"id": "alder-2"}))
        assert found == ["alder"]
        assert "line 2: 'alder-2' holds the same text as another tool" in broken[0].message

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_a_tool_beside_its_former_self_is_refused(self, order: tuple[int, int]) -> None:
        pair = (tool("alder"), tool("beech", formerly=("alder",)))
        found, broken, _ = self.read(*(pair[place] for place in order))
        assert (len(found), len(broken)) == (1, 1)

    def test_two_versions_of_one_product_are_two_tools(self) -> None:
        found, broken, _ = self.read(
            tool("alder-2"), tool("alder-3", description=f"{tool('a').description} It is new.")
        )
        assert (found, broken) == (["alder-2", "alder-3"], [])

    def test_a_category_is_meant_in_whatever_case(self) -> None:
        found, _, reading = self.read(
            tool("alder"), tool("beech", category="Trees"), tool("cedar", category=None), scope=Scope(("queues",))
        )
        assert (found, reading.left_out) == (["alder"], 2)


async def test_a_half_answered_panel_keeps_what_was_in_view_on_its_fresh_lines_too(world: World) -> None:
    first = await world.rescore(tools("alder"))
    changed = tool("alder", tagline="Another line")
    half = world.begin([changed], PANEL)
    await world.go_on(half.run, Speaks(says=lambda name, who: ValueError("no") if who == "skeptic" else None))
    began = world.begin([changed])
    [held] = world.runs.open(began.run).standing()
    [asked] = world.runs.open(began.run).plan_lines()
    assert (held.slot.persona, held.held_by, held.was and held.was.run) == ("builder", half.run, first)
    assert (asked.slot.persona, asked.was and asked.was.run) == ("skeptic", first)
