"""Rescoring: one command over a catalogue, at the desk: what it plans, takes up, refuses and leaves to others."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from loopback.batches import BatchProvider

from panel.batching import batching, handing_in
from panel.desk import Desk, Wanted
from panel.desk.carrying import Heard, Way
from panel.desk.rescoring import Rescored, Rescoring
from panel.errors import InputError, RunBusy, StoreError, UsageError
from panel.rescore.laying import Scope

TOOLS, SEATS = 3, 12
BY_BATCH, DETACHED = Way("batch"), Way("batch", detach=True)


@pytest.fixture
def provider() -> Iterator[BatchProvider]:
    with BatchProvider() as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, provider: BatchProvider, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk in a folder with a catalogue of three tools, and no pauses."""
    monkeypatch.setattr(batching, "INTERVAL_S", 0.0)
    monkeypatch.setattr(handing_in, "LISTED_WITHIN_S", 0.0)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "panel.toml").write_text(
        f'model = "house"\n[models.house]\nprovider = "openai"\nmodel = "gpt-house-1"\nbase_url = "{provider.url}/v1"\n'
        'key_variable = "HOUSE_KEY"\nschema_mode = "json_schema"\nprice = { input = 1.0, output = 2.0 }\n',
        "utf-8",
    )
    write(tmp_path, TOOLS)
    return Desk.open(tmp_path, {"HOUSE_KEY": "sk-test-0123456789abcdef"})


def write(folder: Path, count: int) -> None:
    told = "keeps jobs in one file. It was first released in 2019 under the MIT licence and has clients in Python."
    lines = [
        json.dumps({"id": f"tool-{place}", "name": f"Tool {place}", "description": f"Tool {place} {told}"})
        for place in range(count)
    ]
    (folder / "tools.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


def rescoring(desk: Desk, way: Way = Way(), said: list[str] | None = None, **wanted: Any) -> Rescoring:  # noqa: B008
    heard = Heard(say=[].append if said is None else said.append)
    return Rescoring(desk, Wanted(**wanted), Scope(), None, refuse, way, heard)


def refuse(error: InputError) -> None:
    raise AssertionError(error)


def run(desk: Desk, way: Way = Way(), **wanted: Any) -> Rescored:  # noqa: B008 - immutable
    return rescoring(desk, way, **wanted).run("tools.jsonl", ("panel", "rescore", "tools.jsonl"))


def states(rescored: Rescored) -> Counter[str]:
    """How the run's seats stand."""
    assert rescored.manifest
    totals = rescored.manifest.totals
    return Counter(answered=totals.scored + totals.abstained, pending=totals.pending)


class TestPlanning:
    def test_nothing_is_sent_and_no_run_is_made(self, desk: Desk, provider: BatchProvider) -> None:
        [model] = rescoring(desk).plan("tools.jsonl").models
        assert (model.missing, model.calls, model.batch_usd is not None) == (SEATS, SEATS, True)
        assert not desk.runs.list()
        assert not provider.requests

    def test_where_nothing_is_stale_no_run_is_left_behind(self, desk: Desk) -> None:
        run(desk)
        again = run(desk)
        assert (again.manifest, again.plan.models[0].fresh) == (None, SEATS)
        assert len(desk.runs.list()) == 1


class TestTakingUp:
    def test_a_run_whose_batches_are_not_done_is_taken_up(self, desk: Desk, provider: BatchProvider) -> None:
        first, second = run(desk, DETACHED), run(desk, BY_BATCH)
        [taken_up] = second.earlier
        assert first.manifest
        assert taken_up.manifest
        assert first.manifest.run_id == taken_up.manifest.run_id
        assert states(taken_up) == {"answered": SEATS, "pending": 0}
        assert (second.manifest, second.plan.models[0].fresh, len(provider.created)) == (None, SEATS, 1)

    def test_then_whatever_else_is_stale_is_asked(self, desk: Desk, provider: BatchProvider) -> None:
        """One command does all there is to do, in two runs, under one cap."""
        run(desk, DETACHED, max_cost=Decimal(5))
        write(Path.cwd(), TOOLS + 1)
        both = run(desk, BY_BATCH, max_cost=Decimal(5))
        assert states(both) == {"answered": 4, "pending": 0}
        assert [made["lines"] for made in provider.created] == [SEATS, 4]
        assert both.manifest
        assert both.manifest.max_cost is not None
        assert both.manifest.max_cost > 4

    def test_a_run_over_other_tools_is_left_alone(self, desk: Desk, provider: BatchProvider) -> None:
        """A watch list's run is no part of the night's work; its seats are passed over, and asked by nobody else."""
        watched = Rescoring(desk, Wanted(), Scope(tools=frozenset({"tool-1"})), None, refuse, DETACHED)
        watched.run("tools.jsonl", ())
        whole = run(desk, DETACHED)
        assert not whole.earlier
        assert whole.plan.models[0].on_the_way == 4
        assert [made["lines"] for made in provider.created] == [4, SEATS - 4]

    def test_other_repeats_are_another_work(self, desk: Desk, provider: BatchProvider) -> None:
        """What is on its way is left to its own run; only what that does not ask is handed in."""
        run(desk, DETACHED)
        more = run(desk, DETACHED, repeats=2)
        assert more.plan.models[0].on_the_way == SEATS
        assert [made["lines"] for made in provider.created] == [SEATS, SEATS]
        assert len({key for made in provider.created for key in made["custom_ids"]}) == 2 * SEATS

    def test_a_run_that_was_killed_between_batches_is_taken_up(self, desk: Desk, provider: BatchProvider) -> None:
        """Its parts are collected, and it is not finished: the rest is asked in the same run."""
        first = run(desk, BY_BATCH)
        assert first.manifest
        with desk.runs.resume(first.manifest.run_id) as cut:
            cut.amend(finished_at=None)
        write(Path.cwd(), TOOLS + 1)
        [taken_up] = run(desk, BY_BATCH).earlier
        assert taken_up.manifest
        assert taken_up.manifest.run_id == first.manifest.run_id
        assert [made["lines"] for made in provider.created] == [SEATS, 4]

    def test_a_run_that_is_done_has_nothing_left(self, desk: Desk) -> None:
        first = run(desk)
        assert first.manifest
        with desk.runs.resume(first.manifest.run_id) as open_:
            assert "nothing was left to ask" in rescoring(desk).resume(open_).problems[0]

    def test_one_that_was_cut_off_while_it_was_planned_is_begun_anew(self, desk: Desk) -> None:
        first = run(desk)
        assert first.manifest
        assert first.manifest.catalogue
        with desk.runs.resume(first.manifest.run_id) as cut:
            cut.amend(catalogue=first.manifest.catalogue.model_copy(update={"planned": False}))
            with pytest.raises(StoreError, match="cut off while it was planned"):
                rescoring(desk).resume(cut)


class TestTogether:
    def test_the_offline_rubric_does_not_wait_for_a_batch(self, desk: Desk, provider: BatchProvider) -> None:
        both = run(desk, DETACHED, models=("house", "offline"))
        assert states(both) == {"answered": SEATS, "pending": SEATS}
        assert [made["lines"] for made in provider.created] == [SEATS]
        assert both.done.open == {"on its way by batch": SEATS}

    def test_the_very_same_command_at_work_is_refused(self, desk: Desk) -> None:
        begun = run(desk, DETACHED)
        assert begun.manifest
        with desk.runs.resume(begun.manifest.run_id), pytest.raises(RunBusy, match="is being done already"):
            run(desk, DETACHED)

    def test_what_it_says_names_parts_and_seats(self, desk: Desk) -> None:
        said: list[str] = []
        rescoring(desk, BY_BATCH, said).run("tools.jsonl", ("panel",))
        assert said == [f"part 0: {SEATS} seats of house handed in as batch_1"]


class TestRefusing:
    def test_a_model_without_batches_is_refused_before_the_catalogue_is_read(self, desk: Desk) -> None:
        with pytest.raises(UsageError, match="batch"):
            rescoring(desk, BY_BATCH, models=("ollama/qwen3:8b",)).run("no-such-file.jsonl", ())

    def test_a_catalogue_that_is_not_there(self, desk: Desk) -> None:
        told: list[InputError] = []
        asking = Rescoring(desk, Wanted(), Scope(), None, told.append)
        with pytest.raises(InputError, match="holds no tool that can be used"):
            asking.run("no-such-file.jsonl", ())
        assert "does not exist" in str(told[0])
        assert not desk.runs.list()
