"""Between: two runs in, or one and what stood before it; one report out. Reads files, writes nothing, asks nobody.

Of a run over a catalogue, seats are read and compared tool by tool; of an ordinary run, small tuples are kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from panel.drift.comparison import Comparison
from panel.drift.seats import Chosen
from panel.drift.shelves import Shelves, Wording
from panel.drift.sides import warnings
from panel.drift.tables import Held, Shown, Streamed, Table
from panel.errors import UsageError
from panel.records.drift import Drift, DriftSide, JudgeMove
from panel.reparse import check_whole
from panel.store import RunReader, Runs
from panel.view import records_of


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
    for reader in (before, after):
        check_whole(reader)
    shelves = Shelves(runs)
    tables = [_table(shelves, runs, reader, _chosen(asked, place)) for place, reader in enumerate((before, after))]
    wordings = [shelves.wording(reader) for reader in (before, after)]
    found = _compared(tables, wordings, asked)
    sides = found.before.side(before.manifest), found.after.side(after.manifest)
    notes = warnings(before.manifest, after.manifest, sides, found.causes.votes, found.paired)
    return _report(found, sides, wordings, asked, notes)


def drift_since(runs: Runs, reader: RunReader, asked: Asked = Asked()) -> Drift:  # noqa: B008 - immutable
    """How what a run over a catalogue shows now differs from what stood when it was planned.

    Raises UsageError where the run is not over a catalogue, else as `drift_between`.
    """
    manifest = reader.manifest
    if manifest.catalogue is None:
        raise UsageError(
            f"run {reader.run_id} is not over a catalogue, and does not know what stood before it.",
            hint=f"Name the run to compare it with: panel diff previous {reader.run_id}",
        )
    check_whole(reader)
    shelves = Shelves(runs)
    shown = Shown(shelves, reader)
    tables = [Streamed(shown, _chosen(asked, 0), before=True), Streamed(shown, _chosen(asked, 1))]
    wordings = [shelves.wording(reader, before=True), shelves.wording(reader)]
    found = _compared(tables, wordings, asked)
    sides = found.before.side(manifest, stood_before=True), found.after.side(manifest)
    return _report(found, sides, wordings, asked, warnings(manifest, manifest, sides, found.causes.votes, found.paired))


def _table(shelves: Shelves, runs: Runs, reader: RunReader, chosen: Chosen) -> Table:
    if reader.manifest.catalogue:
        return Streamed(Shown(shelves, reader), chosen)
    return Held(records_of(runs, reader), chosen)


def _compared(tables: Sequence[Table], wordings: Sequence[Wording], asked: Asked) -> Comparison:
    _check(asked, tables)
    mute = wordings[0].silent | wordings[1].silent
    return Comparison(tables[0], tables[1], mute, badges=not asked.personas)


def _report(
    found: Comparison, sides: Sequence[DriftSide], wordings: Sequence[Wording], asked: Asked, notes: list[str]
) -> Drift:
    if asked.personas:
        notes.append("Badges are left out: only some personas of the panels are compared.")
    return Drift(
        before=sides[0],
        after=sides[1],
        watched=None if asked.tools is None else len(asked.tools),
        paired=found.paired,
        pending=found.pending,
        same_answer=found.same_answer,
        anew=found.paired - found.same_answer,
        flipped=len(found.flipped),
        flipped_anew=found.flipped_anew,
        turns=found.turns(),
        flips=found.flips(),
        tools_turned=found.tools_turned(),
        badges_paired=found.badges.paired,
        badge_flips=found.badges.flips(wordings[0].gives_enough, wordings[1].gives_enough),
        moves=found.moves(),
        causes=found.causes.totals(),
        only_before=found.before.only(found.after),
        only_after=found.after.only(found.before),
        concerns=found.concerns.told(),
        judges=found.gathered.judges(),
        straddling=found.straddling(),
        warnings=tuple(notes),
    )


def judge_moved(drift: Drift) -> list[JudgeMove]:
    """The alarm: where the question stayed the same and scores or calls moved by more than asking again explains."""
    return [line for line in drift.judges if line.moved]


def _chosen(asked: Asked, place: int) -> Chosen:
    tools = None if asked.tools is None else frozenset(asked.tools)
    personas = frozenset(asked.personas) or None
    if asked.models:
        return Chosen(tools, personas, (asked.models[place],), " -> ".join(asked.models))
    return Chosen(tools, personas, frozenset(asked.only_models) or None)


def _check(asked: Asked, tables: Sequence[Table]) -> None:
    for what, names, known in (
        ("persona", asked.personas, [table.personas for table in tables]),
        ("model", asked.only_models, [table.models for table in tables]),
    ):
        _known(what, names, known[0] | known[1], "either run")
    for place, name in enumerate(asked.models or ()):
        _known("model", (name,), tables[place].models, ("the first run", "the second run")[place])


def _known(what: str, names: Iterable[str], known: Collection[str], where: str) -> None:
    for name in names:
        if name not in known:
            raise UsageError(
                f"there is no {what} {name!r} in {where}.", hint=f"There are: {', '.join(sorted(known)) or 'none'}."
            )
