"""Buying: what is refused before anything is begun, what finding out costs, and what is settled when it is stopped."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from loopback.behaviours import fault
from loopback.fast import FastProvider
from loopback.server import Answer, Request

from panel.convene import Event
from panel.desk import Desk, Outcome, Wanted, buying
from panel.errors import ClientError, InputError, RunStopping, UsageError
from panel.prices import most
from panel.records.model import Price
from panel.records.run import Manifest
from panel.records.tool import Tool
from panel.seating import Seat, seats_of
from panel.testing import NOON, TOOL

HOUSE = Wanted(models=("house",))


@pytest.fixture
def server() -> Iterator[FastProvider]:
    with FastProvider() as running:
        yield running


def entry(url: str, name: str = "house", price: str = "price = { input = 1.0, output = 2.0 }", more: str = "") -> str:
    return f"""
        [models.{name}]
        provider = "compatible"
        model = "gpt-{name}-1"
        base_url = "{url}/v1"
        {price}
        {more}
        """


def desk(folder: Path, *entries: str, environ: dict[str, str] | None = None) -> Desk:
    (folder / "panel.toml").write_text("\n".join(("concurrency = 1", *entries)), "utf-8")
    return Desk.open(folder, environ or {})


def review(at: Desk, wanted: Wanted = HOUSE) -> Outcome:
    return at.review(at.tools(["sqlite"]), wanted, command=("panel", "review", "sqlite"))


def manifest(at: Desk) -> Manifest:
    return at.runs.open("latest").manifest


def nothing_was_begun(folder: Path) -> bool:
    return not [path for path in (folder / "runs").glob("*") if path.is_dir()]


class TestRefusals:
    """What can be refused is refused before a run is made, and without a call where that is possible."""

    def test_a_model_without_a_price_is_not_asked_under_a_cap(self, tmp_path: Path, server: FastProvider) -> None:
        at = desk(tmp_path, entry(server.url, price=""))
        with pytest.raises(UsageError, match="its price is unknown"):
            review(at, HOUSE._replace(max_cost=Decimal(1)))
        assert nothing_was_begun(tmp_path)
        assert server.stats()["requests"] == 0

    def test_it_is_where_that_is_allowed_and_is_said_not_to_count(self, tmp_path: Path, server: FastProvider) -> None:
        at = desk(tmp_path, entry(server.url, price=""))
        done = review(at, HOUSE._replace(max_cost=Decimal(1), allow_unpriced=True))
        assert (done.totals.scored, done.totals.usd, done.totals.unpriced) == (4, None, done.totals.attempts)

    def test_a_server_of_ones_own_costs_nothing_under_any_cap(self, tmp_path: Path, server: FastProvider) -> None:
        done = review(desk(tmp_path, entry(server.url, price="price = 0")), HOUSE._replace(max_cost=Decimal(0)))
        assert (done.totals.scored, done.totals.usd, done.stopped) == (4, 0, None)

    def test_a_missing_key_is_told_before_another_models_server_is_asked(
        self, tmp_path: Path, server: FastProvider
    ) -> None:
        keyed = entry(server.url, "keyed", more='key_variable = "KEYED_KEY"')
        at = desk(tmp_path, entry(server.url), keyed)
        with pytest.raises(RunStopping, match="KEYED_KEY is not set"):
            review(at, Wanted(models=("house", "keyed")))
        assert nothing_was_begun(tmp_path)
        assert server.stats()["requests"] == 0

    def test_words_for_asking_again_that_cannot_be_put_together_are_told_before_anything_is_paid(
        self, tmp_path: Path, server: FastProvider
    ) -> None:
        at = desk(tmp_path, entry(server.url, more='schema_mode = "json_schema"'))
        templates = {**at.prompter.templates, "reask": "{{ first }} {{ nobody_knows }}"}
        at.__dict__["prompter"] = type(at.prompter)(dict(templates))
        with pytest.raises(InputError, match="nobody_knows"):
            review(at)
        assert nothing_was_begun(tmp_path)
        assert server.stats()["requests"] == 0


class TestProbes:
    def test_they_are_in_the_manifest_priced_and_made_once(self, tmp_path: Path, server: FastProvider) -> None:
        at = desk(tmp_path, entry(server.url))
        done = review(at)
        (probe,) = manifest(at).probes
        assert (probe.model, probe.mode, len(probe.attempts)) == ("house", "json_schema", 1)
        assert probe.attempts[0].cost.usd
        assert done.totals.attempts == 5
        again = review(desk(tmp_path, entry(server.url)), HOUSE._replace(refresh=True))
        assert manifest(at).probes == ()
        assert again.totals.attempts == 4

    def test_a_stated_mode_needs_none(self, tmp_path: Path, server: FastProvider) -> None:
        at = desk(tmp_path, entry(server.url, more='schema_mode = "json_schema"'))
        assert review(at).totals.attempts == 4
        assert manifest(at).probes == ()

    def test_a_cap_holds_for_them_too(self, tmp_path: Path, server: FastProvider) -> None:
        """`--max-cost` is hard: not even the first small call may exceed it."""
        at = desk(tmp_path, entry(server.url))
        with pytest.raises(RunStopping, match="--max-cost 0") as refused:
            review(at, HOUSE._replace(max_cost=Decimal(0)))
        assert refused.value.code == "budget"
        assert server.stats()["requests"] == 0

    def test_what_they_cost_is_part_of_what_the_run_may_spend(self, tmp_path: Path, server: FastProvider) -> None:
        """Under a cap for exactly two seats, only one is asked where it had to be found out how."""
        at = desk(tmp_path, entry(server.url, more='schema_mode = "json_schema"'))
        second = at.dry_run(at.tools(["sqlite"]), HOUSE)[1].seat
        first = next(seat for seat in review(at).reviews[0].seats if seat.slot.persona == "builder")
        bound = most(second.model, second.prompt, dt.datetime.now(dt.UTC))
        assert first.cost.usd is not None
        assert bound is not None
        assert bound.usd is not None
        wanted = HOUSE._replace(max_cost=first.cost.usd + bound.usd, refresh=True)
        assert review(at, wanted).totals.scored == 2
        for folder in (tmp_path / "runs").iterdir():
            folder.rename(tmp_path / folder.name)
        probed = review(desk(tmp_path, entry(server.url)), wanted)
        assert (probed.totals.attempts, probed.totals.scored) == (2, 1)

    def test_one_that_fails_and_may_pass_is_made_again_and_told(self, tmp_path: Path, server: FastProvider) -> None:
        """A busy moment at the start does not refuse the command; the failed call stands in the manifest."""
        times = iter(range(100))

        def busy_once(request: Request) -> Answer:
            return _busy(request) if next(times) == 0 else _plain(server, request)

        _busy = fault(503, "Overloaded.", type="server_error")
        server.always(busy_once)
        at = desk(tmp_path, entry(server.url))
        done = review(at)
        (probe,) = manifest(at).probes
        assert [attempt.error for attempt in probe.attempts] == ["server_error", None]
        assert done.totals.usd is not None

    def test_a_refusal_that_is_not_charged_leaves_the_cost_known(self, tmp_path: Path, server: FastProvider) -> None:
        """A server that knows no schema says so with a 400, which costs nothing and is no unknown cost."""

        def no_schema(request: Request) -> Answer:
            asks = (request.body.get("response_format") or {}).get("type")
            refused = fault(400, "response_format json_schema is not supported")
            return refused(request) if asks == "json_schema" else _plain(server, request)

        server.always(no_schema)
        at = desk(tmp_path, entry(server.url))
        done = review(at)
        (probe,) = manifest(at).probes
        assert probe.mode == "json_object"
        assert probe.attempts[0].cost.usd == 0
        assert (done.totals.scored, done.totals.unpriced) == (4, 0)
        assert done.totals.usd

    def test_a_server_that_is_down_is_told_and_nothing_is_begun(self, tmp_path: Path, server: FastProvider) -> None:
        with pytest.raises(ClientError, match="house"):
            review(desk(tmp_path, entry("http://127.0.0.1:9")))
        assert nothing_was_begun(tmp_path)

    def test_where_it_cannot_be_remembered_it_is_asked_each_time(self, tmp_path: Path, server: FastProvider) -> None:
        """A memory that cannot be written costs a call and no more."""
        desk(tmp_path, entry(server.url)).memory._path.mkdir(parents=True)
        for _ in range(2):
            at = desk(tmp_path, entry(server.url))
            assert review(at, HOUSE._replace(refresh=True)).totals.scored == 4
            assert len(manifest(at).probes) == 1

    def test_a_server_that_cannot_be_found_out_stops_its_own_model_only(
        self, tmp_path: Path, server: FastProvider
    ) -> None:
        """The others are asked; what was bought to find them out counts under the cap."""
        at = desk(tmp_path, entry(server.url), entry("http://127.0.0.1:9", "other"))
        outcome = review(at, Wanted(models=("house", "other"), max_cost=Decimal(1)))
        assert (outcome.totals.scored, outcome.totals.pending) == (4, 4)
        assert [stop.code for stop in outcome.stops] == ["unreachable"]
        assert [probe.model for probe in manifest(at).probes] == ["house"]

    def test_where_no_model_is_left_nothing_is_begun(self, tmp_path: Path) -> None:
        at = desk(tmp_path, entry("http://127.0.0.1:9", "other"))
        with pytest.raises(ClientError):
            review(at, Wanted(models=("other",)))
        assert at.runs.list() == ()


def _plain(server: FastProvider, request: Request) -> Answer:
    """What the server says to a request to which nothing is done."""
    from loopback.answering import identity_of, reply_to
    from loopback.behaviours import ok

    return ok(reply_to(request.body, identity_of(request.body)))(request)


class TestWarming:
    """The first of a prefix goes ahead where that saves money, and only there."""

    def seats(self, at: Desk, wanted: Wanted, tools: int) -> tuple[Seat, ...]:
        several = [
            TOOL.model_copy(update={"id": f"tool-{n}", "description": f"{TOOL.description} {n}"}) for n in range(tools)
        ]
        return seats_of(several, at.panel(wanted), at.prompter, lambda keys, open_round=False: {}).seats

    def test_single_reviews_hold_nothing_back(self, tmp_path: Path) -> None:
        seats = self.seats(desk(tmp_path), Wanted(models=("openai/gpt-x",)), 1)
        assert not buying._worth_warming(seats)

    def test_eight_seats_of_one_persona_and_model_are_worth_it(self, tmp_path: Path) -> None:
        at, wanted = desk(tmp_path), Wanted(models=("openai/gpt-x",))
        assert [bool(buying._worth_warming(self.seats(at, wanted, tools))) for tools in (7, 8)] == [False, True]

    def test_where_cached_tokens_cost_the_same_nothing_is_saved(self, tmp_path: Path) -> None:
        at = desk(tmp_path, entry("http://127.0.0.1:9"))
        seats = self.seats(at, HOUSE, 8)
        assert not buying._worth_warming(seats)
        cached = Price(input=Decimal(1), output=Decimal(2), cached=Decimal("0.1"))
        priced = [seat._replace(model=seat.model.model_copy(update={"price": cached})) for seat in seats]
        assert buying._worth_warming(priced)

    def test_what_older_runs_hold_does_not_count(self, tmp_path: Path) -> None:
        from builders import make_seat

        seats = self.seats(desk(tmp_path), Wanted(models=("openai/gpt-x",)), 8)
        held = [seat._replace(held=make_seat()) if seat.slot.tool == "tool-0" else seat for seat in seats]
        assert not buying._worth_warming(held)


class TestInterrupted:
    def test_what_arrived_is_settled_and_calls_under_way_count_against_the_cap(
        self, tmp_path: Path, server: FastProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Law 11, and the cap over resumes: a call that Ctrl-C broke off may be charged, and is reserved for ever."""

        def interrupt(event: Event) -> None:
            asyncio.get_running_loop().call_soon(_interrupt)

        def _interrupt() -> None:
            raise KeyboardInterrupt

        at = desk(tmp_path, entry(server.url, more='schema_mode = "json_schema"'))
        server.latency_s = 0.2
        with pytest.raises(KeyboardInterrupt):
            at.review(at.tools(["sqlite"]), HOUSE._replace(max_cost=Decimal("0.06")), watch=interrupt)
        totals = manifest(at).totals
        assert (totals.scored, totals.pending) == (1, 3)
        assert (totals.attempts, totals.unsure) == (2, 1)
        assert totals.usd_unsure > Decimal("0.02")
        server.latency_s = 0.0
        done = desk(tmp_path, entry(server.url, more='schema_mode = "json_schema"')).resume("latest")
        assert done.stopped is not None
        assert done.stopped.code == "budget"
        assert (done.totals.usd or 0) + done.totals.usd_unsure <= Decimal("0.06")


def test_every_model_that_stopped_is_told(tmp_path: Path, server: FastProvider) -> None:
    """Several models, two of which stop for reasons of their own; the third is asked all the same."""
    stated = 'schema_mode = "json_schema"'

    def refuses(request: Request) -> Answer:
        known = {"gpt-broke-1": fault(429, "no credit", type="insufficient_quota", code="insufficient_quota")}
        known["gpt-gone-1"] = fault(404, "The model does not exist", code="model_not_found")
        asked = known.get(str(request.body["model"]))
        return asked(request) if asked else _plain(server, request)

    server.always(refuses)
    entries = [entry(server.url, name, more=stated) for name in ("house", "broke", "gone")]
    done = review(desk(tmp_path, *entries), Wanted(models=("house", "broke", "gone")))
    assert sorted(error.code for error in done.stops) == ["no_model", "quota"]
    assert (done.totals.scored, done.totals.pending) == (4, 8)


def test_a_question_that_is_with_a_batch_is_asked_by_nobody_else(tmp_path: Path, server: FastProvider) -> None:
    """It would be paid for twice: the command is refused with the way out."""
    from panel.records.batch import BatchLine

    at = desk(tmp_path, entry(server.url, more='schema_mode = "json_schema"'))
    panel = at.panel(HOUSE)
    tools = [item for item in at.tools(["sqlite"]) if isinstance(item, Tool)]
    seats = seats_of(tools, panel, at.prompter, lambda keys, open_round=False: {}).seats
    other = desk(tmp_path, entry(server.url, more='schema_mode = "json_schema"'))
    review(other, Wanted(models=("offline",)))
    run = other.runs.open("latest").run_id
    with other.runs.resume(run) as writer:
        line = BatchLine(what="prepared", part=0, at=NOON, model="house", keys=(seats[0].key,))
        writer.ledger(line)
    with pytest.raises(UsageError, match="on their way by batch") as refused:
        review(at, HOUSE)
    assert f"panel batch collect {run}" in refused.value.hint
