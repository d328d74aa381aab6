"""OpenAI: Chat Completions by the openai SDK, for OpenAI itself and for every server that speaks its protocol.

A prompt goes in, one call is made, a Reply comes out with the text untouched: the
SDK's own parsing, retrying and default parameters are not used (they lose text and usage of answers that were cut).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import Any

from pydantic_core import to_json  # the same bytes as the SDK's own encoder, seven times as fast

from panel.clients.chat import read_reply, reply_in
from panel.clients.openai_sdk import bare, sdk_of
from panel.clients.servers.modes import messages_in, response_format
from panel.clients.servers.profiles import caps_for, profile_of
from panel.clients.wire.limits import Limits, limits_in
from panel.clients.wire.wire import Response, Wire
from panel.records.cap import cap_of
from panel.records.hosts import at_home
from panel.records.model import Model, SchemaMode
from panel.records.prompt import Prompt
from panel.records.reply import Finish, Reply

FINISHES = {"stop": Finish.STOP, "length": Finish.LENGTH, "content_filter": Finish.FILTERED}
"""Finish reasons by the provider's word; all others are unknown."""

_DECIDED = frozenset({"model", "messages", "response_format"})


def to_request(model: Model, prompt: Prompt, mode: SchemaMode = SchemaMode.JSON_SCHEMA) -> dict[str, Any]:
    """The body of the request. Nothing that `parameters` holds can replace the question or its schema."""
    request: dict[str, Any] = {
        **{name: value for name, value in model.parameters.items() if name not in _DECIDED},
        "model": model.model,
        "messages": messages_in(prompt, mode),
        **response_format(prompt, mode, profile_of(model.provider)),
        **caps_for(model, prompt),
    }
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
    cap: int | None = None,
    mode: SchemaMode | None = None,
) -> Reply:
    """The reply in a response's body, asked for with this cap and mode; raises `SeatFailed` where it holds none."""
    return read_reply(
        model, body, FINISHES, asked_at=asked_at, latency_s=latency_s, request_id=request_id, cap=cap, mode=mode
    )


class OpenAIClient:
    """Asks one model at one address. `key` is None for servers that need none; `mode` is how a form is asked for."""

    def __init__(self, model: Model, key: str | None, mode: SchemaMode = SchemaMode.JSON_SCHEMA) -> None:
        self.name = model.name
        self.limits: Limits | None = None
        self._model = model
        self._mode = mode
        self._wire = Wire(model, key)
        self._sdk = sdk_of(model, key, self._wire)

    async def ask(self, prompt: Prompt) -> Reply:
        """One call; raises `ClientError`."""
        request = to_request(self._model, prompt, self._mode)
        exchange = await self._wire.exchange(lambda: self._send(request))
        self.limits = limits_in(exchange.headers) or self.limits
        read = partial(from_response, cap=cap_of(self._model, prompt), mode=self._mode)
        return reply_in(self._model, exchange, self._wire.scrub, read)

    async def _send(self, request: dict[str, Any]) -> Response:
        return await bare(lambda: self._sdk.post("/chat/completions", content=to_json(request), cast_to=Response))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()
