"""Lock: one process writes a run at a time. The one door to filelock.

The lock is the operating system's and is held on an open file, so it ends with its process, however that ends: no stale
lock is ever to be cleared by hand, and the file it stands on means nothing by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from panel.errors import RunBusy
from panel.store.faults import store_error
from panel.store.layout import LOCK


def hold(folder: Path) -> Callable[[], None]:
    """Take the lock of the run in `folder` without waiting; returns what lets it go.

    Raises RunBusy where another process, or another writer in this one, holds it; StoreError where none can be taken.
    """
    # Loaded here: reading runs needs no lock. A lock that is only a file's existence would outlive its process.
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK, blocking=False, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise RunBusy(
            f"Run {folder.name} is being written by another process.",
            hint=f"Wait until that command ends, or look at what it has so far: panel runs show {folder.name}",
        ) from None
    except OSError as error:
        raise store_error(error, "lock", folder) from error
    return lock.release
