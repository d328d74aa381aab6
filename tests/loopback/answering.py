"""Answering: a complete valid reply to whatever is asked, as a function of what is asked.

In goes the JSON of a request, out comes the text of a reply that a careful reader scores: its quotes are copied from
the fenced description, its score follows from a hash of the question, and one entry names that hash, so that whoever
asked can tell a reply to another question from its own. What does not depend on the question is built once per form.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from loopback.behaviours import least, ok
from loopback.server import Answer, Behaviour, Request

if TYPE_CHECKING:
    from panel.records.prompt import Prompt

_DESCRIPTION = re.compile(r"⟦data [0-9a-f]{16} description⟧\n([^⟦⟧]*)\n⟦end ")
_STATED = "\n\n# The form\n"
"""Where a form that is stated in words begins, at the end of the standing words; the schema is its last line."""

_MARK = re.compile(r'"@(\w+)"')
_QUOTE_WORDS = 8

_REVIEW = (
    "Small teams get a narrow product whose stated limits answer more doubts than its promises do. The terms are "
    "plain, the first steps are short, and data can leave in a format that other programs read, so a wrong choice "
    "stays cheap. "
    "Against it stands a thin record of outside use and a price that rises faster than the value it buys. A group "
    "with a working alternative gains little beyond fewer moving parts; one that starts from nothing saves a week. "
    "Support hangs on few people, and the text names no date by which that changes."
)


def identity(model: str, system: str, user: str) -> str:
    """The question in 16 hexadecimal digits: the model, the standing words and the fenced data.

    Asking again has the same, and so has asking in another mode. A user message without a fence counts as a whole.
    """
    standing = system.partition(_STATED)[0]
    start, end = user.find("⟦data "), user.rfind("⟧")
    asked = user[start : end + 1] if 0 <= start < end else user
    whole = f"{model}\0{standing}\0{asked}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(whole, digest_size=8).hexdigest()


def identity_of(body: Mapping[str, Any]) -> str:
    """The identity of the question in a chat-completions request."""
    messages = [str(message.get("content")) for message in body.get("messages", ())]
    system, user = (messages[0], messages[1]) if len(messages) > 1 else ("", "".join(messages))
    return identity(str(body.get("model")), system, user)


def identity_in(prompt: Prompt, model: str) -> str:
    """The identity of a prompt to a model, by the name under which its server knows it."""
    return identity(model, prompt.messages[0].content, prompt.messages[1].content)


def score_of(asked: str) -> int:
    """The score that the reply to a question gives, 0 to 100, from its identity."""
    return int(asked, 16) % 101


def reply_to(body: Mapping[str, Any], asked: str) -> str:
    """The text of a complete valid reply; for a form that is none of a panel's, the least that fits it."""
    schema = schema_of(body)
    if schema is None:
        return "Nobody asked for a form."
    parts = schema.get("properties", {})
    if not {"evidence", "review", "score", "verdict"} <= parts.keys():
        return json.dumps(least(schema))
    pieces = _pieces(tuple(parts), _names(parts, "answers"), _names(parts, "criteria"))
    return _filled(pieces, asked, _description(body))


def schema_of(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The schema that was sent: for the server to enforce, beside `json_object`, or in words; None where none was."""
    form = body.get("response_format") or {}
    schema = (form.get("json_schema") or form).get("schema")
    if isinstance(schema, dict):
        return schema
    stated = str(body["messages"][0].get("content")).partition(_STATED)[2] if body.get("messages") else ""
    with suppress(ValueError):
        schema = json.loads(stated.rpartition("\n")[2])
    return schema if isinstance(schema, dict) else None


def _names(parts: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(parts.get(key, {}).get("properties", ()))


def _description(body: Mapping[str, Any]) -> str:
    contents = [str(message.get("content")) for message in body["messages"][1:]]
    found = _DESCRIPTION.search(contents[0]) if contents else None
    return found[1] if found else ""


@lru_cache(maxsize=64)
def _pieces(keys: tuple[str, ...], answers: tuple[str, ...], criteria: tuple[str, ...]) -> tuple[str, ...]:
    """The reply as text, split at what varies: literal, name, literal, name, …, literal."""
    evidence = [{"quote": "@first", "side": "for", "shows": "a stated fact that can be checked"}]
    evidence += [{"quote": "@second", "side": "against", "shows": "a limit that the text admits"}]
    fields: dict[str, Any] = {
        "steering": None,
        "evidence": evidence,
        "not_stated": ["@case"],
        "basis": "enough",
        "answers": {name: f"Stated in part: {name.replace('_', ' ')}." for name in answers},
        "concerns": ["few maintainers", "rising price"],
        "doubt": None,
        "review": _REVIEW,
        "pick_if": "you start from nothing and want a narrow product",
        "walk_away_if": "you need a record of outside use",
        "prediction": {"claim": "The price rises.", "within_months": 12, "wrong_if": "The price stays."},
        "criteria": dict.fromkeys(criteria, "@tenth"),
        "score": "@score",
        "verdict": "@verdict",
    }
    return tuple(_MARK.split(json.dumps({key: fields[key] for key in keys if key in fields})))


def _filled(pieces: Sequence[str], asked: str, description: str) -> str:
    score = score_of(asked)
    first, second = _quotes(description, asked)
    values = {
        "first": json.dumps(first),
        "second": json.dumps(second),
        "case": f'"what stands in case {asked}"',
        "tenth": str(score // 10),  # rounded down, so that it never stands on the other side of the line
        "score": str(score),
        "verdict": '"ship"' if score >= 60 else '"skip"',
    }
    return "".join(values[piece] if place % 2 else piece for place, piece in enumerate(pieces))


def _quotes(description: str, asked: str) -> tuple[str, str]:
    """Two passages of the description, word for word; an ellipsis would make two parts of one, and is walked round."""
    words = description.split()
    if len(words) <= _QUOTE_WORDS:
        return description or "nothing was described", description or "nothing was described"
    number = int(asked, 16)
    starts = (number // 101 % len(words), number // 10_007 % len(words))
    first, second = (_passage(words, start) for start in starts)
    return first, second


def _passage(words: Sequence[str], start: int) -> str:
    last = len(words) - _QUOTE_WORDS
    for offset in range(last + 1):
        at = (start + offset) % (last + 1)
        passage = " ".join(words[at : at + _QUOTE_WORDS])
        if ".." not in passage and "…" not in passage:
            return passage
    return " ".join(words[:_QUOTE_WORDS])


def scoring(score: int) -> Behaviour:
    """A complete valid reply with this score, its criteria and its verdict in keeping."""

    def behave(request: Request) -> Answer:
        fields = json.loads(reply_to(request.body, identity_of(request.body)))
        verdict = "ship" if score >= 60 else "skip"
        criteria = dict.fromkeys(fields["criteria"], round(score / 10))
        return ok(json.dumps({**fields, "criteria": criteria, "score": score, "verdict": verdict}))(request)

    return behave
