"""Log: a file of lines that only grows, and in which a crash can cost at most the line being written (law 11).

In come lines of JSON; each call is one write to the end of the file, so that a line is in the operating system when
`append` returns (it survives `kill -9`) and on the disk `SYNC_WITHIN_S` later (it survives a power cut). What is in the
file is never rewritten: a torn line that a crash left is closed with a line break and stays, and only a line whose own
write failed half-way is taken back.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from threading import Lock, Timer

from panel.store.atomic import NO_FOLLOW
from panel.store.faults import store_error, told

SYNC_WITHIN_S = 0.2
"""The promise: an appended line is on the disk within this many seconds."""

SYNC_AFTER_S = 0.1
"""When the sync is started, so that a slow disk still has time to keep the promise."""

_CLOSED = -1
_SAFE = "All earlier lines are whole; this line was not kept."
_UNSURE = "The lines are with the operating system, but a power cut could still take the latest ones."


class AppendLog:
    """One file, open for appending. Threads may share it; processes may not (the run's lock sees to that)."""

    def __init__(self, path: Path) -> None:
        """Open or make `path`; raises StoreError."""
        self.path = path
        self._appending = Lock()
        self._syncing = Lock()
        self._timer: Timer | None = None
        self._unsynced = False
        self._late: OSError | None = None
        with told("open", path):
            self._handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | NO_FOLLOW, 0o666)

    def append(self, *lines: str) -> None:
        """Write `lines` in one call and see that they reach the disk soon; raises StoreError.

        When a write fails, nothing of `lines` stays and the log can be used on. A failure of an earlier sync in the
        background is raised here too, once, after `lines` were written.
        """
        data = "".join(f"{line}\n" for line in lines).encode()
        with told("append to", self.path, _SAFE), self._appending:
            self._write(data)
            self._sync_soon()
        self._raise_late()

    def _write(self, data: bytes) -> None:
        end = os.lseek(self._handle, 0, os.SEEK_END)
        if end and not self._ends_whole():
            data = b"\n" + data
        try:
            done = os.write(self._handle, data)
            while done < len(data):  # short only when the disk is about to refuse
                done += os.write(self._handle, data[done:])
        except OSError:
            with suppress(OSError):  # if this fails too, the next append closes the torn line
                os.ftruncate(self._handle, end)
            raise

    def _ends_whole(self) -> bool:
        os.lseek(self._handle, -1, os.SEEK_END)
        return os.read(self._handle, 1) == b"\n"

    def _sync_soon(self) -> None:
        self._unsynced = True
        if self._timer is not None:
            return
        timer = Timer(SYNC_AFTER_S, self._sync_late)
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:  # no thread to be had: pay for the sync here
            self._sync_quietly()
        else:
            self._timer = timer

    def _sync_late(self) -> None:
        with self._appending:
            self._timer = None  # a line appended from here on starts a timer of its own
        self._sync_quietly()

    def _sync_quietly(self) -> None:
        try:
            self._sync()
        except OSError as error:
            self._late = error

    def _sync(self) -> None:
        with self._syncing:
            if self._handle == _CLOSED or not self._unsynced:
                return
            self._unsynced = False  # before, not after: a line appended meanwhile is not covered
            try:
                os.fsync(self._handle)
            except OSError:
                self._unsynced = True
                raise

    def sync(self) -> None:
        """Bring everything appended so far to the disk now; raises StoreError."""
        with self._appending:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        with told("bring to the disk", self.path, _UNSURE):
            self._sync()
        self._raise_late()

    def _raise_late(self) -> None:
        late, self._late = self._late, None
        if late is not None:
            raise store_error(late, "bring to the disk", self.path, _UNSURE) from late

    def close(self) -> None:
        """Sync and close; closing twice does nothing. Raises StoreError, and is closed even then."""
        if self._handle == _CLOSED:
            return
        try:
            self.sync()
        finally:
            with self._appending, self._syncing:
                handle, self._handle = self._handle, _CLOSED
                os.close(handle)
