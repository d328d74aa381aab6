"""The flags that say how a catalogue is asked, which `rescore` and `runs resume` share, and how it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from panel.cli.options import gathered
from panel.cli.progress import json_events
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
    json_events,
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


ways = gathered("ways", Ways, _FLAGS)
"""Gives a command these flags."""
