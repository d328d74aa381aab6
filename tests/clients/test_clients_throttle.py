"""How many at once: found by trying, cut by refusals only; and a queue in which nobody is forgotten."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest
from client_samples import a_model
from hypothesis import given
from hypothesis import strategies as st
from simulated import PROMPT, a_reply, clock, leap, refusal

from panel.clients.pacing.concurrency import EPISODE_S, START, Concurrency
from panel.clients.pacing.lanes import Throttle
from panel.clients.pacing.pace import Pace
from panel.clients.pacing.throttle import Throttled, Throttles
from panel.clients.wire.limits import Allowance, Limits
from panel.errors import ClientError, RunStopping, SeatFailed
from panel.records.prompt import Prompt
from panel.records.reply import Reply, Usage

Act = Callable[[int], BaseException | None]


class Played:
    """Call number n (from 0) is answered after `latency_s` with what `act(n)` gives: an error, or None for a reply."""

    name = "mine"

    def __init__(self, act: Act = lambda number: None, latency_s: float = 1.0) -> None:
        self.act, self.latency_s = act, latency_s
        self.limits: Limits | None = None
        self.began: list[float] = []
        self.under_way = self.most = 0

    async def ask(self, prompt: Prompt) -> Reply:
        number = len(self.began)
        self.began.append(clock())
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(self.latency_s)
        finally:
            self.under_way -= 1
        error = self.act(number)
        if error is not None:
            raise error
        return a_reply(1000)


def rounds(limit: Concurrency, number: int, now: float = 0.0) -> None:
    """So many clean rounds in which the limit is reached."""
    for _ in range(number):
        limit.began(limit.limit)
        for _ in range(limit.limit):
            limit.answered(limit.episode, now)


def test_it_begins_at_20_or_at_half_of_the_ceiling_and_doubles_with_every_clean_round() -> None:
    assert [Concurrency(ceiling).limit for ceiling in (8, 20, 30, 40, 100)] == [8, 20, 20, 20, 50]
    assert START == 20
    limit = Concurrency(30)
    rounds(limit, 1)
    assert [(change.limit, change.why) for change in limit.changes] == [(30, "clean round")]
    limit = Concurrency(100)
    rounds(limit, 3)
    assert [(change.limit, change.why) for change in limit.changes] == [(100, "clean round")]


def test_a_refusal_cuts_it_by_a_fifth_and_it_grows_slowly_ever_after() -> None:
    limit = Concurrency(200)
    rounds(limit, 2)
    limit.refused(limit.episode, 1.0)
    assert limit.limit == 160
    rounds(limit, 2)
    assert limit.limit == 176  # 5 % a round
    small = Concurrency(10)
    small.refused(0, 1.0)
    assert small.limit == 8
    rounds(small, 1)
    assert small.limit == 9  # one a round at least


def test_calls_that_were_under_way_when_it_was_cut_do_not_cut_it_again() -> None:
    limit = Concurrency(40)
    for _ in range(20):
        limit.refused(0, 1.0)
    assert limit.limit == 16


def test_stray_refusals_soon_after_a_cut_belong_to_its_episode_and_many_do_not() -> None:
    limit = Concurrency(40)
    limit.refused(0, 1.0)
    limit.refused(1, 2.0)
    limit.refused(1, 3.0)
    assert limit.limit == 16
    limit.refused(1, 4.0)  # the third of three
    assert limit.limit == 12
    limit.refused(2, 4.0 + EPISODE_S)
    assert limit.limit == 9


@pytest.mark.parametrize("code", ["server_error", "timeout"])
def test_other_failures_keep_it_from_growing_and_never_cut_it(code: str) -> None:
    limit = Concurrency(40)
    for _ in range(50):
        limit.began(limit.limit)
        for _ in range(limit.limit - 1):
            limit.answered(0, 1.0)
        limit.failed(0)
    assert limit.limit == 20
    assert not limit.changes
    throttle = Throttle(5)
    client = Throttled(Played(lambda number: SeatFailed("x", code=code)), throttle)
    leap(everybody(client, 20))
    assert (throttle.limit, list(throttle.changes)) == (5, [])


def test_a_limit_that_is_never_reached_does_not_grow() -> None:
    limit = Concurrency(40)
    for _ in range(100):
        limit.began(3)
        limit.answered(0, 1.0)
    assert limit.limit == 20


events = st.lists(st.tuples(st.sampled_from(["answered", "refused", "failed"]), st.integers(0, 3), st.floats(0, 30)))


@given(st.integers(1, 256), events)
def test_it_stays_between_one_and_its_ceiling_whatever_happens(
    ceiling: int, happened: list[tuple[str, int, float]]
) -> None:
    limit, now = Concurrency(ceiling), 0.0
    for what, age, seconds in happened:
        now += seconds
        limit.began(limit.limit)
        episode = max(0, limit.episode - age)
        if what == "failed":
            limit.failed(episode)
        else:
            getattr(limit, what)(episode, now)
        assert 1 <= limit.limit <= ceiling
    assert len(limit.changes) <= 200


async def everybody(client: Throttled, number: int) -> list[Reply | BaseException]:
    return await asyncio.gather(*[client.ask(PROMPT) for _ in range(number)], return_exceptions=True)


def test_no_more_than_the_limit_are_under_way_and_the_rest_come_in_turn() -> None:
    played, throttle = Played(), Throttle(4)
    replies = leap(everybody(Throttled(played, throttle), 10))
    assert all(isinstance(reply, Reply) for reply in replies)
    assert played.began == [0.0] * 4 + [1.0] * 4 + [2.0] * 2
    assert (played.most, throttle.in_flight) == (4, 0)


def test_a_refusal_that_says_how_long_stops_the_whole_endpoint_for_so_long() -> None:
    """Both models at the address; what is under way goes on."""

    async def run() -> tuple[Played, Played]:
        first = Played(lambda number: refusal(30.0) if number == 0 else None)
        second = Played()
        throttle = Throttle(3)
        clients = [Throttled(first, throttle), Throttled(second, throttle)]
        await asyncio.gather(*[everybody(client, 4) for client in clients])
        return first, second

    first, second = leap(run())
    assert sorted(first.began + second.began)[:3] == [0.0] * 3
    assert sorted(first.began + second.began)[3] == 31.0


@pytest.mark.parametrize("seconds", [None, 0.0, 121.0, 1e9])
def test_a_refusal_that_says_nothing_or_too_much_stops_nobody(seconds: float | None) -> None:
    played = Played(lambda number: refusal(seconds) if number == 0 else None)
    leap(everybody(Throttled(played, Throttle(1)), 3))
    assert played.began == [0.0, 1.0, 2.0]


def test_a_quota_is_no_refusal_for_speed() -> None:
    throttle = Throttle(5)
    error = RunStopping("no credit", code="quota", status=429, retry_after_s=60)
    leap(everybody(Throttled(Played(lambda number: error), throttle), 5))
    assert (throttle.limit, throttle.paused_until) == (5, float("-inf"))


def test_once_a_run_must_stop_whoever_waits_is_told_at_once_and_nothing_is_sent() -> None:
    """Not at the pace of one call a minute."""
    played = Played(lambda number: RunStopping("bad key", hint="Put another.", code="auth"))

    async def run() -> tuple[list[Reply | BaseException], BaseException | None]:
        throttle = Throttle(5)
        client = Throttled(played, throttle, throttle.lane(Pace(1)))
        ended = await everybody(client, 100)
        assert (clock(), throttle.in_flight) == (1.0, 0)
        try:
            await client.ask(PROMPT)
        except RunStopping as late:
            return ended, late
        return ended, None

    ended, late = leap(run())
    assert len(played.began) == 1
    assert [error.code for error in ended if isinstance(error, ClientError)] == ["auth"] + ["stopped"] * 99
    assert isinstance(late, RunStopping)
    assert (late.code, late.message, late.hint) == ("stopped", "bad key", "Put another.")


def test_another_client_of_the_same_lane_goes_on() -> None:
    """Two keys for one model: one of them is bad."""

    async def run() -> list[Reply | BaseException]:
        throttle = Throttle(1)
        lane = throttle.lane(Pace())
        bad = Throttled(Played(lambda number: RunStopping("bad key", code="auth")), throttle, lane)
        good = Throttled(Played(), throttle, lane)
        return await asyncio.gather(bad.ask(PROMPT), bad.ask(PROMPT), good.ask(PROMPT), return_exceptions=True)

    first, second, third = leap(run())
    assert isinstance(first, RunStopping)
    assert isinstance(second, RunStopping)
    assert isinstance(third, Reply)


def test_a_model_that_waits_for_its_pace_holds_no_other_back() -> None:
    async def run() -> tuple[float, float]:
        throttle = Throttle(2)
        slow = Throttled(Played(), throttle, throttle.lane(Pace(6)))
        fast = Throttled(Played(), throttle)
        waiting = asyncio.create_task(everybody(slow, 4))
        await everybody(fast, 20)
        done = clock()
        await waiting
        return done, clock()

    fast_s, slow_s = leap(run())
    assert fast_s <= 12.0
    assert slow_s >= 30.0


def test_models_of_an_endpoint_take_turns() -> None:
    async def run() -> tuple[Played, Played]:
        throttle, first, second = Throttle(1), Played(), Played()
        await asyncio.gather(*[everybody(Throttled(played, throttle), 5) for played in (first, second)])
        return first, second

    first, second = leap(run())
    assert first.began == [0.0, 1.0, 3.0, 5.0, 7.0]
    assert second.began == [2.0, 4.0, 6.0, 8.0, 9.0]


def test_an_estimate_is_taken_before_and_usage_puts_it_right() -> None:
    async def run() -> list[float]:
        throttle, played = Throttle(9), Played(latency_s=0.5)
        client = Throttled(played, throttle, throttle.lane(Pace(None, 60_000)), estimate=lambda prompt: 5000)
        await everybody(client, 4)
        return played.began

    began = leap(run())
    assert 0.9 <= began[1] <= 1.1  # not after the five seconds of its estimate: the first used 1,000
    assert 2.9 <= began[3] <= 3.3


def test_no_count_of_tokens_costs_a_reply() -> None:
    """Law 11: paid text is never lost, whatever else the response says."""

    class Counting(Played):
        async def ask(self, prompt: Prompt) -> Reply:
            reply = await super().ask(prompt)
            return reply.model_copy(update={"usage": Usage(input=10**400)})

    replies = leap(everybody(Throttled(Counting(), Throttle(1)), 3))
    assert all(isinstance(reply, Reply) for reply in replies)


def test_headers_of_a_wrapped_client_are_heard() -> None:
    class Wrapping:
        name = "mine"

        def __init__(self, inner: Played) -> None:
            self.inner = inner

        async def ask(self, prompt: Prompt) -> Reply:
            return await self.inner.ask(prompt)

    played = Played()
    played.limits = Limits(Allowance(60, 59, 1.0))
    client = Throttled(Wrapping(played), Throttle(1))
    leap(everybody(client, 3))
    assert client.pace.requests_per_minute == 60


@pytest.mark.parametrize("paced", [False, True], ids=["a full house", "a slow pace"])
def test_who_is_cancelled_in_line_gives_back_his_place(paced: bool) -> None:
    async def run() -> tuple[Played, int]:
        throttle, played = Throttle(1), Played()
        client = Throttled(played, throttle, throttle.lane(Pace(30 if paced else None)))
        tasks = [asyncio.create_task(client.ask(PROMPT)) for _ in range(6)]
        await asyncio.sleep(0.5)
        for task in tasks[1:5]:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert [isinstance(one, asyncio.CancelledError) for one in ended] == [False, True, True, True, True, False]
        return played, throttle.in_flight

    played, in_flight = leap(run())
    assert len(played.began) == 2
    assert in_flight == 0


def test_who_is_cancelled_in_the_moment_of_his_turn_gives_it_back() -> None:
    async def run() -> float:
        throttle = Throttle(1)
        lane, client = throttle.lane(Pace(60)), Played()
        await throttle.enter(lane, client, 0)
        second, third = (asyncio.create_task(throttle.enter(lane, client, 0)) for _ in range(2))
        await asyncio.sleep(5.0)
        throttle.leave()  # the turn is the second's, who does not know it yet
        assert throttle.in_flight == 1
        second.cancel()
        await third
        assert second.cancelled()
        assert throttle.in_flight == 1
        return clock()

    assert leap(run()) == pytest.approx(5.0, abs=0.1)  # nor has it cost the third a second of the pace


@given(
    ceiling=st.integers(1, 30),
    seed=st.integers(0, 2**32),
    per_minute=st.none() | st.integers(30, 6000),
    calls=st.integers(1, 60),
)
def test_whatever_happens_every_ask_ends_and_no_place_is_lost(
    ceiling: int, seed: int, per_minute: int | None, calls: int
) -> None:
    """Refusals, failures, cancellations and two models, all by chance."""
    chance = random.Random(seed)  # noqa: S311 - by chance, and the same every time
    throttle = Throttle(ceiling)

    def act(number: int) -> BaseException | None:
        over = throttle.in_flight > ceiling
        assert not over
        kinds = [None, None, None, refusal(chance.choice([None, 0.5, 5.0])), SeatFailed("x", code="server_error")]
        return chance.choice(kinds)

    async def run() -> None:
        clients = [
            Throttled(Played(act, latency_s=chance.random()), throttle, throttle.lane(Pace(per_minute))),
            Throttled(Played(act, latency_s=chance.random()), throttle),
        ]
        tasks = [asyncio.create_task(chance.choice(clients).ask(PROMPT)) for _ in range(calls)]
        for task in tasks:
            if chance.random() < 0.2:
                asyncio.get_running_loop().call_later(chance.random() * 3, task.cancel)
        ended = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 36_000)
        assert all(isinstance(one, Reply | SeatFailed | asyncio.CancelledError) for one in ended)
        assert throttle.in_flight == 0

    leap(run())


class _Watched(Concurrency):
    def began(self, in_flight: int) -> None:
        assert in_flight <= self.limit
        super().began(in_flight)


def test_nobody_is_admitted_beyond_the_limit_of_the_moment() -> None:
    chance = random.Random(3)  # noqa: S311 - by chance, and the same every time

    async def run() -> Played:
        throttle = Throttle(50)
        throttle.concurrency = _Watched(50)
        played = Played(lambda number: refusal(1.0) if chance.random() < 0.3 else None)
        await everybody(Throttled(played, throttle), 500)
        return played

    assert len(leap(run()).began) == 500


def test_models_at_one_address_share_a_throttle_and_each_has_its_lane() -> None:
    throttles = Throttles(8)
    one = a_model("compatible", "http://localhost:1/v1")
    other = a_model("compatible", "http://localhost:1/v1", model="another")
    elsewhere = a_model("compatible", "http://localhost:2/v1")
    assert throttles.of(one) is throttles.of(other)
    assert throttles.of(one) is not throttles.of(elsewhere)
    assert throttles.lane(one) is throttles.lane(one)
    assert throttles.lane(one) is not throttles.lane(other)


def test_what_a_model_states_goes_before_the_general_setting_and_the_lowest_of_several_holds() -> None:
    throttles = Throttles(8)
    general = a_model("compatible", "http://localhost:1/v1")
    assert throttles.of(general).limit == 8
    for stated, limit in ((30, 20), (12, 12), (16, 12)):
        model = a_model("compatible", "http://localhost:1/v1", model=f"m{stated}", concurrency=stated)
        assert throttles.of(model).limit == limit
    assert throttles.of(general).concurrency.ceiling == 12


def test_a_model_has_the_pace_that_its_settings_state() -> None:
    model = a_model("compatible", "http://localhost:1/v1", requests_per_minute=30, tokens_per_minute=1000)
    pace = Throttles(8).throttled(Played(), model).pace
    assert (pace.requests_per_minute, pace.tokens_per_minute) == (30, 1000)
