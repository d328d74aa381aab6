"""Sides: what each side of a comparison holds, what stands on one only, and what a reader must know first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from panel.drift.seats import Place, Table
from panel.records.drift import Cause, DriftSide, Judge, OneSided
from panel.records.run import Manifest

MOST_LISTED = 1000
"""Seats on one side only that are named; the others are counted."""


def side_of(manifest: Manifest, table: Table) -> DriftSide:
    """The side in numbers, and who answered on it."""
    calls: Counter[str] = Counter()
    judges: Counter[tuple[str, str | None]] = Counter()
    votes = set()
    for tool, place, seat in table.seats():
        calls[seat.call] += 1
        votes.add((tool, place.persona, place.model, place.variant))
        if seat.call != "pending":
            judges[place.model, seat.served] += 1
    return DriftSide(
        run=manifest.run_id,
        started_at=manifest.started_at,
        tools=len(table.tools),
        votes=len(votes),
        seats=sum(calls.values()),
        scored=calls["ship"] + calls["skip"],
        abstained=calls["abstained"],
        pending=calls["pending"],
        judges=tuple(
            Judge(model=model, served=served, seats=count)
            for (model, served), count in sorted(judges.items(), key=lambda item: (item[0][0], item[0][1] or ""))
        ),
    )


def only_on(here: Table, there: Table) -> OneSided:
    """What `here` holds and `there` does not. Nothing is dropped: what is not named is counted."""
    tools = sorted(here.tools.keys() - there.tools.keys())
    mine, theirs = _names(here), _names(there)
    personas, models = sorted(mine[0] - theirs[0]), sorted(mine[1] - theirs[1])
    alone = [(tool, place) for tool, place, _ in here.seats() if place not in there.tools.get(tool, {})]
    explained = (set(tools), set(personas), set(models))
    unexplained = sorted(item for item in alone if not _explained(item, explained))
    listed = [f"{tool}/{place.persona}/{place.model}#{place.repeat}" for tool, place in unexplained[:MOST_LISTED]]
    return OneSided(
        tools=tuple(tools),
        personas=tuple(personas),
        models=tuple(models),
        votes=len(_votes(alone) - _votes((tool, place) for tool, place, _ in there.seats())) if alone else 0,
        seats=len(alone),
        listed=tuple(
            text if place.variant == "open" else f"{text}@{place.variant}"
            for text, (_, place) in zip(listed, unexplained[:MOST_LISTED], strict=True)
        ),
        left_out=max(0, len(unexplained) - MOST_LISTED),
    )


def _names(table: Table) -> tuple[set[str], set[str]]:
    places = {place for places in table.tools.values() for place in places}
    return {place.persona for place in places}, {place.model for place in places}


def _explained(item: tuple[str, Place], explained: tuple[set[str], set[str], set[str]]) -> bool:
    tool, place = item
    return tool in explained[0] or place.persona in explained[1] or place.model in explained[2]


def _votes(seats: Iterable[tuple[str, Place]]) -> set[tuple[str, str, str, str]]:
    return {(tool, place.persona, place.model, place.variant) for tool, place in seats}


def warnings(
    before: Manifest, after: Manifest, sides: Sequence[DriftSide], causes: Mapping[Cause, int], paired: int
) -> list[str]:
    """What makes the comparison say less than it seems to, in sentences."""
    found = []
    if before.started_at > after.started_at:
        found.append(f"The run named first is the later one: changes are told from {before.run_id} to {after.run_id}.")
    for cause, what in ((Cause.SCALE, "scale"), (Cause.REPLY_SCHEMA, "rubric")):
        if causes.get(cause):
            found.append(
                f"Not comparable: {causes[cause]} of {paired} votes were given on another {what}. Their scores are "
                "left out of all moves; their flips are counted and marked."
            )
    for side, name in zip(sides, ("before", "after"), strict=True):
        found += _mixed(side, name)
        if side.pending:
            found.append(f"Of {side.seats} seats {name}, {side.pending} are pending: that run is not complete.")
    if not paired:
        found.append("No vote stands on both sides: there is nothing to compare.")
    return found


def _mixed(side: DriftSide, name: str) -> list[str]:
    found = []
    for model in sorted({judge.model for judge in side.judges}):
        told = [f"{judge.served} ({judge.seats})" for judge in side.judges if judge.model == model and judge.served]
        if len(told) > 1:
            found.append(f"Mixed judges {name}: {model} was served as {' and '.join(told)}.")
    return found
