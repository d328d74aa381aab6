"""Progress of a long run: counts what it is told, and shows it from time to time.

In go the events of a sitting and the lines of its log; out come a line per model on a screen and events as JSON. Being
told costs a few counts; drawing is done by a thread of its own. It reads the throttles and accounts of others and
changes nothing there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from panel.cli import plain
from panel.cli.progress.seats import UNASKED, seat_line, why_unasked
from panel.cli.progress.tally import Row, Tally, together
from panel.cli.progress.unsettled import Unsettled

if TYPE_CHECKING:
    from panel.accounts import Account
    from panel.cli.progress.events import JsonEvents
    from panel.cli.progress.screen import Screen
    from panel.clients.pacing.lanes import Throttle
    from panel.convene import Event
    from panel.records.run import ReplyLine


class Progress:
    """Watches a sitting: `convene(..., watch=progress.watch, kept=progress.line)`, inside `with progress:`.

    `totals` says how many seats each model has, held ones included. `account` is the whole run's, told of each line by
    the caller; `throttles` are by model, and models at one server share one. What is not given is not shown.
    """

    def __init__(
        self,
        totals: Mapping[str, int],
        *,
        account: Account | None = None,
        throttles: Mapping[str, Throttle] | None = None,
        screen: Screen | None = None,
        events: JsonEvents | None = None,
        run: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._account = account
        self._throttles = dict(throttles or {})
        self._screen = screen
        self._events = events
        self._run = run
        self._tallies = {name: Tally(name, total) for name, total in totals.items()}
        self._accounts: dict[str, Account] = {}
        self._limits: dict[str, int] = {}
        self._unsettled = Unsettled()
        self._said: list[str] = []
        self._guard = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def follow(self, account: Account, throttles: Mapping[str, Throttle]) -> Callable[[ReplyLine], None]:
        """The books and throttles of a run that was not known before; returns what is to be told of its lines."""
        with self._guard:
            self._account, self._throttles = account, dict(throttles)
        return self.line

    def start(self) -> None:
        """Begin to show; a thread draws until `stop`."""
        if self._events:
            self._events.add(
                "started", run=self._run, seats={name: tally.total for name, tally in self._tallies.items()}
            )
        if self._screen:
            with suppress(OSError, ValueError):
                self._screen.open()
        if self._screen or self._events:
            self._thread = threading.Thread(target=self._keep_showing, name="progress", daemon=True)
            self._thread.start()

    def stop(self, how: str = "done") -> None:
        """Show how it ended (`done`, `interrupted` or `failed`), and give the terminal back."""
        self._over.set()
        try:
            if self._thread is not None:
                self._thread.join(2.0)  # it may hang on a terminal that was stopped (Ctrl-S)
                self._thread = None
        finally:
            with self._guard:
                self._said += self._unsettled.rest()
            said, rows = self._look()
            screen, self._screen = self._screen, None
            if screen:
                with suppress(OSError, ValueError):
                    screen.close(said, rows)
            self._finish(how, rows)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        interrupted = kind is not None and not issubclass(kind, Exception)
        self.stop("done" if kind is None else "interrupted" if interrupted else "failed")

    def __call__(self, event: Event) -> None:
        """`watch`, so that a Progress is a watcher itself."""
        self.watch(event)

    def watch(self, event: Event) -> None:
        """Count what happened to a seat; name it where it has no reply, or where its model stopped."""
        with self._guard:
            self._count(event, self._tally(event.slot.model))
            if self._events:
                self._events.seat(event)

    def line(self, line: ReplyLine) -> None:
        """Count the calls of a line of the log, and what they cost."""
        name = line.slot.model
        with self._guard:
            if name not in self._accounts:
                from panel.accounts import Account

                self._accounts[name] = Account()
            self._accounts[name].line(line)
            now, tally = self._clock(), self._tally(name)
            tally.begin(now - sum(attempt.latency_s for attempt in line.attempts))
            tally.calls.add(now, len(line.attempts))

    def rows(self) -> list[Row]:
        """A row per model, and one for all where there are several."""
        with self._guard:
            return self._rows()

    def tick(self) -> None:
        """Show what is new."""
        said, rows = self._look()
        if self._screen:
            try:
                self._screen.show(said, rows)
            except (OSError, ValueError):  # nobody looks any more
                self._screen = None
        if self._events:
            self._events.flush()

    def _keep_showing(self) -> None:
        every_s = self._screen.every_s if self._screen else 1.0
        while not self._over.wait(every_s):
            self.tick()

    def _look(self) -> tuple[list[str], list[Row]]:
        with self._guard:
            said, self._said = self._said, []
            self._note_limits()
            return said, self._rows()

    def _tally(self, name: str) -> Tally:
        tally = self._tallies.get(name)
        if tally is None:  # a model that was not announced
            tally = self._tallies[name] = Tally(name, 0)
        return tally

    def _count(self, event: Event, tally: Tally) -> None:
        if event.happening == "held":
            tally.done += 1
            tally.held += 1
        elif event.happening == "failed" and event.detail.startswith(UNASKED):
            tally.unasked += event not in self._unsettled  # one that was asked before stays what it was
            self._stopped(tally, event.detail)
        else:
            self._count_asked(event, tally)

    def _count_asked(self, event: Event, tally: Tally) -> None:
        now = self._clock()
        tally.begin(now - event.seconds)
        if not self._accounts:  # the lines of the log are not told: an event stands for one call
            tally.calls.add(now)
        if event.happening == "again":
            tally.again += 1
            return
        before = self._unsettled.move(event)
        if before == "new":
            tally.ended.add(now)
        tally.done += (event.happening == "landed") - (before == "done")
        tally.failed += (event.happening == "failed") - (before == "failed")
        if event.happening == "failed" and self._unsettled.is_told(event):
            self._said.append(seat_line(event))

    def _stopped(self, tally: Tally, detail: str) -> None:
        if tally.stopped:
            return
        tally.stopped = detail
        self._said.append(plain(f"  stopped   {tally.name} · {why_unasked(detail)}; its open seats are not asked"))
        if self._events:
            self._events.add("stopped", model=tally.name, reason=detail.removeprefix(UNASKED))

    def _note_limits(self) -> None:
        if self._events is None:
            return
        for name, throttle in self._throttles.items():
            limit = throttle.limit
            if self._limits.setdefault(name, limit) != limit:
                self._events.add("limit", model=name, limit=limit, before=self._limits[name])
                self._limits[name] = limit

    def _rows(self) -> list[Row]:
        now = self._clock()
        rows = [self._row(tally, now) for tally in self._tallies.values()]
        if len(rows) < 2:
            return rows
        servers = {id(throttle): throttle for throttle in self._throttles.values()}.values()
        whole = together(rows, self._account.totals() if self._account else None)
        if not servers:
            return [*rows, whole]
        flying, most = sum(item.in_flight for item in servers), sum(item.limit for item in servers)
        return [*rows, whole._replace(in_flight=flying, limit=most)]

    def _row(self, tally: Tally, now: float) -> Row:
        account = self._account if len(self._tallies) == 1 and self._account else self._accounts.get(tally.name)
        row = tally.row(now, account.totals() if account else None)
        throttle = self._throttles.get(tally.name)
        return row._replace(in_flight=throttle.in_flight, limit=throttle.limit) if throttle else row

    def _finish(self, how: str, rows: Sequence[Row]) -> None:
        events, self._events = self._events, None
        if events is None:
            return
        from panel.cli.progress.table import as_json

        totals = self._account.totals().model_dump(mode="json") if self._account else None
        events.add("finished", how=how, run=self._run, models=[as_json(row) for row in rows], totals=totals)
        events.close()
