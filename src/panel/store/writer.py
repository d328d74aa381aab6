"""Writer: the one process that writes a run. Holds its lock from the first file to the last.

In come records, and each is in its file when the call returns: inputs and plan before the first question is asked,
every reply as it is bought (law 11), and derived files by atomic replacement as often as they are made. Never parses.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pydantic import JsonValue

from panel.records.identity import sha
from panel.records.run import InputKind, InputLine, Manifest, PlanLine, ReplyLine, ShortLine, Totals
from panel.records.seat import SeatRecord
from panel.store import layout
from panel.store.atomic import replace_text, sync_folder
from panel.store.faults import told
from panel.store.lock import hold
from panel.store.log import AppendLog
from panel.store.reader import RunReader
from panel.store.verdicts import OLD_STANDS, VerdictsFile

if TYPE_CHECKING:
    from panel.records.batch import BatchLine


class RunWriter:
    """An open run. Made by `Runs.create` and `Runs.resume`; closed by leaving its `with` block."""

    def __init__(self, path: Path, begins: Manifest | None = None) -> None:
        """Lock the folder `path`, then write `begins` as its `run.json`, or learn what a run left there already holds.

        Raises RunBusy or StoreError, and then holds nothing open.
        """
        self.path = path
        self.run_id = path.name
        with ExitStack() as opened:
            opened.callback(hold(path))
            if begins is None:  # read under the lock, so that nobody changes it meanwhile
                self._manifest = RunReader(path).manifest
            else:
                self._write_manifest(begins)
            self._inputs = _log(path / layout.INPUTS, opened)
            self._plan = _log(path / layout.PLAN, opened)
            self._replies = _log(path / layout.REPLIES, opened)
            self._opened = opened.pop_all()

    @property
    def manifest(self) -> Manifest:
        """What `run.json` says now."""
        return self._manifest

    @cached_property
    def _known(self) -> set[str]:
        """The hashes of the inputs kept; read when first asked for, since most who resume a run never ask."""
        return set(RunReader(self.path).inputs())

    def add_input(self, kind: InputKind, value: JsonValue) -> str:
        """Keep something that questions are made of, once per content; returns its hash."""
        found = sha(value)
        self.keep_input(kind, found, lambda: value)
        return found

    def keep_input(self, kind: InputKind, found: str, spell_out: Callable[[], JsonValue]) -> None:
        """Keep an input whose hash is known; it is spelled out only where it is not kept yet."""
        if found not in self._known:
            # not checked again: it was dumped from a record or is text of ours, and may be 100 KB
            line = InputLine.model_construct(kind=kind, sha=found, value=spell_out())
            self._inputs.append(line.to_line())
            self._known.add(found)

    def plan(self, lines: Iterable[PlanLine | ShortLine], *, more: bool = False) -> None:
        """Add a line per slot; inputs and plan are on the disk when this returns, so that asking may begin.

        With `more` to come, only the last call waits for the disk.
        """
        self._plan.append(*(line.to_line() for line in lines))
        if more:
            return
        self.sync()
        with told("bring to the disk", self.path):
            sync_folder(self.path)

    def append(self, line: ReplyLine) -> None:
        """Keep a reply before anyone parses it (law 11): safe from a killed process now, from a power cut in 200 ms.

        Raises StoreError and says what is safe: where the line could not be written, the file is as before and the same
        line may be appended again; where only an earlier line could not be brought to the disk, this one was written.
        """
        self._unfinish()  # a finished run has no reply without a verdict; this one has now
        self._replies.append(line.to_line())

    def ledger(self, line: BatchLine) -> None:
        """Add a line to the ledger of batches; it and everything appended before are on the disk when this returns.

        The ledger is made with its first line. Raises StoreError, and then nothing may be handed in.
        """
        self._unfinish()
        self.sync()
        self._batches.append(line.to_line())
        self._batches.sync()

    @cached_property
    def _batches(self) -> AppendLog:
        """The ledger, which most runs have none of; its name is on the disk before its first line is."""
        log = _log(self.path / layout.BATCHES, self._opened)
        with told("bring to the disk", self.path):
            sync_folder(self.path)
        return log

    def _unfinish(self) -> None:
        if self._manifest.finished_at is not None:
            self._write_manifest(self._manifest.model_copy(update={"finished_at": None}))

    def sync(self) -> None:
        """Bring everything appended to the disk now, as before a batch is handed in."""
        for log in (self._inputs, self._plan, self._replies):
            log.sync()

    def write_verdicts(self, records: Iterable[SeatRecord]) -> None:
        """Replace the verdicts as a whole; readers see the old ones or the new ones."""
        with self.verdicts() as file:
            for record in records:
                file.add(record)

    def verdicts(self) -> VerdictsFile:
        """A `with` block that takes verdicts one by one and replaces the old ones as a whole when it ends."""
        return VerdictsFile(self.path / layout.VERDICTS)

    def write_file(self, name: str, text: str) -> Path:
        """Replace a rendered file such as `card.html`; raises UsageError for a name that leaves the folder."""
        layout.check_file_name(name)
        return self._replace(name, text)

    def finish(self, totals: Totals, finished_at: dt.datetime | None) -> Manifest:
        """Write the totals and the end of the run, after everything else is on the disk; None if it was cut off."""
        self.sync()
        ended = {"totals": totals, "finished_at": finished_at}
        self._write_manifest(Manifest.model_validate(self._manifest.model_dump() | ended))
        return self._manifest

    def amend(self, **changes: object) -> Manifest:
        """Change what `run.json` says of the run as it is taken up again: its budget, its probes."""
        self._write_manifest(Manifest.model_validate(self._manifest.model_dump() | changes))
        return self._manifest

    def _write_manifest(self, manifest: Manifest) -> None:
        self._replace(layout.MANIFEST, manifest.model_dump_json(indent=2) + "\n", durable=True)
        self._manifest = manifest

    def _replace(self, name: str, text: str, *, durable: bool = False) -> Path:
        path = self.path / name
        with told("write", path, OLD_STANDS):
            replace_text(path, text, durable=durable)
        return path

    def close(self) -> None:
        """Sync, close and let the lock go, each even if another fails; closing twice does nothing."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _log(path: Path, opened: ExitStack) -> AppendLog:
    log = AppendLog(path)
    opened.callback(log.close)
    return log
