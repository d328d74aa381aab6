"""Batches at a provider on this machine: a client, a part of small questions, and what came of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from client_samples import ENVIRON, a_model, a_prompt
from loopback.batches import BatchProvider

from panel.clients.batches import BatchClient, connect_batch
from panel.records.batch import BatchResult, JobState

KINDS = ("openai", "mistral")
RUN = "2026-11-20-abc"
MOST_LOOKS = 40


@asynccontextmanager
async def client_at(provider: BatchProvider, kind: str, **settings: Any) -> AsyncIterator[BatchClient]:
    """A client for batches of a model that lives at this provider."""
    url = provider.url if kind == "mistral" else f"{provider.url}/v1"
    client = connect_batch(a_model(kind, url, **settings), ENVIRON)
    try:
        yield client
    finally:
        await client.aclose()


def keys(number: int) -> list[str]:
    """The custom ids of a part, in order."""
    return [f"seat-{place}" for place in range(number)]


def a_part(client: BatchClient, number: int = 6) -> list[bytes]:
    """So many requests, each about another tool."""
    return [client.line(a_prompt(f"tool {key}"), key) for key in keys(number)]


async def ended(client: BatchClient, job: str) -> JobState:
    """The state of a batch once it is over; every look is a step."""
    for _ in range(MOST_LOOKS):
        state = await client.state(job)
        if state.phase.over:
            return state
    raise AssertionError(f"{job} is not over after {MOST_LOOKS} looks")


async def collected(client: BatchClient, job: str, **more: Any) -> list[BatchResult]:
    """Everything that a batch brought."""
    async with aclosing(client.results(job, **more)) as results:
        return [result async for result in results]


async def carried_out(client: BatchClient, number: int = 6) -> tuple[JobState, list[BatchResult]]:
    """A part handed in, waited for and collected."""
    job = await client.submit(a_part(client, number), run=RUN, part=0)
    return await ended(client, job), await collected(client, job)
