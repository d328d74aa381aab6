"""Shares: what each worker may take of what an endpoint bears."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from panel.clients.wire.limits import Allowance, Limits
from panel.records.model import Model
from panel.records.prompt import Prompt
from panel.records.reply import Reply
from panel.rescore.shares import InHand, Sharing, in_hand, part, places_of, share_of

MODEL = Model(
    name="house",
    provider="compatible",
    model="m",
    endpoint="e",
    requests_per_minute=500,
    tokens_per_minute=90_000,
    concurrency=16,
)


@given(st.integers(0, 10**9), st.integers(1, 500))
def test_shares_are_even_and_together_the_whole(whole: int, places: int) -> None:
    shares = [part(whole, place, places) for place in range(places)]
    assert sum(shares) == whole
    assert max(shares) - min(shares) <= 1


@given(st.integers(1, 400), st.one_of(st.none(), st.integers(1, 400)), st.integers(1, 50))
def test_together_the_workers_take_no_more_than_is_stated_and_each_takes_something(
    at_once: int, a_minute: int | None, workers: int
) -> None:
    model = MODEL.model_copy(update={"concurrency": at_once, "requests_per_minute": a_minute})
    places = places_of(model, 8, workers)
    shares = [share_of(model, 8, place, places) for place in range(places)]
    assert sum(share.concurrency or 0 for share in shares) == at_once
    assert all(share.concurrency for share in shares)
    if a_minute is None:
        assert all(share.requests_per_minute is None for share in shares)
    else:
        assert sum(share.requests_per_minute or 0 for share in shares) == a_minute
        assert all(share.requests_per_minute for share in shares)


def test_three_workers_share_500_calls_a_minute() -> None:
    shares = [share_of(MODEL, 8, place, 3) for place in range(3)]
    assert [share.requests_per_minute for share in shares] == [167, 167, 166]
    assert [share.tokens_per_minute for share in shares] == [30_000, 30_000, 30_000]
    assert [share.concurrency for share in shares] == [6, 5, 5]


def test_the_general_setting_is_shared_where_a_model_states_none() -> None:
    assert share_of(MODEL.model_copy(update={"concurrency": None}), 8, 0, 2).concurrency == 4


def test_a_model_that_bears_two_calls_is_asked_by_two_of_five_workers() -> None:
    assert places_of(MODEL.model_copy(update={"concurrency": 2}), 8, 5) == 2


def test_a_worker_has_twice_as_many_seats_in_hand_as_it_asks_at_once() -> None:
    assert in_hand(16) == InHand(seats=8, groups=4)
    assert in_hand(4) == InHand(seats=4, groups=2)
    assert in_hand(1) == InHand(seats=1, groups=2)


class Server:
    """A client whose last response stated limits."""

    name = "house"
    limits: Limits | None = None

    async def ask(self, prompt: Prompt) -> Reply:
        raise NotImplementedError


def test_limits_in_headers_are_shared_and_heard_once() -> None:
    server = Server()
    sharing = Sharing(server, 4)
    assert sharing.limits is None
    server.limits = Limits(Allowance(600, 0, 2.0), Allowance(40_000, 12, None))
    shared = sharing.limits
    assert shared == Limits(Allowance(150, 0, 2.0), Allowance(10_000, 12, None))
    assert sharing.limits is shared
