"""Votes and badges: repeats folded into a vote, votes into one badge per model (laws 3, 5 and 6)."""

from __future__ import annotations

import datetime as dt
import random
from itertools import product

import pytest
from builders import MODEL, NOON, make_seat
from hypothesis import given
from hypothesis import strategies as st

from panel.records.scale import SCALE
from panel.records.seat import SeatRecord
from panel.records.verdict import Abstained, AbstainReason
from panel.records.vote import (
    Badge,
    Outcome,
    Tally,
    Vote,
    badge_of,
    fold,
    headline,
    low_median,
    outcome_of,
    settle,
    tally,
)

SHIP, SKIP, SPLIT, ABSTAINED, PENDING = Outcome
CUT, REFUSED = AbstainReason.TRUNCATED, AbstainReason.REFUSED
TOLD = st.one_of(st.integers(SCALE.low, SCALE.high), st.sampled_from(list(AbstainReason)), st.none())
"""What may become of a seat: a score, an abstention, or still pending."""
CAST = st.sampled_from([SHIP, SKIP, SPLIT, ABSTAINED])
"""What may become of a vote once every seat has answered."""


def seats_of(told: list[int | AbstainReason | None]) -> list[SeatRecord]:
    return [make_seat(what, repeat=repeat) for repeat, what in enumerate(told)]


def vote_of(*told: int | AbstainReason | None) -> Vote:
    return fold("builder", MODEL, seats_of(list(told)))


def a_vote(outcome: Outcome, persona: str = "builder") -> Vote:
    score = {SHIP: 70, SKIP: 40, SPLIT: 55}.get(outcome)
    return Vote(
        persona=persona,
        model=MODEL,
        invited=1,
        ship=int(outcome is SHIP),
        skip=int(outcome is SKIP),
        abstained=int(outcome is ABSTAINED),
        pending=int(outcome is PENDING),
        outcome=outcome,
        score=score,
    )


class TestOneVote:
    @pytest.mark.parametrize(
        ("told", "outcome", "score"),
        [
            pytest.param([60], SHIP, 60, id="one repeat on the line ships"),
            pytest.param([59], SKIP, 59, id="one repeat under the line skips"),
            pytest.param([REFUSED], ABSTAINED, None, id="one repeat that abstains"),
            pytest.param([80, 70, 55], SHIP, 70, id="two of three ship"),
            pytest.param([80, 50, 55], SKIP, 55, id="two of three skip"),
            pytest.param([80, 70, CUT], SHIP, 70, id="two ship and one abstains of three: a ship vote"),
            pytest.param([80, 55, CUT], SPLIT, 55, id="one each and one abstains: split"),
            pytest.param([80, CUT, REFUSED], ABSTAINED, None, id="one of three scored"),
            pytest.param([80, CUT], ABSTAINED, None, id="half scored is not enough"),
            pytest.param([80, 70, CUT, CUT], ABSTAINED, None, id="half of four scored is not enough"),
            pytest.param([80, 70, 60, CUT], SHIP, 70, id="three of four ship"),
            pytest.param([80, 70, 55, CUT], SPLIT, 70, id="two of four is under two thirds"),
            pytest.param([80, 55], SPLIT, 55, id="one each of two: the low median"),
            pytest.param([90, 80, 70, 10], SHIP, 70, id="the lower of two middles"),
            pytest.param([80, None], PENDING, None, id="a pending repeat leaves the vote pending"),
            pytest.param([None], PENDING, None, id="never answered"),
            pytest.param([0, 0, 100], SKIP, 0, id="the ends of the scale"),
        ],
    )
    def test_a_vote_needs_two_thirds_of_the_repeats_invited(
        self, told: list[int | AbstainReason | None], outcome: Outcome, score: int | None
    ) -> None:
        """Law 5: ship or skip from 2/3 of the repeats invited, abstained when half or fewer scored, else split."""
        vote = vote_of(*told)
        assert (vote.outcome, vote.score) == (outcome, score)

    @pytest.mark.parametrize(
        ("scores", "expected"), [([7], 7), ([9, 3], 3), ([5, 1, 9], 5), ([1, 9, 3, 5], 3), ([4, 4, 8, 8], 4)]
    )
    def test_the_low_median_is_a_score_that_was_given(self, scores: list[int], expected: int) -> None:
        assert low_median(scores) == expected

    def test_a_vote_shows_its_range_and_its_counts(self) -> None:
        """Law 5: the range of a vote is shown."""
        vote = vote_of(85, 60, 70, CUT, 58)
        assert (vote.invited, vote.ship, vote.skip, vote.abstained, vote.pending) == (5, 3, 1, 1, 0)
        assert (vote.lowest, vote.score, vote.highest) == (58, 60, 85)
        assert vote.reasons == ("truncated",)

    def test_a_vote_that_was_not_cast_has_no_score(self) -> None:
        """Law 3: a vote shown as abstained carries no number that says otherwise; its range keeps what was scored."""
        vote = vote_of(90, CUT)
        assert (vote.outcome, vote.score, vote.highest, vote.ship) == (ABSTAINED, None, 90, 1)

    @given(st.lists(TOLD, min_size=1, max_size=7))
    def test_a_votes_score_never_contradicts_its_outcome(self, told: list[int | AbstainReason | None]) -> None:
        """Law 3: a ship vote's score is at or over the line, a skip vote's under it; no vote, no score."""
        vote = vote_of(*told)
        if vote.outcome in (SHIP, SKIP):
            assert vote.score is not None
            assert SCALE.call(vote.score) == vote.outcome.value
        assert (vote.score is None) == (vote.outcome in (ABSTAINED, PENDING))
        assert vote.score is None or vote.score in [what for what in told if isinstance(what, int)]

    @given(st.lists(TOLD, min_size=1, max_size=6), st.randoms(use_true_random=False))
    def test_neither_order_nor_duplication_of_seats_changes_a_vote(
        self, told: list[int | AbstainReason | None], shuffle: random.Random
    ) -> None:
        """Law 5: every repeat counts once, in whatever order and however often its record is handed in."""
        seats = seats_of(told)
        mixed = seats + shuffle.choices(seats, k=4)
        shuffle.shuffle(mixed)
        assert fold("builder", MODEL, mixed) == fold("builder", MODEL, seats)

    @given(st.lists(TOLD, min_size=1, max_size=5))
    def test_the_counts_of_a_vote_add_up_to_the_repeats_invited(self, told: list[int | AbstainReason | None]) -> None:
        """Law 3: nothing is counted twice or lost."""
        vote = vote_of(*told)
        assert vote.ship + vote.skip + vote.abstained + vote.pending == vote.invited == len(told)

    def test_ship_and_skip_are_mirror_images(self) -> None:
        """Law 5: the rule favours neither side, for any number of repeats up to nine."""
        mirrored = {SHIP: SKIP, SKIP: SHIP}
        for invited, ship, skip in product(range(1, 10), range(10), range(10)):
            if ship + skip <= invited:
                outcome = outcome_of(invited, ship, skip)
                assert outcome_of(invited, skip, ship) is mirrored.get(outcome, outcome)


class TestOneRecordPerSlot:
    def test_the_reply_asked_last_settles_a_slot(self) -> None:
        """Law 11: across runs, the reply asked last counts, also where it abstains and the older one scored."""
        older = make_seat(90, asked_at=NOON)
        newer = make_seat(CUT, asked_at=NOON + dt.timedelta(days=1), run_id="later")
        assert settle([newer, older]) == settle([older, newer]) == (newer,)

    def test_a_verdict_goes_before_a_pending_seat(self) -> None:
        """Law 11: asking again in vain takes nothing away."""
        answered = make_seat(90, asked_at=NOON)
        waiting = make_seat(None, asked_at=NOON + dt.timedelta(days=1), run_id="later")
        assert settle([waiting, answered]) == settle([answered, waiting]) == (answered,)

    def test_records_that_tie_in_time_and_run_settle_the_same_way_in_any_order(self) -> None:
        first, second = make_seat(90), make_seat(20)
        assert settle([first, second]) == settle([second, first])


class TestOneBadge:
    @pytest.mark.parametrize(
        ("outcomes", "badge"),
        [
            pytest.param([SHIP, SHIP, SHIP], Badge.SHIP, id="3 of 3 ship"),
            pytest.param([SHIP, SHIP, SKIP], Badge.SHIP, id="2 of 3 ship"),
            pytest.param([SHIP, SHIP, ABSTAINED], Badge.SHIP, id="2 ship 1 abstained of 3"),
            pytest.param([SKIP, SKIP, ABSTAINED], Badge.SKIP, id="2 skip 1 abstained of 3"),
            pytest.param([SHIP, SKIP, ABSTAINED], Badge.NO_VERDICT, id="1 ship 1 skip 1 abstained of 3"),
            pytest.param([SHIP, ABSTAINED, ABSTAINED], Badge.NO_VERDICT, id="1 ship 2 abstained of 3"),
            pytest.param([SHIP, SKIP, SPLIT], Badge.MIXED, id="1 ship 1 skip 1 split of 3"),
            pytest.param([SHIP, SHIP, SHIP, SKIP], Badge.SHIP, id="3 of 4 ship"),
            pytest.param([SHIP, SHIP, SKIP, SKIP], Badge.MIXED, id="2 of 4 ship"),
            pytest.param([SHIP, SHIP, SPLIT, SPLIT], Badge.MIXED, id="2 ship 2 split of 4"),
            pytest.param([SHIP, SKIP, SKIP, SKIP], Badge.SKIP, id="3 of 4 skip"),
            pytest.param([SHIP, SHIP, SHIP, ABSTAINED], Badge.SHIP, id="3 ship 1 abstained of 4"),
            pytest.param([SHIP, SHIP, SKIP, ABSTAINED], Badge.NO_VERDICT, id="2 ship 1 skip 1 abstained of 4"),
            pytest.param([SHIP, SKIP, SPLIT, ABSTAINED], Badge.MIXED, id="one abstained cannot change it"),
            pytest.param([ABSTAINED] * 4, Badge.NO_VERDICT, id="nobody scored"),
            pytest.param([SHIP, SHIP], Badge.TOO_FEW, id="two votes invited"),
            pytest.param([], Badge.TOO_FEW, id="no vote invited"),
            pytest.param([SHIP, SHIP, SHIP, PENDING], Badge.INCOMPLETE, id="one pending"),
            pytest.param([SHIP, PENDING], Badge.INCOMPLETE, id="pending goes before too few"),
            pytest.param([SHIP] * 4 + [SKIP] * 2, Badge.SHIP, id="exactly two thirds of 6"),
            pytest.param([SHIP] * 4 + [SKIP] * 3, Badge.MIXED, id="under two thirds of 7"),
        ],
    )
    def test_the_denominator_is_the_votes_invited(self, outcomes: list[Outcome], badge: Badge) -> None:
        """Law 6: Ship from 2/3 ship votes, Skip from 2/3 skip votes, else Mixed; at least three votes invited."""
        assert badge_of(outcomes) is badge

    @given(st.lists(CAST, min_size=3, max_size=6))
    def test_a_badge_stands_only_where_no_abstention_could_have_changed_it(self, outcomes: list[Outcome]) -> None:
        """Law 6: found anew by giving every abstained vote each of the three things it might have said."""
        assert badge_of(outcomes) is (_only(_possible(outcomes)) or Badge.NO_VERDICT)

    @given(st.lists(CAST, min_size=3, max_size=6), st.randoms(use_true_random=False))
    def test_the_order_of_votes_does_not_matter(self, outcomes: list[Outcome], shuffle: random.Random) -> None:
        """Law 6: a count is a count."""
        mixed = list(outcomes)
        shuffle.shuffle(mixed)
        assert badge_of(mixed) is badge_of(outcomes)

    @given(st.lists(CAST, min_size=3, max_size=6))
    def test_one_more_ship_vote_never_lowers_a_badge(self, outcomes: list[Outcome]) -> None:
        """Law 6: neither the lowest nor the highest badge still possible falls when a ship vote is added, and a badge
        that stood does not fall to a lower one.
        """
        _never_lower(outcomes, [*outcomes, SHIP])

    @given(st.lists(CAST, min_size=3, max_size=6), st.integers(0, 5))
    def test_a_vote_turned_to_ship_never_lowers_a_badge(self, outcomes: list[Outcome], place: int) -> None:
        """Law 6: the same where one of the votes invited says ship instead of what it said."""
        turned = list(outcomes)
        turned[place % len(turned)] = SHIP
        _never_lower(outcomes, turned)

    def test_only_three_badges_are_verdicts(self) -> None:
        decided = [badge for badge in Badge if badge.decided]
        assert decided == [Badge.SHIP, Badge.MIXED, Badge.SKIP]
        assert [badge.rank for badge in decided] == [2, 1, 0]


def _possible(outcomes: list[Outcome]) -> set[Badge]:
    """The badges that the votes could still come to, were the abstained to say anything."""
    choices = [(SHIP, SKIP, SPLIT) if outcome is ABSTAINED else (outcome,) for outcome in outcomes]
    return {_plain(filled) for filled in product(*choices)}


def _plain(outcomes: tuple[Outcome, ...]) -> Badge:
    """Law 6 as it is written, where everybody voted."""
    if outcomes.count(SHIP) * 3 >= len(outcomes) * 2:
        return Badge.SHIP
    return Badge.SKIP if outcomes.count(SKIP) * 3 >= len(outcomes) * 2 else Badge.MIXED


def _only(badges: set[Badge]) -> Badge | None:
    return next(iter(badges)) if len(badges) == 1 else None


def _never_lower(before: list[Outcome], after: list[Outcome]) -> None:
    was, now = ([badge.rank for badge in _possible(outcomes)] for outcomes in (before, after))
    assert min(now) >= min(was)
    assert max(now) >= max(was)
    old, new = badge_of(before), badge_of(after)
    assert not (old.decided and new.decided) or new.rank >= old.rank


class TestTally:
    @given(st.lists(st.sampled_from(list(Outcome)), min_size=0, max_size=6), st.booleans())
    def test_counts_share_and_badge_agree(self, outcomes: list[Outcome], enough: bool) -> None:
        """Law 3: the counts add up to the votes invited, the share is theirs, and the badge follows from them."""
        found = tally(MODEL, [a_vote(outcome) for outcome in outcomes], enough_facts=enough)
        assert found.invited == len(outcomes)
        assert found.ship + found.skip + found.split + found.abstained + found.pending == found.invited
        assert found.share == (100 * found.ship // found.invited if found.invited else 0)
        assert (found.badge is Badge.SHIP) <= (3 * found.ship >= 2 * found.invited)
        assert (found.badge is Badge.SKIP) <= (3 * found.skip >= 2 * found.invited)
        assert (found.badge is Badge.INCOMPLETE) == (found.pending > 0)

    def test_under_the_floor_of_evidence_there_is_no_badge(self) -> None:
        """Law 7: too few checkable facts, and four ship votes are still "not enough to judge"."""
        votes = [a_vote(SHIP, persona) for persona in "abcd"]
        assert tally(MODEL, votes, enough_facts=False).badge is Badge.NOT_ENOUGH
        assert tally(MODEL, votes, enough_facts=True).badge is Badge.SHIP

    def test_a_pending_panel_is_incomplete_also_under_the_floor(self) -> None:
        """Law 7: what is still to come is said before what was too little."""
        votes = [a_vote(PENDING, persona) for persona in "abc"]
        assert tally(MODEL, votes, enough_facts=False).badge is Badge.INCOMPLETE

    def test_the_missing_are_named_in_panel_order(self) -> None:
        """Law 6: an empty chair has a name."""
        votes = [a_vote(SHIP, "a"), a_vote(ABSTAINED, "b"), a_vote(SPLIT, "c"), a_vote(PENDING, "d")]
        assert tally(MODEL, votes, enough_facts=True).missing == ("b", "d")

    @pytest.mark.parametrize(
        ("counts", "words"),
        [
            ((3, 1, 0, 0, 0), "3 ship / 1 skip"),
            ((2, 0, 1, 1, 0), "2 ship / 0 skip / 1 split / 1 abstained"),
            ((0, 0, 0, 0, 4), "0 ship / 0 skip / 4 pending"),
        ],
    )
    def test_counts_are_printed_with_what_is_missing(self, counts: tuple[int, ...], words: str) -> None:
        ship, skip, split, abstained, pending = counts
        found = Tally(
            model=MODEL,
            invited=sum(counts),
            ship=ship,
            skip=skip,
            split=split,
            abstained=abstained,
            pending=pending,
            badge=Badge.MIXED,
        )
        assert found.words == words


class TestHeadline:
    @pytest.mark.parametrize(
        ("badges", "expected"),
        [
            ([Badge.SHIP], Badge.SHIP),
            ([Badge.SHIP, Badge.SHIP], Badge.SHIP),
            ([Badge.SHIP, Badge.MIXED], Badge.MODELS_DISAGREE),
            ([Badge.SHIP, Badge.NO_VERDICT], Badge.MODELS_DISAGREE),
            ([Badge.NO_VERDICT, Badge.NO_VERDICT], Badge.NO_VERDICT),
            ([Badge.SHIP, Badge.INCOMPLETE], Badge.INCOMPLETE),
            ([], Badge.TOO_FEW),
        ],
    )
    def test_the_headline_is_the_models_common_badge(self, badges: list[Badge], expected: Badge) -> None:
        """Law 5: models are never pooled; where they differ, the headline says that they do."""
        assert headline(badges) is expected


def test_every_badge_has_words_and_a_meaning() -> None:
    assert len({badge.words for badge in Badge}) == len({badge.meaning for badge in Badge}) == len(list(Badge))


def test_an_abstention_is_no_vote_whatever_its_reason() -> None:
    """Law 4: no reason on the closed list gives a score or a call."""
    for reason in AbstainReason:
        vote = fold("builder", MODEL, [make_seat(reason)])
        assert (vote.outcome, vote.score, vote.reasons) == (ABSTAINED, None, (reason.value,))
        assert isinstance(make_seat(reason).verdict, Abstained)
