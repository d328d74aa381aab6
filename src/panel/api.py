"""The Python API: `panel.review` and `panel.compare`, typed and small.

Each is the command of the same name without the printing: it reads the working folder's settings, stores what it buys
in a run, and raises `panel.PanelError` with a message and a hint.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from panel.desk import Desk, Wanted
from panel.errors import RunStopping
from panel.records.card import Card
from panel.records.review import Review
from panel.records.tool import Tool


def review(
    tool: str | Path | Tool,
    *,
    models: Sequence[str] = (),
    personas: Sequence[str] = (),
    repeats: int | None = None,
    refresh: bool = False,
    folder: Path | None = None,
) -> Review:
    """Convene the panel on one tool: a catalogue slug, a file, `RUN:slug`, or a `Tool`.

    `models` and `personas` are names as on the command line; empty means as the settings of `folder` (default: the
    working directory) say. Raises UsageError, InputError, StoreError, or RunStopping where no model could be asked.
    """
    return _reviews([tool], Wanted(tuple(models), tuple(personas), repeats, False, refresh), folder)[0]


def compare(
    *tools: str | Path | Tool | Review,
    models: Sequence[str] = (),
    personas: Sequence[str] = (),
    repeats: int | None = None,
    refresh: bool = False,
    folder: Path | None = None,
) -> Card:
    """Review two to six tools, or take reviews already made, and put them side by side; parameters as for `review`."""
    from panel.comparator import card_of

    return card_of(_reviews(tools, Wanted(tuple(models), tuple(personas), repeats, False, refresh), folder))


def _reviews(items: Sequence[str | Path | Tool | Review], wanted: Wanted, folder: Path | None) -> tuple[Review, ...]:
    desk = Desk.open(folder)
    found: list[Tool | Review] = []
    for item in items:
        found += [item] if isinstance(item, (Tool, Review)) else desk.tools([str(item)])
    outcome = desk.review(found, wanted)
    if isinstance(outcome.stopped, RunStopping):
        raise outcome.stopped
    return outcome.reviews
