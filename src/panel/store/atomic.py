"""Atomic replacement: a derived file holds its old content or its new content, after any crash, and never a part.

The new text goes to a hidden neighbour in the same folder and takes the name in one step; it is brought to the disk
first where nothing could make it again. The neighbour's name is fixed, since a run has one writer, so that what a crash
leaves behind is used up by the next try.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
"""Never write through a symbolic link that somebody put into a run folder; no translation of line breaks."""


def replace_text(path: Path, text: str, *, durable: bool) -> None:
    """Give `path` the content `text` as UTF-8; raises OSError, and then the old content stands."""
    with replacing(path, durable=durable) as file:
        file.write(text.encode("utf-8", "replace"))


@contextmanager
def replacing(path: Path, *, durable: bool) -> Iterator[IO[bytes]]:
    """A file that takes the place of `path` when the block ends; if it raises, the old content stands.

    `durable` waits for the disk, so that a power cut cannot take the new content back; what can be made again from
    other files need not wait.
    """
    spare = path.with_name(f".{path.name}.tmp")
    handle = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | NO_FOLLOW, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(handle)
        os.replace(spare, path)
    except BaseException:
        spare.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in `folder` to the disk, where the system lets folders be opened."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
