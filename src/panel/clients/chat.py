"""Chat: the chat-completions shape that OpenAI, Mistral and all compatible servers answer in, read into a Reply. Pure.

The body is read as JSON and not through an SDK's classes: servers leave out what the classes require, and one odd field
must not cost a text that is paid for. A body from a batch file can be read in the same way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from panel.clients.codes import CODES, hint_for
from panel.clients.fields import count, mapping, read_object, tier_of
from panel.clients.keys import Scrub
from panel.clients.wire.exchange import Exchange
from panel.clients.wire.failures import status_failure
from panel.clients.wire.headers import call_id
from panel.errors import SeatFailed
from panel.records.model import Model, SchemaMode
from panel.records.reply import Attempt, Finish, Reply, Usage

_ONE_LINE = Scrub(None)


def reply_in(model: Model, exchange: Exchange, scrub: Scrub, from_response: Callable[..., Reply]) -> Reply:
    """The reply in a response, read by the provider's `from_response`; raises `ClientError` where it holds none."""
    return from_response(
        model,
        body_of(model, exchange, scrub),
        asked_at=exchange.asked_at,
        latency_s=exchange.latency_s,
        request_id=call_id(exchange.headers, scrub),
    )


def body_of(model: Model, exchange: Exchange, scrub: Scrub) -> dict[str, Any]:
    """The JSON object of a successful response; raises `ClientError` for everything else."""
    status, headers, content, asked_at, _ = exchange
    if not 200 <= status < 300:
        raise status_failure(model, status, headers, content, scrub, asked_at)
    body = read_object(content, _ONCE)
    if body is None:
        raise _not_json(model, exchange, scrub)
    error = body.get("error")
    if error and not body.get("choices") and body.get("object") != "response":  # a gateway's upstream failed
        code = error.get("code") if isinstance(error, dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 500
        raise status_failure(model, status, headers, content, scrub, asked_at)
    return body


_ONCE = (b'"choices"', b'"message"', b'"output"')
"""What a body says once."""


def _not_json(model: Model, exchange: Exchange, scrub: Scrub) -> SeatFailed:
    kind = exchange.headers.get("content-type", "no content type").split(";")[0]
    start = scrub(exchange.content[:400].decode("utf-8", "replace"), 80)
    return SeatFailed(
        f"{model.name}: {CODES['not_json']} ({scrub(kind, 60)}: {start or 'empty'})",
        hint=hint_for("not_json", model),
        code="not_json",
        status=exchange.status,
        request_id=call_id(exchange.headers, scrub),
        billed="json" in kind,  # damaged JSON came from the model; a web page came from something in between
    )


def read_reply(
    model: Model,
    body: Mapping[str, Any],
    finishes: Mapping[str, Finish],
    *,
    asked_at: dt.datetime,
    latency_s: float = 0.0,
    request_id: str | None = None,
    cap: int | None = None,
    mode: SchemaMode | None = None,
) -> Reply:
    """The reply in a chat-completions body; raises `SeatFailed` (`no_choices`, `server_error`) where it holds none.

    `cap` (tokens) and `mode` are how it was asked for, to be kept with the attempt.
    """
    choice = _first_choice(model, body, request_id)
    message = mapping(choice.get("message"))
    text, aside = text_of(message.get("content"))
    reason = choice.get("finish_reason")
    if reason == "error" and not text:
        raise _no_reply(model, "server_error", "it reports an error in place of an answer", request_id)
    refusal = message.get("refusal")
    refused = isinstance(refusal, str) and bool(refusal)
    finish = Finish.REFUSED if refused else finishes.get(str(reason), Finish.UNKNOWN)
    usage, served = usage_of(body), body.get("model")
    served_tier = body.get("service_tier") or mapping(body.get("usage")).get("service_tier")  # Mistral says it there
    tier = tier_of(model.parameters.get("service_tier"), served_tier)
    attempt = Attempt(
        asked_at=asked_at,
        latency_s=latency_s,
        status=200,
        request_id=request_id,
        usage=usage,
        cap=cap,
        mode=mode,
        tier=tier,
    )
    return Reply(
        text=text,
        finish=finish,
        refusal=refusal if refused else None,
        usage=usage,
        model_asked=model.model,
        model_served=_ONE_LINE(served, 160) if isinstance(served, str) and served else None,
        request_id=request_id,
        asked_at=asked_at,
        latency_s=latency_s,
        notes=aside + _notes(finish, reason, tier),
        attempts=(attempt,),
    )


def _notes(finish: Finish, reason: Any, tier: str | None) -> tuple[str, ...]:
    unknown = (f"finish reason {_ONE_LINE(reason, 40)}",) if finish is Finish.UNKNOWN else ()
    return (*unknown, f"service tier {tier}") if tier else unknown


def _first_choice(model: Model, body: Mapping[str, Any], request_id: str | None) -> Mapping[str, Any]:
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise _no_reply(model, "no_choices", "no choices", request_id)
    return choices[0]


def _no_reply(model: Model, code: str, found: str, request_id: str | None) -> SeatFailed:
    return SeatFailed(
        f"{model.name}: {CODES[code]} ({found})",
        hint=hint_for(code, model),
        code=code,
        status=200,
        request_id=request_id,
        billed=True,
    )


def text_of(content: Any) -> tuple[str, tuple[str, ...]]:
    """The text of a message whose content is a string, a list of chunks, or null; and what was set aside, as notes."""
    if isinstance(content, str):
        return content, ()
    chunks = [chunk for chunk in content if isinstance(chunk, dict)] if isinstance(content, list) else []
    texts = [chunk["text"] for chunk in chunks if chunk.get("type") == "text" and isinstance(chunk.get("text"), str)]
    aside = sorted({_ONE_LINE(chunk.get("type"), 40) for chunk in chunks if chunk.get("type") != "text"})
    return "".join(texts), tuple(f"{kind} set aside" for kind in aside)


def usage_of(body: Mapping[str, Any]) -> Usage | None:
    """Tokens as counted by the provider; what it left out, or what cannot be a count, is None."""
    usage = mapping(body.get("usage"))
    asked = mapping(usage.get("prompt_tokens_details"))
    answered = mapping(usage.get("completion_tokens_details"))
    cached = asked.get("cached_tokens")
    counted = Usage(
        input=count(usage.get("prompt_tokens")),
        output=count(usage.get("completion_tokens")),
        cached=count(usage.get("num_cached_tokens") if cached is None else cached),
        cache_write=count(asked.get("cache_write_tokens")),
        reasoning=count(answered.get("reasoning_tokens")),
    )
    return counted if counted != Usage() else None
