"""The batch provider of the tests: what it does is drawn by seed, and it keeps a log that finds what was done twice."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from loopback.answering import identity_of, score_of
from loopback.batch_core import BatchCore, End
from loopback.batch_rows import ROW_FAULTS, RowWriter
from loopback.batches import BatchProvider, ends_in, provider_of, running

from panel.clients.batches import connect_batch
from panel.clients.registry import resolve
from panel.records.model import ModelSettings

SCHEMA = {"type": "object", "properties": {"score": {"type": "integer", "minimum": 0, "maximum": 9}}}
FORM = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}


def a_body(text: str) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], "response_format": FORM}


def lines(number: int) -> list[dict[str, Any]]:
    url = "/v1/chat/completions"
    return [{"custom_id": f"k{n}", "method": "POST", "url": url, "body": a_body(f"q {n}")} for n in range(number)]


def created(core: BatchCore, number: int = 4, **more: Any) -> dict[str, Any]:
    """A batch of OpenAI's, made from a file."""
    core.files["file-x"] = b"".join(json.dumps(line).encode() + b"\n" for line in lines(number))
    asked = {"input_file_id": "file-x", "endpoint": "/v1/chat/completions", "completion_window": "24h", **more}
    answer = core.answer("POST", "/v1/batches", {}, json.dumps(asked).encode(), "openai", "application/json")
    found: dict[str, Any] = json.loads(answer.body)
    return found


def looked_at(core: BatchCore, job: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(core.answer("GET", f"/v1/batches/{job}", {}, b"", "openai", "").body)
    return found


def test_a_batch_moves_a_step_with_every_look() -> None:
    core = BatchCore()
    job = created(core)["id"]
    assert [looked_at(core, job)["status"] for _ in range(4)] == ["in_progress", "finalizing", "completed", "completed"]


def test_a_batch_waits_for_steps_where_it_is_told_to() -> None:
    core = BatchCore(advance="step", ends=[End(steps=2)])
    job = created(core)["id"]
    assert {looked_at(core, job)["status"] for _ in range(5)} == {"validating"}
    core.step(5)
    assert looked_at(core, job)["status"] == "finalizing"
    core.step()
    assert looked_at(core, job)["status"] == "completed"


def test_ends_are_those_of_the_batches_in_the_order_of_their_creation() -> None:
    core = BatchCore(ends=[End("failed"), End("expired", share=0.5), End()])
    jobs = [created(core)["id"] for _ in range(4)]
    core.step(3)
    assert [core.batches[job].status for job in jobs] == ["failed", "expired", "completed", "completed"]
    assert looked_at(core, jobs[1])["request_counts"] == {"total": 4, "completed": 2, "failed": 2}
    assert looked_at(core, jobs[0])["errors"]["data"][0]["code"] == "token_limit_exceeded"


def test_a_reply_follows_from_its_question() -> None:
    body = a_body("q") | {"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}}
    written = RowWriter({}, 0).write([{"custom_id": "k", "body": body}], "openai", 1.0, "")
    row = json.loads(written.output)
    assert json.loads(row["response"]["body"]["choices"][0]["message"]["content"]) == {"score": 0}
    assert 0 <= score_of(identity_of(body)) <= 100


def test_the_order_is_not_kept_and_what_becomes_of_a_row_is_drawn_by_seed() -> None:
    rates = dict.fromkeys(ROW_FAULTS, 0.05) | {"fenced": 0.05}
    one, same, other = (RowWriter(rates, seed).write(lines(200), "openai", 1.0, "") for seed in (1, 1, 2))
    assert one == same
    assert (one.output, one.errors) != (other.output, other.errors)
    assert one.failed > 0
    ids = [
        json.loads(row)["custom_id"] for row in one.output.splitlines() if row.startswith(b"{") and row.endswith(b"}")
    ]
    assert ids != sorted(ids)


def test_what_becomes_of_a_row_does_not_depend_on_its_neighbours() -> None:
    rates = {"failed": 0.3}
    alone = {line["custom_id"]: RowWriter(rates, 4).write([line], "openai", 1.0, "").failed for line in lines(30)}
    together = RowWriter(rates, 4).write(lines(30), "openai", 1.0, "")
    assert {json.loads(row)["custom_id"] for row in together.errors.splitlines()} == {k for k, n in alone.items() if n}


def test_a_batch_that_was_created_twice_is_noticed() -> None:
    core = BatchCore()
    created(core, 3, metadata={"panel_run": "r", "panel_part": "0"})
    created(core, 4, metadata={"panel_run": "r", "panel_part": "1"})
    assert core.twice() == []
    created(core, 5, metadata={"panel_run": "r", "panel_part": "1"})
    assert core.twice() == ["r/1"]
    created(core, 3, metadata={"panel_run": "s", "panel_part": "0"})
    assert core.twice() == ["r/1", core.created[0]["content"]]


BAD = (
    (b"no json\n", "invalid_json_line"),
    (json.dumps({"custom_id": "k", "body": {}}).encode(), "invalid_request"),
    (b"", "invalid_size"),
    (b"\n".join(json.dumps(line).encode() for line in [*lines(1), *lines(1)]), "duplicate_custom_id"),
    (
        b"\n".join(
            json.dumps(line | {"custom_id": name, "body": a_body("q") | {"model": name}}).encode()
            for line, name in zip(lines(2), "ab", strict=True)
        ),
        "mismatched_model",
    ),
)


@pytest.mark.parametrize(("content", "code"), BAD)
def test_a_file_that_is_wrong_makes_a_batch_that_fails(content: bytes, code: str) -> None:
    core = BatchCore(advance="step")
    core.files["file-y"] = content
    job = created(core, input_file_id="file-y")["id"]
    core.step()
    assert (looked_at(core, job)["status"], looked_at(core, job)["errors"]["data"][0]["code"]) == ("failed", code)


def test_a_lost_answer_is_that_of_something_done() -> None:
    core = BatchCore()
    core.next_calls("create", "lost", "server_error")
    assert "error" in created(core)
    assert len(core.created) == 1
    assert "error" in created(core)
    assert len(core.created) == 1
    assert core.counts == {"create": 2, "create.lost": 1, "create.server_error": 1}


def test_faults_of_calls_can_be_drawn() -> None:
    core = BatchCore(calls={"create.lost": 0.3}, seed=5)
    made = ["error" not in created(core) for _ in range(60)]
    assert len(core.created) == 60
    assert 5 < made.count(False) < 40


@pytest.mark.parametrize("given", [{"calls": {"create.odd": 1.0}}, {"rows": {"odd": 1.0}}, {"by_id": {"k": "odd"}}])
def test_a_fault_that_does_not_exist_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="odd"):
        BatchCore(**given)


def test_the_command_line_says_what_the_keywords_say() -> None:
    assert ends_in("expired=0.5,completed") == [End("expired", 0.5), End()]
    given = "--ends failed,completed --steps 3 --rows failed=0.1 --calls list.server_error=0.5 --advance step"
    provider = provider_of(given.split())
    with provider:
        assert provider.url.startswith("http://127.0.0.1:")
        assert provider._ends == [End("failed", steps=3), End(steps=3)]


def test_live_calls_are_answered_beside_batches() -> None:
    with BatchProvider() as provider:
        answer = provider.handle("POST", "/v1/chat/completions", {}, json.dumps(a_body("q")).encode())
        assert answer.status == 200
        assert list(provider.live.log.values()) == [["ok"]]


async def handed_in(url: str, part: int) -> str:
    settings = {"provider": "openai", "model": "m", "base_url": f"{url}/v1", "key_variable": "K"}
    client = connect_batch(resolve("x", {"x": ModelSettings.model_validate(settings)}), {"K": "sk-0123456789"})
    job = await client.submit([json.dumps(line).encode() for line in lines(3)], run="r", part=part)
    await client.aclose()
    return job


def test_as_a_process_it_outlives_its_clients_and_tells_what_was_done() -> None:
    with running("--advance", "step", "--seed", "3") as remote:
        job = asyncio.run(handed_in(remote.url, 0))
        remote.step(3)
        stats = remote.stats()
        assert (stats["states"], stats["twice"]) == ({job: "completed"}, [])
        assert stats["answered"] == {"k0": 1, "k1": 1, "k2": 1}
        remote.next_calls("list", "server_error")
        assert asyncio.run(handed_in(remote.url, 0)) != job
        assert remote.stats()["twice"][0] == "r/0"
        assert remote.log() == {}
