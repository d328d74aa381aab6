"""What may listen at an address, or stand in between, and the one message each gives: real sockets on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from client_samples import ENVIRON, a_model, a_prompt, failure, model_at
from loopback import behaviours as does
from loopback.server import Behaviour, Provider

from panel.clients import attempt_of, close, connect
from panel.clients.keys import Scrub
from panel.clients.wire import wire
from panel.clients.wire.bounds import MOST_BYTES
from panel.clients.wire.broken import explain
from panel.errors import ClientError, ConfigError, RunStopping, SeatFailed

Talk = Callable[[socket.socket], None]
CERTIFICATES = Path(__file__).parent / "certificates"
BOTH = pytest.mark.parametrize("kind", ["openai", "mistral"])
"""Each of the two SDKs."""

ANSWER = b'{"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}'


@contextlib.contextmanager
def listening(talk: Talk, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a server that treats every connection so; it goes away with the test."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve, args=(server, talk, tls), daemon=True).start()
        yield server.getsockname()[1]


def _serve(server: socket.socket, talk: Talk, tls: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError):  # the test closes the socket
        while True:
            threading.Thread(target=_talk, args=(server.accept()[0], talk, tls), daemon=True).start()


def _talk(plain: socket.socket, talk: Talk, tls: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError), plain:
        if tls is None:
            talk(plain)
            return
        with tls.wrap_socket(plain, server_side=True) as secure:
            talk(secure)


def says(*parts: bytes) -> Talk:
    """Reads the request and answers with these bytes."""

    def talk(line: socket.socket) -> None:
        line.recv(100_000)
        for part in parts:
            line.sendall(part)
        line.shutdown(socket.SHUT_WR)
        line.recv(100_000)

    return talk


def http(body: bytes, *headers: str, status: str = "200 OK") -> Talk:
    """Answers in HTTP, the body ended by the end of the connection."""
    head = "\r\n".join([f"HTTP/1.1 {status}", "content-type: application/json", *headers, "connection: close"])
    return says(head.encode() + b"\r\n\r\n" + body)


def secured(name: str) -> ssl.SSLContext:
    """A server's side of TLS with one of the stored certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem")
    return context


async def refusal(kind: str, url: str, **settings: Any) -> ClientError:
    """The error that asking at this address raises; it always has a next step, and the key is never in it."""
    client = connect(a_model(kind, url, **settings), ENVIRON)
    try:
        error = await failure(client.ask(a_prompt()))
    finally:
        await close(client)
    assert error.hint
    assert ENVIRON["TEST_KEY"] not in str(error)
    assert error.message.isprintable()
    assert attempt_of(error, dt.datetime.now(dt.UTC), 0.0).error == error.code
    return error


GARBAGE = bytes(range(128, 256)) * 4
WRONG = {
    "banner": (says(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"), "not_http"),
    "garbage": (says(GARBAGE, b"\r\n\r\n"), "not_http"),
    "other protocol": (says(b"220 mail.example ESMTP\r\n\r\n"), "not_http"),
    "headers without end": (says(b"HTTP/1.1 200 OK\r\n", *[b"x: " + b"y" * 1000 + b"\r\n"] * 300), "not_http"),
    "nothing": (says(b""), "interrupted"),
    "half a banner": (says(b"SSH-2.0-OpenSSH_9.9\r\n"), "interrupted"),
}


@BOTH
@pytest.mark.parametrize("name", WRONG)
async def test_something_that_is_no_web_server_is_told_as_that(kind: str, name: str) -> None:
    """Bytes that are no HTTP are `not_http`; where nothing whole came, the line broke, and the address is doubted."""
    talk, code = WRONG[name]
    with listening(talk) as port:
        error = await refusal(kind, f"http://127.0.0.1:{port}/v1")
    assert (type(error), error.code, error.retryable, error.billed) == (SeatFailed, code, True, True)
    assert f"http://127.0.0.1:{port}" in error.hint


@BOTH
async def test_https_at_a_port_that_speaks_http_names_the_address_to_write(kind: str) -> None:
    with listening(http(ANSWER)) as port:
        error = await refusal(kind, f"https://127.0.0.1:{port}/v1")
    assert (type(error), error.code, error.billed) == (RunStopping, "wrong_scheme", False)
    assert f'base_url = "http://127.0.0.1:{port}' in error.hint


TLS_SERVERS = {
    "alert": says(b"\x15\x03\x01\x00\x02\x02\x46\r\n\r\n"),
    "nginx": http(
        b"<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>", status="400 Bad Request"
    ),
    "go": http(b"Client sent an HTTP request to an HTTPS server.\n", status="400 Bad Request"),
}


@BOTH
@pytest.mark.parametrize("name", TLS_SERVERS)
async def test_http_at_a_port_that_speaks_https_names_the_address_to_write(kind: str, name: str) -> None:
    """Where the server says so; one that merely hangs up gives `interrupted`, whose hint doubts the address."""
    with listening(TLS_SERVERS[name]) as port:
        error = await refusal(kind, f"http://127.0.0.1:{port}/v1")
    assert (type(error), error.code) == (RunStopping, "wrong_scheme")
    assert f'base_url = "https://127.0.0.1:{port}' in error.hint


@BOTH
async def test_http_at_a_port_that_hangs_up_for_want_of_tls_doubts_the_address(kind: str) -> None:
    with listening(http(ANSWER), secured("self_signed")) as port:
        error = await refusal(kind, f"http://127.0.0.1:{port}/v1")
    assert error.code in ("interrupted", "wrong_scheme")
    assert f"://127.0.0.1:{port}" in error.hint


REFUSED = [
    ("expired", "it has expired", "this machine's date"),
    ("other_host", "it was made for another host", "Write base_url with the host"),
    ("self_signed", "it is self-signed", "SSL_CERT_FILE"),
]


@BOTH
@pytest.mark.parametrize(("name", "found", "step"), REFUSED, ids=[row[0] for row in REFUSED])
async def test_a_certificate_that_cannot_be_trusted_stops_the_run_and_says_why(
    kind: str, name: str, found: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The expired one and the one for another host are from an authority that is trusted, so that only this counts."""
    if name != "self_signed":
        trusting = ssl.create_default_context(cafile=str(CERTIFICATES / f"{name}.pem"))
        monkeypatch.setattr(wire, "_trust", lambda: trusting)
    with listening(http(ANSWER), secured(name)) as port:
        error = await refusal(kind, f"https://127.0.0.1:{port}/v1")
    assert (type(error), error.code, error.retryable, error.billed) == (RunStopping, "certificate", False, False)
    assert f"({found})" in error.message
    assert step in error.hint


async def test_a_certificate_that_is_trusted_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the hint for a self-signed one says: a file that holds it."""
    trusting = ssl.create_default_context(cafile=str(CERTIFICATES / "self_signed.pem"))
    monkeypatch.setattr(wire, "_trust", lambda: trusting)
    with listening(http(ANSWER), secured("self_signed")) as port:
        client = connect(a_model("openai", f"https://127.0.0.1:{port}/v1"), ENVIRON)
        assert (await client.ask(a_prompt())).text == "{}"
        await close(client)


PAGES = [
    ("404 Not Found", "no_address"),
    ("405 Method Not Allowed", "no_address"),
    ("501 Unsupported method ('POST')", "no_address"),
]


@BOTH
@pytest.mark.parametrize(("status", "code"), PAGES)
async def test_a_web_site_has_no_such_api_though_its_pages_speak_of_models(kind: str, status: str, code: str) -> None:
    page = b"<!doctype html><html><title>Our 3D models</title><body>Not here</body></html>"
    with listening(http(page, status=status)) as port:
        error = await refusal(kind, f"http://127.0.0.1:{port}")
    assert (type(error), error.code) == (RunStopping, code)
    assert "(HTTP " in error.message
    assert "a web page: Our 3D models)" in error.message
    assert "/v1" in error.hint


class TestProxies:
    @pytest.fixture
    def dead(self) -> str:
        """The address of a port where nothing listens."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            return f"http://127.0.0.1:{server.getsockname()[1]}"

    @BOTH
    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize("variable", ["{}_PROXY", "{}_proxy", "ALL_PROXY"])
    async def test_an_unreachable_proxy_is_named_as_the_cause(
        self, kind: str, scheme: str, variable: str, dead: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name = variable.format(scheme.upper()) if "{}_PROXY" in variable else variable.format(scheme)
        monkeypatch.setenv(name, dead)
        error = await refusal(kind, f"{scheme}://gateway.example/v1")
        assert (type(error), error.code, error.retryable, error.billed) == (SeatFailed, "proxy", True, False)
        assert f"({dead} from {name}: " in error.message
        assert "NO_PROXY" in error.hint

    async def test_a_proxy_that_hangs_is_named_in_the_time_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with listening(lambda line: time.sleep(2)) as port:
            monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
            error = await refusal("openai", "http://gateway.example/v1", timeout_s=0.2)
        assert error.code == "timeout"
        assert f"(after 0.2 s, through the proxy http://127.0.0.1:{port} from HTTP_PROXY)" in error.message

    async def test_a_proxys_password_is_never_shown(self, dead: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", dead.replace("://", "://someone:hunter2@"))
        error = await refusal("openai", "https://gateway.example/v1")
        assert error.code == "proxy"
        assert "hunter2" not in str(error)
        assert "someone" not in str(error)

    @pytest.mark.parametrize("scheme", ["http", "https"])
    async def test_a_proxy_that_wants_a_password_is_named(self, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """For https it refuses the tunnel, for http the request itself."""
        with listening(http(b"", "content-length: 0", status="407 Proxy Authentication Required")) as port:
            monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{port}")
            error = await refusal("openai", f"{scheme}://gateway.example/v1")
        assert (error.code, error.billed) == ("proxy", False)
        assert "407" in error.message

    async def test_a_call_goes_through_the_proxy(self, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
        provider.script([does.ok("{}")])
        monkeypatch.setenv("HTTP_PROXY", provider.url.removeprefix("http://"))
        client = connect(a_model("openai", "http://gateway.example/v1"), ENVIRON)
        assert (await client.ask(a_prompt())).text == "{}"
        assert provider.requests[0].path == "http://gateway.example/v1/chat/completions"
        assert provider.requests[0].headers["host"] == "gateway.example"
        await close(client)

    @BOTH
    async def test_a_server_on_this_machine_has_no_proxy(
        self, kind: str, provider: Provider, dead: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, dead)
        provider.script([does.ok("{}")])
        client = connect(model_at(provider, kind), ENVIRON)
        assert (await client.ask(a_prompt())).text == "{}"
        await close(client)

    EXEMPT = ("*", "gateway.example", "example", ".example", "other, gateway.example", "gateway.example:443")

    @pytest.mark.parametrize("listed", EXEMPT)
    def test_hosts_in_no_proxy_are_reached_directly(self, listed: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
        assert wire.proxy_for("https://gateway.example:443/v1")
        monkeypatch.setenv("NO_PROXY", listed)
        assert wire.proxy_for("https://gateway.example:443/v1") is None
        assert (wire.proxy_for("https://api.elsewhere.test/v1") is None) == (listed == "*")

    @pytest.mark.parametrize("listed", ["10.0.0.0/8", "10.1.2.3", "nonsense/x, 10.1.0.0/16"])
    def test_networks_in_no_proxy_are_reached_directly(self, listed: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
        monkeypatch.setenv("NO_PROXY", listed)
        assert wire.proxy_for("http://10.1.2.3:8000/v1") is None
        assert wire.proxy_for("http://11.1.2.3:8000/v1")

    @pytest.mark.parametrize("address", ["http://localhost:1/v1", "http://127.9.9.9/v1", "http://[::1]:8080/v1"])
    def test_every_address_of_this_machine_counts(self, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
        assert wire.proxy_for(address) is None

    @pytest.mark.parametrize("value", ["foo:bar//", "ftp://proxy.example", "http://", "http://proxy.example:port"])
    def test_a_proxy_that_is_none_is_a_wrong_setting(self, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", value)
        with pytest.raises(ConfigError, match="HTTPS_PROXY holds what is no address of a proxy") as caught:
            connect(a_model("openai", "https://gateway.example/v1"), ENVIRON)
        assert "unset it" in caught.value.hint

    @BOTH
    def test_a_socks_proxy_names_the_package_it_needs(self, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("panel.clients.wire.proxy.find_spec", lambda name: None)
        monkeypatch.setenv("ALL_PROXY", "socks5://proxy.example:1080")
        with pytest.raises(ConfigError, match="SOCKS") as caught:
            connect(a_model(kind, "https://gateway.example/v1"), ENVIRON)
        assert "httpx2[socks]" in caught.value.hint


class TestSize:
    SPACES = b" " * 65536
    CHUNK = b"10000\r\n" + SPACES + b"\r\n"

    @staticmethod
    def endless(part: bytes, *headers: str, status: str = "200 OK") -> Talk:
        """Sends this again and again until the other side hangs up."""

        def talk(line: socket.socket) -> None:
            line.recv(100_000)
            head = "\r\n".join([f"HTTP/1.1 {status}", "content-type: application/json", *headers])
            line.sendall(head.encode() + b"\r\n\r\n")
            while True:
                line.sendall(part)

        return talk

    @BOTH
    @pytest.mark.parametrize(
        ("part", "headers"),
        [
            (SPACES, ()),
            (CHUNK, ("transfer-encoding: chunked",)),
            (CHUNK, ("transfer-encoding: chunked", "content-length: 5")),
        ],
        ids=["plain", "chunked", "chunked with a length that is a lie"],
    )
    async def test_an_answer_without_end_is_cut_off(self, kind: str, part: bytes, headers: tuple[str, ...]) -> None:
        with listening(self.endless(part, *headers)) as port:
            error = await refusal(kind, f"http://127.0.0.1:{port}/v1")
        assert (type(error), error.code, error.retryable, error.billed) == (SeatFailed, "oversized", False, True)
        assert "(more than 20 MB)" in error.message

    @BOTH
    async def test_an_error_without_end_is_cut_off_too(self, kind: str) -> None:
        with listening(self.endless(self.SPACES, status="500 Internal Server Error")) as port:
            error = await refusal(kind, f"http://127.0.0.1:{port}/v1")
        assert error.code == "oversized"

    @BOTH
    async def test_a_small_answer_that_unfolds_into_a_large_one_is_cut_off(self, kind: str) -> None:
        bomb = gzip.compress(bytes(MOST_BYTES + 1))
        assert len(bomb) < 50_000
        with listening(http(bomb, "content-encoding: gzip", f"content-length: {len(bomb)}")) as port:
            error = await refusal(kind, f"http://127.0.0.1:{port}/v1")
        assert error.code == "oversized"

    async def test_compression_within_compression_is_not_unfolded(self) -> None:
        folded = gzip.compress(gzip.compress(ANSWER))
        with listening(http(folded, "content-encoding: gzip, gzip", f"content-length: {len(folded)}")) as port:
            error = await refusal("openai", f"http://127.0.0.1:{port}/v1")
        assert error.code == "not_json"

    @BOTH
    @pytest.mark.parametrize("coding", ["gzip", ""])
    async def test_an_answer_of_usual_size_is_read_folded_or_not(self, kind: str, coding: str) -> None:
        whole = ANSWER.replace(b'"{}"', b'"' + b"long " * 50_000 + b'"')
        body = gzip.compress(whole) if coding else whole
        with listening(http(body, *([f"content-encoding: {coding}"] if coding else []))) as port:
            client = connect(a_model(kind, f"http://127.0.0.1:{port}/v1"), ENVIRON)
            assert len((await client.ask(a_prompt())).text) == 250_000
            await close(client)

    @BOTH
    async def test_a_trickle_is_given_up_at_the_time_limit(self, kind: str) -> None:
        """Every byte comes in time; the whole does not."""

        def talk(line: socket.socket) -> None:
            line.recv(100_000)
            line.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n")
            while True:
                line.sendall(b" ")
                time.sleep(0.02)

        with listening(talk) as port:
            async with asyncio.timeout(10):
                error = await refusal(kind, f"http://127.0.0.1:{port}/v1", timeout_s=0.3)
        assert (error.code, error.billed) == ("timeout", True)


GONE = [
    does.model_unknown(),
    does.fault(404, "The model `test-model` has been deprecated", code="model_not_found"),
    does.fault(410, "This resource is gone"),
    does.fault(400, "The model `test-model` has been decommissioned", code="model_decommissioned"),
    does.fault(400, "Model test-model was retired on 2026-09-30 and is no longer available", type="invalid_request"),
]


@BOTH
@pytest.mark.parametrize("behaviour", GONE)
async def test_a_model_that_was_shut_down_stops_the_run(kind: str, behaviour: Behaviour, provider: Provider) -> None:
    provider.script([behaviour])
    error = await refusal(kind, provider.url if kind == "mistral" else f"{provider.url}/v1")
    assert (type(error), error.code) == (RunStopping, "no_model")
    assert "'test-model'" in error.hint
    assert "withdrawn" in error.hint


NO_ROOM = [
    # OpenAI, llama-server (two versions), llama-cpp-python, vLLM (three cases), Mistral, Ollama, Anthropic, any server
    (
        does.fault(
            400,
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 204308 tokens.",
            type="invalid_request_error",
            code="context_length_exceeded",
            param="messages",
        ),
        "HTTP 400, 204,308 tokens asked for, 128,000 fit: ",
    ),
    (
        does.raw(
            '{"error": {"code": 400, "message": "the request exceeds the available context size", '
            '"type": "exceed_context_size_error", "n_prompt_tokens": 14429, "n_ctx": 8192}}',
            status=400,
        ),
        "HTTP 400, 14,429 tokens asked for, 8,192 fit: ",
    ),
    (
        does.fault(
            500,
            "request (25837 tokens) exceeds the available context size (25088 tokens), try increasing it",
            type="exceed_context_size_error",
        ),
        "HTTP 500, 25,837 tokens asked for, 25,088 fit: ",
    ),
    (does.fault(400, "Requested tokens (2285) exceed context window of 2048"), "2,285 tokens asked for, 2,048 fit: "),
    (
        does.fault(
            400,
            "This model's maximum context length is 6048 tokens. However, you requested 6616 tokens (568 in the "
            "messages, 6048 in the completion).",
            type="BadRequestError",
            code="400",
        ),
        "6,616 tokens asked for, 6,048 fit: ",
    ),
    (
        does.fault(
            400,
            "'max_tokens' or 'max_completion_tokens' is too large: 6000. This model's maximum context length is 4096 "
            "tokens and your request has 812 input tokens (6000 > 4096 - 812).",
            type="BadRequestError",
        ),
        "6,812 tokens asked for, 4,096 fit: ",
    ),
    (does.fault(400, "max_tokens must be at least 1, got -186."), "(HTTP 400: max_tokens"),
    (
        does.fault(
            400,
            "Prompt contains 65673 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
            type="invalid_request_prompt",
            code="3051",
        ),
        "65,673 tokens asked for, 32,768 fit: ",
    ),
    (does.raw('{"error": "the input length exceeds the context length"}', status=400), "(HTTP 400: the input length"),
    (does.fault(400, "prompt is too long: 250000 tokens > 200000 maximum"), "250,000 tokens asked for, 200,000 fit: "),
    (does.fault(413, "Payload Too Large"), "(HTTP 413: Payload"),
]


@BOTH
@pytest.mark.parametrize(("behaviour", "found"), NO_ROOM)
async def test_a_context_too_long_is_one_seats_trouble_with_the_tokens_where_stated(
    kind: str, behaviour: Behaviour, found: str, provider: Provider
) -> None:
    provider.script([behaviour])
    error = await refusal(kind, provider.url if kind == "mistral" else f"{provider.url}/v1")
    assert (type(error), error.code, error.retryable) == (SeatFailed, "too_long", False)
    assert found in error.message
    assert "max_output_tokens (now 6000)" in error.hint


class _Clock(dt.datetime):
    """A wall clock that is set back a year at every look."""

    looks = 0

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> _Clock:
        cls.looks += 1
        return cls(2030 - cls.looks, 1, 1, tzinfo=tz)


class TestClock:
    @BOTH
    @pytest.mark.parametrize("jump_s", [-86_400.0, 86_400.0])
    async def test_a_clock_that_is_set_during_a_call_changes_no_time(
        self, kind: str, jump_s: float, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither how long it took, nor when it is given up; and the record can be stored."""
        real = time.time
        provider.script([does.slow(does.ok("{}"), 0.05)])
        client = connect(model_at(provider, kind, timeout_s=5), ENVIRON)
        monkeypatch.setattr(time, "time", lambda: real() + jump_s)
        reply = await client.ask(a_prompt())
        assert 0.05 <= reply.latency_s < 5
        assert type(reply).model_validate_json(reply.model_dump_json()) == reply
        await close(client)

    async def test_a_clock_that_runs_backwards_gives_valid_records(
        self, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Module:
            datetime, UTC = _Clock, dt.UTC

        monkeypatch.setattr(wire, "dt", Module)
        provider.script([does.ok("{}"), does.fault(500, "oops")])
        client = connect(model_at(provider, "openai"), ENVIRON)
        reply = await client.ask(a_prompt())
        assert reply.latency_s >= 0
        assert type(reply).model_validate_json(reply.model_dump_json()) == reply
        assert (await failure(client.ask(a_prompt()))).code == "server_error"
        await close(client)

    async def test_a_date_to_wait_for_is_read_by_the_servers_clock(self, provider: Provider) -> None:
        """Ours may be wrong by years."""
        headers = {"date": "Fri, 20 Nov 2020 12:00:00 GMT", "retry_after": "Fri, 20 Nov 2020 12:00:07 GMT"}
        provider.script([does.rate_limited(**headers)])
        error = await refusal("openai", f"{provider.url}/v1")
        assert error.retry_after_s == 7.0


def _from(cause: Exception) -> Exception:
    """An error raised from another, as HTTP libraries raise theirs."""
    error = OSError("")
    error.__cause__ = cause
    return error


CAUSES = [
    (
        OSError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self signed certificate"),
        "it is self-signed",
    ),
    (_from(ssl.SSLCertVerificationError("“gateway” certificate is expired")), "it has expired"),
    (_from(ssl.SSLCertVerificationError("certificate is not trusted")), "certificate is not trusted"),
    (OSError("CERTIFICATE_VERIFY_FAILED: self-signed certificate in certificate chain"), "somebody signed it whom"),
    (OSError("CERTIFICATE_VERIFY_FAILED: unable to get local issuer certificate"), "somebody signed it whom"),
    (OSError("CERTIFICATE_VERIFY_FAILED: certificate is not yet valid"), "it is not valid yet"),
]


@pytest.mark.parametrize(("error", "found"), CAUSES)
def test_a_refused_certificate_is_told_whatever_the_system_calls_it(error: Exception, found: str) -> None:
    """Older OpenSSL, and systems that check certificates themselves."""
    broken = explain(error, "unreachable", Scrub(None), secure=True, proxy="http://p:1 from ALL_PROXY")
    assert broken.code == "certificate"
    assert found in broken.found
