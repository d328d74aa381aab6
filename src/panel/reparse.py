"""Reparse: from what a run holds to its verdicts, without a call and without cost (law 11).

A run's files hold all that its questions were made of, so its replies can be read again by a better parser for ever.
The same function settles a seat while it is being asked and years later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import NamedTuple

from panel.errors import StoreError, UsageError
from panel.makings import Asked, Makings
from panel.parse import parse
from panel.records.asking import why_again
from panel.records.reply import Attempt, Cost, Reply, Usage
from panel.records.run import InputLine, PlanLine, ReplyLine, ShortLine
from panel.records.seat import SeatRecord
from panel.records.verdict import Abstained, AbstainReason, Scored, Verdict
from panel.store import RunReader, Runs, layout
from panel.store.lines import raw_lines


class Change(NamedTuple):
    """A verdict that a reparse changed, before and after."""

    before: SeatRecord | None
    after: SeatRecord


def seat_record(run_id: str, asked: Asked, lines: Sequence[ReplyLine]) -> SeatRecord:
    """What the lines of one seat amount to: its first reply in log order that scores, else its last abstention.

    All other replies stay in the log, are priced, and change nothing (law 11). Pure.
    """
    replies = [line.reply for line in lines if line.reply]
    attempts = [attempt for line in lines for attempt in line.attempts]
    failures = [line.failure for line in lines if line.failure]
    reply, verdict = _settled(asked, replies)
    return SeatRecord(
        run_id=run_id,
        slot=asked.plan.slot,
        key=asked.plan.key,
        parts=asked.plan.parts,
        ids=asked.plan.ids,
        model=asked.plan.model,
        model_served=reply.model_served if reply else None,
        asked_at=reply.asked_at if reply else None,
        latency_s=reply.latency_s if reply else None,
        usage=_usage(attempts),
        attempts=len(attempts),
        cost=_cost(attempts),
        verdict=verdict,
        pending=None if verdict else _why_pending(asked.plan, failures),
        may_ask_again=_may_ask_again(verdict, lines),
    )


def _settled(asked: Asked, replies: Sequence[Reply]) -> tuple[Reply | None, Verdict | None]:
    last: tuple[Reply | None, Verdict | None] = (None, None)
    for reply in replies:
        last = (reply, _read(reply, asked))
        if isinstance(last[1], Scored):
            break
    return last


OUR_FAULT = "panel failed on this reply"
"""Begins the detail of a verdict that our own reading made unreadable; asking again would only pay for it twice."""


def _read(reply: Reply, asked: Asked) -> Verdict:
    """What a reply says. A fault of the parser costs its seat and no other; a mended one reads the stored text."""
    try:
        return parse(reply, asked.prompt, asked.persona, asked.scale)
    except Exception as error:  # noqa: BLE001 - whatever it is, the text is paid for and the other seats go on
        detail = (
            f"{OUR_FAULT} ({type(error).__name__}): please report it; `panel reparse` reads it with a mended version"
        )
        return Abstained(reason=AbstainReason.UNREADABLE, detail=detail)


def _may_ask_again(verdict: Verdict | None, lines: Sequence[ReplyLine]) -> bool:
    if isinstance(verdict, Abstained) and verdict.detail.startswith(OUR_FAULT):
        return False
    return why_again(verdict, [line.asked_because for line in lines if line.reply]) is not None


def _why_pending(plan: PlanLine, failures: Sequence[Attempt]) -> str:
    if not failures:
        return plan.reason or "not asked yet"
    return ": ".join(part for part in (failures[-1].error, failures[-1].detail) if part)


def _usage(attempts: Sequence[Attempt]) -> Usage | None:
    used = [attempt.usage for attempt in attempts if attempt.usage]
    if not used:
        return None
    return Usage(**{name: _sum([getattr(usage, name) for usage in used]) for name in Usage.model_fields})


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _cost(attempts: Sequence[Attempt]) -> Cost:
    """Of all attempts; unknown as soon as one is, which is not zero, and bounded where each of those is."""
    costs = [attempt.cost for attempt in attempts]
    known = _all([cost.usd for cost in costs])
    saved = [cost.saved_usd for cost in costs if cost.saved_usd is not None]
    return Cost(
        usd=known,
        source=costs[-1].source if costs else "not asked",
        at_most_usd=_all([cost.at_most_usd if cost.usd is None else cost.usd for cost in costs])
        if known is None
        else None,
        saved_usd=sum(saved, Decimal(0)) if saved else None,
    )


def _all(amounts: Sequence[Decimal | None]) -> Decimal | None:
    """The sum, or None where one is unknown."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None


def reparse(reader: RunReader) -> list[SeatRecord]:
    """The run's own seats, read again from its stored replies; raises StoreError where an input is missing."""
    with told(reader):
        makings, plans = Makings(reader.inputs()), [plan for plan in reader.plan() if plan.source != "held"]
        lines = by_slot(reader)
        if unplanned := lines.keys() - {str(plan.slot) for plan in plans}:
            raise lost(reader, f"replies of {len(unplanned)} seats")
        return [seat_record(reader.run_id, makings.asked(plan), lines.get(str(plan.slot), [])) for plan in plans]


def by_slot(reader: RunReader) -> dict[str, list[ReplyLine]]:
    """All that the run has bought, by slot, in the order bought."""
    lines: dict[str, list[ReplyLine]] = {}
    for line in reader.replies():
        lines.setdefault(str(line.slot), []).append(line)
    return lines


def lost(reader: RunReader, what: str) -> StoreError:
    """The error of a run that holds something that its plan does not name."""
    return StoreError(
        f"run {reader.run_id} holds {what} that its plan.jsonl does not name.",
        hint="The replies are whole and nothing was changed; put plan.jsonl back from a copy.",
    )


@contextmanager
def told(reader: RunReader) -> Iterator[None]:
    """Files of a run that do not fit together are told in words; the run is left as it is."""
    try:
        yield
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise StoreError(
            f"run {reader.run_id} cannot be read again: its files do not fit together.",
            hint="Nothing was changed; put its inputs.jsonl and plan.jsonl back from a copy.",
        ) from error


def kept(reader: RunReader, runs: Runs) -> list[SeatRecord]:
    """The records that the run was given by older runs: as it keeps them, else as those still hold them.

    A run that was killed has no verdicts of its own yet. Where neither has a seat's record, it is pending and says so.
    """
    plans = [plan for plan in reader.plan() if plan.source == "held"]
    return recalled(reader, runs, plans, reader.inputs()) if plans else []


def check_planned(reader: RunReader, plans: Iterable[PlanLine | ShortLine], tools: Iterable[str]) -> None:
    """Raise StoreError where a line of the plan is lost: a panel that shrank would come to another verdict (law 6)."""
    manifest = reader.manifest
    planned = {(plan.slot.tool, plan.slot.persona, plan.slot.model) for plan in plans}
    invited = [
        (tool, persona, model.name) for tool in tools for persona in manifest.personas for model in manifest.models
    ]
    lacking = [" · ".join(seat) for seat in invited if seat not in planned]
    if lacking:
        others = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        raise StoreError(
            f"run {reader.run_id} was cut off while it was planned, or its plan.jsonl was damaged since: it does not "
            f"name the seat {lacking[0]}{others}.",
            hint="Put plan.jsonl back from a copy, or give the run's command again.",
        )


def check_whole(reader: RunReader) -> None:
    """Raise StoreError where the plan of a run over a catalogue lost lines: panels would be smaller than they are."""
    manifest = reader.manifest
    if not manifest.catalogue or not manifest.catalogue.planned:
        return
    sits = sum(1 if model.is_offline else manifest.repeats for model in manifest.models)
    expected = manifest.catalogue.tools * len(manifest.personas) * sits
    found = sum(raw.endswith(b"\n") and bool(raw.strip()) for raw in raw_lines(reader.path / layout.PLAN))
    if found < expected:
        raise StoreError(
            f"plan.jsonl of run {reader.run_id} names {found:,} of the {expected:,} seats that were planned.",
            hint="Put plan.jsonl back from a copy, or give the run's command again.",
        )


def recalled(
    reader: RunReader, runs: Runs, plans: Sequence[PlanLine], inputs: Mapping[str, InputLine]
) -> list[SeatRecord]:
    """For each plan the run's own record, or the older run's that it points to; else a seat that says what is gone."""
    own = {str(record.slot): record for record in reader.verdicts()}
    kept_here = {slot for slot, record in own.items() if record.verdict}
    older = _of_older_runs(runs, [plan for plan in plans if str(plan.slot) not in kept_here])
    makings = Makings(inputs)
    found: list[SeatRecord] = []
    for plan in plans:
        record = older.get((plan.held_by, plan.key)) or own.get(str(plan.slot))
        if record is None:
            gone = plan.model_copy(update={"reason": _gone(reader, plan)})
            record = seat_record(reader.run_id, makings.asked(gone), [])
        found.append(record.model_copy(update={"slot": plan.slot}))
    return found


def _of_older_runs(runs: Runs, plans: Iterable[PlanLine]) -> dict[tuple[str | None, str], SeatRecord]:
    """What the runs that these seats are held by say of them, by run and key; each run is read once."""
    keys: dict[str, set[str]] = {}
    for plan in plans:
        if plan.held_by is not None:
            keys.setdefault(plan.held_by, set()).add(plan.key)
    found: dict[tuple[str | None, str], SeatRecord] = {}
    for run_id, wanted in keys.items():
        with suppress(UsageError, StoreError):
            found |= {(run_id, record.key): record for record in runs.open(run_id).verdicts(wanted) if record.verdict}
    return found


def _gone(reader: RunReader, plan: PlanLine) -> str:
    if plan.held_by is None:
        return f"not in verdicts.jsonl: `panel reparse {reader.run_id}` reads it again"
    return f"held by run {plan.held_by}, which is not there"
