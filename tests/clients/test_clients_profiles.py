"""What is known of each kind of server: where it listens, what it is called by, and which words it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from client_samples import MOMENT, a_model, a_prompt
from hypothesis import given
from hypothesis import strategies as st

from panel.clients import mistral, resolve, responses
from panel.clients.openai import to_request
from panel.clients.servers.probing import needs_probe
from panel.clients.servers.profiles import PROFILES, caps_for, profile_of
from panel.errors import ConfigError
from panel.prices import most
from panel.records.cap import CAP_WORDS, cap_of
from panel.records.identity import key_of, key_parts
from panel.records.model import ModelSettings, Price, SchemaMode

LOCAL = {
    "ollama": "http://localhost:11434/v1",
    "vllm": "http://localhost:8000/v1",
    "llamacpp": "http://localhost:8080/v1",
}
FAMILY = (*LOCAL, "compatible")
COUNTS = st.integers(-2, 10**12)


def settings(provider: str, **given: Any) -> ModelSettings:
    return ModelSettings.model_validate({"provider": provider, "model": "qwen3:8b", **given})


class TestAddresses:
    @pytest.mark.parametrize(("provider", "address"), LOCAL.items())
    def test_a_local_server_needs_no_settings_and_no_key(self, provider: str, address: str) -> None:
        model = resolve(f"{provider}/qwen3:8b")
        assert (model.provider, model.model, model.base_url) == (provider, "qwen3:8b", address)
        assert model.key_variable is None
        assert model.price is None

    @pytest.mark.parametrize(("provider", "address"), LOCAL.items())
    def test_without_a_name_of_its_own_it_is_known_by_its_address(self, provider: str, address: str) -> None:
        assert resolve(f"{provider}/qwen3:8b").endpoint == address

    @pytest.mark.parametrize("provider", FAMILY)
    def test_under_a_name_of_its_own_it_is_known_by_that_and_moving_it_makes_nothing_stale(self, provider: str) -> None:
        """Law 11: what was bought from a server stays its answer wherever the server is moved."""
        here = resolve("box", {"box": settings(provider, base_url="http://localhost:9000/v1")})
        there = resolve("box", {"box": settings(provider, base_url="http://10.0.0.7:9000/v1")})
        assert here.endpoint == there.endpoint == "box"
        assert _key(here) == _key(there)

    @pytest.mark.parametrize("provider", LOCAL)
    def test_an_address_without_a_path_is_given_the_one_where_the_api_begins(self, provider: str) -> None:
        model = resolve("box", {"box": settings(provider, base_url="http://box:9000")})
        assert model.base_url == "http://box:9000/v1"
        kept = resolve("box", {"box": settings(provider, base_url="http://box:9000/api/")})
        assert kept.base_url == "http://box:9000/api"

    @pytest.mark.parametrize("provider", LOCAL)
    def test_an_entry_needs_no_address_where_its_kind_of_server_has_a_usual_one(self, provider: str) -> None:
        model = resolve("mine", {"mine": settings(provider, price=0)})
        assert model.base_url == LOCAL[provider]
        assert model.price is not None
        assert (model.price.input, model.price.output) == (0, 0)

    @pytest.mark.parametrize("model", ["qwen3:8b", "org/model", "hf.co/org/model:Q4_K_M", "a@b", "m+x"])
    def test_models_are_called_as_their_servers_call_them(self, model: str) -> None:
        assert resolve(f"ollama/{model}").model == model
        assert resolve(f"box/{model}", {"box": settings("vllm")}).model == model

    def test_the_maker_is_read_from_such_names_too(self) -> None:
        assert resolve("ollama/qwen3:8b").maker == "Alibaba"
        assert resolve("vllm/meta-llama/Llama-4").maker == "Meta"


def _key(model: Any) -> str:
    return key_of(key_parts(model, a_prompt(), 0))


class TestCaps:
    WORDS = (
        ("openai", {"max_completion_tokens"}),
        ("mistral", {"max_tokens"}),
        ("ollama", {"max_tokens"}),
        ("vllm", {"max_tokens", "max_completion_tokens"}),
        ("llamacpp", {"max_tokens", "max_completion_tokens"}),
        ("compatible", {"max_tokens"}),
    )

    @pytest.mark.parametrize(("provider", "words"), WORDS)
    def test_each_server_is_told_the_cap_in_words_it_obeys(self, provider: str, words: set[str]) -> None:
        assert set(profile_of(provider).caps) == words

    @pytest.mark.parametrize("provider", [name for name, _ in WORDS if name != "mistral"])
    def test_the_prompts_own_cap_goes_before_the_models_in_every_word(self, provider: str) -> None:
        model = a_model(provider, "http://localhost:9000/v1", max_output_tokens=900)
        plain, larger = a_prompt(), a_prompt().model_copy(update={"max_output_tokens": 1800})
        words = profile_of(provider).caps
        assert {to_request(model, plain)[word] for word in words} == {900}
        assert {to_request(model, larger)[word] for word in words} == {1800}
        assert (cap_of(model, plain), cap_of(model, larger)) == (900, 1800)

    def test_and_before_the_users_parameter_under_the_users_word(self) -> None:
        model = a_model("compatible", "http://localhost:9000/v1", parameters={"max_completion_tokens": 4000})
        assert cap_of(model, a_prompt()) == 4000
        larger = a_prompt().model_copy(update={"max_output_tokens": 8000})
        request = to_request(model, larger)
        assert request["max_completion_tokens"] == cap_of(model, larger) == 8000
        assert "max_tokens" not in request

    def test_a_server_that_obeys_one_word_only_is_told_in_that_one_too(self) -> None:
        """Ollama would take no notice of the user's, and answer without end."""
        model = a_model("ollama", "http://localhost:9000/v1", parameters={"max_completion_tokens": 4000})
        assert caps_for(model, a_prompt()) == {"max_completion_tokens": 4000, "max_tokens": 4000}

    @pytest.mark.parametrize("word", ["max_output_tokens", "n_predict"])
    def test_a_word_of_another_interface_takes_the_place_of_none(self, word: str) -> None:
        """Most servers ignore it; those that obey it are told the same."""
        model = a_model("compatible", "http://localhost:9000/v1", parameters={word: 100})
        assert caps_for(model, a_prompt()) == {word: 100, "max_tokens": 100}

    @pytest.mark.parametrize("stated", [None, 0, -1, True, "9000", 9000.0])
    def test_what_is_no_cap_is_not_sent_as_one(self, stated: Any) -> None:
        """Null, zero and -1 mean "without end" to some servers, and some read a number out of a text."""
        model = a_model("compatible", "http://localhost:9000/v1").model_copy(
            update={"parameters": {"max_tokens": stated}}
        )
        assert to_request(model, a_prompt())["max_tokens"] == cap_of(model, a_prompt()) == 6000

    @given(
        st.sampled_from(["openai", "ollama", "vllm", "llamacpp", "compatible", "mistral"]),
        st.dictionaries(st.sampled_from(CAP_WORDS), st.none() | st.booleans() | COUNTS | st.text(max_size=5)),
        st.none() | COUNTS,
    )
    def test_no_more_may_be_sent_than_is_reserved(
        self, provider: str, parameters: dict[str, Any], own: int | None
    ) -> None:
        """In every word that goes out stands the cap by which money is held, and in one that the server obeys."""
        model = a_model(provider, "http://localhost:9000/v1").model_copy(update={"parameters": parameters})
        prompt = a_prompt().model_copy(update={"max_output_tokens": own})
        live = mistral.to_request(model, prompt) if provider == "mistral" else to_request(model, prompt)
        sent = {word: live[word] for word in CAP_WORDS if word in live}
        assert set(sent.values()) == {cap_of(model, prompt)}
        assert set(sent) & {"max_tokens", "max_completion_tokens"}
        assert responses.to_request(model, prompt)["max_output_tokens"] == cap_of(model, prompt)
        bound = most(model.model_copy(update={"price": Price(input=0, output=1_000_000)}), prompt, MOMENT)
        assert bound is not None
        assert bound.usd == max(sent.values())

    def test_the_models_cap_is_the_one_that_is_sent_where_two_are_stated(self) -> None:
        """A budget reserves by the model's cap, so it must not be smaller than what goes out."""
        both = {"max_tokens": 9000, "max_completion_tokens": 7000}
        assert a_model("vllm", "http://h/v1", max_output_tokens=500, parameters=both).max_output_tokens == 9000


class TestForms:
    def test_the_compatible_family_is_tried_from_the_best_mode_down_unless_the_user_states_one(self) -> None:
        for provider in FAMILY:
            assert list(profile_of(provider).modes) == ["json_schema", "json_object", "prompt"]
            assert needs_probe(a_model(provider, "http://localhost:9000/v1"))
            assert not needs_probe(a_model(provider, "http://localhost:9000/v1", schema_mode="json_object"))

    @pytest.mark.parametrize("name", ["offline", "openai/gpt-6-luna", "mistral/mistral-large-4"])
    def test_whoever_has_an_api_of_his_own_is_not_tried(self, name: str) -> None:
        assert not needs_probe(resolve(name))

    @pytest.mark.parametrize(("provider", "strict"), [("ollama", False), ("llamacpp", False), ("vllm", True)])
    def test_strict_goes_only_to_those_who_know_it(self, provider: str, strict: bool) -> None:
        form = to_request(a_model(provider, "http://h/v1"), a_prompt())["response_format"]["json_schema"]
        assert ("strict" in form) is strict
        assert form["name"] == "builder_reply"

    @pytest.mark.parametrize("provider", FAMILY)
    def test_what_is_openais_own_goes_to_openai_alone(self, provider: str) -> None:
        model = a_model(provider, "https://api.openai.com/v1" if provider == "compatible" else "http://h/v1")
        assert not {"prompt_cache_key", "service_tier", "store"} & set(to_request(model, a_prompt()))

    def test_every_mode_is_one_that_a_user_can_state(self) -> None:
        assert {mode for profile in PROFILES.values() for mode in profile.modes} == set(SchemaMode)


class TestPage:
    """docs/models.md says what the profiles say."""

    PAGE = (Path(__file__).parents[2] / "docs" / "models.md").read_text("utf-8")

    @pytest.mark.parametrize(("provider", "address"), LOCAL.items())
    def test_the_table_of_names_gives_the_usual_addresses(self, provider: str, address: str) -> None:
        (line,) = (line for line in self.PAGE.splitlines() if line.startswith(f"| `{provider}/<model>` |"))
        assert line.endswith(f"| `{address}` |")

    def test_the_table_of_what_is_sent_gives_words_and_strictness(self) -> None:
        cells = {row[0]: row[1:] for row in map(_cells, self.PAGE.splitlines()) if len(row) == len(PROFILES) + 1}
        assert [cell.lower() for cell in cells[""]] == list(PROFILES)
        caps = ["both" if len(profile.caps) == 2 else f"`{profile.caps[0]}`" for profile in PROFILES.values()]
        assert cells["cap"] == caps
        assert cells["`strict` with it"] == ["yes" if profile.strict else "no" for profile in PROFILES.values()]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


class TestResponsesApi:
    def test_it_is_spoken_at_openais_own_host(self) -> None:
        assert resolve("mine", {"mine": settings("openai", api="responses")}).api == "responses"

    @pytest.mark.parametrize(
        "given",
        [
            {"provider": "compatible", "base_url": "https://api.openai.com/v1"},
            {"provider": "openai", "base_url": "https://gateway.example/v1"},
            {"provider": "openai", "base_url": "http://localhost:8080/v1"},
            {"provider": "mistral"},
            {"provider": "ollama"},
        ],
    )
    def test_and_refused_anywhere_else(self, given: dict[str, str]) -> None:
        with pytest.raises(ConfigError, match=r"\[models\.mine\] has api = \"responses\"") as caught:
            resolve("mine", {"mine": settings(**given, api="responses")})
        assert 'api = "chat"' in caught.value.hint

    def test_it_does_without_a_schema_mode(self) -> None:
        stated = settings("openai", api="responses", schema_mode="prompt")
        with pytest.raises(ConfigError, match="do not go together"):
            resolve("mine", {"mine": stated})
