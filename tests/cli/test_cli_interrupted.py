"""A command that is stopped half-way: what arrived is kept, and the same command does the rest and only the rest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from loopback.answering import scoring
from loopback.behaviours import slow
from loopback.server import Provider

from panel.store import Runs

COMMAND = [sys.executable, "-m", "panel", "review", "sqlite", "--model", "house"]


@pytest.fixture
def work(tmp_path: Path, provider: Provider) -> Path:
    """A working folder whose model answers two seats at once and lets the others wait."""
    (tmp_path / "panel.toml").write_text(
        f"""
        concurrency = 8
        [models.house]
        provider = "compatible"
        model = "gpt-house-1"
        base_url = "{provider.url}/v1"
        key_variable = "HOUSE_KEY"
        schema_mode = "json_schema"
        price = {{ input = 1.0, output = 2.0 }}
        """,
        "utf-8",
    )
    good = scoring(72)
    provider.script([good, good, slow(good, 60), slow(good, 60)])
    return tmp_path


def start(work: Path) -> subprocess.Popen[str]:
    environ = {**os.environ, "HOUSE_KEY": "sk-house-123456"}
    return subprocess.Popen(
        COMMAND,
        cwd=work,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_replies(work: Path, count: int) -> None:
    """Until so many replies are on disk."""
    for _ in range(600):
        files = list((work / "runs").glob("*/replies.jsonl"))
        if files and files[0].read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.05)
    raise AssertionError("the replies did not arrive in half a minute")


def finish(work: Path, provider: Provider) -> str:
    """Run the same command to its end, with two answers to give; returns what it said."""
    good = scoring(72)
    provider.script([good, good])
    done = subprocess.run(
        COMMAND,
        cwd=work,
        env={**os.environ, "HOUSE_KEY": "sk-house-123456"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_ctrl_c_keeps_what_arrived_and_the_same_command_does_the_rest(work: Path, provider: Provider) -> None:
    """Law 11: exit code 130, one sentence, two replies kept, two asked later."""
    running = start(work)
    wait_for_replies(work, 2)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    records = Runs(work / "runs").open("latest").verdicts()
    assert sum(record.verdict is not None for record in records) == 2
    assert "2 seats answered, 2 stored before" in finish(work, provider)


def test_kill_9_keeps_what_arrived_and_the_same_command_does_the_rest(work: Path, provider: Provider) -> None:
    """Law 11: nothing was parsed yet; the next command settles the replies and asks only for the others."""
    running = start(work)
    wait_for_replies(work, 2)
    running.kill()
    running.communicate(timeout=20)
    said = finish(work, provider)
    assert "was cut off; the 2 replies it had bought are used" in said
    assert "2 seats answered, 2 stored before" in said


def test_two_commands_side_by_side_make_two_runs(work: Path, provider: Provider) -> None:
    """Neither disturbs the other."""
    provider.script(scoring(72))
    codes: list[int] = []

    def run() -> None:
        process = start(work)
        process.communicate(timeout=60)
        codes.append(process.returncode)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [0, 0]
    runs = Runs(work / "runs").list()
    assert [reader.problem for reader in runs] == [None, None]
    assert all(reader.manifest.finished_at for reader in runs)
