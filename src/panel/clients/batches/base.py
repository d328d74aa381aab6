"""What a client of a batch interface is, whoever the provider.

Nothing is retried here, and nothing stored. Creating a batch is one call: if it fails, `may_exist` says whether the
batch may be there all the same, and `find` looks for it. What goes wrong is raised as `panel.errors.ClientError`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Protocol

from panel.errors import ClientError, UsageError
from panel.records.batch import BatchResult, Job, JobState
from panel.records.prompt import Prompt

RUN, PART = "panel_run", "panel_part"
"""What a batch of ours carries as metadata, so that it can be found again by whoever lost its id."""

Results = AsyncGenerator[BatchResult, None]
Caps = Mapping[str, int] | None


class BatchClient(Protocol):
    """Hands requests of one model to its provider, and collects what became of them.

    A part has at most `most_lines` lines and, with a line break after each, `most_bytes` bytes.
    """

    name: str
    most_lines: int
    most_bytes: int

    def line(self, prompt: Prompt, custom_id: str) -> bytes:
        """One request as it is handed in, without a line break: the same question as a live call asks. Pure."""
        ...

    async def submit(self, lines: Sequence[bytes], *, run: str, part: int) -> Job:
        """Hand in a part and give the provider's id; raises `ClientError`, of which `may_exist` can be asked."""
        ...

    async def find(self, run: str) -> list[JobState]:
        """All batches that carry this run's id, and those that carry none, which may have been lost.

        Raises `ClientError` where the provider's list cannot be had whole.
        """
        ...

    async def state(self, job: Job) -> JobState:
        """Where a batch stands."""
        ...

    def results(self, job: Job, caps: Caps = None) -> Results:
        """What a batch brought, row by row, in no order: of its output and of its error file; close it after use.

        `caps` are the limits on answers, in tokens, of those custom ids whose prompts had one of their own. A row whose
        id is none of a seat's is given too, in round brackets; a row without an id that can be read has the id "".
        Nothing is said of requests of which the provider says nothing. Raises `UsageError` for a batch that is not
        over, and `ClientError`, also after some rows, which stay good.
        """
        ...

    async def cancel(self, job: Job) -> JobState:
        """Ask that no new work be begun; what was done is kept and paid for. A batch that is over stays as it is."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


def may_exist(error: ClientError) -> bool:
    """Whether a `submit` that failed in this way may have created the batch: then look for it, before handing it in."""
    return error.billed


def unsure(error: ClientError) -> ClientError:
    """The same error of the call that creates: whatever is no clear refusal may have created the batch."""
    if error.status is not None and not 300 <= error.status < 500:
        error.billed = True
    return error


def check_size(client: BatchClient, lines: Sequence[bytes]) -> None:
    """Raises `UsageError` for a part that the provider would not take."""
    size = sum(len(line) + 1 for line in lines)
    if not lines or len(lines) > client.most_lines or size > client.most_bytes:
        raise UsageError(
            f"A part of {len(lines):,} requests and {size:,} bytes cannot be handed in for {client.name}.",
            hint=f"A part has 1 to {client.most_lines:,} requests and at most {client.most_bytes:,} bytes.",
        )
