"""`panel runs watch`: a run as its folder tells it, while it is written, afterwards, and as a copy."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import MODEL, NOON, OTHER, RUN, make_model, make_seat

from panel.cli import watch as watching
from panel.cli.progress.files import Watched
from panel.cli.progress.state import Seen
from panel.cli.watch import follow
from panel.errors import StoreError
from panel.records.batch import BatchLine, Phase
from panel.records.reply import Attempt, Cost, Reply
from panel.records.run import Manifest, PlanLine, ReplyLine, ShortLine, Totals
from panel.records.seat import SeatRecord
from panel.store import Runs, RunWriter
from panel.store.follow import Growing
from panel.store.layout import BATCHES as LEDGER

Panel = Any

AT = NOON.timestamp()


def manifest(*models: str, **fields: Any) -> Manifest:
    given = {
        "run_id": RUN,
        "command": ("panel", "rescore", "catalogue/"),
        "started_at": NOON,
        "tools": ("alder",),
        "personas": ("builder",),
        "models": tuple(make_model(name) for name in models or (MODEL,)),
    }
    return Manifest(**(given | fields))


def seat(number: int, model: str = MODEL) -> SeatRecord:
    return make_seat(tool=f"tool-{number}", model=model)


def planned(record: SeatRecord, source: str = "here") -> PlanLine:
    return PlanLine(
        slot=record.slot,
        key=record.key,
        parts=record.parts,
        ids=record.ids,
        model=record.model,
        tool=record.ids.tool,
        messages=(),
        source=source,  # type: ignore[arg-type]
    )


def attempt(usd: str = "0.01", after_s: float = 10.0, error: str | None = None) -> Attempt:
    asked_at = NOON + dt.timedelta(seconds=after_s)
    return Attempt(asked_at=asked_at, latency_s=0.0, error=error, cost=Cost(usd=Decimal(usd)))


def answer(record: SeatRecord, ask: int = 0, **call: Any) -> ReplyLine:
    tried = attempt(**call)
    reply = Reply(text="{}", model_asked="m", asked_at=tried.asked_at, attempts=(tried,))
    return ReplyLine(slot=record.slot, key=record.key, ask=ask, reply=reply)


def silence(record: SeatRecord) -> ReplyLine:
    return ReplyLine(slot=record.slot, key=record.key, failure=attempt("0", error="timeout"))


@pytest.fixture
def runs(folder: Path) -> Runs:
    return Runs(folder / "runs")


def begin(runs: Runs, *models: str, **fields: Any) -> RunWriter:
    return runs.create(manifest(*models, **fields))


def test_seats_are_counted_by_what_the_files_say_of_them(runs: Runs) -> None:
    with begin(runs) as run:
        run.plan([*(planned(seat(number)) for number in range(5)), planned(seat(5), "held")])
        run.plan([ShortLine(slot=seat(6).slot, key="k", source="held", held_by="r")])
        run.plan([ShortLine(slot=seat(7).slot, key="k", source="pending", reason="beyond --max-seats")])
        for line in (silence(seat(0)), answer(seat(0)), answer(seat(1)), answer(seat(1), 1), silence(seat(2))):
            run.append(line)
        (row,) = Watched(run.path).look(AT + 20).rows
    assert (row.total, row.done, row.held, row.failed, row.again) == (7, 4, 2, 1, 1)
    assert row.usd == Decimal("0.03")


def test_a_look_reads_what_came_since_the_last_one(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines read once are never read again, however large the files."""
    read: list[bytes] = []
    lines = Growing.lines

    def counted(self: Growing) -> Any:
        for raw in lines(self):
            read.append(raw)
            yield raw

    monkeypatch.setattr(Growing, "lines", counted)
    with begin(runs) as run:
        run.plan([planned(seat(number)) for number in range(3)])
        watched = Watched(run.path)
        assert watched.look(AT).grown
        assert not watched.look(AT).grown
        run.append(answer(seat(0)))
        assert watched.look(AT + 20).rows[0].done == 1
        assert not watched.look(AT + 20).grown
    assert len(read) == 4


def test_rate_and_time_left_are_of_the_last_minute_by_the_times_in_the_log(runs: Runs) -> None:
    with begin(runs) as run:
        run.plan([planned(seat(number)) for number in range(100)])
        for number in range(40):
            run.append(answer(seat(number), after_s=number))
        row = Watched(run.path).look(AT + 80.5).rows[0]
    assert row.rate == pytest.approx(19 / 60)
    assert row.left_s == pytest.approx(60 / (19 / 60))


def test_each_model_has_a_row_and_so_have_all_together(runs: Runs) -> None:
    with begin(runs, MODEL, OTHER) as run:
        run.plan([planned(seat(number, model)) for number in range(2) for model in (MODEL, OTHER)])
        run.append(answer(seat(0, OTHER)))
        rows = Watched(run.path).look(AT + 20).rows
    assert [(row.name, row.total, row.done) for row in rows] == [(MODEL, 2, 0), (OTHER, 2, 1), ("all", 4, 1)]


def test_batches_are_counted_by_where_they_stand_now(runs: Runs) -> None:
    with begin(runs) as run:
        ledger = [
            BatchLine(what="prepared", part=0, at=NOON),
            BatchLine(what="submitted", part=0, at=NOON, job="batch_1"),
            BatchLine(what="prepared", part=1, at=NOON),
            BatchLine(what="seen", part=0, at=NOON, phase=Phase.RUNNING),
        ]
        (run.path / LEDGER).write_text("".join(f"{line.to_line()}\n" for line in ledger), "utf-8")
        assert Watched(run.path).look(AT).batches == {"running": 1, "prepared": 1}


def test_lines_that_cannot_be_read_cost_no_other(runs: Runs) -> None:
    with begin(runs) as run:
        run.plan([planned(seat(0)), planned(seat(1))])
        run.append(answer(seat(0)))
        for name in ("plan.jsonl", "replies.jsonl", LEDGER):
            with (run.path / name).open("ab") as file:
                file.write(b'{"schema_version": 9}\n\xff\xfe\n[]\n{"torn": ')
        row = Watched(run.path).look(AT + 20).rows[0]
    assert (row.total, row.done) == (2, 1)


def finish(run: RunWriter, **totals: int) -> None:
    run.finish(Totals(**totals), NOON + dt.timedelta(minutes=9))


def test_it_ends_when_the_run_is_finished(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Seen] = []
    with begin(runs) as run:
        run.plan([planned(seat(0)), planned(seat(1))])

        def sleep(seconds: float) -> None:
            run.append(answer(seat(len(shown) - 1)))
            if len(shown) == 2:
                finish(run, seats=2, scored=2)

        monkeypatch.setattr(watching.time, "sleep", sleep)
        ended = follow(Watched(run.path), shown.append, 0.0)
    assert [(item.state, item.look.rows[0].done) for item in shown] == [("running", 0), ("running", 1), ("finished", 2)]
    assert ended == shown[-1]


def test_it_ends_when_the_process_that_wrote_the_run_has(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed or interrupted: the lock is free, and what was written until then is shown."""
    shown: list[Seen] = []
    run = begin(runs)
    run.plan([planned(seat(0)), planned(seat(1))])

    def sleep(seconds: float) -> None:
        run.append(answer(seat(0)))
        run.close()

    monkeypatch.setattr(watching, "QUIET_S", 0.0)
    monkeypatch.setattr(watching.time, "sleep", sleep)
    ended = follow(Watched(run.path), shown.append, 0.0)
    assert (ended.state, ended.look.rows[0].done, ended.look.rows[0].left_s) == ("ended", 1, None)


def test_a_run_in_a_copied_folder_is_watched_by_its_path(panel: Panel, runs: Runs, folder: Path) -> None:
    with begin(runs) as run:
        run.plan([planned(seat(0)), planned(seat(1))])
        run.append(answer(seat(0)))
    copy = shutil.copytree(run.path, folder / "elsewhere" / RUN)
    (copy / ".lock").unlink()
    done = panel("runs", "watch", str(copy))
    assert done.code == 5
    assert done.out.splitlines()[-1] == (f"The process that wrote it has ended; the rest: panel runs resume {RUN}")
    assert f"{MODEL}: 1 of 2 done" in done.out
    assert not (copy / ".lock").exists()


def test_a_finished_run_is_told_with_its_verdicts_and_its_budget(panel: Panel, runs: Runs) -> None:
    with begin(runs, max_cost=Decimal(1)) as run:
        run.plan([planned(seat(0)), planned(seat(1))])
        run.append(answer(seat(0)))
        run.append(answer(seat(1)))
        finish(run, seats=2, scored=1, abstained=1)
    done = panel("runs", "watch", "latest", "--once")
    assert (done.code, done.err) == (0, "")
    head, row, *last = done.out.splitlines()
    assert head.split() == ["model", "done", "failed", "again", "calls/s", "spent", "left"]
    assert row.split() == [MODEL, "2/2", "0", "0", "0.00", "$0.0200", "0s"]
    assert last == ["spent $0.0200 of at most $1.0000", "finished 2026-11-20 12:09 UTC: 1 scored, 1 abstained"]


def test_json_is_a_line_each_time(panel: Panel, runs: Runs) -> None:
    with begin(runs) as run:
        run.plan([planned(seat(0)), planned(seat(1))])
        run.append(answer(seat(0)))
        once = panel("runs", "watch", RUN, "--once", "--json")
    done = panel("runs", "watch", RUN, "--json")
    assert (once.code, done.code) == (0, 5)
    (running,), (ended,) = ([json.loads(line) for line in out.splitlines()] for out in (once.out, done.out))
    assert (running["state"], ended["state"]) == ("running", "ended")
    assert (ended["run"], ended["models"][0]["done"], ended["models"][0]["seats"]) == (RUN, 1, 2)
    assert ended["totals"]["usd"] == "0.01"


def test_ctrl_c_ends_the_watching_and_nothing_else(panel: Panel, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watching.time, "sleep", interrupt)
    with begin(runs) as run:
        run.plan([planned(seat(0))])
        done = panel("runs", "watch", "latest")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(f"{MODEL}: 0 of 1 done, 0.00 calls/s, $0 spent, – left\n")


def test_what_is_no_run_is_told_in_words(panel: Panel, folder: Path) -> None:
    assert panel("runs", "watch", "./nowhere").err.startswith("panel: ./nowhere is no folder.")
    (folder / "empty").mkdir()
    assert "holds no run.json" in panel("runs", "watch", "./empty").err
    with pytest.raises(StoreError, match=r"holds no run\.json"):
        Watched(folder / "empty")
