"""Real processes, killed and competing: what a run keeps (law 11), and who may write it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from store_records import RUN, manifest, reply_line

from panel.errors import RunBusy
from panel.store import Runs

SCRIPT = Path(__file__).with_name("write_until_killed.py")


def start(root: Path, count: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, SCRIPT, root, str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    return process


def kill(process: subprocess.Popen[str]) -> list[str]:
    """SIGKILL: nothing in the process runs any more. Returns what it had said and nobody had read yet."""
    assert process.stdout is not None
    assert process.stdin is not None
    process.kill()
    said = process.stdout.readlines()
    process.wait()
    process.stdin.close()
    process.stdout.close()
    return said


@pytest.mark.parametrize("wait_for", [1, 40, 200])
def test_every_reply_that_append_returned_for_survives_a_killed_process(runs: Runs, wait_for: int) -> None:
    """Law 11: a reply is on its file before it is parsed, and outlives `kill -9`."""
    process = start(runs.root, 1_000_000)
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(wait_for)]
    told += kill(process)
    acknowledged = [int(line) for line in told if line.endswith("\n")]
    texts = [line.reply.text for line in runs.open(RUN).replies() if line.reply]
    assert acknowledged == list(range(len(acknowledged)))
    assert len(acknowledged) >= wait_for
    assert texts[: len(acknowledged)] == [f"reply {number} " * 300 for number in acknowledged]
    assert len(texts) - len(acknowledged) <= 1


def test_a_second_process_is_told_that_the_run_is_busy(runs: Runs) -> None:
    process = start(runs.root, 1)
    try:
        with pytest.raises(RunBusy) as raised:
            runs.resume(RUN)
        assert raised.value.message == f"Run {RUN} is being written by another process."
        assert f"panel runs show {RUN}" in raised.value.hint
        assert raised.value.retryable
    finally:
        kill(process)


def test_a_run_can_be_read_while_another_process_writes_it(runs: Runs) -> None:
    process = start(runs.root, 3)
    assert process.stdout is not None
    while process.stdout.readline() != "done\n":
        pass
    try:
        reader = runs.open(RUN)
        assert len(list(reader.replies())) == 3
        assert reader.torn == []
    finally:
        kill(process)


def test_the_lock_dies_with_its_process_and_the_run_goes_on(runs: Runs) -> None:
    process = start(runs.root, 2)
    assert process.stdout is not None
    while process.stdout.readline() != "done\n":
        pass
    kill(process)
    assert (runs.root / RUN / ".lock").exists()
    with runs.resume(RUN) as writer:
        writer.append(reply_line(2, "after the crash"))
    assert [line.slot.repeat for line in runs.open(RUN).replies()] == [0, 1, 2]


def test_a_second_writer_in_the_same_process_is_told_too(runs: Runs) -> None:
    with runs.create(manifest()), pytest.raises(RunBusy):
        runs.resume(RUN)
    with runs.resume(RUN):
        pass
