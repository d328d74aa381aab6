"""Opening: the seats of a run come back from its folder as they were planned, whatever has changed since."""

from __future__ import annotations

from pathlib import Path

import pytest
from rescore.catalogues import MODEL, PAIR, PROMPTER, Speaks, World, tool, tools

from panel.errors import StoreError
from panel.records.model import Model
from panel.records.panel import Panel
from panel.records.seat import SeatRecord
from panel.rereading import Rereading
from panel.rescore.opening import Opening
from panel.rescore.planning import Planner, Wish
from panel.seating import Seat
from panel.store.index import Index


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "runs")


def opened(world: World, run: str) -> list[Seat | SeatRecord]:
    return list(Opening(world.runs.open(run), lambda model: model).seats())


def test_a_seat_is_asked_what_was_planned(world: World) -> None:
    """Prompt, parts, key and slot are those of the plan, byte for byte."""
    began = world.begin(tools("alder", "beech"))
    with Index.open(world.runs) as index:
        planner = Planner(Panel(personas=PAIR, models=(MODEL,)), PROMPTER, index, Wish(), began_at(world, began.run))
        planned = [one.seat for _, row in planner.standings(tools("alder", "beech")) for one in row]
    found = [seat for seat in opened(world, began.run) if isinstance(seat, Seat)]
    for seat, before in zip(found, planned, strict=True):
        assert (seat.slot, seat.key, seat.parts) == (before.slot, before.key, before.parts)
        assert seat.prompt.messages == before.prompt.messages
        assert seat.prompt.reply_schema == before.prompt.reply_schema
        assert seat.tool == before.tool


def began_at(world: World, run: str):  # type: ignore[no-untyped-def]
    return world.runs.open(run).manifest.started_at


async def test_settled_seats_come_as_records_and_the_others_with_what_was_bought(world: World) -> None:
    began = world.begin(tools("alder"))
    await world.go_on(began.run, Speaks(says=lambda name, who: ValueError("no") if who == "skeptic" else None))
    record, seat = opened(world, began.run)
    assert isinstance(record, SeatRecord)
    assert record.scored
    assert isinstance(seat, Seat)
    assert {line.failure.error for line in seat.lines if line.failure} == {"client_fault"}


def test_the_model_is_asked_where_it_is_today(world: World) -> None:
    began = world.begin(tools("alder"))
    moved = MODEL.model_copy(update={"base_url": "http://10.0.0.9/v1"})
    asked: list[Model] = []

    def today(model: Model) -> Model:
        asked.append(model)
        return moved

    found = list(Opening(world.runs.open(began.run), today).seats())
    assert [seat.model for seat in found if isinstance(seat, Seat)] == [moved, moved]
    assert len(asked) == 1


def test_a_rubric_gets_the_signals_of_the_run(world: World) -> None:
    from panel.personas import load_all

    builder = load_all(Path(__file__).parents[2] / "personas")["builder"]
    offline = Model(name="offline", provider="offline", model="rubric", endpoint="offline", reads_local=True)
    began = world.begin(tools("alder"), Panel(personas=(builder,), models=(offline,)))
    [seat] = opened(world, began.run)
    assert isinstance(seat, Seat)
    assert seat.prompt.local is not None
    assert seat.prompt.local.signals == builder.signals


async def test_short_lines_are_no_seats_of_the_run(world: World) -> None:
    await world.rescore(tools("alder"))
    began = world.begin([tool("alder"), tool("beech")])
    assert [seat.slot.tool for seat in opened(world, began.run)] == ["beech", "beech"]


class TestDamage:
    def test_an_input_that_is_missing_is_told(self, world: World) -> None:
        began = world.begin(tools("alder"))
        file = world.runs.root / began.run / "inputs.jsonl"
        file.write_text(
            "".join(
                line for line in file.read_text("utf-8").splitlines(keepends=True) if '"kind":"message"' not in line
            ),
            "utf-8",
        )
        with pytest.raises(StoreError, match=r"inputs\.jsonl lacks the entry"):
            opened(world, began.run)

    def test_an_input_that_was_changed_is_as_good_as_missing(self, world: World) -> None:
        began = world.begin(tools("alder"))
        file = world.runs.root / began.run / "inputs.jsonl"
        file.write_text(file.read_text("utf-8").replace("Alder Works", "Alder Joiners"), "utf-8")
        with pytest.raises(StoreError, match=r"inputs\.jsonl lacks the entry"):
            opened(world, began.run)

    async def test_replies_that_the_plan_does_not_name_are_told(self, world: World) -> None:
        """Law 11: reading on would drop them from the verdicts."""
        run = await world.rescore(tools("alder", "beech"))
        file = world.runs.root / run / "plan.jsonl"
        file.write_text(
            "".join(line for line in file.read_text("utf-8").splitlines(keepends=True) if '"tool":"alder"' not in line),
            "utf-8",
        )
        with pytest.raises(StoreError, match="holds 2 replies that its plan"):
            Rereading(world.runs.open(run)).check()

    def test_a_run_that_asks_nothing_says_so(self, world: World) -> None:
        from panel.rescore.laying import Scope

        began = world.begin(tools("alder"), scope=Scope(max_seats=0))
        with pytest.raises(StoreError, match="has no seat to ask"):
            Opening(world.runs.open(began.run), lambda model: model).prompter()
