"""Profiles: what is known of each kind of server before it is asked anything. Facts only; nothing here asks.

A provider's name chooses the profile: where such a server listens, by which words it takes a cap and a seed, and by
which means it can be made to answer in a form. The compatible family differs from server to server, so there the means
are tried (see `probing`); a provider's own API is known. How large a cap is, `records.cap` says.
"""

from __future__ import annotations

from typing import NamedTuple

from panel.records.cap import CAP_WORDS, cap_of
from panel.records.hosts import HOMES
from panel.records.model import Model, SchemaMode
from panel.records.prompt import Prompt

_CHAT_WORDS = ("max_completion_tokens", "max_tokens")
"""The words for the cap of Chat Completions, one of which every server obeys."""


class Profile(NamedTuple):
    """One kind of server.

    `base_url` is asked unless the user names another; None where there is no usual one. `path` is where its API begins,
    for addresses given without it. `caps` are the words by which it is told the cap, `obeys_others` is whether it may
    know only another word, which the user writes; `seed` is its word for a seed. `modes` are the means by which it may
    keep a form, in the order in which they are tried; with one only, that one is used untried. `strict` is whether the
    word of that name goes along with a schema, `schema_in_object` whether a server asked for a JSON object is given the
    schema as well.
    """

    base_url: str | None
    path: str = ""
    caps: tuple[str, ...] = ("max_tokens",)
    obeys_others: bool = True
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
    "ollama": Profile("http://localhost:11434/v1", "/v1", obeys_others=False, strict=False),
    "vllm": Profile("http://localhost:8000/v1", "/v1", caps=_CHAT_WORDS),
    # llama-cpp-python's server knows no json_schema, but takes the schema with json_object, as llama-server does too.
    "llamacpp": Profile("http://localhost:8080/v1", "/v1", caps=_CHAT_WORDS, strict=False, schema_in_object=True),
    # Whatever answers there: perhaps a gateway to a model that takes one word only, so one is sent, the older one.
    "compatible": Profile(None),
}
"""What is known of each provider that is built in, by its name."""


def profile_of(provider: str) -> Profile:
    """The profile of a provider; of any compatible server where the name is not a built-in one."""
    return PROFILES.get(provider, PROFILES["compatible"])


def caps_for(model: Model, prompt: Prompt) -> dict[str, int]:
    """The cap in the words in which it goes into a request, the same number in all, in place of the user's own.

    A user's word takes the place of the profile's, for servers that know only that one; but for a server that obeys no
    word but the profile's, and for words that belong to another interface, both are sent.
    """
    written = [word for word in CAP_WORDS if word in model.parameters]
    profile = profile_of(model.provider)
    known = profile.obeys_others and any(word in _CHAT_WORDS for word in written)
    return dict.fromkeys(written if known else (*written, *profile.caps), cap_of(model, prompt))
