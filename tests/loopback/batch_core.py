"""Batch core: files and batches of one account, in OpenAI's and in Mistral's shapes, and nothing of sockets.

A request comes in, an `Answer` goes out. A batch moves by virtual steps: waiting, running, ending, over. With
`advance="poll"` each look at it is a step, with "step" only `step()` is. What becomes of the nth batch is its `End`;
what becomes of a call (`CALL_FAULTS`) is queued by `next_calls`, or drawn by seed at stated rates.

Everything that was created is in `created`, in order; `twice()` names the parts that were handed in more than once.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from loopback import behaviours as does
from loopback.batch_rows import RowWriter, Written
from loopback.faults import Mix
from loopback.server import NOT_FOUND, Answer, Dialect, Request

Advance = Literal["poll", "step"]

CALL_FAULTS = ("lost", "cut", "rate_limited", "server_error", "web_page", "not_found", "stall")
"""What can become of a call, by operation (upload, create, list, get, cancel, download), as in `create.lost`.

lost: it is done, and answered with 500; cut: it is done, and the connection breaks while the answer comes.
"""

STEPS = ("validating", "in_progress", "finalizing")
WORDS = {
    "validating": "QUEUED",
    "in_progress": "RUNNING",
    "finalizing": "RUNNING",
    "cancelling": "CANCELLATION_REQUESTED",
    "completed": "SUCCESS",
    "failed": "FAILED",
    "expired": "TIMEOUT_EXCEEDED",
    "cancelled": "CANCELLED",
}
OVER = ("completed", "failed", "expired", "cancelled")


@dataclass(frozen=True)
class End:
    """How a batch ends: with `status`, after `share` of it was carried out; `told` is whether the rest stands in the
    error file. `steps` is how many it takes from one status to the next."""

    status: str = "completed"
    share: float = 1.0
    told: bool = True
    steps: int = 1


@dataclass
class Batch:
    """One batch. `lines` are its requests as handed in."""

    job: str
    dialect: Dialect
    lines: list[dict[str, Any]]
    end: End
    input_file: str
    request: dict[str, Any]
    status: str = "validating"
    met: int = 0
    written: Written | None = None
    output_file: str | None = None
    error_file: str | None = None
    problems: list[dict[str, Any]] = field(default_factory=list)


class BatchCore:
    """The account. `ends` are those of the batches in the order of their creation, the last for all that follow."""

    def __init__(
        self,
        *,
        seed: int = 0,
        ends: Sequence[End] = (End(),),
        rows: Mapping[str, float] | None = None,
        by_id: Mapping[str, str] | None = None,
        calls: Mapping[str, float] | None = None,
        advance: Advance = "poll",
        page: int = 100,
    ) -> None:
        self.created: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, Batch] = {}
        self.rows = RowWriter(rows or {}, seed, by_id)
        self._ends = list(ends)
        self._calls = {op: Mix(_of(calls or {}, op), seed) for op in _OPERATIONS}
        self._queued: dict[str, list[str]] = {}
        self._advance = advance
        self._page = page

    def next_calls(self, operation: str, *faults: str) -> None:
        """What becomes of the next calls of this operation; "ok" lets one through."""
        self._queued.setdefault(operation, []).extend(faults)

    def step(self, number: int = 1) -> None:
        """Let every batch take so many steps."""
        for _ in range(number):
            for batch in self.batches.values():
                self._take_step(batch)

    def twice(self) -> list[str]:
        """The parts that were created more than once, as "run/part"; and contents that were."""
        parts = Counter(f"{made['run']}/{made['part']}" for made in self.created if made["run"] is not None)
        contents = Counter(made["content"] for made in self.created)
        found = [part for part, times in parts.items() if times > 1]
        return found + [content for content, times in contents.items() if times > 1]

    def stats(self) -> dict[str, Any]:
        """Everything that was counted, fit for JSON."""
        return {
            "created": self.created,
            "twice": self.twice(),
            "calls": dict(self.counts),
            "answered": dict(self.answered),
            "states": {job: batch.status for job, batch in self.batches.items()},
        }

    def answer(
        self, method: str, path: str, query: Mapping[str, str], raw: bytes, dialect: Dialect, kind: str
    ) -> Answer:
        """The answer to one request; `kind` is its content type."""
        place = path.removeprefix("/v1")
        for operation, wanted, pattern in _ROUTES:
            found = re.fullmatch(pattern, place)
            if method == wanted and found:
                dialect = "mistral" if place.startswith("/batch/") else dialect
                do = getattr(self, f"_{operation}")
                return self._faulty(operation, dialect, lambda: do(dialect, *found.groups(), query, raw, kind))  # noqa: B023
        return NOT_FOUND

    def _faulty(self, operation: str, dialect: Dialect, do: Callable[[], Answer]) -> Answer:
        nth = self.counts[operation]
        self.counts[operation] += 1
        queued = self._queued.get(operation)
        what = queued.pop(0) if queued else self._calls[operation].draw(operation, nth)
        if what == "ok":
            return do()
        self.counts[f"{operation}.{what}"] += 1
        request = Request("", {}, {}, dialect, None)
        if what == "lost":
            do()
            return does.fault(500, "The server had an error.", type="server_error")(request)
        if what == "cut":
            whole = do()
            return replace(whole, cut_after=len(whole.body) // 2)
        if what == "stall":
            return replace(do(), delay_s=3600.0)
        return _REFUSED[what](request)

    # files

    def _upload(self, dialect: Dialect, query: Mapping[str, str], raw: bytes, kind: str) -> Answer:
        content = _file_in(raw, kind)
        if content is None:
            return _said(400, "no file was sent", dialect)
        file = self._keep(content, dialect)
        about = {"id": file, "object": "file", "bytes": len(content), "created_at": 1795000000, "purpose": "batch"}
        return _json(
            {**about, "filename": "x.jsonl", "status": "processed", "sample_type": "batch_request", "source": "upload"}
        )

    def _keep(self, content: bytes, dialect: Dialect) -> str:
        file = str(uuid.UUID(int=len(self.files) + 1)) if dialect == "mistral" else f"file-{len(self.files) + 1}"
        self.files[file] = content
        return file

    def _download(self, dialect: Dialect, file: str, query: Mapping[str, str], raw: bytes, kind: str) -> Answer:
        if file not in self.files:
            return _said(404, "No such File object", dialect)
        return Answer(200, self.files[file], content_type="application/octet-stream")

    # batches

    def _create(self, dialect: Dialect, query: Mapping[str, str], raw: bytes, kind: str) -> Answer:
        asked = json.loads(raw)
        file = asked.get("input_file_id") or next(iter(asked.get("input_files") or ()), "")
        if file and file not in self.files:
            return _said(400, f"no such file: {file}", dialect)
        content = (
            self.files[file] if file else b"".join(json.dumps(line).encode() + b"\n" for line in asked["requests"])
        )
        lines, problems = _lines(content, asked, dialect)
        number = len(self.created)
        end = self._ends[min(number, len(self._ends) - 1)]
        job = str(uuid.UUID(int=1000 + number)) if dialect == "mistral" else f"batch_{number + 1}"
        batch = Batch(job, dialect, lines, end, file, asked, problems=problems)
        self.batches[job] = batch
        named = asked.get("metadata") or {}
        self.created.append(
            {
                "job": job,
                "run": named.get("panel_run"),
                "part": named.get("panel_part"),
                "lines": len(lines),
                "content": hashlib.sha256(content).hexdigest(),
                "inline": not file,
                "custom_ids": [line.get("custom_id") for line in lines],
            }
        )
        return _json(self._shown(batch))

    def _list(self, dialect: Dialect, query: Mapping[str, str], raw: bytes, kind: str) -> Answer:
        newest = [batch for batch in reversed(self.batches.values()) if batch.dialect == dialect]
        shown = [self._shown(batch) for batch in newest]
        if dialect == "mistral":
            size = min(self._page, int(query.get("page_size", 100)))
            start = size * int(query.get("page", 0))
            return _json({"object": "list", "total": len(shown), "data": shown[start : start + size]})
        size = min(self._page, int(query.get("limit", 20)))
        after = query.get("after")
        start = next((place + 1 for place, batch in enumerate(newest) if batch.job == after), 0)
        page = shown[start : start + size]
        ends = {"first_id": page[0]["id"] if page else None, "last_id": page[-1]["id"] if page else None}
        return _json({"object": "list", "data": page, **ends, "has_more": start + size < len(shown)})

    def _get(self, dialect: Dialect, job: str, query: Mapping[str, str], raw: bytes, kind: str) -> Answer:
        batch = self.batches.get(job)
        if batch is None or batch.dialect != dialect:
            return _said(404, f"No batch found with id '{job}'.", dialect)
        if self._advance == "poll":
            self._take_step(batch)
        return _json(self._shown(batch, inline=query.get("inline") == "true"))

    def _cancel(self, dialect: Dialect, job: str, query: Mapping[str, str], raw: bytes, kind: str) -> Answer:
        batch = self.batches.get(job)
        if batch is None or batch.dialect != dialect:
            return _said(404, f"No batch found with id '{job}'.", dialect)
        if batch.status in OVER:
            return _said(409, f"Cannot cancel a batch with status '{batch.status}'.", dialect)
        batch.end = replace(batch.end, status="cancelled", share=batch.end.share / 2)
        batch.status, batch.met = "cancelling", 0
        return _json(self._shown(batch))

    def _take_step(self, batch: Batch) -> None:
        if batch.status in OVER:
            return
        batch.met += 1
        if batch.met < batch.end.steps:
            return
        batch.met = 0
        if batch.problems:
            batch.status = "failed"
        elif batch.status in STEPS[:-1] and not (batch.status == "validating" and batch.end.status == "failed"):
            batch.status = STEPS[STEPS.index(batch.status) + 1]
        else:
            self._over(batch)

    def _over(self, batch: Batch) -> None:
        batch.status = batch.end.status
        if batch.status == "failed":
            batch.problems = [
                {"code": "token_limit_exceeded", "line": None, "message": "Enqueued token limit reached."}
            ]
            return
        left = {"expired": "batch_expired", "cancelled": "batch_cancelled"}.get(batch.status, "")
        batch.written = self.rows.write(batch.lines, batch.dialect, batch.end.share, left if batch.end.told else "")
        self.answered.update(batch.written.answered)
        if batch.dialect == "mistral" and not batch.input_file:
            return  # results of a job without files are in the job
        if batch.written.output:
            batch.output_file = self._keep(batch.written.output, batch.dialect)
        if batch.written.errors:
            batch.error_file = self._keep(batch.written.errors, batch.dialect)

    def _shown(self, batch: Batch, *, inline: bool = False) -> dict[str, Any]:
        written = batch.written
        counts = (len(batch.lines), len(written.answered) if written else 0, written.failed if written else 0)
        ended = 1795003600 if batch.status in OVER else None
        return (_as_mistral if batch.dialect == "mistral" else _as_openai)(batch, counts, ended, inline)


def _as_openai(batch: Batch, counts: tuple[int, int, int], ended: int | None, inline: bool) -> dict[str, Any]:
    done = {f"{word}_at": ended if batch.status == word else None for word in OVER}
    return {
        "id": batch.job,
        "object": "batch",
        "endpoint": batch.request["endpoint"],
        "errors": {"object": "list", "data": batch.problems} if batch.problems else None,
        "input_file_id": batch.input_file,
        "completion_window": "24h",
        "status": batch.status,
        "output_file_id": batch.output_file,
        "error_file_id": batch.error_file,
        "created_at": 1795000000,
        **done,
        "request_counts": dict(zip(("total", "completed", "failed"), counts, strict=True)),
        "metadata": batch.request.get("metadata"),
    }


def _as_mistral(batch: Batch, counts: tuple[int, int, int], ended: int | None, inline: bool) -> dict[str, Any]:
    written = batch.written
    rows = (written.output + written.errors).splitlines() if written and inline and not batch.input_file else None
    return {
        "id": batch.job,
        "object": "batch",
        "input_files": [batch.input_file] if batch.input_file else [],
        "metadata": batch.request.get("metadata"),
        "endpoint": batch.request["endpoint"],
        "model": batch.request.get("model"),
        "output_file": batch.output_file,
        "error_file": batch.error_file,
        "outputs": [json.loads(row) for row in rows] if rows is not None else None,
        "errors": [{"message": str(problem["message"]), "count": 1} for problem in batch.problems],
        "status": WORDS[batch.status],
        "created_at": 1795000000,
        "completed_at": ended,
        "total_requests": counts[0],
        "completed_requests": counts[1] + counts[2],
        "succeeded_requests": counts[1],
        "failed_requests": counts[2],
    }


_OPERATIONS = ("upload", "create", "list", "get", "cancel", "download")
_ID = r"([A-Za-z0-9._-]+)"
_ROUTES = (
    ("upload", "POST", "/files"),
    ("download", "GET", f"/files/{_ID}/content"),
    ("create", "POST", "/batches|/batch/jobs"),
    ("list", "GET", "/batches|/batch/jobs"),
    ("get", "GET", f"(?:/batches|/batch/jobs)/{_ID}"),
    ("cancel", "POST", f"(?:/batches|/batch/jobs)/{_ID}/cancel"),
)
_REFUSED = {
    "rate_limited": does.rate_limited(retry_after="1"),
    "server_error": does.fault(500, "The server had an error.", type="server_error"),
    "web_page": does.web_page(),
    "not_found": does.fault(404, "Not found."),
}


def _of(calls: Mapping[str, float], operation: str) -> dict[str, float]:
    for name in calls:
        if name.partition(".")[0] not in _OPERATIONS or name.partition(".")[2] not in CALL_FAULTS:
            raise ValueError(f"no fault of a call is called {name!r}; write one like create.lost")
    return {name.partition(".")[2]: rate for name, rate in calls.items() if name.startswith(f"{operation}.")}


def _json(body: Any) -> Answer:
    return Answer(200, json.dumps(body).encode(), {"x-request-id": "req-1"})


def _said(status: int, message: str, dialect: Dialect) -> Answer:
    return does.fault(status, message, type="invalid_request_error")(Request("", {}, {}, dialect, None))


def _file_in(raw: bytes, kind: str) -> bytes | None:
    """The part called `file` of a form."""
    boundary = kind.partition("boundary=")[2].strip('"').encode()
    for piece in raw.split(b"--" + boundary) if boundary else ():
        head, _, content = piece.partition(b"\r\n\r\n")
        if b'name="file"' in head:
            return content.removesuffix(b"\r\n")
    return None


def _lines(
    content: bytes, asked: Mapping[str, Any], dialect: Dialect
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The requests, and for what the provider would refuse them all."""
    lines: list[dict[str, Any]] = []
    problems: list[dict[str, Any]] = []
    wanted = {"custom_id", "body"} if dialect == "mistral" else {"custom_id", "method", "url", "body"}
    most = 100_000 if dialect == "mistral" else 50_000
    seen: set[str] = set()
    for number, row in enumerate(content.splitlines(), start=1):
        try:
            line = json.loads(row)
        except ValueError:
            problems.append({"code": "invalid_json_line", "line": number, "message": "This line is not JSON."})
            continue
        if line.keys() != wanted or line.get("url", asked["endpoint"]) != asked["endpoint"]:
            problems.append({"code": "invalid_request", "line": number, "message": f"Expected {sorted(wanted)}."})
        if line.get("custom_id") in seen:
            problems.append(
                {"code": "duplicate_custom_id", "line": number, "message": "The custom_id was seen before."}
            )
        seen.add(line.get("custom_id"))
        lines.append(line)
    models = {line["body"].get("model", asked.get("model")) for line in lines if "body" in line}
    if len(models) > 1:
        problems.append({"code": "mismatched_model", "line": None, "message": "All lines must name one model."})
    if not lines or len(lines) > most:
        problems.append({"code": "invalid_size", "line": None, "message": f"{len(lines)} requests."})
    return lines, problems
