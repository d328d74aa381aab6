"""Look-ups: the queries, over a database that is up to date, by which entries are found.

In come keys or names of tools, a few hundred at a time in one query; out come entries. `held` follows `Runs.held` step
by step: the same runs count, in the same order, and of equals the same one is taken.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from panel.store.index.cache import snapshot
from panel.store.index.entry import Entry, decode, newer
from panel.store.index.notices import Counted, notices

_KEYS_AT_ONCE = 500
_TOOLS_AT_ONCE = 50

_HELD = """SELECT * FROM seats WHERE settled AND open_round = ? AND (started, folder) > (?, ?)
    AND key IN (SELECT value FROM json_each(?)) ORDER BY started DESC, folder DESC, at"""
_LAST_ROUND = """SELECT started, folder FROM seats WHERE settled AND refresh AND NOT open_round
    AND key IN (SELECT value FROM json_each(?)) ORDER BY started DESC, folder DESC LIMIT 1"""
_CURRENT = """SELECT * FROM seats WHERE settled AND NOT open_round AND tool IN (SELECT value FROM json_each(?))
    ORDER BY started DESC, folder DESC, at"""
_OF_TOOLS = """SELECT * FROM seats WHERE tool IN (SELECT value FROM json_each(?)) ORDER BY tool, started, folder, at"""
_SHOWN = """SELECT * FROM seats WHERE NOT open_round AND tool IN (SELECT value FROM json_each(?))
    ORDER BY tool, variant, started, folder, at"""
_TOOLS_AFTER = "SELECT DISTINCT tool FROM entries WHERE tool > ? ORDER BY tool LIMIT ?"
_SAME_SEAT = """SELECT * FROM seats WHERE folder = ? AND key = ? AND run = ? AND tool = ? AND persona = ? AND model = ?
    AND repeat = ? AND variant = ? ORDER BY at"""


def held(db: sqlite3.Connection, keys: Iterable[str], *, open_round: bool) -> tuple[dict[str, Entry], tuple[str, ...]]:
    """By key, the newest entry that counts; and what was passed over, in words."""
    batches = list(_batches(dict.fromkeys(keys), _KEYS_AT_ONCE))
    with snapshot(db):
        counted = _begun_after_last_round(db, batches) if open_round else Counted(open_round=False)
        found: dict[str, Entry] = {}
        for some in batches:
            entries = map(decode, db.execute(_HELD, (*counted, json.dumps(some))))
            found |= newest((entry.key, entry) for entry in entries)
        return found, notices(db, batches, counted)


def _begun_after_last_round(db: sqlite3.Connection, batches: Iterable[Sequence[str]]) -> Counted:
    """Open rounds, but for those begun before the last finished round that answered any of these keys."""
    rounds = (row for keys in batches for row in db.execute(_LAST_ROUND, (json.dumps(keys),)))
    return Counted(True, *max(rounds, default=()))


def current(db: sqlite3.Connection, slots: dict[str, str]) -> dict[str, Entry]:
    """By slot, the newest settled entry that counts; `slots` gives the tool of each."""
    found: dict[str, Entry] = {}
    for tools in _batches(sorted(set(slots.values())), _TOOLS_AT_ONCE):
        named = ((str(entry.slot), entry) for entry in map(decode, db.execute(_CURRENT, (json.dumps(tools),))))
        found |= newest((name, entry) for name, entry in named if name in slots)
    return found


def shown(db: sqlite3.Connection, slots: dict[str, str]) -> dict[str, Entry]:
    """By slot, the newest settled entry of a panel that is complete; `slots` gives the tool of each."""
    found: dict[str, Entry] = {}
    for tools in _batches(sorted(set(slots.values())), _TOOLS_AT_ONCE):
        rows = map(decode, db.execute(_SHOWN, (json.dumps(tools),)))
        for _, of_panel in groupby(rows, key=lambda entry: (entry.tool, entry.variant)):
            named = ((str(entry.slot), entry) for entry in _complete(list(of_panel)))
            found |= newest((name, entry) for name, entry in named if name in slots)
    return found


def _complete(entries: Sequence[Entry]) -> list[Entry]:
    """The settled entries of one tool, newest run first, but for those of runs that left its panel incomplete and that
    no later run completed. `entries` come run by run, oldest first."""
    by_run = [list(of_run) for _, of_run in groupby(entries, key=lambda entry: entry.folder)]
    while by_run and not all(entry.settled for entry in by_run[-1]):
        by_run.pop()
    return [entry for of_run in reversed(by_run) for entry in of_run if entry.settled]


def of_tools(db: sqlite3.Connection, tools: Sequence[str]) -> list[Entry]:
    """Every entry of these tools, tool by tool, oldest run first."""
    return [decode(row) for row in db.execute(_OF_TOOLS, (json.dumps(tools),))]


def tools_after(db: sqlite3.Connection, tool: str) -> list[str]:
    """The names of the next few tools, in order."""
    return [name for (name,) in db.execute(_TOOLS_AFTER, (tool, _TOOLS_AT_ONCE))]


def same_seat(db: sqlite3.Connection, entry: Entry) -> list[Entry]:
    """The entries that its folder now holds of the seat of `entry`, the one asked last first."""
    slot = (entry.tool, entry.persona, entry.model, str(entry.repeat), entry.variant)
    rows = db.execute(_SAME_SEAT, (entry.folder, entry.key, entry.run, *slot))
    return sorted(map(decode, rows), key=newer, reverse=True)


def newest(named: Iterable[tuple[str, Entry]]) -> dict[str, Entry]:
    """By name, the entry asked last; of equals the first."""
    found: dict[str, Entry] = {}
    for name, entry in named:
        found[name] = max(found.get(name, entry), entry, key=newer)
    return found


def _batches(items: Iterable[str], size: int) -> Iterator[list[str]]:
    every = list(items)
    return (every[begin : begin + size] for begin in range(0, len(every), size))
