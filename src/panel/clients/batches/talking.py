"""Talking: what both providers' batch interfaces have in common: calls for JSON, a list in pages, a file's rows."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any, NamedTuple

from panel.clients.batches.base import Caps, Results
from panel.clients.batches.download import bounded_unless_file, lines_in
from panel.clients.batches.rows import Reader
from panel.clients.batches.states import Seen, named
from panel.clients.chat import body_of
from panel.clients.fields import count, mapping
from panel.clients.wire.wire import Response, Wire
from panel.errors import ClientError, SeatFailed, UsageError
from panel.records.batch import Job
from panel.records.cap import cap_of
from panel.records.model import Model, SchemaMode
from panel.records.reply import Reply

UPLOAD_S = 1800.0
"""How long handing in a file may take at least: 200 MB at 1 Mbit/s."""

PAGE = 100
"""Batches on a page of the list."""

MOST_PAGES = 1000

_JOB = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,199}")

Sending = Callable[[], Awaitable[Response]]
Opening = Callable[[str], Awaitable[Response]]


class Talk(NamedTuple):
    """One model's line to its provider: `wire` for calls, `files` for handing in large ones, with more time."""

    model: Model
    wire: Wire
    files: Wire

    @classmethod
    def to(cls, model: Model, key: str | None) -> Talk:
        """Open nothing yet."""
        patient = model.model_copy(update={"timeout_s": max(UPLOAD_S, model.timeout_s)})
        talk = cls(model, Wire(model, key), Wire(patient, key))
        talk.wire.http.event_hooks["response"][:] = [bounded_unless_file]
        return talk

    async def call(self, send: Sending, *, wire: Wire | None = None) -> dict[str, Any]:
        """The JSON object that one call brings; raises `ClientError`."""
        used = wire or self.wire
        return body_of(self.model, await used.exchange(send), used.scrub)

    async def upload(self, send: Sending) -> str:
        """The id of the file that this call hands in; raises `ClientError`, never with a charge."""
        try:
            found = await self.call(send, wire=self.files)
        except ClientError as error:
            error.billed = False
            raise
        if not isinstance(found.get("id"), str) or not found["id"]:
            raise SeatFailed(
                f"{self.model.name}: the provider took a file and gave no id for it.",
                hint="Give the same command again: nothing was begun.",
                code="not_json",
            )
        return str(found["id"])

    async def about(self, job: Job, send: Sending) -> dict[str, Any]:
        """What a call about one batch brings; a batch that the provider does not know is told as that."""
        if not _JOB.fullmatch(job):
            raise UsageError(
                f"{self.wire.scrub(job, 60)!r} is not the id of a batch.",
                hint="Copy it from the run's list of batches.",
            )
        try:
            return await self.call(send)
        except ClientError as error:
            if error.status not in (404, 422):  # Mistral says the latter to what is none of its ids
                raise
            raise self._gone(error, f"batch {job}", "no_batch") from None

    def _gone(self, error: ClientError, what: str, code: str) -> SeatFailed:
        return SeatFailed(
            f"{self.model.name}: the provider knows no {what} (HTTP {error.status}).",
            hint="Batches and their files are seen only with a key of the account that made them, and are kept for "
            "about a month.",
            code=code,
            status=error.status,
            request_id=error.request_id,
            retryable=False,
        )

    def same(self, job: Job, seen: Seen) -> Seen:
        """The batch, if it is the one that was asked about; raises `SeatFailed` where the provider tells of another."""
        if seen.state.job == job:
            return seen
        raise SeatFailed(
            f"{self.model.name}: asked about batch {job}, the provider tells of batch {seen.state.job}.",
            hint="Nothing of it was used. Give the same command again; if it stays so, ask the provider's support.",
            code="other_batch",
            retryable=False,
        )

    async def listed(self, run: str, page_of: Callable[[int, list[Any]], Sending]) -> list[dict[str, Any]]:
        """The batches of this run and those that carry no name, from all pages; `page_of` is given a page's number,
        from 0, and the page before.

        Raises `ClientError`.

        What is created meanwhile comes first and shifts the pages, so some may be met twice; none is missed.
        """
        ours: dict[str, dict[str, Any]] = {}
        met: set[str] = set()
        page: list[Any] = []
        total = None
        for number in range(MOST_PAGES):
            body = await self.call(page_of(number, page))
            page, total = self._page(body), body.get("total") if total is None else total
            ids = {str(entry.get("id")) for entry in page}
            ours |= {str(entry.get("id")): dict(entry) for entry in page if named(entry)[0] in (run, None)}
            new, met = ids - met, met | ids
            if not _goes_on(body, page, len(met), total):
                self._check_parts(ours)
                return list(ours.values())
            if not new:
                raise self._no_list("the list of batches ends before all are listed, or repeats itself")
        raise self._no_list(f"the list of batches has more than {MOST_PAGES:,} pages")

    def _check_parts(self, ours: Mapping[str, Mapping[str, Any]]) -> None:
        """Raise `SeatFailed` for a batch of the run that may be any part of it: that part would be handed in again."""
        for job, entry in ours.items():
            if named(entry) != (None, None) and named(entry)[1] is None:
                raise self._no_list(f"batch {self.wire.scrub(job, 60)} names this run, and no part of it")

    def _page(self, body: Mapping[str, Any]) -> list[Any]:
        listed = body.get("data")
        if not isinstance(listed, list):
            raise self._no_list("the list of batches is none")
        return [mapping(entry) for entry in listed]

    def _no_list(self, found: str) -> SeatFailed:
        return SeatFailed(
            f"{self.model.name}: {found}, so it cannot be told which were handed in.",
            hint="Give the same command again in a while; nothing is handed in before the list is there.",
            code="no_list",
        )

    async def rows(self, seen: Seen, opening: Opening, reader: Reader) -> Results:
        """The rows of the files that a batch left; raises `ClientError`."""
        for what, file in seen.files:
            try:
                async with aclosing(lines_in(self.model, self.wire, partial(opening, file))) as lines:
                    async for line in lines:
                        yield reader.read(line, what)
            except ClientError as error:
                if error.status != 404:
                    raise
                shown = f"{what} {self.wire.scrub(file, 60)} of batch {seen.state.job}"
                raise self._gone(error, shown, "no_file") from None

    def without_answers(self, seen: Seen) -> SeatFailed:
        """There must be answers and none can be had: they are not missing, and nothing is asked again for them."""
        counts = f"counts {seen.state.done:,} answers" if seen.state.done else "is done"
        return SeatFailed(
            f"{self.model.name}: batch {seen.state.job} {counts}, and the provider gives none.",
            hint="Collect it again in a while; if it stays so, ask the provider's support for its output.",
            code="no_file",
        )

    def reader(self, seen: Seen, from_response: Callable[..., Reply], mode: SchemaMode | None, caps: Caps) -> Reader:
        """How the rows of this batch are read; raises `UsageError` for one that is not over.

        `from_response` reads an answer and is given the cap; `mode` is how the form was asked for, for failures.
        """
        state = seen.state
        if not state.phase.over:
            raise UsageError(
                f"Batch {state.job} of {self.model.name} is {state.phase}, so it has no results yet.",
                hint="Collect it when it is over, or cancel it and collect what it has done by then.",
            )
        now = dt.datetime.now(dt.UTC)
        asked_at = min(state.created_at or now, now)  # an answer from the future would be the newest for ever
        cap = cap_of(self.model)
        return Reader(self.model, self.wire.scrub, from_response, asked_at, seen.took_s, mode, cap, caps or {})

    async def aclose(self) -> None:
        """Close the connections."""
        await self.wire.aclose()
        await self.files.aclose()


def _goes_on(body: Mapping[str, Any], page: list[Any], met: int, total: Any) -> bool:
    """Whether more follows: OpenAI says so, Mistral counts all there are. Without either, until a page is empty.

    A full page may be followed by more whatever was counted: a batch that is missed would be paid for twice.
    """
    more = body.get("has_more")
    if isinstance(more, bool):
        return more
    counted = count(total)
    return bool(page) if counted is None else met < counted or len(page) >= PAGE
