"""OpenAI's batches against a mock server that others wrote: its transport, since its answers are one fixed text.

Runs where node and `@copilotkit/aimock` are installed (see tests/wire/aimock.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import aimock
import pytest

from panel.clients import resolve
from panel.clients.batches import BatchClient, connect_batch, may_exist
from panel.errors import ClientError, SeatFailed
from panel.parse import parse
from panel.records.batch import Phase
from panel.records.model import ModelSettings
from panel.records.prompt import Prompt
from panel.records.verdict import Abstained
from panel.testing import persona

MISSING = aimock.missing()
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason=MISSING or "installed")]

KEY = "sk-test-0123456789abcdef"
RUN = "2026-11-20-abc"
TEXT = "Mock batch completion"
FIXTURES = [{"match": {}, "response": {"content": "{}"}}]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[aimock.Aimock]:
    with aimock.running(tmp_path_factory.mktemp("fixtures"), FIXTURES) as running:
        yield running


@pytest.fixture
async def client(server: aimock.Aimock) -> AsyncIterator[BatchClient]:
    settings = {"provider": "openai", "model": "test-model", "base_url": f"{server.url}/v1", "key_variable": "TEST_KEY"}
    model = resolve("mine", {"mine": ModelSettings.model_validate(settings)})
    connected = connect_batch(model, {"TEST_KEY": KEY})
    yield connected
    await connected.aclose()


def a_part(client: BatchClient, prompt: Prompt, number: int) -> list[bytes]:
    return [client.line(prompt, f"seat-{place}") for place in range(number)]


async def test_a_batch_goes_there_and_back(client: BatchClient, prompt: Prompt) -> None:
    """Every seat has the one text that this server knows, which is no review; it is kept."""
    job = await client.submit(a_part(client, prompt, 12), run=RUN, part=0)
    states = [await client.state(job) for _ in range(2)]
    assert [state.phase for state in states] == [Phase.RUNNING, Phase.DONE]
    assert (states[-1].total, states[-1].done, states[-1].failed) == (12, 12, 0)
    async with aclosing(client.results(job)) as coming:
        results = [result async for result in coming]
    assert sorted(result.custom_id for result in results) == sorted(f"seat-{place}" for place in range(12))
    for result in results:
        assert result.reply is not None
        assert (result.reply.text, result.reply.attempts[0].via) == (TEXT, "batch")
        assert isinstance(parse(result.reply, prompt, persona()), Abstained)


async def test_a_batch_is_found_by_its_run_among_others(client: BatchClient, prompt: Prompt) -> None:
    wanted = [await client.submit(a_part(client, prompt, 2), run="another-run", part=part) for part in range(2)]
    await client.submit(a_part(client, prompt, 2), run="a-third-run", part=0)
    found = await client.find("another-run")
    assert {(state.job, state.part) for state in found} == {(wanted[0], 0), (wanted[1], 1)}
    assert await client.find("nobodys-run") == []


async def test_a_batch_is_cancelled(client: BatchClient, prompt: Prompt) -> None:
    job = await client.submit(a_part(client, prompt, 2), run=RUN, part=7)
    assert (await client.cancel(job)).phase is Phase.ENDING
    assert (await client.state(job)).phase is Phase.CANCELLED
    assert (await client.cancel(job)).phase is Phase.CANCELLED
    async with aclosing(client.results(job)) as coming:
        assert [result async for result in coming] == []


async def test_a_batch_of_nobody_is_told_as_that(client: BatchClient) -> None:
    with pytest.raises(SeatFailed) as caught:
        await client.state("batch_of_nobody")
    assert (caught.value.code, caught.value.status) == ("no_batch", 404)


async def test_under_chaos_no_failed_creation_is_lost_from_sight(
    tmp_path_factory: pytest.TempPathFactory, prompt: Prompt
) -> None:
    """Every part is there as often as was told: created, or perhaps, which the list then decides."""
    folder = tmp_path_factory.mktemp("chaos")
    with aimock.running(folder, FIXTURES, "--chaos-drop", "0.3", "--chaos-disconnect", "0.2") as server:
        address = {"base_url": f"{server.url}/v1", "key_variable": "TEST_KEY"}
        settings = ModelSettings.model_validate({"provider": "openai", "model": "test-model", **address})
        client = connect_batch(resolve("mine", {"mine": settings}), {"TEST_KEY": KEY})
        created, perhaps = set(), set()
        for part in range(12):
            try:
                await client.submit(a_part(client, prompt, 1), run=RUN, part=part)
                created.add(part)
            except ClientError as error:
                perhaps |= {part} if may_exist(error) else set()
        there = await _listed(client)
        await client.aclose()
    assert created <= there <= created | perhaps


async def _listed(client: BatchClient) -> set[int | None]:
    for _ in range(40):
        try:
            return {state.part for state in await client.find(RUN)}
        except ClientError:
            continue
    raise AssertionError("the list could not be had")
