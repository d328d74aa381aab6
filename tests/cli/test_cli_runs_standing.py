"""`panel runs list` and `runs show` of runs that are not over: at work, cut off, on their way by batch."""

from __future__ import annotations

import datetime as dt
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import MODEL, NOON, RUN, make_model, make_seat

from panel.cli import listed
from panel.cli.progress.files import Watched
from panel.records.batch import BatchLine, Phase
from panel.records.reply import Attempt, Cost, Reply
from panel.records.run import Catalogued, Manifest, PlanLine, ReplyLine, ShortLine, Totals
from panel.records.seat import SeatRecord
from panel.store import Runs, RunWriter
from panel.store.layout import BATCHES, REPLIES

Panel = Any
KEYS = tuple(f"key-{number}" for number in range(40))


def manifest(run_id: str = RUN, **fields: Any) -> Manifest:
    given: dict[str, Any] = {
        "run_id": run_id,
        "command": ("panel", "rescore", "tools.jsonl"),
        "started_at": NOON,
        "tools": (),
        "catalogue": Catalogued(source="tools.jsonl", tools=15, planned=True),
        "personas": ("builder",),
        "models": (make_model(MODEL),),
    }
    return Manifest(**(given | fields))


def seat(number: int) -> SeatRecord:
    return make_seat(tool=f"tool-{number}", model=MODEL)


def planned(record: SeatRecord) -> PlanLine:
    return PlanLine(
        slot=record.slot,
        key=record.key,
        parts=record.parts,
        ids=record.ids,
        model=record.model,
        tool=record.ids.tool,
        messages=(),
        source="here",
    )


def answer(record: SeatRecord, cost: Cost | None = None) -> ReplyLine:
    asked_at = NOON + dt.timedelta(seconds=10)
    tried = Attempt(asked_at=asked_at, latency_s=0.0, cost=cost or Cost(usd=Decimal("0.01")))
    reply = Reply(text="{}", model_asked="m", asked_at=asked_at, attempts=(tried,))
    return ReplyLine(slot=record.slot, key=record.key, reply=reply)


@pytest.fixture
def runs(folder: Path) -> Runs:
    return Runs(folder / "runs")


def begin(runs: Runs, seats: int = 60, answered: int = 24, **fields: Any) -> RunWriter:
    run = runs.create(manifest(**fields))
    run.plan([planned(seat(number)) for number in range(seats)])
    for number in range(answered):
        run.append(answer(seat(number)))
    return run


def hand_in(run: RunWriter, *parts: tuple[int, str], ask: int = 0) -> None:
    """A ledger of parts with so many seats, each with what was done to it last."""
    lines: list[BatchLine] = []
    for number, (seats, last) in enumerate(parts):
        at = NOON + dt.timedelta(minutes=number)
        lines.append(BatchLine(what="prepared", part=number, at=at, model=MODEL, keys=KEYS[:seats], ask=ask))
        lines.append(BatchLine(what="submitted", part=number, at=at, job=f"batch_{number}"))
        if last == "seen":
            lines.append(BatchLine(what="seen", part=number, at=at, phase=Phase.RUNNING))
        elif last != "submitted":
            lines.append(BatchLine(what=last, part=number, at=at))  # type: ignore[arg-type]
    (run.path / BATCHES).write_text("".join(f"{line.to_line()}\n" for line in lines), "utf-8")


class TestAtWork:
    def test_a_run_that_is_written_is_at_work_and_shows_what_its_files_say(self, panel: Panel, runs: Runs) -> None:
        with begin(runs, max_cost=Decimal(5)):
            shown, listing = panel("runs", "show", "latest"), panel("runs", "list")
        assert "finished  at work: 24 of 60 seats answered, $0.2400 so far" in shown.out
        assert "spent     24 calls · $0.2400 so far (at most $5 in all)" in shown.out
        assert shown.err == f"panel runs watch {RUN} shows how it goes on\n"
        assert listing.out == f"{RUN}  at work  24 of 60, $0.2400  {MODEL}  15 tools of tools.jsonl\n"

    def test_one_that_no_process_writes_was_cut_off(self, panel: Panel, runs: Runs) -> None:
        begin(runs).close()
        shown = panel("runs", "show", "latest")
        assert "finished  cut off: 24 of 60 seats answered, $0.2400 so far" in shown.out
        assert shown.err == f"panel runs resume {RUN} asks the 36 seats that have no reply\n"
        assert "  cut off  24 of 60, $0.2400  " in panel("runs", "list").out

    def test_one_that_was_settled_since_is_told_by_its_totals(self, panel: Panel, runs: Runs) -> None:
        """Its lines, of which there may be very many, are not read for a list."""
        with begin(runs) as run:
            with run.verdicts() as verdicts:
                verdicts.add(seat(0))
            run.finish(Totals(seats=60, scored=20, abstained=4, pending=36, usd=Decimal("0.24")), None)
            os.utime(run.path / REPLIES, (0, 0))  # a moment ago, on file systems whose clock is coarse
        assert "  cut off  20 scored, 4 abstained, 36 pending  " in panel("runs", "list").out

    def test_what_calls_may_have_cost_is_told_at_its_most(self, panel: Panel, runs: Runs) -> None:
        with begin(runs, answered=0, max_cost=Decimal(5)) as run:
            run.append(answer(seat(0), Cost(at_most_usd=Decimal("0.02"))))
            shown, watched = panel("runs", "show", "latest"), panel("runs", "watch", "latest", "--once")
        assert "at work: 1 of 60 seats answered, ≤$0.0200 so far" in shown.out
        assert "spent ≤$0.0200 of at most $5.0000" in watched.out

    def test_one_that_is_still_planned_counts_what_is_planned_so_far(self, panel: Panel, runs: Runs) -> None:
        run = begin(runs, 8, 0, catalogue=Catalogued(source="tools.jsonl"))
        assert "at work: 0 of 8 or more seats answered" in panel("runs", "show", "latest").out
        run.close()
        assert panel("runs", "show", "latest").err == "it was cut off while it was planned: give its command again\n"

    def test_one_whose_files_cannot_be_read_costs_the_others_nothing(self, panel: Panel, runs: Runs) -> None:
        run = runs.create(manifest())
        run.close()
        (run.path / BATCHES).mkdir()
        listing = panel("runs", "list")
        assert listing.code == 0
        assert f"{RUN}  cut off  nothing bought  " in listing.out
        assert listing.err.startswith("note: ")

    def test_a_finished_run_tells_both_its_times_to_the_second(self, panel: Panel, runs: Runs) -> None:
        with begin(runs) as run:
            run.finish(Totals(seats=60, scored=60), NOON + dt.timedelta(seconds=75))
        shown = panel("runs", "show", "latest").out
        assert f"started   {NOON:%Y-%m-%d %H:%M:%S} UTC\n" in shown
        assert f"finished  {NOON + dt.timedelta(seconds=75):%Y-%m-%d %H:%M:%S} UTC\n" in shown


class TestOnItsWay:
    WORDS = f"36 seats on their way by batch, handed in {NOON:%Y-%m-%d %H:%M} UTC"

    def begun(self, runs: Runs) -> None:
        with begin(runs) as run:
            hand_in(run, (36, "seen"))

    def test_it_is_no_crash(self, panel: Panel, runs: Runs) -> None:
        self.begun(runs)
        shown, listing, watched = panel("runs", "show", RUN), panel("runs", "list"), panel("runs", "watch", RUN)
        assert f"finished  on its way: 24 of 60 seats answered, $0.2400 so far; {self.WORDS}" in shown.out
        assert f"batches   part 0    batch_0  {MODEL}  36 seats  running" in shown.out
        assert shown.err == f"{self.WORDS}; panel batch status {RUN}\n"
        assert f"{RUN}  on its way  24 of 60, 36 by batch, $0.2400  {MODEL}  " in listing.out
        assert listing.err == f"{RUN}: {self.WORDS}; panel batch status {RUN}\n"
        assert watched.out.splitlines()[-2:] == ["batches: 1 running", f"{self.WORDS}; panel batch status {RUN}"]
        assert watched.code == 5
        for done in (shown, listing, watched):
            assert "has ended" not in done.out
            assert "resume" not in done.out + done.err

    def test_scripts_are_told_so(self, panel: Panel, runs: Runs) -> None:
        self.begun(runs)
        told = json.loads(panel("runs", "watch", RUN, "--once", "--json").out)
        assert told["state"] == "on_its_way"
        assert told["on_its_way"] == {"seats": 36, "parts": 1, "at": f"{NOON:%Y-%m-%dT%H:%M:%SZ}"}

    def test_the_seats_that_are_not_on_their_way_are_asked_live(self, panel: Panel, runs: Runs) -> None:
        with begin(runs) as run:
            hand_in(run, (20, "submitted"), (10, "submitted"), (4, "collected"))
        err = panel("runs", "show", RUN).err
        assert "30 seats on their way by batch, the first handed in " in err
        assert f"panel runs resume {RUN} --via live asks the 6 seats that have no reply" in err

    def test_totals_do_not_call_what_is_on_its_way_pending(self, panel: Panel, runs: Runs) -> None:
        with begin(runs, answered=0) as run:
            hand_in(run, (36, "submitted"))
            run.finish(Totals(seats=60, pending=60, usd=Decimal(0)), None)
            with run.verdicts() as verdicts:
                verdicts.add(seat(0))
        assert "  on its way  24 pending, 36 by batch  " in panel("runs", "list").out
        assert "seats     24 pending, 36 by batch" in panel("runs", "show", RUN).out

    def test_a_finished_run_whose_rest_was_handed_in_later_is_on_its_way(self, panel: Panel, runs: Runs) -> None:
        """`panel batch submit` takes what a live run left open."""
        with begin(runs) as run:
            run.finish(Totals(seats=60, scored=24, pending=36), NOON)
            hand_in(run, (36, "submitted"))
        assert "  on its way  " in panel("runs", "list").out
        assert json.loads(panel("runs", "watch", RUN, "--once", "--json").out)["state"] == "on_its_way"

    def test_a_run_whose_parts_are_all_collected_is_not(self, panel: Panel, runs: Runs) -> None:
        with begin(runs) as run:
            run.finish(Totals(seats=60, scored=60), NOON)
            hand_in(run, (36, "collected"), (24, "given_up"))
        assert f"  {NOON:%Y-%m-%d %H:%M} UTC  60 scored  " in panel("runs", "list").out
        assert "24 seats  given up" in panel("runs", "show", RUN).out


def test_of_a_run_over_a_catalogue_the_seats_are_counted_that_it_asks(runs: Runs) -> None:
    """As the command that asks them does; whatever else the plan says of a slot, its last line counts."""
    with begin(runs, 10, 4) as run:
        others = [seat(number) for number in range(10, 16)]
        run.plan([ShortLine(slot=item.slot, key="k", source="held", held_by="r") for item in others])
        run.plan([planned(others[0])])
        run.plan([ShortLine(slot=seat(9).slot, key="k", source="held", held_by="r")])
        row = Watched(run.path).look(NOON.timestamp() + 20).rows[0]
    assert (row.total, row.done, row.held) == (10, 4, 0)


class TestColumns:
    @pytest.fixture
    def three(self, runs: Runs) -> Runs:
        begin(runs, run_id="20261120-120000-aaaaaa", answered=0).close()
        with begin(
            runs, run_id="20261120-120001-bbbbbb", catalogue=None, tools=("alder", "birch", "cedar", "dale")
        ) as run:
            run.finish(Totals(seats=60, scored=48, abstained=12, held=3), NOON)
        return runs

    def test_they_hold_whatever_the_states(self, panel: Panel, three: Runs) -> None:
        lines = panel("runs", "list").out.splitlines()
        assert len({line.index(MODEL) for line in lines}) == 1
        assert all(line.endswith(("15 tools of tools.jsonl", "alder, birch, cedar and 1 more")) for line in lines)

    def test_tools_are_cut_where_columns_says_so(
        self, panel: Panel, three: Runs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        lines = panel("runs", "list").out.splitlines()
        assert all(len(line) <= 80 for line in lines)
        assert any(line.endswith("…") for line in lines)

    def test_a_terminal_gets_a_heading(self, panel: Panel, three: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("panel.cli.progress.choosing.is_terminal", lambda stream: True)
        monkeypatch.setenv("COLUMNS", "80")
        head, *lines = panel("runs", "list").out.splitlines()
        assert head.split() == ["run", "finished", "(UTC)", "seats", "models", "tools"]
        assert lines[0].startswith(f"20261120-120001-bbbbbb  {NOON:%Y-%m-%d %H:%M}  48 scored")
        assert all(len(line) <= 80 for line in lines)

    @pytest.mark.parametrize("width", [1, 30, 60, 100])
    def test_no_line_is_longer_than_the_terminal(self, width: int) -> None:
        rows = [("r" * 22, "s" * 16, "c" * 60, "m" * 80, "t" * 200), ("r", "", "", "", "")]
        assert all(len(line) <= width for line in listed._lines(rows, width))
