"""Door: the one way in which drift comes by the answers of a run. In goes a run, out come its seats, one at a time.

Own records are read from the run's `verdicts.jsonl`; what its plan holds by an older run and does not repeat there is
read from that run. Nothing is kept: whoever needs all seats at once keeps what it needs of each. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from panel.errors import StoreError, UsageError
from panel.records.run import InputLine, PlanLine
from panel.records.seat import SeatRecord, Slot
from panel.store import RunReader, Runs, layout
from panel.store.lines import read_lines

RecordsOf = Callable[[RunReader], Iterable[SeatRecord]]


def records_of(runs: Runs, reader: RunReader) -> Iterator[SeatRecord]:
    """Every seat that the run's view of its tools consists of; where a slot comes twice, the later one counts.

    Seats that have no record anywhere come as pending, with the reason. What could not be read is told in
    `reader.torn`. Raises StoreError where a file of the run itself cannot be read.
    """
    seen: set[str] = set()
    for record in read_lines(reader.path / layout.VERDICTS, SeatRecord, _teller(reader)):
        seen.add(str(record.slot))
        yield record
    elsewhere: dict[str, dict[str, list[Slot]]] = {}
    absent: dict[str, PlanLine] = {}
    for plan in read_lines(reader.path / layout.PLAN, PlanLine, _teller(reader)):
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


def _held(runs: Runs, reader: RunReader, run_id: str, wanted: dict[str, list[Slot]]) -> Iterator[SeatRecord]:
    """The older run's records of these keys, under the slots that now show them."""
    try:
        older = runs.open(run_id)
    except (UsageError, StoreError) as error:
        _teller(reader)(f"run {reader.run_id} holds answers of run {run_id}: {error.message}")
        return
    for record in read_lines(older.path / layout.VERDICTS, SeatRecord, _teller(reader), wanted):
        for slot in wanted.get(record.key, ()):
            yield record.model_copy(update={"slot": slot})


def _pending(run_id: str, plan: PlanLine) -> SeatRecord:
    if plan.held_by:
        why = f"held by run {plan.held_by}, which does not hold it any more"
    else:
        why = plan.reason or f"not in verdicts.jsonl: `panel reparse {run_id}` reads its reply, if there is one"
    return SeatRecord(
        run_id=run_id, slot=plan.slot, key=plan.key, parts=plan.parts, ids=plan.ids, model=plan.model, pending=why
    )


def inputs_of(reader: RunReader) -> Iterator[InputLine]:
    """What the run's questions were made of, one at a time, in the order stored."""
    return read_lines(reader.path / layout.INPUTS, InputLine, _teller(reader))


def _teller(reader: RunReader) -> Callable[[str], None]:
    def tell(message: str) -> None:
        if message not in reader.torn:
            reader.torn.append(message)

    return tell
