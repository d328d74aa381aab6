"""The Python API: `panel.review` and `panel.compare`, typed and small.

Each is the command of the same name without the printing: it reads the working folder's settings, stores what it buys
in a run, and raises `panel.PanelError` with a message and a hint.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from panel.catalogue import check_distinct
from panel.desk import Desk, Wanted
from panel.errors import RunStopping, UsageError
from panel.records.card import MAX_TOOLS, MIN_TOOLS, Card
from panel.records.panel import MAX_REPEATS
from panel.records.review import Review
from panel.records.tool import Tool


def review(
    tool: str | Path | Tool,
    *,
    models: str | Sequence[str] = (),
    personas: str | Sequence[str] = (),
    repeats: int | None = None,
    refresh: bool = False,
    folder: Path | None = None,
) -> Review:
    """Convene the panel on one tool: a catalogue slug, a file, `RUN:slug`, or a `Tool`.

    `models` and `personas` are names as on the command line, one or several; empty means as the settings of `folder`
    (default: the working directory) say. Raises UsageError, InputError, StoreError, or RunStopping where no model could
    be asked.
    """
    desk = Desk.open(folder)
    items = _found(desk, [tool])
    if len(items) != 1:
        raise UsageError(
            f"{tool} holds {len(items)} tools; a review is of one", hint="Name one of its files, or review one by one."
        )
    return _reviews(desk, items, _wanted(models, personas, repeats, refresh))[0]


def compare(
    *tools: str | Path | Tool | Review,
    models: str | Sequence[str] = (),
    personas: str | Sequence[str] = (),
    repeats: int | None = None,
    refresh: bool = False,
    folder: Path | None = None,
) -> Card:
    """Review two to six tools, or take reviews already made, and put them side by side; parameters as for `review`."""
    from panel.comparator import card_of

    desk = Desk.open(folder)
    items = _found(desk, tools)
    _check_comparable(items)
    return card_of(_reviews(desk, items, _wanted(models, personas, repeats, refresh)))


def _wanted(models: str | Sequence[str], personas: str | Sequence[str], repeats: int | None, refresh: bool) -> Wanted:
    if repeats is not None and (type(repeats) is not int or not 1 <= repeats <= MAX_REPEATS):
        raise UsageError(
            f"repeats is {repeats!r}; expected a whole number from 1 to {MAX_REPEATS}",
            hint="Leave it out to ask as often as the settings say.",
        )
    return Wanted(_names(models), _names(personas), repeats, False, refresh)


def _names(given: str | Sequence[str]) -> tuple[str, ...]:
    """A text is one name, and not its letters."""
    return (given,) if isinstance(given, str) else tuple(given)


def _found(desk: Desk, items: Sequence[str | Path | Tool | Review]) -> list[Tool | Review]:
    found: list[Tool | Review] = []
    for item in items:
        found += [item] if isinstance(item, (Tool, Review)) else desk.tools([str(item)])
    return found


def _check_comparable(items: Sequence[Tool | Review]) -> None:
    """Raise UsageError before anything is asked that could not stand on one card."""
    if not MIN_TOOLS <= len(items) <= MAX_TOOLS:
        raise UsageError(
            f"a card compares {MIN_TOOLS} to {MAX_TOOLS} tools; {len(items)} were given",
            hint="For one: panel.review(tool).",
        )
    tools = [item.tool if isinstance(item, Review) else item for item in items]
    check_distinct(tools)


def _reviews(desk: Desk, items: Sequence[Tool | Review], wanted: Wanted) -> tuple[Review, ...]:
    outcome = desk.review(items, wanted)
    if isinstance(outcome.stopped, RunStopping):
        raise outcome.stopped
    return outcome.reviews
