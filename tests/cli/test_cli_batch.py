"""`panel batch …` as a user meets it: handed in today, collected tomorrow, from a run whose live calls stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback.batch_core import End
from loopback.batches import BatchProvider
from loopback.core import Core

from panel import cli
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
    assert "nothing was handed in" in again.err
    assert len(provider.created) == 1


def test_cancelled_and_harvested(panel: Panel, provider: BatchProvider) -> None:
    panel("batch", "submit", "latest")
    cancelled = panel("batch", "cancel", "latest")
    assert (cancelled.code, "ending" in cancelled.out) == (0, True)
    provider.step(9)
    collected = panel("batch", "collect", "latest")
    assert collected.code == 5
    assert "2 replies, 2 seats without one" in collected.out
    assert "hands in the rest" in collected.err


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
