"""Rows: what a batch brings for each of its requests, in the shapes of OpenAI's and Mistral's files.

In go the lines of a part, out come the rows of its output file and of its error file: valid replies that follow from
the question (`loopback.answering`), and what can go wrong, drawn by seed at stated rates or given by custom id.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loopback.answering import identity_of, reply_to
from loopback.faults import FAULTS, Case, Mix, done
from loopback.server import Dialect, Request

ROW_FAULTS = ("failed", "timed_out", "missing", "duplicate", "unknown_id", "garbled", "torn", "twice", "foreign")
"""What can become of a row beside the faults of `loopback.faults`, which are of the answer inside it.

failed: refused with 400, in the error file; timed_out: 408 there; missing: in neither file; duplicate: twice in the
output; unknown_id: answered under an id that nobody gave; garbled: bytes that are no JSON; torn: ends too early;
twice: names two custom ids; foreign: a row of somebody else's batch beside the right one.
"""

SAID = {"batch_expired": "the completion window ended", "batch_cancelled": "the batch was cancelled"}


@dataclass(frozen=True)
class Written:
    """The two files, and how many requests were carried out, failed, and in all."""

    output: bytes
    errors: bytes
    answered: tuple[str, ...]
    failed: int


class RowWriter:
    """Draws what becomes of each row. A draw depends on seed, custom id and question, never on the order."""

    def __init__(self, rates: Mapping[str, float], seed: int, by_id: Mapping[str, str] | None = None) -> None:
        unknown = (rates.keys() | set((by_id or {}).values())) - {*ROW_FAULTS, *FAULTS, "ok"}
        if unknown:
            raise ValueError(f"no fault of a row is called {', '.join(sorted(unknown))}")
        self._mix = Mix(rates, seed)
        self._seed = seed
        self.by_id = dict(by_id or {})

    def write(self, lines: Sequence[dict[str, Any]], dialect: Dialect, share: float, left: str) -> Written:
        """The files of a part of which this share was carried out; `left` is the code that the rest is told with."""
        output: list[bytes] = []
        errors: list[bytes] = []
        answered: list[str] = []
        order = list(lines)
        random.Random(self._seed).shuffle(order)  # noqa: S311 - not a secret
        reached = round(share * len(order))
        for line in order[:reached]:
            self._add(line, dialect, output, errors, answered)
        for line in order[reached:] if left else ():
            errors.append(_row(line["custom_id"], None, {"code": left, "message": SAID[left]}))
        return Written(b"".join(output), b"".join(errors), tuple(answered), len(errors))

    def _add(
        self, line: dict[str, Any], dialect: Dialect, output: list[bytes], errors: list[bytes], answered: list[str]
    ) -> None:
        custom_id, body = line["custom_id"], line["body"]
        asked = identity_of(body)
        what = self.by_id.get(custom_id) or self._mix.draw(f"{custom_id} {asked}", 0)
        if what in ("failed", "timed_out"):
            status = 400 if what == "failed" else 408
            said = {"message": "The row was refused.", "type": "invalid_request_error", "code": None, "param": None}
            errors.append(_row(custom_id, _response(status, {"error": said}), None))
            return
        answered.append(custom_id)
        row = _row(custom_id, _response(200, _answer(body, asked, dialect, what if what in FAULTS else "ok")), None)
        output.extend(_DAMAGE.get(what, lambda row, _: [row])(row, custom_id))


def _answer(body: dict[str, Any], asked: str, dialect: Dialect, what: str) -> Any:
    text = reply_to(body, asked)
    read, written = len(json.dumps(body)) // 4, len(text) // 4
    usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    answer = done(what, Case(Request("/v1/chat/completions", {}, body, dialect, None), text, usage))
    try:
        return json.loads(answer.body)
    except ValueError:
        return answer.body.decode("utf-8", "replace")


def _response(status: int, body: Any) -> dict[str, Any]:
    return {"status_code": status, "request_id": "req-batch-1", "body": body}


def _row(custom_id: str, response: Any, error: Any) -> bytes:
    return (
        json.dumps({"id": "batch_req_1", "custom_id": custom_id, "response": response, "error": error}).encode() + b"\n"
    )


def _renamed(row: bytes, custom_id: str, to: str) -> bytes:
    return row.replace(json.dumps(custom_id).encode(), json.dumps(to).encode(), 1)


_DAMAGE: dict[str, Callable[[bytes, str], list[bytes]]] = {
    "missing": lambda row, _: [],
    "duplicate": lambda row, _: [row, row],
    "unknown_id": lambda row, known: [_renamed(row, known, f"nobody-{known}"[:64])],
    "garbled": lambda row, _: [b"\x00\xff{]" + row[::-1].replace(b"\n", b" ") + b"\n"],
    "torn": lambda row, _: [row[: len(row) // 2] + b"\n"],
    "twice": lambda row, known: [row.replace(b'"response"', b'"custom_id": "another", "response"', 1)],
    "foreign": lambda row, known: [_renamed(row, known, "request/1 of another"), row],
}
