"""Accounts: a run's totals count every call once and every seat once, and are the same from its stored files."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from builders import MODEL, NOON, RUN, make_model, make_seat

from panel.accounts import Account, settle
from panel.prompts import Prompter
from panel.records.model import SchemaMode
from panel.records.panel import Panel
from panel.records.reply import Attempt, Cost, Reply, Usage
from panel.records.run import Manifest, Probe, ReplyLine, Totals
from panel.records.seat import Slot
from panel.records.verdict import AbstainReason
from panel.reparse import seat_record
from panel.seating import seats_of, write_plan
from panel.store import RunReader, Runs
from panel.testing import TOOL, persona, reply_of, reply_text

SLOT = Slot(tool="alder", persona="builder", model="openai/gpt-x")
CENT = Decimal("0.01")


def attempt(usage: Usage | None = None, **cost: Any) -> Attempt:
    return Attempt(asked_at=NOON, latency_s=1, usage=usage, cost=Cost(**cost))


def replied(*attempts: Attempt) -> ReplyLine:
    reply = Reply(text="{}", model_asked="gpt-x", asked_at=NOON, attempts=attempts)
    return ReplyLine(slot=SLOT, key="k", reply=reply)


def failed(**cost: Any) -> ReplyLine:
    return ReplyLine(slot=SLOT, key="k", failure=attempt(**cost))


def of(*lines: ReplyLine) -> Totals:
    account = Account()
    for line in lines:
        account.line(line)
    return account.totals()


class TestCalls:
    def test_every_call_is_counted_with_its_tokens_and_its_cost(self) -> None:
        usage = Usage(input=1000, output=200, cached=800, reasoning=50)
        totals = of(
            replied(attempt(usage, usd=CENT, saved_usd=CENT)),
            replied(attempt(Usage(input=500, output=100), usd=2 * CENT, saved_usd=Decimal("-0.002"))),
            failed(usd=Decimal(0)),
        )
        assert totals == Totals(
            attempts=3,
            input_tokens=1500,
            output_tokens=300,
            cached_tokens=800,
            reasoning_tokens=50,
            usd=Decimal("0.03"),
            saved_usd=Decimal("0.008"),
        )

    def test_all_attempts_of_one_reply_are_counted(self) -> None:
        assert of(replied(attempt(usd=CENT), attempt(usd=CENT))).usd == Decimal("0.02")

    def test_an_unsure_charge_stands_beside_the_known_ones(self) -> None:
        """A call that broke off does not make the rest unknown: its price is known, and so is the most it can cost."""
        totals = of(replied(attempt(usd=CENT)), failed(at_most_usd=5 * CENT), failed(at_most_usd=CENT))
        assert (totals.usd, totals.unsure, totals.usd_unsure) == (CENT, 2, Decimal("0.06"))
        assert totals.unpriced == 0

    def test_a_call_without_a_price_makes_the_sum_unknown(self) -> None:
        totals = of(replied(attempt(usd=CENT)), replied(attempt()), failed())
        assert (totals.usd, totals.unpriced, totals.usd_unsure) == (None, 2, 0)

    def test_what_no_server_counted_is_none_and_not_zero(self) -> None:
        totals = of(replied(attempt(usd=Decimal(0))))
        assert (totals.input_tokens, totals.cached_tokens, totals.saved_usd, totals.usd) == (None, None, None, 0)
        assert of(replied(attempt(Usage(input=5, output=5, cached=0)))).cached_tokens == 0

    def test_the_calls_of_a_probe_are_counted_too(self) -> None:
        account = Account()
        usage = Usage(input=10, output=5)
        account.probe(Probe(model="m", mode=SchemaMode.PROMPT, attempts=(attempt(usage, usd=CENT), attempt(usd=CENT))))
        totals = account.totals()
        assert (totals.attempts, totals.input_tokens, totals.usd, totals.seats) == (2, 10, Decimal("0.02"), 0)

    def test_nothing_called_is_nothing_spent(self) -> None:
        assert Account().totals() == Totals(usd=Decimal(0))


class TestSeats:
    def test_each_seat_stands_under_what_became_of_it(self) -> None:
        account = Account()
        for told in (70, 55, AbstainReason.REFUSED, None):
            account.record(make_seat(told))
        account.record(make_seat(80), held=True)
        totals = account.totals()
        assert (totals.seats, totals.held, totals.scored, totals.abstained, totals.pending) == (5, 1, 2, 1, 1)

    def test_what_a_seat_cost_is_counted_from_its_lines_alone(self) -> None:
        account = Account()
        account.record(make_seat(70, usd=CENT, attempts=2))
        assert (account.totals().usd, account.totals().attempts) == (0, 0)


def test_a_stored_run_comes_to_what_was_counted_while_it_ran(tmp_path: Path) -> None:
    """Probes, failures and replies alike: a run that was cut off is settled to the totals it would have had."""
    personas = tuple(persona(name) for name in ("builder", "skeptic", "founder"))
    panel = Panel(personas=personas, models=(make_model(),))
    prompter = Prompter.load(Path(__file__).parents[1] / "prompts")
    seats = seats_of([TOOL], panel, prompter, lambda keys, **_: {}).seats
    probe = Probe(model=MODEL, mode=SchemaMode.JSON_OBJECT, attempts=(attempt(usd=CENT),))
    manifest = Manifest(
        run_id=RUN,
        command=(),
        started_at=NOON,
        tools=(TOOL.id,),
        personas=tuple(item.id for item in personas),
        models=panel.models,
        probes=(probe,),
    )
    account = Account()
    account.probe(probe)
    with Runs(tmp_path).create(manifest) as run:
        asked = write_plan(seats, run, prompter)
        for seat, bought in zip(seats, (reply_text(personas[0]), "no answer at all", None), strict=True):
            lines = [ReplyLine(slot=seat.slot, key=seat.key, failure=attempt(at_most_usd=CENT))]
            if bought:
                called = attempt(Usage(input=900, output=90, cached=300), usd=CENT, saved_usd=CENT / 4)
                reply = reply_of(bought).model_copy(update={"attempts": (called,)})
                lines.append(ReplyLine(slot=seat.slot, key=seat.key, reply=reply))
            for line in lines:
                run.append(line)
                account.line(line)
            account.record(seat_record(RUN, asked[str(seat.slot)], lines))
        run.sync()
        settle(RunReader(run.path), run, Runs(tmp_path))
        assert run.manifest.totals == account.totals()
        assert account.totals() == Totals(
            seats=3,
            scored=1,
            abstained=1,
            pending=1,
            attempts=6,
            input_tokens=1800,
            output_tokens=180,
            cached_tokens=600,
            usd=3 * CENT,
            unsure=3,
            usd_unsure=3 * CENT,
            saved_usd=CENT / 2,
        )
