"""`panel runs resume` and the flags that keep to a cap, as a user meets them: what is said, written and returned."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback.fast import FastProvider

from panel.records.card import Card
from panel.records.vote import Badge
from panel.store import Runs

Panel = Callable[..., Any]


@pytest.fixture
def server() -> Iterator[FastProvider]:
    with FastProvider() as running:
        yield running


@pytest.fixture(autouse=True)
def _house(folder: Path, server: FastProvider) -> None:
    configure(folder, server.url)


def configure(folder: Path, url: str, price: str = "price = { input = 1.0, output = 2.0 }") -> None:
    (folder / "panel.toml").write_text(
        f"""
        concurrency = 1
        model = "house"
        [models.house]
        provider = "compatible"
        model = "gpt-house-1"
        base_url = "{url}/v1"
        schema_mode = "json_schema"
        {price}
        """,
        "utf-8",
    )


def latest(folder: Path) -> Path:
    return Runs(folder / "runs").open("latest").path


def card(folder: Path, name: str = "card.json") -> Card:
    return Card.model_validate_json((latest(folder) / name).read_bytes())


class TestCap:
    def test_a_run_that_reaches_its_cap_says_so_and_goes_on_with_a_higher_one(self, panel: Panel, folder: Path) -> None:
        """Exit code 5 and the command that does the rest; then 0, the whole title, and all that was spent."""
        capped = panel("review", "sqlite", "--max-cost", "0.03")
        run = latest(folder).name
        assert capped.code == 5
        assert "panel: --max-cost 0.03: $0.0043 is spent, and the next call could cost up to " in capped.err
        assert f"3 seats without a reply: panel runs resume {run} --max-cost USD" in capped.err
        done = panel("runs", "resume", run, "--max-cost", "1")
        assert done.code == 0
        assert re.fullmatch(r"SQLite: \w+\n", done.out)
        assert f"run {run}: 4 seats answered" in done.err
        assert "spent: 4 calls" in done.err
        assert "without a reply" not in done.err

    def test_resuming_without_a_higher_one_asks_nothing(self, panel: Panel, folder: Path, server: FastProvider) -> None:
        panel("review", "sqlite", "--max-cost", "0.03")
        asked = server.stats()["requests"]
        again = panel("runs", "resume", "latest")
        assert (again.code, server.stats()["requests"]) == (5, asked)
        assert "--max-cost 0.03" in again.err

    @pytest.mark.parametrize("amount", ["-1", "nan", "inf", "five", ""])
    def test_an_amount_that_is_none_is_refused(self, panel: Panel, folder: Path, amount: str) -> None:
        done = panel("review", "sqlite", "--max-cost", amount)
        assert done.code == 2
        assert "write it like 2.50" in done.err
        assert not (folder / "runs").exists()

    def test_a_model_without_a_price_needs_leave(self, panel: Panel, folder: Path, server: FastProvider) -> None:
        configure(folder, server.url, price="")
        refused = panel("review", "sqlite", "--max-cost", "1")
        assert refused.code == 2
        assert "--allow-unpriced" in refused.err
        assert not (folder / "runs").exists()
        allowed = panel("review", "sqlite", "--max-cost", "1", "--allow-unpriced")
        assert allowed.code == 0
        assert "cost unknown: 4 calls without a known price" in allowed.err
        assert "those are not counted against --max-cost" in allowed.err


class TestResume:
    def test_the_card_of_the_run_is_the_one_of_all_its_seats(
        self, panel: Panel, folder: Path, server: FastProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What `panel runs open` shows is what came of the run, in every form that its folder keeps."""
        monkeypatch.setattr("click.launch", lambda url: 0)
        panel("review", "sqlite", "--max-cost", "0.03", "--out", "sheet.md")
        before = card(folder)
        assert before.heads[0].badge is Badge.INCOMPLETE
        done = panel("runs", "resume", "latest", "--max-cost", "1")
        assert card(folder).heads[0].badge is not Badge.INCOMPLETE
        assert "Incomplete" not in (latest(folder) / "card.md").read_text("utf-8")
        assert f"page: panel runs open {latest(folder).name}" in done.err
        assert "Incomplete" not in Path(panel("runs", "open", "latest").out.strip()).read_text("utf-8")

    def test_a_comparison_stays_one(self, panel: Panel, folder: Path) -> None:
        panel("compare", "sqlite", "duckdb", "--max-cost", "0.03")
        panel("runs", "resume", "latest", "--max-cost", "1")
        assert len(card(folder).heads) == 2
        assert card(folder).answer is not None

    def test_several_sheets_keep_their_names(self, panel: Panel, folder: Path) -> None:
        panel("review", "sqlite", "duckdb", "--max-cost", "0.03")
        done = panel("runs", "resume", "latest", "--max-cost", "1")
        assert sorted(file.name for file in latest(folder).glob("card*")) == ["card-duckdb.json", "card-sqlite.json"]
        assert done.out.count("\n") == 2

    def test_a_comparison_with_another_runs_review_is_not_passed_off_as_new(self, panel: Panel, folder: Path) -> None:
        panel("review", "duckdb")
        panel("compare", "latest:duckdb", "sqlite", "--max-cost", "0.03")
        done = panel("runs", "resume", "latest", "--max-cost", "1")
        assert len(card(folder).heads) == 2
        assert "was not renewed: give the run's command again" in done.err
        assert "page:" not in done.err

    def test_a_finished_run_says_that_nothing_was_left(self, panel: Panel, server: FastProvider) -> None:
        panel("review", "sqlite")
        asked = server.stats()["requests"]
        done = panel("runs", "resume", "latest")
        assert (done.code, server.stats()["requests"]) == (0, asked)
        assert "note: nothing was left to ask in run " in done.err

    def test_an_unknown_run_is_named(self, panel: Panel) -> None:
        done = panel("runs", "resume", "20200101")
        assert done.code == 2
        assert "There is no run 20200101" in done.err

    def test_a_run_that_another_process_writes_is_busy(self, panel: Panel, folder: Path, server: FastProvider) -> None:
        panel("review", "sqlite", "--max-cost", "0.03")
        asked = server.stats()["requests"]
        with Runs(folder / "runs").resume("latest"):
            done = panel("runs", "resume", "latest", "--max-cost", "1")
        assert done.code == 4
        assert "is being written by another process" in done.err
        assert server.stats()["requests"] == asked

    def test_quiet_prints_the_titles_only(self, panel: Panel) -> None:
        panel("review", "sqlite", "--max-cost", "0.03", "-q")
        done = panel("runs", "resume", "latest", "--max-cost", "1", "-q")
        assert done.err == ""
        assert done.out.startswith("SQLite: ")


class TestUnsettled:
    def test_a_seat_that_could_not_be_asked_again_is_not_done(
        self, panel: Panel, folder: Path, server: FastProvider
    ) -> None:
        """It abstains so far; the command says so, returns 5, and what goes on asks what is left."""
        server.always("off_schema")
        stopped = panel("review", "sqlite", "-p", "builder", "--max-cost", "0.03")
        assert stopped.code == 5
        run = latest(folder).name
        assert f"1 seat that abstained and may be asked again: panel runs resume {run} --max-cost USD" in stopped.err
        server.always(None)
        done = panel("runs", "resume", run, "--max-cost", "1")
        assert done.code == 0
        assert [line.asked_because for line in Runs(folder / "runs").open(run).replies()] == ["first", "invalid"]

    def test_what_was_parsed_is_not_called_unread(self, panel: Panel, folder: Path, server: FastProvider) -> None:
        """A run that was cut off and settled holds such an abstention; there is nothing left in it to parse."""
        server.always("off_schema")
        panel("review", "sqlite", "-p", "builder", "--max-cost", "0.03")
        manifest = latest(folder) / "run.json"
        manifest.write_text(json.dumps({**json.loads(manifest.read_text("utf-8")), "finished_at": None}), "utf-8")
        server.always(None)
        assert "not parsed yet" not in panel("review", "sqlite", "-p", "builder").err


class TestRetryAbstained:
    def test_seats_that_abstained_are_asked_again_and_no_other(
        self, panel: Panel, folder: Path, server: FastProvider
    ) -> None:
        server.always("refusal")
        panel("review", "sqlite", "-p", "builder")
        server.always(None)
        panel("review", "sqlite", "-p", "skeptic")
        asked = server.stats()["requests"]
        assert panel("review", "sqlite", "-p", "builder", "-p", "skeptic").code == 0
        assert server.stats()["requests"] == asked
        done = panel("review", "sqlite", "-p", "builder", "-p", "skeptic", "--retry-abstained")
        assert server.stats()["requests"] - asked == 1
        assert done.code == 0
        verdicts = Runs(folder / "runs").open("latest").verdicts()
        assert [record.scored is not None for record in verdicts] == [True, True]

    @pytest.mark.parametrize("other", ["--again", "--refresh"])
    def test_it_goes_with_neither_again_nor_refresh(self, panel: Panel, other: str) -> None:
        done = panel("review", "sqlite", "--retry-abstained", other)
        assert done.code == 2
        assert "give one of them" in done.err
