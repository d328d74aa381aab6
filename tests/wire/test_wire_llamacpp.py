"""A real engine with a model of random weights: llama.cpp's server, where it is on the PATH or PANEL_LLAMA_SERVER
names one.

What it writes is noise in the form that was asked for, so nothing is said here of meaning: only that schema, cap, cut
and count mean the same to a real engine as to us.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import noise_model
import pytest

from panel.clients import Client
from panel.errors import SeatFailed
from panel.parse import parse
from panel.records.prompt import Message, Prompt
from panel.records.reply import Finish, Reply
from panel.records.verdict import Abstained, AbstainReason, Scored
from panel.testing import persona

BINARY = os.environ.get("PANEL_LLAMA_SERVER") or shutil.which("llama-server")
"""Read when this is loaded: no test sees the variable."""

CONTEXT, SLOTS = 16384, 2
"""Tokens of one call, prompt and answer, and calls at a time. A token is a byte."""

START_S = 60.0
NOISE = {AbstainReason.INCONSISTENT, AbstainReason.NO_BASIS, AbstainReason.PLACEHOLDER}
"""What noise in the right form may be taken for."""

needs_engine = pytest.mark.skipif(
    BINARY is None, reason="no llama-server is on the PATH, and PANEL_LLAMA_SERVER names none"
)
Connecting = Callable[..., Client]


def test_the_model_is_a_file_of_half_a_megabyte_and_the_same_each_time(tmp_path: Path) -> None:
    first, second = tmp_path / "first.gguf", tmp_path / "second.gguf"
    for path in (first, second):
        noise_model.write(path, context=CONTEXT)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes()[:8] == b"GGUF\x03\0\0\0"
    assert 460_000 < first.stat().st_size < 480_000


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running llama-server."""
    folder = tmp_path_factory.mktemp("engine")
    noise_model.write(folder / "noise.gguf", context=CONTEXT)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(BINARY), "-m", "noise.gguf", "--host", "127.0.0.1", "--port", str(port), "--jinja", "--no-warmup"]
    command += ["-c", str(CONTEXT * SLOTS), "--parallel", str(SLOTS)]
    command += ["-t", "1"]  # so small a model only loses by threads that wait for each other
    log = folder / "engine.log"
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, cwd=folder) as process:
        try:
            _wait_for(port, process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until its model is loaded."""
    import http.client

    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    raise RuntimeError(f"llama-server did not start: {log.read_text('utf-8', 'replace')[-1500:]}")


@needs_engine
@pytest.mark.slow
class TestEngine:
    async def test_what_it_writes_has_the_form_that_was_asked_for(
        self, engine: str, connected: Connecting, prompt: Prompt
    ) -> None:
        client = connected(engine, max_output_tokens=2000)
        replies = await asyncio.gather(*(client.ask(about(topic, prompt)) for topic in ("one", "two")))
        assert Finish.STOP in {reply.finish for reply in replies}  # an answer takes 500 to 900 tokens
        for reply in replies:
            assert in_form(reply, prompt), reply.text[-300:]
            assert reply.usage is not None
            assert reply.usage.input
            assert reply.usage.output

    async def test_a_small_cap_cuts_the_reply(self, engine: str, connected: Connecting, prompt: Prompt) -> None:
        reply = await connected(engine, max_output_tokens=40).ask(prompt)
        assert reply.finish is Finish.LENGTH
        assert reply.usage is not None
        assert reply.usage.output == 40
        verdict = parse(reply, prompt, persona())
        assert isinstance(verdict, Abstained)
        assert verdict.reason is AbstainReason.TRUNCATED

    async def test_a_prompt_that_does_not_fit_is_too_long(
        self, engine: str, connected: Connecting, prompt: Prompt
    ) -> None:
        with pytest.raises(SeatFailed) as caught:
            await connected(engine).ask(about("x" * CONTEXT, prompt))
        assert (caught.value.code, caught.value.status, caught.value.retryable) == ("too_long", 400, False)

    async def test_a_prefix_that_was_asked_before_is_read_from_the_cache(
        self, engine: str, connected: Connecting, prompt: Prompt
    ) -> None:
        client = connected(engine, max_output_tokens=16)
        for _ in range(SLOTS + 1):
            reply = await client.ask(prompt)
        assert reply.usage is not None
        assert reply.usage.cached
        assert reply.usage.input
        assert reply.usage.cached <= reply.usage.input


def about(topic: str, prompt: Prompt) -> Prompt:
    system, user = prompt.messages
    return prompt.model_copy(update={"messages": (system, Message(role="user", content=f"{user.content} {topic}"))})


def in_form(reply: Reply, prompt: Prompt) -> bool:
    """Whether a reply fits the form; one that ran into its cap cannot, and is known as cut."""
    verdict = parse(reply, prompt, persona())
    if isinstance(verdict, Scored) or verdict.reason in NOISE:
        return True
    return reply.finish is Finish.LENGTH and verdict.reason is AbstainReason.TRUNCATED
