"""`panel rescore … --via batch` as a user meets it: handed in, waited for, finished live, left and come back to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback.batch_core import End
from loopback.batch_rows import RowWriter
from loopback.batches import BatchProvider

from panel.batching import batching, handing_in
from panel.store import RunReader, Runs

Panel = Callable[..., Any]
TOOLS = 3
SEATS = 4 * TOOLS
BY_BATCH = ("rescore", "tools.jsonl", "--via", "batch")


@pytest.fixture
def provider() -> Iterator[BatchProvider]:
    """A batch moves on each time it is looked at."""
    with BatchProvider() as running:
        yield running


@pytest.fixture(autouse=True)
def _house(folder: Path, provider: BatchProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue, a model with batches, and no pauses."""
    monkeypatch.setenv("HOUSE_KEY", "sk-test-0123456789abcdef")
    monkeypatch.setattr(batching, "INTERVAL_S", 0.0)
    monkeypatch.setattr(handing_in, "LISTED_WITHIN_S", 0.0)
    configure(folder, provider.url)
    write(folder)


def configure(folder: Path, url: str, more: str = "price = { input = 1.0, output = 2.0 }") -> None:
    (folder / "panel.toml").write_text(
        f"""
        model = "house"
        [models.house]
        provider = "openai"
        model = "gpt-house-1"
        base_url = "{url}/v1"
        key_variable = "HOUSE_KEY"
        schema_mode = "json_schema"
        {more}
        """,
        "utf-8",
    )


def write(folder: Path, count: int = TOOLS) -> None:
    told = "keeps jobs in one file. It was first released in 2019 under the MIT licence and has clients in Python."
    lines = [
        json.dumps({"id": f"tool-{place}", "name": f"Tool {place}", "description": f"Tool {place} {told}"})
        for place in range(count)
    ]
    (folder / "tools.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


def run_ids(folder: Path) -> list[str]:
    return [reader.run_id for reader in Runs(folder / "runs").list()]


def latest(folder: Path) -> RunReader:
    return Runs(folder / "runs").open("latest")


def outcomes(folder: Path) -> Counter[str]:
    """How the seats of the last run stand."""
    return Counter(
        "scored" if seat.scored else "abstained" if seat.verdict else "pending" for seat in latest(folder).verdicts()
    )


class TestWaiting:
    def test_the_command_hands_in_waits_and_settles(self, panel: Panel, folder: Path, provider: BatchProvider) -> None:
        """Every seat comes by the batch, at its price; nothing is asked live."""
        done = panel(*BY_BATCH)
        assert done.code == 0, done.err
        assert f"part 0: {SEATS} seats of house handed in as batch_1" in done.err
        assert f"part 0    batch_1  house  {SEATS} seats  done" in done.err
        assert (outcomes(folder), len(provider.created), provider.live.log) == ({"scored": SEATS}, 1, {})
        manifest = latest(folder).manifest
        assert (manifest.catalogue and manifest.catalogue.via, manifest.finished_at is not None) == ("batch", True)

    def test_the_same_command_afterwards_asks_nothing(self, panel: Panel, provider: BatchProvider) -> None:
        panel(*BY_BATCH)
        again = panel(*BY_BATCH)
        assert (again.code, "nothing is to be asked" in again.err, len(provider.created)) == (0, True, 1)

    def test_what_cannot_be_used_goes_into_one_follow_up(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        provider.rows = RowWriter({"off_schema": 0.4}, seed=3)
        done = panel(*BY_BATCH)
        assert "follow-up, " in done.err
        assert len(provider.created) == 2
        assert done.code in (0, 5)
        assert outcomes(folder).total() == SEATS

    def test_what_expired_is_handed_in_again_once_more(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        provider._ends = [End("expired", share=0.5), End()]
        done = panel(*BY_BATCH)
        assert (done.code, outcomes(folder)) == (0, {"scored": SEATS})
        assert [made["lines"] for made in provider.created] == [SEATS, SEATS // 2]

    def test_batches_that_bring_nothing_are_not_tried_for_ever(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        provider._ends = [End("expired", share=0.0)]
        done = panel(*BY_BATCH)
        assert (done.code, len(provider.created)) == (5, 2)
        assert f"open: {SEATS} seats (batch_expired)" in done.err

    def test_a_cap_is_kept_and_the_rest_follows_when_money_is_free(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        """A batch costs far less than is held for it: the same command goes on with what that frees."""
        whole = panel(*BY_BATCH, "--max-cost", "0.12")
        assert whole.code in (0, 5)
        assert len(provider.created) > 1
        assert latest(folder).manifest.totals.usd is not None
        assert latest(folder).manifest.totals.usd <= latest(folder).manifest.max_cost

    def test_events_tell_where_batches_stand(self, panel: Panel, folder: Path) -> None:
        panel(*BY_BATCH, "--json-events", "events.jsonl", "--quiet")
        events = [json.loads(line) for line in (folder / "events.jsonl").read_text("utf-8").splitlines()]
        assert [event["phase"] for event in events if event["event"] == "batch"] == ["running", "ending", "done"]


class TestFinishingLive:
    def test_what_a_batch_leaves_is_asked_live(self, panel: Panel, folder: Path, provider: BatchProvider) -> None:
        provider._ends = [End("expired", share=0.5)]
        done = panel(*BY_BATCH, "--finish", "live")
        assert (done.code, outcomes(folder)) == (0, {"scored": SEATS})
        assert (len(provider.created), len(provider.live.log)) == (1, SEATS // 2)

    def test_it_is_for_batches(self, panel: Panel) -> None:
        refused = panel("rescore", "tools.jsonl", "--finish", "live")
        assert (refused.code, "--finish live is for batches" in refused.err) == (2, True)


class TestComingBack:
    def test_handed_in_in_the_evening_and_collected_by_the_same_command(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        provider._advance = "step"
        evening = panel(*BY_BATCH, "--detach")
        assert evening.code == 5
        assert f"open: {SEATS} seats (on its way by batch)" in evening.err
        assert latest(folder).manifest.finished_at is None
        early = panel(*BY_BATCH, "--detach")
        assert (early.code, len(provider.created)) == (5, 1)
        provider.step(9)
        morning = panel(*BY_BATCH, "--detach")
        assert (morning.code, outcomes(folder)) == (0, {"scored": SEATS})
        assert "was taken up" in morning.err
        assert (len(run_ids(folder)), len(provider.created)) == (1, 1)
        assert latest(folder).manifest.finished_at is not None

    def test_resuming_needs_no_other_word(self, panel: Panel, folder: Path, provider: BatchProvider) -> None:
        """A run that began by batch goes on by batch."""
        panel(*BY_BATCH, "--detach")
        done = panel("runs", "resume", "latest")
        assert (done.code, outcomes(folder), len(provider.created)) == (0, {"scored": SEATS}, 1)
        assert provider.live.log == {}

    def test_a_live_command_leaves_alone_what_is_on_its_way(self, panel: Panel, provider: BatchProvider) -> None:
        """Law 11: nothing is paid for twice, whichever way it is asked."""
        panel(*BY_BATCH, "--detach")
        live = panel("rescore", "tools.jsonl")
        assert f"  coming   {SEATS:>9}  on their way by batch" in live.out
        resumed = panel("runs", "resume", "latest", "--via", "live")
        assert resumed.code == 5
        assert f"open: {SEATS} seats (on its way by batch)" in resumed.err
        assert provider.live.log == {}

    def test_another_cap_does_not_make_it_another_work(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        panel(*BY_BATCH, "--detach", "--max-cost", "1")
        done = panel(*BY_BATCH, "--max-cost", "2")
        assert (done.code, len(run_ids(folder)), len(provider.created)) == (0, 1, 1)
        assert str(latest(folder).manifest.max_cost) == "2"

    def test_live_calls_leave_room_for_what_is_on_its_way(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        """Law: a cap holds over batches and live calls together, also while the batches are under way."""
        panel(*BY_BATCH, "--detach", "--max-cost", "0.12")
        held = sum(made["lines"] for made in provider.created)
        assert 0 < held < SEATS
        panel("runs", "resume", "latest", "--via", "live")
        assert provider.live.log == {}

    def test_a_part_that_is_lost_is_given_up_and_asked_otherwise(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        panel(*BY_BATCH, "--detach")
        provider.batches.clear()
        lost = panel(*BY_BATCH)
        assert lost.code == 5
        assert "on its way by batch" in lost.err
        given_up = panel("batch", "give-up", "latest", "0")
        assert (given_up.code, "given up" in given_up.out) == (0, True)
        assert panel("runs", "resume", "latest", "--via", "live").code == 0
        assert outcomes(folder) == {"scored": SEATS}

    def test_a_part_that_does_not_wait_cannot_be_given_up(self, panel: Panel) -> None:
        panel(*BY_BATCH)
        refused = panel("batch", "give-up", "latest", "0")
        assert (refused.code, "no part 0 that waits" in refused.err) == (2, True)


class TestRefusals:
    def test_a_model_without_batches(self, panel: Panel, folder: Path) -> None:
        refused = panel(*BY_BATCH, "--model", "ollama/qwen3")
        assert refused.code == 2
        assert not run_ids(folder)

    def test_a_missing_key_is_told_before_anything_is_planned(
        self, panel: Panel, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("HOUSE_KEY")
        refused = panel(*BY_BATCH)
        assert (refused.code, "HOUSE_KEY" in refused.err, run_ids(folder)) == (5, True, [])

    def test_a_cap_needs_a_price(self, panel: Panel, folder: Path, provider: BatchProvider) -> None:
        configure(folder, provider.url, "timeout_s = 60")
        refused = panel(*BY_BATCH, "--max-cost", "1")
        assert (refused.code, "price is unknown" in refused.err, run_ids(folder)) == (2, True, [])

    def test_a_cluster_is_another_way(self, panel: Panel) -> None:
        assert "Give one of them" in panel(*BY_BATCH, "--on", "dask://127.0.0.1:1").err

    def test_flags_for_catalogues_do_not_fit_other_runs(self, panel: Panel) -> None:
        panel("review", "sqlite", "--model", "offline")
        refused = panel("runs", "resume", "latest", "--via", "batch")
        assert (refused.code, "is not over a catalogue" in refused.err) == (2, True)
