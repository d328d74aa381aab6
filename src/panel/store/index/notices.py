"""Notices: what a look-up passed over, in the words and the order in which `Runs.held` names it.

In come the keys looked for and which runs counted; out come sentences. Nothing is read but the database.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from panel.store.runs import waiting_notice


class Counted(NamedTuple):
    """Which runs count: those of open rounds or the others, and only those that started after this one."""

    open_round: bool
    started: int = -(2**63)
    folder: str = ""


_PROBLEMS = "SELECT problem FROM folders WHERE problem IS NOT NULL ORDER BY name DESC"
_FOLDERS = """SELECT name, fault FROM folders WHERE problem IS NULL AND open_round = ? AND (started, name) > (?, ?)
    ORDER BY started DESC, name DESC"""
_NOTES = """SELECT folders.name, notes.text, notes.id FROM notes JOIN folders ON folders.id = notes.folder
    WHERE key IN (SELECT value FROM json_each(?)) AND NOT (of_reply AND EXISTS (SELECT 1 FROM entries
    WHERE entries.folder = notes.folder AND entries.key = notes.key AND kind IS NOT NULL))"""
_WAITING = """SELECT folders.name, count(*) FROM waiting JOIN folders ON folders.id = waiting.folder
    WHERE key IN (SELECT value FROM json_each(?)) AND NOT EXISTS (SELECT 1 FROM entries
    WHERE entries.folder = waiting.folder AND entries.key = waiting.key AND kind IS NOT NULL) GROUP BY folders.name"""


def notices(db: sqlite3.Connection, batches: Iterable[Sequence[str]], counted: Counted) -> tuple[str, ...]:
    """Runs that cannot be read first; then, run by run, damaged lines, faults, and replies that are not parsed yet."""
    torn: dict[str, dict[str, int]] = {}
    waiting: Counter[str] = Counter()
    for keys in batches:
        given = (json.dumps(keys),)
        for name, text, number in db.execute(_NOTES, given):
            places = torn.setdefault(name, {})
            places[text] = min(number, places.get(text, number))
        waiting.update(dict(db.execute(_WAITING, given)))
    said = [problem for (problem,) in db.execute(_PROBLEMS)]
    for name, fault in db.execute(_FOLDERS, counted):
        places = torn.get(name, {})
        said += sorted(places, key=places.__getitem__)
        if fault:
            said.append(fault)
        elif waiting[name]:
            said.append(waiting_notice(name, waiting[name]))
    return tuple(said)
