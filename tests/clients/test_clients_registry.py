"""From the name a user types to a Model: pure, without SDK, key or network."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.clients import close, connect, plugins, resolve
from panel.errors import ConfigError, UsageError
from panel.records.model import Model, ModelSettings, Price
from panel.records.prompt import Prompt
from panel.records.reply import Reply


def settings(**given: Any) -> ModelSettings:
    return ModelSettings.model_validate({"provider": "compatible", "model": "qwen3-8b", **given})


LOCAL = settings(base_url="http://localhost:8080/v1/")


class AcmeClient:
    """A client from elsewhere."""

    def __init__(self, model: Model, environ: Mapping[str, str]) -> None:
        self.name = model.name
        self.given = (model, environ)

    async def ask(self, prompt: Prompt) -> Reply:
        raise NotImplementedError


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package is installed that brings a client for the provider `acme`."""
    monkeypatch.setattr(plugins, "names", lambda: ("acme",))
    monkeypatch.setattr(plugins, "find", {"acme": AcmeClient}.get)


class TestNames:
    def test_openai_is_asked_at_its_own_address_with_its_own_key(self) -> None:
        assert resolve("openai/gpt-6-luna") == Model(
            name="openai/gpt-6-luna",
            provider="openai",
            model="gpt-6-luna",
            endpoint="https://api.openai.com/v1",
            maker="OpenAI",
            base_url="https://api.openai.com/v1",
            key_variable="OPENAI_API_KEY",
        )

    def test_mistral_is_asked_at_its_own_address_with_its_own_key(self) -> None:
        model = resolve("mistral/mistral-large-4")
        assert (model.base_url, model.endpoint) == ("https://api.mistral.ai", "https://api.mistral.ai")
        assert (model.key_variable, model.maker) == ("MISTRAL_API_KEY", "Mistral AI")

    def test_offline_reads_the_signals_and_carries_the_rubrics_version(self) -> None:
        from panel.clients.offline import MODEL_ID

        model = resolve("offline")
        assert (model.name, model.provider, model.endpoint, model.model) == ("offline", "offline", "offline", MODEL_ID)
        assert model.reads_local
        assert model.is_offline
        assert model.key_variable is None

    def test_a_name_of_ones_own_is_what_the_settings_say(self) -> None:
        price = Price(input=1, output=2)
        mine = settings(
            base_url="http://localhost:8080/v1/",
            parameters={"temperature": 0},
            max_output_tokens=900,
            timeout_s=5,
            price=price,
            maker="Example",
        )
        model = resolve("mine", {"mine": mine})
        assert (model.name, model.provider, model.model) == ("mine", "compatible", "qwen3-8b")
        assert model.base_url == "http://localhost:8080/v1"
        assert (model.parameters, model.max_output_tokens, model.timeout_s) == ({"temperature": 0}, 900, 5)
        assert (model.price, model.maker) == (price, "Example")

    def test_a_compatible_server_is_known_by_its_name_so_that_moving_it_makes_nothing_stale(self) -> None:
        here = resolve("mine", {"mine": LOCAL})
        there = resolve("mine", {"mine": settings(base_url="http://10.0.0.7:9000/v1")})
        assert here.endpoint == there.endpoint == "mine"

    def test_another_model_behind_a_named_address_keeps_the_address_and_loses_price_and_maker(self) -> None:
        mine = settings(base_url="http://localhost:8080/v1", price=Price(input=1, output=1), maker="Example")
        model = resolve("mine/llama-4", {"mine": mine})
        assert (model.name, model.model, model.endpoint) == ("mine/llama-4", "llama-4", "mine")
        assert (model.price, model.maker) == (None, "Meta")

    def test_compatible_slash_model_uses_the_entry_called_compatible(self) -> None:
        model = resolve("compatible/org/llama-4", {"compatible": LOCAL})
        assert (model.model, model.base_url) == ("org/llama-4", "http://localhost:8080/v1")

    def test_an_entry_called_openai_redirects_openai_because_the_user_wrote_it_down(self) -> None:
        gateway = settings(provider="openai", model="gpt-6-luna", base_url="https://gateway.example/v1")
        assert resolve("openai/gpt-6-astra", {"openai": gateway}).base_url == "https://gateway.example/v1"


class TestKeys:
    def test_a_providers_key_is_not_offered_to_another_host(self) -> None:
        moved = settings(provider="openai", model="gpt-6-luna", base_url="https://gateway.example/v1")
        assert resolve("moved", {"moved": moved}).key_variable is None

    @pytest.mark.parametrize("url", ["http://api.openai.com/v1", "https://api.openai.com.evil.example/v1"])
    def test_nor_to_an_imitation_or_over_an_open_line(self, url: str) -> None:
        moved = settings(provider="openai", model="gpt-6-luna", base_url=url)
        assert resolve("moved", {"moved": moved}).key_variable is None

    def test_a_regional_host_of_the_provider_is_the_provider(self) -> None:
        eu = settings(provider="openai", model="gpt-6-luna", base_url="https://eu.api.openai.com/v1")
        assert resolve("eu", {"eu": eu}).key_variable == "OPENAI_API_KEY"

    def test_a_named_variable_goes_wherever_the_user_says(self) -> None:
        named = settings(base_url="https://gateway.example/v1", key_variable="GATEWAY_KEY")
        assert resolve("mine", {"mine": named}).key_variable == "GATEWAY_KEY"

    @pytest.mark.parametrize(
        ("provider", "url", "variable"),
        [
            ("compatible", "https://gateway.example/v1", "OPENAI_API_KEY"),
            ("compatible", "http://localhost:8080/v1", "OPENAI_API_KEY"),
            ("openai", "https://api.openai.com.evil.example/v1", "OPENAI_API_KEY"),
            ("openai", "http://api.openai.com/v1", "OPENAI_API_KEY"),
            ("mistral", "https://gateway.example", "MISTRAL_API_KEY"),
            ("openai", "https://api.openai.com/v1", "MISTRAL_API_KEY"),
            ("compatible", "https://gateway.example/v1", "openai_api_key"),
        ],
    )
    def test_a_providers_variable_cannot_be_named_for_another_host(
        self, provider: str, url: str, variable: str
    ) -> None:
        """A panel.toml found on the way up may be somebody else's; it cannot send a key to an address of its own."""
        named = settings(provider=provider, base_url=url, key_variable=variable)
        with pytest.raises(ConfigError, match=rf"\[models\.mine\].*{variable}") as caught:
            resolve("mine", {"mine": named})
        assert "another variable" in caught.value.hint

    def test_at_its_own_host_the_variable_may_be_named_under_any_provider(self) -> None:
        named = settings(base_url="https://api.openai.com/v1", key_variable="OPENAI_API_KEY")
        assert resolve("mine", {"mine": named}).key_variable == "OPENAI_API_KEY"


class TestLimits:
    def test_what_the_settings_say_of_limits_and_form_is_said_of_the_model(self) -> None:
        given = {
            "schema_mode": "json_object",
            "requests_per_minute": 60,
            "tokens_per_minute": 9000,
            "concurrency": 2,
            "deadline_s": 30.0,
            "timeout_s": 5.0,
        }
        model = resolve("mine", {"mine": settings(base_url="http://localhost/v1", **given)})
        assert {name: getattr(model, name) for name in given} == given

    def test_and_of_another_model_at_the_same_address(self) -> None:
        mine = settings(base_url="http://localhost/v1", concurrency=2, schema_mode="prompt")
        model = resolve("mine/llama-4", {"mine": mine})
        assert (model.concurrency, model.schema_mode) == (2, "prompt")


class TestInstalledClients:
    """Clients that other packages bring, by their entry points."""

    @pytest.mark.usefixtures("acme")
    def test_one_is_named_by_its_provider_and_needs_no_settings(self) -> None:
        model = resolve("acme/x-1")
        assert (model.name, model.provider, model.model, model.endpoint) == ("acme/x-1", "acme", "x-1", "acme")
        assert (model.base_url, model.key_variable, model.price) == (None, None, None)

    @pytest.mark.usefixtures("acme")
    def test_settings_give_it_an_address_a_key_and_a_name(self) -> None:
        mine = settings(provider="acme", base_url="https://ACME.example/", key_variable="ACME_KEY", concurrency=2)
        model = resolve("mine", {"mine": mine})
        assert (model.provider, model.model, model.endpoint) == ("acme", "qwen3-8b", "mine")
        assert (model.base_url, model.key_variable, model.concurrency) == ("https://acme.example", "ACME_KEY", 2)

    @pytest.mark.usefixtures("acme")
    def test_a_providers_own_key_cannot_be_named_for_it(self) -> None:
        mine = settings(provider="acme", key_variable="OPENAI_API_KEY")
        with pytest.raises(ConfigError, match="to an installed client"):
            resolve("mine", {"mine": mine})

    @pytest.mark.usefixtures("acme")
    def test_connecting_hands_the_model_to_its_factory(self) -> None:
        model = resolve("acme/x-1")
        client = connect(model, {"ACME_KEY": "k"})
        assert (client.name, vars(client)["given"]) == ("acme/x-1", (model, {"ACME_KEY": "k"}))

    def test_it_takes_the_place_of_no_built_in_client(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(plugins, "names", lambda: ("offline", "openai", "ollama"))
        monkeypatch.setattr(plugins, "find", lambda provider: pytest.fail("looked up"))
        assert resolve("openai/gpt-6-luna").base_url == "https://api.openai.com/v1"
        assert resolve("ollama/x").base_url == "http://localhost:11434/v1"
        assert connect(resolve("offline"), {}).name == "offline"

    def test_nothing_is_looked_up_where_a_built_in_one_fits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(plugins, "names", lambda: pytest.fail("looked up"))
        for name in ("offline", "openai/a", "mistral/b", "ollama/c:1b", "vllm/o/d", "llamacpp/e", "local", "local/f"):
            assert resolve(name, {"local": LOCAL}).name == name

    def test_one_that_is_no_longer_installed_is_told_with_what_there_is(self) -> None:
        model = Model(name="acme/x", provider="acme", model="x", endpoint="acme")
        with pytest.raises(UsageError, match="provider 'acme', for which there is no client") as caught:
            connect(model, {})
        assert "offline, openai, mistral, ollama, vllm, llamacpp, compatible" in caught.value.hint

    @pytest.mark.usefixtures("acme")
    def test_settings_for_one_that_is_not_there_name_the_nearest(self) -> None:
        with pytest.raises(ConfigError, match=r"\[models\.mine\] has provider = 'acne'") as caught:
            resolve("mine", {"mine": settings(provider="acne")})
        assert caught.value.hint.startswith("Did you mean acme? Expected one of: openai, mistral, ollama, vllm,")


class TestConnect:
    async def test_the_responses_api_has_a_client_of_its_own(self) -> None:
        model = resolve("mine", {"mine": ModelSettings(provider="openai", model="gpt-6-luna", api="responses")})
        client = connect(model, {"OPENAI_API_KEY": "sk-test-0123456789"})
        assert type(client).__name__ == "ResponsesClient"
        await close(client)

    @pytest.mark.parametrize("name", ["openai/a", "ollama/b", "vllm/c", "llamacpp/d"])
    async def test_all_others_speak_chat_completions(self, name: str) -> None:
        client = connect(resolve(name), {"OPENAI_API_KEY": "sk-test-0123456789"})
        assert (type(client).__name__, client.name) == ("OpenAIClient", name)
        await close(client)


class TestCaps:
    def test_a_cap_given_as_a_parameter_is_the_models_cap(self) -> None:
        mine = settings(base_url="http://localhost/v1", parameters={"max_completion_tokens": 4000})
        assert resolve("mine", {"mine": mine}).max_output_tokens == 4000

    def test_without_one_the_cap_leaves_room_for_reasoning(self) -> None:
        assert resolve("openai/gpt-6-luna").max_output_tokens == 6000


UNKNOWN = [
    ("gpt-6-luna", "Did you mean openai/gpt-6-luna?"),
    ("mistral-large-4", "Did you mean mistral/mistral-large-4?"),
    ("opnai/gpt-6-luna", "Did you mean openai/gpt-6-luna?"),
    ("OpenAI/gpt-6-luna", "Did you mean openai/gpt-6-luna?"),
    ("ofline", "Did you mean offline?"),
    ("openai", "Did you mean openai/<model>?"),
    ("openai/", "Did you mean openai/<model>?"),
    ("lokal", "Did you mean local?"),
    ("ollama", "Did you mean ollama/<model>?"),
    ("olama/qwen3:8b", "Did you mean ollama/qwen3:8b or llamacpp/qwen3:8b?"),
    ("qwen3:8b", "Did you mean ollama/qwen3:8b?"),
    ("gpt-oss:20b", "Did you mean ollama/gpt-oss:20b?"),
    ("ft:gpt-6-luna:org", "Did you mean openai/ft:gpt-6-luna:org?"),
    ("llama-cpp/x", "Did you mean llamacpp/x or ollama/x?"),
    ("acmee/x", "Did you mean acme/x?"),
    ("acme", "Did you mean acme/<model>?"),
    ("", "Models that can be named: offline, local, "),
    ("zzz", "Models that can be named: offline, local, "),
    ("zzz/", "Models that can be named: offline, local, "),
]
NAMEABLE = (
    "offline, local, openai/<model>, mistral/<model>, ollama/<model>, vllm/<model>, llamacpp/<model>, acme/<model>."
)


@pytest.mark.parametrize(("name", "table"), [("house", "[models.house]"), ("house.2", '[models."house.2"]')])
def test_a_name_without_settings_is_told_where_they_belong(name: str, table: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(name)
    assert caught.value.hint.endswith(f"Describe one of your own as {table} in panel.toml.")


@pytest.mark.parametrize(("name", "hint"), UNKNOWN)
@pytest.mark.usefixtures("acme")
def test_an_unknown_name_is_answered_with_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(name, {"local": LOCAL})
    assert repr(name) in caught.value.message
    assert hint in caught.value.hint
    assert NAMEABLE in caught.value.hint
    assert caught.value.exit_code == 2


def test_compatible_without_an_address_says_where_to_write_one() -> None:
    with pytest.raises(UsageError, match=r"no \[models\.compatible\] in panel\.toml") as caught:
        resolve("compatible/llama-4")
    assert "base_url" in caught.value.hint


@pytest.mark.parametrize("name", ["openai/" + "x" * 160, "x" * 5000, "openai/a b", "openai/a\nb", "openai/é"])
def test_a_name_that_cannot_be_a_models_says_what_can(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a model") as caught:
        resolve(name)
    assert len(str(caught.value)) < 400


UNUSABLE = [
    ({"base_url": None}, "no base_url"),
    ({"provider": "anthropic"}, "provider = 'anthropic'"),
    ({"base_url": "localhost:8080"}, "not an address"),
    ({"parameters": {"messages": []}}, "parameters.messages"),
    ({"parameters": {"n": 4}}, "parameters.n,"),
    ({"parameters": {"stream": True}}, "parameters.stream"),
    ({"parameters": {"api_key": "sk-1"}}, "parameters.api_key"),
    ({"parameters": {"max_tokens": 3}}, "to 3, which is no cap"),
    ({"parameters": {"max_completion_tokens": "many"}}, "'many', which is no cap"),
    ({"parameters": {"n_predict": -1}}, "-1, which is no cap"),
    ({"parameters": {"max_output_tokens": True}}, "True, which is no cap"),
]


@pytest.mark.parametrize(("given", "found"), UNUSABLE)
def test_unusable_settings_name_the_entry_and_the_next_step(given: dict[str, Any], found: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve("mine", {"mine": settings(**{"base_url": "http://localhost/v1", **given})})
    assert found in caught.value.message
    assert "sk-1" not in str(caught.value)


def test_the_offline_rubric_takes_no_settings() -> None:
    with pytest.raises(ConfigError, match=r"\[models\.offline\]"):
        resolve("offline", {"offline": LOCAL})


@given(st.text(max_size=300))
def test_any_text_gives_a_model_or_a_usage_error(name: str) -> None:
    try:
        model = resolve(name, {"local": LOCAL})
    except UsageError:
        return
    assert model.name == name


def test_naming_a_model_loads_no_sdk() -> None:
    code = (
        "import sys; from panel.clients import resolve, connect; resolve('openai/gpt-6-luna'); resolve('ollama/x');"
        "heavy = ('openai', 'mistralai', 'httpx2', 'genai_prices', 'asyncio');"
        "print([m for m in heavy if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
