"""Score moves with their spread, flips held against repeats, the alarm, and what straddles the line."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from builders import make_model
from drift.conftest import NEW, OLD, Diff, Keep, bought, panel_of

from panel.drift import Asked, drift_between, judge_moved, read_watch_list, watch_list
from panel.errors import InputError
from panel.records.drift import Straddler
from panel.records.seat import SeatRecord
from panel.records.verdict import AbstainReason
from panel.records.vote import Outcome
from panel.store import Runs

TOOLS = [f"tool-{number}" for number in range(8)]


def test_moves_are_told_per_persona_over_tools(diff: Diff) -> None:
    moved = [0, 2, 4, 6, 8, 10, 12, -2]
    old = [bought(OLD, 60, tool=tool) for tool in TOOLS]
    drift = diff(old, [bought(NEW, 60 + by, tool=tool) for tool, by in zip(TOOLS, moved, strict=True)])
    [move] = drift.moves
    assert (move.paired, move.tools, move.mean, move.median) == (8, 8, 5.0, 5.0)
    assert (move.lower_quartile, move.upper_quartile, move.up, move.down) == (1.5, 8.5, 6, 1)
    assert move.low is not None
    assert move.high is not None
    assert 0 < move.low < 5 < move.high


def test_repeats_of_one_tool_are_not_more_tools(diff: Diff) -> None:
    """Twelve seats before one tool are one tool: no interval, no test."""
    old = [bought(OLD, 70, repeat=repeat) for repeat in range(12)]
    drift = diff(old, [bought(NEW, 50, repeat=repeat) for repeat in range(12)])
    assert (drift.moves[0].tools, drift.moves[0].low, drift.moves[0].calls.p) == (1, None, None)
    assert drift.moves[0].why_not == "1 tool is too few for an interval, 8 are needed"


def test_all_personas_together_count_each_tool_once(diff: Diff) -> None:
    """Four personas that flip together before six tools are six changes, not twenty-four."""
    old = [seat for tool in TOOLS[:6] for seat in panel_of(OLD, [70] * 4, tool=tool)]
    drift = diff(old, [seat for tool in TOOLS[:6] for seat in panel_of(NEW, [50] * 4, tool=tool)])
    assert (drift.flipped, drift.tools_turned.down, drift.tools_turned.p) == (24, 6, 0.03125)
    whole = next(move for move in drift.moves if move.persona == "(all)")
    assert (whole.paired, whole.tools, whole.mean, whole.calls.p) == (24, 6, -20.0, 0.03125)


def noisy(run: str, base: int, apart: int, count: int = 6) -> list:  # type: ignore[type-arg]
    """Tools asked twice, the two scores `apart` points apart."""
    return [
        bought(run, base + (apart if repeat else 0), tool=tool, repeat=repeat)
        for tool in TOOLS[:count]
        for repeat in range(2)
    ]


def test_a_flip_within_the_noise_of_repeats_is_told_from_one_outside(diff: Diff) -> None:
    old = [*noisy(OLD, 70, 8), bought(OLD, 61, tool="near"), bought(OLD, 85, tool="far")]
    new = [*noisy(NEW, 70, 8), bought(NEW, 57, tool="near"), bought(NEW, 30, tool="far")]
    found = {flip.tool: flip.noise for flip in diff(old, new).flips}
    assert found == {"near": "inside", "far": "outside"}


def test_without_repeats_nobody_can_tell(diff: Diff) -> None:
    drift = diff([bought(OLD, 61)], [bought(NEW, 30)])
    assert (drift.flips[0].noise, drift.flips[0].half_width, drift.moves[0].noise) == ("unknown", None, None)


def test_the_noise_says_how_often_two_repeats_disagree(diff: Diff) -> None:
    drift = diff(noisy(OLD, 58, 4), noisy(NEW, 70, 4))
    noise = drift.moves[0].noise
    assert noise
    assert (noise.freedom, noise.pairs, noise.disagree) == (12, 12, 6)


def test_held_repeats_are_counted_once(diff: Diff) -> None:
    old = noisy(OLD, 70, 4)
    noise = diff(old, old).moves[0].noise
    assert noise
    assert noise.freedom == 6


def test_the_alarm_sounds_when_the_judge_moved(diff: Diff) -> None:
    """Same question, another model served, every score six points lower."""
    old = [bought(OLD, 70 + place, tool=tool, served="a") for place, tool in enumerate(TOOLS)]
    new = [bought(NEW, 64 + place + place % 2, tool=tool, served="b") for place, tool in enumerate(TOOLS)]
    drift = diff(old, new)
    [line] = judge_moved(drift)
    assert (line.persona, line.tools, line.mean) == ("builder", 8, -5.5)
    assert (line.served_before, line.served_after) == (("a",), ("b",))


def asked_thrice(run: str, tools: Sequence[str], *, turned: bool = False) -> list[SeatRecord]:
    """Three repeats before each tool, clear of the line: every second tool is good, or `turned`, every other one."""
    return [
        bought(run, (85 if place % 2 == turned else 25) + 3 * repeat, tool=tool, repeat=repeat)
        for place, tool in enumerate(tools)
        for repeat in range(3)
    ]


def test_a_judge_that_moved_both_ways_raises_the_alarm_by_its_calls(diff: Diff) -> None:
    """Every vote flipped and the mean stayed: only answers held against repeats of their own side show it."""
    [line] = diff(asked_thrice(OLD, TOOLS), asked_thrice(NEW, TOOLS, turned=True)).judges
    assert (line.votes, line.flipped, line.mean) == (8, 8, 0.0)
    assert (line.across, line.within, line.across_low, line.moved_by) == (1.0, 0.0, 1.0, ("calls",))


def test_calls_that_scatter_as_much_within_a_side_raise_no_alarm(diff: Diff) -> None:
    """Votes may flip: repeats of one side disagree as often."""
    old = [bought(OLD, 50 + 20 * (repeat % 2), tool=tool, repeat=repeat) for tool in TOOLS for repeat in range(4)]
    new = [bought(NEW, 50 + 20 * (repeat < 2), tool=tool, repeat=repeat) for tool in TOOLS for repeat in range(4)]
    [line] = diff(old, new).judges
    assert (line.across, line.within, line.moved_by) == (0.5, 0.667, ())


def test_few_tools_with_repeats_give_shares_and_no_bound(diff: Diff) -> None:
    drift = diff(asked_thrice(OLD, TOOLS[:7]), asked_thrice(NEW, TOOLS[:7], turned=True))
    assert (drift.judges[0].across, drift.judges[0].within, drift.judges[0].across_low) == (1.0, 0.0, None)


def test_votes_asked_the_same_question_again_are_counted_also_where_none_scored_twice(diff: Diff) -> None:
    [line] = diff([bought(OLD, 80)], [bought(NEW, AbstainReason.REFUSED)]).judges
    assert (line.votes, line.flipped, line.tools, line.mean, line.testable) == (1, 1, 0, None, False)


@pytest.mark.parametrize(
    "bump",
    [
        {"model": make_model(model="gpt-x-2")},
        {"model": make_model(parameters={"temperature": 1})},
        {"model": make_model(endpoint="elsewhere")},
    ],
    ids=["model", "parameters", "endpoint"],
)
def test_a_model_that_was_replaced_under_its_name_is_another_judge(diff: Diff, bump: dict[str, object]) -> None:
    """The question is the same; that the answers come to other scores is the judge's doing."""
    old = [bought(OLD, 70, tool=tool) for tool in TOOLS]
    [line] = judge_moved(diff(old, [bought(NEW, 50, tool=tool, **bump) for tool in TOOLS]))
    assert (line.persona, line.model, line.mean) == ("builder", "openai/gpt-x", -20.0)


def test_a_model_of_another_name_is_held_against_the_old_one(runs: Runs, keep: Keep) -> None:
    keep(OLD, [bought(OLD, 70, tool=tool) for tool in TOOLS])
    keep(NEW, [bought(NEW, 50, tool=tool, model="openai/gpt-y") for tool in TOOLS])
    asked = Asked(models=("openai/gpt-x", "openai/gpt-y"))
    [line] = judge_moved(drift_between(runs, runs.open(OLD), runs.open(NEW), asked))
    assert (line.model, line.mean) == ("openai/gpt-x -> openai/gpt-y", -20.0)


def test_no_alarm_where_the_question_changed_too(diff: Diff) -> None:
    old = [bought(OLD, 70, tool=tool) for tool in TOOLS]
    drift = diff(old, [bought(NEW, 50, tool=tool, ids={"persona": "harsher"}) for tool in TOOLS])
    assert drift.judges == ()
    assert judge_moved(drift) == []


def test_no_alarm_for_scores_that_scatter(diff: Diff) -> None:
    old = [bought(OLD, 70, tool=tool) for tool in TOOLS]
    new = [bought(NEW, 70 + by, tool=tool) for tool, by in zip(TOOLS, [5, -5, 4, -4, 3, -3, 6, -5], strict=True)]
    drift = diff(old, new)
    assert drift.judges[0].testable
    assert judge_moved(drift) == []


def test_few_tools_with_repeats_can_still_raise_the_alarm(diff: Diff) -> None:
    """The noise of asking again stands in for the interval."""
    [line] = judge_moved(diff(noisy(OLD, 70, 2, 5), noisy(NEW, 60, 2, 5)))
    assert (line.low, line.mean) == (None, -10.0)
    assert line.noise_limit is not None
    assert line.noise_limit < 10


def test_few_tools_without_repeats_say_that_nothing_can_be_told(diff: Diff) -> None:
    drift = diff([bought(OLD, 70)], [bought(NEW, 10)])
    assert not drift.judges[0].testable
    assert judge_moved(drift) == []


@pytest.mark.parametrize(
    ("tolds", "why"),
    [
        ([[70, 50], 80, 80, 80], "builder on openai/gpt-x: split, scores 50 to 70"),
        ([[70, 70, 50], 80, 80, 80], "builder on openai/gpt-x: repeats on both sides of 60, scores 50 to 70"),
        ([61, 80, 80, 20], "the badge on openai/gpt-x turns on builder 61"),
        ([61, 80, 63, 20], "the badge on openai/gpt-x turns on either of builder 61, futurist 63"),
        ([61, 62, 63, 20], "the badge on openai/gpt-x turns on any one of builder 61, futurist 63, skeptic 62"),
    ],
)
def test_a_verdict_that_hangs_on_little_straddles(diff: Diff, tolds: list[object], why: str) -> None:
    drift = diff(panel_of(OLD, [80, 80, 80, 80]), panel_of(NEW, tolds))
    assert [item.tool for item in drift.straddling] == ["alder"]
    assert why in drift.straddling[0].why


def test_the_votes_that_a_verdict_hangs_on_are_told_with_their_scores(diff: Diff) -> None:
    """Those that turn the badge are marked, each of them by itself."""
    old = [*panel_of(OLD, [80] * 4), *panel_of(OLD, [80] * 4, tool="birch")]
    drift = diff(old, [*panel_of(NEW, [61, 80, 80, 20]), *panel_of(NEW, [[70, 40], 80, 80, 80], tool="birch")])
    told = {
        item.tool: [(vote.persona, vote.outcome, vote.scores, vote.turns_badge) for vote in item.votes]
        for item in drift.straddling
    }
    assert told == {
        "alder": [("builder", Outcome.SHIP, (61,), True)],
        "birch": [("builder", Outcome.SPLIT, (70, 40), False)],
    }


def test_a_close_vote_that_turns_no_badge_does_not_straddle(diff: Diff) -> None:
    drift = diff(panel_of(OLD, [80, 80, 80, 80]), panel_of(NEW, [61, 80, 80, 80]))
    assert drift.straddling == ()


def test_a_score_within_the_noise_of_the_line_straddles(diff: Diff) -> None:
    drift = diff(noisy(OLD, 70, 6), [*noisy(NEW, 80, 6), bought(NEW, 66, tool="near")])
    assert [item.tool for item in drift.straddling] == ["near"]
    assert "66, within" in drift.straddling[0].why[0]


def test_a_watch_list_can_be_read_back() -> None:
    text = watch_list([Straddler(tool="alder", why=("split",)), Straddler(tool="b.2", why=("x", "y"))], NEW)
    assert read_watch_list("\ufeff" + text + "\n\nalder\n  # none\n", "watch.txt") == ("alder", "b.2")


def test_a_watch_list_that_names_no_tool_is_one(diff: Diff) -> None:
    """It is what is written where no verdict hangs on little."""
    assert read_watch_list(watch_list([], NEW), "watch.txt") == ()
    assert read_watch_list("", "watch.txt") == ()
    drift = diff(panel_of(OLD, [80] * 4), panel_of(NEW, [20] * 4), tools=())
    assert (drift.watched, drift.paired, drift.before.seats) == (0, 0, 0)


def test_a_line_of_a_watch_list_that_is_no_id_is_refused_with_its_place() -> None:
    with pytest.raises(InputError, match="line 2"):
        read_watch_list("alder\ntwo words\n", "watch.txt")


def test_concerns_are_matched_by_their_words(diff: Diff) -> None:
    old = [bought(OLD, 70, says={"concerns": ("Single maintainer", "no SSO support", "Pricing is unclear")})]
    new = [bought(NEW, 70, says={"concerns": ("the single maintainers.", "SSO support", "vendor lock-in")})]
    told = diff(old, new).concerns
    assert (told.before, told.after, told.new, told.vanished, told.tools_compared) == (3, 3, 1, 1, 1)
    assert (told.changes[0].new, told.changes[0].vanished) == (("vendor lock-in",), ("Pricing is unclear",))


def test_the_tools_where_most_concerns_changed_are_listed_and_the_rest_counted(
    diff: Diff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tools with a flip come first."""
    monkeypatch.setattr("panel.drift.concerns.MOST_TOOLS", 3)
    names = [f"t{number}" for number in range(9)]
    old = [bought(OLD, 70, tool=name, says={"concerns": ("price",)}) for name in names]
    new = [bought(NEW, 70, tool=name, says={"concerns": ("lock-in",)}) for name in names[:-1]]
    new.append(bought(NEW, 20, tool=names[-1], says={"concerns": ("lock-in",)}))
    told = diff(old, new).concerns
    assert ([change.tool for change in told.changes], told.left_out) == (["t8", "t0", "t1"], 6)
