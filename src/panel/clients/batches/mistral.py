"""Mistral's batches, by the mistralai SDK: a job over a file of requests, or over a short list sent along with it.

The lines are what a live call sends, but for the service tier. Results are there once the whole job is over: in files,
or, where a job left none, in the job itself.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping, Sequence
from contextvars import ContextVar
from functools import partial
from typing import Any
from urllib.parse import quote

from mistralai.client import Mistral, errors, models
from pydantic_core import to_json

from panel.clients.batches.base import PART, RUN, check_size
from panel.clients.batches.download import Line
from panel.clients.batches.frame import Batches
from panel.clients.batches.states import Seen, seen
from panel.clients.batches.talking import PAGE, UPLOAD_S, Sending
from panel.clients.fields import mapping
from panel.clients.mistral import Silent, check_parameters, from_response, refused, to_request
from panel.clients.wire.bounds import MOST_BYTES
from panel.clients.wire.wire import NO_KEY, Response, Wire, unused_http
from panel.records.base import ValidationError
from panel.records.batch import Job, Phase
from panel.records.model import Model, SchemaMode
from panel.records.prompt import Prompt

PHASES = {
    "QUEUED": Phase.WAITING,
    "RUNNING": Phase.RUNNING,
    "CANCELLATION_REQUESTED": Phase.ENDING,
    "SUCCESS": Phase.DONE,
    "FAILED": Phase.FAILED,
    "TIMEOUT_EXCEEDED": Phase.EXPIRED,
    "CANCELLED": Phase.CANCELLED,
}

ENDPOINT: Any = "/v1/chat/completions"
HOURS = 24

INLINE_LINES = 500
INLINE_BYTES = 8_000_000
"""Requests that are sent along with a job, if what they bring fits into one response: there is no file of it."""

_TOKEN_BYTES = 6
"""Of an answer: a token is four letters as a rule, or one character beyond ASCII, which may be escaped in six bytes."""

_FRAME_BYTES = 2000

_received: ContextVar[list[Response]] = ContextVar("received")
"""Where the response of the call under way in this task is put."""


class MistralBatches(Batches):
    """Batches of one model at one address; for what its methods do, see `base.BatchClient`."""

    most_lines = 100_000
    most_bytes = 200_000_000
    too_late = frozenset({400, 409, 422})

    def __init__(self, model: Model, key: str | None, mode: SchemaMode = SchemaMode.JSON_SCHEMA) -> None:
        super().__init__(model, key, partial(from_response, mode=mode), mode)
        self._mode = mode
        self._sdk = _sdk(model, key, self._talk.wire, model.timeout_s)
        self._patient = _sdk(model, key, self._talk.files, UPLOAD_S + model.timeout_s)
        check_parameters(model, self._sdk.chat.complete_async)

    def line(self, prompt: Prompt, custom_id: str) -> bytes:
        """One request, as a live call sends it."""
        return to_json({"custom_id": custom_id, "body": self._body(prompt)})

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        """What the SDK makes of a live call's arguments."""
        arguments = to_request(self._model, prompt, self._mode)
        arguments.pop("service_tier", None)
        try:
            whole = models.ChatCompletionRequest.model_validate(arguments)
        except ValidationError as error:
            raise refused(self._model, self._talk.wire.scrub, error) from None
        body: dict[str, Any] = json.loads(whole.model_dump_json(by_alias=True))
        body.pop("stream", None)
        return body

    async def submit(self, lines: Sequence[bytes], *, run: str, part: int) -> Job:
        """Hand the file in, where it is not short, then create the job: one call, never made again here."""
        check_size(self, lines)
        jobs, name = self._sdk.batch.jobs, f"panel-{run}-{part}.jsonl"
        asked = await self._asked(name, lines)
        given = {"endpoint": ENDPOINT, "model": self._model.model, "timeout_hours": HOURS, **asked}
        metadata = {RUN: run, PART: str(part)}
        return await self._created(lambda: _raw(jobs.create_async(**given, metadata=metadata)))

    async def _asked(self, name: str, lines: Sequence[bytes]) -> dict[str, Any]:
        if len(lines) <= INLINE_LINES and sum(map(len, lines)) <= INLINE_BYTES:
            requests = [json.loads(line) for line in lines]
            if sum(map(_brings, requests)) <= MOST_BYTES:
                return {"requests": requests}
        file: Any = {"file_name": name, "content": b"".join(line + b"\n" for line in lines)}
        files = self._patient.files
        return {"input_files": [await self._talk.upload(lambda: _raw(files.upload_async(file=file, purpose="batch")))]}

    async def _beside(self, seen: Seen) -> list[Line]:
        """What a job that was given its requests along with it holds itself."""
        if not seen.may_hold_more:
            return []
        job, jobs = seen.state.job, self._sdk.batch.jobs
        body = await self._talk.about(job, lambda: _raw(jobs.get_async(job_id=job, inline=True)))
        outputs = body.get("outputs")
        if seen.lacks_answers and not outputs:
            raise self._talk.without_answers(seen)
        rows = outputs if isinstance(outputs, list) else []
        return [Line(place, json.dumps(row).encode()) for place, row in enumerate(rows, start=1)]

    def _page(self, number: int, before: list[Any]) -> Sending:
        return lambda: _raw(self._sdk.batch.jobs.list_async(page=number, page_size=PAGE))

    def _look(self, job: Job) -> Sending:
        return lambda: _raw(self._sdk.batch.jobs.get_async(job_id=job))

    def _stop(self, job: Job) -> Sending:
        return lambda: _raw(self._sdk.batch.jobs.cancel_async(job_id=job))

    async def _open(self, file: str) -> Response:
        return await _raw(self._sdk.files.download_async(file_id=quote(file, safe="")))

    def _seen(self, body: Mapping[str, Any]) -> Seen:
        said = body.get("errors")
        return seen(
            self.name,
            body,
            PHASES,
            self._talk.wire.scrub,
            counts=(body.get("total_requests"), body.get("succeeded_requests"), body.get("failed_requests")),
            files=(body.get("output_file"), body.get("error_file")),
            ends=(body.get("completed_at"),),
            problems=map(_problem, said if isinstance(said, list) else ()),
        )


def _sdk(model: Model, key: str | None, wire: Wire, timeout_s: float) -> Mistral:
    wire.http.event_hooks["response"].append(_keep)
    return Mistral(
        api_key=key or NO_KEY,
        server_url=model.base_url,
        client=unused_http(),
        async_client=wire.http,
        retry_config=None,
        timeout_ms=round(1000 * timeout_s),
        debug_logger=Silent(),
    )


def _brings(request: Mapping[str, Any]) -> int:
    """Bytes of a row whose answer fills its cap."""
    return _FRAME_BYTES + _TOKEN_BYTES * int(request["body"]["max_tokens"])


async def _keep(response: Response) -> None:
    _received.get().append(response)


async def _raw(call: Awaitable[Any]) -> Response:
    """The bare response: the SDK's own classes may not hold it."""
    received: list[Response] = []
    _received.set(received)
    try:
        await call
    except errors.MistralError as error:
        return error.raw_response
    return received[-1]


def _problem(error: Any) -> str:
    """One of the reasons for which requests failed, and for how many."""
    said = mapping(error)
    number, message = said.get("count"), str(said.get("message"))
    return f"{message} ({number:,} times)" if isinstance(number, int) and number > 1 else message
