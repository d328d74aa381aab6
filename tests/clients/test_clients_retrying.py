"""Asking again: what is worth another call, how long it waits, and when it is given up. No test sleeps."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

import pytest
from client_samples import MOMENT
from hypothesis import given
from hypothesis import strategies as st
from simulated import PROMPT, a_reply, clock, leap, refusal

from panel.clients.pacing.lanes import Throttle
from panel.clients.pacing.retrying import LONGEST_RETRY_AFTER_S, Retrying, RetryPolicy
from panel.clients.pacing.throttle import Throttled
from panel.errors import ClientError, RunStopping, SeatFailed
from panel.records.prompt import Prompt
from panel.records.reply import Reply


def fault(code: str = "server_error", **fields: object) -> SeatFailed:
    return SeatFailed(f"mine: {code}", code=code, **fields)  # type: ignore[arg-type]  # any field of the error


class Scripted:
    """Answers with what it was given, one after the other, each after `latency_s`; then for ever with replies."""

    name = "mine"

    def __init__(self, answers: Sequence[Reply | BaseException] = (), latency_s: float = 1.0) -> None:
        self.answers = list(answers)
        self.latency_s = latency_s
        self.asked_at: list[float] = []

    async def ask(self, prompt: Prompt) -> Reply:
        self.asked_at.append(clock())
        await asyncio.sleep(self.latency_s)
        answer = self.answers.pop(0) if self.answers else a_reply()
        if isinstance(answer, BaseException):
            raise answer
        return answer


class Asked:
    """What came of one asking of `client`: the reply or the error, every call noted, every wait, and the time spent."""

    def __init__(self, client: Scripted | Throttled, policy: RetryPolicy = RetryPolicy()) -> None:  # noqa: B008
        self.client, self.policy = client, policy
        self.noted: list[tuple[str, float, float]] = []
        self.waits: list[float] = []
        self.end: Reply | BaseException | None = None
        self.spent_s = self.took_s = 0.0

    async def run(self) -> Asked:
        begun = clock()

        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)
            await asyncio.sleep(seconds)

        def noted(error: ClientError, asked_at: dt.datetime, latency_s: float) -> None:
            self.noted.append((error.code, round((asked_at - MOMENT).total_seconds() - begun, 3), round(latency_s, 3)))

        retrying = Retrying(
            self.client,
            noted=noted,
            policy=self.policy,
            sleep=sleep,
            clock=clock,
            now=lambda: MOMENT + dt.timedelta(seconds=clock()),
        )
        try:
            self.end = await retrying.ask(PROMPT)
        except ClientError as error:
            self.end = error
        self.spent_s, self.took_s = retrying.spent_s, clock() - begun
        return self


def asked(*answers: Reply | BaseException, latency_s: float = 1.0, **policy: float) -> Asked:
    return leap(Asked(Scripted(answers, latency_s), RetryPolicy(**policy)).run())  # type: ignore[arg-type]


def test_a_reply_at_once_is_one_call_and_no_note() -> None:
    done = asked()
    assert isinstance(done.end, Reply)
    assert (done.noted, done.waits, done.spent_s) == ([], [], 1.0)


def test_every_failed_call_is_noted_when_it_happens_with_its_time_and_length() -> None:
    done = asked(refusal(3.0), fault("interrupted", billed=True))
    assert isinstance(done.end, Reply)
    second = round(1.0 + done.waits[0], 3)
    assert done.noted == [("rate_limited", 0.0, 1.0), ("interrupted", second, 1.0)]
    assert done.spent_s == pytest.approx(3.0 + sum(done.waits))


PASSING = ["rate_limited", "server_error", "timeout", "interrupted", "unreachable", "not_json", "no_choices"]


@pytest.mark.parametrize("code", PASSING)
def test_what_may_pass_is_asked_five_times_and_then_raised_unchanged(code: str) -> None:
    errors = [fault(code) for _ in range(5)]
    done = asked(*errors)
    assert done.end is errors[-1]
    assert str(done.end) == f"mine: {code}"
    assert len(done.noted) == 5
    assert len(done.waits) == 4


@pytest.mark.parametrize(
    "error",
    [
        fault("too_long", retryable=False),
        RunStopping("mine: no key", code="auth"),
        RunStopping("mine: odd", code="quota", retryable=True, retry_after_s=1),
    ],
    ids=["too_long", "auth", "a RunStopping that says it could be retried"],
)
def test_what_cannot_pass_is_noted_and_raised_at_once(error: ClientError) -> None:
    done = asked(error)
    assert done.end is error
    assert [code for code, _, _ in done.noted] == [error.code]
    assert done.waits == []


def test_the_cause_of_an_error_stays_with_it() -> None:
    error, cause = fault("bad_request", retryable=False), ValueError("why")
    error.__cause__ = cause
    assert asked(error).end is error
    assert error.__cause__ is cause


def test_waits_are_random_and_at_most_1_2_4_and_8_seconds() -> None:
    runs = [asked(*[fault() for _ in range(5)]).waits for _ in range(50)]
    for number, most in enumerate((1.0, 2.0, 4.0, 8.0)):
        waits = [run[number] for run in runs]
        assert 0 <= min(waits) < max(waits) <= most


@given(st.floats(min_value=0, max_value=LONGEST_RETRY_AFTER_S))
def test_a_retry_after_of_up_to_120_s_is_waited_for(seconds: float) -> None:
    waits = asked(refusal(seconds), refusal(seconds)).waits
    assert seconds <= waits[0] <= max(seconds, 1.0)
    assert seconds <= waits[1] <= max(seconds, 2.0)


@pytest.mark.parametrize(("seconds", "said"), [(121.0, "121 s"), (3600.0, "60 minutes"), (1e300, "1000000 minutes")])
def test_a_longer_one_leaves_the_seat_and_says_how_long(seconds: float, said: str) -> None:
    error = refusal(seconds)
    done = asked(error, error)
    assert done.end is error
    assert error.message == f"mine: too many requests at once (HTTP 429); it asks to wait {said}"
    assert (len(done.noted), done.waits) == (1, [])


def test_no_wait_is_entered_that_would_end_past_the_deadline() -> None:
    done = asked(refusal(50.0), refusal(50.0), deadline_s=100.0)
    assert isinstance(done.end, SeatFailed)
    assert (done.waits, done.took_s) == ([50.0], 52.0)


def test_a_call_still_under_way_at_the_deadline_is_given_up_and_noted_as_perhaps_charged() -> None:
    done = asked(fault(), latency_s=30.0, deadline_s=40.0)
    assert isinstance(done.end, SeatFailed)
    assert (done.end.code, done.end.billed, done.end.retryable) == ("timeout", True, False)
    assert "seat's time was over" in done.end.message
    assert "deadline_s" in done.end.hint
    assert done.took_s == pytest.approx(40.0)
    assert [code for code, _, _ in done.noted] == ["server_error", "timeout"]


def test_without_time_left_no_call_is_made_and_none_is_noted() -> None:
    client = Scripted()
    done = leap(Asked(client, RetryPolicy(deadline_s=0.0)).run())
    assert isinstance(done.end, SeatFailed)
    assert (done.end.code, done.end.billed) == ("timeout", False)
    assert (client.asked_at, done.noted) == ([], [])


def test_a_clients_own_timeout_is_not_taken_for_the_deadline() -> None:
    with pytest.raises(TimeoutError):
        asked(TimeoutError("its own"))


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 5.0, 90.0, 119.0, 500.0]), st.floats(0, 100)), min_size=5, max_size=5),
    st.floats(min_value=1, max_value=1000),
)
def test_an_asking_is_over_by_its_deadline_and_makes_five_calls_at_most(
    script: list[tuple[float, float]], deadline_s: float
) -> None:
    done = asked(*[refusal(wait) for wait, _ in script], latency_s=script[0][1], deadline_s=deadline_s)
    assert done.took_s <= deadline_s + 1e-6
    assert len(done.noted) <= 5
    assert done.spent_s == pytest.approx(done.took_s)


def test_a_clock_that_jumps_changes_no_wait() -> None:
    """`now` is only written down; everything else is counted by a clock that cannot be set."""
    times = iter([MOMENT, MOMENT - dt.timedelta(days=400), MOMENT + dt.timedelta(days=400)])
    noted: list[tuple[dt.datetime, float]] = []

    async def run() -> Reply:
        retrying = Retrying(
            Scripted([fault(), fault()]),
            noted=lambda error, at, seconds: noted.append((at, round(seconds, 6))),
            clock=clock,
            now=lambda: next(times),
        )
        return await retrying.ask(PROMPT)

    assert isinstance(leap(run()), Reply)
    assert noted == [(MOMENT, 1.0), (MOMENT - dt.timedelta(days=400), 1.0)]


def test_waiting_in_line_is_neither_latency_nor_against_the_deadline() -> None:
    async def run() -> list[Asked]:
        throttled = Throttled(Scripted([fault(), fault()], latency_s=30.0), Throttle(1))
        return await asyncio.gather(*[Asked(throttled, RetryPolicy(deadline_s=100.0)).run() for _ in range(4)])

    done = leap(run())
    assert all(isinstance(one.end, Reply) for one in done)
    assert done[0].noted == [("server_error", 0.0, 30.0)]
    assert done[1].noted == [("server_error", 30.0, 30.0)]  # when it was sent, not when it was first to be
    assert max(one.took_s for one in done) == 180.0
    assert max(one.spent_s for one in done) < 70.0


def test_a_failure_to_note_ends_the_asking() -> None:
    """A full disk: nothing more is bought that could not be kept."""
    client = Scripted([fault()] * 3)

    def noted(error: ClientError, at: dt.datetime, seconds: float) -> None:
        raise OSError("no space left")

    async def run() -> None:
        await Retrying(client, noted=noted, clock=clock).ask(PROMPT)

    with pytest.raises(OSError, match="no space"):
        leap(run())
    assert len(client.asked_at) == 1


@pytest.mark.parametrize("after_s", [0.5, 1.2], ids=["in a call", "in a wait"])
def test_a_cancellation_passes_through(after_s: float) -> None:
    async def run() -> list[tuple[str, float, float]]:
        one = Asked(Scripted([refusal(60.0)]))
        task = asyncio.create_task(one.run())
        await asyncio.sleep(after_s)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return one.noted

    assert len(leap(run())) == (after_s > 1)
