"""Registry: from the name a user types to a Model. No SDK, no key, no environment, no network.

    offline                                     the embedded rubric
    openai/<model>, mistral/<model>             at the provider's own address
    ollama/<model>, vllm/…, llamacpp/…          at the port of this machine where such a server usually listens
    NAME                                        as [models.NAME] of panel.toml says
    NAME/<model>                                another model behind its address; so also compatible/<model>
    ACME/<model>                                by an installed client of that name

No variable but those that `panel` itself reads can send a prompt elsewhere: the address is the provider's own, or the
one that the settings name. Which clients are installed is looked up only where nothing built in fits.
"""

from __future__ import annotations

from collections.abc import Mapping

from panel.clients.address import normalise, with_path
from panel.clients.servers.profiles import PROFILES, profile_of
from panel.clients.unknown import malformed, not_installed, unknown
from panel.errors import ConfigError, UsageError
from panel.records.base import ValidationError
from panel.records.cap import CAP_WORDS, LEAST_CAP, stated_cap
from panel.records.hosts import at_home
from panel.records.makers import maker_of
from panel.records.model import OFFLINE, Model, ModelSettings, SchemaMode

KEY_VARIABLES = {"openai": "OPENAI_API_KEY", "mistral": "MISTRAL_API_KEY"}
"""Where the key of a provider is looked for unless the settings say otherwise; used at the provider's own host only."""

PROVIDERS = tuple(PROFILES)

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

_CARRIED = ("api", "schema_mode", "requests_per_minute", "tokens_per_minute", "concurrency", "deadline_s", "timeout_s")
"""Settings that a model takes over as they are, where they are given."""


def resolve(name: str, named: Mapping[str, ModelSettings] | None = None) -> Model:
    """The model called `name`; raises `UsageError` with what can be named, or `ConfigError` for unusable settings."""
    named = named or {}
    if len(name) > _LONGEST:
        raise malformed(name, _LONGEST)
    if name == OFFLINE:
        return _offline(named)
    if name in named:
        return _configured(name, name, named[name])
    host, _, model = name.partition("/")
    if not model:
        raise unknown(name, named)
    if host in named:
        return _configured(name, host, _with_model(named[host], model))
    if profile_of(host).base_url or _is_installed(host):
        return _configured(name, "", ModelSettings(provider=host, model=model))
    raise unknown(name, named)


def _offline(named: Mapping[str, ModelSettings]) -> Model:
    if OFFLINE in named:
        raise ConfigError(
            "[models.offline] gives settings to the offline rubric, which has none.",
            hint="Give that entry of panel.toml another name.",
        )
    from panel.clients.offline import MODEL_ID

    return Model(name=OFFLINE, provider=OFFLINE, model=MODEL_ID, endpoint=OFFLINE, reads_local=True)


def _is_installed(provider: str) -> bool:
    if provider in PROFILES or provider == OFFLINE:
        return False
    from panel.clients.plugins import names

    return provider in names()


def _with_model(settings: ModelSettings, model: str) -> ModelSettings:
    """The same address with another model; what was said of the one (its price, its maker) is not said of the other."""
    if model == settings.model:
        return settings
    return settings.model_copy(update={"model": model, "price": None, "maker": None})


def _configured(name: str, entry: str, settings: ModelSettings) -> Model:
    """The model called `name`, by the settings of `entry`; an empty `entry` is a provider with nothing configured."""
    if settings.provider not in PROFILES and not _is_installed(settings.provider):
        raise not_installed(entry, settings.provider)
    _check_parameters(entry, settings)
    base_url = _base_url(entry, settings)
    _check_key_variable(entry, settings.key_variable, base_url)
    _check_api(entry, settings, base_url)
    own_key = KEY_VARIABLES.get(settings.provider) if at_home(settings.provider, base_url) else None
    given = {key: getattr(settings, key) for key in _CARRIED} | {"max_output_tokens": _cap(settings)}
    try:
        return Model.model_validate(
            {
                "name": name,
                "provider": settings.provider,
                "model": settings.model,
                "endpoint": _endpoint(entry, settings.provider, base_url),
                "maker": settings.maker or maker_of(settings.model),
                "parameters": settings.parameters,
                "base_url": base_url,
                "key_variable": settings.key_variable or own_key,
                "price": settings.price,
                **{key: value for key, value in given.items() if value is not None},
            }
        )
    except ValidationError as error:
        raise _invalid(name, entry, error) from error


def _endpoint(entry: str, provider: str, base_url: str | None) -> str:
    """What a server is known by: its name in panel.toml, so that moving it makes nothing stale; else its address.

    A provider's own API is known by its address always: under whatever name, it is the same one.
    """
    named = "" if provider in PROFILES and profile_of(provider).is_own_api else entry
    return named or base_url or provider


def _base_url(entry: str, settings: ModelSettings) -> str | None:
    given = settings.base_url or profile_of(settings.provider).base_url
    if not given and settings.provider not in PROFILES:
        return None
    if not given:
        raise ConfigError(
            f'[models.{entry}] has provider = "compatible" and no base_url, so there is no address to ask.',
            hint=f'Add base_url = "http://localhost:8080/v1" (or wherever it listens) under [models.{entry}].',
        )
    address = with_path(normalise(given), profile_of(settings.provider).path)
    # Mistral's SDK adds /v1 itself; an address copied from elsewhere often ends in it.
    return address.removesuffix("/v1") if settings.provider == "mistral" else address


def _check_key_variable(entry: str, variable: str | None, base_url: str | None) -> None:
    """A panel.toml is found by itself and may be somebody else's: a provider's own key never leaves its hosts."""
    owner = {name: provider for provider, name in KEY_VARIABLES.items()}.get((variable or "").upper())
    if owner and not at_home(owner, base_url):
        raise ConfigError(
            f"[models.{entry}] would send the key in {variable} to {base_url or 'an installed client'}, "
            f"not to {owner} over https.",
            hint="Put the key for that server into another variable, such as GATEWAY_KEY, and name it as key_variable.",
        )


def _check_api(entry: str, settings: ModelSettings, base_url: str | None) -> None:
    """The Responses API is OpenAI's own; servers that imitate it leave out the schema without a word."""
    if settings.api == "chat":
        return
    if settings.provider != "openai" or not at_home("openai", base_url):
        raise ConfigError(
            f'[models.{entry}] has api = "responses" for {base_url or settings.provider}, which is not OpenAI\'s own.',
            hint='Use api = "chat", which every server speaks, or provider = "openai" without a base_url.',
        )
    if settings.schema_mode not in (None, SchemaMode.JSON_SCHEMA):
        raise ConfigError(
            f'[models.{entry}] has api = "responses" and schema_mode = "{settings.schema_mode}", which do not go '
            "together: that interface is always given the schema.",
            hint='Remove schema_mode, or use api = "chat".',
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
        cap = settings.parameters[name]
        if name in CAP_WORDS and (type(cap) is not int or cap < LEAST_CAP):
            raise ConfigError(
                f"[models.{entry}] sets parameters.{name} to {cap!r}, which is no cap on an answer.",
                hint=f"Write a whole number from {LEAST_CAP}, or max_output_tokens under [models.{entry}].",
            )


def _cap(settings: ModelSettings) -> int | None:
    """The cap that will be sent: the one among the parameters, in whatever word, goes before ours."""
    return stated_cap(settings.parameters) or settings.max_output_tokens


def _invalid(name: str, entry: str, error: ValidationError) -> UsageError:
    first = error.errors(include_url=False, include_input=False)[0]
    if first["loc"][0] in ("name", "model"):
        return malformed(name, _LONGEST)
    return ConfigError(f"[models.{entry}] does not fit: {'.'.join(map(str, first['loc']))}: {first['msg']}.")
