"""Asking again: which replies are asked about, how often, with what, and what stays of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from panel.convene import Event, Sitting, Tariff, convene
from panel.errors import RunStopping, SeatFailed
from panel.prompts import Prompter
from panel.records.asking import LARGER_CAP
from panel.records.model import Model
from panel.records.panel import Panel
from panel.records.prompt import Prompt
from panel.records.reply import Cost, Finish, Reply, Usage
from panel.records.run import Manifest
from panel.records.verdict import Abstained, AbstainReason
from panel.reparse import reparse
from panel.seating import seats_of
from panel.store import Runs, RunWriter
from panel.testing import NOON, TOOL, Answer, ScriptedClient, persona, reply_of, reply_text

ONE = persona("builder")
MODEL = Model(name="openai/test", provider="openai", model="test", endpoint="https://api.openai.com/v1")
PROMPTER = Prompter.load(Path(__file__).parents[1] / "prompts")
GOOD = reply_text(ONE)
CUT = reply_of(GOOD[:300], finish=Finish.LENGTH)
CONTRADICTION = reply_text(ONE, score=72, verdict="skip")
GARBAGE = "I would give it 85/100, ship it!"
REFUSAL = reply_of("I'm sorry, but I can't help with that.", finish=Finish.REFUSED)


def cents(model: Model, usage: Usage | None, at: dt.datetime, served: str | None, tier: str | None = None) -> Cost:
    return Cost(usd=Decimal("0.01"), source="a test")


def five_cents(model: Model, prompt: Prompt, at: dt.datetime) -> Cost:
    return Cost(usd=Decimal("0.05"), source="a test")


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs")


def begin(runs: Runs) -> RunWriter:
    return runs.create(
        Manifest(
            run_id="20260115-120000-aaaaaaaa",
            command=("panel", "review"),
            started_at=NOON,
            tools=(TOOL.id,),
            personas=(ONE.id,),
            models=(MODEL,),
        )
    )


async def sit(
    run: RunWriter, answers: Sequence[Answer], events: list[Event] | None = None
) -> tuple[Sitting, list[Prompt]]:
    """One seat, answered from a script that must be used up."""
    panel = Panel(personas=(ONE,), models=(MODEL,))
    seats = seats_of([TOOL], panel, PROMPTER, lambda keys, open_round=False: {}).seats
    with ScriptedClient(MODEL.name, answers) as client:
        sitting = await convene(
            seats,
            {MODEL.name: client},
            run,
            PROMPTER,
            tariff=Tariff(cents, five_cents),
            clock=NOON.timestamp,
            watch=events.append if events is not None else lambda event: None,
        )
    return sitting, client.prompts


@pytest.mark.parametrize(
    ("answers", "reasons", "abstains"),
    [
        pytest.param([GOOD], ["first"], None, id="a good reply is the last"),
        pytest.param([GARBAGE, GOOD], ["first", "invalid"], None, id="an invalid one is asked again"),
        pytest.param([GARBAGE, GARBAGE, GOOD], ["first", "invalid", "invalid"], None, id="twice at most"),
        pytest.param(
            [GARBAGE] * 3, ["first", "invalid", "invalid"], AbstainReason.UNREADABLE, id="and abstains if it stays so"
        ),
        pytest.param([CUT, GOOD], ["first", "cut"], None, id="a cut one is asked again"),
        pytest.param([CUT, CUT], ["first", "cut"], AbstainReason.TRUNCATED, id="once"),
        pytest.param([CUT, GARBAGE, GOOD], ["first", "cut", "invalid"], None, id="reasons may differ"),
        pytest.param([CONTRADICTION, GOOD], ["first", "contradiction"], None, id="a contradiction is asked again"),
        pytest.param([CONTRADICTION] * 2, ["first", "contradiction"], AbstainReason.INCONSISTENT, id="once (law 3)"),
        pytest.param(
            [CONTRADICTION, GARBAGE, CONTRADICTION],
            ["first", "contradiction", "invalid"],
            AbstainReason.INCONSISTENT,
            id="never a third time",
        ),
        pytest.param([REFUSAL], ["first"], AbstainReason.REFUSED, id="a refusal is an answer"),
        pytest.param(
            [reply_of("", finish=Finish.FILTERED)], ["first"], AbstainReason.FILTERED, id="and so is a filter's word"
        ),
        pytest.param([reply_text(ONE, basis="none")], ["first"], AbstainReason.NO_BASIS, id="and having no basis"),
    ],
)
async def test_what_is_asked_again_and_how_often(
    runs: Runs, answers: list[Answer], reasons: list[str], abstains: AbstainReason | None
) -> None:
    """At most two re-asks a seat, of which one for a contradiction and one for a cut; all are kept, priced and told."""
    events: list[Event] = []
    with begin(runs) as run:
        sitting, _ = await sit(run, answers, events)
        lines = list(runs.open(run.run_id).replies())
    verdict = sitting.records[0].verdict
    assert [line.asked_because for line in lines] == reasons
    assert [line.ask for line in lines] == list(range(len(reasons)))
    assert (verdict.reason if isinstance(verdict, Abstained) else None) == abstains
    assert sitting.records[0].cost.usd == Decimal("0.01") * len(reasons)
    assert sitting.records[0].settled
    assert [event.detail for event in events if event.happening == "again"] == reasons[1:]


async def test_every_asking_is_built_from_the_first_prompt_and_the_last_error_only(runs: Runs) -> None:
    """Law 9: the fence stays as it was, what the reply said is not repeated, and nothing grows."""
    with begin(runs) as run:
        _, (first, second, third) = await sit(run, [GARBAGE, "Another 91/100 answer", GOOD])
    assert first.fenced() == second.fenced() == third.fenced() == TOOL.fields()
    assert second.messages == third.messages
    assert second.messages[0] == first.messages[0]
    assert first.messages[1].content in second.messages[1].content
    assert "85/100" not in second.messages[1].content


async def test_a_cut_reply_is_asked_for_with_a_larger_cap_that_stays(runs: Runs) -> None:
    """The cap is no part of the key: what was bought under a smaller one is the same question."""
    with begin(runs) as run:
        _, prompts = await sit(run, [CUT, GARBAGE, GOOD])
        keys = {line.key for line in runs.open(run.run_id).replies()}
    larger = LARGER_CAP * MODEL.max_output_tokens
    assert [prompt.max_output_tokens for prompt in prompts] == [None, larger, larger]
    assert len(keys) == 1


async def test_a_seat_that_fails_while_it_is_asked_again_is_not_settled(runs: Runs) -> None:
    """It abstains so far, and whoever goes on with it asks the rest."""
    with begin(runs) as run:
        sitting, _ = await sit(run, [GARBAGE, SeatFailed("down", code="down", retryable=False)])
    record = sitting.records[0]
    assert isinstance(record.verdict, Abstained)
    assert (record.may_ask_again, record.settled) == (True, False)
    assert reparse(runs.open(run.run_id)) == [record]
    run.write_verdicts([record])
    assert runs.held([record.key]) == {}


async def test_every_call_is_kept_as_it_ends_with_what_it_may_have_cost(runs: Runs) -> None:
    """Law 11: calls that brought no text too; what may have been charged has a bound, what was not costs nothing."""
    broken = SeatFailed("the connection broke", code="interrupted", billed=True, retry_after_s=0)
    limited = SeatFailed("slow down", code="rate_limited", status=429, retry_after_s=0)
    with begin(runs) as run:
        sitting, _ = await sit(run, [limited, broken, GOOD])
        lines = list(runs.open(run.run_id).replies())
    assert [line.failure.error if line.failure else "reply" for line in lines] == [
        "rate_limited",
        "interrupted",
        "reply",
    ]
    assert lines[0].failure is not None
    assert lines[0].failure.cost.usd == 0
    assert lines[1].failure is not None
    assert (lines[1].failure.cost.usd, lines[1].failure.cost.at_most_usd) == (None, Decimal("0.05"))
    assert sitting.records[0].attempts == 3


async def test_a_run_that_is_taken_up_again_asks_only_what_may_still_be_asked(runs: Runs) -> None:
    """What a killed process had asked counts: two of the three askings are spent, so one is left."""
    from panel.resuming import resumed

    with begin(runs) as run:
        await sit(run, [GARBAGE, GARBAGE, RunStopping("no credit", code="quota")])
    left = resumed(runs.open(run.run_id), lambda model: model, runs)
    assert [len(seat.lines) for seat in left.open] == [3]
    with runs.resume(run.run_id) as again, ScriptedClient(MODEL.name, [GARBAGE]) as client:
        sitting = await convene(
            left.open,
            {MODEL.name: client},
            again,
            left.prompter,
            tariff=Tariff(cents, five_cents),
            clock=NOON.timestamp,
        )
    assert isinstance(sitting.records[0].verdict, Abstained)
    assert sitting.records[0].settled
    assert len(runs.open(run.run_id).plan()) == 1
    reply = next(line.reply for line in runs.open(run.run_id).replies() if line.reply)
    assert isinstance(reply, Reply)
