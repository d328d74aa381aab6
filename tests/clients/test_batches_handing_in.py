"""Handing in, finding again and cancelling: one call creates, and whatever went wrong, nothing is handed in twice."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from batch_samples import KINDS, RUN, a_part, carried_out, client_at, ended
from client_samples import KEY
from loopback.batches import BatchProvider, End
from loopback.server import Answer

from panel.clients.batches import may_exist, talking
from panel.errors import ClientError, RunStopping, SeatFailed, UsageError
from panel.records.batch import Phase

pytestmark = pytest.mark.parametrize("kind", KINDS)


async def test_a_batch_is_found_by_its_run_and_names_its_part(kind: str) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            jobs = [
                await client.submit(a_part(client), run=run, part=part) for run, part in ((RUN, 0), ("x", 0), (RUN, 1))
            ]
            found = await client.find(RUN)
        assert sorted((state.job, state.run, state.part) for state in found) == [(jobs[0], RUN, 0), (jobs[2], RUN, 1)]
        assert {state.phase for state in found} == {Phase.WAITING}
        assert {state.total for state in found} == {6}
        assert found[0].created_at == dt.datetime(2026, 11, 18, 11, 6, 40, tzinfo=dt.UTC)


async def test_all_pages_of_the_list_are_looked_through(kind: str) -> None:
    with BatchProvider(page=2) as provider:
        async with client_at(provider, kind) as client:
            for part in range(7):
                await client.submit(a_part(client, 1), run=RUN if part % 2 else "another", part=part)
            found = await client.find(RUN)
            assert sorted(state.part or 0 for state in found) == [1, 3, 5]
        assert provider.counts["list"] == 4


@pytest.mark.parametrize("said", [{}, {"total": True, "has_more": "yes"}, {"total": "7"}, {"total": -1}])
async def test_a_list_that_does_not_say_how_long_it_is_is_looked_through_until_it_is_empty(
    kind: str, said: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 11: a batch that is not found is handed in again, and paid for twice."""
    with BatchProvider(page=2) as provider:
        _change_lists(provider, lambda body: {"object": "list", "data": body["data"], **said}, monkeypatch)
        async with client_at(provider, kind) as client:
            for part in range(5):
                await client.submit(a_part(client, 1), run=RUN, part=part)
            assert sorted(state.part or 0 for state in await client.find(RUN)) == [0, 1, 2, 3, 4]


async def test_a_full_page_is_not_the_last_whatever_is_counted(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that counts the page where it should count the list."""
    monkeypatch.setattr(talking, "PAGE", 2)
    with BatchProvider(page=2) as provider:
        _change_lists(provider, lambda body: {"data": body["data"], "total": len(body["data"])}, monkeypatch)
        async with client_at(provider, kind) as client:
            for part in range(5):
                await client.submit(a_part(client, 1), run=RUN, part=part)
            assert sorted(state.part or 0 for state in await client.find(RUN)) == [0, 1, 2, 3, 4]


async def test_a_batch_of_the_run_that_may_be_any_part_of_it_is_an_error(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 11: the part that it is would be handed in again."""
    with BatchProvider() as provider:
        _change_lists(
            provider,
            lambda body: {**body, "data": [{**one, "metadata": {"panel_run": RUN}} for one in body["data"]]},
            monkeypatch,
        )
        async with client_at(provider, kind) as client:
            job = await client.submit(a_part(client, 1), run=RUN, part=0)
            with pytest.raises(SeatFailed, match=f"batch {job} names this run, and no part of it") as caught:
                await client.find(RUN)
            assert caught.value.code == "no_list"
            assert await client.find("another") == []


def _change_lists(provider: BatchProvider, change: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    lists = provider._list

    def changed(*given: Any) -> Answer:
        answer = lists(*given)
        return replace(answer, body=json.dumps(change(json.loads(answer.body))).encode())

    monkeypatch.setattr(provider, "_list", changed)


async def test_a_run_that_handed_in_nothing_has_no_batches(kind: str) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            assert await client.find(RUN) == []


LOST = ("lost", "cut", "stall")


@pytest.mark.parametrize("fault", LOST)
async def test_a_creation_whose_answer_is_lost_may_exist_and_is_found(kind: str, fault: str) -> None:
    """Law 11: one call is made, and not made again; the provider's list tells what became of it."""
    with BatchProvider() as provider:
        provider.next_calls("create", fault)
        async with client_at(provider, kind, timeout_s=0.5) as client:
            with pytest.raises(ClientError) as caught:
                await client.submit(a_part(client), run=RUN, part=4)
            assert may_exist(caught.value)
            found = await client.find(RUN)
        assert [(state.run, state.part) for state in found] == [(RUN, 4)]
        assert (provider.counts["create"], provider.twice()) == (1, [])


@pytest.mark.parametrize("fault", ["server_error", "web_page"])
async def test_a_creation_that_failed_may_exist_until_the_list_says_no(kind: str, fault: str) -> None:
    with BatchProvider() as provider:
        provider.next_calls("create", fault)
        async with client_at(provider, kind) as client:
            with pytest.raises(ClientError) as caught:
                await client.submit(a_part(client), run=RUN, part=0)
            assert may_exist(caught.value)
            assert await client.find(RUN) == []
        assert provider.counts["create"] == 1


@pytest.mark.parametrize(("fault", "code"), [("rate_limited", "rate_limited"), ("not_found", "no_address")])
async def test_a_creation_that_was_refused_does_not_exist(kind: str, fault: str, code: str) -> None:
    with BatchProvider() as provider:
        provider.next_calls("create", fault)
        async with client_at(provider, kind) as client:
            with pytest.raises(ClientError) as caught:
                await client.submit(a_part(client), run=RUN, part=0)
        assert (caught.value.code, may_exist(caught.value)) == (code, False)
        assert provider.created == []


@pytest.mark.parametrize("fault", ["lost", "cut", "rate_limited", "server_error", "web_page"])
async def test_a_file_whose_upload_failed_begins_nothing(kind: str, fault: str) -> None:
    """Uploading is free, and a batch is created from what it brings only."""
    with BatchProvider() as provider:
        provider.next_calls("upload", fault)
        async with client_at(provider, kind) as client:
            with pytest.raises(ClientError) as caught:
                await client.submit(a_part(client, 501), run=RUN, part=0)
        assert not may_exist(caught.value)
        assert (provider.counts["upload"], provider.created) == (1, [])


@pytest.mark.parametrize("fault", ["server_error", "cut", "web_page", "rate_limited"])
async def test_a_list_that_cannot_be_had_whole_is_an_error_and_no_empty_list(kind: str, fault: str) -> None:
    with BatchProvider(page=1) as provider:
        async with client_at(provider, kind) as client:
            for part in range(3):
                await client.submit(a_part(client, 1), run=RUN, part=part)
            provider.next_calls("list", "ok", fault)
            with pytest.raises(ClientError):
                await client.find(RUN)


async def test_a_list_that_repeats_itself_is_an_error(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with BatchProvider(page=1) as provider:
        async with client_at(provider, kind) as client:
            for part in range(2):
                await client.submit(a_part(client, 1), run=RUN, part=part)
            same = provider.answer("GET", "/v1/batch/jobs" if kind == "mistral" else "/v1/batches", {}, b"", kind, "")
            monkeypatch.setattr(provider, "_list", lambda *_: same)
            with pytest.raises(SeatFailed) as caught:
                await client.find(RUN)
        assert (caught.value.code, caught.value.retryable) == ("no_list", True)
        assert "repeats itself" in caught.value.message


async def test_every_state_has_its_phase(kind: str) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            job = await client.submit(a_part(client), run=RUN, part=0)
            states = [await client.state(job) for _ in range(3)]
        ending = Phase.RUNNING if kind == "mistral" else Phase.ENDING
        assert [state.phase for state in states] == [Phase.RUNNING, ending, Phase.DONE]
        assert (states[-1].total, states[-1].done, states[-1].failed) == (6, 6, 0)


async def test_a_status_that_nobody_knows_counts_as_running_and_is_told(kind: str) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            job = await client.submit(a_part(client), run=RUN, part=0)
            batch = provider.batches[job]
            batch.end, batch.status = End("completed", steps=99), "paused"
            from loopback.batch_core import WORDS

            WORDS["paused"] = "paused"
            state = await client.state(job)
            del WORDS["paused"]
        assert (state.phase, state.phase.over) == (Phase.RUNNING, False)
        assert state.problems == ("its status is 'paused', which is not known here",)


async def test_a_batch_that_is_refused_as_a_whole_says_why(kind: str) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            line = a_part(client, 1)[0]
            job = await client.submit([line, line], run=RUN, part=0)
            state = await ended(client, job)
        assert state.phase is Phase.FAILED
        expected = "The custom_id was seen before."
        shown = expected if kind == "mistral" else f"line 2: duplicate_custom_id: {expected}"
        assert state.problems == (shown,)


async def test_many_problems_are_told_in_part_and_without_the_key(kind: str) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            job = await client.submit(a_part(client), run=RUN, part=0)
            problem = {"code": "x", "line": 1, "message": f"echo {KEY}\x1b[31m"}
            provider.batches[job].problems = [problem] * 30
            state = await ended(client, job)
        assert len(state.problems) == 21
        assert state.problems[-1] == "and 10 more"
        assert not [problem for problem in state.problems if KEY in problem or "\x1b" in problem]


async def test_a_batch_is_cancelled_and_keeps_what_was_done(kind: str) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            job = await client.submit(a_part(client, 8), run=RUN, part=0)
            assert (await client.cancel(job)).phase is Phase.ENDING
            state = await ended(client, job)
        assert (state.phase, state.done, state.failed) == (Phase.CANCELLED, 4, 4)


async def test_cancelling_what_is_over_changes_nothing(kind: str) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            state, _ = await carried_out(client)
            assert await client.cancel(state.job) == state


@pytest.mark.parametrize("of", ["state", "cancel", "results"])
async def test_a_batch_that_the_provider_does_not_know_is_told_as_that(kind: str, of: str) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            asked = getattr(client, of)("batch_of_nobody")
            with pytest.raises(SeatFailed) as caught:
                await (anext(asked) if of == "results" else asked)
        assert (caught.value.code, caught.value.status, caught.value.retryable) == ("no_batch", 404, False)
        assert "knows no batch batch_of_nobody" in caught.value.message


@pytest.mark.parametrize("job", ["", "../files", "a/b", "a?b", "x" * 300, "a\n"])
async def test_what_cannot_be_an_id_is_not_asked_for(kind: str, job: str) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            for asking in (client.state, client.cancel):
                with pytest.raises(UsageError, match="is not the id of a batch"):
                    await asking(job)
        assert provider.requests == []


async def test_a_refused_key_stops_everything(kind: str) -> None:
    with BatchProvider(key="sk-another-0123456789") as provider:
        async with client_at(provider, kind) as client:
            for calling in (client.submit(a_part(client), run=RUN, part=0), client.find(RUN), client.state("batch_1")):
                with pytest.raises(RunStopping) as caught:
                    await calling
                assert (caught.value.code, may_exist(caught.value)) == ("auth", False)


async def test_a_server_that_is_not_there_has_created_nothing(kind: str) -> None:
    with BatchProvider() as provider:
        url = provider
    async with client_at(url, kind) as client:
        with pytest.raises(SeatFailed) as caught:
            await client.submit(a_part(client), run=RUN, part=0)
    assert (caught.value.code, may_exist(caught.value)) == ("unreachable", False)


@pytest.mark.parametrize("job", [None, "", "../x", 7, "x" * 201])
async def test_an_id_that_cannot_be_one_may_exist_and_is_not_taken_over(
    kind: str, job: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from loopback import batch_core

    with BatchProvider() as provider:
        shape = batch_core._as_mistral if kind == "mistral" else batch_core._as_openai
        name = "_as_mistral" if kind == "mistral" else "_as_openai"
        monkeypatch.setattr(batch_core, name, lambda *given: {**shape(*given), "id": job})
        async with client_at(provider, kind) as client:
            with pytest.raises(SeatFailed) as caught:
                await client.submit(a_part(client), run=RUN, part=0)
            assert (caught.value.code, may_exist(caught.value)) == ("not_json", True)


async def test_two_batches_are_handed_in_and_looked_at_side_by_side(kind: str) -> None:
    with BatchProvider() as provider:
        async with client_at(provider, kind) as client:
            jobs = await asyncio.gather(*(client.submit(a_part(client, 3), run=RUN, part=part) for part in range(4)))
            states = await asyncio.gather(*map(client.state, jobs))
        assert [state.job for state in states] == jobs
        assert sorted(state.part or 0 for state in states) == [0, 1, 2, 3]
