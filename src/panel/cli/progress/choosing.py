"""Choosing: how progress is shown: a line per seat, a line per model in place, a log, or events for scripts.

Few seats are told one by one. Many are shown as a line per model where standard error is a terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from panel.cli.progress.seats import UNASKED, seat_line
from panel.cli.progress.unsettled import Unsettled
from panel.cli.streams import note

if TYPE_CHECKING:
    from panel.accounts import Account
    from panel.cli.progress.progress import Progress
    from panel.cli.progress.screen import Screen
    from panel.clients.pacing.lanes import Throttle
    from panel.convene import Event
    from panel.desk import Desk, Wanted
    from panel.records.review import Review
    from panel.records.tool import Tool

MANY = 20
"""More seats than this are not told one by one on a terminal."""

json_events = click.option(
    "--json-events",
    metavar="FILE",
    help="Also write what happens as lines of JSON to this file, or to standard output for -.",
)


def long_run(
    totals: Mapping[str, int],
    *,
    quiet: bool = False,
    json_events: str | None = None,
    account: Account | None = None,
    throttles: Mapping[str, Throttle] | None = None,
    run: str | None = None,
) -> Progress:
    """The progress of a long run: on a terminal in place, elsewhere a log; `json_events` names a file, or is `-`.

    Where events go to standard output, nothing is drawn in place: both may be the same terminal. Raises StoreError
    where the file cannot be written.
    """
    from panel.cli.progress.progress import Progress

    events = None
    if json_events is not None:
        from panel.cli.progress.events import JsonEvents

        events = JsonEvents(json_events)
    shown = None if quiet else screen(in_place=json_events != "-")
    return Progress(totals, account=account, throttles=throttles, screen=shown, events=events, run=run)


@contextmanager
def watcher(quiet: bool) -> Iterator[Callable[[Event], None]]:
    """Shows every seat as it lands, on standard error; of those that a stop kept from being asked, a model's first, and
    of those that have no reply for the same reason, some: the others are counted at the end."""
    stopped: set[tuple[str, str]] = set()
    unsettled = Unsettled()

    def watch(event: Event) -> None:
        if event.happening == "failed" and event.detail.startswith(UNASKED):
            why = (event.slot.model, event.detail)
            if why in stopped:
                return
            stopped.add(why)
        elif event.happening in ("landed", "failed"):
            unsettled.move(event)
            if event.happening == "failed" and not unsettled.is_told(event):
                return
        note(seat_line(event))

    try:
        yield (lambda event: None) if quiet else watch
    finally:
        for line in unsettled.rest():
            note(line)


def screen(*, in_place: bool) -> Screen:
    """Where the lines of progress stand: in place on a terminal, else a log."""
    from panel.cli.progress.screen import Log, Terminal

    return Terminal(sys.stderr) if in_place and is_terminal(sys.stderr) else Log(note)


def is_terminal(stream: Any) -> bool:
    """Whether lines can be kept in place there."""
    try:
        return bool(stream.isatty()) and os.environ.get("TERM") != "dumb"
    except ValueError:  # closed
        return False


@contextmanager
def watching(
    desk: Desk, items: Sequence[Tool | Review], wanted: Wanted, quiet: bool
) -> Iterator[Callable[[Event], None]]:
    """A watcher for a command that reviews these: of many seats on a terminal a line per model, else one per seat."""
    totals = {} if quiet or not is_terminal(sys.stderr) else _expected(desk, items, wanted)
    if sum(totals.values()) <= MANY:
        with watcher(quiet) as watch:
            yield watch
        return
    with long_run(totals) as progress:
        yield progress


def _expected(desk: Desk, items: Sequence[Tool | Review], wanted: Wanted) -> dict[str, int]:
    """How many seats each model will have, by the panel; what is stored beyond that is counted as it comes."""
    from panel.records.tool import Tool

    tools = sum(isinstance(item, Tool) for item in items)
    panel = desk.panel(wanted)
    seats = tools * len(panel.personas)
    return {model.name: seats * (1 if model.is_offline else panel.repeats) for model in panel.models}
