"""Two runs to compare: `keep` writes seats as a finished run, `diff` compares two of them; `lay` plans a catalogue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from builders import NOON, PANEL, make_model, make_seat, make_tool

from panel.drift import Asked, drift_between
from panel.records.drift import Drift
from panel.records.run import Catalogued, Manifest, PlanLine, ShortLine, Was
from panel.records.seat import SeatRecord
from panel.store import Runs

OLD, NEW = "20261101-120000-aaaaaa", "20261120-120000-bbbbbb"
Keep = Callable[..., None]
Diff = Callable[..., Drift]


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs")


@pytest.fixture
def keep(runs: Runs) -> Keep:
    """Writes a run of the seats given, with the texts of its tools and personas."""

    def write(run: str, seats: Sequence[SeatRecord], descriptions: dict[str, str] | None = None) -> None:
        tools = tuple(dict.fromkeys(seat.slot.tool for seat in seats))
        manifest = Manifest(
            run_id=run,
            command=("panel",),
            started_at=NOON if run == NEW else NOON - dt.timedelta(days=19),
            tools=tools[:1000],
            personas=tuple(dict.fromkeys(seat.slot.persona for seat in seats)),
            models=(make_model(),),
        )
        with runs.create(manifest) as writer:
            for tool in tools:
                text = (descriptions or {}).get(tool)
                item = make_tool(tool, description=text) if text else make_tool(tool)
                writer.add_input("tool", item.model_dump(mode="json"))
            for persona in manifest.personas:
                writer.add_input("persona", {"id": persona, "votes": persona != "control"})
            writer.write_verdicts(seats)

    return write


@pytest.fixture
def diff(runs: Runs, keep: Keep) -> Diff:
    """The report of two runs made of the seats given."""

    def compare(before: Iterable[SeatRecord], after: Iterable[SeatRecord], **asked: Any) -> Drift:
        keep(OLD, list(before))
        keep(NEW, list(after))
        return drift_between(runs, runs.open(OLD), runs.open(NEW), Asked(**asked))

    return compare


def bought(run: str, told: Any, *, tool: str = "alder", persona: str = "builder", **more: Any) -> SeatRecord:
    """One seat bought in a run."""
    return make_seat(told, tool=tool, persona=persona, run_id=run, **more)


def panel_of(run: str, tolds: Sequence[Any], **more: Any) -> list[SeatRecord]:
    """The four personas before one tool, one score each; a list is repeats."""
    return [
        bought(run, told, persona=persona, repeat=repeat, **more)
        for persona, each in zip(PANEL, tolds, strict=True)
        for repeat, told in enumerate(each if isinstance(each, list) else [each])
    ]


def planned(
    seat: SeatRecord, source: str, held_by: str | None = None, reason: str = "", was: SeatRecord | None = None
) -> PlanLine:
    """What a plan says of a seat: that it is asked `here`, or is `pending`, or held; `was` is its answer of before."""
    return PlanLine(
        slot=seat.slot,
        key=seat.key,
        parts=seat.parts,
        ids=seat.ids,
        model=seat.model,
        tool=seat.ids.tool,
        messages=(),
        source=source,  # type: ignore[arg-type]
        held_by=held_by,
        was=Was(run=was.run_id, key=was.key) if was else None,
        reason=reason,
    )


def short(seat: SeatRecord, held_by: str | None = None, reason: str = "", was: SeatRecord | None = None) -> ShortLine:
    """The same of a seat that the run does not ask."""
    return ShortLine(
        slot=seat.slot,
        key=seat.key,
        source="held" if held_by else "pending",
        held_by=held_by,
        was=Was(run=was.run_id, key=was.key) if was else None,
        reason=reason,
    )


def lay(
    runs: Runs,
    run: str,
    lines: Sequence[PlanLine | ShortLine],
    seats: Sequence[SeatRecord] = (),
    descriptions: dict[str, str] | None = None,
) -> None:
    """A run over a catalogue, planned and answered so far; `descriptions` are the texts of tools it asks about."""
    manifest = Manifest(
        run_id=run,
        command=("panel", "rescore"),
        started_at=NOON,
        tools=(),
        catalogue=Catalogued(source="tools", tools=len({line.slot.tool for line in lines}), planned=True),
        personas=tuple(dict.fromkeys(line.slot.persona for line in lines)),
        models=(make_model(),),
    )
    with runs.create(manifest) as writer:
        for tool, text in (descriptions or {}).items():
            writer.add_input("tool", make_tool(tool, description=text).model_dump(mode="json"))
        writer.plan(lines)
        writer.write_verdicts(seats)
