"""Cap: how long an answer may be, in tokens, reasoning included. One rule, for what is sent and for what is reserved.

In go a model and a prompt, out comes a number. Clients send it and prices reserve it, so that no call can ask for more
tokens than there is money held for.
"""

from collections.abc import Mapping
from typing import Any

from panel.records.model import Model
from panel.records.prompt import Prompt

CAP_WORDS = ("max_completion_tokens", "max_tokens", "max_output_tokens", "n_predict")
"""What servers and users call the cap. The last is llama-server's own, which it obeys before the others."""

LEAST_CAP = 16
"""No less is asked for: OpenAI's Responses API takes no smaller cap."""


def stated_cap(parameters: Mapping[str, Any]) -> int | None:
    """The cap where the user's parameters hold it, as a whole number; the largest one where they hold several."""
    values = [parameters.get(word) for word in CAP_WORDS]
    return max((value for value in values if type(value) is int), default=None)


def cap_of(model: Model, prompt: Prompt | None = None) -> int:
    """The cap on an answer: the prompt's own, else the one among the user's parameters, else the model's.

    Zero and less is no cap: there are servers that take it for "without end".
    """
    for cap in (prompt.max_output_tokens if prompt else None, stated_cap(model.parameters)):
        if cap is not None and cap > 0:
            return max(LEAST_CAP, cap)
    return model.max_output_tokens
