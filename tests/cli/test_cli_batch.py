"""`panel batch …` as a user meets it: handed in today, collected tomorrow, from a run whose live calls stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from builders import NOON
from loopback.batch_core import End
from loopback.batches import BatchProvider
from loopback.core import Core

from panel import cli
from panel.batching import Part, Standing
from panel.cli.progress.catalogue import standing_line
from panel.records.batch import JobState, Phase
from panel.store import Runs

Panel = Callable[..., Any]


@pytest.fixture
def provider() -> Iterator[BatchProvider]:
    """A provider whose account has no credit for live calls."""
    with BatchProvider(live=Core(faults={"insufficient_quota": 1.0}), advance="step") as running:
        yield running


@pytest.fixture(autouse=True)
def _run(folder: Path, provider: BatchProvider, panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of four seats, all open."""
    monkeypatch.setitem(cli.COMMANDS, "batch", "panel.cli.batch")
    monkeypatch.setenv("HOUSE_KEY", "sk-test-0123456789abcdef")
    configure(folder, provider)
    assert panel("review", "sqlite").code == 5


def configure(folder: Path, provider: BatchProvider, more: str = "") -> None:
    (folder / "panel.toml").write_text(
        f"""
        model = "house"
        [models.house]
        provider = "openai"
        model = "gpt-house-1"
        base_url = "{provider.url}/v1"
        key_variable = "HOUSE_KEY"
        {more or "price = { input = 1.0, output = 2.0 }"}
        """,
        "utf-8",
    )


def test_handed_in_today_and_collected_tomorrow(panel: Panel, folder: Path, provider: BatchProvider) -> None:
    """Each command says where things stand, and its exit code whether anything is open."""
    handed_in = panel("batch", "submit", "latest")
    assert handed_in.code == 0, handed_in.err
    assert "part 0    batch_1  house  4 seats" in handed_in.out
    assert "panel batch collect" in handed_in.err
    status = panel("batch", "status", "latest")
    assert (status.code, "4 seats  waiting" in status.out) == (5, True)
    early = panel("batch", "collect", "latest")
    assert (early.code, "collected parts: none" in early.out) == (5, True)
    provider.step(9)
    late = panel("batch", "collect", "latest")
    assert late.code == 0, late.err
    assert "collected parts: 0; 4 replies, 0 seats without one" in late.out
    assert "4 seats answered, 0 open" in late.err
    run = Runs(folder / "runs").open("latest")
    assert run.manifest.finished_at is not None
    assert [seat.scored is not None for seat in run.verdicts()] == [True] * 4
    assert panel("batch", "status", "latest").code == 0
    assert len(provider.created) == 1


def test_what_is_on_its_way_is_not_handed_in_again(panel: Panel, provider: BatchProvider) -> None:
    panel("batch", "submit", "latest")
    again = panel("batch", "submit", "latest")
    assert "nothing was handed in: 4 requests on their way already; panel batch collect" in again.err
    assert len(provider.created) == 1


def test_cancelled_and_harvested(panel: Panel, provider: BatchProvider) -> None:
    panel("batch", "submit", "latest")
    cancelled = panel("batch", "cancel", "latest")
    assert (cancelled.code, "ending" in cancelled.out) == (0, True)
    provider.step(9)
    collected = panel("batch", "collect", "latest")
    assert collected.code == 5
    assert "2 replies, 2 seats without one" in collected.out
    run = Runs(Path("runs")).open("latest").run_id
    assert f"panel batch submit {run} hands in the rest; panel runs resume {run} asks it live" in collected.err


def test_waiting_collects_what_expired(panel: Panel, provider: BatchProvider) -> None:
    provider._ends = [End("expired", share=0.5)]
    panel("batch", "submit", "latest")
    provider.step(9)
    assert "2 replies, 2 seats without one" in panel("batch", "collect", "latest", "--wait").out


def test_a_cap_that_is_too_small_hands_nothing_in_and_says_so(panel: Panel, provider: BatchProvider) -> None:
    capped = panel("batch", "submit", "latest", "--max-cost", "0.001")
    assert capped.code == 5
    assert "open: 4 seats (budget)" in capped.err
    assert "--max-cost 0.001" in capped.err
    assert provider.created == []


def test_a_cap_needs_a_price(panel: Panel, folder: Path, provider: BatchProvider) -> None:
    configure(folder, provider, "timeout_s = 60")
    refused = panel("batch", "submit", "latest", "--max-cost", "1")
    assert refused.code == 2
    assert "their price is unknown" in refused.err
    assert panel("batch", "submit", "latest", "--max-cost", "1", "--allow-unpriced").code == 0


def test_a_run_of_the_offline_rubric_has_nothing_to_hand_in(panel: Panel) -> None:
    panel("review", "uv", "--model", "offline")
    refused = panel("batch", "submit", "latest")
    assert refused.code == 2
    assert "can be asked by batch" in refused.err


def test_where_nothing_is_open_nothing_more_is_asked_for(panel: Panel, provider: BatchProvider) -> None:
    """No word of collecting what was never handed in."""
    run = Runs(Path("runs")).open("latest").run_id
    early = panel("batch", "cancel", "latest")
    assert (early.code, early.err) == (0, f"no batch of run {run} is open: there is nothing to cancel\n")
    assert panel("batch", "status", "latest").err == f"run {run} has handed in nothing\n"
    panel("batch", "submit", "latest")
    provider.step(9)
    panel("batch", "collect", "latest")
    again, cancelled = panel("batch", "submit", "latest"), panel("batch", "cancel", "latest")
    assert (again.code, again.err) == (0, f"nothing is open in run {run}: nothing was handed in\n")
    assert (cancelled.code, cancelled.err) == (0, f"no batch of run {run} is open: there is nothing to cancel\n")
    assert panel("batch", "status", "latest").err == "1 part has ended, 4 requests\n"


def test_open_parts_are_counted_with_their_requests(panel: Panel) -> None:
    panel("batch", "submit", "latest")
    assert "1 part is not over yet, 4 requests: panel batch status " in panel("batch", "collect", "latest").err


def test_status_tells_scripts_of_every_part(panel: Panel, provider: BatchProvider) -> None:
    panel("batch", "submit", "latest")
    before = panel("batch", "status", "latest", "--json")
    provider.step(9)
    panel("batch", "collect", "latest")
    after = panel("batch", "status", "latest", "--json")
    told = {"part": 0, "job": "batch_1", "model": "house", "seats": 4, "failed": 0, "problem": None}
    assert before.code == 5
    assert json.loads(before.out) == told | {"phase": "waiting", "done": 0, "ended": None}
    assert after.code == 0
    assert json.loads(after.out) == told | {"phase": "done", "done": None, "failed": None, "ended": "collected"}


@pytest.mark.parametrize(
    ("phase", "done", "failed", "words"),
    [
        (Phase.WAITING, 0, 0, "waiting"),
        (Phase.RUNNING, 40, 3, "running: 40 of 100 answered, 3 failed"),
        (Phase.DONE, 100, 0, "done: 100 of 100 answered"),
        (Phase.DONE, 98, 2, "done: 98 of 100 answered, 2 failed"),
        (Phase.CANCELLED, 50, 50, "cancelled: 50 of 100 answered"),
        (Phase.EXPIRED, 50, 50, "expired: 50 of 100 answered"),
    ],
)
def test_what_ended_before_its_turn_did_not_fail(phase: Phase, done: int, failed: int, words: str) -> None:
    part = Part(0, "house", ("k",) * 100, 0, {}, {}, None, None, NOON, job="batch_1", phase=phase)
    state = JobState(job="batch_1", phase=phase, total=100, done=done, failed=failed)
    assert standing_line(Standing(part, state)) == f"part 0    batch_1  house  100 seats  {words}"


def test_a_run_over_a_catalogue_that_began_by_batch_is_asked_live_by_saying_so(
    panel: Panel, folder: Path, provider: BatchProvider
) -> None:
    """Resuming it without a word hands in again."""
    told = "keeps jobs in one file. It was first released in 2019 under the MIT licence and has clients in Python."
    (folder / "tools.jsonl").write_text(json.dumps({"id": "t", "name": "T", "description": f"T {told}"}), "utf-8")
    assert panel("rescore", "tools.jsonl", "--via", "batch", "--detach").code == 5
    shown = panel("runs", "show", "latest")
    assert "finished  on its way: 4 seats on their way by batch, handed in " in shown.out
    assert "resume" not in shown.err
    panel("batch", "cancel", "latest")
    provider.step(9)
    run = Runs(folder / "runs").open("latest").run_id
    collected = panel("batch", "collect", "latest")
    assert (
        f"panel batch submit {run} hands in the rest; panel runs resume {run} --via live asks it live" in collected.err
    )
