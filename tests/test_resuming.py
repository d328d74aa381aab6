"""Resuming: a run goes on from its folder alone, where it stood, and comes to the verdicts it would have come to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from loopback.fast import FastProvider

from panel.desk import Desk, Outcome, Wanted
from panel.errors import StoreError, UsageError
from panel.records.vote import Badge

HOUSE = Wanted(models=("house",))


@pytest.fixture
def server() -> Iterator[FastProvider]:
    with FastProvider() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, server: FastProvider) -> Path:
    """A working folder whose model `house` is asked one seat at a time, so that a stop leaves some unasked."""
    configure(tmp_path, server.url)
    return tmp_path


def configure(folder: Path, url: str, more: str = "") -> None:
    (folder / "panel.toml").write_text(
        f"""
        concurrency = 1
        [models.house]
        provider = "compatible"
        model = "gpt-house-1"
        base_url = "{url}/v1"
        schema_mode = "json_schema"
        price = {{ input = 1.0, output = 2.0 }}
        {more}
        """,
        "utf-8",
    )


def desk(folder: Path, environ: Mapping[str, str] | None = None) -> Desk:
    return Desk.open(folder, environ or {})


def review(folder: Path, wanted: Wanted = HOUSE, environ: Mapping[str, str] | None = None) -> Outcome:
    at = desk(folder, environ)
    return at.review(at.tools(["sqlite"]), wanted, command=("panel", "review", "sqlite"))


def stopped(folder: Path, server: FastProvider, wanted: Wanted = HOUSE) -> Outcome:
    """A run whose provider has no credit from the first call on."""
    server.always("insufficient_quota")
    outcome = review(folder, wanted)
    server.always(None)
    return outcome


def resume(folder: Path, **how: Decimal) -> Outcome:
    return desk(folder).resume("latest", max_cost=how.get("max_cost"))


def run_of(outcome: Outcome) -> Path:
    assert outcome.folder is not None
    return outcome.folder


def kill(outcome: Outcome) -> None:
    """Bring the folder of a run to what a process leaves behind that is killed before it settles anything."""
    folder = run_of(outcome)
    (folder / "verdicts.jsonl").unlink()
    manifest = json.loads((folder / "run.json").read_text("utf-8"))
    (folder / "run.json").write_text(json.dumps({**manifest, "finished_at": None, "totals": {}}), "utf-8")


def change(file: Path, edit: Callable[[list[str]], list[str]]) -> None:
    file.write_text("".join(edit(file.read_text("utf-8").splitlines(keepends=True))), "utf-8")


class TestWhatIsAsked:
    def test_seats_without_a_reply_are_asked_and_no_others(self, folder: Path, server: FastProvider) -> None:
        """Two answers are bought first; the run that goes on asks for the other two."""
        review(folder, HOUSE._replace(personas=("builder", "skeptic")))
        first = stopped(folder, server)
        assert (first.totals.held, first.totals.pending) == (2, 2)
        before = server.stats()["requests"]
        done = resume(folder)
        assert server.stats()["requests"] - before == 2
        assert (done.totals.held, done.totals.scored, done.totals.pending) == (2, 2, 0)
        assert len(done.reviews[0].seats) == 4

    def test_a_finished_run_is_left_as_it_was(self, folder: Path, server: FastProvider) -> None:
        """Nothing is asked, and it does not say that it ended now."""
        first = review(folder)
        before, ended = server.stats()["requests"], desk(folder).runs.open("latest").manifest.finished_at
        again = resume(folder)
        assert server.stats()["requests"] == before
        assert desk(folder).runs.open("latest").manifest.finished_at == ended
        assert again.totals == first.totals
        assert again.reviews == first.reviews
        assert any("nothing was left to ask" in problem for problem in again.problems)

    def test_changed_words_change_nothing(self, folder: Path, server: FastProvider) -> None:
        """The questions are the run's own: one of them is asked twice as it was, whatever the catalogue says now."""
        first = stopped(folder, server)
        (folder / "catalogue").mkdir()
        (folder / "catalogue" / "sqlite.md").write_text("---\nname: SQLite\n---\nAnother text.\n", "utf-8")
        asked = set(server.log)
        done = resume(folder)
        assert done.reviews[0].tool == first.reviews[0].tool
        assert asked < set(server.log)
        assert len(server.log) == 4

    def test_an_offline_run_goes_on_too(self, folder: Path) -> None:
        offline = Wanted(models=("offline",))
        first = review(folder, offline)
        change(run_of(first) / "replies.jsonl", lambda lines: lines[:1])
        kill(first)
        done = resume(folder)
        assert [seat.verdict for seat in done.reviews[0].seats] == [seat.verdict for seat in first.reviews[0].seats]

    def test_a_blind_run_stays_blind(self, folder: Path, server: FastProvider) -> None:
        """What it masked is masked, whatever open runs hold."""
        review(folder)
        stopped(folder, server, HOUSE._replace(blind=True))
        done = resume(folder)
        assert done.reviews[0].variant == "blind"
        assert (done.totals.scored, done.totals.held) == (4, 0)


class TestWhatOlderRunsGave:
    """A panel does not shrink to the seats that its own run bought (law 6)."""

    def test_it_is_there_after_a_process_was_killed(self, folder: Path, server: FastProvider) -> None:
        """A killed process has written no verdicts, so that only the plan says who answered."""
        review(folder, HOUSE._replace(personas=("builder", "skeptic")))
        kill(stopped(folder, server))
        done = resume(folder)
        assert len(done.reviews[0].seats) == 4
        assert done.reviews[0].badge is not Badge.TOO_FEW
        assert done.totals.held == 2
        assert len(desk(folder).runs.open("latest").verdicts()) == 4

    def test_it_is_there_when_a_killed_run_is_settled(self, folder: Path, server: FastProvider) -> None:
        review(folder, HOUSE._replace(personas=("builder", "skeptic")))
        kill(stopped(folder, server))
        desk(folder).reparse("latest")
        reader = desk(folder).runs.open("latest")
        assert len(reader.verdicts()) == 4
        assert (reader.manifest.totals.held, reader.manifest.totals.pending) == (2, 2)

    def test_it_is_asked_here_where_the_older_run_is_gone(self, folder: Path, server: FastProvider) -> None:
        """The plan says so in a line of its own, so that the replies can be read again for ever."""
        older = review(folder, HOUSE._replace(personas=("builder", "skeptic")))
        kill(stopped(folder, server))
        for file in run_of(older).iterdir():
            file.unlink()
        run_of(older).rmdir()
        done = resume(folder)
        assert (done.totals.held, done.totals.scored) == (0, 4)
        desk(folder).reparse("latest")
        assert len(desk(folder).runs.open("latest").verdicts()) == 4


class TestMoney:
    def test_the_cap_covers_the_run_with_its_resumes(self, folder: Path, server: FastProvider) -> None:
        """What was spent before is counted; a larger cap does the rest, and is remembered."""
        capped = review(folder, HOUSE._replace(max_cost=Decimal("0.03")))
        assert capped.stopped is not None
        assert capped.stopped.code == "budget"
        assert capped.totals.pending > 0
        asked = server.stats()["requests"]
        assert resume(folder).totals.pending == capped.totals.pending
        assert server.stats()["requests"] == asked
        assert resume(folder, max_cost=Decimal("0.2")).totals.pending == 0
        assert desk(folder).runs.open("latest").manifest.max_cost == Decimal("0.2")

    def test_a_cap_below_what_is_spent_asks_nothing(self, folder: Path, server: FastProvider) -> None:
        review(folder, HOUSE._replace(max_cost=Decimal("0.03")))
        asked = server.stats()["requests"]
        done = resume(folder, max_cost=Decimal("0.0001"))
        assert server.stats()["requests"] == asked
        assert done.stopped is not None
        assert done.totals.scored > 0

    def test_the_price_is_that_of_the_day(self, folder: Path, server: FastProvider) -> None:
        first = review(folder, HOUSE._replace(max_cost=Decimal("0.03")))
        configure(folder, server.url)
        toml = folder / "panel.toml"
        toml.write_text(toml.read_text("utf-8").replace("input = 1.0, output = 2.0", "input = 0, output = 0"), "utf-8")
        done = resume(folder)
        assert done.totals.pending == 0
        assert done.totals.usd == first.totals.usd


class TestWhatASeatHasBought:
    def test_it_keeps_its_abstention_where_its_model_stops(self, folder: Path, server: FastProvider) -> None:
        """Law 11: what was bought for a seat is part of its record, whether or not it could be asked again."""
        server.always("off_schema")
        first = review(folder, HOUSE._replace(max_cost=Decimal("0.032")))
        server.always(None)
        unsettled = [seat for seat in first.reviews[0].seats if seat.may_ask_again]
        assert len(unsettled) == 2
        done = resume(folder, max_cost=Decimal("0.0001"))
        assert [seat.verdict for seat in done.reviews[0].seats] == [seat.verdict for seat in first.reviews[0].seats]
        assert done.totals.abstained == first.totals.abstained
        assert done.totals.usd == first.totals.usd


class TestWhereItIsAsked:
    def test_a_model_that_moved_is_asked_where_it_is_now(self, folder: Path, server: FastProvider) -> None:
        stopped(folder, server)
        with FastProvider() as elsewhere:
            configure(folder, elsewhere.url)
            assert resume(folder).totals.scored == 4
            assert elsewhere.stats()["requests"] == 4

    def test_a_model_without_a_key_needs_no_settings_any_more(self, folder: Path, server: FastProvider) -> None:
        stopped(folder, server)
        (folder / "panel.toml").write_text("concurrency = 1\n", "utf-8")
        assert resume(folder).totals.scored == 4

    @pytest.mark.parametrize("settings", ["", "other"])
    def test_a_key_goes_only_where_the_settings_send_it(
        self, folder: Path, server: FastProvider, settings: str
    ) -> None:
        """A run folder may be somebody else's: it cannot have a key sent to an address of its own."""
        configure(folder, server.url, 'key_variable = "HOUSE_KEY"')
        environ = {"HOUSE_KEY": "sk-house-123456"}
        server.always("insufficient_quota")
        review(folder, HOUSE, environ)
        asked = server.stats()["requests"]
        (folder / "panel.toml").write_text("concurrency = 1\n", "utf-8")
        if settings == "other":
            configure(folder, "http://127.0.0.1:9", 'key_variable = "OTHER_KEY"\nparameters = { seed = 1 }')
        with pytest.raises(UsageError, match="with the key in HOUSE_KEY"):
            desk(folder, environ).resume("latest")
        assert server.stats()["requests"] == asked

    def test_a_finished_run_needs_none_of_its_models(self, folder: Path, server: FastProvider) -> None:
        configure(folder, server.url, 'key_variable = "HOUSE_KEY"')
        review(folder, HOUSE, {"HOUSE_KEY": "sk-house-123456"})
        (folder / "panel.toml").write_text("concurrency = 1\n", "utf-8")
        assert resume(folder).totals.scored == 4


class TestDamage:
    def test_a_run_that_had_planned_nothing_says_so(self, folder: Path, server: FastProvider) -> None:
        first = stopped(folder, server)
        (run_of(first) / "plan.jsonl").write_text("", "utf-8")
        with pytest.raises(StoreError, match="before it had planned anything"):
            resume(folder)

    @pytest.mark.parametrize("how", ["lost", "torn"])
    def test_a_plan_that_lost_a_seat_is_refused(self, folder: Path, server: FastProvider, how: str) -> None:
        """Law 6: three seats of four would come to another verdict, and none would be missed."""
        first = stopped(folder, server)

        def cut(lines: list[str]) -> list[str]:
            return lines[:3] if how == "lost" else [*lines[:3], lines[3][:200]]

        change(run_of(first) / "plan.jsonl", cut)
        asked = server.stats()["requests"]
        with pytest.raises(StoreError, match="does not name the seat sqlite · founder · house"):
            resume(folder)
        assert server.stats()["requests"] == asked

    @pytest.mark.parametrize("line", range(16))
    def test_inputs_that_lost_a_line_are_refused_before_anything_is_asked(
        self, folder: Path, server: FastProvider, line: int
    ) -> None:
        first = stopped(folder, server)
        inputs = run_of(first) / "inputs.jsonl"
        if line >= len(inputs.read_text("utf-8").splitlines()):
            pytest.skip("the run has fewer inputs")
        change(inputs, lambda lines: [*lines[:line], *lines[line + 1 :]])
        asked = server.stats()["requests"]
        with pytest.raises(StoreError, match="lacks the entry"):
            resume(folder)
        assert server.stats()["requests"] == asked

    def test_a_torn_reply_is_asked_for_again(self, folder: Path, server: FastProvider) -> None:
        """It never counts as one, and the next line starts on its own."""
        first = review(folder)
        change(run_of(first) / "replies.jsonl", lambda lines: [*lines[:3], lines[3][:300]])
        kill(first)
        asked = server.stats()["requests"]
        done = resume(folder)
        assert server.stats()["requests"] - asked == 1
        assert done.totals.scored == 4
        assert len(list(desk(folder).runs.open("latest").replies())) == 4


def test_a_round_that_was_begun_is_finished(folder: Path, server: FastProvider) -> None:
    """Law 11: a whole panel is asked anew, and its answers count from the moment none is missing."""
    review(folder)
    stopped(folder, server, HOUSE._replace(refresh=True))
    assert review(folder).totals.held == 4
    runs = desk(folder).runs.list()
    done = desk(folder).resume(next(reader.run_id for reader in runs if reader.manifest.refresh))
    assert (done.totals.scored, done.totals.pending) == (4, 0)
    assert {seat.run_id for seat in review(folder).reviews[0].seats} == {done.run}
