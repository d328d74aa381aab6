"""The flags that say how a catalogue is asked, which `rescore` and `runs resume` share, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from panel.errors import UsageError

if TYPE_CHECKING:
    from panel.desk.carrying import Way
    from panel.records.run import Catalogued

_FLAGS = (
    click.option(
        "--via",
        type=click.Choice(("live", "batch")),
        help="batch: by the providers' batch interfaces, at half the price, within a day. [default: live]",
    ),
    click.option("--finish", type=click.Choice(("live",)), help="With --via batch: ask live what batches leave open."),
    click.option("--detach", is_flag=True, help="With --via batch: hand in and end; the same command comes back."),
    click.option("--on", metavar="dask://HOST:PORT", help="Ask from the workers of this Dask cluster (extra: dask)."),
    click.option(
        "--json-events",
        metavar="FILE",
        help="Also write what happens as lines of JSON to this file, or to standard output for -.",
    ),
)


class Ways(NamedTuple):
    """The flags as given; None is not given."""

    via: str | None
    finish: str | None
    detach: bool
    on: str | None
    json_events: str | None

    @property
    def given(self) -> bool:
        """Whether any of them is."""
        return any(self)

    def way(self, began: Catalogued | None = None) -> Way:
        """How to ask: as the flags say, else as the run began. Raises UsageError for flags that exclude each other."""
        from panel.desk.carrying import Way

        via = self.via or ("live" if self.on else began.via if began else "live")
        finish_live = self.finish == "live" or bool(began and began.finish_live and via == "batch")
        if via == "live" and (finish_live or self.detach):
            raise UsageError(
                f"{'--detach' if self.detach else '--finish live'} is for batches.", hint="Add --via batch."
            )
        if via == "batch" and self.on:
            raise UsageError(
                "--on asks from the workers of a cluster, --via batch asks providers for batches.",
                hint="Give one of them.",
            )
        return Way(via, finish_live, self.detach, self.on)


def ways(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these flags; it is called with them as `ways`."""

    @wraps(function)
    def called(**given: Any) -> Any:
        ways = Ways(**{name: given.pop(name) for name in Ways._fields})
        return function(**given, ways=ways)

    command: Callable[..., Any] = called
    for flag in reversed(_FLAGS):
        command = flag(command)
    return command
