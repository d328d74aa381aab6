"""Between: two runs in, one report out. Reads the runs' files, writes nothing, asks nobody.

Both runs are read as streams of seats, of which small tuples are kept; tools are then compared one at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from panel.drift.badges import silent, thin
from panel.drift.comparison import Comparison
from panel.drift.seats import Chosen, Table
from panel.drift.sides import only_on, side_of, warnings
from panel.errors import UsageError
from panel.records.drift import Drift, JudgeMove
from panel.store import RunReader, Runs
from panel.view import inputs_of, records_of


class Asked(NamedTuple):
    """What is to be compared. Empty parts mean all; `models` pairs one model before with another after."""

    personas: tuple[str, ...] = ()
    only_models: tuple[str, ...] = ()
    models: tuple[str, str] | None = None
    tools: tuple[str, ...] | None = None


def drift_between(runs: Runs, before: RunReader, after: RunReader, asked: Asked = Asked()) -> Drift:  # noqa: B008 - immutable
    """How the verdicts of `after` differ from those of `before`; with `models` both may be one run.

    Raises UsageError for a persona or model that neither run holds, StoreError where a run cannot be read.
    """
    tables = [Table(records_of(runs, reader), _chosen(asked, place)) for place, reader in enumerate((before, after))]
    _check(asked, tables)
    mute = silent(inputs_of(runs, before)) | silent(inputs_of(runs, after))
    found = Comparison(tables[0], tables[1], mute, badges=not asked.personas)
    needed = found.badges.needed
    poor = [thin(inputs_of(runs, reader), needed) if needed else set() for reader in (before, after)]
    sides = [side_of(reader.manifest, table) for reader, table in zip((before, after), tables, strict=True)]
    notes = warnings(before.manifest, after.manifest, sides, found.causes.votes, found.paired)
    if asked.personas:
        notes.append("Badges are left out: only some personas of the panels are compared.")
    return Drift(
        before=sides[0],
        after=sides[1],
        watched=None if asked.tools is None else len(asked.tools),
        paired=found.paired,
        pending=found.pending,
        same_answer=found.same_answer,
        flipped=len(found.flipped),
        turns=found.turns(),
        flips=found.flips(),
        tools_turned=found.tools_turned(),
        badges_paired=found.badges.paired,
        badge_flips=found.badges.flips(lambda tool: tool not in poor[0], lambda tool: tool not in poor[1]),
        moves=found.moves(),
        causes=found.causes.totals(),
        only_before=only_on(tables[0], tables[1]),
        only_after=only_on(tables[1], tables[0]),
        concerns=found.concerns.told(),
        judges=found.gathered.judges(),
        straddling=found.straddling(),
        warnings=tuple(notes),
    )


def judge_moved(drift: Drift) -> list[JudgeMove]:
    """The alarm: where the question stayed the same and a persona's scores moved by more than asking again explains."""
    return [line for line in drift.judges if line.moved]


def _chosen(asked: Asked, place: int) -> Chosen:
    tools = None if asked.tools is None else frozenset(asked.tools)
    personas = frozenset(asked.personas) or None
    if asked.models:
        return Chosen(tools, personas, (asked.models[place],), " -> ".join(asked.models))
    return Chosen(tools, personas, frozenset(asked.only_models) or None)


def _check(asked: Asked, tables: Sequence[Table]) -> None:
    for what, names, known in (
        ("persona", asked.personas, [table.known_personas for table in tables]),
        ("model", asked.only_models, [table.known_models for table in tables]),
    ):
        _known(what, names, known[0] | known[1], "either run")
    for place, name in enumerate(asked.models or ()):
        _known("model", (name,), tables[place].known_models, ("the first run", "the second run")[place])


def _known(what: str, names: Iterable[str], known: Collection[str], where: str) -> None:
    for name in names:
        if name not in known:
            raise UsageError(
                f"there is no {what} {name!r} in {where}.", hint=f"There are: {', '.join(sorted(known)) or 'none'}."
            )
