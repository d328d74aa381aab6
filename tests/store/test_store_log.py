"""The log that only grows: what an append promises, and what a crash or a full disk can cost (law 11)."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panel.errors import StoreError
from panel.store import log as log_module
from panel.store.log import SYNC_WITHIN_S, AppendLog

FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "replies.jsonl"


def fail_after(monkeypatch: pytest.MonkeyPatch, count: int, error: OSError = FULL) -> None:
    """Let the system write `count` bytes in all and then refuse."""
    real, left = os.write, [count]

    def write(handle: int, data: bytes) -> int:
        if not left[0]:
            raise error
        done = real(handle, data[: left[0]])
        left[0] -= done
        return done

    monkeypatch.setattr(log_module.os, "write", write)


def syncs(monkeypatch: pytest.MonkeyPatch, fail: OSError | None = None) -> list[float]:
    """When files were brought to the disk."""
    real, times = os.fsync, []

    def fsync(handle: int) -> None:
        times.append(time.monotonic())
        if fail:
            raise fail
        real(handle)

    monkeypatch.setattr(log_module.os, "fsync", fsync)
    return times


def wait_for(met: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not met() and time.monotonic() < end:
        time.sleep(0.005)
    assert met()


class TestAppend:
    def test_a_line_is_in_the_file_when_append_returns(self, path: Path) -> None:
        """Law 11: nothing waits in this process; another reader sees the line before the log is closed."""
        log = AppendLog(path)
        log.append('{"n":1}')
        assert path.read_bytes() == b'{"n":1}\n'
        log.close()

    def test_a_line_is_one_call_however_long(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        real, sizes = os.write, []
        monkeypatch.setattr(
            log_module.os, "write", lambda handle, data: (sizes.append(len(data)), real(handle, data))[1]
        )
        log = AppendLog(path)
        log.append("x" * 3_000_000)
        assert sizes == [3_000_001]
        log.close()

    def test_threads_do_not_mix_their_lines(self, path: Path) -> None:
        log = AppendLog(path)
        letters = "abcdefgh"
        threads = [threading.Thread(target=lambda c=c: [log.append(c * 500) for _ in range(50)]) for c in letters]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        log.close()
        assert sorted(path.read_text().splitlines()) == sorted(c * 500 for c in letters for _ in range(50))

    @settings(max_examples=40)
    @given(
        lines=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=50), min_size=1),
        torn=st.binary(max_size=30),
    )
    def test_what_stands_in_the_file_is_never_rewritten(
        self, tmp_path_factory: pytest.TempPathFactory, lines: list[str], torn: bytes
    ) -> None:
        """Law 11: whatever bytes a crash left, they stay, and every later line is whole."""
        path = tmp_path_factory.mktemp("log") / "replies.jsonl"
        path.write_bytes(torn)
        log = AppendLog(path)
        for line in lines:
            log.append(line)
        log.close()
        rest = "".join(f"{line}\n" for line in lines).encode()
        closing = b"\n" if torn and not torn.endswith(b"\n") else b""
        assert path.read_bytes() == torn + closing + rest


class TestFullDisk:
    @pytest.mark.parametrize("written", [0, 1, 5, 7], ids=lambda count: f"{count} bytes fit")
    def test_a_line_that_does_not_fit_is_taken_back(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, written: int
    ) -> None:
        log = AppendLog(path)
        log.append('{"n":1}')
        with monkeypatch.context() as patched:
            fail_after(patched, written)
            with pytest.raises(StoreError) as raised:
                log.append('{"n":2}')
        assert path.read_bytes() == b'{"n":1}\n'
        assert raised.value.message == (
            f"Cannot append to {path}: the disk is full. All earlier lines are whole; this line was not kept."
        )
        assert raised.value.hint == (
            "Free some space or move the whole folder of runs and name it (PANEL_RUNS), then run the command again."
        )
        log.append('{"n":3}')
        assert path.read_bytes() == b'{"n":1}\n{"n":3}\n'
        log.close()

    def test_a_line_that_can_not_even_be_taken_back_spoils_no_other(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        log = AppendLog(path)
        log.append('{"n":1}')
        with monkeypatch.context() as patched:
            fail_after(patched, 3)
            patched.setattr(log_module.os, "ftruncate", lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "I/O")))
            with pytest.raises(StoreError):
                log.append('{"n":2}')
        log.append('{"n":3}')
        assert path.read_bytes() == b'{"n":1}\n{"n\n{"n":3}\n'
        log.close()

    def test_a_write_that_the_system_splits_is_completed(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        real = os.write
        monkeypatch.setattr(log_module.os, "write", lambda handle, data: real(handle, data[:4]))
        log = AppendLog(path)
        log.append('{"n":1}')
        assert path.read_bytes() == b'{"n":1}\n'
        log.close()

    def test_a_file_that_may_not_grow_keeps_all_whole_lines(self, path: Path) -> None:
        """The system itself cuts a write short here: the process has a limit on file sizes."""
        script = """
import resource, sys
from pathlib import Path
from panel.errors import StoreError
from panel.store.log import AppendLog

resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
log = AppendLog(Path(sys.argv[1]))
try:
    for number in range(100):
        log.append('{"number": %d, "text": "%s"}' % (number, "x" * 900))
except StoreError as error:
    print(number)
    print(error.message)
log.close()
"""
        done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
        kept, message = done.stdout.splitlines()
        lines = path.read_bytes().split(b"\n")
        assert [json.loads(line)["number"] for line in lines[:-1]] == list(range(int(kept)))
        assert lines[-1] == b""
        assert int(kept) > 5
        assert message.startswith(f"Cannot append to {path}: the file may not grow any further.")


class TestSync:
    def test_the_first_line_sets_one_timer_that_keeps_the_promise_of_200_ms(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Law 11: fsync at least every 200 ms, whether or not a line follows; one sync serves all lines so far."""
        timers: list[FakeTimer] = []

        class FakeTimer:
            def __init__(self, seconds: float, run: Callable[[], None]) -> None:
                self.seconds, self.run = seconds, run

            def start(self) -> None:
                timers.append(self)

            def cancel(self) -> None:
                pass

        monkeypatch.setattr(log_module, "Timer", FakeTimer)
        times = syncs(monkeypatch)
        log = AppendLog(path)
        for number in range(50):
            log.append(str(number))
        assert [timer.seconds <= SYNC_WITHIN_S / 2 for timer in timers] == [True]
        assert SYNC_WITHIN_S == 0.2
        timers[0].run()
        assert len(times) == 1
        log.append("the next")
        assert len(timers) == 2
        log.close()

    def test_the_last_line_reaches_the_disk_although_nothing_follows(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Law 11, with the real clock; the bound leaves room for a busy machine."""
        times = syncs(monkeypatch)
        log = AppendLog(path)
        start = time.monotonic()
        log.append("1")
        wait_for(lambda: bool(times))
        assert times[0] - start < 2
        log.close()

    def test_sync_brings_everything_to_the_disk_now_and_nothing_twice(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        times = syncs(monkeypatch)
        monkeypatch.setattr(log_module, "SYNC_AFTER_S", 60)
        log = AppendLog(path)
        log.append("1")
        log.append("2")
        log.sync()
        assert len(times) == 1
        log.sync()
        log.close()
        assert len(times) == 1

    def test_close_syncs_once_and_may_be_repeated(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        times = syncs(monkeypatch)
        monkeypatch.setattr(log_module, "SYNC_AFTER_S", 60)
        log = AppendLog(path)
        log.append("1")
        log.close()
        log.close()
        assert len(times) == 1

    def test_a_sync_that_fails_in_the_background_is_told_at_the_next_append_which_is_written(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        log = AppendLog(path)
        with monkeypatch.context() as patched:
            times = syncs(patched, fail=OSError(errno.EIO, "Input/output error"))
            log.append("1")
            wait_for(lambda: bool(times))
            wait_for(lambda: log._late is not None)
        with pytest.raises(StoreError, match=r"Cannot bring to the disk .*Input/output error.*a power cut could"):
            log.append("2")
        assert path.read_bytes() == b"1\n2\n"
        log.append("3")
        log.close()

    def test_a_sync_that_fails_on_closing_is_told_and_the_file_is_closed(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(log_module, "SYNC_AFTER_S", 60)
        log = AppendLog(path)
        log.append("1")
        with monkeypatch.context() as patched:
            syncs(patched, fail=FULL)
            with pytest.raises(StoreError, match="the disk is full"):
                log.close()
        log.close()
        with pytest.raises(StoreError, match="Cannot append to"):
            log.append("2")

    def test_without_a_thread_to_spare_each_line_is_synced_at_once(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def no_thread(_: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        times = syncs(monkeypatch)
        log = AppendLog(path)
        monkeypatch.setattr(log_module.Timer, "start", no_thread)
        log.append("1")
        log.append("2")
        assert len(times) == 2
        log.close()


def test_a_symbolic_link_in_place_of_the_log_is_not_followed(path: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    path.symlink_to(victim)
    with pytest.raises(StoreError, match="a symbolic link stands where a file is needed"):
        AppendLog(path)
    assert victim.read_text() == "mine"
