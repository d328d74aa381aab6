"""The index itself: brings the cache up to date and answers from it, from another place where one fails."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from pydantic import ValidationError

from panel.errors import StoreError
from panel.records.seat import SeatRecord, Slot
from panel.store import layout
from panel.store.find import run_folders
from panel.store.index import cache, lookups
from panel.store.index.entry import Entry
from panel.store.index.reading import forget, known, renew, stamp
from panel.store.runs import Runs

T = TypeVar("T")

Alias = tuple[str, str]
"""A model as asked for: the hashes of its endpoint and of its model's name, as in KeyParts."""


class Served(NamedTuple):
    """Which model answered under an alias, and when it was asked, in seconds since 1970."""

    model: str
    asked: float


class Index:
    """What the runs under one root hold, as of `open` or the last `refresh`. For one thread at a time.

    Every method raises StoreError where the folder of runs cannot be read, or where no database can be kept at all.
    """

    def __init__(self, runs: Runs, clock: Callable[[], float] = time.time) -> None:
        self.root = runs.root
        self._clock = clock
        self.problems: tuple[str, ...] = ()
        """What the last `held` passed over, in words, as `Runs.problems` has it."""
        own = self.root / cache.NAME
        # never through a link that somebody put there
        self._places = [*cache.TEMPORARY] if own.is_symlink() else [str(own), *cache.TEMPORARY]
        self._db: sqlite3.Connection | None = None
        self._mended = False

    @classmethod
    def open(cls, runs: Runs, clock: Callable[[], float] = time.time) -> Self:
        """The index of these runs, up to date; use it in a `with` block. `clock` gives seconds since 1970."""
        index = cls(runs, clock)
        try:
            index.refresh()
        except BaseException:
            index.close()
            raise
        return index

    def refresh(self) -> None:
        """Read what changed among the files since they were last looked at, and drop what is gone."""
        self._ask(self._renew if self._db else lambda _: None)  # opening a database brings it up to date

    def held(self, keys: Iterable[str], *, open_round: bool = False) -> dict[str, Entry]:
        """By key, the entry of the record that `Runs.held` gives for these keys; `problems` are those it names."""
        wanted = list(keys)
        found, self.problems = self._ask(lambda db: lookups.held(db, wanted, open_round=open_round))
        return found

    def current(self, slots: Iterable[Slot]) -> dict[str, Entry]:
        """By `str(slot)`, the settled entry asked last whatever its question was; open rounds do not count yet."""
        wanted = {str(slot): slot.tool for slot in slots}
        return self._ask(lambda db: lookups.current(db, wanted))

    def shown(self, slots: Iterable[Slot]) -> dict[str, Entry]:
        """By `str(slot)`, the entry in view: as `current`, but answers of a panel that its run left incomplete do not
        count until a later run is done with it."""
        wanted = {str(slot): slot.tool for slot in slots}
        return self._ask(lambda db: lookups.shown(db, wanted))

    def newest_served(self) -> dict[Alias, Served]:
        """By alias, which model gave the newest answer over all runs, those of open rounds included."""
        rows = self._ask(
            lambda db: db.execute("SELECT alias, served, asked FROM answers ORDER BY asked, run").fetchall()
        )
        return {(name[:32].hex(), name[32:].hex()): Served(served, asked) for name, served, asked in rows}

    def entries(self, tool: str | None = None) -> Iterator[Entry]:
        """Every entry, settled or not, tool by tool and oldest run first; of one tool only, if given."""
        tools = self._ask(lambda db: lookups.tools_after(db, "")) if tool is None else [tool]
        while tools:
            yield from self._ask(partial(lookups.of_tools, tools=tools))
            tools = self._ask(partial(lookups.tools_after, tool=tools[-1])) if tool is None else []

    def record(self, entry: Entry) -> SeatRecord:
        """The whole record of an entry, from its file; if the file was changed, what it says now of this seat.

        Raises StoreError where it says nothing any more.
        """
        found = self._fetch(entry)
        if found is None:
            for moved in self._again(entry):
                found = found or self._fetch(moved)
        if found is None:
            raise StoreError(
                f"Run {entry.folder} no longer holds the answer of {entry.slot} that it held a moment ago.",
                hint="Its folder was changed meanwhile. Give the command again.",
            )
        return found

    def _fetch(self, entry: Entry) -> SeatRecord | None:
        try:
            with (self.root / entry.folder / layout.VERDICTS).open("rb") as file:
                file.seek(entry.at)
                record = SeatRecord.from_line(file.read(entry.length))
        except (OSError, ValidationError):
            return None
        same = (record.key, record.slot, record.run_id) == (entry.key, entry.slot, entry.run)
        return record if same else None

    def _again(self, entry: Entry) -> list[Entry]:
        """What the folder of `entry` holds of the same seat, once that was read anew."""
        self._ask(lambda db: self._renew(db, entry.folder))
        return self._ask(lambda db: lookups.same_seat(db, entry))

    def _renew(self, db: sqlite3.Connection, anyway: str = "") -> None:
        """Read the folders that changed, and `anyway` whether it did or not."""
        folders = {folder.name: folder for folder in run_folders(self.root)}
        for (name,) in db.execute("SELECT name FROM folders").fetchall():
            if name not in folders:
                with cache.writing(db):
                    forget(db, name)
        stamps = known(db)
        for name, folder in folders.items():
            if name == anyway or stamps.get(name) != stamp(folder).text:
                renew(db, folder, self._clock(), forced=name == anyway)

    def _ask(self, action: Callable[[sqlite3.Connection], T]) -> T:
        """What `action` finds in the first database that works, which is brought up to date when it is opened."""
        while True:
            try:
                if self._db is None:
                    self._db = cache.connect(self._places[0])
                    self._renew(self._db)
                return action(self._db)
            except sqlite3.ProgrammingError:  # a fault in this program: no other place would help
                raise
            except sqlite3.DatabaseError as error:
                self._leave(error)

    def _leave(self, error: sqlite3.DatabaseError) -> None:
        """Give up the place that failed for the next one; a ruined file is made anew first, once."""
        self.close()
        if cache.is_ruined(error) and self._places[0] not in cache.TEMPORARY:
            cache.remove(self._places[0])
            if not self._mended:
                self._mended = True
                return
        if len(self._places) == 1:
            raise StoreError(
                f"Cannot keep an index of {self.root}: {error}.", hint="Free some space, then run the command again."
            ) from error
        del self._places[0]

    def close(self) -> None:
        """Close the database; what is asked later opens it again."""
        if self._db is not None:
            db, self._db = self._db, None
            db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
