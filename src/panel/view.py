"""View: the one door to what a run shows of its tools. In goes a run; out come the records of its seats.

Own records are read from the run's `verdicts.jsonl`, those held by an older run there. Of a run over a catalogue, a
tool whose new panel is not complete shows the one before. Writes nothing; seats of a whole run come one at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Generic, Protocol, TypeVar

from panel.errors import StoreError, UsageError
from panel.makings import mapping_of
from panel.records.persona import Persona
from panel.records.review import Review, review_of
from panel.records.run import PlanLine, ShortLine, Was
from panel.records.seat import SeatRecord, Slot
from panel.records.tool import Tool
from panel.reparse import check_planned, check_whole, recalled, told
from panel.rereading import Texts
from panel.store import RunReader, Runs, layout
from panel.store.lines import raw_lines, read_lines
from panel.store.runs import asked as asked_when
from panel.store.verdicts import Verdicts

_OLDER = [
    re.compile(rb'"%b"\s*:\s*"([A-Za-z0-9][A-Za-z0-9._-]{0,99})"' % name)  # apart: each is found by its first letters
    for name in (b"held_by", b"run")
]


class Line(Protocol):
    """What a plan says of one slot, as far as the view needs it."""

    @property
    def slot(self) -> Slot: ...
    @property
    def key(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def held_by(self) -> str | None: ...
    @property
    def was(self) -> Was | None: ...


class Answer(Protocol):
    """What is stored of one seat, as far as the view needs it."""

    @property
    def slot(self) -> Slot: ...
    @property
    def settled(self) -> bool: ...


L = TypeVar("L", bound=Line)
A = TypeVar("A", bound=Answer)


def records_of(runs: Runs, reader: RunReader) -> Iterator[SeatRecord]:
    """Every seat that the run's view of its tools consists of; where a slot comes twice, the later one counts.

    Seats that have no record anywhere come as pending, with the reason. What could not be read is told in
    `reader.torn`. Raises StoreError where a file of the run itself cannot be read.
    """
    if reader.manifest.catalogue:
        check_whole(reader)
        view = _view(runs, reader)
        for _, lines in groupby(reader.slots(), key=lambda line: line.slot.tool):
            yield from _placed(view.now(list(lines)))
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


def sources_of(runs: Runs, reader: RunReader, named: Collection[str] | None = None) -> Iterator[RunReader]:
    """The runs whose answers and texts make the view: the run itself, then the older ones it shows, newest first.

    `named` are the runs that its plan names, where these are known; one that is not there is told in `reader.torn`.
    """
    yield reader
    if reader.manifest.catalogue:
        names = named_in(raw_lines(reader.path / layout.PLAN)) if named is None else set(named)
        for name in sorted(names - {reader.run_id}, reverse=True):
            found = opened(runs, reader, name)
            if found:
                yield found


def named_in(raws: Iterable[bytes]) -> set[str]:
    """The runs that lines of a plan name."""
    return {name.decode() for raw in raws for older in _OLDER for name in older.findall(raw)}


def opened(runs: Runs, reader: RunReader, run_id: str) -> RunReader | None:
    """The run of this id that `reader` shows answers of; None where it is not there, which is told in its `torn`."""
    try:
        return reader if run_id == reader.run_id else runs.open(run_id)
    except (UsageError, StoreError) as error:
        reader.tell(f"run {reader.run_id} holds answers of run {run_id}: {error.message}")
        return None


class View(Generic[L, A]):
    """What a run over a catalogue shows of a tool, from all that its plan says of it.

    `find` gives what a run holds of a question, by run and key, in the order written; `absent` an unanswered seat, or
    None where the plan does not say what is asked.
    """

    def __init__(self, run_id: str, find: Callable[[str, str], Sequence[A]], absent: Callable[[L], A | None]) -> None:
        self._run_id = run_id
        self._find = find
        self._absent = absent

    def now(self, lines: Sequence[L]) -> list[tuple[Slot, A]]:
        """The seats in view, each under the slot that shows it.

        The new panel where it is complete, else the one before; where there was none, what there is of the new one, or
        nothing where the run does not ask all of it.
        """
        new = [(line.slot, self._now(line)) for line in lines]
        if all(answer is not None and answer.settled for _, answer in new):
            return _there(new)
        before = self._before(lines)
        if before:
            return before
        found = [(slot, answer or self._absent(line)) for line, (slot, answer) in zip(lines, new, strict=True)]
        return _there(found) if all(answer for _, answer in found) else []

    def before(self, lines: Sequence[L]) -> list[tuple[Slot, A]]:
        """The seats that were in view when the run was planned: of a tool that was wholly fresh then, those of now."""
        return self.now(lines) if was_fresh(lines) else self._before(lines)

    def _now(self, line: L) -> A | None:
        if line.source == "here":
            same = [answer for answer in self._find(self._run_id, line.key) if answer.slot == line.slot]
            return same[-1] if same else None
        return self._held(line.held_by, line.key) if line.source == "held" and line.held_by else None

    def _before(self, lines: Sequence[L]) -> list[tuple[Slot, A]]:
        return _there([(line.slot, self._held(line.was.run, line.was.key)) for line in lines if line.was])

    def _held(self, run_id: str, key: str) -> A | None:
        settled = [answer for answer in self._find(run_id, key) if answer.settled]
        return settled[-1] if settled else None


def was_fresh(lines: Iterable[Line]) -> bool:
    """Whether all of a tool's questions were answered when the run was planned, so that nothing of it is asked."""
    return all(line.source == "held" and not line.was for line in lines)


def _there(found: Iterable[tuple[Slot, A | None]]) -> list[tuple[Slot, A]]:
    return [(slot, answer) for slot, answer in found if answer is not None]


def _view(runs: Runs, reader: RunReader) -> View[PlanLine | ShortLine, SeatRecord]:
    @cache
    def verdicts(run_id: str) -> Verdicts | None:
        source = opened(runs, reader, run_id)
        return Verdicts(source.path, reader.tell) if source else None

    def find(run_id: str, key: str) -> Sequence[SeatRecord]:
        held = verdicts(run_id)
        return held.of(key) if held else ()

    return View(reader.run_id, find, lambda line: _absent(reader.run_id, line))


def _placed(found: Iterable[tuple[Slot, SeatRecord]]) -> list[SeatRecord]:
    """The records, each under the slot that shows it now."""
    return [record if record.slot == slot else record.model_copy(update={"slot": slot}) for slot, record in found]


def _absent(run_id: str, line: PlanLine | ShortLine) -> SeatRecord | None:
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
    seats = _placed(_view(runs, reader).now(lines))
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
        source = opened(runs, reader, run_id)
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
    older = opened(runs, reader, run_id)
    if older is None:
        return
    for record in read_lines(older.path / layout.VERDICTS, SeatRecord, reader.tell, wanted):
        for slot in wanted.get(record.key, ()):
            yield record.model_copy(update={"slot": slot})
