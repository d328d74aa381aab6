"""Profiles: what is known of each kind of server before it is asked anything. Facts only; nothing here asks.

A provider's name chooses the profile: where such a server listens, by which words it takes a cap and a seed, and by
which means it can be made to answer in a form. The compatible family differs from server to server, so there the means
are tried (see `probing`); a provider's own API is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from panel.records.hosts import HOMES
from panel.records.model import Model, SchemaMode
from panel.records.prompt import Prompt

CAP_WORDS = ("max_completion_tokens", "max_tokens")
"""The words for the cap on an answer, as servers and users write them."""


class Profile(NamedTuple):
    """One kind of server.

    `base_url` is asked unless the user names another; None where there is no usual one. `path` is where its API begins,
    for addresses given without it. `caps` are the words by which it is told the cap, `seed` its word for a seed.
    `modes` are the means by which it may keep a form, in the order in which they are tried; with one only, that one is
    used untried. `strict` is whether the word of that name goes along with a schema, `schema_in_object` whether a
    server asked for a JSON object is given the schema as well.
    """

    base_url: str | None
    path: str = ""
    caps: tuple[str, ...] = ("max_tokens",)
    seed: str = "seed"
    modes: tuple[SchemaMode, ...] = tuple(SchemaMode)
    strict: bool = True
    schema_in_object: bool = False

    @property
    def is_own_api(self) -> bool:
        """Whether the API is the provider's own, and known, and not one server's rendering of another's."""
        return len(self.modes) == 1


_KNOWN = (SchemaMode.JSON_SCHEMA,)

PROFILES = {
    # Reasoning models of OpenAI refuse `max_tokens`.
    "openai": Profile(HOMES["openai"], caps=("max_completion_tokens",), modes=_KNOWN),
    "mistral": Profile(HOMES["mistral"], seed="random_seed", modes=_KNOWN),
    # Ollama ignores `max_completion_tokens`, and would answer without end; it has no use for `strict`.
    "ollama": Profile("http://localhost:11434/v1", "/v1", strict=False),
    "vllm": Profile("http://localhost:8000/v1", "/v1", caps=CAP_WORDS),
    # llama-cpp-python's server knows no json_schema, but takes the schema with json_object, as llama-server does too.
    "llamacpp": Profile("http://localhost:8080/v1", "/v1", caps=CAP_WORDS, strict=False, schema_in_object=True),
    # Whatever answers there: perhaps a gateway to a model that takes one word only, so one is sent, the older one.
    "compatible": Profile(None),
}
"""What is known of each provider that is built in, by its name."""


def profile_of(provider: str) -> Profile:
    """The profile of a provider; of any compatible server where the name is not a built-in one."""
    return PROFILES.get(provider, PROFILES["compatible"])


def stated_cap(parameters: Mapping[str, Any], words: tuple[str, ...] = CAP_WORDS) -> int | None:
    """The cap on an answer, in tokens, where the user's parameters hold it; the larger one where they hold two."""
    values = [parameters.get(word) for word in words]
    return max((value for value in values if isinstance(value, int) and not isinstance(value, bool)), default=None)


def cap_of(model: Model, prompt: Prompt) -> int:
    """The cap on this answer, in tokens: the prompt's own, else the user's parameter, else the model's."""
    return prompt.max_output_tokens or stated_cap(model.parameters) or model.max_output_tokens


def caps_for(model: Model, prompt: Prompt) -> dict[str, int]:
    """The cap in the words in which it goes into a request; none where `parameters` already holds it as it should be.

    A user's word takes the place of the profile's, for servers that know only that one.
    """
    words = tuple(word for word in CAP_WORDS if word in model.parameters)
    if words and prompt.max_output_tokens is None:
        return {}
    return dict.fromkeys(words or profile_of(model.provider).caps, cap_of(model, prompt))
