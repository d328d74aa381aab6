"""Codes: what can go wrong when a model is asked, what each code means, and the next step. Words only.

The codes are stable: they are stored with every attempt, and programs may tell errors apart by them.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from panel.records.hosts import is_here
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
    "wrong_scheme": "the address begins with one of http:// and https://, and the server expects the other",
    "certificate": "the server's certificate cannot be trusted",
    "unsupported": "the model does not accept something that was configured",
    "too_long": "prompt and answer do not fit into the model",
    "filtered": "the provider's content filter refused the prompt",
    "bad_request": "the provider refused the request",
    "rate_limited": "too many requests at once",
    "server_error": "the provider failed",
    "timeout": "no answer in time; the call may have been charged",
    "interrupted": "the connection broke before the answer was complete; the call may have been charged",
    "unreachable": "no connection could be made",
    "proxy": "the proxy did not let the call through",
    "not_http": "what answered at this address does not speak HTTP as it should",
    "oversized": "the answer had no end in sight and was cut off; the call may have been charged",
    "not_json": "the answer was not what an API sends",
    "no_choices": "the answer held no reply",
}
"""What went wrong, by code."""


def hint_for(code: str, model: Model, param: str = "") -> str:
    """The next step, in the user's words. `param` is what it depends on: a parameter's name, a scheme, a proxy, what
    is wrong with a certificate."""
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
        "wrong_scheme": f'Write base_url = "{_with_scheme(address, param)}".',
        "certificate": _certificate_hint(address, param),
        "unsupported": _unsupported_hint(model, param),
        "too_long": f"Shorten the description, lower max_output_tokens (now {model.max_output_tokens}), or name a "
        "model with a larger context; a server of your own can be started with one.",
        "filtered": "Read the description for what may have set it off; the other seats go on.",
        "bad_request": "Check the model's parameters in panel.toml; the words in brackets are the provider's.",
        "rate_limited": "Give the same command again in a while: what was answered is kept.",
        "server_error": "Give the same command again in a while: what was answered is kept.",
        "timeout": f"Raise timeout_s (now {model.timeout_s:g}) for this model in panel.toml, or try again later.",
        "interrupted": f"Give the same command again: what was answered is kept. If it stays so, check that {address} "
        "is an API's.",
        "unreachable": _unreachable_hint(model, address),
        "proxy": f"Check the proxy ({param or 'see HTTPS_PROXY'}), or name the host of {address} in NO_PROXY to "
        "reach it directly.",
        "not_http": f"Check host and port of base_url ({address}): something else than an API listens there.",
        "oversized": "Name another model or server: no review needs so much. The other seats go on.",
        "not_json": f"Give the same command again; if it stays so, check that base_url ({address}) is an API's.",
        "no_choices": "Give the same command again; if it stays so, name another model.",
    }
    return hints.get(code, "")


_STARTED_BY = {"ollama": "ollama serve", "vllm": "vllm serve …", "llamacpp": "llama-server -m …"}


def _unreachable_hint(model: Model, address: str) -> str:
    if not is_here(urlsplit(address).hostname or ""):
        return f"Check the network and the address ({address})."
    start = f" ({_STARTED_BY[model.provider]})" if model.provider in _STARTED_BY else ""
    return f"Nothing listens at {address}: start the server there{start}, or correct base_url."


def _unsupported_hint(model: Model, param: str) -> str:
    spelt = (param, param.replace(".", "_"), param.rpartition(".")[2])  # "reasoning.effort" is reasoning_effort to us
    if given := [name for name in spelt if name in model.parameters]:
        return f"Remove {given[0]} from this model's parameters in panel.toml."
    if param in ("max_tokens", "max_completion_tokens"):
        other = "max_completion_tokens" if param == "max_tokens" else "max_tokens"
        return f"Set parameters.{other} = {model.max_output_tokens} for this model in panel.toml."
    if param and not param.startswith(("response_format", "text.format")):
        return f"Name another model, or set parameters.{param} for this one in panel.toml to what it accepts."
    return 'Set schema_mode = "json_object" or "prompt" for this model in panel.toml, or name another model.'


def _with_scheme(address: str, scheme: str) -> str:
    return f"{scheme}://{address.partition('://')[2]}" if scheme in ("http", "https") else address


def _certificate_hint(address: str, fault: str) -> str:
    if fault in ("expired", "not yet valid"):
        return f"Check this machine's date; if it is right, whoever runs {address} has to renew the certificate."
    if fault == "mismatch":
        return f"Write base_url with the host that the certificate was made for, in place of {address}."
    return (
        "If you trust that server, name a PEM file that holds its certificate, and all others you need, in the "
        "variable SSL_CERT_FILE; the check cannot be turned off."
    )
