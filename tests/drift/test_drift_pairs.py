"""What is paired, what flips, what stands on one side only, and which input changed."""

from __future__ import annotations

import pytest
from builders import make_model
from drift.conftest import NEW, OLD, Diff, Keep, bought, panel_of

from panel.drift import Asked, drift_between
from panel.errors import UsageError
from panel.records.cause import Cause
from panel.records.verdict import AbstainReason
from panel.records.vote import Badge, Outcome
from panel.store import Runs


def test_a_vote_flips_when_its_outcome_changes_and_not_when_its_score_does(diff: Diff) -> None:
    drift = diff(panel_of(OLD, [80, 61, 70, 40]), panel_of(NEW, [62, 59, 70, 58]))
    assert (drift.paired, drift.flipped, drift.flip_share) == (4, 1, 0.25)
    [flip] = drift.flips
    assert (flip.persona, flip.before, flip.after) == ("skeptic", Outcome.SHIP, Outcome.SKIP)
    assert (flip.score_before, flip.score_after) == (61, 59)
    assert [(turn.before, turn.after, turn.votes) for turn in drift.turns] == [(Outcome.SHIP, Outcome.SKIP, 1)]


def test_abstaining_and_splitting_are_flips_with_their_reasons(diff: Diff) -> None:
    drift = diff(panel_of(OLD, [80, 80, [70, 72], 80]), panel_of(NEW, [AbstainReason.REFUSED, 80, [70, 40], 80]))
    assert {(flip.persona, flip.after) for flip in drift.flips} == {
        ("builder", Outcome.ABSTAINED),
        ("futurist", Outcome.SPLIT),
    }
    assert next(flip.reasons for flip in drift.flips if flip.persona == "builder") == ("refused",)


def test_a_pending_vote_is_neither_paired_nor_flipped(diff: Diff) -> None:
    """Law 6: what was never answered is no verdict; it is counted by itself."""
    drift = diff(panel_of(OLD, [80, 80, 80, 80]), panel_of(NEW, [None, 80, 80, 20]))
    assert (drift.paired, drift.pending, drift.flipped) == (3, 1, 1)
    assert drift.badges_paired == 0
    assert any("1 are pending" in text for text in drift.warnings)


def test_a_badge_flips_with_its_votes_and_names_them(diff: Diff) -> None:
    drift = diff(panel_of(OLD, [80, 80, 80, 40]), panel_of(NEW, [80, 80, 40, 40]))
    [flip] = drift.badge_flips
    assert (flip.before, flip.after) == (Badge.SHIP, Badge.MIXED)
    assert (flip.votes_before, flip.votes_after, flip.same_panel) == ("3 ship / 1 skip", "2 ship / 2 skip", True)


def test_a_text_that_lost_its_facts_loses_its_badge(runs: Runs, keep: Keep) -> None:
    """Law 7: the floor of facts is looked up on both sides, although no vote flipped."""
    keep(OLD, panel_of(OLD, [80, 80, 80, 80]))
    keep(NEW, panel_of(NEW, [80, 80, 80, 80], ids={"tool": "rewritten"}), {"alder": "It is simply the best there is."})
    drift = drift_between(runs, runs.open(OLD), runs.open(NEW))
    assert drift.flipped == 0
    assert [(flip.before, flip.after) for flip in drift.badge_flips] == [(Badge.SHIP, Badge.NOT_ENOUGH)]


def test_control_never_counts_towards_a_badge(diff: Diff) -> None:
    """Law 5: it is compared by itself, and its flip turns no panel."""
    three = [bought(OLD, 80, persona=name) for name in ("builder", "skeptic", "founder")]
    again = [bought(NEW, 80, persona=name) for name in ("builder", "skeptic", "founder")]
    drift = diff([*three, bought(OLD, 80, persona="control")], [*again, bought(NEW, 20, persona="control")])
    assert (drift.flipped, drift.badges_paired, drift.badge_flips) == (1, 1, ())
    assert drift.straddling == ()


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"ids": {"tool": "other"}}, Cause.TOOL),
        ({"ids": {"persona": "other"}}, Cause.PERSONA),
        ({"ids": {"templates": "other"}}, Cause.TEMPLATES),
        ({"ids": {"reply_schema": "other"}}, Cause.REPLY_SCHEMA),
        ({"ids": {"scale": "other"}}, Cause.SCALE),
        ({"served": "gpt-x-0901"}, Cause.MODEL_SERVED),
        ({"model": make_model(parameters={"temperature": 1})}, Cause.PARAMETERS),
        ({"model": make_model(endpoint="elsewhere")}, Cause.ENDPOINT),
        ({}, Cause.NONE),
    ],
    ids=lambda value: value.value if isinstance(value, Cause) else "",
)
def test_every_pair_names_the_input_that_changed(diff: Diff, changed: dict[str, object], cause: Cause) -> None:
    """Law 12: from the parts hashed apart, not from the text."""
    drift = diff([bought(OLD, 80)], [bought(NEW, 20, **changed)])
    assert cause in drift.flips[0].causes
    assert {item.cause: (item.votes, item.flipped) for item in drift.causes}[cause] == (1, 1)
    assert len(drift.flips[0].causes) == 1


def test_signals_are_a_cause_for_the_offline_rubric_only(diff: Diff) -> None:
    offline = make_model("offline")
    drift = diff([bought(OLD, 80, model=offline)], [bought(NEW, 20, model=offline, ids={"signals": "other"})])
    assert Cause.SIGNALS in drift.flips[0].causes


def test_an_answer_held_from_the_older_run_is_the_very_same_answer(diff: Diff) -> None:
    """It counts as paired, has no cause, and is no evidence about moves."""
    old = panel_of(OLD, [80, 70, 60, 50])
    drift = diff(old, old)
    assert (drift.paired, drift.same_answer, drift.flipped, drift.causes) == (4, 4, 0, ())
    assert all(move.tools == 0 and move.why_not for move in drift.moves)


def test_the_same_reply_read_otherwise_is_the_parsers_doing(diff: Diff) -> None:
    drift = diff([bought(OLD, AbstainReason.UNREADABLE)], [bought(OLD, 80)])
    assert (drift.same_answer, drift.flips[0].causes) == (1, (Cause.PARSER,))


def test_what_stands_on_one_side_only_is_counted_and_named(diff: Diff) -> None:
    old = [*panel_of(OLD, [80, 80, 80, 80]), *panel_of(OLD, [80, 80, 80, 80], tool="birch")]
    new = [
        bought(NEW, 80, persona="builder"),
        bought(NEW, 80, persona="builder", repeat=1),
        bought(NEW, 80, persona="critic"),
        *panel_of(NEW, [80, 80, 80, 80], tool="cedar")[:1],
    ]
    drift = diff(old, new)
    assert (drift.before.seats, drift.before.votes, drift.after.seats, drift.after.votes) == (8, 8, 4, 3)
    assert drift.only_before.tools == ("birch",)
    assert drift.only_before.personas == ("founder", "futurist", "skeptic")
    assert (drift.only_before.seats, drift.only_before.votes, drift.only_before.listed) == (7, 7, ())
    assert (drift.only_after.tools, drift.only_after.personas) == (("cedar",), ("critic",))
    assert (drift.only_after.seats, drift.only_after.votes) == (3, 2)
    assert drift.only_after.listed == ()
    assert (drift.only_after.repeats, drift.only_after.repeated, drift.only_after.most_repeats) == (1, 1, 1)
    assert drift.paired == 1


def test_further_repeats_of_votes_that_stand_on_both_sides_are_counted_and_not_listed(diff: Diff) -> None:
    """Asked three times instead of once: two more of each vote, and no vote more."""
    drift = diff(panel_of(OLD, [80] * 4), panel_of(NEW, [[80] * 3] * 3 + [[80] * 2]))
    only = drift.only_after
    assert (only.seats, only.votes, only.listed) == (7, 0, ())
    assert (only.repeats, only.repeated, only.most_repeats) == (7, 4, 2)


def test_flips_are_counted_among_votes_asked_anew_and_among_all(diff: Diff) -> None:
    """What was held from the older run is in one denominator only."""
    held = panel_of(OLD, [80] * 4, tool="birch")
    drift = diff([*panel_of(OLD, [80] * 4), *held], [*panel_of(NEW, [80, 80, 20, 20]), *held])
    assert (drift.paired, drift.anew, drift.flipped, drift.flipped_anew) == (8, 4, 2, 2)
    assert (drift.flip_share, drift.anew_flip_share) == (0.25, 0.5)


def test_a_flip_of_the_very_same_answer_is_none_of_a_vote_asked_anew(diff: Diff) -> None:
    drift = diff([bought(OLD, AbstainReason.UNREADABLE)], [bought(OLD, 80)])
    assert (drift.anew, drift.flipped, drift.flipped_anew, drift.anew_flip_share) == (0, 1, 0, None)


def test_a_tool_that_nobody_answered_for_has_no_panel(diff: Diff) -> None:
    """It is counted with its seats, and neither named nor taken for a tool that came."""
    new = [*panel_of(NEW, [80] * 4), *panel_of(NEW, [70] * 4, tool="birch"), *panel_of(NEW, [None] * 4, tool="cedar")]
    drift = diff(panel_of(OLD, [80] * 4), new)
    assert (drift.after.tools, drift.after.answered) == (3, 2)
    assert (drift.only_after.tools, drift.only_after.unanswered, drift.only_after.seats) == (("birch",), 1, 8)


def test_one_models_answers_are_compared_with_anothers_within_a_run(runs: Runs, keep: Keep) -> None:
    seats = [*panel_of(NEW, [80, 80, 80, 80]), *panel_of(NEW, [80, 40, 80, 70], model="mistral/large-y")]
    keep(NEW, seats)
    run = runs.open(NEW)
    drift = drift_between(runs, run, run, Asked(models=("openai/gpt-x", "mistral/large-y")))
    assert (drift.paired, drift.flipped, drift.same_answer) == (4, 1, 0)
    assert drift.flips[0].model == "openai/gpt-x -> mistral/large-y"
    assert Cause.MODEL in drift.flips[0].causes
    assert {(line.model, line.tools) for line in drift.judges} == {("openai/gpt-x -> mistral/large-y", 1)}


@pytest.mark.parametrize(
    "asked", [{"personas": ("nobody",)}, {"only_models": ("x/y",)}, {"models": ("openai/gpt-x", "x/y")}]
)
def test_an_unknown_persona_or_model_is_refused_with_those_there_are(diff: Diff, asked: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="there is no") as refused:
        diff([bought(OLD, 80)], [bought(NEW, 80)], **asked)
    assert "builder" in refused.value.hint or "openai/gpt-x" in refused.value.hint


def test_a_part_of_the_panel_has_no_badge(diff: Diff) -> None:
    drift = diff(panel_of(OLD, [80, 80, 80, 80]), panel_of(NEW, [20, 20, 20, 20]), personas=("builder", "skeptic"))
    assert (drift.paired, drift.badges_paired) == (2, 0)
    assert any("Badges are left out" in text for text in drift.warnings)


def test_another_rubric_or_scale_is_not_comparable(diff: Diff) -> None:
    """The flip is told and counted; no score of it moves anything."""
    drift = diff([bought(OLD, 80)], [bought(NEW, 20, ids={"scale": "other"})])
    assert (drift.flipped, drift.flips[0].comparable, drift.moves[0].tools) == (1, False, 0)
    assert any(text.startswith("Not comparable: 1 of 1 votes") for text in drift.warnings)


def test_mixed_judges_are_marked(diff: Diff) -> None:
    old = [bought(OLD, 80, served="a"), bought(OLD, 80, repeat=1, served="b")]
    drift = diff(old, [bought(NEW, 20, served="b"), bought(NEW, 20, repeat=1, served="b")])
    assert drift.flips[0].mixed_judges
    assert drift.warnings == ("Mixed judges before: openai/gpt-x was served as a (1) and b (1).",)


def test_only_the_tools_of_a_watch_list_are_compared(diff: Diff) -> None:
    old = [bought(OLD, 80, tool=name) for name in ("alder", "birch")]
    drift = diff(old, [bought(NEW, 20, tool=name) for name in ("alder", "birch")], tools=("birch", "gone"))
    assert (drift.watched, drift.paired, drift.flips[0].tool) == (2, 1, "birch")
