"""The summary of a run for a mail or a pull request."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from builders import NOON, RUN, make_model

from panel.cli.summary import MOST, idle_summary, summary
from panel.errors import RunStopping
from panel.records.cause import Cause
from panel.records.drift import Drift, DriftSide, Flip, JudgeMove, OneSided, SignTest, Straddler
from panel.records.run import Catalogued, Manifest, Totals
from panel.records.standing import CataloguePlan, ModelPlan
from panel.records.vote import Outcome


def manifest(**fields: Any) -> Manifest:
    given = {
        "run_id": RUN,
        "command": ("panel", "rescore", "catalogue/"),
        "started_at": NOON,
        "finished_at": NOON + dt.timedelta(hours=2, minutes=5),
        "tools": ("alder",),
        "personas": ("builder",),
        "models": (make_model("openai/gpt-x"), make_model("mistral/large-y")),
        "totals": Totals(
            seats=1000,
            held=900,
            scored=95,
            abstained=5,
            attempts=103,
            input_tokens=200_000,
            output_tokens=50_000,
            usd=Decimal("1.25"),
        ),
    }
    return Manifest(**(given | fields))


def drift(**fields: Any) -> Drift:
    side = DriftSide(
        run="before-1", started_at=NOON, tools=25, answered=25, votes=100, seats=100, scored=100, abstained=0, pending=0
    )
    given = {
        "before": side,
        "after": side.model_copy(update={"run": RUN}),
        "paired": 100,
        "same_answer": 90,
        "anew": 10,
        "flipped": 2,
        "flipped_anew": 2,
        "tools_turned": SignTest(up=1, down=1),
    }
    return Drift(**(given | fields))


def flip(tool: str, **fields: Any) -> Flip:
    return Flip(
        tool=tool,
        persona="skeptic",
        model="openai/gpt-x",
        before=Outcome.SHIP,
        after=Outcome.SKIP,
        causes=(Cause.TOOL, Cause.MODEL),
        **fields,
    )


def test_a_complete_run_says_so_and_what_it_cost() -> None:
    assert summary(manifest(max_cost=Decimal(5)), {}) == (
        f"# Run {RUN}: complete\n"
        "\n"
        "- 1,000 seats: 95 scored, 5 abstained, 900 stored before, 0 open\n"
        "- models: openai/gpt-x, mistral/large-y\n"
        "- 103 calls · 200,000 tokens in, 50,000 out · \\$1.2500 (at most \\$5)\n"
        "- 2026-11-20 12:00 to 14:05 UTC (2h05m)\n"
    )


def test_a_run_with_open_seats_says_how_to_go_on() -> None:
    text = summary(manifest(totals=Totals(seats=1200, pending=1100, scored=100)), {})
    assert text.startswith(f"# Run {RUN}: 1,100 seats open\n")
    assert "- 1,200 seats: 100 scored, 0 abstained, 0 stored before, 1,100 open\n" in text
    assert f"- the same command asks the rest; so does panel runs resume {RUN}\n" in text


def test_a_run_that_was_cut_off_says_so() -> None:
    text = summary(manifest(finished_at=None), {})
    assert text.startswith(f"# Run {RUN}: cut off\n")
    assert "- began 2026-11-20 12:00 UTC\n" in text


def test_open_seats_are_counted_by_reason_the_most_first() -> None:
    reasons = {"empty": 3, "timeout": 40, "refused": 0} | {f"code_{number:02}": 1 for number in range(MOST)}
    text = summary(manifest(), reasons)
    assert "## Why seats are open\n\n| reason | seats |\n|---|---|\n| timeout | 40 |\n| empty | 3 |\n" in text
    assert text.endswith("| other reasons | 2 |\n")
    assert "refused" not in text


def test_each_stop_is_told_once() -> None:
    stop = RunStopping("--max-cost 5: $4.99 is spent", code="budget")
    assert summary(manifest(), {}, [stop, stop]).endswith("## Stopped\n\n- budget: --max-cost 5: \\$4.99 is spent\n")


def test_drift_is_told_in_its_numbers_and_first_flips() -> None:
    moved = judged(moved_by=("mean",))
    text = summary(
        manifest(), {}, (), drift(flips=tuple(flip(f"tool-{number}") for number in range(12)), judges=(moved,))
    )
    assert "- 2 of 10 votes asked anew flipped (20.0 %); of all 100 paired, 2 (2.0 %), against run before-1\n" in text
    assert "- ALARM: the judge itself moved: skeptic on openai/gpt-x\n" in text
    assert "| tool | persona | model | vote | what changed |\n" in text
    assert "| tool-0 | skeptic | openai/gpt-x | ship -\\> skip | the tool's description, the model |\n" in text
    assert "tool-9" in text
    assert "tool-10" not in text
    assert text.endswith(f"And 2 more: panel diff before-1 {RUN}\n")
    assert "## First flips\n\n| tool |" in text


def since(**fields: Any) -> Drift:
    """The drift of a run from what stood before it."""
    found = drift(**fields)
    return found.model_copy(update={"before": found.after.model_copy(update={"stood_before": True})})


def test_drift_from_what_stood_before_names_one_run() -> None:
    text = summary(
        manifest(),
        {},
        (),
        since(flips=tuple(flip(f"tool-{number}") for number in range(12)), only_after=OneSided(tools=("a", "b"))),
    )
    assert "of all 100 paired, 2 (2.0 %), against what stood before\n" in text
    assert "- 2 tools had no panel before\n" in text
    assert text.endswith(f"And 2 more: panel diff {RUN}\n")


def judged(**fields: Any) -> JudgeMove:
    given = {"persona": "skeptic", "model": "openai/gpt-x", "votes": 20, "flipped": 9, "tools": 20, "mean": 0.1}
    return JudgeMove(**(given | {"low": -2.0, "high": 2.0} | fields))


def test_votes_that_flipped_under_the_same_question_are_told_though_the_mean_stayed() -> None:
    text = summary(manifest(), {}, (), drift(judges=(judged(),)))
    assert (
        "- 1 line asked the same question again: the mean of 1 did not move beyond chance; "
        "9 of 20 votes flipped (45.0 %)\n"
    ) in text


class TestOnTheirWay:
    """A run whose seats are with a provider's batch is not cut off: it comes back."""

    UNDER_WAY = manifest(finished_at=None, totals=Totals(seats=40, pending=40))

    def test_how_many_seats_and_which_command_comes_back_for_them(self) -> None:
        text = summary(self.UNDER_WAY, {"on its way by batch": 36, "on its way by batch in run b": 4})
        assert text.startswith(f"# Run {RUN}: 40 seats on their way by batch\n")
        assert "cut off" not in text
        assert "- 40 seats: 0 scored, 0 abstained, 0 stored before, 40 on their way by batch, 0 open\n" in text
        assert f"- the same command comes back for them; so does panel batch collect {RUN}\n" in text

    def test_others_that_are_open_are_counted_by_themselves(self) -> None:
        text = summary(self.UNDER_WAY, {"on its way by batch": 36, "timeout": 4})
        assert text.startswith(f"# Run {RUN}: 36 seats on their way by batch, 4 open\n")

    def test_those_without_a_batch_interface_can_be_asked_live(self) -> None:
        text = summary(manifest(totals=Totals(seats=4, pending=4)), {"not asked: no batch interface": 4})
        assert f"- --finish live asks those that have no batches; so does panel runs resume {RUN} --via live\n" in (
            text.replace("\\-", "-")
        )


class TestWhen:
    """A date is told once."""

    def test_a_run_of_seconds_has_one_time(self) -> None:
        assert "- 2026-11-20 12:00 UTC (2s)\n" in summary(manifest(finished_at=NOON + dt.timedelta(seconds=2)), {})

    def test_a_run_past_midnight_has_two_dates(self) -> None:
        text = summary(manifest(finished_at=NOON + dt.timedelta(hours=13)), {})
        assert "- 2026-11-20 12:00 to 2026-11-21 01:00 UTC (13h00m)\n" in text


@pytest.mark.parametrize(("abstained", "told"), [(9, False), (10, True)])
def test_many_abstentions_are_told_with_what_to_do(abstained: int, told: bool) -> None:
    text = summary(manifest(totals=Totals(seats=100, scored=100 - abstained, abstained=abstained)), {})
    again = (
        "- many abstained, 10 of 100: the same command with --retry-abstained asks those again, and keeps what scored"
    )
    assert (again in text.replace("\\-", "-")) is told


def test_what_the_offline_rubric_abstained_from_is_not_to_be_asked_again() -> None:
    text = summary(manifest(models=(make_model("offline"),), totals=Totals(seats=4, abstained=4)), {})
    assert "--retry" not in text


def test_a_run_that_asked_nothing_says_what_it_is_for() -> None:
    assert "- nothing was to be asked: the run shows the catalogue as it stands\n" in summary(
        manifest(totals=Totals()), {}
    )


def test_plain_text_bears_no_marks_of_markdown() -> None:
    """For a mail: nothing is escaped, and columns stand below each other."""
    found = Catalogued(source="my_tools[1]", tools=25, planned=True)
    stop = RunStopping("--max-cost 5: $4.99 is spent", code="budget")
    text = summary(
        manifest(catalogue=found), {"not asked: budget": 7}, [stop], drift(flips=(flip("alder"),)), form="plain"
    )
    assert text == (
        f"Run {RUN}: 7 seats open\n"
        f"{'=' * len(f'Run {RUN}: 7 seats open')}\n"
        "\n"
        "- 1,000 seats: 95 scored, 5 abstained, 900 stored before, 7 open\n"
        f"- the same command asks the rest; so does panel runs resume {RUN}\n"
        "- 25 tools of my_tools[1]\n"
        "- models: openai/gpt-x, mistral/large-y\n"
        "- 103 calls · 200,000 tokens in, 50,000 out · $1.2500\n"
        "- 2026-11-20 12:00 to 14:05 UTC (2h05m)\n"
        "\n"
        "Drift\n"
        "-----\n"
        "\n"
        "- 2 of 10 votes asked anew flipped (20.0 %); of all 100 paired, 2 (2.0 %), against run before-1\n"
        "\n"
        "Stopped\n"
        "-------\n"
        "\n"
        "- budget: --max-cost 5: $4.99 is spent\n"
        "\n"
        "Why seats are open\n"
        "------------------\n"
        "\n"
        "reason             seats\n"
        "-----------------  -----\n"
        "not asked: budget  7\n"
        "\n"
        "First flips\n"
        "-----------\n"
        "\n"
        "tool   persona  model         vote          what changed\n"
        "-----  -------  ------------  ------------  ---------------------------------\n"
        "alder  skeptic  openai/gpt-x  ship -> skip  the tool's description, the model\n"
    )


def test_the_watch_list_is_counted_and_how_to_get_it_is_said() -> None:
    found = since(straddling=(Straddler(tool="alder", why=("split",)),))
    text = summary(manifest(), {}, (), found)
    assert f"- 1 of 25 tools with a panel straddles the line: panel diff {RUN} --straddling watch.txt lists" in text


def test_of_a_first_run_nothing_is_said_to_have_flipped() -> None:
    found = since()
    empty = found.before.model_copy(update={"seats": 0, "votes": 0, "tools": 0})
    text = summary(manifest(), {}, (), found.model_copy(update={"before": empty, "paired": 0, "flipped": 0}))
    assert "- nothing stood before: this is the first panel of every tool\n" in text
    assert "flipped" not in text


def test_entries_that_cannot_be_used_are_counted() -> None:
    found = Catalogued(source="tools.jsonl", tools=50_000, broken=3, planned=True)
    text = summary(manifest(tools=(), catalogue=found), {})
    assert "- 50,000 tools of tools.jsonl; 3 entries that cannot be used: panel catalogue lint" in text


def test_where_nothing_was_to_be_asked_the_plan_is_told() -> None:
    models = (ModelPlan(model="house", fresh=3996), ModelPlan(model="other", fresh=1, stale=2, missing=3))
    text = idle_summary(CataloguePlan(source="tools.jsonl", tools=999, broken=1, left_out=7, reread=2, models=models))
    assert text == (
        "# Nothing was to be asked\n"
        "\n"
        "- 999 tools of tools.jsonl; 1 entry that cannot be used: panel catalogue lint names them\n"
        "- 7 tools were passed over: --category or --watch\n"
        "- 2 stored verdicts were read again, at no cost\n"
        "- house: 3,996 fresh\n"
        "- other: 1 fresh, 2 stale, 3 missing\n"
    )


def test_where_nothing_could_be_asked_the_same_command_is_named() -> None:
    model = ModelPlan(model="other", fresh=1, missing=8, left_out=4, on_the_way=4)
    text = idle_summary(CataloguePlan(source="-", tools=2, models=(model,)), form="plain")
    assert text == (
        "Nothing could be asked\n"
        "======================\n"
        "\n"
        "- 2 tools of standard input\n"
        "- other: 1 fresh, 8 missing, 4 of these in the hands of another run, 4 of these beyond --max-seats\n"
        "- the same command asks what is left for another time\n"
    )


def test_outside_text_stays_text() -> None:
    """A server's message can neither mark up the page nor fill it."""
    hostile = RunStopping("<img src=x> [click](http://evil) \x1b[31m\n# heading " + "long " * 200, code="auth")
    text = summary(manifest(), {"a|b": 1}, [hostile])
    assert "- auth: \\<img src=x\\> \\[click\\](http\\://evil) \ufffd\\[31m # heading long" in text
    assert "| a\\|b | 1 |" in text
    assert max(map(len, text.splitlines())) < 250
