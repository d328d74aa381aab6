"""Core: what is done to each request, what was done so far, and nothing of sockets.

A request's bytes come in, an `Answer` goes out: the valid reply to its question, the fault that was drawn for it, or a
refusal by the meter. Everything is logged by the identity of the question (`loopback.answering`); nothing is kept.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from loopback.answering import identity_of, reply_to
from loopback.faults import FAULTS, Case, Mix, done
from loopback.metering import Meter
from loopback.prefixes import Lookup, PrefixCache
from loopback.server import NOT_FOUND, Answer, Behaviour, Dialect, Request


class Core:
    """One provider. `faults` are rates by name; `prefixes` counts what a prompt cache would have read."""

    def __init__(
        self,
        *,
        latency_s: float = 0.0,
        faults: Mapping[str, float] | None = None,
        seed: int = 0,
        meter: Meter | None = None,
        prefixes: bool = False,
        retry_after: str = "1",
        trickle_s: float = 3.0,
    ) -> None:
        self.latency_s = latency_s
        self.log: dict[str, list[str]] = {}
        self.counts: Counter[str] = Counter()
        self.most_at_once = self.under_way = self.abandoned = 0
        self.meter = meter
        self.cache = PrefixCache() if prefixes else None
        self._mix = Mix(faults or {}, seed)
        self._always: str | Behaviour | None = None
        self._manners = (retry_after, trickle_s)

    def always(self, what: str | Behaviour | None) -> None:
        """Do this to every request from now on: a fault by name, "ok", a behaviour; None goes back to the draw."""
        if isinstance(what, str) and what != "ok" and what not in FAULTS:
            raise ValueError(f"no fault is called {what!r}; there are {', '.join(FAULTS)}")
        self._always = what

    def answer(self, path: str, raw: bytes, dialect: Dialect) -> tuple[Answer, Lookup | None]:
        """The answer to one request, and what of its prompt is cached once it has been sent."""
        if not path.endswith("/chat/completions"):
            return NOT_FOUND, None
        body = json.loads(raw)
        asked = identity_of(body)
        turns = self.log.setdefault(asked, [])
        admission = self.meter.admit(time.monotonic()) if self.meter else None
        said = self.meter.header_lines(admission) if self.meter and admission else {}
        request = Request(path, {}, body, dialect, None)
        if admission and not admission.admitted:
            self._count(turns, "refused")
            return _with(done("rate_limited", Case(request, "", {})), said), None
        what = self._always or self._mix.draw(asked, len(turns))
        self._count(turns, what if isinstance(what, str) else "scripted")
        lookup = self.cache.look_up(body, dialect) if self.cache else None
        answer = what(request) if callable(what) else self._does(what, request, asked, len(raw), lookup)
        return _with(answer, said), lookup

    def _count(self, turns: list[str], name: str) -> None:
        turns.append(name)
        self.counts[name] += 1

    def _does(self, name: str, request: Request, asked: str, size: int, lookup: Lookup | None) -> Answer:
        text = reply_to(request.body, asked)
        tokens = lookup.tokens if lookup else size // 4
        written = len(text) // 4
        usage = {
            "prompt_tokens": tokens,
            "completion_tokens": written,
            "total_tokens": tokens + written,
            "prompt_tokens_details": {"cached_tokens": lookup.cached if lookup else 0},
        }
        case = Case(request, text, usage, *self._manners)
        return done(name, case)

    def stats(self) -> dict[str, Any]:
        """Everything that was counted, fit for JSON."""
        return {
            "requests": sum(self.counts.values()),
            "questions": len(self.log),
            "by_behaviour": dict(self.counts),
            "most_at_once": self.most_at_once,
            "abandoned": self.abandoned,
            "minutes": self.meter.report() if self.meter else [],
            "prompt_tokens": self.cache.tokens if self.cache else None,
            "cached_tokens": self.cache.cached if self.cache else None,
        }


def _with(answer: Answer, headers: Mapping[str, str]) -> Answer:
    return replace(answer, headers={**answer.headers, **headers}) if headers else answer
