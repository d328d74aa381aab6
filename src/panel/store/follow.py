"""Follow: what a run's files have gained since they were last looked at, and whether somebody is writing them.

Takes no writer's place and writes nothing. Files only grow (law 11), so that what was read once is never read again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from panel.store.faults import told
from panel.store.layout import LOCK


class Growing:
    """A file of lines that grows. It need not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    def lines(self) -> Iterator[bytes]:
        """The whole lines that were added since the last call; one that is being written comes next time.

        Raises StoreError where the file cannot be read.
        """
        with told("read", self.path):
            try:
                file = self.path.open("rb")
            except FileNotFoundError:
                return
            with file:
                file.seek(self._offset)
                for raw in file:
                    if not raw.endswith(b"\n"):
                        return
                    self._offset += len(raw)
                    yield raw


class Replaced:
    """A file that is replaced as a whole from time to time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None

    def changed(self) -> bool:
        """Whether it is another one than at the last call; True at the first where there is one."""
        try:
            found = self._path.stat()
        except OSError:
            return False
        seen, self._seen = self._seen, (found.st_ino, found.st_mtime_ns, found.st_size)
        return seen != self._seen


def is_written(folder: Path) -> bool:
    """Whether a process holds the run in `folder` to write it.

    Ask seldom: the lock is tried for an instant, in which a writer that begins would be refused. A folder that was
    copied from elsewhere is not written, whatever lies in it.
    """
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        return _is_held(folder)
    try:
        with (folder / LOCK).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no lock file, or none that can be tried: nobody here writes it
        return False
    return False


def _is_held(folder: Path) -> bool:
    from panel.errors import RunBusy, StoreError
    from panel.store.lock import hold

    try:
        hold(folder)()
    except RunBusy:
        return True
    except StoreError:
        return False
    return False
