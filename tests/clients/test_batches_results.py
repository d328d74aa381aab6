"""What a batch brought: from both files, whatever it ended as, joined by id, hostile rows told and none lost."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from batch_samples import KINDS, RUN, a_part, carried_out, client_at, collected, ended, keys
from client_samples import KEY, SCHEMA, a_prompt
from loopback.batches import BatchProvider, End
from loopback.server import Answer

from panel.clients.batches import download
from panel.clients.batches.base import Results
from panel.errors import ClientError, SeatFailed, UsageError
from panel.records.batch import BatchResult, Phase
from panel.records.reply import Cost, Finish

pytestmark = pytest.mark.parametrize("kind", KINDS)


LONG = 24


@pytest.fixture(autouse=True)
def _files_for_long_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mistral is given what is longer than ten requests as a file."""
    monkeypatch.setattr("panel.clients.batches.mistral.INLINE_LINES", 10)


def by_id(results: list[BatchResult]) -> dict[str, BatchResult]:
    found = {result.custom_id: result for result in results}
    assert len(found) == len(results)
    return found


@pytest.mark.parametrize("number", [6, LONG])
async def test_every_request_has_its_reply_though_the_order_is_not_kept(kind: str, number: int) -> None:
    """Of files, and at Mistral, of a job that was given its requests along with it."""
    with BatchProvider(seed=3) as provider:
        async with client_at(provider, kind) as client:
            state, results = await carried_out(client, number)
        assert (state.phase, state.done) == (Phase.DONE, number)
        assert [result.custom_id for result in results] != keys(number)
        assert by_id(results).keys() == set(keys(number))
        assert provider.counts["download"] == (0 if kind == "mistral" and number == 6 else 1)


async def test_a_row_is_read_as_a_live_answer_and_says_that_it_came_by_batch(kind: str) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind, max_output_tokens=5000) as client:
            state, results = await carried_out(client, 1)
        (reply,) = (result.reply for result in results)
        assert reply is not None
        assert json.loads(reply.text).keys() == SCHEMA["properties"].keys()
        assert (reply.finish, reply.model_asked, reply.model_served) == (Finish.STOP, "test-model", "test-model")
        assert reply.usage is not None
        assert reply.usage.input is not None
        (attempt,) = reply.attempts
        assert (attempt.via, attempt.mode, attempt.cap, attempt.status) == ("batch", "json_schema", 5000, 200)
        assert attempt.usage == reply.usage
        assert attempt.request_id == reply.request_id == "req-batch-1"
        assert reply.asked_at == attempt.asked_at == state.created_at
        assert reply.latency_s == attempt.latency_s == 3600.0


async def test_no_answer_is_from_the_future(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest answer tells which model stands behind a name now: one that stays the newest has panels asked anew."""
    before = dt.datetime.now(dt.UTC)
    with BatchProvider() as provider:
        shown = provider._shown
        late = {"created_at": 9_000_000_000}
        monkeypatch.setattr(provider, "_shown", lambda *given, **how: {**shown(*given, **how), **late})
        async with client_at(provider, kind) as client:
            _, results = await carried_out(client, 1)
    (reply,) = (result.reply for result in results)
    assert reply is not None
    assert before <= reply.asked_at <= dt.datetime.now(dt.UTC)


async def test_a_prompt_with_a_cap_of_its_own_keeps_it(kind: str) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            larger = a_prompt().model_copy(update={"max_output_tokens": 12000})
            job = await client.submit([client.line(larger, "a"), client.line(a_prompt(), "b")], run=RUN, part=0)
            await ended(client, job)
            found = by_id(await collected(client, job, caps={"a": 12000}))
        caps = {key: result.reply.attempts[0].cap for key, result in found.items() if result.reply}
        assert caps == {"a": 12000, "b": 6000}


async def test_a_refused_row_is_a_failed_attempt_with_the_code_of_a_live_call(kind: str) -> None:
    with BatchProvider(by_id={"seat-1": "failed", "seat-2": "timed_out"}) as provider:
        async with client_at(provider, kind) as client:
            state, results = await carried_out(client)
        assert (state.done, state.failed) == (4, 2)
        found = by_id(results)
        refused, late = found["seat-1"].failure, found["seat-2"].failure
        assert refused is not None
        assert late is not None
        assert (refused.error, refused.status, refused.via) == ("bad_request", 400, "batch")
        assert (refused.cost.usd, refused.cap, refused.request_id) == (Decimal(0), 6000, "req-batch-1")
        assert refused.detail == "mine: the provider refused the request (HTTP 400: The row was refused.)"
        assert (late.error, late.status, late.cost) == ("timeout", 408, Cost())


async def test_a_batch_of_which_every_row_failed_has_no_output_and_is_done(kind: str) -> None:
    with BatchProvider(rows={"failed": 1.0}) as provider:
        async with client_at(provider, kind) as client:
            state, results = await carried_out(client)
        assert (state.phase, state.done, state.failed) == (Phase.DONE, 0, 6)
        assert Counter(result.failure.error for result in results if result.failure) == {"bad_request": 6}


@pytest.mark.parametrize(("status", "phase", "code"), [("expired", Phase.EXPIRED, "batch_expired")])
@pytest.mark.parametrize("number", [8, 24])
async def test_an_expired_batch_brings_what_it_has_done_and_why_not_the_rest(
    kind: str, status: str, phase: Phase, code: str, number: int
) -> None:
    with BatchProvider(ends=[End(status, share=0.25)]) as provider:
        async with client_at(provider, kind) as client:
            state, results = await carried_out(client, number)
        assert state.phase is phase
        assert by_id(results).keys() == set(keys(number))
        assert sum(result.reply is not None for result in results) == number // 4
        failures = [result.failure for result in results if result.failure]
        assert {(failure.error, failure.cost.usd) for failure in failures} == {(code, Decimal(0))}


async def test_a_cancelled_batch_brings_what_it_has_done_and_why_not_the_rest(kind: str) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            job = await client.submit(a_part(client, 8), run=RUN, part=0)
            await client.cancel(job)
            await ended(client, job)
            results = await collected(client, job)
        codes = Counter(result.failure.error if result.failure else "reply" for result in results)
        assert codes == {"reply": 4, "batch_cancelled": 4}


async def test_of_requests_that_the_provider_does_not_mention_nothing_is_said(kind: str) -> None:
    with BatchProvider(ends=[End("expired", share=0.5, told=False)], by_id={"seat-0": "missing"}) as provider:
        async with client_at(provider, kind) as client:
            _, results = await carried_out(client, 8)
        assert len(results) in (3, 4)  # the one that is missing may be among those never reached


async def test_a_batch_that_failed_as_a_whole_brings_nothing(kind: str) -> None:
    with BatchProvider(ends=[End("failed")]) as provider:
        async with client_at(provider, kind) as client:
            state, results = await carried_out(client)
        assert (state.phase, results) == (Phase.FAILED, [])


@pytest.mark.parametrize("number", [6, LONG])
async def test_answers_that_are_counted_and_cannot_be_had_are_not_missing(kind: str, number: int) -> None:
    """Law 11: what was paid for is not asked for again because the provider was slow to name its file."""
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            job = await client.submit(a_part(client, number), run=RUN, part=0)
            await ended(client, job)
            batch = provider.batches[job]
            batch.output_file, batch.input_file = None, "file-1"
            with pytest.raises(SeatFailed, match=f"counts {number} answers, and the provider gives none") as caught:
                await collected(client, job)
        assert (caught.value.code, caught.value.retryable) == ("no_file", True)


async def test_a_batch_that_is_done_and_shows_nothing_at_all_is_not_empty(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 11: its files and counts are late, and its requests are not asked again for that."""
    bare = {"output_file_id", "output_file", "request_counts", "total_requests", "succeeded_requests", "outputs"}
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            job = await client.submit(a_part(client), run=RUN, part=0)
            await ended(client, job)
            shown = provider._shown
            monkeypatch.setattr(
                provider, "_shown", lambda *given, **how: {**shown(*given, **how), **dict.fromkeys(bare)}
            )
            with pytest.raises(SeatFailed, match=f"batch {job} is done, and the provider gives none") as caught:
                await collected(client, job)
        assert caught.value.code == "no_file"


async def test_a_batch_is_not_taken_for_another(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider, or a cache before it, that answers about one batch with another one's state."""
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            first = await client.submit(a_part(client), run=RUN, part=0)
            second = await client.submit(a_part(client, 4), run=RUN, part=1)
            await ended(client, second)
            theirs = provider.batches[second]
            monkeypatch.setitem(provider.batches, first, theirs)
            for asking in (client.state(first), client.cancel(first), collected(client, first)):
                with pytest.raises(SeatFailed, match=f"about batch {first}, the provider tells of batch") as caught:
                    await asking
                assert (caught.value.code, caught.value.retryable) == ("other_batch", False)


async def test_a_batch_that_is_not_over_has_no_results_yet(kind: str) -> None:
    with BatchProvider(advance="step") as provider:
        async with client_at(provider, kind) as client:
            job = await client.submit(a_part(client), run=RUN, part=0)
            with pytest.raises(UsageError, match="is waiting, so it has no results yet"):
                await collected(client, job)


async def test_ids_of_nobody_and_rows_that_come_twice_are_given_as_they_are(kind: str) -> None:
    """Who asked knows its own ids; a row of another's batch never passes for one of ours."""
    with BatchProvider(by_id={"seat-1": "unknown_id", "seat-2": "duplicate", "seat-3": "foreign"}) as provider:
        async with client_at(provider, kind) as client:
            _, results = await carried_out(client)
        found = Counter(result.custom_id for result in results)
        assert found == {
            **dict.fromkeys(["seat-0", "seat-3", "seat-4", "seat-5"], 1),
            "seat-2": 2,
            "nobody-seat-1": 1,
            "(request/1 of another)": 1,
        }


DAMAGED = {"garbled": "", "torn": "seat-2"}


@pytest.mark.parametrize("damage", DAMAGED)
async def test_a_damaged_row_costs_no_other_and_is_told(kind: str, damage: str) -> None:
    with BatchProvider(by_id={"seat-2": damage}) as provider:
        async with client_at(provider, kind) as client:
            _, results = await carried_out(client, LONG)
        found = by_id(results)
        assert len(found) == LONG
        failure = found[DAMAGED[damage]].failure
        assert failure is not None
        assert (failure.error, failure.cost) == ("not_json", Cost())
        assert "of its output file cannot be read)" in (failure.detail or "")


async def test_a_row_that_names_two_ids_is_nobodys_answer(kind: str) -> None:
    """Law 4: nothing is made of an answer that says twice whose it is."""
    with BatchProvider(by_id={"seat-2": "twice"}) as provider:
        async with client_at(provider, kind) as client:
            _, results = await carried_out(client, LONG)
        found = by_id(results)
        assert found["seat-2"].failure is not None
        assert "another" not in found


UNREAD = {"empty_choices": "no_choices", "broken_json": "not_json"}


@pytest.mark.parametrize("fault", UNREAD)
async def test_a_row_without_a_reply_is_a_failed_attempt(kind: str, fault: str) -> None:
    with BatchProvider(by_id={"seat-2": fault}) as provider:
        async with client_at(provider, kind) as client:
            _, results = await carried_out(client)
        failure = by_id(results)["seat-2"].failure
        assert failure is not None
        assert (failure.error, failure.cost, failure.via) == (UNREAD[fault], Cost(), "batch")


async def test_a_cut_reply_keeps_its_text_and_says_so(kind: str) -> None:
    with BatchProvider(by_id={"seat-2": "length_cut"}) as provider:
        async with client_at(provider, kind) as client:
            _, results = await carried_out(client)
        reply = by_id(results)["seat-2"].reply
        assert reply is not None
        assert (reply.finish, bool(reply.text)) == (Finish.LENGTH, True)


async def test_a_key_that_a_row_echoes_is_taken_out(kind: str) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            job = await client.submit(
                [client.line(a_prompt(KEY), "seat-0"), *a_part(client, LONG)[1:]], run=RUN, part=0
            )
            await ended(client, job)
            name = next(file for file, content in provider.files.items() if b'"response"' in content)
            provider.files[name] = (
                provider.files[name].replace(b"chatcmpl", KEY.encode()).replace(b'"req-batch-1"', f'"{KEY}"'.encode())
            )
            results = await collected(client, job)
        assert len(results) == LONG
        assert not [result for result in results if KEY in result.model_dump_json()]


@pytest.mark.parametrize("fault", ["rate_limited", "server_error", "cut", "stall", "not_found"])
async def test_a_download_that_fails_is_an_error_and_can_be_made_again(kind: str, fault: str) -> None:
    codes = {"cut": "interrupted", "stall": "timeout", "not_found": "no_file"}
    with BatchProvider() as provider:
        async with client_at(provider, kind, timeout_s=0.5) as client:
            job = await client.submit(a_part(client, LONG), run=RUN, part=0)
            await ended(client, job)
            provider.next_calls("download", fault)
            with pytest.raises(ClientError) as caught:
                await collected(client, job)
            assert caught.value.code == codes.get(fault, fault)
            assert len(await collected(client, job)) == LONG


async def test_a_download_that_breaks_has_given_whole_rows_only(kind: str) -> None:
    results: list[BatchResult] = []
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            job = await client.submit(a_part(client, 501), run=RUN, part=0)
            await ended(client, job)
            provider.next_calls("download", "cut")
            with pytest.raises(SeatFailed):
                await gather(client.results(job), results)
    assert 0 < len(results) < 501
    assert all(result.reply for result in results)


async def gather(coming: Results, results: list[BatchResult]) -> None:
    async for result in coming:
        results.append(result)


async def test_a_whole_file_is_larger_than_any_response_may_be_and_a_row_is_not(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that is too long costs no other, and is the failed attempt of the seat that it names."""
    monkeypatch.setattr(download, "MOST_LINE_BYTES", 50_000)
    monkeypatch.setattr("panel.clients.wire.bounds.MOST_BYTES", 30_000)
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            job = await client.submit(a_part(client, 501), run=RUN, part=0)
            await ended(client, job)
            name = next(file for file, content in provider.files.items() if b'"response"' in content)
            rows = provider.files[name].splitlines(keepends=True)
            long = rows[7].replace(b'"content": "', b'"content": "' + b"x" * 300_000)
            provider.files[name] = b"".join([*rows[:7], long, *rows[8:]])
            found = by_id(await collected(client, job))
        assert len(provider.files[name]) > 400_000
        failures = {key: result.failure.detail for key, result in found.items() if result.failure}
        (key,) = failures
        assert json.loads(rows[7])["custom_id"] == key
        assert failures[key] == ("mine: the answer was not what an API sends (line 8 of its output file is too long)")
        assert len(found) == 501


async def test_a_file_without_end_is_cut_off(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "MOST_FILE_BYTES", 20_000)
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            job = await client.submit(a_part(client, 501), run=RUN, part=0)
            await ended(client, job)
            with pytest.raises(SeatFailed) as caught:
                await collected(client, job)
        assert caught.value.code == "oversized"


@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip"])
async def test_a_compressed_file_is_unpacked_once(kind: str, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def packed(*_: Any) -> Answer:
        content = gzip.compress(next(file for file in provider.files.values() if b'"response"' in file))
        return Answer(200, content, {"content-encoding": encoding}, "application/x-ndjson")

    with BatchProvider() as provider:
        monkeypatch.setattr(provider, "_download", packed)
        async with client_at(provider, kind) as client:
            job = await client.submit(a_part(client, LONG), run=RUN, part=0)
            await ended(client, job)
            results = await collected(client, job)
        read = [result for result in results if result.reply]
        assert len(read) == (LONG if encoding == "gzip" else 0)
        assert results


async def test_answers_that_may_not_fit_into_one_response_come_by_file(kind: str) -> None:
    """What a job holds itself is given in one response; beyond its bound it could never be collected."""
    with BatchProvider() as provider:
        async with client_at(provider, kind, max_output_tokens=600_000) as client:
            _, results = await carried_out(client, 6)
        assert len(results) == 6
        assert provider.created[0]["inline"] is False


async def test_no_file_is_fetched_from_elsewhere(kind: str) -> None:
    """Where a download points to another place, neither key nor curiosity follows."""
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            job = await client.submit(a_part(client, LONG), run=RUN, part=0)
            await ended(client, job)
            provider._download = lambda *_: Answer(302, b"", {"location": "http://127.0.0.1:1/x"})  # type: ignore[method-assign]
            with pytest.raises(ClientError) as caught:
                await collected(client, job)
        assert caught.value.code == "redirected"


async def test_files_of_odd_names_are_asked_for_by_that_name(kind: str) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            job = await client.submit(a_part(client, LONG), run=RUN, part=0)
            await ended(client, job)
            provider.batches[job].output_file = "../../other?x=1"
            with pytest.raises(ClientError):
                await collected(client, job)
        assert "?x=1" not in provider.requests[-1][1]
        assert "%2F" in provider.requests[-1][1]
