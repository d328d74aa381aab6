"""Model beside model: where several models go together about one tool, where they part, and who has no say in it."""

from __future__ import annotations

from collections.abc import Sequence

from builders import MODEL, OFFLINE, OTHER, PANEL, Told, make_review
from hypothesis import given
from hypothesis import strategies as st

from panel.comparator import card_of, sheet_of
from panel.records.across import AcrossModels, Spread
from panel.records.verdict import AbstainReason

CUT = AbstainReason.TRUNCATED
THIRD = "compatible/qwen-z"
SCORES = st.lists(st.one_of(st.integers(0, 100), st.just(CUT)), min_size=4, max_size=4)


def across(**models: Sequence[Told]) -> AcrossModels:
    """Model beside model of one tool; `gpt`, `large`, `qwen` and `offline` stand for models."""
    names = {"gpt": MODEL, "large": OTHER, "qwen": THIRD, "offline": OFFLINE}
    told = {names[name]: dict(zip((*PANEL, "control"), scores, strict=False)) for name, scores in models.items()}
    return sheet_of(make_review(models=told)).across[0]


def spread(item: AcrossModels, persona: str) -> Spread:
    return next(spread for spread in item.spreads if spread.persona == persona)


def test_one_model_has_nothing_to_stand_beside() -> None:
    assert sheet_of(make_review()).across == ()
    assert (
        sheet_of(make_review(models={MODEL: dict.fromkeys(PANEL, 80), OFFLINE: dict.fromkeys(PANEL, 10)})).across == ()
    )


def test_models_that_agree_say_so() -> None:
    item = across(gpt=(80, 70, 75, 65), large=(78, 71, 75, 66))
    assert item.alike
    assert item.told == (
        "The models agree: Ship on each of mistral/large-y and openai/gpt-x.",
        "Every persona comes to the same call on each model.",
    )


def test_models_that_disagree_name_badges_personas_and_points() -> None:
    """Law 5: their votes stand side by side; nobody's mean, nobody's majority."""
    item = across(gpt=(82, 41, 70, 66), large=(64, 58, 72, 30))
    assert not item.alike
    assert item.told == (
        "The models disagree: Mixed on mistral/large-y, Ship on openai/gpt-x.",
        "The call depends on the model for Founder.",
        "The scores lie furthest apart for Founder: 36 points (66 on openai/gpt-x and 30 on mistral/large-y).",
    )
    found = spread(item, "founder")
    assert [(voice.model, voice.outcome.value, voice.score) for voice in found.voices] == [
        (OTHER, "skip", 30),
        (MODEL, "ship", 66),
    ]
    assert (found.points, found.alike) == (36, False)


def test_three_models_keep_every_voice() -> None:
    item = across(gpt=(80, 80, 80, 80), large=(70, 70, 70, 70), qwen=(50, 70, 70, 70))
    assert [voice.score for voice in spread(item, "builder").voices] == [50, 70, 80]
    assert item.told[:2] == (
        "The models agree: Ship on each of compatible/qwen-z, mistral/large-y and openai/gpt-x.",
        "The call depends on the model for Builder.",
    )


def test_a_vote_that_was_not_cast_is_no_disagreement() -> None:
    """Law 4: silence has no number and no call; it is named, and not counted as either."""
    item = across(gpt=(80, CUT, 80, 80), large=(80, 70, 80, CUT))
    assert (spread(item, "skeptic").points, spread(item, "skeptic").alike) == (None, None)
    assert "Not every model gave a vote for Skeptic and Founder." in item.told


def test_two_calls_that_differ_settle_it_whoever_is_silent() -> None:
    item = across(gpt=(80, 70, 70, 70), large=(20, 70, 70, 70), qwen=(CUT, 70, 70, 70))
    assert spread(item, "builder").alike is False


def test_a_model_that_has_not_finished_neither_agrees_nor_disagrees() -> None:
    item = across(gpt=(80, 70, 70, None), large=(80, 70, 70, 70))
    assert item.told[0] == "So far: Ship on mistral/large-y, Incomplete on openai/gpt-x."


def test_models_without_a_verdict_agree_on_nothing() -> None:
    item = across(gpt=(CUT, CUT, CUT, CUT), large=(CUT, CUT, CUT, CUT))
    assert item.told[0] == "No model's panel came to a verdict: No verdict on each of mistral/large-y and openai/gpt-x."


def test_neither_control_nor_the_baseline_makes_models_disagree() -> None:
    """Law 5: who has no vote is shown apart, and in no comparison of models."""
    item = across(gpt=(80, 70, 70, 70, 10), large=(80, 70, 70, 70, 90), offline=(10, 10, 10, 10))
    assert {voice.model for found in item.spreads for voice in found.voices} == {MODEL, OTHER}
    assert [found.persona for found in item.spreads] == list(PANEL)
    assert item.told[0].startswith("The models agree")


@given(SCORES, SCORES)
def test_what_is_told_follows_from_the_votes(gpt: list[Told], large: list[Told]) -> None:
    """Laws 3 and 5: every voice is a vote of the review, and every figure lies between two of them."""
    review = make_review(
        models={MODEL: dict(zip(PANEL, gpt, strict=True)), OTHER: dict(zip(PANEL, large, strict=True))}
    )
    item = sheet_of(review).across[0]
    assert item.alike == (len({tally.badge for tally in review.tallies}) == 1)
    for found in item.spreads:
        for voice in found.voices:
            vote = review.vote(found.persona, voice.model)
            assert vote is not None
            assert (voice.score, voice.outcome) == (vote.score, vote.outcome)
        scores = [voice.score for voice in found.voices if voice.score is not None]
        assert found.points == (max(scores) - min(scores) if len(scores) == 2 else None)


def test_on_a_card_every_tool_has_its_own() -> None:
    """And the scorecard stands model by model, the baseline last."""
    told: dict[str, dict[str, Told]] = {
        OFFLINE: dict.fromkeys(PANEL, 9),
        **{m: dict.fromkeys(PANEL, 80) for m in (MODEL, OTHER)},
    }
    card = card_of([make_review(name, models=told) for name in ("birch", "alder")])
    assert [item.tool for item in card.across] == ["birch", "alder"]
    assert [row.model for row in card.scorecard] == [OTHER] * 4 + [MODEL] * 4 + [OFFLINE] * 4
    assert [row.name for row in card.scorecard][:4] == ["Builder", "Skeptic", "Futurist", "Founder"]
