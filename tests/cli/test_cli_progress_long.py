"""The progress of a long run: what it counts and shows, by a clock that the test moves; and a real terminal."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from panel.accounts import Account
from panel.cli.progress import long_run
from panel.cli.progress.events import JsonEvents
from panel.cli.progress.progress import Progress
from panel.cli.progress.screen import Log, Terminal
from panel.cli.progress.tally import Row
from panel.clients.pacing.lanes import Throttle
from panel.convene import Event
from panel.errors import StoreError
from panel.records.reply import Attempt, Cost
from panel.records.run import ReplyLine
from panel.records.seat import Slot
from panel.records.verdict import Abstained, AbstainReason

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Seen:
    """A screen that keeps what it is shown."""

    every_s = 3600.0

    def __init__(self) -> None:
        self.said: list[str] = []
        self.rows: list[Row] = []
        self.closed = False

    def open(self) -> None:
        self.closed = False

    def show(self, said: Sequence[str], rows: Sequence[Row]) -> None:
        self.said += said
        self.rows = list(rows)

    def close(self, said: Sequence[str], rows: Sequence[Row]) -> None:
        self.show(said, rows)
        self.closed = True


def slot(number: int = 0, model: str = "house") -> Slot:
    return Slot(tool=f"tool-{number}", persona="skeptic", model=model)


def landed(number: int = 0, model: str = "house", seconds: float = 1.0) -> Event:
    return Event("landed", slot(number, model), seconds, Abstained(reason=AbstainReason.EMPTY))


def failed(number: int = 0, why: str = "timeout: house: no answer within 60 s", model: str = "house") -> Event:
    return Event("failed", slot(number, model), 1.0, detail=why)


def bought(usd: str, model: str = "house") -> ReplyLine:
    attempt = Attempt(asked_at=NOON, latency_s=1.0, error="timeout", cost=Cost(usd=Decimal(usd)))
    return ReplyLine(slot=slot(0, model), key="k", failure=attempt)


def test_seats_are_counted_by_what_became_of_them() -> None:
    progress = Progress({"house": 10})
    events = [Event("held", slot(0)), landed(1), Event("again", slot(2), 1.0, detail="cut"), landed(2), failed(3)]
    for event in [*events, failed(4, "not asked: budget"), failed(5, "not asked: budget")]:
        progress.watch(event)
    row = progress.rows()[0]
    assert (row.total, row.done, row.held, row.failed, row.again, row.unasked) == (10, 3, 1, 1, 1, 2)
    assert row.stopped
    assert row.open == 4


def test_calls_are_counted_from_the_log_where_it_is_told_and_else_from_events() -> None:
    """An event is at least one call; the log knows those in vain, too."""
    clock = Clock()
    told, untold = Progress({"house": 10}, clock=clock), Progress({"house": 10}, clock=clock)
    for _ in range(3):
        told.line(bought("0.01"))
    told.watch(landed())
    untold.watch(landed())
    clock.now += 9.0
    assert told.rows()[0].rate == pytest.approx(0.3)
    assert untold.rows()[0].rate == pytest.approx(0.1)


def test_money_is_told_by_model_and_together_by_the_account_of_the_run() -> None:
    """What a run spent before it was taken up again, and on probes, stands in the last line."""
    account = Account()
    account.line(bought("1.00"))
    progress = Progress({"house": 10, "other": 10}, account=account)
    for line in (bought("0.01"), bought("0.02", "other")):
        account.line(line)
        progress.line(line)
    assert [row.usd for row in progress.rows()] == [Decimal("0.01"), Decimal("0.02"), Decimal("1.03")]


def test_models_at_one_server_share_what_is_under_way() -> None:
    server, elsewhere = Throttle(40), Throttle(10)
    server.in_flight, elsewhere.in_flight = 7, 2
    progress = Progress({"a": 1, "b": 1, "c": 1}, throttles={"a": server, "b": server, "c": elsewhere})
    assert [(row.in_flight, row.limit) for row in progress.rows()] == [(7, 20), (7, 20), (2, 10), (9, 30)]


def test_failures_and_stops_are_said_and_landed_seats_are_not() -> None:
    screen = Seen()
    progress = Progress({"house": 10}, screen=screen)
    with progress:
        for event in (landed(), failed(), failed(2, "not asked: budget"), failed(3, "not asked: budget")):
            progress.watch(event)
    assert screen.said == [
        "  no reply  tool-0 · skeptic · house · no answer within 60 s",
        "  stopped   house · the cap is reached; its open seats are not asked",
    ]
    assert screen.closed


def test_of_many_failures_for_one_reason_the_first_are_named() -> None:
    """The others are counted at the end, by their reason, each once."""
    screen = Seen()
    with Progress({"house": 100}, screen=screen) as progress:
        for number in range(100):
            progress.watch(failed(number))
        for number in range(40, 100):
            progress.watch(failed(number, "unreachable: house: no connection could be made"))
    assert len(screen.said) == 3 + 3 + 2
    assert screen.said[-2:] == ["  no reply  house · 37 more: timeout", "  no reply  house · 57 more: unreachable"]
    assert screen.rows[0].failed == 100


def test_a_seat_that_is_asked_in_another_round_is_one_seat_as_it_stands_last() -> None:
    progress = Progress({"house": 80})
    for number in range(80):
        progress.watch(failed(number) if number < 40 else landed(number))
    assert (progress.rows()[0].done, progress.rows()[0].failed) == (40, 40)
    for number in range(41):
        progress.watch(landed(number))
    row = progress.rows()[0]
    assert (row.total, row.done, row.failed, row.open) == (80, 80, 0, 0)


def test_a_seat_that_another_round_leaves_out_stays_what_it_was() -> None:
    """It abstained or failed, and was not asked again since its model stopped."""
    progress = Progress({"house": 3})
    for event in (landed(0), failed(1), *(failed(number, "not asked: budget") for number in range(3))):
        progress.watch(event)
    row = progress.rows()[0]
    assert (row.done, row.failed, row.unasked, row.stopped) == (1, 1, 1, True)


def test_watching_draws_nothing() -> None:
    """However many seats land, only a tick looks at the rows."""
    screen = Seen()
    progress = Progress({"house": 20_000}, screen=screen)
    for number in range(1000):
        progress.watch(landed(number))
    assert screen.rows == []
    progress.tick()
    assert screen.rows[0].done == 1000


def test_a_screen_that_fails_ends_the_showing_and_nothing_else() -> None:
    class Broken(Seen):
        def show(self, said: Sequence[str], rows: Sequence[Row]) -> None:
            raise OSError(5, "Input/output error")

    with Progress({"house": 10}, screen=Broken()) as progress:
        progress.tick()
        progress.watch(landed())
        progress.tick()
    assert progress.rows()[0].done == 1


def test_a_log_has_a_line_a_minute_and_one_at_the_end() -> None:
    clock, lines = Clock(), list[str]()
    log = Log(lines.append, clock=clock, now=lambda: NOON.timestamp() + clock.now - 1000.0)
    progress = Progress({"house": 400}, screen=log, clock=clock)
    log.open()
    for second in range(1, 131):
        clock.now += 1.0
        progress.watch(landed(second))
        if second == 70:
            progress.watch(failed(170))
        progress.tick()
    progress.stop()
    assert lines == [
        "2026-11-20 12:01:00 UTC  house: 60 of 400 done, 1.00 calls/s, 5m40s left",
        "2026-11-20 12:01:10 UTC  no reply  tool-170 · skeptic · house · no answer within 60 s",
        "2026-11-20 12:02:00 UTC  house: 120 of 400 done, 1 failed, 1.02 calls/s, 4m35s left",
        "2026-11-20 12:02:10 UTC  house: 130 of 400 done, 1 failed, 1.00 calls/s, 4m29s left",
    ]


def events_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_events_tell_of_every_seat_and_end_with_the_totals(tmp_path: Path) -> None:
    file, throttle = tmp_path / "events.jsonl", Throttle(40)
    account = Account()
    events = JsonEvents(str(file), now=NOON.timestamp)
    progress = Progress(
        {"house": 5}, account=account, throttles={"house": throttle}, events=events, run="20261120-1", clock=Clock()
    )
    with progress:
        progress.tick()
        progress.watch(Event("again", slot(1), 0.5, detail="cut"))
        progress.watch(landed(1))
        progress.watch(failed(2))
        progress.watch(failed(3, "not asked: budget"))
        throttle.concurrency.limit = 16
        progress.tick()
    found = events_of(file)
    assert [event.pop("at") for event in found] == ["2026-11-20T12:00:00.000Z"] * 7
    asked = {"tool": "tool-1", "persona": "skeptic", "model": "house", "repeat": 0, "variant": "open"}
    assert found[:6] == [
        {"event": "started", "run": "20261120-1", "seats": {"house": 5}},
        {"event": "again", "slot": asked, "reason": "cut"},
        {"event": "settled", "slot": asked, "held": False, "outcome": "abstained", "reason": "empty", "seconds": 1.0},
        {
            "event": "failed",
            "slot": asked | {"tool": "tool-2"},
            "reason": "timeout: house: no answer within 60 s",
            "seconds": 1.0,
        },
        {"event": "stopped", "model": "house", "reason": "budget"},
        {"event": "limit", "model": "house", "limit": 16, "before": 20},
    ]
    assert (found[6]["event"], found[6]["how"], found[6]["totals"]["attempts"]) == ("finished", "done", 0)
    assert (found[6]["models"][0]["done"], found[6]["models"][0]["unasked"]) == (1, 1)


@pytest.mark.parametrize(("error", "how"), [(KeyboardInterrupt(), "interrupted"), (StoreError("full"), "failed")])
def test_the_last_event_says_how_it_ended(tmp_path: Path, error: BaseException, how: str) -> None:
    file = tmp_path / "events.jsonl"
    with pytest.raises(type(error)), Progress({"house": 5}, events=JsonEvents(str(file))):
        raise error
    assert [event.get("how") for event in events_of(file)] == [None, how]


def test_events_that_cannot_be_opened_are_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot write events to .*No such file"):
        long_run({"house": 5}, json_events=str(tmp_path / "none" / "events.jsonl"))


def test_a_full_disk_ends_the_events_and_not_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    with Progress({"house": 5}, events=JsonEvents("/dev/full")) as progress:
        progress.tick()
        progress.watch(landed())
    assert capsys.readouterr().err.count("no more events: /dev/full") == 1


def test_events_on_standard_output_leave_the_terminal_to_themselves(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("panel.cli.progress.choosing.is_terminal", lambda stream: True)
    with long_run({"house": 5}, json_events="-"):
        pass
    out, err = capsys.readouterr()
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["started", "finished"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC  house: 0 of 5 done, – left\n", err)


def test_drawing_twice_what_did_not_change_writes_once() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream, width=80)
    terminal.open()
    terminal.show((), [Row("house", 40, done=1)])
    written = stream.tell()
    terminal.show((), [Row("house", 40, done=1)])
    assert stream.tell() == written
    terminal.close((), [Row("house", 40, done=1)])
    assert stream.getvalue().endswith("\x1b[?25h")


def on_screen(written: str) -> tuple[list[str], bool]:
    """The lines that a terminal shows after this was written to it, and whether it shows its cursor."""
    lines, row, column, cursor = [""], 0, 0, True
    for part in re.findall(r"\x1b\[\??[0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", written):
        code = re.fullmatch(r"\x1b\[(\??[0-9;]*)([A-Za-z])", part)
        if part == "\r":
            column = 0
        elif part == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif code and code[2] == "A":
            row -= int(code[1] or 1)
        elif code and code[2] == "K":
            lines[row] = ""
        elif code and code[1] == "?25":
            cursor = code[2] == "h"
        elif code:
            assert code[2] == "m", f"an unknown code {part!r}"
        else:
            lines[row] = lines[row].ljust(column)[:column] + part + lines[row][column + len(part) :]
            column += len(part)
    return [line.rstrip() for line in lines], cursor


SCRIPT = """
import sys
from panel.cli.progress import long_run
from panel.convene import Event
from panel.records.seat import Slot
from panel.records.verdict import Abstained, AbstainReason

progress = long_run({"openai/gpt-6-luna": 400, "mistral/mistral-small-latest": 400})
silent = Abstained(reason=AbstainReason.EMPTY)
try:
    with progress:
        for number in range(300):
            for model in ("openai/gpt-6-luna", "mistral/mistral-small-latest"):
                progress.watch(Event("landed", Slot(tool=f"t{number}", persona="skeptic", model=model), 0.3, silent))
            if number % 100 == 50:
                progress.watch(Event("failed", Slot(tool=f"t{number}", persona="founder", model="openai/gpt-6-luna"),
                                     detail="timeout: openai/gpt-6-luna: no answer within 60 s " + "and so on " * 20))
                progress.tick()
        print("a stray word", file=sys.stderr)
        if sys.argv[1] == "interrupt":
            raise KeyboardInterrupt
except KeyboardInterrupt:
    print("panel: interrupted", file=sys.stderr)
"""


def in_a_terminal(columns: int, *words: str) -> str:
    """What a Python script writes to a terminal of this width that is its standard error."""
    import fcntl
    import pty
    import struct
    import subprocess
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environ = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    running = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *words], stderr=theirs, env=environ | {"TERM": "xterm-256color"}
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            read = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not read:
            break
        written += read
    os.close(ours)
    assert running.wait(30) == 0
    return written.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize(
    ("columns", "table"),
    [
        (
            80,
            [
                "model                            done  failed  again  calls/s  left",
                "openai/gpt-6-luna             300/400       3      0        –     –",
                "mistral/mistral-small-latest  300/400       0      0        –     –",
                "all                           600/800       3      0        –     –",
            ],
        ),
        (
            40,
            [
                "model                done  failed  left",
                "…enai/gpt-6-luna  300/400       3     –",
                "…al-small-latest  300/400       0     –",
                "all               600/800       3     –",
            ],
        ),
    ],
)
@pytest.mark.parametrize("how", ["end", "interrupt"])
def test_a_terminal_shows_the_last_rows_once_below_what_was_said(columns: int, table: list[str], how: str) -> None:
    """Whatever was drawn in between; the cursor is back, and what comes next stands on a line of its own."""
    shown, cursor = on_screen(in_a_terminal(columns, how))
    assert cursor
    assert shown[-1] == ""
    tail = ["panel: interrupted"] if how == "interrupt" else []
    assert shown[-1 - len(tail) - len(table) : -1] == [*table, *tail]
    assert "".join(shown).count("no reply  t") == 3
    assert sum(line.startswith("model ") for line in shown) == 1
    assert shown.count("a stray word") == 1
    assert all(len(line) <= columns for line in shown)
