"""OpenAI: Chat Completions by the openai SDK, for OpenAI itself and for every server that speaks its protocol.

The only door of the openai package. A prompt goes in, one call is made, a Reply comes out with the text untouched: the
SDK's own parsing, retrying and default parameters are not used (they lose text and usage of answers that were cut).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import openai

from panel.clients.chat import read_reply, reply_in
from panel.clients.wire import NO_KEY, Response, TransportError, Wire
from panel.records.hosts import at_home
from panel.records.model import Model
from panel.records.prompt import Prompt
from panel.records.reply import Finish, Reply

FINISHES = {"stop": Finish.STOP, "length": Finish.LENGTH, "content_filter": Finish.FILTERED}
"""Finish reasons by the provider's word; all others are unknown."""

_CAPS = frozenset({"max_tokens", "max_completion_tokens"})


def to_request(model: Model, prompt: Prompt) -> dict[str, Any]:
    """The body of the request. Nothing that `parameters` holds can replace the question or its schema."""
    json_schema = {"name": prompt.schema_name, "strict": True, "schema": dict(prompt.reply_schema)}
    request: dict[str, Any] = {
        **model.parameters,
        "model": model.model,
        "messages": [{"role": message.role, "content": message.content} for message in prompt.messages],
        "response_format": {"type": "json_schema", "json_schema": json_schema},
    }
    if not _CAPS & request.keys():
        # Reasoning models refuse the old word; several local servers ignore the new one and would answer without end.
        request["max_completion_tokens" if model.provider == "openai" else "max_tokens"] = model.max_output_tokens
    if at_home(model.provider, model.base_url):
        # Equal for every tool that a persona reviews: what they share, the static part, is what the provider caches.
        request.setdefault("prompt_cache_key", f"{prompt.schema_name[:40]}-{prompt.ids.persona[:16]}")
    return request


def from_response(
    model: Model,
    body: Mapping[str, Any],
    *,
    asked_at: dt.datetime,
    latency_s: float = 0.0,
    request_id: str | None = None,
) -> Reply:
    """The reply in a response's body; raises `SeatFailed` where it holds none."""
    return read_reply(model, body, FINISHES, asked_at=asked_at, latency_s=latency_s, request_id=request_id)


class OpenAIClient:
    """Asks one model at one address. `key` is None for servers that need none."""

    def __init__(self, model: Model, key: str | None) -> None:
        self.name = model.name
        self._model = model
        self._wire = Wire(model, key)
        self._sdk = openai.AsyncOpenAI(
            api_key=key or NO_KEY,
            base_url=model.base_url,
            timeout=self._wire.http.timeout,
            max_retries=0,
            http_client=self._wire.http,
        )

    async def ask(self, prompt: Prompt) -> Reply:
        """One call; raises `ClientError`."""
        request = to_request(self._model, prompt)
        exchange = await self._wire.exchange(lambda: self._send(request))
        return reply_in(self._model, exchange, self._wire.scrub, from_response)

    async def _send(self, request: dict[str, Any]) -> Response:
        """The bare response: the SDK gives its own class, text or an exception, depending on what the server sent."""
        try:
            return await self._sdk.post("/chat/completions", body=request, cast_to=Response)
        except openai.APIStatusError as error:
            return error.response
        except openai.APIConnectionError as error:
            raise error.__cause__ or TransportError(error.message) from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()
