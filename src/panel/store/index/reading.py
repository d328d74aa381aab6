"""Reading: one run folder into the database, as RunReader sees it.

In comes a folder; what the database held of it goes and what it holds now takes its place, in one transaction. Every
line is read as a record, so that the index holds just what `Runs.held` would accept, and of lines that cannot be read,
what there is to say of them. `stamp` tells whether any of it changed since.
"""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from panel.errors import StoreError
from panel.records.base import Stored
from panel.records.run import ReplyLine
from panel.records.seat import SeatRecord
from panel.store import layout
from panel.store.index.cache import writing
from panel.store.index.entry import alias, encode
from panel.store.lines import keys_in, place, raw_lines, read_line
from panel.store.reader import RunReader
from panel.store.runs import asked, is_open_round

R = TypeVar("R", bound=Stored)

_WATCHED = (layout.MANIFEST, layout.VERDICTS, layout.REPLIES)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_AT_ONCE = 500
_TICK_S = 2.0  # the coarsest that file systems in use keep times
_FORGET_ANSWERS = (
    "DELETE FROM entries WHERE folder = ?",
    "DELETE FROM answers WHERE folder = ?",
    "DELETE FROM waiting WHERE folder = ?",
)
_FORGET = (*_FORGET_ANSWERS, "DELETE FROM notes WHERE folder = ?", "DELETE FROM folders WHERE id = ?")


class Stamp(NamedTuple):
    """Size, times and number of each file that is read of a run: another text once any of them changed."""

    text: str
    changed_s: float
    """When the last of them changed, in seconds since 1970."""


def stamp(folder: Path) -> Stamp:
    """The stamp of a run as it stands."""
    marks, changed = [], 0
    for name in _WATCHED:
        try:
            found = os.stat(folder / name)
        except OSError:
            marks.append("-")
            continue
        marks.append(f"{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}:{found.st_ino}")
        changed = max(changed, found.st_mtime_ns, found.st_ctime_ns)
    return Stamp(" ".join(marks), changed / 1e9)


def renew(db: sqlite3.Connection, folder: Path, now_s: float, *, forced: bool = False) -> None:
    """Read `folder` again, unless another process has done so meanwhile; raises sqlite3.DatabaseError.

    What changed just before `now_s` is read again the next time as well, since it might change once more, to the same
    size, before the file system's clock ticks.
    """
    with writing(db):
        seen = stamp(folder)  # before it is read: what changes while it is read is read again
        if not forced and known(db).get(folder.name) == seen.text:
            return
        forget(db, folder.name)
        reader = RunReader(folder)
        number = _add_folder(db, reader, seen.text if seen.changed_s < now_s - _TICK_S else "")
        if not reader.problem:
            try:
                _add_verdicts(db, number, folder / layout.VERDICTS)
                if reader.manifest.finished_at is None:
                    _add_waiting(db, number, folder / layout.REPLIES)
            except StoreError as error:  # of a run that cannot be read to its end, nothing counts
                for statement in _FORGET_ANSWERS:
                    db.execute(statement, (number,))
                db.execute("UPDATE folders SET fault = ? WHERE id = ?", (error.message, number))


def known(db: sqlite3.Connection) -> dict[str, str]:
    """The stamps of the folders that could be read, by name; the others are looked at again each time."""
    return dict(db.execute("SELECT name, stamp FROM folders WHERE problem IS NULL AND fault IS NULL"))


def forget(db: sqlite3.Connection, name: str) -> None:
    """Drop all that is known of a folder."""
    for (number,) in db.execute("SELECT id FROM folders WHERE name = ?", (name,)).fetchall():
        for statement in _FORGET:
            db.execute(statement, (number,))


def _add_folder(db: sqlite3.Connection, reader: RunReader, stamp_text: str) -> int:
    said: tuple[object, ...]
    if reader.problem:
        said = (None, None, None, reader.problem.message)
    else:
        manifest = reader.manifest
        started = (manifest.started_at - _EPOCH) // dt.timedelta(microseconds=1)
        said = (started, manifest.refresh, is_open_round(manifest), None)
    made = db.execute(
        "INSERT INTO folders (name, stamp, started, refresh, open_round, problem) VALUES (?, ?, ?, ?, ?, ?)",
        (reader.run_id, stamp_text, *said),
    )
    return made.lastrowid or 0


def _add_verdicts(db: sqlite3.Connection, number: int, file: Path) -> None:
    newest: dict[bytes, SeatRecord] = {}

    def rows() -> Iterator[tuple[object, ...]]:
        for line in _lines(file, SeatRecord, _noting(db, number, of_reply=False)):
            record = line.record
            if record.model_served is not None:
                newest[alias(record)] = max(newest.get(alias(record), record), record, key=asked)
            if record.key in line.keys:
                yield encode(record, number, line.at, line.length)

    found = rows()
    while some := list(islice(found, _AT_ONCE)):
        db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", some)
    answers = ((number, name, record.model_served, *asked(record)) for name, record in newest.items())
    db.executemany("INSERT INTO answers VALUES (?, ?, ?, ?, ?)", answers)


def _add_waiting(db: sqlite3.Connection, number: int, file: Path) -> None:
    """Note the questions that a run which has not ended holds replies to."""
    for line in _lines(file, ReplyLine, _noting(db, number, of_reply=True)):
        if line.record.reply and line.record.key in line.keys:
            db.execute("INSERT OR IGNORE INTO waiting VALUES (?, ?)", (line.record.key, number))


def _noting(db: sqlite3.Connection, number: int, *, of_reply: bool) -> Callable[[frozenset[str], str], None]:
    def note(keys: frozenset[str], text: str) -> None:
        rows = ((number, key, of_reply, text) for key in keys)
        db.executemany("INSERT INTO notes (folder, key, of_reply, text) VALUES (?, ?, ?, ?)", rows)

    return note


class _Line(NamedTuple, Generic[R]):
    at: int
    length: int
    keys: frozenset[str]
    """Those it names in plain letters: a line is looked for by them, so another one's record is not found by it."""
    record: R


def _lines(file: Path, record: type[R], note: Callable[[frozenset[str], str], None]) -> Iterator[_Line[R]]:
    """The records of a file with their places; `note` is told what is wrong with which keys' lines."""
    at = 0
    for number, raw in enumerate(raw_lines(file), start=1):
        if raw.strip():
            said: list[str] = []
            found = read_line(raw, record, place(file, number), said.append)
            keys = frozenset(key.decode() for key in keys_in(raw))
            for text in said:
                note(keys, text)
            if found is not None:
                yield _Line(at, len(raw), keys, found)
        at += len(raw)
