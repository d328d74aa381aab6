"""So many calls and tokens a minute: what is proven on simulated servers, and what any headers can do at most."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback.metering import Admission, Kind, Meter
from simulated import Count, FixedWindow, Server, SlidingWindow, TokenBucket, simulate

from panel.clients.pacing.pace import CATCH_UP_S, LONGEST_GAP_S, LONGEST_PAUSE_S, SHARE, Pace
from panel.clients.wire.limits import Allowance, Limits


class Metered:
    """A server that counts refused calls as well, as strictly as providers do, in whole seconds of Retry-After."""

    def __init__(self, allowed: int, kind: Kind) -> None:
        self.allowed: float = allowed
        self._meter = Meter(allowed, kind)
        self._last = Admission(True, allowed, 0.0)

    def let_in(self, now: float, amount: float) -> float:
        self._last = self._meter.admit(now)
        return 0.0 if self._last.admitted else float(int(self._last.wait_s) + 1)

    def left(self, now: float) -> tuple[float, float]:
        return self._last.remaining, self._last.wait_s


def servers(allowed: int) -> dict[str, Count]:
    """Every way of counting, all allowing the same."""
    return {
        "fixed window": FixedWindow(allowed),
        "fixed window begun before": FixedWindow(allowed, phase=17.3),
        "sliding window": SlidingWindow(allowed),
        "bucket": TokenBucket(allowed),
        "small bucket": TokenBucket(allowed, size=max(2, allowed // 10)),
        "window, refusals counted": Metered(allowed, "window"),
        "sliding, refusals counted": Metered(allowed, "sliding"),
        "bucket, refusals counted": Metered(allowed, "bucket"),
    }


KINDS = list(servers(10))
each_size = pytest.mark.parametrize(("allowed", "minutes"), [(10, 5), (60, 5), (600, 3)])
"""Calls a minute, and for how long: thousands of calls tell no more of a large limit than two thousand."""


@each_size
@pytest.mark.parametrize("kind", KINDS)
def test_a_stated_limit_is_used_to_95_percent_with_1_percent_refused_at_most(
    kind: str, allowed: int, minutes: int
) -> None:
    """Stated by the user: not one call is refused, not even in the first minute."""
    server = Server(servers(allowed)[kind])
    report = simulate(server, minutes=minutes, requests_per_minute=allowed)
    assert report.used >= 0.95
    assert server.refused == []
    assert report.failed == 0


@each_size
@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_in_headers_is_kept_as_well_as_one_that_the_user_states(kind: str, allowed: int, minutes: int) -> None:
    """After the first minute, in which the first calls went out before anything was stated."""
    report = simulate(Server(servers(allowed)[kind], states=True), minutes=minutes)
    assert report.used >= 0.95
    assert report.refused <= 0.01
    assert report.failed == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_that_nobody_states_is_learned_from_refusals(kind: str) -> None:
    report = simulate(Server(servers(600)[kind]), minutes=6)
    assert report.used >= 0.95
    assert report.refused <= 0.01
    assert report.failed == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_small_limit_that_nobody_states_is_found_without_losing_a_seat(kind: str) -> None:
    """A stray refusal weighs more here, and learning takes longer."""
    report = simulate(Server(servers(10)[kind]))
    assert report.used >= 0.6
    assert report.refused <= 0.1
    assert report.failed == 0


def test_a_limit_stated_five_times_too_high_is_put_right_by_refusals() -> None:
    report = simulate(Server(TokenBucket(120)), requests_per_minute=600)
    assert report.used >= 0.95
    assert report.refused <= 0.02
    assert report.failed == 0


@pytest.mark.parametrize("kind", ["fixed window", "sliding window", "bucket"])
def test_slow_answers_do_not_slow_the_pace(kind: str) -> None:
    """A hundred calls are under way at a time, and what their headers say is long past when it is read."""
    report = simulate(Server(servers(600)[kind], states=True, latency_s=12.0), minutes=5, concurrency=200)
    assert report.used >= 0.95
    assert report.refused <= 0.01


@pytest.mark.parametrize("states", [False, True], ids=["told", "headers"])
@pytest.mark.parametrize("count", [FixedWindow, TokenBucket])
def test_tokens_are_paced_on_what_calls_used(count: type[FixedWindow] | type[TokenBucket], states: bool) -> None:
    """No call's size is known before: what the last ones used is expected of the next."""
    uses = 200_000
    server = Server(
        FixedWindow(100_000), tokens=count(uses), states=states, uses=lambda chance: chance.randint(500, 3500)
    )
    report = simulate(server, **({} if states else {"tokens_per_minute": uses}))
    assert report.tokens_used >= 0.9
    assert report.refused <= 0.01
    assert report.failed == 0


def begun(pace: Pace, calls: int, now: float = 0.0, tokens: float = 0.0) -> list[float]:
    """When so many calls begin, each as early as it may."""
    times = []
    for _ in range(calls):
        now = max(now, pace.ready_at())
        pace.take(now, tokens)
        times.append(now)
    return times


@given(st.integers(1, 5000), st.integers(1, 400), st.floats(0, 1e6))
def test_no_minute_has_more_calls_than_are_allowed(allowed: int, calls: int, start: float) -> None:
    times = begun(Pace(allowed), calls, start)
    for index in range(len(times) - allowed):
        assert times[index + allowed] - times[index] >= 60 - 1e-6


def test_a_late_call_is_made_up_for_up_to_a_fifth_of_a_second() -> None:
    step = 60 / (600 * SHARE)
    for late_s, ready_at in (
        (0.0, 2 * step),
        (0.15, 2 * step),
        (0.5, 2 * step + 0.5 - CATCH_UP_S),
        (9.0, 2 * step + 9),
    ):
        pace = Pace(600)
        pace.take(0.0, 0)
        pace.take(step + late_s, 0)
        assert pace.ready_at() == pytest.approx(ready_at)


def test_calls_made_before_a_limit_was_known_count() -> None:
    pace = Pace()
    for _ in range(20):
        pace.take(100.0, 0)
    assert pace.ready_at() < 0
    pace.heard(Limits(Allowance(60, 40, 20.0)), 100.0)
    assert pace.ready_at() == pytest.approx(100 + 20 / SHARE)


def test_what_the_user_states_goes_before_what_headers_state() -> None:
    pace = Pace(requests_per_minute=30, tokens_per_minute=1000)
    pace.heard(Limits(Allowance(500), Allowance(9)), 0.0)
    assert (pace.requests_per_minute, pace.tokens_per_minute) == (30, 1000)


def test_nothing_left_stops_calls_until_there_is_more_for_120_s_at_most() -> None:
    for reset_s, until in ((30.0, 130.0), (7000.0, 100 + LONGEST_PAUSE_S)):
        pace = Pace()
        pace.heard(Limits(tokens=Allowance(1e6, 0, reset_s)), 100.0)
        assert pace.ready_at() == until
    pace = Pace()
    pace.heard(Limits(Allowance(1e6, 1, 30.0)), 100.0)
    assert pace.ready_at() < 100


def test_the_same_statement_is_heard_once() -> None:
    """A response without such headers leaves the last one in place, which must not count from a later call on."""
    pace, stated = Pace(), Limits(Allowance(600, 0, 10.0))
    pace.heard(stated, 100.0)
    pace.heard(stated, 200.0)
    assert pace.ready_at() == 110.0


allowances = st.builds(
    Allowance,
    st.none() | st.floats(1, 1e12),
    st.none() | st.floats(0, 1e12),
    st.none() | st.floats(0, 7 * 86_400),
)


@given(st.lists(st.tuples(st.builds(Limits, allowances, allowances), st.integers(0, 2**70)), max_size=20))
def test_whatever_headers_and_counts_say_a_call_may_begin_within_two_minutes(said: list[tuple[Limits, int]]) -> None:
    """The floor: one call a minute, and no stop of more than 120 s."""
    pace, now = Pace(), 1000.0
    for limits, used in said:
        now = max(now, pace.ready_at())
        pace.take(now, pace.usual_tokens)
        pace.heard(limits, now)
        pace.settle(now, pace.usual_tokens, float(used))
        assert pace.ready_at() - now <= max(LONGEST_GAP_S, LONGEST_PAUSE_S) + 1e-3


def test_a_count_of_tokens_beyond_belief_does_not_stop_a_model_for_long() -> None:
    pace = Pace(tokens_per_minute=10_000)
    pace.take(0.0, 500)
    pace.settle(0.0, 500, 1e30)
    assert pace.ready_at() < 130
    pace.take(130.0, pace.usual_tokens)
    assert pace.ready_at() <= 250


def test_tokens_are_taken_as_estimated_and_put_right_by_what_was_used() -> None:
    pace = Pace(tokens_per_minute=6000)
    pace.take(0.0, 3000)
    assert pace.ready_at() == pytest.approx(30 / SHARE)
    pace.settle(1.0, 3000, 1000)
    assert pace.ready_at() == pytest.approx(10 / SHARE)
    assert pace.usual_tokens == 1000
    pace.settle(2.0, 0, 2000)
    assert pace.usual_tokens == 1200


def test_a_call_that_did_not_begin_gives_its_room_back() -> None:
    pace = Pace(60, 600)
    before = begun(pace, 3, tokens=10)[-1]
    ready_at = pace.ready_at()
    pace.take(ready_at, 10)
    pace.give_back(ready_at, 10)
    assert pace.ready_at() == pytest.approx(ready_at)
    assert before < ready_at


def test_refusals_that_the_pace_does_not_cause_are_not_taken_for_a_limit() -> None:
    """3 % of calls refused by chance: after a while nothing is held back on their account."""

    class Open:
        allowed = 60_000.0

        def let_in(self, now: float, amount: float) -> float:
            return 0.0

        def left(self, now: float) -> tuple[float, float]:
            return 1e6, 0.0

    report = simulate(Server(Open(), noise=0.03), minutes=5)
    lane_paces = {lane.pace.requests_per_minute for lane in report.throttle.lanes}
    assert lane_paces == {None}
    assert report.failed == 0
