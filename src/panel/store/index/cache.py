"""Cache: the database that the index lies in: opened, made anew where another panel made it, removed where ruined.

In comes a place: a file, or a temporary database of SQLite's own. Whoever meets an error here goes on to the next
place; no user ever has to mend or delete a file.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from panel._version import __version__

NAME = "index.sqlite"
SCHEMA = 1
"""Raised when the tables change; a new version of panel makes them anew too, since it may read lines otherwise."""

TEMPORARY = ("", ":memory:")
"""A file of SQLite's own, which is gone once closed, and where there is no room for one, memory."""

_MADE_BY = zlib.crc32(f"{SCHEMA} {__version__}".encode()) >> 1  # user_version is a signed number of 32 bits
_WAIT_S = 10.0
_CACHE_KIB = 8192
_RUINED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})  # the last: no such table

_TABLES = (
    """CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, stamp TEXT NOT NULL, started INTEGER,
    refresh INTEGER, open_round INTEGER, problem TEXT, fault TEXT)""",
    """CREATE TABLE entries (folder INTEGER NOT NULL, at INTEGER, length INTEGER, run TEXT, key TEXT, tool TEXT,
    persona TEXT, model TEXT, repeat TEXT, variant TEXT, served TEXT, asked REAL, kind TEXT, score INTEGER, call TEXT,
    settled INTEGER, may_ask_again INTEGER, usd TEXT, hashes BLOB)""",
    "CREATE INDEX entries_by_folder ON entries (folder)",
    "CREATE INDEX entries_by_key ON entries (key)",
    "CREATE INDEX entries_by_tool ON entries (tool)",
    "CREATE TABLE answers (folder INTEGER NOT NULL, alias BLOB, served TEXT, asked REAL, run TEXT)",
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, folder INTEGER NOT NULL, key TEXT, of_reply INTEGER, text TEXT)",
    "CREATE INDEX notes_by_key ON notes (key)",
    "CREATE TABLE waiting (key TEXT, folder INTEGER, PRIMARY KEY (key, folder)) WITHOUT ROWID",
    """CREATE VIEW seats AS SELECT name AS folder, at, length, run, key, tool, persona, model, repeat, variant, served,
    asked, kind, score, call, settled, may_ask_again, usd, hashes, open_round, refresh, started
    FROM entries JOIN folders ON folders.id = entries.folder""",
)


def connect(place: str) -> sqlite3.Connection:
    """Open the database at `place`, with its tables; raises sqlite3.DatabaseError."""
    db = sqlite3.connect(place, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
    try:
        with suppress(sqlite3.OperationalError):  # another process is switching it just now, or it cannot be had here
            db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA trusted_schema = OFF")  # the file may have come with somebody's folder of runs
        db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        if not _ours(db):
            with writing(db):
                _make(db)
    except BaseException:
        db.close()
        raise
    return db


def _ours(db: sqlite3.Connection) -> bool:
    return bool(db.execute("PRAGMA user_version").fetchone()[0] == _MADE_BY)


def _make(db: sqlite3.Connection) -> None:
    if _ours(db):  # another process made it while this one waited
        return
    for kind in ("view", "table"):
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = ?", (kind,)).fetchall():
            if not name.startswith("sqlite_"):
                quoted = name.replace('"', '""')
                db.execute(f'DROP {kind} "{quoted}"')
    for statement in _TABLES:
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {_MADE_BY}")


@contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction that holds the right to write from its beginning, and leaves nothing if it fails."""
    db.execute("BEGIN IMMEDIATE")
    with _ending(db):
        yield


@contextmanager
def snapshot(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction in which all reads see one state, whoever writes meanwhile."""
    db.execute("BEGIN")
    with _ending(db):
        yield


@contextmanager
def _ending(db: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            with suppress(sqlite3.Error):  # the first error is the one to tell of
                db.execute("ROLLBACK")
        raise


def is_ruined(error: sqlite3.Error) -> bool:
    """Whether the file is no database of ours any more, rather than locked, full or read-only."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF in _RUINED


def remove(place: str) -> None:
    """Delete a database with what SQLite keeps beside it, as far as that can be done."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            Path(f"{place}{suffix}").unlink(missing_ok=True)
