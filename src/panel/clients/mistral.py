"""Mistral: chat completions by the mistralai SDK. The only door of the mistralai package.

A prompt goes in, one call is made, a Reply comes out with the text untouched. The SDK has no access to the bare
response, so the connection hands it over beside the SDK: an answer that its classes cannot hold is not lost.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import partial
from inspect import signature
from typing import Any

from mistralai.client import Mistral, errors

from panel.clients.chat import read_reply, reply_in
from panel.clients.codes import CODES, hint_for
from panel.clients.keys import Scrub
from panel.clients.servers.modes import messages_in
from panel.clients.servers.profiles import PROFILES, caps_for
from panel.clients.wire.limits import Limits, limits_in
from panel.clients.wire.wire import NO_KEY, Response, Wire, unused_http
from panel.errors import ConfigError, RunStopping
from panel.records.base import ValidationError
from panel.records.cap import cap_of
from panel.records.hosts import at_home
from panel.records.model import Model, SchemaMode
from panel.records.prompt import Prompt
from panel.records.reply import Finish, Reply

FINISHES = {"stop": Finish.STOP, "length": Finish.LENGTH, "model_length": Finish.LENGTH}
"""Finish reasons by the provider's word; all others are unknown."""

_RENAMED = {"seed": PROFILES["mistral"].seed}
"""Parameters that Mistral calls otherwise than everyone else."""

_SDK_ONLY = frozenset({"self", "retries", "server_url", "timeout_ms", "http_headers"})

_received: ContextVar[list[Response]] = ContextVar("received")
"""Where the response of the call under way in this task is put."""


_DECIDED = frozenset({"model", "messages", "response_format"})


def to_request(model: Model, prompt: Prompt, mode: SchemaMode = SchemaMode.JSON_SCHEMA) -> dict[str, Any]:
    """The arguments of the SDK's call. Nothing that `parameters` holds can replace the question or its schema."""
    request: dict[str, Any] = {
        **{_RENAMED.get(name, name): value for name, value in model.parameters.items() if name not in _DECIDED},
        "model": model.model,
        "messages": messages_in(prompt, mode),
        **_response_format(prompt, mode),
        **caps_for(model, prompt),
    }
    if at_home(model.provider, model.base_url):
        # Equal for every tool that a persona reviews: what they share, the static part, is what the provider caches.
        request.setdefault("prompt_cache_key", f"{prompt.schema_name[:40]}-{prompt.ids.persona[:16]}")
    return request


def _response_format(prompt: Prompt, mode: SchemaMode) -> dict[str, Any]:
    """As in `modes`, in the words of Mistral's SDK, which says `schema_definition` for `schema`."""
    if mode is SchemaMode.PROMPT:
        return {}
    if mode is SchemaMode.JSON_OBJECT:
        return {"response_format": {"type": "json_object"}}
    schema = {"name": prompt.schema_name, "strict": True, "schema_definition": dict(prompt.reply_schema)}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


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


class MistralClient:
    """Asks one model at one address; raises `ConfigError` for parameters that the SDK does not know."""

    def __init__(self, model: Model, key: str | None, mode: SchemaMode = SchemaMode.JSON_SCHEMA) -> None:
        self.name = model.name
        self.limits: Limits | None = None
        self._model = model
        self._mode = mode
        self._wire = Wire(model, key)
        self._wire.http.event_hooks["response"].append(_keep)
        self._sdk = Mistral(
            api_key=key or NO_KEY,
            server_url=model.base_url,
            client=unused_http(),
            async_client=self._wire.http,
            retry_config=None,
            timeout_ms=round(1000 * model.timeout_s),
            debug_logger=Silent(),
        )
        check_parameters(model, self._sdk.chat.complete_async)

    async def ask(self, prompt: Prompt) -> Reply:
        """One call; raises `ClientError`."""
        request = to_request(self._model, prompt, self._mode)
        exchange = await self._wire.exchange(lambda: self._send(request))
        self.limits = limits_in(exchange.headers) or self.limits
        read = partial(from_response, cap=cap_of(self._model, prompt), mode=self._mode)
        return reply_in(self._model, exchange, self._wire.scrub, read)

    async def _send(self, request: dict[str, Any]) -> Response:
        received: list[Response] = []
        _received.set(received)
        try:
            await self._sdk.chat.complete_async(**request)
        except errors.MistralError as error:
            return error.raw_response
        except ValidationError as error:
            raise refused(self._model, self._wire.scrub, error) from None
        return received[-1]

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()


async def _keep(response: Response) -> None:
    _received.get().append(response)


class Silent:
    """In place of the SDK's logger, which a variable can make write out headers, and with them the key."""

    def debug(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Say nothing."""


def refused(model: Model, scrub: Scrub, error: ValidationError) -> RunStopping:
    """What the SDK's refusal of a parameter's value is to the user."""
    first = error.errors(include_url=False, include_input=False)[0]
    found = f"{'.'.join(map(str, first['loc'][:2]))}: {first['msg']}"
    return RunStopping(
        f"{model.name}: {CODES['unsupported']} ({scrub(found)})",
        hint=hint_for("unsupported", model, str(first["loc"][0]) if first["loc"] else ""),
        code="unsupported",
    )


def check_parameters(model: Model, completing: Callable[..., Any]) -> None:
    """Raises `ConfigError` for a parameter that the SDK's call does not know."""
    from difflib import get_close_matches

    known = frozenset(signature(completing).parameters) - _SDK_ONLY
    for name in model.parameters:
        if _RENAMED.get(name, name) in known:
            continue
        near = get_close_matches(name, sorted(known), n=3)
        raise ConfigError(
            f"{model.name} has a parameter {name!r} that Mistral's API does not know.",
            hint=f"Did you mean {' or '.join(near)}?" if near else f"Remove {name} from its parameters.",
        )
