"""Accounts: what a run's folder says of itself: its totals, where it came from, and whether it was cut off.

A run that a killed process left behind holds replies that nobody has parsed; settling it costs nothing and keeps them
from being bought again. No call, no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from panel.errors import RunBusy, StoreError
from panel.records.run import Totals
from panel.records.seat import SeatRecord
from panel.records.verdict import Abstained, Scored
from panel.reparse import kept, reparse
from panel.store import RunReader, Runs, RunWriter


def totals(own: Sequence[SeatRecord], held: int) -> Totals:
    """Counted over a run's own seats; `held` is how many of its seats older runs answered."""
    prices = [record.cost.usd for record in own]
    usage = [record.usage for record in own if record.usage]
    known = [value for value in prices if value is not None]
    return Totals(
        seats=len(own) + held,
        held=held,
        scored=sum(isinstance(record.verdict, Scored) for record in own),
        abstained=sum(isinstance(record.verdict, Abstained) for record in own),
        pending=sum(record.verdict is None for record in own),
        attempts=sum(record.attempts for record in own),
        input_tokens=sum(item.input or 0 for item in usage) if usage else None,
        output_tokens=sum(item.output or 0 for item in usage) if usage else None,
        usd=sum(known, start=Decimal(0)) if len(known) == len(prices) else None,
    )


def settle_cut_runs(runs: Runs) -> tuple[str, ...]:
    """Give verdicts to replies that a killed process left unparsed, so that nothing is paid for twice."""
    told: list[str] = []
    for reader in runs.list():
        if reader.problem or not _unsettled(reader.path):
            continue
        try:
            with runs.resume(reader.run_id) as run:
                arrived = sum(record.verdict is not None for record in settle(reader, run))
            told.append(f"run {reader.run_id} was cut off; the {arrived} replies it had bought are used")
        except RunBusy:
            continue
        except StoreError as error:
            told.append(error.message)
    return tuple(told)


def settle(reader: RunReader, run: RunWriter) -> list[SeatRecord]:
    """Read a run's replies again and write its verdicts and totals; returns its own seats. No call, no cost."""
    older, own = kept(reader), reparse(reader)
    run.write_verdicts([*own, *older])
    run.finish(totals(own, len(older)), reader.manifest.finished_at)
    return own


def _unsettled(folder: Path) -> bool:
    """Whether replies were written after the verdicts were."""
    replies, verdicts = folder / "replies.jsonl", folder / "verdicts.jsonl"
    if not replies.exists():
        return False
    return not verdicts.exists() or verdicts.stat().st_mtime_ns < replies.stat().st_mtime_ns


def revision(home: Path) -> str | None:
    """The git commit of the working folder, read from its files; None outside a repository."""
    try:
        head = (home / ".git" / "HEAD").read_text("utf-8").strip()
        if not head.startswith("ref: "):
            return head[:40]
        return (home / ".git" / head[5:]).read_text("utf-8").strip()[:40]
    except OSError:
        return None
