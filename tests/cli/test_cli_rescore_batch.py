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

    def test_what_cannot_be_used_is_followed_up_together(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        """As often as live: twice at most, and in one batch each time."""
        provider.rows = RowWriter({"off_schema": 1.0}, seed=3)
        done = panel(*BY_BATCH)
        assert "follow-up, " in done.err
        assert [made["lines"] for made in provider.created] == [SEATS] * 3
        assert (done.code, outcomes(folder)) == (0, {"abstained": SEATS})

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

    def test_a_cap_leaves_whole_panels_over_all_models(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        """No money goes to one model's half of panels whose other half cannot be paid."""
        cheap = f"""
        [models.cheap]
        provider = "openai"
        model = "gpt-cheap-1"
        base_url = "{provider.url}/v1"
        key_variable = "HOUSE_KEY"
        schema_mode = "json_schema"
        price = {{ input = 0.1, output = 0.2 }}
        """
        configure(folder, provider.url, "price = { input = 1.0, output = 2.0 }\n" + cheap)
        panel(*BY_BATCH, "--detach", "--model", "house", "--model", "cheap", "--max-cost", "0.15")
        assert [made["lines"] for made in provider.created] == [4, 4]

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
        assert "it is taken up" in morning.err
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

    def test_a_part_of_a_model_that_is_set_up_no_more_can_be_given_up(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        """Else its seats would be on their way for ever, and nothing could ask them."""
        panel(*BY_BATCH, "--detach")
        settings = folder / "panel.toml"
        text = settings.read_text("utf-8").replace('"house"', '"home"')
        settings.write_text(text.replace("[models.house]", "[models.home]"), "utf-8")
        collected = panel("batch", "collect", "latest")
        assert (collected.code, "as [models.house] again" in collected.err) == (2, True)
        assert "panel batch give-up" in collected.err
        assert panel("batch", "give-up", "latest", "0").code == 0
        assert panel("rescore", "tools.jsonl").code == 0

    def test_a_part_that_does_not_wait_cannot_be_given_up(self, panel: Panel) -> None:
        panel(*BY_BATCH)
        refused = panel("batch", "give-up", "latest", "0")
        assert (refused.code, "no part 0 that waits" in refused.err) == (2, True)


class TestAnotherRunHasIt:
    """Law 11: a run that is taken up buys nothing that another run has bought since, or has on its way."""

    def begun(self, panel: Panel, folder: Path) -> str:
        """A run with every seat open, since its cap let nothing go out."""
        assert panel("rescore", "tools.jsonl", "--max-cost", "0.001").code == 5
        return run_ids(folder)[0]

    def test_it_leaves_what_is_on_its_way_there(self, panel: Panel, folder: Path, provider: BatchProvider) -> None:
        older = self.begun(panel, folder)
        provider._advance = "step"
        panel(*BY_BATCH, "--detach")
        resumed = panel("runs", "resume", older, "--max-cost", "5")
        assert (resumed.code, provider.live.log) == (5, {})
        assert f"open: {SEATS} seats (not asked: on its way by batch in run {run_ids(folder)[0]})" in resumed.err
        panel("runs", "resume", older, "--max-cost", "5", "--via", "batch", "--detach")
        panel("batch", "submit", older)
        assert len(provider.created) == 1

    def test_it_leaves_what_was_answered_there(self, panel: Panel, folder: Path, provider: BatchProvider) -> None:
        older = self.begun(panel, folder)
        assert panel("rescore", "tools.jsonl").code == 0
        resumed = panel("runs", "resume", older, "--max-cost", "5")
        assert (resumed.code, sum(map(len, provider.live.log.values()))) == (5, SEATS)
        assert f"(not asked: answered in run {run_ids(folder)[0]} since)" in resumed.err


class TestLedgersOfOthers:
    """Law 11: what may be on its way is not handed in again, also where a run or its ledger is another panel's."""

    def test_the_ledger_counts_of_a_run_that_a_newer_panel_wrote(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        panel(*BY_BATCH, "--detach")
        manifest = next((folder / "runs").glob("2*/run.json"))
        manifest.write_text(manifest.read_text("utf-8").replace('"schema_version": 1', '"schema_version": 99', 1))
        again = panel(*BY_BATCH, "--detach")
        assert f"  coming   {SEATS:>9}  on their way by batch" in again.out
        assert len(provider.created) == 1

    def test_a_line_that_cannot_be_read_stops_the_command(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        panel(*BY_BATCH, "--detach")
        ledger = next((folder / "runs").glob("2*/batches.jsonl"))
        ledger.write_text(ledger.read_text("utf-8").replace('"schema_version":1', '"schema_version":99'))
        again = panel(*BY_BATCH, "--detach")
        assert (again.code, len(provider.created)) == (4, 1)
        assert "batches.jsonl line 1" in again.err

    def test_a_ledger_that_was_cut_hands_nothing_in_again(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        """The provider's list knows parts that the ledger does not: another copy, or a file that lost its lines."""
        panel(*BY_BATCH, "--detach")
        next((folder / "runs").glob("2*/batches.jsonl")).write_text("", "utf-8")
        again = panel("batch", "submit", "latest")
        assert (again.code, len(provider.created)) == (5, 1)
        assert "is part 0 of run" in again.err
        assert "Put batches.jsonl back" in again.err

    def test_a_refusal_is_told_before_the_money_that_it_held(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        """Money ended while the part was filled; what keeps the part from being handed in is what is told."""
        provider.next_calls("upload", *["not_found"] * 9)
        refused = panel(*BY_BATCH, "--max-cost", "0.12")
        assert refused.code == 5
        assert "leave --via batch out" in refused.err
        assert "held for what is handed in" not in refused.err


class TestRefusals:
    def test_a_model_without_batches(self, panel: Panel, folder: Path) -> None:
        refused = panel(*BY_BATCH, "--model", "ollama/qwen3")
        assert refused.code == 2
        assert not run_ids(folder)

    def test_of_two_models_the_one_without_batches_is_told_as_that(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        live = f"""
        [models.live]
        provider = "compatible"
        model = "gpt-live-1"
        base_url = "{provider.url}/v1"
        schema_mode = "json_schema"
        """
        configure(folder, provider.url, "price = { input = 1.0, output = 2.0 }\n" + live)
        done = panel(*BY_BATCH, "--model", "house", "--model", "live")
        assert f"open: {SEATS} seats (not asked: no batch interface)" in done.err
        assert "--finish live asks those" in done.err

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


class TestWhatIsShown:
    def test_after_all_is_collected_some_run_shows_the_whole_catalogue(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        """A live run passed over what was on its way in another: once that is there, the latest run shows it too."""
        provider._advance = "step"
        panel(*BY_BATCH, "--detach")
        batched = run_ids(folder)[0]
        write(folder, TOOLS + 1)
        panel("rescore", "tools.jsonl")
        provider.step(9)
        panel("batch", "collect", batched)
        panel("rescore", "tools.jsonl")
        shown = json.loads(panel("diff", "latest", "--json").out)
        assert shown["after"]["tools"] == TOOLS + 1

    def test_before_is_what_was_in_view_also_after_a_text_was_changed_back(self, panel: Panel, folder: Path) -> None:
        """The tripwire of ADR 10: no flip is told of a tool of which nothing was asked."""

        def put(first: str, second: str) -> None:
            write(folder, 2)
            lines = (folder / "tools.jsonl").read_text("utf-8").splitlines()
            entries = [json.loads(line) for line in lines]
            for item, more in zip(entries, (first, second), strict=True):
                item["description"] += more
            (folder / "tools.jsonl").write_text("\n".join(map(json.dumps, entries)) + "\n", "utf-8")

        for texts in (("", ""), (" Release 1 came later.", ""), ("", " Release 9.")):
            put(*texts)
            panel("rescore", "tools.jsonl")
        panel("rescore", "tools.jsonl", "--all", "--max-cost", "0.001")
        last, before = run_ids(folder)[:2]
        assert json.loads(panel("diff", before, last, "--json").out)["flipped"] == 0

    def test_seats_handed_in_again_are_told_as_on_their_way(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        provider._advance = "step"
        provider._ends = [End("expired", share=0.5), End()]
        panel(*BY_BATCH, "--detach")
        provider.step(9)
        again = panel(*BY_BATCH, "--detach")
        assert f"open: {SEATS // 2} seats (on its way by batch)" in again.err

    def test_collecting_names_a_command_that_asks_live(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        provider._advance = "step"
        provider._ends = [End("expired", share=0.5)]
        panel(*BY_BATCH, "--detach")
        provider.step(9)
        collected = panel("batch", "collect", "latest")
        assert "--via live" in collected.err


class TestNightAfterNight:
    def test_what_batches_cannot_mend_is_not_bought_every_night(self, panel: Panel, provider: BatchProvider) -> None:
        provider.rows = RowWriter({"off_schema": 1.0}, seed=0)
        for _ in range(4):
            panel(*BY_BATCH)
        assert sum(made["lines"] for made in provider.created) <= 3 * SEATS

    def test_all_under_a_cap_comes_to_an_end(self, panel: Panel, folder: Path, provider: BatchProvider) -> None:
        """`the same command asks the rest`: of --all, too."""
        panel("rescore", "tools.jsonl")
        provider.live.log.clear()
        for _ in range(TOOLS):
            panel("rescore", "tools.jsonl", "--all", "--max-cost", "0.1")
        assert len(provider.live.log) == SEATS

    def test_another_catalogue_under_the_same_relative_name_is_another_work(
        self, panel: Panel, folder: Path, provider: BatchProvider
    ) -> None:
        """As in two folders that share their runs, or on standard input."""
        provider._advance = "step"
        panel(*BY_BATCH, "--detach")
        text = (folder / "tools.jsonl").read_text("utf-8")
        (folder / "tools.jsonl").write_text(text.replace("tool-", "other-").replace("Tool", "Other"), "utf-8")
        provider.step(9)
        done = panel(*BY_BATCH, "--detach")
        assert done.code == 5  # what this command was asked to do is open, and not "up to date"

    def test_a_tool_that_was_renamed_and_edited_has_a_before(self, panel: Panel, folder: Path) -> None:
        panel("rescore", "tools.jsonl")
        text = (folder / "tools.jsonl").read_text("utf-8")
        renamed = text.replace('"id": "tool-1"', '"id": "renamed", "formerly": ["tool-1"]').replace(
            "Tool 1 keeps", "It has"
        )
        (folder / "tools.jsonl").write_text(renamed, "utf-8")
        panel("rescore", "tools.jsonl")
        drift = json.loads(panel("diff", "latest", "--json").out)
        assert drift["paired"] == SEATS
