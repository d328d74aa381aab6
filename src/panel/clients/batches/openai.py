"""OpenAI's batches, by the openai SDK: a file of requests is handed in, a file of answers and one of errors come back.

The lines are bodies of Chat Completions, or of the Responses API for models that are asked there; in both cases what a
live call sends, but for the service tier, of which a batch is one itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote

from pydantic_core import to_json

from panel.clients.batches.base import PART, RUN, check_size
from panel.clients.batches.frame import Batches
from panel.clients.batches.states import Seen, seen
from panel.clients.batches.talking import PAGE, Sending
from panel.clients.fields import mapping
from panel.clients.openai import from_response, to_request
from panel.clients.openai_sdk import bare, sdk_of
from panel.clients.wire.wire import Response
from panel.records.batch import Job, Phase
from panel.records.model import Model, SchemaMode
from panel.records.prompt import Prompt
from panel.records.reply import Reply

PHASES = {
    "validating": Phase.WAITING,
    "in_progress": Phase.RUNNING,
    "finalizing": Phase.ENDING,
    "cancelling": Phase.ENDING,
    "completed": Phase.DONE,
    "failed": Phase.FAILED,
    "expired": Phase.EXPIRED,
    "cancelled": Phase.CANCELLED,
}

_MULTIPART = {"Content-Type": "multipart/form-data"}


class _Api(NamedTuple):
    """One of OpenAI's interfaces: where a line is sent to, what it holds, and how the answer is read."""

    endpoint: str
    to_request: Callable[[Model, Prompt, SchemaMode], dict[str, Any]]
    from_response: Callable[..., Reply]


def _api_of(model: Model) -> _Api:
    if model.api != "responses":
        return _Api("/v1/chat/completions", to_request, from_response)
    from panel.clients import responses

    return _Api("/v1/responses", lambda model, prompt, _: responses.to_request(model, prompt), responses.from_response)


class OpenAIBatches(Batches):
    """Batches of one model at one address; for what its methods do, see `base.BatchClient`."""

    most_lines = 50_000
    most_bytes = 200_000_000
    too_late = frozenset({400, 409})

    def __init__(self, model: Model, key: str | None, mode: SchemaMode = SchemaMode.JSON_SCHEMA) -> None:
        self._mode = mode
        self._api = api = _api_of(model)
        if model.api == "responses":  # which is always given the schema
            super().__init__(model, key, api.from_response, SchemaMode.JSON_SCHEMA)
        else:
            super().__init__(model, key, partial(api.from_response, mode=mode), mode)
        self._sdk = sdk_of(model, key, self._talk.wire)
        self._patient = sdk_of(model, key, self._talk.files)

    def line(self, prompt: Prompt, custom_id: str) -> bytes:
        """One request, as a live call sends it."""
        body = self._api.to_request(self._model, prompt, self._mode)
        body.pop("service_tier", None)
        return to_json({"custom_id": custom_id, "method": "POST", "url": self._api.endpoint, "body": body})

    async def submit(self, lines: Sequence[bytes], *, run: str, part: int) -> Job:
        """Hand the file in, then create the batch: one call, never made again here."""
        check_size(self, lines)
        content = b"".join(line + b"\n" for line in lines)
        file = await self._talk.upload(lambda: self._upload(f"panel-{run}-{part}.jsonl", content))
        request = {
            "input_file_id": file,
            "endpoint": self._api.endpoint,
            "completion_window": "24h",
            "metadata": {RUN: run, PART: str(part)},
        }
        return await self._created(self._post("/batches", request))

    def _page(self, number: int, before: list[Any]) -> Sending:
        after = {"after": str(before[-1].get("id"))} if before else {}
        return self._get("/batches", {"limit": PAGE, **after})

    def _look(self, job: Job) -> Sending:
        return self._get(f"/batches/{job}")

    def _stop(self, job: Job) -> Sending:
        return self._post(f"/batches/{job}/cancel")

    def _seen(self, body: Mapping[str, Any]) -> Seen:
        counts = mapping(body.get("request_counts"))
        errors = mapping(body.get("errors")).get("data")
        return seen(
            self.name,
            body,
            PHASES,
            self._talk.wire.scrub,
            counts=(counts.get("total"), counts.get("completed"), counts.get("failed")),
            files=(body.get("output_file_id"), body.get("error_file_id")),
            ends=(body.get(f"{end}_at") for end in ("completed", "expired", "cancelled", "failed")),
            problems=map(_problem, errors if isinstance(errors, list) else ()),
        )

    def _get(self, path: str, query: Mapping[str, object] | None = None) -> Sending:
        return partial(bare, lambda: self._sdk.get(path, cast_to=Response, options={"params": query or {}}))

    def _post(self, path: str, body: Mapping[str, Any] | None = None) -> Sending:
        return partial(bare, lambda: self._sdk.post(path, body=body, cast_to=Response))

    async def _upload(self, name: str, content: bytes) -> Response:
        files = [("file", (name, content, "application/jsonl"))]
        options: Any = {"headers": _MULTIPART}
        form = {"purpose": "batch"}
        return await bare(
            lambda: self._patient.post("/files", body=form, files=files, options=options, cast_to=Response)
        )

    async def _open(self, file: str) -> Response:
        path = f"/files/{quote(file, safe='')}/content"
        options: Any = {"headers": {"Accept": "application/binary"}}
        return await bare(
            lambda: self._sdk.get(path, cast_to=Response, options=options, stream=True, stream_cls=_STREAM)
        )


_STREAM: Any = None
"""The SDK reads no events out of a file: it is asked for the bare response, unread."""


def _problem(error: Any) -> str:
    """One of the reasons for which a batch was refused: the line it is about, the code and the words."""
    said = mapping(error)
    place = f"line {said['line']}" if isinstance(said.get("line"), int) else ""
    return ": ".join(str(part) for part in (place, said.get("code"), said.get("message")) if part)
