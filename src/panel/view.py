"""View: the one door to what a run shows of its tools. In goes a run; out come the records of its seats.

Own records are read from the run's `verdicts.jsonl`; what its plan holds by an older run is read there. Of a run over a
catalogue, a tool whose new panel is not complete shows the panel that was in view before. Writes nothing; of a whole
run, seats come one at a time, and memory does not grow with the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from panel.errors import StoreError, UsageError
from panel.records.persona import Persona
from panel.records.review import Review, review_of
from panel.records.run import InputLine, PlanLine, ShortLine
from panel.records.seat import SeatRecord, Slot
from panel.records.tool import Tool
from panel.reparse import check_planned, mapping_of, recalled, told
from panel.rereading import Texts
from panel.store import RunReader, Runs, layout
from panel.store.lines import raw_lines, read_lines
from panel.store.runs import asked as asked_when
from panel.store.verdicts import Verdicts

Line = PlanLine | ShortLine
_OLDER = re.compile(rb'"(?:held_by|run)":"([A-Za-z0-9][A-Za-z0-9._-]{0,99})"')


def records_of(runs: Runs, reader: RunReader) -> Iterator[SeatRecord]:
    """Every seat that the run's view of its tools consists of; where a slot comes twice, the later one counts.

    Seats that have no record anywhere come as pending, with the reason. What could not be read is told in
    `reader.torn`. Raises StoreError where a file of the run itself cannot be read.
    """
    if reader.manifest.catalogue:
        shown = _Catalogue(runs, reader)
        for _, lines in groupby(reader.slots(), key=lambda line: line.slot.tool):
            yield from shown.of(list(lines))
    else:
        yield from _records(runs, reader)


def recall(runs: Runs, reader: RunReader, tool_id: str, formerly: Sequence[str] = ()) -> Review:
    """The review of one tool as a run shows it, under its id of today or one of `formerly`.

    Raises UsageError where the run does not hold this tool, or no panel of it yet.
    """
    with told(reader):
        if reader.manifest.catalogue:
            return _recalled_of_catalogue(runs, reader, (tool_id, *formerly))
        inputs = reader.inputs()
        ids = {plan.slot.tool for plan in reader.plan()}
        then = next((name for name in (tool_id, *formerly) if name in ids), tool_id)
        plans = [plan for plan in reader.plan() if plan.slot.tool == then]
        if not plans:
            raise _unknown(reader, tool_id, f"It holds: {', '.join(sorted(ids)) or 'none'}.")
        check_planned(reader, plans, (then,))
        tool = Tool.model_validate(mapping_of(inputs, plans[0].tool))
        shas = {plan.slot.persona: plan.ids.persona for plan in plans}
        known = [name for name in reader.manifest.personas if name in shas]
        personas = [Persona.model_validate(mapping_of(inputs, shas[name])) for name in known]
        return review_of(tool, personas, recalled(reader, runs, plans, inputs))


def inputs_of(runs: Runs, reader: RunReader) -> Iterator[InputLine]:
    """What the questions in view were made of, one at a time: the run's own, then those of the runs it shows.

    Of tools and personas that several hold, the run's own text comes, else that of the newest run.
    """
    known: set[tuple[str, object]] = set()
    for source in (reader, *_older(runs, reader)):
        told_here: set[tuple[str, object]] = set()
        for line in read_lines(source.path / layout.INPUTS, InputLine, reader.tell):
            name = (line.kind, line.value.get("id") if isinstance(line.value, dict) else line.sha)
            if name not in known:
                told_here.add(name)
                yield line
        if reader.manifest.catalogue:
            known |= told_here


def _older(runs: Runs, reader: RunReader) -> Iterator[RunReader]:
    """The runs whose answers a run over a catalogue shows, newest first, as far as they are there."""
    if not reader.manifest.catalogue:
        return
    names = {name.decode() for raw in raw_lines(reader.path / layout.PLAN) for name in _OLDER.findall(raw)}
    for name in sorted(names - {reader.run_id}, reverse=True):
        found = _opened(runs, reader, name)
        if found:
            yield found


def _opened(runs: Runs, reader: RunReader, run_id: str) -> RunReader | None:
    try:
        return runs.open(run_id)
    except (UsageError, StoreError) as error:
        reader.tell(f"run {reader.run_id} holds answers of run {run_id}: {error.message}")
        return None


class _Catalogue:
    """What a run over a catalogue shows, tool by tool. Keeps of each run the places of its verdicts."""

    def __init__(self, runs: Runs, reader: RunReader) -> None:
        self._runs = runs
        self._reader = reader
        self._verdicts: dict[str, Verdicts | None] = {reader.run_id: Verdicts(reader.path, reader.tell)}

    def of(self, lines: Sequence[Line]) -> list[SeatRecord]:
        """The seats of one tool in view; `lines` is all that the plan says of it.

        The new panel where it is complete, else the one before; where there was none, what there is of the new one, or
        nothing where the run does not ask all of it.
        """
        now = [self._now(line) for line in lines]
        if all(record is not None and record.settled for record in now):
            return [record for record in now if record]
        before = [record for line in lines if (record := self._before(line))]
        if before:
            return before
        found = [record or _absent(self._reader.run_id, line) for line, record in zip(lines, now, strict=True)]
        return [record for record in found if record] if all(found) else []

    def _now(self, line: Line) -> SeatRecord | None:
        if isinstance(line, PlanLine) and line.source == "here":
            own = self._of_run(self._reader.run_id)
            same = [record for record in own.of(line.key) if record.slot == line.slot] if own else []
            return same[-1] if same else None
        if line.source == "held" and line.held_by:
            return self._held(line.held_by, line.key, line.slot)
        return None

    def _before(self, line: Line) -> SeatRecord | None:
        if line.was:
            return self._held(line.was.run, line.was.key, line.slot)
        return None

    def _held(self, run_id: str, key: str, slot: Slot) -> SeatRecord | None:
        """An older run's record of a question, under the slot that shows it now."""
        found = self._of_run(run_id)
        settled = [record for record in found.of(key) if record.settled] if found else []
        return settled[-1].model_copy(update={"slot": slot}) if settled else None

    def _of_run(self, run_id: str) -> Verdicts | None:
        if run_id not in self._verdicts:
            older = _opened(self._runs, self._reader, run_id)
            self._verdicts[run_id] = Verdicts(older.path, self._reader.tell) if older else None
        return self._verdicts[run_id]


def _absent(run_id: str, line: Line) -> SeatRecord | None:
    """A seat without a record; None where the plan does not say what is asked."""
    return _pending(run_id, line) if isinstance(line, PlanLine) else None


def _pending(run_id: str, plan: PlanLine) -> SeatRecord:
    if plan.held_by:
        why = f"held by run {plan.held_by}, which does not hold it any more"
    else:
        why = plan.reason or f"not in verdicts.jsonl: `panel reparse {run_id}` reads its reply, if there is one"
    return SeatRecord(
        run_id=run_id, slot=plan.slot, key=plan.key, parts=plan.parts, ids=plan.ids, model=plan.model, pending=why
    )


def _recalled_of_catalogue(runs: Runs, reader: RunReader, names: Sequence[str]) -> Review:
    marks = [f'"tool":"{name}"'.encode() for name in names]
    lines = list(reader.slots(lambda raw: any(mark in raw for mark in marks)))
    held = {line.slot.tool for line in lines}
    then = next((name for name in names if name in held), names[0])
    lines = [line for line in lines if line.slot.tool == then]
    found = reader.manifest.catalogue
    if not lines or found is None:
        whole = f"It holds {found.tools:,} tools of {found.source}." if found else ""
        raise _unknown(reader, names[0], whole)
    check_planned(reader, lines, (then,))
    seats = _Catalogue(runs, reader).of(lines)
    if not seats:
        gone = next((line.held_by for line in lines if line.held_by), None)
        if gone:
            raise StoreError(
                f"run {reader.run_id} shows answers of {then!r} which run {gone} held; it does not hold them any more.",
                hint="Put the older run's folder back from a copy, or give the command again.",
            )
        why = next((line.reason for line in lines if line.reason), "")
        raise _unknown(reader, then, f"No panel of it is complete yet{f': {why}' if why else ''}.")
    tool, personas = _texts_of(runs, reader, seats)
    order = {name: place for place, name in enumerate(reader.manifest.personas)}
    personas.sort(key=lambda persona: order.get(persona.id, len(order)))
    tool = tool.model_copy(update={"id": then})
    return review_of(tool, personas, seats)


def _texts_of(runs: Runs, reader: RunReader, seats: Sequence[SeatRecord]) -> tuple[Tool, list[Persona]]:
    """The tool and the personas as they were asked about, from the runs that bought the answers; the latest count."""
    by_run: dict[str, list[SeatRecord]] = {}
    for seat in sorted(seats, key=asked_when):
        by_run.setdefault(seat.run_id, []).append(seat)
    tool: Tool | None = None
    personas: dict[str, Persona] = {}
    for run_id, bought in by_run.items():
        source = reader if run_id == reader.run_id else _opened(runs, reader, run_id)
        if source is None:
            continue
        texts = Texts(source)
        keys = [f'"key":"{seat.key}"'.encode() for seat in bought]
        for line in source.slots(lambda raw, keys=keys: any(key in raw for key in keys)):  # type: ignore[misc]
            if isinstance(line, PlanLine):
                tool = texts.tool(line.tool)
                personas[line.slot.persona] = texts.persona(line.ids.persona)
    if tool is None or not {seat.slot.persona for seat in seats} <= personas.keys():
        raise StoreError(
            f"run {reader.run_id} shows answers of {seats[0].slot.tool} whose questions no run here holds any more.",
            hint="Put the older run's folder back from a copy.",
        )
    return tool, list(personas.values())


def _unknown(reader: RunReader, tool_id: str, hint: str) -> UsageError:
    return UsageError(f"run {reader.run_id} holds no review of {tool_id!r}", hint=hint)


def _records(runs: Runs, reader: RunReader) -> Iterator[SeatRecord]:
    seen: set[str] = set()
    for record in read_lines(reader.path / layout.VERDICTS, SeatRecord, reader.tell):
        seen.add(str(record.slot))
        yield record
    elsewhere: dict[str, dict[str, list[Slot]]] = {}
    absent: dict[str, PlanLine] = {}
    for plan in reader.plan_lines():
        if str(plan.slot) in seen:
            continue
        absent[str(plan.slot)] = plan
        if plan.held_by:
            elsewhere.setdefault(plan.held_by, {}).setdefault(plan.key, []).append(plan.slot)
    for run_id, wanted in elsewhere.items():
        for record in _held(runs, reader, run_id, wanted):
            absent.pop(str(record.slot), None)
            yield record
    for plan in absent.values():
        yield _pending(reader.run_id, plan)


def _held(runs: Runs, reader: RunReader, run_id: str, wanted: dict[str, list[Slot]]) -> Iterable[SeatRecord]:
    """The older run's records of these keys, under the slots that now show them."""
    older = _opened(runs, reader, run_id)
    if older is None:
        return
    for record in read_lines(older.path / layout.VERDICTS, SeatRecord, reader.tell, wanted):
        for slot in wanted.get(record.key, ()):
            yield record.model_copy(update={"slot": slot})
