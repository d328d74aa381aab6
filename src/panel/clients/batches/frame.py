"""Frame: what a client of a batch interface does in the same way whoever the provider, for `base.BatchClient`.

What differs is filled in by the provider's own class: the lines and how they are handed in, the calls about a batch,
and how what they bring is read. A call is given as what sends it, and answers with the bare response.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Any

from panel.clients.batches.base import Caps, Results, unsure
from panel.clients.batches.download import Line
from panel.clients.batches.states import Seen
from panel.clients.batches.talking import Sending, Talk
from panel.clients.wire.wire import Response
from panel.errors import ClientError
from panel.records.batch import Job, JobState
from panel.records.model import Model, SchemaMode
from panel.records.reply import Reply


class Batches(ABC):
    """Batches of one model at one address.

    `from_response` reads an answer, as live, and is given the cap; `stated` is how the form was asked for.
    """

    too_late: frozenset[int]
    """Statuses of a refused cancelling that may mean that the batch is over."""

    def __init__(self, model: Model, key: str | None, from_response: Callable[..., Reply], stated: SchemaMode) -> None:
        self.name = model.name
        self._model = model
        self._from_response = from_response
        self._stated = stated
        self._talk = Talk.to(model, key)

    async def find(self, run: str) -> list[JobState]:
        """The batches of this run and those without a name, from all pages of the list."""
        return [self._seen(body).state for body in await self._talk.listed(run, self._page)]

    async def state(self, job: Job) -> JobState:
        """Where it stands."""
        return (await self._about(job, self._look(job))).state

    async def results(self, job: Job, caps: Caps = None) -> Results:
        """The rows of both files, and those that the provider keeps elsewhere."""
        seen = await self._about(job, self._look(job))
        reader = self._talk.reader(seen, self._from_response, self._stated, caps)
        async with aclosing(self._talk.rows(seen, self._open, reader)) as rows:
            async for result in rows:
                yield result
        for row in await self._beside(seen):
            yield reader.read(row, "list of outputs")

    async def cancel(self, job: Job) -> JobState:
        """Begin no more; a batch that is over stays as it is."""
        try:
            return (await self._about(job, self._stop(job))).state
        except ClientError as error:
            if error.status not in self.too_late:
                raise
            state = await self.state(job)
            if not state.phase.over:
                raise
            return state

    async def aclose(self) -> None:
        """Close the connections."""
        await self._talk.aclose()

    async def _created(self, send: Sending) -> Job:
        """The id of what this one call creates; it is never made again here."""
        try:
            return self._seen(await self._talk.call(send)).state.job
        except ClientError as error:
            raise unsure(error) from None

    async def _about(self, job: Job, send: Sending) -> Seen:
        return self._talk.same(job, self._seen(await self._talk.about(job, send)))

    async def _beside(self, seen: Seen) -> list[Line]:
        """Rows that are in no file; raises `ClientError` where there must be some and none are given."""
        if seen.lacks_answers:
            raise self._talk.without_answers(seen)
        return []

    @abstractmethod
    def _page(self, number: int, before: list[Any]) -> Sending:
        """What asks for this page of the list, from 0, after the one `before`."""

    @abstractmethod
    def _look(self, job: Job) -> Sending:
        """What asks where a batch stands."""

    @abstractmethod
    def _stop(self, job: Job) -> Sending:
        """What asks that a batch begin no more."""

    @abstractmethod
    async def _open(self, file: str) -> Response:
        """The download of a file, unread."""

    @abstractmethod
    def _seen(self, body: Mapping[str, Any]) -> Seen:
        """The batch in what a call brought."""
