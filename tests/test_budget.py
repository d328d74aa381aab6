"""The budget: spent and reserved together never exceed the cap; everyone is served in turn, and nobody is forgotten."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.budget import Budget, Budgeted, check_priced, spent_of
from panel.errors import ClientError, RunStopping, SeatFailed, UsageError
from panel.prices import most, price
from panel.records.identity import sha
from panel.records.model import Model, Price, SchemaMode
from panel.records.prompt import Message, Prompt, PromptIds
from panel.records.reply import Attempt, Cost, Reply, Usage
from panel.records.run import Probe, ReplyLine
from panel.records.seat import Slot

AT = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
NOTHING, ONE, TWO, FOUR = (Decimal(number) for number in (0, 1, 2, 4))
UNKNOWN = Cost()
MODEL = Model(
    name="m",
    provider="compatible",
    model="x",
    endpoint="e",
    max_output_tokens=1000,
    price=Price(input=Decimal(1), output=Decimal(10)),
)
UNPRICED = MODEL.model_copy(update={"price": None})
PROMPT = Prompt(
    messages=(Message(role="system", content="s"), Message(role="user", content="u")),
    reply_schema={},
    schema_name="s",
    ids=PromptIds(**{name: sha(name) for name in ("tool", "persona", "templates", "reply_schema", "scale")}),
)
BOUND = (most(MODEL, PROMPT, AT) or UNKNOWN).usd or NOTHING


def cost(usd: Decimal | int) -> Cost:
    return Cost(usd=Decimal(usd))


async def soon() -> None:
    """Let everyone who can go on go on."""
    for _ in range(5):
        await asyncio.sleep(0)


class TestReserving:
    async def test_what_fits_is_reserved_at_once(self) -> None:
        budget = Budget(FOUR)
        await budget.reserve(ONE)
        await budget.reserve(TWO)
        assert (budget.reserved, budget.spent) == (3, 0)

    async def test_a_call_is_settled_at_its_cost_and_the_rest_is_free_again(self) -> None:
        budget = Budget(FOUR)
        await budget.reserve(FOUR)
        budget.settle(FOUR, cost(1))
        assert (budget.reserved, budget.spent) == (0, 1)

    @pytest.mark.parametrize(
        ("charge", "spent"),
        [(Cost(usd=ONE, at_most_usd=TWO), 1), (Cost(at_most_usd=TWO), 2), (UNKNOWN, 4), (cost(0), 0)],
    )
    async def test_what_is_unknown_counts_at_its_most(self, charge: Cost, spent: int) -> None:
        """The known charge, else its bound, else all that was reserved."""
        budget = Budget(FOUR)
        await budget.reserve(FOUR)
        budget.settle(FOUR, charge)
        assert budget.spent == spent

    async def test_what_does_not_fit_waits_for_calls_under_way(self) -> None:
        budget = Budget(FOUR)
        await budget.reserve(FOUR)
        second = asyncio.create_task(budget.reserve(TWO))
        await soon()
        assert not second.done()
        budget.settle(FOUR, cost(1))
        await second
        assert (budget.reserved, budget.spent) == (2, 1)

    async def test_a_small_one_does_not_overtake_a_large_one(self) -> None:
        budget = Budget(FOUR)
        await budget.reserve(TWO)
        await budget.reserve(ONE)
        order: list[str] = []

        async def wanting(name: str, amount: Decimal) -> None:
            await budget.reserve(amount)
            order.append(name)

        async with asyncio.TaskGroup() as group:
            group.create_task(wanting("large", FOUR))
            await soon()
            group.create_task(wanting("small", ONE))
            await soon()
            assert order == []
            budget.settle(ONE, cost(0))
            await soon()
            assert order == []  # it would fit, and waits for its turn
            budget.settle(TWO, cost(0))
            await soon()
            assert order == ["large"]
            budget.settle(FOUR, cost(0))
        assert order == ["large", "small"]

    async def test_what_can_never_fit_is_refused_in_words(self) -> None:
        budget = Budget(Decimal("0.5"), Decimal("0.49"))
        with pytest.raises(RunStopping) as refused:
            await budget.reserve(Decimal("0.0123"))
        assert refused.value.code == "budget"
        assert str(refused.value) == (
            "--max-cost 0.5: $0.4900 is spent, and the next call could cost up to $0.0123.\n"
            "What was answered is kept. Give the same command again with a higher --max-cost, or go on with "
            "`panel runs resume RUN --max-cost USD`."
        )
        assert budget.reserved == 0

    async def test_all_who_wait_learn_that_nothing_is_left(self) -> None:
        budget = Budget(FOUR)
        await budget.reserve(FOUR)
        waiting = [asyncio.create_task(budget.reserve(TWO)) for _ in range(3)]
        await soon()
        budget.settle(FOUR, cost(4))
        done = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(item) for item in done] == [RunStopping] * 3
        assert (budget.reserved, budget.spent) == (0, 4)

    async def test_what_costs_nothing_never_waits(self) -> None:
        """A local server goes on when the money for the other model is used up."""
        budget = Budget(ONE, ONE)
        await budget.reserve(NOTHING)
        budget.settle(NOTHING, cost(0))
        assert budget.spent == 1

    async def test_without_a_cap_nothing_waits_and_all_is_counted(self) -> None:
        budget = Budget(None)
        for _ in range(3):
            await budget.reserve(Decimal(10**9))
        budget.settle(Decimal(10**9), cost(5))
        assert (budget.spent, budget.reserved) == (5, 2 * 10**9)


class TestCancelling:
    async def test_who_is_cancelled_while_waiting_reserves_nothing_and_holds_nobody_up(self) -> None:
        budget = Budget(FOUR)
        await budget.reserve(TWO)
        large, small = asyncio.create_task(budget.reserve(FOUR)), asyncio.create_task(budget.reserve(ONE))
        await soon()
        large.cancel()
        await small
        assert budget.reserved == 3
        assert large.cancelled()

    async def test_who_is_cancelled_in_the_moment_of_the_grant_gives_it_back(self) -> None:
        budget = Budget(FOUR)
        await budget.reserve(FOUR)
        first, second = asyncio.create_task(budget.reserve(FOUR)), asyncio.create_task(budget.reserve(FOUR))
        await soon()
        budget.settle(FOUR, cost(0))  # grants the first, which has not run yet
        first.cancel()
        await second
        assert first.cancelled()
        assert budget.reserved == 4

    async def test_who_is_cancelled_in_the_moment_of_the_refusal_leaves_nothing(self) -> None:
        budget = Budget(FOUR)
        await budget.reserve(FOUR)
        first = asyncio.create_task(budget.reserve(FOUR))
        await soon()
        budget.settle(FOUR, cost(1))
        first.cancel()
        await soon()
        assert first.cancelled()
        assert budget.reserved == 0


class TestOverrun:
    async def test_a_call_beyond_its_reservation_counts_in_full_and_ends_the_spending(self) -> None:
        """The bounds were wrong, so that the next one cannot be trusted either."""
        budget = Budget(Decimal(100))
        await budget.reserve(ONE)
        budget.settle(ONE, cost(3))
        assert (budget.spent, budget.overrun) == (3, 2)
        with pytest.raises(RunStopping, match=r"calls cost \$2\.0000 more than they could by panel's count"):
            await budget.reserve(ONE)
        await budget.reserve(NOTHING)


@st.composite
def commands(draw: st.DrawFn) -> tuple[int, list[tuple[int, float, str]]]:
    """A cap, and calls: what each reserves, the share of it that it costs, and how it ends."""
    ends = st.sampled_from(["known", "bounded", "unknown", "cancelled waiting", "cancelled under way"])
    call = st.tuples(st.integers(0, 60), st.integers(0, 100).map(lambda share: share / 100), ends)
    return draw(st.integers(0, 200)), draw(st.lists(call, max_size=25))


@given(commands(), st.integers(1, 8), st.integers(0, 2**32).map(random.Random))
def test_spent_and_reserved_never_exceed_the_cap(
    given_: tuple[int, list[tuple[int, float, str]]], together: int, chance: random.Random
) -> None:
    """Whatever calls cost up to their reservation, however they end, and whoever is cancelled when; and all end."""
    cap, calls = given_
    asyncio.run(asyncio.wait_for(_spend(Budget(Decimal(cap)), calls, together, chance), 20))


async def _spend(budget: Budget, calls: list[tuple[int, float, str]], together: int, chance: random.Random) -> None:
    gate = asyncio.Semaphore(together)

    def check() -> None:
        assert budget.cap is not None
        assert budget.reserved >= 0
        assert budget.spent + budget.reserved <= budget.cap

    async def call(amount: Decimal, share: float, end: str) -> None:
        async with gate:
            await budget.reserve(amount)
            check()
            charge = UNKNOWN
            try:
                for _ in range(chance.randrange(4)):
                    await asyncio.sleep(0)
                if end == "known":
                    charge = cost(round(amount * Decimal(share), 2))
                elif end == "bounded":
                    charge = Cost(at_most_usd=round(amount * Decimal(share), 2))
            finally:
                budget.settle(amount, charge)
                check()

    tasks = [asyncio.create_task(call(Decimal(amount), share, end)) for amount, share, end in calls]
    for task, (_, _, end) in zip(tasks, calls, strict=True):
        if end.startswith("cancelled"):
            for _ in range(chance.randrange(6)):
                await asyncio.sleep(0)
            task.cancel()
            check()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(item is None or isinstance(item, RunStopping | asyncio.CancelledError) for item in done)
    assert budget.reserved == 0
    assert budget.overrun == 0


class Inner:
    """A client that answers, fails, or waits to be cancelled."""

    name = "m"

    def __init__(self, answer: Callable[[], Reply]) -> None:
        self.answer = answer
        self.asked = 0
        self.limits = {"requests": 5}
        self.closed = False

    async def ask(self, prompt: Prompt) -> Reply:
        self.asked += 1
        return self.answer()

    async def aclose(self) -> None:
        self.closed = True


def replying(usage: Usage | None) -> Callable[[], Reply]:
    return lambda: Reply(text="{}", model_asked="x", asked_at=AT, usage=usage, attempts=(an_attempt(usage),))


def an_attempt(usage: Usage | None = None, **fields: Any) -> Attempt:
    return Attempt(asked_at=AT, latency_s=0, usage=usage, **fields)


def failing(error: Exception) -> Callable[[], Reply]:
    def fail() -> Reply:
        raise error

    return fail


def budgeted(answer: Callable[[], Reply], budget: Budget, model: Model = MODEL) -> Budgeted:
    return Budgeted(Inner(answer), model, budget, most, price, clock=AT.timestamp)


class TestBudgeted:
    async def test_a_call_is_settled_on_its_usage(self) -> None:
        budget = Budget(ONE)
        reply = await budgeted(replying(Usage(input=100, output=50)), budget).ask(PROMPT)
        assert reply.text == "{}"
        assert (budget.spent, budget.reserved) == (Decimal("0.0006"), 0)

    async def test_a_reply_without_a_count_is_settled_at_the_bound(self) -> None:
        budget = Budget(ONE)
        await budgeted(replying(None), budget).ask(PROMPT)
        assert (budget.spent, budget.reserved) == (BOUND, 0)

    @pytest.mark.parametrize(
        ("error", "spent"),
        [
            (SeatFailed("down", billed=False), NOTHING),
            (SeatFailed("broke off", billed=True), BOUND),
            (RuntimeError("a fault of its own"), BOUND),
        ],
    )
    async def test_a_failed_call_counts_where_it_may_have_been_charged(self, error: Exception, spent: Decimal) -> None:
        budget = Budget(ONE)
        with pytest.raises(type(error)):
            await budgeted(failing(error), budget).ask(PROMPT)
        assert (budget.spent, budget.reserved) == (spent, 0)

    async def test_a_call_cancelled_under_way_may_be_charged(self) -> None:
        class Slow(Inner):
            async def ask(self, prompt: Prompt) -> Reply:
                await asyncio.Event().wait()
                return self.answer()

        budget = Budget(ONE)
        client = Budgeted(Slow(replying(None)), MODEL, budget, most, price, clock=AT.timestamp)
        task = asyncio.create_task(client.ask(PROMPT))
        await soon()
        assert budget.reserved == BOUND
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (budget.spent, budget.reserved) == (BOUND, 0)

    async def test_nothing_is_sent_where_the_money_does_not_reach(self) -> None:
        client = budgeted(replying(None), Budget(BOUND / 2))
        with pytest.raises(RunStopping):
            await client.ask(PROMPT)
        assert client.inner.asked == 0  # type: ignore[attr-defined]  # the double counts

    async def test_every_attempt_of_a_reply_is_counted(self) -> None:
        """A client of somebody else may have tried more than once."""
        free = an_attempt(error="unreachable", cost=cost(0))
        attempts = (free, an_attempt(Usage(input=100, output=50)), an_attempt(Usage(input=100, output=50)))
        reply = replying(None)().model_copy(update={"attempts": attempts})
        budget = Budget(ONE)
        await budgeted(lambda: reply, budget).ask(PROMPT)
        assert budget.spent == Decimal("0.0012")

    @pytest.mark.parametrize(("cap", "model"), [(None, MODEL), (ONE, UNPRICED)])
    async def test_without_a_cap_or_a_price_calls_pass_uncounted(self, cap: Decimal | None, model: Model) -> None:
        budget = Budget(cap)
        await budgeted(replying(Usage(input=100, output=50)), budget, model).ask(PROMPT)
        assert budget.spent == 0

    async def test_it_is_otherwise_the_client_inside(self) -> None:
        client = budgeted(replying(None), Budget(None))
        assert (client.name, client.limits) == ("m", {"requests": 5})
        await client.aclose()
        assert client.closed
        assert not hasattr(client, "anything_else")

    async def test_many_at_once_spend_no_more_than_the_cap_and_nearly_all_of_it(self) -> None:
        """Reservations are many times what calls cost; those that wait go on as soon as others are settled."""
        each = Decimal("0.0006")
        budget = Budget(Decimal("0.05"))
        client = budgeted(replying(Usage(input=100, output=50)), budget)
        done = await asyncio.gather(*(client.ask(PROMPT) for _ in range(200)), return_exceptions=True)
        answered = [item for item in done if isinstance(item, Reply)]
        assert len(answered) * each == budget.spent
        assert budget.spent <= Decimal("0.05")
        assert budget.spent + BOUND > Decimal("0.05")
        assert all(isinstance(item, ClientError) for item in done if not isinstance(item, Reply))


class TestStarting:
    def test_a_model_without_a_price_is_not_asked_under_a_cap(self) -> None:
        with pytest.raises(UsageError) as refused:
            check_priced([MODEL, UNPRICED], AT, allow_unpriced=False)
        assert refused.value.message == (
            "--max-cost cannot be kept for m: its price is unknown (no price is set for this model)."
        )
        for way in ("panel.toml", "`price = 0` for a server of your own", "--allow-unpriced"):
            assert way in refused.value.hint

    def test_priced_free_and_allowed_models_may_be_asked(self) -> None:
        free = MODEL.model_copy(update={"price": Price(input=NOTHING, output=NOTHING)})
        check_priced([MODEL, free], AT, allow_unpriced=False)
        check_priced([UNPRICED], AT, allow_unpriced=True)


def test_what_a_run_has_spent_is_read_from_its_log_and_probes() -> None:
    """Known charges, unsure ones at their most; those without a price do not count."""
    slot = Slot(tool="t", persona="p", model="m")
    reply = replying(None)().model_copy(update={"attempts": (an_attempt(cost=cost(1)), an_attempt(cost=UNKNOWN))})
    lines = (
        ReplyLine(slot=slot, key="k", reply=reply),
        ReplyLine(slot=slot, key="k", failure=an_attempt(cost=Cost(at_most_usd=TWO))),
    )
    probe = Probe(model="m", mode=SchemaMode.JSON_SCHEMA, attempts=(an_attempt(cost=cost(4)),))
    assert spent_of(lines) == 3
    assert spent_of(iter(lines), (probe,)) == 7
    assert spent_of(()) == 0
