"""Faults: what the operating system refused, said in the user's words.

In comes an OSError with what was being done; out comes a StoreError that names the path, what is safe all the same, and
the next step. Nothing is retried here.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from panel.errors import StoreError

ELSEWHERE = "or move the whole folder of runs and name it (PANEL_RUNS)"
"""Another folder without them would have everything asked, and paid for, again."""

_FULL = ("the disk is full", f"Free some space {ELSEWHERE}, then run the command again.")
_DENIED = ("permission denied", f"Check its owner and permissions, {ELSEWHERE}.")
_BLOCKED = ("something else stands in the way", f"Move it aside, {ELSEWHERE}.")
_CAUSES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: ("your disk quota is used up", _FULL[1]),
    errno.EFBIG: ("the file may not grow any further", f"Raise the limit on file sizes (ulimit -f) {ELSEWHERE}."),
    errno.EROFS: ("the file system is read-only", f"Mount it writable, {ELSEWHERE}."),
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.ENOTDIR: ("a file stands where a folder is needed", _BLOCKED[1]),
    errno.EEXIST: _BLOCKED,
    errno.EISDIR: ("a folder stands where a file is needed", _BLOCKED[1]),
    errno.ELOOP: ("a symbolic link stands where a file is needed", _BLOCKED[1]),
    errno.ENOSYS: (
        "this file system cannot lock files",
        "Keep runs on a local disk: name another folder for runs (PANEL_RUNS).",
    ),
}


def store_error(error: OSError, doing: str, path: Path, safe: str = "") -> StoreError:
    """`error` as a StoreError: "Cannot <doing> <path>: <cause>. <safe>", with the next step as hint."""
    number = error.errno or 0
    cause, hint = _CAUSES.get(number, (os.strerror(number) if number else str(error), f"Check the disk, {ELSEWHERE}."))
    return StoreError(" ".join(filter(None, (f"Cannot {doing} {path}: {cause}.", safe))), hint=hint)


@contextmanager
def told(doing: str, path: Path, safe: str = "") -> Iterator[None]:
    """Turn every OSError of the block into the StoreError that `store_error` words."""
    try:
        yield
    except OSError as error:
        raise store_error(error, doing, path, safe) from error
