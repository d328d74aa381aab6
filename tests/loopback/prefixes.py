"""Prefixes: what a provider's prompt cache would have read, counted.

A prompt is its form followed by its messages, as sent. A prefix of at least 1,024 tokens is cached in steps (128 tokens
at OpenAI, 64 at Mistral) once the first request that holds it has been answered: calls fired together share nothing.
A token is four characters here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from loopback.answering import schema_of
from loopback.server import Dialect

TOKEN = 4
"""Characters."""

LEAST = 1024
STEPS: dict[Dialect, int] = {"openai": 128, "mistral": 64}


class Lookup(NamedTuple):
    """Tokens of a prompt, how many of them were read from the cache, and its prefixes, for when it is answered."""

    tokens: int
    cached: int
    prefixes: tuple[bytes, ...]


class PrefixCache:
    """One provider's cache: apart for each model and for each `prompt_cache_key`."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self.tokens = 0
        self.cached = 0

    def look_up(self, body: Mapping[str, Any], dialect: Dialect) -> Lookup:
        """What of this prompt is cached now."""
        text = _text(body)
        step = STEPS[dialect]
        prefixes = _prefixes(f"{body.get('model')}\0{body.get('prompt_cache_key')}\0", text, step)
        hits = 0
        while hits < len(prefixes) and prefixes[hits] in self._known:
            hits += 1
        found = Lookup(len(text) // TOKEN, LEAST + step * (hits - 1) if hits else 0, prefixes)
        self.tokens += found.tokens
        self.cached += found.cached
        return found

    def answered(self, lookup: Lookup) -> None:
        """From now on the prefixes of this prompt are cached."""
        self._known.update(lookup.prefixes)


def _text(body: Mapping[str, Any]) -> str:
    form = json.dumps(schema_of(body), ensure_ascii=False)
    said = [f"{message.get('role')}\n{message.get('content')}\n" for message in body.get("messages", ())]
    return "\n".join([form, *said])


def _prefixes(scope: str, text: str, step: int) -> tuple[bytes, ...]:
    """A hash of each cacheable prefix, shortest first."""
    digest = hashlib.blake2b(scope.encode(), digest_size=16)
    found, start = [], 0
    for end in range(LEAST * TOKEN, len(text) + 1, step * TOKEN):
        digest.update(text[start:end].encode("utf-8", "surrogatepass"))
        found.append(digest.digest())
        start = end
    return tuple(found)
