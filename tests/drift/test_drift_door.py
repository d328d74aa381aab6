"""Where the answers of a run are found: in its own file, in the older run that holds them, or not at all."""

from __future__ import annotations

from builders import NOON, make_model, make_seat
from drift.conftest import NEW, OLD, Keep, bought, planned

from panel.drift import drift_between
from panel.records.run import Manifest, PlanLine
from panel.records.seat import SeatRecord
from panel.store import Runs, layout
from panel.view import records_of


def begin(runs: Runs, plans: list[PlanLine], seats: list[SeatRecord]) -> None:
    manifest = Manifest(
        run_id=NEW, command=(), started_at=NOON, tools=("alder",), personas=("builder",), models=(make_model(),)
    )
    with runs.create(manifest) as writer:
        writer.plan(plans)
        if seats:
            writer.write_verdicts(seats)


def test_an_answer_that_only_the_older_run_holds_is_read_there(runs: Runs, keep: Keep) -> None:
    """And is the very same answer, under the slot that shows it today."""
    old = bought(OLD, 80)
    keep(OLD, [old])
    renamed = old.model_copy(update={"slot": old.slot.model_copy(update={"tool": "alder-2"})})
    begin(runs, [planned(renamed, "held", OLD)], [])
    [found] = records_of(runs, runs.open(NEW))
    assert (found.run_id, found.slot.tool, found.verdict) == (OLD, "alder-2", old.verdict)


def test_an_answer_whose_run_is_gone_is_pending_and_says_so(runs: Runs) -> None:
    begin(runs, [planned(bought(OLD, 80), "held", OLD)], [])
    reader = runs.open(NEW)
    [found] = records_of(runs, reader)
    assert (found.verdict, found.pending) == (None, f"held by run {OLD}, which does not hold it any more")
    assert any(OLD in problem for problem in reader.torn)


def test_a_planned_seat_without_a_verdict_is_pending_with_its_reason(runs: Runs) -> None:
    seats = [bought(NEW, 80), bought(NEW, None, persona="skeptic"), bought(NEW, None, persona="founder")]
    begin(
        runs,
        [planned(seats[0], "here"), planned(seats[1], "pending", reason="budget"), planned(seats[2], "here")],
        seats[:1],
    )
    found = {seat.slot.persona: seat for seat in records_of(runs, runs.open(NEW))}
    assert found["builder"].verdict is not None
    assert found["skeptic"].pending == "budget"
    assert "panel reparse" in (found["founder"].pending or "")


def test_a_torn_line_costs_itself_and_is_told(runs: Runs, keep: Keep) -> None:
    """Law 11: what can be read is compared, and the rest is named."""
    keep(OLD, [bought(OLD, 80), bought(OLD, 80, persona="skeptic")])
    keep(NEW, [bought(NEW, 20), bought(NEW, 20, persona="skeptic")])
    file = runs.root / NEW / layout.VERDICTS
    file.write_bytes(file.read_bytes()[:-40])
    reader = runs.open(NEW)
    drift = drift_between(runs, runs.open(OLD), reader)
    assert (drift.paired, drift.only_before.seats) == (1, 1)
    assert "ends in the middle" in reader.torn[0]


def test_a_slot_that_comes_twice_shows_its_later_line(runs: Runs, keep: Keep) -> None:
    keep(OLD, [make_seat(80, run_id=OLD)])
    keep(NEW, [make_seat(20, run_id=NEW), make_seat(85, run_id=NEW)])
    assert drift_between(runs, runs.open(OLD), runs.open(NEW)).flipped == 0
