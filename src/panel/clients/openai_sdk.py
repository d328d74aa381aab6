"""OpenAI's SDK, for every interface of it that is spoken here. The only door of the openai package.

The SDK is given our connections and told to retry nothing; its answers are taken bare, because it gives its own class,
text or an exception, depending on what the server sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import openai

from panel.clients.wire.wire import NO_KEY, Response, TransportError, Wire
from panel.records.model import Model


def sdk_of(model: Model, key: str | None, wire: Wire) -> openai.AsyncOpenAI:
    """The SDK for one model's address, over these connections."""
    return openai.AsyncOpenAI(
        api_key=key or NO_KEY,
        base_url=model.base_url,
        timeout=wire.http.timeout,
        max_retries=0,
        http_client=wire.http,
    )


async def bare(call: Callable[[], Any]) -> Response:
    """The bare response to a call of the SDK, whatever its status; raises what broke the line."""
    try:
        return cast("Response", await call())
    except openai.APIStatusError as error:
        return error.response
    except openai.APIConnectionError as error:
        cause = error.__cause__ or TransportError(error.message)
        raise cause from cause.__cause__
