"""Reader: a run folder as records. Takes no lock, writes nothing, and works while the run is being written.

Every file but `run.json` may be missing: a run that was cut off has what it has. What could not be read is kept in
`torn`, and why the run as a whole cannot be used in `problem`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from panel.errors import StoreError
from panel.records.base import Stored
from panel.records.identity import sha
from panel.records.run import InputLine, Manifest, PlanLine, ReplyLine
from panel.records.seat import SeatRecord
from panel.store import layout
from panel.store.faults import store_error
from panel.store.lines import newer_version, read_lines, reason

R = TypeVar("R", bound=Stored)


class RunReader:
    """One run as it stands in its folder. Files are read when asked for, each time anew; `run.json` once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run_id = path.name
        self.torn: list[str] = []
        """What was met and passed over while reading so far, in words, each once."""

    @property
    def manifest(self) -> Manifest:
        """What `run.json` says; raises `problem` where there is one."""
        if isinstance(self._outcome, StoreError):
            raise self._outcome
        return self._outcome

    @property
    def problem(self) -> StoreError | None:
        """Why this run cannot be used at all, or None."""
        return self._outcome if isinstance(self._outcome, StoreError) else None

    @cached_property
    def _outcome(self) -> Manifest | StoreError:
        file = self.path / layout.MANIFEST
        try:
            manifest = Manifest.from_line(file.read_bytes())
        except FileNotFoundError:
            return StoreError(
                f"{self.path} holds no {layout.MANIFEST}: it is no run, or was cut off before anything was asked.",
                hint="Unless a command is starting it just now, the folder may be deleted.",
            )
        except OSError as error:
            return store_error(error, "read", file)
        except ValidationError as error:
            return _unreadable(file, error)
        if manifest.run_id != self.run_id:
            return StoreError(
                f"{file} belongs to run {manifest.run_id}, but its folder is named {self.run_id}.",
                hint=f"Name the folder {manifest.run_id}, or delete it if it is a copy that is no longer needed.",
            )
        return manifest

    def inputs(self) -> dict[str, InputLine]:
        """What the questions were made of, by hash. A line whose content is not what was hashed is reported instead."""
        found: dict[str, InputLine] = {}
        for line in self._lines(layout.INPUTS, InputLine):
            if sha(line.value) == line.sha:
                found[line.sha] = line
            else:
                self._report(f"{self.run_id}/{layout.INPUTS}: {line.kind} {line.sha} was changed since; skipped")
        return found

    def plan(self) -> list[PlanLine]:
        """A line per slot, the last one planned, in the order first planned."""
        return list({str(line.slot): line for line in self._lines(layout.PLAN, PlanLine)}.values())

    def replies(self, keys: Collection[str] | None = None) -> Iterator[ReplyLine]:
        """Everything bought, in the order bought; of these keys only, if given."""
        return self._lines(layout.REPLIES, ReplyLine, keys)

    def verdicts(self, keys: Collection[str] | None = None) -> list[SeatRecord]:
        """The seats as parsed last; empty before anything was parsed. Of these keys only, if given."""
        return list(self._lines(layout.VERDICTS, SeatRecord, keys))

    def _lines(self, name: str, record: type[R], keys: Collection[str] | None = None) -> Iterator[R]:
        return read_lines(self.path / name, record, self._report, keys)

    def _report(self, message: str) -> None:
        if message not in self.torn:
            self.torn.append(message)


def _unreadable(file: Path, error: ValidationError) -> StoreError:
    if newer_version(error) is not None:
        return StoreError(
            f"Run {file.parent.name} was {reason(error)}.",
            hint="Update panelreview and try again; the run itself is whole and is left as it is.",
        )
    return StoreError(
        f"{file} cannot be read: {reason(error)}.",
        hint="Put it back from a copy if you have one. The replies beside it are untouched.",
    )
