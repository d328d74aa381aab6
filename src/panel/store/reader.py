"""Reader: a run folder as records. Takes no lock, writes nothing, and works while the run is being written.

Every file but `run.json` may be missing: a run that was cut off has what it has. What could not be read is kept in
`torn`, and why the run as a whole cannot be used in `problem`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from panel.errors import StoreError
from panel.records.base import Stored
from panel.records.identity import sha
from panel.records.run import InputLine, Manifest, PlanLine, ReplyLine, ShortLine
from panel.records.seat import SeatRecord
from panel.store import layout
from panel.store.faults import store_error
from panel.store.lines import newer_version, place, raw_lines, read_line, read_lines, reason

if TYPE_CHECKING:
    from panel.records.batch import BatchLine

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
                self.tell(f"{self.run_id}/{layout.INPUTS}: {line.kind} {line.sha} was changed since; skipped")
        return found

    def plan(self) -> list[PlanLine]:
        """A line per slot, the last one planned, in the order first planned; short lines aside."""
        return list({str(line.slot): line for line in self.plan_lines()}.values())

    def plan_lines(self) -> Iterator[PlanLine]:
        """The plan's lines as they stand, one at a time, short lines aside."""
        return read_lines(self.path / layout.PLAN, PlanLine, self.tell, only=_is_whole)

    def slots(self, only: Callable[[bytes], bool] = lambda raw: True) -> Iterator[PlanLine | ShortLine]:
        """All lines of the plan as they stand, one at a time; of raw lines that `only` accepts."""
        path = self.path / layout.PLAN
        for number, raw in enumerate(raw_lines(path), start=1):
            if raw.strip() and only(raw):
                kind: type[PlanLine | ShortLine] = PlanLine if _is_whole(raw) else ShortLine
                found = read_line(raw, kind, place(path, number), self.tell)
                if found is not None:
                    yield found

    def plan_of(self, keys: Collection[str]) -> dict[str, list[PlanLine]]:
        """By key, the slots that are asked these questions in this run, each as planned last."""
        lines = read_lines(self.path / layout.PLAN, PlanLine, self.tell, keys, only=_is_whole)
        found: dict[str, list[PlanLine]] = {}
        for line in {str(line.slot): line for line in lines if line.key in keys}.values():
            if line.source != "held":
                found.setdefault(line.key, []).append(line)
        return found

    def standing(self) -> Iterator[ShortLine]:
        """The plan's short lines: slots that the run does not ask."""
        return read_lines(self.path / layout.PLAN, ShortLine, self.tell, only=lambda raw: not _is_whole(raw))

    def replies(self, keys: Collection[str] | None = None) -> Iterator[ReplyLine]:
        """Everything bought, in the order bought; of these keys only, if given."""
        return self._lines(layout.REPLIES, ReplyLine, keys)

    def batches(self) -> Iterator[BatchLine]:
        """The ledger of batches, in the order written; empty for a run that handed in none."""
        from panel.records.batch import BatchLine  # most runs have no batch, and most commands read no ledger

        return self._lines(layout.BATCHES, BatchLine)

    def verdicts(self, keys: Collection[str] | None = None) -> list[SeatRecord]:
        """The seats as parsed last; empty before anything was parsed. Of these keys only, if given."""
        return list(self._lines(layout.VERDICTS, SeatRecord, keys))

    def _lines(self, name: str, record: type[R], keys: Collection[str] | None = None) -> Iterator[R]:
        return read_lines(self.path / name, record, self.tell, keys)

    def tell(self, message: str) -> None:
        """Keep in `torn` what was met and passed over."""
        if message not in self.torn:
            self.torn.append(message)


def _is_whole(raw: bytes) -> bool:
    """Whether a line of a plan says what the question is made of, and not only who holds its answer."""
    return b'"parts":' in raw


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
