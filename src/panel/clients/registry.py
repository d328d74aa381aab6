"""Registry: from the name a user types to a Model. Pure: no SDK, no key, no environment, no network.

    offline                    the embedded rubric
    openai/<model>             at https://api.openai.com/v1
    mistral/<model>            at https://api.mistral.ai
    NAME                       as [models.NAME] of panel.toml says
    NAME/<model>               another model behind the address of [models.NAME]; so also compatible/<model>

No variable but those that `panel` itself reads can send a prompt elsewhere: the address is the provider's own, or the
one that the settings name.
"""

from __future__ import annotations

from collections.abc import Mapping

from panel.clients.address import normalise
from panel.errors import ConfigError, UsageError
from panel.records.base import ValidationError
from panel.records.hosts import HOMES, at_home
from panel.records.makers import maker_of
from panel.records.model import OFFLINE, Model, ModelSettings

KEY_VARIABLES = {"openai": "OPENAI_API_KEY", "mistral": "MISTRAL_API_KEY"}
"""Where the key of a provider is looked for unless the settings say otherwise; used at the provider's own host only."""

PROVIDERS = ("openai", "mistral", "compatible")

RESERVED = frozenset(
    {
        "model",
        "messages",
        "response_format",
        "stream",
        "stream_options",
        "n",
        "tools",
        "tool_choice",
        "functions",
        "function_call",
    }
)
"""Request fields that parameters may not set: they would change what is asked, or what a reply is."""

_LONGEST = 160
"""Characters in a name."""

_SECRETIVE = frozenset({"api_key", "authorization", "headers", "extra_headers", "http_headers"})


def resolve(name: str, named: Mapping[str, ModelSettings] | None = None) -> Model:
    """The model called `name`; raises `UsageError` with what can be named, or `ConfigError` for unusable settings."""
    named = named or {}
    if len(name) > _LONGEST:
        raise _malformed(name)
    if name == OFFLINE:
        return _offline(named)
    if name in named:
        return _configured(name, name, named[name])
    host, _, model = name.partition("/")
    if model and host in named:
        return _configured(name, host, _with_model(named[host], model))
    if model and host in HOMES:
        return _configured(name, host, ModelSettings(provider=host, model=model))
    raise _unknown(name, named)


def _offline(named: Mapping[str, ModelSettings]) -> Model:
    if OFFLINE in named:
        raise ConfigError(
            "[models.offline] gives settings to the offline rubric, which has none.",
            hint="Give that entry of panel.toml another name.",
        )
    from panel.clients.offline import MODEL_ID

    return Model(name=OFFLINE, provider=OFFLINE, model=MODEL_ID, endpoint=OFFLINE, reads_local=True)


def _with_model(settings: ModelSettings, model: str) -> ModelSettings:
    """The same address with another model; what was said of the one (its price, its maker) is not said of the other."""
    if model == settings.model:
        return settings
    return settings.model_copy(update={"model": model, "price": None, "maker": None})


def _configured(name: str, entry: str, settings: ModelSettings) -> Model:
    if settings.provider not in PROVIDERS:
        raise ConfigError(
            f"[models.{entry}] has provider = {settings.provider!r}.", hint=f"Expected one of: {', '.join(PROVIDERS)}."
        )
    _check_parameters(entry, settings)
    base_url = _base_url(entry, settings)
    own_host = at_home(settings.provider, base_url)
    _check_key_variable(entry, settings.key_variable, base_url)
    given = {"max_output_tokens": settings.max_output_tokens or _cap(settings), "timeout_s": settings.timeout_s}
    try:
        return Model.model_validate(
            {
                "name": name,
                "provider": settings.provider,
                "model": settings.model,
                "endpoint": entry if settings.provider == "compatible" else base_url,
                "maker": settings.maker or maker_of(settings.model),
                "parameters": settings.parameters,
                "base_url": base_url,
                "key_variable": settings.key_variable or (KEY_VARIABLES[settings.provider] if own_host else None),
                "price": settings.price,
                **{key: value for key, value in given.items() if value is not None},
            }
        )
    except ValidationError as error:
        raise _invalid(name, entry, error) from error


def _base_url(entry: str, settings: ModelSettings) -> str:
    given = settings.base_url or HOMES.get(settings.provider)
    if not given:
        raise ConfigError(
            f'[models.{entry}] has provider = "compatible" and no base_url, so there is no address to ask.',
            hint=f'Add base_url = "http://localhost:8080/v1" (or wherever it listens) under [models.{entry}].',
        )
    address = normalise(given)
    # Mistral's SDK adds /v1 itself; an address copied from elsewhere often ends in it.
    return address.removesuffix("/v1") if settings.provider == "mistral" else address


def _check_key_variable(entry: str, variable: str | None, base_url: str) -> None:
    """A panel.toml is found by itself and may be somebody else's: a provider's own key never leaves its hosts."""
    owner = {name: provider for provider, name in KEY_VARIABLES.items()}.get((variable or "").upper())
    if owner and not at_home(owner, base_url):
        raise ConfigError(
            f"[models.{entry}] would send the key in {variable} to {base_url}, not to {owner} over https.",
            hint="Put the key for that server into another variable, such as GATEWAY_KEY, and name it as key_variable.",
        )


def _check_parameters(entry: str, settings: ModelSettings) -> None:
    for name in settings.parameters:
        if name in RESERVED:
            raise ConfigError(
                f"[models.{entry}] sets parameters.{name}, which the panel decides itself.",
                hint=f"Remove {name} from its parameters.",
            )
        if name.lower() in _SECRETIVE:
            raise ConfigError(
                f"[models.{entry}] sets parameters.{name}, and parameters are stored in every run.",
                hint="Name the variable that holds the key as key_variable instead.",
            )


def _cap(settings: ModelSettings) -> int | None:
    """The cap on the answer where it is given as a parameter, in the server's own word."""
    for name in ("max_completion_tokens", "max_tokens"):
        value = settings.parameters.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return None


def _invalid(name: str, entry: str, error: ValidationError) -> UsageError:
    first = error.errors(include_url=False, include_input=False)[0]
    if first["loc"][0] in ("name", "model"):
        return _malformed(name)
    return ConfigError(f"[models.{entry}] does not fit: {'.'.join(map(str, first['loc']))}: {first['msg']}.")


def _malformed(name: str) -> UsageError:
    return UsageError(
        f"{name[:80]!r} cannot be the name of a model.",
        hint=f"A name begins with a letter or digit and holds letters, digits and . _ : / @ + -, {_LONGEST} at most.",
    )


def _unknown(name: str, named: Mapping[str, ModelSettings]) -> UsageError:
    from difflib import get_close_matches

    known = [OFFLINE, *named, *(f"{host}/<model>" for host in HOMES)]
    listed = f"Models that can be named: {', '.join(known)}."
    host, _, model = name.partition("/")
    guess = _guess(host, model)
    if host == "compatible" and model:
        return UsageError(
            f"{name[:80]!r} needs an address, and no [models.compatible] in panel.toml gives one.",
            hint='Write there: provider = "compatible", model = "<model>", base_url = "<address>/v1".',
        )
    if not guess:
        near = get_close_matches(host.lower(), [OFFLINE, *named, *HOMES], n=2, cutoff=0.6)
        guess = " or ".join(f"{match}/{model}" if model and match != OFFLINE else match for match in near)
    nearest = f"Did you mean {guess}? " if guess else ""
    return UsageError(f"There is no model called {name[:80]!r}.", hint=nearest + listed)


def _guess(host: str, model: str) -> str:
    """What was probably meant by a provider without a model, or by a known model's name without its provider."""
    if host in HOMES and not model:
        return f"{host}/<model>"
    home = {"OpenAI": "openai", "Mistral AI": "mistral"}.get(maker_of(host) or "") if not model else None
    return f"{home}/{host[:80]}" if home else ""
