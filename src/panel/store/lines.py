"""Lines: the records of a `.jsonl` file, read so that no bad line costs a good one.

In comes a file; out come its records in order. A line that cannot be read (torn by a crash, edited, rotted, written by
a newer panel) is skipped and reported in words that name file and line; nothing is repaired and nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from panel.errors import StoreError
from panel.records.base import SCHEMA_VERSION, Readable
from panel.store.faults import told

R = TypeVar("R", bound=Readable)

_KEY = re.compile(rb'"key"\s*:\s*"([A-Za-z0-9_-]{1,64})"')
_POSITION = re.compile(r" at line 1 column (\d+)$")  # every record is one line, so its line 1 says nothing
_LONGEST_REASON = 160


def read_lines(
    path: Path,
    record: type[R],
    report: Callable[[str], None],
    keys: Collection[str] | None = None,
    *,
    only: Callable[[bytes], bool] = lambda raw: True,
) -> Iterator[R]:
    """The records of `path`; of these keys, and of lines that `only` accepts, if given. No file, no records.

    Other lines are passed over unparsed, and so unreported. Raises StoreError where the file itself cannot be
    read.
    """
    wanted = None if keys is None else frozenset(key.encode() for key in keys)
    for number, raw in enumerate(raw_lines(path), start=1):
        if not raw.strip() or not only(raw) or (wanted is not None and wanted.isdisjoint(keys_in(raw))):
            continue
        found = read_line(raw, record, place(path, number), report)
        if found is not None:
            yield found


def raw_lines(path: Path) -> Iterator[bytes]:
    """The lines of `path` as they stand, each with its line break; no file, no lines. Raises StoreError."""
    with told("read", path):
        if not path.exists():
            return
        if not path.is_file():
            raise StoreError(f"{path} is not a file.", hint="Move it aside; no run holds a folder or a device here.")
        with path.open("rb") as file:
            yield from file


def keys_in(raw: bytes) -> list[bytes]:
    """The keys that a line names: what it is looked for by, also where it cannot be read."""
    return _KEY.findall(raw)


def place(path: Path, number: int) -> str:
    """How a line of a run's file is named to a reader; `number` counts from 1."""
    return f"{path.parent.name}/{path.name} line {number}"


def read_line(raw: bytes, record: type[R], where: str, report: Callable[[str], None]) -> R | None:
    """The record of a raw line, or None; `report` is told what is wrong with it, also where it could be read."""
    torn = not raw.endswith(b"\n")
    try:
        found = record.from_line(raw.rstrip(b"\r\n"))
    except ValidationError as error:
        if torn:
            report(f"{where}: ends in the middle ({len(raw)} bytes): cut off, or being written now; left as it is")
        else:
            report(f"{where}: skipped and left as it is: {reason(error)}")
        return None
    if torn:  # no prefix of an object is an object: only the line break is missing
        report(f"{where}: lacks its line break: cut off, or being written now; nothing of it is missing")
    return found


def newer_version(error: ValidationError) -> int | None:
    """The schema version that made this unreadable, where it is a newer one than ours."""
    for part in error.errors(include_url=False, include_context=False):
        found = part["input"]
        if part["loc"] == ("schema_version",) and isinstance(found, int) and found > SCHEMA_VERSION:
            return found
    return None


def reason(error: ValidationError) -> str:
    """Why it could not be read, in one short line without what it held (which is outside text)."""
    newer = newer_version(error)
    if newer is not None:
        return f"written by a newer panel (schema {newer}; this one reads {SCHEMA_VERSION})"
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    text = f"{field}: {first['msg']}" if field else _POSITION.sub(r" at character \1", first["msg"])
    return ascii(text)[1:-1][:_LONGEST_REASON]
