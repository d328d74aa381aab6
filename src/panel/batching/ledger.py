"""Ledger: what was done to the parts of a run's batches, as `batches.jsonl` tells it.

In come the ledger's lines; out come parts as they stand, and new lines, each on the disk before whatever follows from
it. A part is prepared, submitted, seen, and at last collected or given up. Nothing is sent here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from panel.errors import StoreError
from panel.records.asking import Because
from panel.records.batch import BatchLine, Phase
from panel.records.reply import utc
from panel.store import RunReader, Runs, RunWriter, layout


class Part(NamedTuple):
    """A part as it stands. `job` is None until it is known under which id the provider has it.

    `ended` is "collected" or "given_up", with the `reason`; `strays` are batches of the same part that were found
    beside its own. `at` is when it was prepared, `content` the hash of what was handed in, `reserved_usd` None where no
    price is known.
    """

    number: int
    model: str
    keys: tuple[str, ...]
    ask: int
    because: Mapping[str, Because]
    caps: Mapping[str, int]
    content: str | None
    reserved_usd: Decimal | None
    at: dt.datetime
    job: str | None = None
    phase: Phase | None = None
    ended: str = ""
    reason: str = ""
    strays: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether something may still come of it, so that its seats are not to be asked otherwise."""
        return not self.ended

    @property
    def is_unclear(self) -> bool:
        """Whether it may have been handed in, and nobody knows."""
        return self.is_open and self.job is None


def parts_of(reader: RunReader) -> dict[int, Part]:
    """The parts of a run by number; raises StoreError for a ledger that lacks what a part holds.

    A last line without its line break is what a crash leaves, and nothing was sent after it. Any other line that cannot
    be read may have handed in what would be handed in again.
    """
    parts: dict[int, Part] = {}
    before = len(reader.torn)
    for line in reader.batches():
        _apply(parts, line, reader.run_id)
    lost = [words for words in reader.torn[before:] if f"/{layout.BATCHES} line " in words and ": skipped" in words]
    if lost:
        raise StoreError(
            f"batches.jsonl of run {reader.run_id} cannot be read as a whole: {lost[0]}.",
            hint="Put it back from a copy, or update panelreview if a newer one wrote it. Nothing was sent: what that "
            "line handed in would be paid for twice.",
        )
    return parts


def outstanding(parts: Iterable[Part]) -> dict[str, set[str]]:
    """By model, the keys that are handed in, or may be, and not collected: asking them otherwise would pay twice."""
    found: dict[str, set[str]] = {}
    for part in parts:
        if part.is_open:
            found.setdefault(part.model, set()).update(part.keys)
    return found


def on_the_way(runs: Runs) -> dict[str, str]:
    """By key, the run that has it handed in to a batch and not collected, over all runs, also those that cannot be read
    but for their ledger."""
    found: dict[str, str] = {}
    for reader in runs.list():
        if not (reader.path / layout.BATCHES).exists():
            continue
        for keys in outstanding(parts_of(reader).values()).values():
            found |= dict.fromkeys(keys, reader.run_id)
    return found


def _apply(parts: dict[int, Part], line: BatchLine, run_id: str) -> None:
    if line.what == "prepared":
        if line.part != len(parts):
            raise _damaged(run_id, len(parts))
        parts[line.part] = Part(
            line.part,
            line.model,
            line.keys,
            line.ask,
            line.because,
            line.caps,
            line.content,
            line.reserved_usd,
            line.at,
        )
        return
    if line.part not in parts:
        raise _damaged(run_id, line.part)
    parts[line.part] = _after(parts[line.part], line)


def _after(part: Part, line: BatchLine) -> Part:
    """The part after a line about it."""
    if line.what == "submitted":
        return part._replace(job=line.job)
    if line.what in ("collected", "given_up"):
        return part._replace(ended=line.what, reason=line.reason, phase=line.phase or part.phase)
    if line.job is not None and line.job != part.job:
        return part._replace(strays=part.strays | {line.job})
    return part._replace(phase=line.phase or part.phase)


def _damaged(run_id: str, part: int) -> StoreError:
    return StoreError(
        f"batches.jsonl of run {run_id} does not say what part {part} holds, so its answers cannot be told apart.",
        hint="Put batches.jsonl back from a copy. Nothing was sent, and nothing that was bought is lost.",
    )


class Ledger:
    """The ledger of the run that is being written."""

    def __init__(self, run: RunWriter, clock: Callable[[], float]) -> None:
        """Raises StoreError for a ledger that is damaged."""
        self._run = run
        self._clock = clock
        self._parts = parts_of(RunReader(run.path))

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts, in the order prepared."""
        return tuple(self._parts.values())

    @property
    def open(self) -> tuple[Part, ...]:
        """Those of which something may still come."""
        return tuple(part for part in self._parts.values() if part.is_open)

    def prepare(self, model: str, keys: tuple[str, ...], ask: int, **what: Any) -> Part:
        """Write down a part that is about to be handed in: on the disk when this returns, and all before it."""
        number = len(self._parts)
        self._write(number, what="prepared", model=model, keys=keys, ask=ask, **what)
        return self._parts[number]

    def note(self, part: Part, what: str, **said: Any) -> Part:
        """Write down what became of a part, and give it as it stands then."""
        self._write(part.number, what=what, **said)
        return self._parts[part.number]

    def _write(self, number: int, **said: Any) -> None:
        line = BatchLine.model_validate({"part": number, "at": utc(self._clock()), **said})
        self._run.ledger(line)
        _apply(self._parts, line, self._run.run_id)
