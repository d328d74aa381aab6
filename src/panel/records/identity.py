"""Hashes and keys: how the same question is recognised again.

A key answers "has this been asked before?", so it covers everything configured that can change the answer and nothing
that cannot: not the tool's id, not transport, budget or concurrency. Its parts are hashed apart so that a stale answer
can say what changed.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from panel.records.base import Record, Sha
from panel.records.model import Model
from panel.records.prompt import Message, Prompt


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha(value: str | Any) -> str:
    """SHA-256 of a text, or of a JSON-like value in canonical form."""
    text = value if isinstance(value, str) else canonical(value)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class KeyParts(Record):
    """What went into a key, hashed apart. `local` is set only for a model that reads the signals."""

    endpoint: Sha
    model: Sha
    parameters: Sha
    prompt: Sha
    reply_schema: Sha
    repeat: int
    local: Sha | None = None


def key_parts(model: Model, prompt: Prompt, repeat: int) -> KeyParts:
    """The parts of the question that `model` is asked for the `repeat`-th time (from 0)."""
    return KeyParts(
        endpoint=sha(model.endpoint),
        model=sha(model.model),
        parameters=sha(dict(model.parameters)),
        prompt=_messages_sha(prompt.messages),
        reply_schema=prompt.ids.reply_schema,
        repeat=repeat,
        local=prompt.ids.signals if model.reads_local else None,
    )


def _messages_sha(messages: Sequence[Message]) -> str:
    """The `sha` of the messages' roles and contents, as a list of pairs."""
    digest = _begun(messages[0].role, messages[0].content).copy()
    for message in messages[1:]:
        digest.update(f",{canonical([message.role, message.content])}".encode("utf-8", "surrogatepass"))
    digest.update(b"]")
    return digest.hexdigest()


@lru_cache(maxsize=32)
def _begun(role: str, content: str) -> "hashlib._Hash":
    """What the first message adds to that: the same for every tool of a persona, and most of the whole."""
    return hashlib.sha256(f"[{canonical([role, content])}".encode("utf-8", "surrogatepass"))


def key_of(parts: KeyParts) -> str:
    """The key: 43 characters of `[A-Za-z0-9_-]`, fit for a file name and for a provider's custom id."""
    digest = hashlib.sha256(canonical(parts.model_dump(mode="json")).encode()).digest()
    return _spelled(digest)


def repeat_keys(parts: KeyParts, count: int) -> list[str]:
    """The keys of repeats 0 to `count` - 1 of one question, as `key_of` gives them one by one, at a fraction of it."""
    before, after = canonical({**parts.model_dump(mode="json"), "repeat": 0}).split('"repeat":0')
    begun, ending = hashlib.sha256(f'{before}"repeat":'.encode()), after.encode()
    keys = []
    for repeat in range(count):
        digest = begun.copy()
        digest.update(b"%d%b" % (repeat, ending))
        keys.append(_spelled(digest.digest()))
    return keys


def _spelled(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest)[:43].decode()
