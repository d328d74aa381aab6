"""Runs: a folder of run folders. Starts runs, takes them up again, opens them, and looks for verdicts already held.

The files are the truth and are read each time: a run folder copied in from another machine counts from then on, and one
deleted is gone. `store.index` says the same of many runs without reading them again. A folder that cannot be read is
named among the problems and costs the others nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from panel.errors import StoreError, UsageError
from panel.records.run import Manifest
from panel.records.seat import SeatRecord
from panel.store import layout
from panel.store.atomic import sync_folder
from panel.store.faults import told
from panel.store.find import run_folder, run_folders
from panel.store.reader import RunReader
from panel.store.writer import RunWriter

_NOTHING_YET = "Nothing was asked and nothing was spent."


class Runs:
    """The runs under `root`, which need not exist before the first run is created."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: tuple[str, ...] = ()
        """What the last `list` or `held` passed over, in words."""

    def create(self, manifest: Manifest) -> RunWriter:
        """Make the folder of a new run, lock it and write its `run.json`; raises StoreError, leaving no folder."""
        folder = self.root / manifest.run_id
        with told("make the folder for runs", self.root, _NOTHING_YET):
            self.root.mkdir(parents=True, exist_ok=True)
        with told("make the run folder", folder, _NOTHING_YET):
            folder.mkdir()
        try:
            with told("bring to the disk", self.root, _NOTHING_YET):
                sync_folder(self.root)
            return RunWriter(folder, manifest)
        except BaseException:
            from shutil import rmtree  # only failures pay for it

            rmtree(folder, ignore_errors=True)  # made a moment ago, by us alone, and holds nothing bought
            raise

    def discard(self, run: RunWriter) -> None:
        """Remove a run that asked nothing; raises StoreError where it holds something bought, or cannot be removed."""
        from shutil import rmtree  # few commands pay for it

        bought = [name for name in (layout.REPLIES, layout.BATCHES) if _size(run.path / name)]
        if bought:
            raise StoreError(f"run {run.run_id} is not removed: its {bought[0]} holds what was bought.")
        run.close()
        with told("remove", run.path, _NOTHING_YET):
            rmtree(run.path)

    def resume(self, ref: str) -> RunWriter:
        """Open a run again, to go on with it or to renew its derived files.

        Nothing in its logs is changed: a line that a crash cut off stays, and the next line starts on its own. Raises
        RunBusy while another process writes it, and what `open` raises.
        """
        return RunWriter(self.open(ref).path)

    def open(self, ref: str) -> RunReader:
        """The run with this id, the only one whose id starts so, or the `latest`.

        Raises UsageError where none or several fit, StoreError where the one found cannot be used.
        """
        reader = self._latest() if ref == layout.LATEST else RunReader(run_folder(self.root, ref))
        if reader.problem:
            raise reader.problem
        return reader

    def list(self) -> tuple[RunReader, ...]:
        """All runs, newest first; those with a `problem` come last, and `problems` says so."""
        readers = [RunReader(folder) for folder in run_folders(self.root)]
        sound = [reader for reader in readers if not reader.problem]
        sound.sort(key=lambda reader: (reader.manifest.started_at, reader.run_id), reverse=True)
        self.problems = tuple(reader.problem.message for reader in readers if reader.problem)
        return (*sound, *(reader for reader in readers if reader.problem))

    def held(self, keys: Collection[str], *, open_round: bool = False) -> dict[str, SeatRecord]:
        """By key, the settled record that was asked last over all runs (law 11); keys never settled are absent.

        A run that asks whole panels anew counts once none of its seats is pending. With `open_round`, only what the
        runs hold that began to do so and have not finished, as long as no later one did.

        Runs that cannot be read, and replies that no verdict was made of yet, are named in `problems`.
        """
        wanted = frozenset(keys)
        newest: dict[str, SeatRecord] = {}
        for reader in self.list():
            if reader.problem or (not open_round and is_open_round(reader.manifest)):
                continue
            try:
                records = [record for record in reader.verdicts(wanted) if record.key in wanted]
                unread = _unread(reader, wanted - {record.key for record in records if record.verdict})
                found = [record for record in records if record.settled]
            except StoreError as error:
                found, unread = [], (error.message,)
            if open_round and not is_open_round(reader.manifest):
                if found and reader.manifest.refresh:
                    break  # newest first: what was begun before a finished round is over
                continue
            for record in found:
                newest[record.key] = max(newest.get(record.key, record), record, key=asked)
            self.problems += (*reader.torn, *unread)
        return newest

    def _latest(self) -> RunReader:
        readers = self.list()
        if not readers:
            raise UsageError(f"There are no runs in {self.root} yet.", hint="Make one: panel review TOOL")
        return readers[0]


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def is_open_round(manifest: Manifest) -> bool:
    """Whether a run asks whole panels anew and is not done with it, so that its answers do not count yet."""
    return manifest.refresh and (manifest.finished_at is None or manifest.totals.pending > 0)


def asked(record: SeatRecord) -> tuple[float, str]:
    """What orders answers over all runs: when they were asked, then the run; an answer without a time is the oldest."""
    return record.asked_at.timestamp() if record.asked_at else 0.0, record.run_id


def _unread(reader: RunReader, keys: Collection[str]) -> Sequence[str]:
    """What to say of replies to these keys that an unfinished run holds and that no verdict was made of yet."""
    if reader.manifest.finished_at is not None:
        return ()
    waiting = {line.key for line in reader.replies(keys) if line.reply and line.key in keys}
    return (waiting_notice(reader.run_id, len(waiting)),) if waiting else ()


def waiting_notice(run_id: str, count: int) -> str:
    """What to say of so many questions that a run holds replies to, and no verdict."""
    return (
        f"Run {run_id} was cut off or is still running, and holds replies to {count} of these questions "
        f"that are not parsed yet. Once it has ended: panel reparse {run_id}"
    )
