"""Across a real Dask cluster on the loopback interface: killed workers, a killed scheduler, and who may be asked.

The driver is the command line, as a process of its own. Skipped where the extra `dask` is not installed.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback.process import Remote, running

sys.path.insert(0, str(Path(__file__).parent))

from dask_cluster import Cluster, cluster

from panel.errors import UsageError
from panel.rescore.cluster import check, scheduler_of

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason="Dask is not installed: pip install -e '.[dask]' in an environment of its own",
)
TOOLS = 75
SEATS = 4 * TOOLS
AT_ONCE = 16
IN_HAND = 2 * AT_ONCE
"""Seats handed out at a time: on both workers together."""


@pytest.fixture
def server() -> Iterator[Remote]:
    with running("--latency", "0.1") as remote:
        yield remote


@pytest.fixture
def dask() -> Iterator[Cluster]:
    """Two workers; the key is in their environment alone."""
    with cluster(workers=2, environ={"HOUSE_KEY": "sk-house-123456"}) as found:
        yield found


@pytest.fixture
def work(tmp_path: Path, server: Remote) -> Path:
    """A working folder with a catalogue and a model."""
    (tmp_path / "panel.toml").write_text(
        f"""
        concurrency = {AT_ONCE}
        [models.house]
        provider = "compatible"
        model = "made-up-1"
        base_url = "{server.url}/v1"
        key_variable = "HOUSE_KEY"
        schema_mode = "json_schema"
        price = {{ input = 1.0, output = 2.0 }}
        """,
        "utf-8",
    )
    text = "is a made up store of rows with one file, an open licence and no server. It costs nothing and reads fast."
    entries = ({"id": f"t-{n}", "name": f"Tool {n}", "description": f"Tool {n} {text}"} for n in range(TOOLS))
    (tmp_path / "tools.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries), "utf-8")
    return tmp_path


def start(work: Path, *words: str, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "panel", *words],
        cwd=work,
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def rescore(work: Path, dask: Cluster) -> subprocess.Popen[str]:
    return start(work, "rescore", "tools.jsonl", "--model", "house", "--on", dask.address)


def wait_for(work: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Until so many lines are in the log."""
    for _ in range(1200):
        if len(lines(work)) >= count:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    raise AssertionError("the replies did not arrive")


def lines(work: Path) -> list[dict[str, Any]]:
    """The whole lines of the run's log."""
    found = list((work / "runs").glob("*/replies.jsonl"))
    return [json.loads(line) for line in found[0].read_bytes().split(b"\n")[:-1]] if found else []


def totals(work: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(next((work / "runs").glob("*/run.json")).read_text("utf-8"))["totals"]
    return found


def repeated(server: Remote) -> int:
    """Calls beyond one for each question, from the provider's own log."""
    return sum(len(turns) - 1 for turns in server.log().values())


@needs_dask
@pytest.mark.slow
def test_a_killed_worker_costs_at_most_its_groups_in_flight(work: Path, server: Remote, dask: Cluster) -> None:
    """All seats are answered; what the lost groups may have cost is counted as unsure."""
    process = rescore(work, dask)
    wait_for(work, SEATS // 2, process)
    dask.kill_worker(0)
    said = process.communicate(timeout=90)
    assert process.returncode == 0, said
    assert totals(work)["scored"] == SEATS
    assert len(server.log()) == SEATS
    assert repeated(server) <= IN_HAND // 2
    lost = [line for line in lines(work) if line.get("failure")]
    assert {line["failure"]["error"] for line in lost} <= {"worker_lost"}
    assert len(lost) <= IN_HAND // 2
    assert totals(work)["unsure"] == len(lost)


@needs_dask
@pytest.mark.slow
def test_a_killed_scheduler_leaves_a_run_that_resumes_without_the_cluster(
    work: Path, server: Remote, dask: Cluster
) -> None:
    """Exit code 5 and the way on; what was in flight at the kill is asked again, and nothing else."""
    process = rescore(work, dask)
    wait_for(work, SEATS // 2, process)
    dask.kill_scheduler()
    _, said = process.communicate(timeout=90)
    assert process.returncode == 5, said
    assert "scheduler at dask://127.0.0.1" in said
    assert "panel runs resume" in said
    assert "Traceback" not in said
    answered = totals(work)["scored"]
    assert answered >= SEATS // 2
    went_on = start(work, "runs", "resume", "latest", "-q", HOUSE_KEY="sk-house-123456")
    said = went_on.communicate(timeout=90)[1]
    assert went_on.returncode == 0, said
    assert totals(work)["scored"] == SEATS
    assert repeated(server) <= IN_HAND


@needs_dask
@pytest.mark.slow
def test_ctrl_c_waits_a_little_and_keeps_what_arrives(work: Path, server: Remote, dask: Cluster) -> None:
    """Law 11: every reply that the provider gave is in the log; the same command does the rest."""
    process = rescore(work, dask)
    wait_for(work, SEATS // 3, process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert len([line for line in lines(work) if line.get("reply")]) == len(server.log())
    again = rescore(work, dask)
    said = again.communicate(timeout=90)[1]
    assert again.returncode == 0, said
    assert len(server.log()) == SEATS
    assert repeated(server) == 0


@needs_dask
@pytest.mark.slow
def test_a_cluster_whose_workers_have_no_key_asks_nothing(work: Path, server: Remote) -> None:
    """The driver's key is not sent: it stays where it is."""
    with cluster(workers=1) as keyless:
        process = start(
            work, "rescore", "tools.jsonl", "--model", "house", "--on", keyless.address, HOUSE_KEY="sk-house-123456"
        )
        _, said = process.communicate(timeout=60)
    assert process.returncode == 5
    assert "On the workers: house needs a key" in said
    assert Counter(server.log()) == {}


@needs_dask
@pytest.mark.slow
def test_the_cluster_of_these_tests_listens_on_loopback_alone(dask: Cluster) -> None:
    """Neither process opens a port to the network."""
    import psutil

    for process in (dask.scheduler, *dask.workers):
        listening = [link for link in psutil.Process(process.pid).net_connections() if link.status == "LISTEN"]
        assert listening
        assert {link.laddr.ip for link in listening} == {"127.0.0.1"}


@needs_dask
@pytest.mark.slow
def test_where_no_scheduler_listens_nothing_is_begun(work: Path) -> None:
    process = start(work, "rescore", "tools.jsonl", "--model", "house", "--on", "dask://127.0.0.1:1")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "there is no Dask scheduler at dask://127.0.0.1:1" in said
    assert not list((work / "runs").glob("*/run.json"))


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8786", "tcp://127.0.0.1:8786", "dask://host", "dask://h:x", "dask:8786"]
)
def test_an_address_is_the_host_and_port_of_a_scheduler(address: str) -> None:
    with pytest.raises(UsageError, match="not the address of a cluster"):
        scheduler_of(address)


def test_an_address_is_given_to_dask_as_a_plain_connection() -> None:
    assert scheduler_of("dask://127.0.0.1:8786") == "tcp://127.0.0.1:8786"
    assert scheduler_of("dask://[::1]:8786/") == "tcp://[::1]:8786"


async def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError) as refused:
        await check("dask://127.0.0.1:8786")
    assert "panelreview[dask]" in refused.value.hint


def test_nothing_of_dask_is_loaded_with_the_module() -> None:
    """Only reaching for a cluster loads it."""
    script = "import sys, panel.rescore.cluster; print('distributed' in sys.modules, 'dask' in sys.modules)"
    done: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run
    assert done([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "False False\n"
