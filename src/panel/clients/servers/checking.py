"""Checking: what one tiny real call shows of a model, and what its provider has announced about it.

A model goes in; out comes what was tried and found, errors included: a model that cannot be used is a finding here. A
compatible server is probed (at most three calls), everything else is asked once, with a schema. Nothing is stored,
priced or judged.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from panel.clients.base import Client, attempt_of, close
from panel.clients.connect import connect
from panel.clients.keys import Scrub, read_key
from panel.clients.servers.judging import keeps_to
from panel.clients.servers.modes import mode_for
from panel.clients.servers.probing import KEY, SCHEMA, WORD, needs_probe, probe
from panel.clients.wire.limits import Limits, limits_of
from panel.errors import ClientError
from panel.records.hosts import at_home
from panel.records.identity import sha
from panel.records.model import Model, SchemaMode
from panel.records.prompt import Message, Prompt, PromptIds
from panel.records.reply import Attempt, Finish, Reply
from panel.records.run import Probe

CAP = 2000
"""Tokens that the answer may take: a few are needed, and many by a model that thinks first."""


class Tried(NamedTuple):
    """What the calls showed: `found` where an answer came, `error` where none did; `limits` as the headers said."""

    attempts: tuple[Attempt, ...]
    found: Probe | None = None
    error: ClientError | None = None
    limits: Limits | None = None


class Announced(NamedTuple):
    """What a provider publishes about a model: the day on which it is shut down, and what it names in its place."""

    shutdown: dt.date | None = None
    replacement: str | None = None


async def try_out(model: Model, environ: Mapping[str, str]) -> Tried:
    """Ask the model something tiny; raises `UsageError` for settings with which nothing could be asked."""
    attempts: list[Attempt] = []
    clients: list[Client] = []

    def through(client: Client) -> Client:
        clients.append(client)
        return client

    ask = probe if needs_probe(model) else _ask_once
    found, failed = None, None
    try:
        found = await ask(model, environ, through=through, noted=attempts.append)
    except ClientError as error:
        failed = error
    limits = next((stated for client in reversed(clients) if (stated := limits_of(client))), None)
    return Tried(tuple(attempts), found, failed, limits)


async def _ask_once(
    model: Model,
    environ: Mapping[str, str],
    *,
    through: Callable[[Client], Client],
    noted: Callable[[Attempt], None],
) -> Probe:
    client = through(connect(model, environ))
    asked_at, started = dt.datetime.now(dt.UTC), time.monotonic()
    try:
        reply = await client.ask(_question(min(CAP, model.max_output_tokens)))
    except ClientError as error:
        noted(attempt_of(error, asked_at, time.monotonic() - started))
        raise
    finally:
        await close(client)
    for attempt in reply.attempts:
        noted(attempt)
    mode = mode_for(model, None)
    return Probe(model=model.name, mode=mode, ignores_schema=_ignores(reply, mode), model_served=reply.model_served)


def _ignores(reply: Reply, mode: SchemaMode) -> bool:
    """A whole answer that is not what the schema demands; one that was cut or refused says nothing."""
    whole = reply.finish in (Finish.STOP, Finish.UNKNOWN) and bool(reply.text)
    return mode is SchemaMode.JSON_SCHEMA and whole and not keeps_to(reply.text, KEY, WORD)


def _question(cap: int) -> Prompt:
    messages = (
        Message(role="system", content="You answer in a few words."),
        Message(role="user", content="What is the colour of grass in spring?"),
    )
    content = sha([message.content for message in messages])
    ids = PromptIds(tool=content, persona=content, templates=content, reply_schema=sha(SCHEMA), scale=content)
    return Prompt(messages=messages, reply_schema=SCHEMA, schema_name="check", ids=ids, max_output_tokens=cap)


async def announced(model: Model, environ: Mapping[str, str]) -> Announced:
    """What the provider publishes, asked for at its own host only; empty where it says nothing, or does not answer."""
    if not at_home(model.provider, model.base_url):
        return Announced()
    from panel.clients.wire.wire import Wire

    root = model.base_url if model.provider == "openai" else f"{model.base_url}/v1"
    try:
        wire = Wire(model, read_key(model, environ))
        try:
            exchange = await wire.exchange(lambda: wire.http.get(f"{root}/models/{quote(model.model, safe=':')}"))
        finally:
            await wire.aclose()
    except ClientError:
        return Announced()
    return announcement(exchange.content) if exchange.status == 200 else Announced()


def announcement(content: bytes) -> Announced:
    """The announcement in a model's entry: OpenAI's `shutdown_date`, Mistral's `deprecation`. Anything else is none."""
    try:
        entry = json.loads(content)
    except (ValueError, RecursionError):
        return Announced()
    if not isinstance(entry, dict):
        return Announced()
    instead = entry.get("deprecation_replacement_model")
    return Announced(
        _day(entry.get("shutdown_date") or entry.get("deprecation")),
        Scrub(None)(instead, 160) if isinstance(instead, str) and instead else None,
    )


def _day(value: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
