"""Faults: by name, what a provider can do to a request, and a draw of them by seed at stated rates.

    mix = Mix(rates("wire"), seed=7)
    mix.draw(identity, nth)             # "ok", or the name of a fault: the same for the same seed, question and turn
    done("broken_json", case)           # the answer that it is

`TABLE` of tests/wire says what each of them is to a client.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from loopback import behaviours as does
from loopback.answering import reply_to
from loopback.server import Answer, Request


class Case(NamedTuple):
    """A request and the valid reply to it; `retry_after` in seconds, and over how long a trickle comes."""

    request: Request
    text: str
    usage: dict[str, Any]
    retry_after: str = "1"
    trickle_s: float = 3.0


Fault = Callable[[Case], Answer]
FOREVER_S = 3600.0

REFUSAL = "I'm sorry, but I can't help with that request."
OTHER = "2 other seats asked about this at the same time and each of them had its own data"
"""Words that no description holds: what a reply to another question would quote."""


def _ok(case: Case, text: Any = ..., **changes: Any) -> Answer:
    return does.ok(case.text if text is ... else text, **{"usage": case.usage, **changes})(case.request)


def _retry_after(case: Case) -> Answer:
    return does.rate_limited(retry_after=case.retry_after)(case.request)


def _refusal(case: Case) -> Answer:
    """OpenAI has a field for it; elsewhere it is prose."""
    return _ok(case, None, refusal=REFUSAL) if case.request.dialect == "openai" else _ok(case, REFUSAL)


def _half(case: Case) -> str:
    return case.text[: len(case.text) // 2]


def _body_twice(case: Case) -> Answer:
    """The body gives its choices twice: another answer first, then the one to this question."""
    whole = _ok(case)
    other = json.dumps([{"index": 0, "message": {"role": "assistant", "content": _other(case)}}]).encode()
    return replace(whole, body=b'{"choices": ' + other + b", " + whole.body[1:])


def _keys_twice(case: Case) -> Answer:
    """The reply gives its score twice, with different values."""
    score = int(json.loads(case.text).get("score", 0))
    return _ok(case, f'{{"score": {(score + 7) % 101}, {case.text[1:]}')


def _other(case: Case) -> str:
    """A valid reply to the same persona's question on another tool: its quotes stand nowhere in this one."""
    value = json.loads(case.text)
    for passage in value.get("evidence", ()):
        passage["quote"] = OTHER
    return json.dumps(value)


def _other_persona(case: Case) -> Answer:
    """A valid reply to another persona's question: its answers and criteria have other names."""
    form = json.loads(json.dumps(case.request.body.get("response_format", {})))
    parts = form.get("json_schema", {}).get("schema", {}).get("properties", {})
    for key in {"answers", "criteria"} & parts.keys():
        asked = parts[key]["properties"]
        parts[key]["properties"] = {f"other_{name}": part for name, part in asked.items()}
    return _ok(case, reply_to({**case.request.body, "response_format": form}, "0" * 16))


def _off_schema(case: Case) -> Answer:
    """The numbers come as words, and one key is ours alone to guess."""
    value = {**json.loads(case.text), "score": "8/10", "confidence": 0.9}
    return _ok(case, json.dumps(value))


def _chunks(case: Case) -> Answer:
    """Thinking and text apart, as reasoning models of Mistral's send them."""
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "Let me think."}]}
    return _ok(case, [thought, {"type": "text", "text": case.text}])


FAULTS: dict[str, Fault] = {
    # a status
    "rate_limited": lambda case: does.rate_limited()(case.request),
    "rate_limited_wait": _retry_after,
    "insufficient_quota": lambda case: does.out_of_quota()(case.request),
    "server_error": lambda case: does.fault(500, "The server had an error.", type="server_error")(case.request),
    "overloaded": lambda case: does.fault(503, "Overloaded.", type="server_error", code="slow_down")(case.request),
    # the line
    "reset": lambda case: replace(_ok(case), cut_after=400),
    "body_cut": lambda case: replace(_ok(case), cut_after=400, orderly=True),
    "stall": lambda case: replace(_ok(case), delay_s=FOREVER_S),
    "trickle": lambda case: replace(_ok(case), over_s=case.trickle_s),
    # the body
    "web_page": lambda case: does.web_page()(case.request),
    "broken_json": lambda case: does.broken_json()(case.request),
    "empty_choices": lambda case: does.raw(json.dumps({"object": "chat.completion", "choices": []}))(case.request),
    "null_content": lambda case: _ok(case, None),
    "chunks": _chunks,
    "refusal": _refusal,
    "content_filter": lambda case: _ok(case, None, finish="content_filter"),
    "length_empty": lambda case: _ok(case, "", finish="length"),
    "length_cut": lambda case: _ok(case, _half(case), finish="length"),
    "other_model": lambda case: _ok(case, model="some-other-model-2026-01-01"),
    "no_usage": lambda case: _ok(case, usage=...),
    "body_twice": _body_twice,
    # the reply
    "keys_twice": _keys_twice,
    "other_tool": lambda case: _ok(case, _other(case)),
    "other_persona": _other_persona,
    "fenced": lambda case: _ok(case, f"Here is my review:\n```json\n{case.text}\n```"),
    "off_schema": _off_schema,
    "cut": lambda case: _ok(case, _half(case)),
}
"""What can be done to a request, by name."""


def done(name: str, case: Case) -> Answer:
    """The answer to a request to which this is done; "ok" is the valid reply."""
    return _ok(case) if name == "ok" else FAULTS[name](case)


PRESETS = {
    "wire": {
        "rate_limited": 0.025,
        "rate_limited_wait": 0.025,
        "server_error": 0.02,
        "broken_json": 0.01,
        "reset": 0.01,
    },
    "answers": {"fenced": 0.02, "cut": 0.01, "length_cut": 0.01, "off_schema": 0.02, "body_cut": 0.01},
}
"""Mixes by name: a server under load, and a model that does not keep to the form."""


def rates(spec: str) -> dict[str, float]:
    """`wire,answers,stall=0.01` as rates by fault; raises `ValueError` for an unknown name or a sum over 1."""
    found: dict[str, float] = {}
    for part in filter(None, spec.split(",")):
        name, _, rate = part.partition("=")
        given = {name: float(rate)} if rate else PRESETS.get(name)
        if given is None or not given.keys() <= FAULTS.keys():
            raise ValueError(f"no fault or mix is called {name!r}; there are {', '.join([*PRESETS, *FAULTS])}")
        found |= given
    if sum(found.values()) > 1 + 1e-9:
        raise ValueError(f"the rates add up to {sum(found.values()):g}, which is more than 1")
    return found


class Mix:
    """Draws faults at stated rates. A draw depends on seed, question and turn, never on when a request arrives."""

    def __init__(self, by_fault: Mapping[str, float], seed: int) -> None:
        self._seed = seed
        self._edges: list[tuple[float, str]] = []
        edge = 0.0
        for name, rate in by_fault.items():
            edge += rate
            self._edges.append((edge, name))

    def draw(self, asked: str, nth: int) -> str:
        """What becomes of the `nth` request (from 0) with the question `asked`."""
        if not self._edges:
            return "ok"
        digest = hashlib.blake2b(f"{self._seed} {asked} {nth}".encode(), digest_size=8).digest()
        drawn = int.from_bytes(digest) / 2**64
        return next((name for edge, name in self._edges if drawn < edge), "ok")
