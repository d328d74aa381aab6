"""Rows: a line of a batch's results, read into a BatchResult. Pure; a line goes in, and no line is an error.

A row holds what a live call would have brought, and is read by the same code: status and body give a reply, or a
failure with the same codes. Only what batches alone know of (that they expired, were cancelled) has codes of its own.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from panel.clients.base import attempt_of
from panel.clients.batches.download import Line
from panel.clients.batches.states import without_key
from panel.clients.chat import reply_in
from panel.clients.codes import CODES
from panel.clients.fields import mapping, read_object
from panel.clients.keys import Scrub
from panel.clients.wire.exchange import Exchange
from panel.clients.wire.failures import status_failure
from panel.errors import ClientError, SeatFailed
from panel.records.batch import BatchResult
from panel.records.model import Model, SchemaMode
from panel.records.reply import Attempt, Reply

UNREACHED = {
    "batch_expired": "the batch ended before this request was carried out; it is not charged",
    "batch_cancelled": "the batch was cancelled before this request was carried out; it is not charged",
}
"""What a row may say in place of an answer, in the provider's own code."""

_WORDS = {"request_timeout": 408, "rate_limit_exceeded": 429, "insufficient_quota": 429}
"""Codes that rows carry without a status, and the status that stands for the same."""

_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ID_IN_PART = re.compile(rb'(?<!\\)"custom_id"\s*:\s*"([A-Za-z0-9_-]{1,64})"')
"""The id in a damaged row. Inside an answer's text the first quote would have a backslash before it."""

_ONCE = (b'"custom_id"', b'"response"', b'"body"', b'"choices"', b'"message"', b'"output"')


class Reader(NamedTuple):
    """What all rows of one batch have in common; `caps` by custom id, `cap` for the others, in tokens.

    When it was created is when each of its questions was asked, and how long it took is how long each of them did.
    """

    model: Model
    scrub: Scrub
    from_response: Callable[..., Reply]
    asked_at: dt.datetime
    latency_s: float
    mode: SchemaMode | None
    cap: int
    caps: Mapping[str, int]

    def read(self, line: Line, file: str) -> BatchResult:
        """What a line of `file` (the output file, or that of errors) says."""
        content = self.scrub.content(line.content)
        row = read_object(content, _ONCE) if line.whole else None
        if row is None:
            known = _ID_IN_PART.search(content)
            why = "cannot be read" if line.whole else "is too long"
            return self._unreadable(known[1].decode() if known else "", f"line {line.number} of its {file} {why}")
        custom_id = self._id(row.get("custom_id"))
        try:
            return BatchResult(custom_id=custom_id, reply=self._reply(custom_id, row))
        except ClientError as error:
            return BatchResult(custom_id=custom_id, failure=self._failure(custom_id, error))
        except (ValueError, RecursionError):
            return self._unreadable(custom_id, f"line {line.number} of its {file} cannot be read")

    def _id(self, given: Any) -> str:
        """The id, where it can be a seat's; any other in brackets, so that it cannot pass for one."""
        if isinstance(given, str) and _KEY.fullmatch(given) and without_key(given, self.scrub):
            return given
        return f"({self.scrub(given, 80)})" if given else ""

    def _reply(self, custom_id: str, row: Mapping[str, Any]) -> Reply:
        exchange = self._exchange(row)
        cap = self.caps.get(custom_id, self.cap)
        reply = reply_in(self.model, exchange, self.scrub, partial(self.from_response, cap=cap))
        attempts = tuple(attempt.model_copy(update={"via": "batch"}) for attempt in reply.attempts)
        return reply.model_copy(update={"attempts": attempts})

    def _exchange(self, row: Mapping[str, Any]) -> Exchange:
        """The row as a response; raises `ClientError` for one that says why it holds none."""
        response, error = mapping(row.get("response")), row.get("error")
        body = response.get("body", response if _holds_answer(response) else None)
        if isinstance(body, str):
            body = read_object(body.encode("utf-8", "replace"), _ONCE) or body
        if error and not _holds_answer(body):
            raise self._said(error, response)
        stated = response.get("status_code", 200)
        fits = isinstance(stated, int) and not isinstance(stated, bool) and 200 <= stated < 600
        status = 200 if _is_answered(body) else stated if fits else 500
        headers = {"x-request-id": str(response["request_id"])} if response.get("request_id") else {}
        kind = {"content-type": "application/json"}
        content = body.encode("utf-8", "replace") if isinstance(body, str) else json.dumps(body).encode()
        content = self.scrub.content(content)  # once more: escapes may have spelled the key
        return Exchange(status, headers | kind, content, self.asked_at, self.latency_s)

    def _said(self, error: Any, response: Mapping[str, Any]) -> ClientError:
        """The error beside a response, or in place of one: an object with code and message, or words."""
        said = error if isinstance(error, dict) else {"message": str(error)}
        word = str(said.get("code"))
        if word in UNREACHED:
            return ClientError(f"{self.model.name}: {UNREACHED[word]}", code=word, retryable=True)
        stated = response.get("status_code") or said.get("code")
        status = stated if isinstance(stated, int) and 400 <= stated < 600 else _WORDS.get(word, 500)
        content = json.dumps(mapping(response.get("body")) or {"error": said}).encode()
        return status_failure(self.model, status, {}, content, self.scrub, self.asked_at)

    def _failure(self, custom_id: str, error: ClientError) -> Attempt:
        asked = {"via": "batch", "cap": self.caps.get(custom_id, self.cap), "mode": self.mode}
        return attempt_of(error, self.asked_at, self.latency_s).model_copy(update=asked)

    def _unreadable(self, custom_id: str, found: str) -> BatchResult:
        """What is damaged was paid for, and is a failed attempt of the seat where its id can still be read."""
        error = SeatFailed(f"{self.model.name}: {CODES['not_json']} ({found})", code="not_json", billed=True)
        return BatchResult(custom_id=custom_id, failure=self._failure(custom_id, error))


def _holds_answer(body: Any) -> bool:
    """Whether this has the place where an answer stands."""
    return isinstance(body, dict) and ("choices" in body or "output" in body)


def _is_answered(body: Any) -> bool:
    """Whether this holds an answer: it was carried out and is paid for, whatever status stands beside it."""
    return isinstance(body, dict) and bool(body.get("choices") or body.get("output"))
