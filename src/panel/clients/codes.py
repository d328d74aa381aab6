"""Codes: what can go wrong when a model is asked, what each code means, and the next step. Words only.

The codes are stable: they are stored with every attempt, and programs may tell errors apart by them.
"""

from __future__ import annotations

from panel.records.model import Model

CODES = {
    "no_key": "the variable that should hold the key is not set",
    "bad_key": "the key holds characters that no key holds",
    "auth": "the provider refused the key",
    "permission": "the key may not use this model",
    "quota": "the account has no credit left or has reached its limit",
    "no_model": "the provider knows no such model",
    "no_address": "there is no such API at this address",
    "redirected": "the address points elsewhere; prompts and keys do not follow",
    "unsupported": "the model does not accept something that was configured",
    "too_long": "prompt and answer do not fit into the model",
    "filtered": "the provider's content filter refused the prompt",
    "bad_request": "the provider refused the request",
    "rate_limited": "too many requests at once",
    "server_error": "the provider failed",
    "timeout": "no answer in time; the call may have been charged",
    "interrupted": "the connection broke before the answer was complete; the call may have been charged",
    "unreachable": "no connection could be made",
    "not_json": "the answer was not what an API sends",
    "no_choices": "the answer held no reply",
}
"""What went wrong, by code."""


def hint_for(code: str, model: Model, param: str = "") -> str:
    """The next step, in the user's words."""
    variable = model.key_variable
    key = f"Put a valid key into {variable}" if variable else "Name the variable that holds the key as key_variable"
    address = model.base_url or "its address"
    hints = {
        "auth": f"{key}, or use --model offline, which needs none.",
        "permission": "Ask for access to this model, use a key that has it, or name another model.",
        "quota": "Add credit or raise the limit in the provider's billing settings, then give the same command again: "
        "what was answered is kept.",
        "no_model": f"Check the name {model.model!r} against the provider's list of models; old ones are withdrawn.",
        "no_address": f"Check base_url ({address}); for most servers it ends in /v1.",
        "redirected": "If you trust the place it points to, write that address as base_url.",
        "unsupported": _unsupported_hint(model, param),
        "too_long": "Shorten the description, lower max_output_tokens, or name a model with a larger context.",
        "filtered": "Read the description for what may have set it off; the other seats go on.",
        "bad_request": "Check the model's parameters in panel.toml; the words in brackets are the provider's.",
        "rate_limited": "Give the same command again in a while: what was answered is kept.",
        "server_error": "Give the same command again in a while: what was answered is kept.",
        "timeout": f"Raise timeout_s (now {model.timeout_s:g}) for this model in panel.toml, or try again later.",
        "interrupted": "Give the same command again: what was answered is kept.",
        "unreachable": f"Check the network and the address ({address}).",
        "not_json": f"Give the same command again; if it stays so, check that base_url ({address}) is an API's.",
        "no_choices": "Give the same command again; if it stays so, name another model.",
    }
    return hints.get(code, "")


def _unsupported_hint(model: Model, param: str) -> str:
    if param in model.parameters:
        return f"Remove {param} from this model's parameters in panel.toml."
    if param in ("max_tokens", "max_completion_tokens"):
        other = "max_completion_tokens" if param == "max_tokens" else "max_tokens"
        return f"Set parameters.{other} = {model.max_output_tokens} for this model in panel.toml."
    if param and not param.startswith("response_format"):
        return f"Name another model, or set parameters.{param} for this one in panel.toml to what it accepts."
    return "Name a model that answers by a JSON schema (response_format json_schema)."
