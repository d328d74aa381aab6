"""Probing: finding out, once, how a server of the compatible family can be made to answer in a form.

At most three tiny calls. The schema asked for demands what nobody would answer by himself, so that a server that takes
a schema and ignores it is noticed: such a one is asked for a JSON object, and failing that by words alone. What fails
for other reasons (key, address, quota, model, limits) is raised as asking would raise it, and says nothing of the
server. Nothing is stored here; see `memory`.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from panel.clients.base import Client, attempt_of, close
from panel.clients.connect import connect
from panel.clients.servers.judging import is_bare_object, is_silent, keeps_to
from panel.clients.servers.profiles import PROFILES, profile_of
from panel.errors import ClientError
from panel.records.identity import sha
from panel.records.model import Model, SchemaMode
from panel.records.prompt import Message, Prompt, PromptIds
from panel.records.reply import Attempt, Finish, Reply
from panel.records.run import Probe

MOST_CALLS = 3

CAPS = (400, 2000)
"""Tokens that an answer may take: enough for one that thinks aloud first, and once more for one that thinks long."""

KEY, WORD = "tessera", "quillwort"
"""What the schema demands. The question is another, so no server that ignores the schema says this."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {KEY: {"type": "string", "enum": [WORD]}},
    "required": [KEY],
    "additionalProperties": False,
}

_REFUSING = (400, 422, 500, 501)
_ABOUT_FORM = re.compile(r"response.?format|schema|json|grammar|guided|structured|\bstrict\b", re.IGNORECASE)
_OTHERWISE = frozenset(
    {"auth", "permission", "quota", "no_model", "no_address", "redirected", "too_long", "filtered", "wrong_scheme"}
)


class _Outcome(Enum):
    KEPT = "kept"
    NOT_KEPT = "not kept"
    CUT = "cut"
    REFUSED = "refused"


def needs_probe(model: Model) -> bool:
    """Whether it is unknown how the model's server keeps a form, and nobody has said so."""
    built_in = model.provider in PROFILES and not profile_of(model.provider).is_own_api
    return built_in and model.schema_mode is None


async def probe(
    model: Model,
    environ: Mapping[str, str],
    *,
    through: Callable[[Client], Client] = lambda client: client,
    noted: Callable[[Attempt], None] = lambda attempt: None,
) -> Probe:
    """What the model's server does, found by asking it; raises `ClientError` as asking does.

    `through` wraps each client, to throttle it or to count its cost; `noted` is given every call when it ends, also
    those before an error.
    """
    asking = _Asking(model, environ, through, noted)
    for mode in profile_of(model.provider).modes:
        outcome = await asking.outcome(mode)
        if outcome is _Outcome.KEPT or (outcome is _Outcome.CUT and mode is SchemaMode.JSON_SCHEMA):
            return asking.found(mode)
    return asking.found(SchemaMode.PROMPT)


class _Asking:
    """The calls made so far, and what they showed."""

    def __init__(
        self,
        model: Model,
        environ: Mapping[str, str],
        through: Callable[[Client], Client],
        noted: Callable[[Attempt], None],
    ) -> None:
        self._model = model
        self._environ = environ
        self._through = through
        self._noted = noted
        self._attempts: list[Attempt] = []
        self._served: str | None = None
        self._ignores = False
        self._refusal: ClientError | None = None
        self._caps = list(CAPS)

    def found(self, mode: SchemaMode) -> Probe:
        """What is known now, with `mode` as the best that works."""
        return Probe(
            model=self._model.name,
            mode=mode,
            ignores_schema=self._ignores,
            model_served=self._served,
            attempts=tuple(self._attempts),
        )

    async def outcome(self, mode: SchemaMode) -> _Outcome:
        """How the server takes one mode, by one call, or by two where the first was cut before it said anything."""
        works = any(attempt.error is None for attempt in self._attempts)
        if mode is SchemaMode.PROMPT and works:  # nothing is left to find out
            return _Outcome.KEPT
        outcome = await self._judged(mode)
        if outcome is _Outcome.CUT and self._may_grow():
            self._caps.pop(0)
            outcome = await self._judged(mode)
        self._ignores |= outcome is _Outcome.NOT_KEPT and mode is SchemaMode.JSON_SCHEMA
        return outcome

    def _may_grow(self) -> bool:
        larger = len(self._caps) > 1 and self._caps[0] < self._model.max_output_tokens
        return larger and len(self._attempts) < MOST_CALLS

    async def _judged(self, mode: SchemaMode) -> _Outcome:
        try:
            reply = await self._call(mode)
        except ClientError as error:
            if not is_refusal_of_form(error, self._model):
                raise
            if mode is SchemaMode.PROMPT:  # not even plain words: it never was about the form
                raise self._refusal or error from None
            self._refusal = self._refusal or error
            return _Outcome.REFUSED
        return _judge(reply, mode)

    async def _call(self, mode: SchemaMode) -> Reply:
        client = connect(self._model, self._environ, mode)
        cap = min(self._caps[0], self._model.max_output_tokens)
        asked_at, started = dt.datetime.now(dt.UTC), time.monotonic()
        try:
            reply = await self._through(client).ask(_question(cap))
        except ClientError as error:
            attempt = attempt_of(error, asked_at, time.monotonic() - started)
            self._note(attempt.model_copy(update={"mode": mode, "cap": cap}))
            raise
        finally:
            await close(client)
        for attempt in reply.attempts:
            self._note(attempt)
        self._served = reply.model_served or self._served
        return reply

    def _note(self, attempt: Attempt) -> None:
        self._attempts.append(attempt)
        self._noted(attempt)


def is_refusal_of_form(error: ClientError, model: Model) -> bool:
    """Whether a server refused the way in which a form was asked for, as far as its status and words tell.

    A bad request that names no reason counts; a failure (500) only where it speaks of the form, for servers fail for
    many reasons.
    """
    if error.status not in _REFUSING or error.code in _OTHERWISE:
        return False
    said = error.message.removeprefix(model.name)
    return bool(_ABOUT_FORM.search(said)) or (error.status != 500 and error.code != "unsupported")


def _question(cap: int) -> Prompt:
    """Harmless, and with an obvious answer that is not the one which the schema demands."""
    messages = (
        Message(role="system", content="You answer briefly."),
        Message(role="user", content="Which colour is the sky on a clear day?"),
    )
    content = sha([message.content for message in messages])
    ids = PromptIds(tool=content, persona=content, templates=content, reply_schema=sha(SCHEMA), scale=content)
    return Prompt(messages=messages, reply_schema=SCHEMA, schema_name="probe", ids=ids, max_output_tokens=cap)


def _judge(reply: Reply, mode: SchemaMode) -> _Outcome:
    if mode is SchemaMode.PROMPT:
        return _Outcome.KEPT
    kept = keeps_to(reply.text, KEY, WORD) if mode is SchemaMode.JSON_SCHEMA else is_bare_object(reply.text)
    if kept:
        return _Outcome.KEPT
    return _Outcome.CUT if reply.finish is Finish.LENGTH and is_silent(reply.text) else _Outcome.NOT_KEPT
