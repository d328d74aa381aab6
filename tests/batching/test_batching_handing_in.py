"""Handing in: parts within limits, in the ledger before anything is sent, and never there twice."""

from __future__ import annotations

import itertools
from decimal import Decimal
from pathlib import Path

import pytest
from batching_bench import RUN, SMALL, Bench, Crash, Once, Steps, a_tool, connected, model_at
from loopback.batches import BatchProvider

from panel.batching import Limits, outstanding, parts_of
from panel.errors import RunStopping, SeatFailed, StoreError, UsageError

KINDS = ("openai", "mistral")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def submitted(bench: Bench, limits: Limits = SMALL) -> None:
    async with bench.opened(limits=limits) as batching:
        await batching.submit(bench.left_open().open, leave=bench.leave)


async def crashed_after_create(bench: Bench) -> None:
    """The process ends between the provider's answer and the note of it."""
    for crash_at in itertools.count(1):
        before = len(bench.ledger())
        with pytest.raises(Crash):
            async with bench.opened(Steps(crash_at)) as batching:
                await batching.submit(bench.left_open().open[:3])
        assert before == 0
        if any(line.what == "prepared" for line in bench.ledger()):
            return


class TestParts:
    async def test_a_part_has_as_many_requests_as_the_limits_allow(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind, tools=4)
            await submitted(bench)
        assert [made["lines"] for made in provider.created] == [3, 3, 2]
        assert [(made["run"], made["part"]) for made in provider.created] == [(RUN, "0"), (RUN, "1"), (RUN, "2")]

    async def test_custom_ids_are_the_keys_of_seats(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            await submitted(bench)
        assert [key for made in provider.created for key in made["custom_ids"]] == [seat.key for seat in bench.seats]

    async def test_a_part_has_no_more_bytes_than_the_limits_allow(self, tmp_path: Path) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, "openai")
            line = len(bench.clients["house"].line(bench.seats[0].prompt, bench.seats[0].key))
            await submitted(bench, Limits(bytes=line * 5 // 2))
        assert [made["lines"] for made in provider.created] == [2, 2, 2]
        assert all(len(provider.files[batch.input_file]) <= line * 5 // 2 for batch in provider.batches.values())

    async def test_a_request_that_fits_into_no_part_is_left(self, tmp_path: Path) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, "openai")
            await submitted(bench, Limits(bytes=1000))
        assert provider.created == []
        assert bench.left == {"larger than a part may be": 6}

    async def test_each_model_has_parts_of_its_own(self, tmp_path: Path) -> None:
        with BatchProvider() as provider:
            models = [model_at(provider, "openai", "house"), model_at(provider, "mistral", "other")]
            bench = Bench(tmp_path, provider, "", models=models)
            await submitted(bench, Limits())
        assert sorted(part.model for part in parts_of(bench.reader).values()) == ["house", "other"]
        assert sorted(batch.dialect for batch in provider.batches.values()) == ["mistral", "openai"]

    async def test_a_model_without_a_batch_interface_is_left(self, tmp_path: Path) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, "openai")
            bench.clients.clear()
            await submitted(bench)
        assert bench.left == {"no batch interface": 6}

    async def test_the_ledger_names_a_part_before_anything_of_it_is_sent(self, tmp_path: Path, kind: str) -> None:
        """Law 11: plan and ledger are on the disk before the first call."""
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            await crashed_after_create(bench)
            (prepared,) = bench.ledger()
            assert provider.requests == []
        assert (prepared.what, prepared.part, prepared.model) == ("prepared", 0, "house")
        assert prepared.keys == tuple(seat.key for seat in bench.seats[:3])
        assert outstanding(parts_of(bench.reader).values()) == {"house": set(prepared.keys)}

    async def test_what_is_handed_in_is_not_handed_in_again(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            for _ in range(3):
                await submitted(bench)
        assert (len(provider.created), provider.twice()) == (2, [])

    async def test_one_question_of_two_tools_is_sent_once_and_fills_both(self, tmp_path: Path, kind: str) -> None:
        words = "Two entries of a catalogue say just this of a tool that keeps records in one file, with no server."
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind, tools=[a_tool(1, words), a_tool(2, words)])
            await bench.whole()
        assert sum(made["lines"] for made in provider.created) == 2
        assert all(record.scored for record in bench.records().values())
        costs = sorted(record.cost.usd or Decimal(0) for record in bench.records().values())
        assert costs[:2] == [0, 0]
        assert costs[2] > 0


class TestWhatLooksLikeAFailure:
    @pytest.mark.parametrize("fault", ["lost", "cut"])
    async def test_a_batch_that_was_created_all_the_same_is_taken_over(
        self, tmp_path: Path, kind: str, fault: str
    ) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            provider.next_calls("create", fault)
            await bench.whole()
        assert (len(provider.created), provider.twice()) == (2, [])
        assert all(record.scored for record in bench.records().values())
        assert any("found in the provider's list" in line.reason for line in bench.ledger())
        assert any("is not sent again" in words for words in bench.said)

    async def test_a_batch_that_the_list_lacks_twice_is_handed_in_again(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            provider.next_calls("create", "server_error")
            await submitted(bench)
        assert (len(provider.created), provider.twice()) == (2, [])
        assert provider.counts["list"] == 2
        assert len(bench.slept) == 2

    async def test_a_clear_refusal_gives_the_part_up_and_frees_its_money(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            provider.next_calls("create", "not_found")
            async with bench.opened() as batching:
                submission = await batching.submit(bench.left_open().open)
            assert list(submission.stopped) == ["house"]
            assert (bench.budget.reserved, bench.budget.spent) == (0, 0)
            assert [line.what for line in bench.ledger()] == ["prepared", "given_up"]
            await bench.whole()
        assert provider.twice() == []
        assert all(record.scored for record in bench.records().values())

    async def test_a_refusal_that_passes_is_tried_again(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            provider.next_calls("create", "rate_limited", "rate_limited")
            await submitted(bench)
        assert [made["part"] for made in provider.created] == ["0", "1"]
        assert provider.counts["list"] == 0

    async def test_a_provider_that_stays_down_leaves_the_part_to_be_found_out(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            provider.next_calls("create", *["server_error"] * 3)
            async with bench.opened() as batching:
                submission = await batching.submit(bench.left_open().open)
            assert isinstance(submission.stopped["house"], SeatFailed)
            assert [part.is_unclear for part in parts_of(bench.reader).values()] == [True]
            await bench.whole()
        assert provider.twice() == []
        assert all(record.scored for record in bench.records().values())


class TestAfterACrash:
    async def test_nothing_is_handed_in_while_there_is_no_list(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            provider.next_calls("create", "lost")
            provider.next_calls("list", *["server_error"] * 8)
            for _ in range(2):
                with pytest.raises(RunStopping) as caught:
                    await submitted(bench)
                assert caught.value.code == "no_list"
                assert "Nothing is handed in before the list is there" in caught.value.hint
            assert len(provider.created) == 1
            await bench.whole()
        assert (len(provider.created), provider.twice()) == (2, [])

    async def test_looking_tells_of_what_is_unclear_and_hands_nothing_in(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            await crashed_after_create(bench)
            async with bench.opened() as batching:
                (standing,) = await batching.look()
            assert "not known whether part 0 of house was handed in" in str(standing.problem)
            assert provider.requests == []

    async def test_of_two_batches_of_one_part_one_is_taken_over_and_the_other_cancelled(
        self, tmp_path: Path, kind: str
    ) -> None:
        """Another process may have handed in a copy of the run. Neither is read twice, and it is said aloud."""
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            await crashed_after_create(bench)
            client = bench.clients["house"]
            lines = [client.line(seat.prompt, seat.key) for seat in bench.seats[:3]]
            jobs = [await client.submit(lines, run=RUN, part=0) for _ in range(2)]
            await bench.whole()
        part = parts_of(bench.reader)[0]
        assert part.job in jobs
        assert part.strays == set(jobs) - {part.job}
        assert provider.batches[next(iter(part.strays))].status in ("cancelling", "cancelled")
        assert any("second batch of part 0" in words for words in bench.said)
        assert all(record.scored for record in bench.records().values())
        assert bench.twice() == []

    async def test_what_would_be_asked_otherwise_today_is_given_up_and_asked_anew(
        self, tmp_path: Path, kind: str
    ) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            await crashed_after_create(bench)
            bench.models["house"] = bench.models["house"].model_copy(update={"max_output_tokens": 99})
            bench.clients["house"] = connected(bench.models["house"])
            await bench.whole()
        assert [line.part for line in bench.ledger() if line.what == "given_up"] == [0]
        assert [made["part"] for made in provider.created] == ["1", "2"]
        assert all(record.scored for record in bench.records().values())

    async def test_a_batch_under_our_run_that_no_ledger_knows_is_told(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            client = bench.clients["house"]
            await client.submit([client.line(bench.seats[0].prompt, "x")], run=RUN, part=7)
            await crashed_after_create(bench)
            await bench.whole()
        assert any("part 7, which the run's ledger does not know" in words for words in bench.said)

    async def test_a_model_that_is_not_set_up_any_more_stops_it(self, tmp_path: Path) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, "openai")
            await crashed_after_create(bench)
            bench.clients.clear()
            with pytest.raises(UsageError, match="a batch of house, which is not set up here"):
                await submitted(bench)


class TestDamage:
    @pytest.mark.parametrize("line", range(4))
    async def test_a_ledger_that_lost_a_line_never_leads_to_a_second_batch(
        self, tmp_path: Path, kind: str, line: int
    ) -> None:
        """prepared 0, submitted 0, prepared 1, submitted 1: what a part holds cannot be missed, its id can."""
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            await submitted(bench)
            ledger = bench.reader.path / "batches.jsonl"
            lines = ledger.read_text("utf-8").splitlines(keepends=True)
            ledger.write_text("".join([*lines[:line], *lines[line + 1 :]]), "utf-8")
            if line in (0, 2):
                with pytest.raises(StoreError, match=f"does not say what part {line // 2} holds"):
                    await submitted(bench)
            else:
                await submitted(bench)
        assert (len(provider.created), provider.twice()) == (2, [])

    async def test_a_last_line_cut_anywhere_never_leads_to_a_second_batch(self, tmp_path: Path) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, "openai")
            await submitted(bench)
            ledger = bench.reader.path / "batches.jsonl"
            whole = ledger.read_bytes()
            last = whole.rstrip(b"\n").rindex(b"\n") + 1
            for cut in range(last, len(whole), 40):
                ledger.write_bytes(whole[:cut])
                await submitted(bench)
        assert (len(provider.created), provider.twice()) == (2, [])


class TestMoney:
    async def test_what_does_not_fit_stays_open_and_what_fits_is_handed_in(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind, max_cost=Decimal("0.1"))
            await submitted(bench)
            handed_in = sum(made["lines"] for made in provider.created)
            assert handed_in in (2, 4)  # two seats sit before each tool: no panel is half asked
            assert bench.left == {"budget": 6 - handed_in}
            held = sum(part.reserved_usd or 0 for part in parts_of(bench.reader).values())
            assert bench.budget.reserved == held
            assert held <= Decimal("0.1")

    async def test_what_is_held_for_open_parts_survives_the_process(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind, max_cost=Decimal("0.1"))
            await submitted(bench)
            before, held = len(provider.created), bench.budget.reserved
            await submitted(bench)
            assert bench.budget.reserved == held > 0
            assert len(provider.created) == before

    async def test_collecting_settles_it_and_makes_room_for_the_rest(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind, max_cost=Decimal("0.1"))
            await bench.whole()
            assert bench.budget.reserved == 0
            spent = bench.budget.spent
            assert spent == sum(record.cost.usd or 0 for record in bench.records().values()) > 0
            await bench.whole()
            assert bench.budget.spent > spent
        assert all(record.scored for record in bench.records().values())
        assert bench.budget.spent <= Decimal("0.1")

    async def test_a_batch_at_the_providers_own_address_costs_half(self, tmp_path: Path) -> None:
        with BatchProvider() as provider:
            dear = Bench(tmp_path / "dear", provider, "openai")
            await dear.whole()
        with BatchProvider() as provider:
            cheap = Bench(tmp_path / "cheap", provider, "openai")
            home = {"base_url": "https://api.openai.com/v1"}
            cheap.models["house"] = cheap.models["house"].model_copy(update=home)
            await cheap.whole()
        whole, half = (bench.log()[0].attempts[0].cost.usd for bench in (dear, cheap))
        assert whole is not None
        assert half == whole / 2


class TestFollowUp:
    async def test_unusable_replies_are_asked_about_together_as_often_as_live(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            provider.rows.by_id = {bench.seats[0].key: "off_schema", bench.seats[5].key: "off_schema"}
            await bench.whole()
            await bench.whole()
            assert [made["lines"] for made in provider.created] == [3, 3, 2, 2]
            follow_up = parts_of(bench.reader)[2]
            assert follow_up.ask == 1
            assert set(follow_up.because.values()) == {"invalid"}
        lines = [line for line in bench.log() if line.key == bench.seats[0].key]
        asked = [(0, "first", 0), (1, "invalid", 2), (2, "invalid", 3)]
        assert [(line.ask, line.asked_because, line.part) for line in lines] == asked
        assert bench.records()[str(bench.seats[0].slot)].settled

    async def test_a_cut_reply_is_asked_for_with_twice_the_cap(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            key = bench.seats[0].key
            provider.rows.by_id = Once({key: "length_cut"})
            await bench.whole()
            follow_up = parts_of(bench.reader)[2]
            assert (follow_up.because, follow_up.caps) == ({key: "cut"}, {key: 12000})
        line = next(line for line in bench.log() if line.part == 2)
        assert line.attempts[0].cap == 12000
        assert bench.records()[str(bench.seats[0].slot)].scored

    async def test_a_refusal_is_an_answer(self, tmp_path: Path, kind: str) -> None:
        with BatchProvider() as provider:
            bench = Bench(tmp_path, provider, kind)
            provider.rows.by_id = {bench.seats[0].key: "refusal"}
            await bench.whole()
        assert len(provider.created) == 2
        assert bench.verdicts()[str(bench.seats[0].slot)] == "refused"
