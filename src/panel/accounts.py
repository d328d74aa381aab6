"""Accounts: what a run's folder says of itself: its totals, where it came from, and whether it was cut off.

A run that a killed process left behind holds replies that nobody has parsed; settling it costs nothing and keeps them
from being bought again. No call, no clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from panel.errors import RunBusy, StoreError
from panel.parse import PARSER
from panel.records.reply import Attempt
from panel.records.run import Manifest, Probe, ReplyLine, Totals
from panel.records.seat import SeatRecord
from panel.reparse import Change, kept, reparse
from panel.rereading import Rereading
from panel.store import RunReader, Runs, RunWriter, layout
from panel.store.verdicts import Verdicts

if TYPE_CHECKING:
    from panel.clients.pacing.lanes import Throttle


class Account:
    """A run's totals, kept while it runs: constant in size, whatever the size of the run.

    Calls, tokens and money are counted from the lines of its log and from its probes; seats from their records. So each
    call is to be told once, in its line, and each seat once, when it is settled or given up.
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._sums: dict[str, Decimal] = {}

    def line(self, line: ReplyLine) -> None:
        """Count every call of a line of the log, also those that brought no reply."""
        for attempt in line.attempts:
            self._call(attempt)

    def probe(self, probe: Probe) -> None:
        """Count the calls that it took to find out what a server does."""
        for attempt in probe.attempts:
            self._call(attempt)

    def record(self, record: SeatRecord, *, held: bool = False) -> None:
        """Count a seat; `held` where an older run answered it, so that its verdict is counted there."""
        self._counts["seats"] += 1
        self._counts["held" if held else _state(record)] += 1

    def totals(self) -> Totals:
        """Everything so far. Tokens and savings are None where no server told any; `usd` where a price is unknown."""
        counts, sums = self._counts, self._sums
        return Totals(
            **{name: counts[name] for name in _PLAIN},
            **{f"{name}_tokens": counts.get(name) for name in _TOKENS},
            usd=None if counts["unpriced"] else sums.get("usd", Decimal(0)),
            usd_unsure=sums.get("unsure", Decimal(0)),
            saved_usd=sums.get("saved"),
        )

    def _call(self, attempt: Attempt) -> None:
        self._counts["attempts"] += 1
        for name in _TOKENS:
            tokens = getattr(attempt.usage, name, None)
            if tokens is not None:
                self._counts[name] += tokens
        cost = attempt.cost
        if cost.saved_usd is not None:
            self._add("saved", cost.saved_usd)
        if cost.usd is not None:
            self._add("usd", cost.usd)
        elif cost.at_most_usd is not None:
            self._counts["unsure"] += 1
            self._add("unsure", cost.at_most_usd)
        else:
            self._counts["unpriced"] += 1

    def _add(self, name: str, usd: Decimal) -> None:
        self._sums[name] = self._sums.get(name, Decimal(0)) + usd


@runtime_checkable
class Follower(Protocol):
    """A watcher of a run that also looks at its books and throttles."""

    def follow(self, account: Account, throttles: Mapping[str, Throttle]) -> Callable[[ReplyLine], None]:
        """Told before the first call; what it returns is told of every line that is kept."""


_PLAIN = ("seats", "held", "scored", "abstained", "pending", "attempts", "unpriced", "unsure")
_TOKENS = ("input", "output", "cached", "reasoning")


def _state(record: SeatRecord) -> str:
    return record.verdict.kind if record.verdict else "pending"


def settle_cut_runs(runs: Runs) -> tuple[str, ...]:
    """Give verdicts to replies that a killed process left unparsed, so that nothing is paid for twice."""
    told: list[str] = []
    for reader in runs.list():
        if reader.problem or not _unsettled(reader):
            continue
        try:
            with runs.resume(reader.run_id) as run:
                arrived = settle(reader, run, runs)
            if arrived:
                told.append(f"run {reader.run_id} was cut off; the {arrived} replies it had bought are used")
        except RunBusy:
            continue
        except StoreError as error:
            told.append(error.message)
    return tuple(told)


class Again(NamedTuple):
    """What came of reading stored replies again: how many verdicts are others now, and runs that could not be read."""

    changed: int
    problems: tuple[str, ...]


def read_again(runs: Runs) -> Again:
    """Read the replies of all runs again that another parser read; oldest first, as later ones show their answers.

    Runs that are being written are passed over, and so are those that hold no reply.
    """
    changed: list[Change] = []
    problems: list[str] = []
    for reader in reversed(runs.list()):
        if reader.problem or reader.manifest.versions.get("parser") == PARSER or not _holds_replies(reader):
            continue
        try:
            with runs.resume(reader.run_id) as run:
                settle(reader, run, runs, changed.append)
        except RunBusy:
            continue
        except StoreError as error:
            problems.append(error.message)
    return Again(len(changed), tuple(problems))


def settle(reader: RunReader, run: RunWriter, runs: Runs, tell: Callable[[Change], None] = lambda change: None) -> int:
    """Read a run's replies again and write its verdicts and totals; returns how many of its own seats have a verdict.

    `tell` is given every verdict that changed. No call, no cost; a verdict whose reply is not there any more stays. Of
    a run over a catalogue, one seat is held at a time.
    """
    account, before, arrived = Account(), Verdicts(reader.path, reader.tell), 0
    with run.verdicts() as verdicts:
        for record in _own(reader, account):
            old = next((item for item in reversed(before.of(record.key)) if item.slot == record.slot), None)
            if old and old.verdict and record.verdict is None:
                record = old
            if (old.verdict if old else None) != record.verdict:
                tell(Change(old, record))
            account.record(record)
            verdicts.add(record)
            arrived += record.verdict is not None
        for record in () if reader.manifest.catalogue else kept(reader, runs):
            account.record(record, held=record.verdict is not None)
            verdicts.add(record)
    for probe in reader.manifest.probes:
        account.probe(probe)
    run.amend(versions=read_by(reader.manifest))
    run.finish(account.totals(), reader.manifest.finished_at)
    return arrived


def read_by(manifest: Manifest) -> dict[str, str]:
    """The versions of a run whose verdicts the parser of today has read."""
    return {**manifest.versions, "parser": PARSER}


def _own(reader: RunReader, account: Account) -> Iterator[SeatRecord]:
    """The run's own seats, read again; the lines of its log are counted."""
    if reader.manifest.catalogue:
        rereading = Rereading(reader, account.line)
        rereading.check()
        return (reread.record for reread in rereading.seats())
    for line in reader.replies():
        account.line(line)
    return iter(reparse(reader))


def _unsettled(reader: RunReader) -> bool:
    """Whether replies were written after the verdicts were; of a finished run, only whether verdicts are missing.

    A copied or checked out folder may carry any times, but whoever adds a reply to a finished run first unfinishes it.
    """
    replies, verdicts = reader.path / layout.REPLIES, reader.path / layout.VERDICTS
    found = reader.manifest.catalogue
    if not replies.exists() or (found and not found.planned):
        return False  # while it is planned, nothing is asked
    if not verdicts.exists():
        return True
    return reader.manifest.finished_at is None and verdicts.stat().st_mtime_ns <= replies.stat().st_mtime_ns


def _holds_replies(reader: RunReader) -> bool:
    replies = reader.path / layout.REPLIES
    return replies.exists() and replies.stat().st_size > 0


def revision(home: Path) -> str | None:
    """The git commit of the working folder, read from its files; None outside a repository."""
    try:
        head = (home / ".git" / "HEAD").read_text("utf-8").strip()
        if not head.startswith("ref: "):
            return head[:40]
        return (home / ".git" / head[5:]).read_text("utf-8").strip()[:40]
    except OSError:
        return None
