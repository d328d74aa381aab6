"""A review: what the seats of one panel before one tool come to, and what it may be compared with."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pytest
from builders import MODEL, NOON, OFFLINE, OTHER, PANEL, Told, make_model, make_names, make_review, make_seat, make_tool
from hypothesis import given
from hypothesis import strategies as st

from panel.records.makers import maker_of, same_maker
from panel.records.persona import Anchors, Criterion, Persona, Question
from panel.records.review import Review, review_of
from panel.records.seat import SeatRecord
from panel.records.verdict import AbstainReason, FlagCode
from panel.records.vote import Badge, Outcome

CUT = AbstainReason.TRUNCATED
TOLD = st.one_of(st.integers(0, 100), st.sampled_from(list(AbstainReason)), st.none())
PANELS = st.dictionaries(
    st.sampled_from([MODEL, OTHER, OFFLINE]),
    st.fixed_dictionaries(
        {persona: st.lists(TOLD, min_size=1, max_size=2) for persona in PANEL[:3]},
        optional={"founder": st.lists(TOLD, min_size=1, max_size=2), "control": st.lists(TOLD, min_size=1, max_size=1)},
    ),
    min_size=1,
    max_size=3,
)
"""What the personas told on one to three models, one or two repeats each."""
Panels = dict[str, dict[str, list[Told]]]


@given(PANELS, st.randoms(use_true_random=False))
def test_neither_order_nor_duplication_of_seats_changes_a_review(panels: Panels, shuffle: random.Random) -> None:
    """Law 5: the same seats give the same review, in whatever order and however often they are handed in."""
    review = make_review(models=panels)
    mixed = [*review.seats, *shuffle.choices(review.seats, k=5)]
    shuffle.shuffle(mixed)
    assert review_of(review.tool, review.personas, mixed) == review


@given(PANELS)
def test_names_do_not_change_a_badge_or_a_count(panels: Panels) -> None:
    """Law 5: personas and models under other names come to the same badges and the same counts."""
    personas = {persona: f"p{len(PANEL) - place}" for place, persona in enumerate(PANEL)} | {"control": "control"}
    models = {MODEL: "acme/zulu", OTHER: "acme/alpha", OFFLINE: OFFLINE}
    renamed = {
        models[model]: {personas[persona]: told for persona, told in panel.items()} for model, panel in panels.items()
    }
    before, after = make_review(models=panels), make_review(models=renamed)
    assert after.badge is before.badge
    for model in panels:
        was, now = before.tally(model), after.tally(models[model])
        assert was is not None
        assert now is not None
        same = {"model": was.model, "missing": was.missing}
        assert now.model_copy(update=same) == was
        assert set(now.missing) == {personas[persona] for persona in was.missing}


@given(PANELS)
def test_title_badge_counts_and_seats_agree(panels: Panels) -> None:
    """Law 3: everything a reader sees of a review is computed from the same seats."""
    review = make_review(models=panels)
    assert review.title.startswith(f"Alder: {review.badge.words}")
    assert ("missing)" in review.title) == bool(review.missing)
    assert all(tally.badge is review.badge for tally in review.tallies) or review.badge in (
        Badge.MODELS_DISAGREE,
        Badge.INCOMPLETE,
    )
    for tally in review.tallies:
        votes = [vote for vote in review.votes if vote.model == tally.model and vote.persona != "control"]
        assert tally.invited == len(votes)
        assert tally.ship == sum(vote.outcome is Outcome.SHIP for vote in votes)
    for vote in review.votes:
        seat = review.speaker(vote.persona, vote.model)
        assert seat is not None
        assert vote.score is None or (seat.scored is not None and seat.scored.score == vote.score)


@given(PANELS)
def test_a_stored_review_reads_back_as_it_was(panels: Panels) -> None:
    review = make_review(models=panels)
    assert Review.from_line(review.to_line()) == review


class TestWhoCounts:
    def test_each_model_has_its_own_verdict(self) -> None:
        """Law 5: eight votes on two models are two panels of four, not one of eight."""
        ship, skip = dict.fromkeys(PANEL, 80), dict.fromkeys(PANEL, 20)
        review = make_review(models={MODEL: ship, OTHER: skip})
        assert {tally.model: tally.badge for tally in review.tallies} == {MODEL: Badge.SHIP, OTHER: Badge.SKIP}
        assert {tally.invited for tally in review.tallies} == {4}
        assert review.badge is Badge.MODELS_DISAGREE

    def test_offline_beside_a_real_model_is_a_baseline(self) -> None:
        """Law 5: the offline rubric never votes beside real models."""
        ship, skip = dict.fromkeys(PANEL, 80), dict.fromkeys(PANEL, 20)
        review = make_review(models={MODEL: ship, OFFLINE: skip})
        assert [tally.model for tally in review.tallies] == [MODEL]
        assert review.baseline is not None
        assert (review.baseline.model, review.baseline.badge) == (OFFLINE, Badge.SKIP)
        assert (review.badge, review.offline) == (Badge.SHIP, False)

    def test_offline_alone_counts(self) -> None:
        review = make_review(model=OFFLINE)
        assert [tally.model for tally in review.tallies] == [OFFLINE]
        assert (review.baseline, review.offline) == (None, True)

    def test_control_never_votes(self) -> None:
        """Law 5: Control sits, is stored and shown, and counts for nothing."""
        review = make_review(told={"builder": 80, "skeptic": 80, "control": 0})
        assert review.badge is Badge.TOO_FEW
        assert review.tallies[0].invited == 2
        assert review.vote("control", MODEL) is not None

    def test_a_thin_description_gets_no_badge(self) -> None:
        """Law 7: the facts are counted in code; under the floor nobody's vote makes a badge."""
        review = make_review(make_tool(description="it is nice and it is good"), (90, 90, 90, 90))
        assert (review.enough_facts, review.badge) == (False, Badge.NOT_ENOUGH)


class TestEmptyChairs:
    def test_the_title_names_who_is_missing(self) -> None:
        """Law 6: a panel with empty chairs says so in its title and names them, in panel order."""
        review = make_review(told=(80, CUT, 75, None))
        assert review.title == "Alder: Incomplete (Skeptic and Founder missing)"
        assert (review.missing, review.complete) == (("Skeptic", "Founder"), False)

    def test_a_badge_that_stands_still_names_the_abstained(self) -> None:
        """Law 6: three ship votes of four decide, and the title says whose was not among them."""
        assert make_review(told=(80, CUT, 75, 66)).title == "Alder: Ship (Skeptic missing)"

    def test_control_and_the_baseline_leave_no_empty_chair(self) -> None:
        """Law 6: who has no vote cannot be missed."""
        four = dict.fromkeys(PANEL, 80)
        review = make_review(models={MODEL: {**four, "control": CUT}, OFFLINE: dict.fromkeys(PANEL, CUT)})
        assert review.title == "Alder: Ship"

    def test_a_full_panel_has_a_plain_title(self) -> None:
        assert make_review(told=(80, 70, 30, 66)).title == "Alder: Ship"


class TestMakers:
    @pytest.mark.parametrize(
        ("model", "vendor", "flagged"),
        [
            ("openai/gpt-x", "OpenAI", True),
            ("openai/gpt-x", "OpenAI, Inc.", True),
            ("openai/gpt-x", "Microsoft and OpenAI", True),
            ("openai/gpt-x", "Acme", False),
            ("openai/gpt-x", None, False),
            ("mistral/large-y", "Mistral AI", False),
            ("mistral/mistral-large", "Mistral", True),
            ("router/anthropic/claude-z", "Anthropic PBC", True),
            ("router/anthropic/claude-z", "Anthropic", True),
            ("openai/ft:gpt-x:acme", "OpenAI", True),
            ("mistral/open-mistral-nemo", "Mistral AI", True),
            ("local/unheard-of", "OpenAI", False),
        ],
    )
    def test_a_model_that_reviews_its_makers_tool_is_flagged(
        self, model: str, vendor: str | None, flagged: bool
    ) -> None:
        """Law 12: the maker of the model counts, not its host; what is not known is not guessed."""
        review = make_review(make_tool(vendor=vendor), model=model)
        assert [flag.code for flag in review.flags] == ([FlagCode.MAKER_CONFLICT] if flagged else [])

    @pytest.mark.parametrize(
        ("model", "maker"),
        [
            ("eu.anthropic.claude-z", "Anthropic"),
            ("Meta-Llama-9-8B-Instruct", "Meta"),
            ("codellama:7b", "Meta"),
            ("gpt-4.1-mini", "OpenAI"),
            ("gpt-oss:20b", "OpenAI"),
            ("gpt-j-6b", "EleutherAI"),
            ("c4ai-command-r", "Cohere"),
            ("unheard-of", None),
        ],
    )
    def test_a_maker_is_known_by_the_family_of_the_model(self, model: str, maker: str | None) -> None:
        """Law 12: whatever path, region or form of a name a host puts before it."""
        assert maker_of(f"host/{model}") == maker

    def test_each_model_is_flagged_by_its_own_maker(self) -> None:
        """Law 12: with several models, those whose maker makes the tool, and no other."""
        four: dict[str, Told] = dict.fromkeys(PANEL, 80)
        hosted = "compatible/anthropic/claude-z"
        review = make_review(make_tool(vendor="Anthropic"), models={MODEL: four, OTHER: four, hosted: four})
        assert [flag.detail for flag in review.flags] == [f"{hosted} is made by Anthropic, who also makes Alder"]

    def test_a_model_served_under_another_name_is_flagged_by_who_made_it(self) -> None:
        """Law 12: an alias, or a host that chooses, does not hide whose model answered."""
        model = make_model("fast", provider="compatible", model="auto")
        review = make_review(make_tool(vendor="Anthropic"), model=model, served="anthropic/claude-z")
        assert [flag.detail for flag in review.flags] == [
            "fast (served as anthropic/claude-z) is made by Anthropic, who also makes Alder"
        ]

    def test_the_flag_names_model_maker_and_tool(self) -> None:
        """Law 12: the flag says who and what."""
        review = make_review(make_tool(vendor="OpenAI"))
        assert review.flags[0].detail == "openai/gpt-x is made by OpenAI, who also makes Alder"

    def test_legal_forms_do_not_hide_a_maker(self) -> None:
        assert same_maker("Mistral AI", "Mistral AI SAS")
        assert not same_maker("Meta", "Metabase")
        assert not same_maker(None, None)

    def test_a_family_name_inside_another_word_is_no_maker(self) -> None:
        assert maker_of("acme/my-gpt") is None


class TestProvenance:
    def test_what_failed_seats_cost_is_part_of_the_sum(self) -> None:
        """Law 12: money spent on a seat that is still pending was spent."""
        seats = [
            make_seat(80, persona="builder", usd=Decimal("0.010")),
            make_seat(None, persona="skeptic").model_copy(
                update={"cost": make_seat(1, usd=Decimal("0.002")).cost},
            ),
            make_seat(None, persona="founder"),
        ]
        assert review_of(make_tool(), make_names(), seats).cost_usd == Decimal("0.012")

    def test_a_seat_that_was_tried_at_an_unknown_price_is_not_free(self) -> None:
        """Law 12: unknown is not zero, also where no reply came of it."""
        seats = [make_seat(80, persona="builder"), make_seat(None, persona="skeptic", attempts=2)]
        assert review_of(make_tool(), make_names(), seats).cost_usd is None

    def test_an_unknown_price_is_not_zero(self) -> None:
        """Law 12: the sum is unknown where any part of it is."""
        seats = [make_seat(80, persona="builder"), make_seat(70, persona="skeptic", usd=None)]
        assert review_of(make_tool(), make_names(), seats).cost_usd is None

    def test_the_date_is_that_of_the_latest_reply(self) -> None:
        later = NOON + dt.timedelta(hours=3)
        seats = [make_seat(80, asked_at=later), make_seat(70, persona="skeptic")]
        assert review_of(make_tool(), make_names(), seats).reviewed_at == later

    def test_the_words_of_the_persona_travel_with_the_review(self) -> None:
        """A page can say what was asked without the persona's file."""
        anchors = Anchors(low="a", middle="b", high="c")
        persona = Persona(
            id="builder",
            name="Builder",
            motto="m",
            brief="b",
            voice="v",
            questions=(Question(id="primitive", asks="What is the primitive?"),),
            criteria=(
                Criterion(id="clarity", name="Clarity", asks="Is it clear?", anchors=anchors),
                Criterion(id="first_run", name="First run", asks="Does it run?", anchors=anchors),
            ),
        )
        found = review_of(make_tool(), [persona], [make_seat(80)]).personas[0]
        assert found.questions == {"primitive": "What is the primitive?"}
        assert found.criteria == {"clarity": "Clarity", "first_run": "First run"}


class TestFingerprint:
    def test_equal_panels_on_two_tools_have_equal_fingerprints(self) -> None:
        assert make_review("alder").fingerprint(MODEL) == make_review("birch", (1, 2, 3, CUT)).fingerprint(MODEL)

    @pytest.mark.parametrize("part", ["persona", "templates", "reply_schema", "scale"])
    def test_a_changed_part_of_the_question_changes_it(self, part: str) -> None:
        assert make_review(ids={part: "new"}).fingerprint(MODEL) != make_review().fingerprint(MODEL)

    def test_signals_count_only_for_a_model_that_reads_them(self) -> None:
        changed = {"signals": "new"}
        assert make_review(ids=changed).fingerprint(MODEL) == make_review().fingerprint(MODEL)
        assert make_review(ids=changed, model=OFFLINE).fingerprint(OFFLINE) != make_review(model=OFFLINE).fingerprint(
            OFFLINE
        )

    def test_a_panel_mixed_of_two_persona_texts_hides_neither(self) -> None:
        """A repeat added after the persona changed is not the panel that sat before."""
        old, new = make_seat(80), make_seat(70, repeat=1, ids={"persona": "new"})
        mixed, pure = (
            review_of(make_tool(), make_names(), [old, second]).fingerprint(MODEL)
            for second in (new, make_seat(70, repeat=1))
        )
        assert mixed is not None
        assert pure is not None
        assert mixed.personas["builder"] not in (pure.personas["builder"], new.ids.persona)

    def test_served_names_every_model_the_server_reported(self) -> None:
        seats = [make_seat(80, served="y"), make_seat(80, repeat=1, served="x"), make_seat(CUT, repeat=2, served=None)]
        found = review_of(make_tool(), make_names(), seats).fingerprint(MODEL)
        assert found is not None
        assert found.served == ("x", "y")

    def test_a_model_that_did_not_sit_has_none(self) -> None:
        assert make_review().fingerprint(OTHER) is None


@pytest.mark.parametrize(
    ("seats", "message"),
    [
        ([make_seat(tool="birch")], "does not belong to a review of alder"),
        ([make_seat(persona="stranger")], "does not belong to a review of alder"),
        ([], "needs at least one seat"),
        ([make_seat(), make_seat(persona="skeptic", variant="blind")], "of several variants: blind, open"),
    ],
    ids=["another tool", "another persona", "no seat", "two variants"],
)
def test_seats_that_make_no_review_are_refused(seats: list[SeatRecord], message: str) -> None:
    """A blind seat and an open one are different questions and never one vote."""
    with pytest.raises(ValueError, match=message):
        review_of(make_tool(), make_names(), seats)


def test_a_models_own_name_for_a_user_keeps_its_maker() -> None:
    """Law 12: a name of the user's own does not hide who trained the model."""
    model = make_model("fast", provider="openai", model="gpt-x", maker="OpenAI")
    assert make_review(make_tool(vendor="OpenAI"), model=model).flags[0].code is FlagCode.MAKER_CONFLICT
