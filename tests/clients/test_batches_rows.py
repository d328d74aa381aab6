"""The laws of reading: no row is an error, whatever it holds; and a file's lines are the same however it arrives."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from functools import partial
from typing import Any

import pytest
from batch_samples import RUN, a_part, client_at, collected, ended, keys
from client_samples import ENVIRON, MOMENT, a_model, a_prompt
from hypothesis import given
from hypothesis import strategies as st
from loopback import responses as gives
from loopback.batch_core import End
from loopback.batches import BatchProvider
from loopback.server import Request

from panel.clients import outputs
from panel.clients.batches import connect_batch, download
from panel.clients.batches.download import Line, split
from panel.clients.batches.rows import Reader
from panel.clients.batches.states import named, seen
from panel.clients.chat import read_reply
from panel.clients.keys import Scrub
from panel.clients.openai import from_response
from panel.errors import SeatFailed
from panel.records.batch import BatchResult, Phase
from panel.records.model import SchemaMode
from panel.records.reply import Cost

MODEL = a_model("openai", "http://127.0.0.1:1/v1")
READ = partial(from_response, mode=SchemaMode.JSON_SCHEMA)
READER = Reader(MODEL, Scrub(None), READ, MOMENT, 2.0, SchemaMode.JSON_SCHEMA, 6000, {})
ANSWER = {"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}], "model": "m"}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def read(value: Any) -> BatchResult:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return READER.read(Line(1, content), "output file")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_row_that_says_what_it_is(content: bytes) -> None:
    found = read(content)
    assert (found.reply is None) is not (found.failure is None)


@given(JSON, JSON, JSON, JSON, JSON)
def test_any_fields_are_a_row_that_says_what_it_is(
    custom_id: Any, status: Any, body: Any, error: Any, other: Any
) -> None:
    for response in ({"status_code": status, "body": body, "request_id": other}, other):
        found = read({"custom_id": custom_id, "response": response, "error": error})
        assert (found.reply is None) is not (found.failure is None)
        assert len(found.custom_id) <= 82


@given(JSON, JSON)
def test_any_answer_within_a_row_is_a_row_that_says_what_it_is(message: Any, usage: Any) -> None:
    body = {"choices": [{"message": message, "finish_reason": usage}], "usage": usage, "model": message}
    found = read({"custom_id": "a", "response": {"status_code": 200, "body": body}})
    assert found.custom_id == "a"


IDS = (("seat-1", "seat-1"), ("a\n", "(a)"), (" a", "(a)"), ("工", "(工)"), ("x" * 65, f"({'x' * 65})"), (7, "(7)"))


@pytest.mark.parametrize(("given_id", "shown"), [*IDS, (None, ""), ("", "")])
def test_only_an_id_that_can_be_a_seats_stands_bare(given_id: Any, shown: str) -> None:
    """What is no key stands in brackets, which no key holds, so that cleaning it never makes it one of ours."""
    assert read({"custom_id": given_id, "response": {"status_code": 200, "body": ANSWER}}).custom_id == shown


SAID = (
    ({"code": "batch_expired", "message": "x"}, None, "batch_expired"),
    ({"code": "batch_cancelled", "message": "x"}, None, "batch_cancelled"),
    ({"code": "request_timeout", "message": "x"}, None, "timeout"),
    ({"code": "rate_limit_exceeded", "message": "x"}, None, "rate_limited"),
    ({"code": "insufficient_quota", "message": "x"}, None, "quota"),
    ({"code": "something_new", "message": "x"}, None, "server_error"),
    ({"code": 422, "message": "x"}, None, "bad_request"),
    ("words", None, "server_error"),
    (["list"], {"status_code": 401}, "auth"),
    (None, {"status_code": 429, "body": {"error": {"message": "x", "type": "insufficient_quota"}}}, "quota"),
    (None, {"status_code": 500, "body": {"object": "error", "message": "x"}}, "server_error"),
    (None, {"status_code": 200, "body": {"error": {"message": "x", "code": 503}}}, "server_error"),
    (None, {"status_code": "200", "body": {}}, "server_error"),
    (None, {"status_code": True, "body": {"choices": []}}, "server_error"),
    (None, {"status_code": 200, "body": None}, "not_json"),
    (None, None, "not_json"),
)


@pytest.mark.parametrize(("error", "response", "code"), SAID)
def test_every_failure_has_the_code_that_it_would_have_live(error: Any, response: Any, code: str) -> None:
    failure = read({"custom_id": "a", "response": response, "error": error}).failure
    assert failure is not None
    assert failure.error == code


def test_an_answer_beside_an_error_is_kept() -> None:
    """It was paid for; what it says is for the careful reader of replies to judge."""
    found = read({"custom_id": "a", "response": {"status_code": 200, "body": ANSWER}, "error": {"code": "odd"}})
    assert found.reply is not None


ODD = (
    *({"status_code": status, "body": ANSWER} for status in ("200", None, 0, 200.0, True, 204, 429, 500)),
    {"status_code": "200", "body": json.dumps(ANSWER)},
    ANSWER,
)


@pytest.mark.parametrize("response", ODD)
@pytest.mark.parametrize("error", [None, {"code": "odd"}])
def test_an_answer_is_kept_whatever_is_odd_round_it(response: Any, error: Any) -> None:
    """Law 11: it was carried out and is paid for, so it is neither thrown away nor asked for again."""
    found = read({"custom_id": "a", "response": response, "error": error})
    assert found.reply is not None
    assert found.reply.text == "{}"


SLASHED = "sk/0123456789+abcdef"


def test_a_key_that_is_spelled_with_escapes_is_taken_out() -> None:
    """Some servers write `/` and `+` in JSON with a backslash, in whatever they echo."""
    reader = READER._replace(scrub=Scrub(SLASHED))
    spelled = SLASHED.replace("/", "\\/").replace("+", "\\u002b")
    row = json.dumps({"custom_id": "a", "response": {"status_code": 200, "body": ANSWER}})
    for place in ('"{}"', '"m"'):
        found = reader.read(Line(1, row.replace(place, f'"{spelled}"').encode()), "output file")
        assert found.reply is not None
        assert "[key]" in found.model_dump_json()
        assert SLASHED not in found.model_dump_json()


def test_an_id_that_is_the_key_is_nobodys() -> None:
    reader = READER._replace(scrub=Scrub("sk-0123456789"))
    found = reader.read(Line(1, b'{"custom_id": "\\u0073k-0123456789", "response": null}'), "output file")
    assert found.custom_id == "([key])"


def test_a_body_that_is_text_is_read_as_the_json_that_it_holds() -> None:
    found = read({"custom_id": "a", "response": {"status_code": 200, "body": json.dumps(ANSWER)}})
    assert found.reply is not None


TWICE = (
    b'{"custom_id": "a", "custom_id": "b", "response": {"status_code": 200, "body": %s}}',
    b'{"custom_id": "a", "response": null, "response": {"status_code": 200, "body": %s}}',
    b'{"custom_id": "a", "response": {"status_code": 200, "body": null, "body": %s}}',
    b'{"custom_id": "a", "response": {"status_code": 200, "body": {"choices": [], "choices": [{"message": {}}]}}}',
)


@pytest.mark.parametrize("row", TWICE)
def test_a_row_that_says_a_thing_twice_is_no_answer(row: bytes) -> None:
    """Law 4."""
    found = read(row % json.dumps(ANSWER).encode() if b"%s" in row else row)
    assert found.reply is None
    assert found.custom_id == "a"


def test_an_id_inside_an_answers_text_is_not_the_rows() -> None:
    text = json.dumps({"custom_id": "stolen"})
    torn = json.dumps({"response": {"body": {"choices": [{"message": {"content": text}}]}}, "custom_id": "a"}).encode()
    assert read(torn[:-20]).custom_id == ""


@pytest.mark.parametrize("depth", [100, 50_000])
def test_a_row_of_any_depth_is_a_row(depth: int) -> None:
    row = b'{"custom_id": "a", "response": {"status_code": 200, "body": ' + b"[" * depth + b"]" * depth + b"}}"
    failure = read(row).failure
    assert failure is not None
    assert (failure.error, failure.cost) == ("not_json", Cost())


def test_nothing_else_reads_a_row_than_what_reads_a_live_answer() -> None:
    live = from_response(MODEL, ANSWER, asked_at=MOMENT, latency_s=2.0, cap=6000, mode=SchemaMode.JSON_SCHEMA)
    found = read({"custom_id": "a", "response": {"status_code": 200, "body": ANSWER}}).reply
    assert found is not None
    attempts = tuple(attempt.model_copy(update={"via": "batch"}) for attempt in live.attempts)
    assert found == live.model_copy(update={"attempts": attempts})
    assert read_reply.__module__ == "panel.clients.chat"


def test_a_row_of_the_responses_interface_is_read_as_its_live_answer_is() -> None:
    asked = {"model": "m", "max_output_tokens": 6000, "store": False}
    answer = gives.said("{}")(Request("/v1/responses", {}, asked, "openai", None))
    reader = READER._replace(from_response=outputs.from_response)
    row = {"custom_id": "a", "response": {"status_code": 200, "body": json.loads(answer.body)}}
    found = reader.read(Line(1, json.dumps(row).encode()), "output file").reply
    assert found is not None
    assert (found.text, found.attempts[0].via, found.attempts[0].mode) == ("{}", "batch", "json_schema")


async def lines_of(pieces: list[bytes]) -> list[Line]:
    async def coming() -> AsyncGenerator[bytes, None]:
        for piece in pieces:
            yield piece

    return [line async for line in split(coming())]


@given(st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")), max_size=8), st.data())
async def test_lines_are_the_same_in_whatever_pieces_they_come(lines: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    expected = [Line(number, line.rstrip(b"\r")) for number, line in enumerate(lines, 1) if line.strip()]
    assert await lines_of(pieces) == expected


async def test_the_last_line_may_lack_its_break_and_lines_may_end_as_on_windows() -> None:
    assert await lines_of([b"a\r\n\r\nb"]) == [Line(1, b"a"), Line(3, b"b")]


async def test_of_a_line_without_end_only_the_beginning_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "MOST_LINE_BYTES", 1000)
    found = await lines_of([b"short\n", *[b"x" * 600] * 50, b"end\nshort\n", b"y" * 5000])
    assert [(line.number, line.whole, len(line.content)) for line in found] == [
        (1, True, 5),
        (2, False, 400),
        (3, True, 5),
        (4, False, 400),
    ]


@given(JSON, JSON, JSON)
def test_any_batch_with_an_id_has_a_state(first: Any, second: Any, third: Any) -> None:
    body = {"id": "batch_1", "status": first, "created_at": second, "metadata": third}
    more: dict[str, Any] = {"counts": (first, second, third), "files": (first, second), "ends": (third,)}
    found = seen("m", body, {"done": Phase.DONE}, Scrub(None), **more, problems=())
    assert found.state.phase in (Phase.RUNNING, Phase.DONE)
    assert found.took_s >= 0
    named(body)


@pytest.mark.parametrize("job", [None, 7, "", "a b", "../x", "é"])
def test_a_batch_without_a_usable_id_is_an_error(job: Any) -> None:
    with pytest.raises(SeatFailed, match="cannot be one"):
        seen("m", {"id": job}, {}, Scrub(None), counts=(0, 0, 0), files=(None, None), ends=(), problems=())


def test_a_batch_whose_id_is_the_key_is_an_error() -> None:
    """An id is stored in the run and shown; a server that echoes what it was sent must not get the key there."""
    scrub = Scrub("sk-0123456789")
    with pytest.raises(SeatFailed, match=r"cannot be one \(\[key\]\)"):
        seen("m", {"id": "sk-0123456789"}, {}, scrub, counts=(0, 0, 0), files=(None, None), ends=(), problems=())


def test_a_run_that_a_batch_names_is_one_line_that_can_be_shown() -> None:
    body = {"id": "batch_1", "metadata": {"panel_run": "r\x1b[31m\nsk-0123456789"}}
    found = seen("m", body, {}, Scrub("sk-0123456789"), counts=(0, 0, 0), files=(None, None), ends=(), problems=())
    assert found.state.run == "r [31m [key]"


LACKING = (
    # total, done, failed · output, errors · phase · whether answers are lacking, whether more may be elsewhere
    ((6, 4, 2), ("f", "e"), "done", False, False),
    ((6, 4, 2), (None, "e"), "done", True, True),
    ((6, 0, 6), (None, "e"), "done", False, False),
    ((6, 0, 6), (None, None), "done", False, True),
    ((6, 6, 0), (None, None), "done", True, True),
    ((None, None, None), ("f", None), "done", False, False),
    ((None, None, None), (None, None), "done", True, True),
    ((6, 0, 0), (None, None), "done", True, True),
    ((None, None, None), (None, "e"), "done", False, True),
    ((6, 2, 0), (None, None), "expired", True, True),
    ((6, 0, 0), (None, None), "expired", False, True),
    ((None, None, None), (None, None), "expired", False, True),
)


@pytest.mark.parametrize(("counts", "files", "phase", "lacks", "more"), LACKING)
def test_a_batch_that_is_done_has_answers_or_says_that_all_failed(
    counts: tuple[Any, Any, Any], files: tuple[Any, Any], phase: str, lacks: bool, more: bool
) -> None:
    phases = {str(phase): phase for phase in Phase}
    body = {"id": "batch_1", "status": phase}
    found = seen("m", body, phases, Scrub(None), counts=counts, files=files, ends=(), problems=())
    assert (found.lacks_answers, found.may_hold_more) == (lacks, more)


METADATA = (
    ({"panel_run": "r", "panel_part": "12"}, ("r", 12)),
    ({"panel_run": "r", "panel_part": 12}, ("r", 12)),
    ({"panel_run": "r", "panel_part": True}, ("r", None)),
    ({"panel_run": "r", "panel_part": -12}, ("r", None)),
    ({"panel_run": "r", "panel_part": "-1"}, ("r", None)),
    ({"panel_run": "r", "panel_part": "9" * 5000}, ("r", None)),
    ({"panel_run": "x" * 101}, (None, None)),
    ({"run": "r"}, (None, None)),
    (None, (None, None)),
)


@pytest.mark.parametrize(("metadata", "expected"), METADATA)
def test_whose_a_batch_is_stands_in_its_metadata(metadata: Any, expected: tuple[str | None, int | None]) -> None:
    assert named({"metadata": metadata}) == expected


async def test_a_batch_of_the_responses_interface_is_collected_as_its_live_answers_are() -> None:
    """Its rows come from OpenAI's own host only, so here they are put into the file by hand."""
    model = a_model("openai", "http://127.0.0.1:1/v1").model_copy(update={"api": "responses"})
    asked = {"model": "m", "max_output_tokens": 6000, "store": False}
    answer = json.loads(gives.said("{}")(Request("/v1/responses", {}, asked, "openai", None)).body)
    row = {"custom_id": "a", "response": {"status_code": 200, "body": answer}}
    with BatchProvider(ends=[End("completed")]) as provider:
        client = connect_batch(model.model_copy(update={"base_url": f"{provider.url}/v1"}), ENVIRON)
        job = await client.submit([client.line(a_prompt(), "a")], run="r", part=0)
        provider.files["file-9"] = json.dumps(row).encode()
        provider.batches[job].status, provider.batches[job].output_file = "completed", "file-9"
        (found,) = [result async for result in client.results(job)]
        await client.aclose()
    assert found.reply is not None
    assert (found.reply.text, found.reply.attempts[0].cap) == ("{}", 6000)


async def test_rows_within_a_job_are_read_beside_its_files_where_nothing_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Mistral's alone: a job that was given its requests along with it holds what they brought."""
    with BatchProvider(by_id={"seat-1": "failed"}) as provider:
        async with client_at(provider, "mistral") as client:
            job = await client.submit(a_part(client), run=RUN, part=0)
            await ended(client, job)
            batch = provider.batches[job]
            assert batch.written is not None
            batch.error_file = provider._keep(batch.written.errors, "mistral")
            shown = provider._shown
            monkeypatch.setattr(
                provider, "_shown", lambda *given, **how: {**shown(*given, **how), "succeeded_requests": None}
            )
            results = await collected(client, job)
        assert {result.custom_id for result in results if result.reply} == set(keys(6)) - {"seat-1"}
