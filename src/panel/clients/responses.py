"""Responses: OpenAI's own interface beside Chat Completions, by the openai SDK; for OpenAI's own host alone.

A prompt goes in, one call is made, a Reply comes out with the text untouched. The schema is always sent for the server
to enforce, and nothing is kept there (`store` is false). What comes back is read by `panel.clients.outputs`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from panel.clients.chat import reply_in
from panel.clients.fields import mapping
from panel.clients.openai_sdk import bare, sdk_of
from panel.clients.outputs import from_response
from panel.clients.wire.limits import Limits, limits_in
from panel.clients.wire.wire import Response, Wire
from panel.errors import ConfigError
from panel.records.cap import CAP_WORDS, cap_of
from panel.records.hosts import at_home
from panel.records.model import Model
from panel.records.prompt import Prompt
from panel.records.reply import Reply

__all__ = ["ResponsesClient", "from_response", "to_request"]

_ABSENT = frozenset({"seed", "stop", "logit_bias", "frequency_penalty", "presence_penalty"})
"""Parameters of Chat Completions that this interface has not."""

_DECIDED = frozenset(
    {
        *("model", "input", "instructions", "text", "store", "stream", "stream_options", "background", "tools"),
        *("tool_choice", "previous_response_id", "conversation", "prompt", "messages", "response_format", "n"),
    }
)
"""Fields that parameters may not set: they would change what is asked, what a reply is, or what is kept of it."""

_MOVED = frozenset({*CAP_WORDS, "reasoning_effort", "reasoning", "verbosity"})
"""Parameters that stand elsewhere in this interface, or may."""


def to_request(model: Model, prompt: Prompt) -> dict[str, Any]:
    """The body of the request. Nothing that `parameters` holds can replace the question or its schema."""
    given = model.parameters
    first, *others = prompt.messages
    told, asked = (first.content, others) if first.role == "system" else (None, list(prompt.messages))
    answer_form = {"type": "json_schema", "name": prompt.schema_name, "strict": True}
    request: dict[str, Any] = {
        **{name: value for name, value in given.items() if name not in _DECIDED | _ABSENT | _MOVED},
        "model": model.model,
        "input": [{"role": message.role, "content": message.content} for message in asked],
        "text": {"format": {**answer_form, "schema": dict(prompt.reply_schema)}},
        "max_output_tokens": cap_of(model, prompt),
        "store": False,
    }
    if told is not None:
        request["instructions"] = told
    if "verbosity" in given:
        request["text"]["verbosity"] = given["verbosity"]
    if "reasoning" in given or "reasoning_effort" in given:
        effort = {"effort": given["reasoning_effort"]} if "reasoning_effort" in given else {}
        request["reasoning"] = {**mapping(given.get("reasoning")), **effort}
    if at_home(model.provider, model.base_url):
        # Equal for every tool that a persona reviews: what they share, the static part, is what the provider caches.
        request.setdefault("prompt_cache_key", f"{prompt.schema_name[:40]}-{prompt.ids.persona[:16]}")
    return request


class ResponsesClient:
    """Asks one model at one address; raises `ConfigError` for parameters that the interface has no place for."""

    def __init__(self, model: Model, key: str | None) -> None:
        _check_parameters(model)
        self.name = model.name
        self.limits: Limits | None = None
        self._model = model
        self._wire = Wire(model, key)
        self._sdk = sdk_of(model, key, self._wire)

    async def ask(self, prompt: Prompt) -> Reply:
        """One call; raises `ClientError`."""
        request = to_request(self._model, prompt)
        exchange = await self._wire.exchange(lambda: self._send(request))
        self.limits = limits_in(exchange.headers) or self.limits
        read = partial(from_response, cap=request["max_output_tokens"])
        return reply_in(self._model, exchange, self._wire.scrub, read)

    async def _send(self, request: dict[str, Any]) -> Response:
        return await bare(lambda: self._sdk.post("/responses", body=request, cast_to=Response))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()


def _check_parameters(model: Model) -> None:
    for name in model.parameters:
        if name in _DECIDED:
            raise ConfigError(
                f"{model.name} sets parameters.{name}, which the panel decides itself.",
                hint=f"Remove {name} from its parameters.",
            )
        if name in _ABSENT:
            raise ConfigError(
                f"{model.name} has a parameter {name!r} that OpenAI's Responses API does not know.",
                hint=f'Remove {name} from its parameters, or set api = "chat" for this model.',
            )
