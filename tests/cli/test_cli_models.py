"""`panel models`: what can be named, offline; `panel models check NAME`: what one tiny call shows."""

from __future__ import annotations

import datetime as dt
import json
import socket
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import Done, Panel
from loopback import behaviours as does
from loopback.server import Behaviour, Provider

from panel import checks
from panel.clients.servers.checking import Announced
from panel.clients.servers.probing import KEY as FIELD
from panel.clients.servers.probing import WORD
from panel.clients.wire.limits import Allowance, Limits

KEY = "sk-test-0123456789abcdef"
KEPT = does.ok(json.dumps({FIELD: WORD}))
MODELS = """
[models.local]
provider = "compatible"
model = "qwen3-8b"
base_url = "http://localhost:9/v1"
price = 0

[models.careful]
provider = "openai"
model = "gpt-5"

[models.gateway]
provider = "compatible"
model = "claude-sonnet-5"
base_url = "https://gateway.example/v1"
key_variable = "GATEWAY_KEY"

[models.broken]
provider = "compatible"
model = "x"
"""


@pytest.fixture
def configured(folder: Path) -> None:
    (folder / "panel.toml").write_text(MODELS, "utf-8")


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """No socket can be opened at all."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def lines(done: Done) -> dict[str, dict[str, Any]]:
    """The records printed, by name."""
    return {record["name"]: record for record in map(json.loads, done.out.splitlines())}


@pytest.mark.usefixtures("configured", "unreachable")
class TestListing:
    def test_everything_that_can_be_named_is_listed_without_a_connection(self, panel: Panel) -> None:
        """In the order: the rubric, providers, local servers, panel.toml."""
        done = panel("models", "--json")
        assert done.code == 0
        assert list(lines(done)) == [
            "offline",
            "openai/<model>",
            "mistral/<model>",
            "ollama/<model>",
            "vllm/<model>",
            "llamacpp/<model>",
            "local",
            "careful",
            "gateway",
            "broken",
        ]
        assert panel("models", "list", "--json").out == done.out

    def test_whether_it_can_be_used_and_why_not(self, panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("GATEWAY_KEY", f"{KEY}\n")
        found = lines(panel("models", "--json"))
        told = {name: (record["usable"], record["key"]) for name, record in found.items()}
        assert told == {
            "offline": (True, "none needed"),
            "openai/<model>": (True, "set"),
            "mistral/<model>": (False, "missing"),
            "ollama/<model>": (None, "none needed"),
            "vllm/<model>": (None, "none needed"),
            "llamacpp/<model>": (None, "none needed"),
            "local": (None, "none needed"),
            "careful": (True, "set"),
            "gateway": (False, "unusable"),
            "broken": (False, "unusable"),
        }
        assert "MISTRAL_API_KEY is not set" in found["mistral/<model>"]["trouble"]["message"]
        assert "line break" in found["gateway"]["trouble"]["message"]
        assert "no base_url" in found["broken"]["trouble"]["message"]

    def test_a_key_is_never_shown(self, panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("OPENAI_API_KEY", "MISTRAL_API_KEY", "GATEWAY_KEY"):
            monkeypatch.setenv(name, KEY)
        for words in (["models"], ["models", "--json"]):
            done = panel(*words)
            assert KEY not in done.out + done.err

    def test_prices_makers_and_addresses_are_told(self, panel: Panel) -> None:
        """One from the table, one the user's, one unknown."""
        found = lines(panel("models", "--json"))
        table = found["careful"]["price"]
        assert Decimal(table["input_usd"]) > 0
        assert table["source"].startswith("genai-prices ")
        assert (found["local"]["price"]["output_usd"], found["local"]["maker"]) == ("0", "Alibaba")
        assert found["gateway"]["price"] == {
            "input_usd": None,
            "output_usd": None,
            "source": "no price is set for this model",
        }
        assert found["ollama/<model>"]["address"] == "http://localhost:11434/v1"

    def test_a_host_that_panel_toml_moves_is_told_once(self, panel: Panel, folder: Path) -> None:
        table = '[models.ollama]\nprovider = "ollama"\nmodel = "m"\nbase_url = "http://10.0.0.7:11434/v1"\n'
        (folder / "panel.toml").write_text(table, "utf-8")
        found = lines(panel("models", "--json"))
        assert "ollama/<model>" not in found
        assert found["ollama"]["address"] == "http://10.0.0.7:11434/v1"

    def test_installed_clients_are_listed_and_not_loaded(self, panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checks, "names", lambda: ("echo",))
        record = lines(panel("models", "--json"))["echo/<model>"]
        assert (record["kind"], record["usable"], record["key"]) == ("installed client", None, "its client's own")

    @pytest.mark.parametrize("columns", [80, 200])
    def test_it_is_readable_at_any_width(self, panel: Panel, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """No line is longer than the terminal, and names stand at its left edge."""
        monkeypatch.setenv("COLUMNS", str(columns))
        out = panel("models").out
        assert max(map(len, out.splitlines())) <= columns
        heads = [line for line in out.splitlines() if not line.startswith(" ")]
        assert heads[0] == "offline  (built in, ready)"
        assert heads[-1] == "broken = x  (panel.toml, not usable)"
        assert len(heads) == 10


def at(provider: Provider, folder: Path, kind: str = "compatible", *more: str) -> None:
    """`[models.mine]` at the loopback provider."""
    url = provider.url if kind == "mistral" else f"{provider.url}/v1"
    rows = [f'provider = "{kind}"', 'model = "test-model"', f'base_url = "{url}"', 'key_variable = "TEST_KEY"', *more]
    (folder / "panel.toml").write_text("\n".join(["[models.mine]", *rows]), "utf-8")


class TestCheck:
    @pytest.fixture(autouse=True)
    def _key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TEST_KEY", KEY)

    @pytest.mark.parametrize("kind", ["openai", "mistral", "compatible"])
    def test_a_usable_model_exits_with_0(self, panel: Panel, provider: Provider, folder: Path, kind: str) -> None:
        at(provider, folder, kind, "price = { input = 1, output = 4 }")
        provider.script([KEPT])
        done = panel("models", "check", "mine", "--json")
        assert done.code == 0
        (record,) = lines(done).values()
        told = {name: record[name] for name in ("usable", "key", "reached", "mode", "ignores_schema", "model_served")}
        assert told == {
            "usable": True,
            "key": "set",
            "reached": True,
            "mode": "json_schema",
            "ignores_schema": False,
            "model_served": "test-model",
        }
        assert (record["served_another"], record["calls"], record["trouble"]) == (False, 1, None)
        # 1,200 tokens in at $1 and 300 out at $4 per million
        assert (record["cost_usd"], record["cost_source"]) == ("0.0024", "the user's price")
        assert len(provider.requests) == 1

    def test_it_is_told_in_rows(
        self, panel: Panel, provider: Provider, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at(provider, folder, "openai", "price = { input = 1, output = 4 }")
        provider.script([KEPT])
        monkeypatch.setattr(checks, "announced", _saying(Announced()))
        out = panel("models", "check", "mine").out
        rows = {line[:10].strip(): line[12:] for line in out.splitlines()}
        assert rows.pop("reached").startswith("yes, answered in ")
        assert rows == {
            "model": "mine (test-model)",
            "address": f"{provider.url}/v1",
            "key": "set (TEST_KEY)",
            "form": "json_schema",
            "served": "test-model",
            "price": "$1 in, $4 out per million tokens (your price)",
            "usable": "yes",
            "this check": "1 call, $0.0024",
        }

    REFUSALS: Sequence[tuple[Behaviour, str, str, bool]] = [
        (does.key_refused(KEY), "auth", "refused", True),
        (does.out_of_quota(), "quota", "set", True),
        (does.model_unknown(), "no_model", "set", True),
        (does.web_page(), "not_json", "set", True),
    ]

    @pytest.mark.parametrize("row", REFUSALS, ids=[row[1] for row in REFUSALS])
    def test_an_unusable_model_exits_with_5_and_the_next_step(
        self, panel: Panel, provider: Provider, folder: Path, row: tuple[Behaviour, str, str, bool]
    ) -> None:
        behaviour, code, key, reached = row
        at(provider, folder, "openai")
        provider.script([behaviour])
        done = panel("models", "check", "mine", "--json")
        assert done.code == 5
        (record,) = lines(done).values()
        assert (record["usable"], record["trouble"]["code"]) == (False, code)
        assert (record["key"], record["reached"]) == (key, reached)
        assert record["trouble"]["message"] in done.err
        assert record["trouble"]["hint"] in done.err
        assert KEY not in done.out + done.err

    def test_nothing_listens(self, panel: Panel, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        (folder / "panel.toml").write_text(MODELS.replace("localhost:9/", f"127.0.0.1:{port}/"), "utf-8")
        done = panel("models", "check", "local")
        assert done.code == 5
        assert "reached     no" in done.out
        assert "no connection could be made" in done.err

    @pytest.mark.parametrize(("value", "state"), [(None, "missing"), (f"{KEY}\n", "unusable")])
    def test_without_a_key_nothing_is_asked(
        self,
        panel: Panel,
        provider: Provider,
        folder: Path,
        value: str | None,
        state: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.delenv("TEST_KEY")
        if value:
            monkeypatch.setenv("TEST_KEY", value)
        at(provider, folder, "openai")
        done = panel("models", "check", "mine", "--json")
        (record,) = lines(done).values()
        assert (done.code, record["key"], record["reached"], record["calls"]) == (5, state, None, 0)
        assert (record["cost_usd"], record["cost_source"]) == ("0", "no call was made")
        assert "TEST_KEY" in done.err

    def test_an_unknown_name_exits_with_2(self, panel: Panel) -> None:
        done = panel("models", "check", "nobody")
        assert (done.code, done.out) == (2, "")
        assert "There is no model called 'nobody'" in done.err

    def test_a_proxy_that_is_none_exits_with_2(
        self, panel: Panel, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (folder / "panel.toml").write_text(MODELS, "utf-8")
        monkeypatch.setenv("GATEWAY_KEY", KEY)
        monkeypatch.setenv("HTTPS_PROXY", "ftp://proxy.example")
        done = panel("models", "check", "gateway")
        assert done.code == 2
        assert "HTTPS_PROXY" in done.err

    def test_the_offline_rubric_needs_no_call(self, panel: Panel) -> None:
        done = panel("models", "check", "offline")
        assert done.code == 0
        assert "usable      yes" in done.out
        assert "this check  0 calls, no charge" in done.out

    def test_a_server_that_ignores_the_schema_is_warned_of(
        self, panel: Panel, provider: Provider, folder: Path
    ) -> None:
        at(provider, folder)
        provider.script([does.ok("Blue."), does.ok('{"colour": "blue"}')])
        done = panel("models", "check", "mine")
        assert done.code == 0
        assert "form        json_object" in done.out
        assert "does not keep to it" in " ".join(done.out.split())
        assert "2 calls, cost unknown (no price is set for this model)" in done.out

    SERVED = (
        ("test-model", False),
        ("Test-Model", False),
        ("test-model-2026-10-01", False),
        ("test-model:8b", False),
        ("test-mode", True),
        ("other/model", True),
    )

    @pytest.mark.parametrize(("served", "another"), SERVED)
    def test_another_model_than_was_asked_for_is_told(
        self, panel: Panel, provider: Provider, folder: Path, served: str, another: bool
    ) -> None:
        """A dated version of it is no other."""
        at(provider, folder)
        provider.script([does.ok(json.dumps({FIELD: WORD}), model=served)])
        (record,) = lines(panel("models", "check", "mine", "--json")).values()
        assert record["served_another"] == another
        assert bool(record["warnings"]) == another

    def test_limits_are_told(
        self, panel: Panel, provider: Provider, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at(provider, folder)
        provider.script([KEPT, KEPT])
        stated = Limits(Allowance(500.0, 499.0, 0.12), Allowance(left=29000.0))
        monkeypatch.setattr("panel.clients.servers.checking.limits_of", lambda client: stated)
        out = panel("models", "check", "mine").out
        assert "limit       500 requests a minute, 499 left, full again in 0.12 s" in out
        assert "limit       tokens, 29,000 left" in out
        (record,) = lines(panel("models", "check", "mine", "--json")).values()
        assert record["limits"]["tokens"] == {"per_minute": None, "left": 29000.0, "reset_s": None}

    SHUTDOWNS = (
        (91, None, ""),
        (90, None, "has announced its end for {}, in 90 days."),
        (1, "other-2", "has announced its end for {}, in 1 day. The provider names other-2 in its place."),
        (0, None, "has announced its end for {}, which is past."),
        (-400, None, "has announced its end for {}, which is past."),
    )

    @pytest.mark.parametrize(("days", "instead", "warning"), SHUTDOWNS)
    def test_a_shutdown_within_90_days_is_warned_of(
        self,
        panel: Panel,
        provider: Provider,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        days: int,
        instead: str | None,
        warning: str,
    ) -> None:
        at(provider, folder, "openai")
        provider.script([KEPT])
        day = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=days)
        monkeypatch.setattr(checks, "announced", _saying(Announced(day, instead)))
        (record,) = lines(panel("models", "check", "mine", "--json")).values()
        assert record["shutdown"] == day.isoformat()
        assert record["warnings"] == ([f"The provider {warning.format(day)}"] if warning else [])


def _saying(news: Announced) -> Any:
    async def announced(*args: object) -> Announced:
        return news

    return announced
