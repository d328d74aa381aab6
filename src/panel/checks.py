"""Checks: which models can be used, and why others cannot.

In go settings and environment, or one model; out come records: `Listed` without any contact, `Checked` after one tiny
real call, whose cost is told. Keys are never shown, only whether there is one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from panel.clients import resolve
from panel.clients.keys import read_key
from panel.clients.plugins import names
from panel.clients.servers.checking import Announced, Tried, announced, try_out
from panel.clients.servers.probing import needs_probe
from panel.clients.servers.profiles import PROFILES, profile_of
from panel.clients.wire.limits import Allowance, Limits
from panel.errors import ClientError, PanelError
from panel.prices import price
from panel.prices.charge import rates_of
from panel.records.check import Checked, KeyState, Listed, Rate, StatedLimit, Trouble
from panel.records.hosts import HOMES
from panel.records.model import OFFLINE, Model, ModelSettings
from panel.records.run import Probe

SOON = dt.timedelta(days=90)
"""A shutdown that is nearer is warned of."""

_ANY = "model"
"""Stands for any model of a provider whose models nobody here can list."""

_SILENT = frozenset({"no_key", "bad_key", "unreachable", "proxy", "certificate", "wrong_scheme", "not_http", "timeout"})
"""Codes after which nothing is known to have been reached."""


def listed(named: Mapping[str, ModelSettings], environ: Mapping[str, str], at: dt.datetime) -> Iterator[Listed]:
    """Everything that can be named: the offline rubric, providers, local servers, panel.toml, installed clients.

    Nothing is contacted, and no installed client is loaded. A host that panel.toml gives another address is told there.
    """
    yield Listed(
        name=OFFLINE,
        kind="offline",
        provider=OFFLINE,
        key="none needed",
        price=_rate(resolve(OFFLINE), at),
        usable=True,
    )
    for host in (host for host in PROFILES if profile_of(host).base_url and host not in named):
        yield _any_model(host, named, environ)
    for entry, settings in named.items():
        yield _configured(entry, settings, named, environ, at)
    for provider in (provider for provider in names() if provider not in (*PROFILES, OFFLINE, *named)):
        yield Listed(
            name=f"{provider}/<model>", kind="installed client", provider=provider, key="its client's own", usable=None
        )


def _any_model(host: str, named: Mapping[str, ModelSettings], environ: Mapping[str, str]) -> Listed:
    model = resolve(f"{host}/{_ANY}", named)
    key, trouble = _key(model, environ)
    return Listed(
        name=f"{host}/<model>",
        kind="provider" if host in HOMES else "local server",
        provider=host,
        address=model.base_url,
        key=key,
        key_variable=model.key_variable,
        usable=_usable(model, trouble),
        trouble=trouble,
    )


def _configured(
    entry: str,
    settings: ModelSettings,
    named: Mapping[str, ModelSettings],
    environ: Mapping[str, str],
    at: dt.datetime,
) -> Listed:
    try:
        model = resolve(entry, named)
    except PanelError as error:
        told = Trouble(code="setting", message=error.message, hint=error.hint)
        return Listed(
            name=entry,
            kind="panel.toml",
            provider=settings.provider,
            model=settings.model,
            address=None,  # as written it may hold what must not be shown
            key="unusable",
            usable=False,
            trouble=told,
        )
    key, trouble = _key(model, environ)
    return Listed(
        name=entry,
        kind="panel.toml",
        provider=model.provider,
        model=model.model,
        address=model.base_url,
        key=key,
        key_variable=model.key_variable,
        price=_rate(model, at),
        maker=model.maker,
        usable=_usable(model, trouble),
        trouble=trouble,
    )


def _usable(model: Model, trouble: Trouble | None) -> bool | None:
    """A provider with its key in place can be used; whether a server runs, only asking would tell."""
    if trouble:
        return False
    return True if model.provider in HOMES else None


def _key(model: Model, environ: Mapping[str, str]) -> tuple[KeyState, Trouble | None]:
    if model.key_variable is None:
        return ("none needed" if model.is_offline or model.provider in PROFILES else "its client's own"), None
    try:
        read_key(model, environ)
    except ClientError as error:
        return ("missing" if error.code == "no_key" else "unusable"), _trouble(error)
    return "set", None


def _trouble(error: ClientError) -> Trouble:
    return Trouble(code=error.code, message=error.message, hint=error.hint)


def _rate(model: Model, at: dt.datetime) -> Rate:
    rates = rates_of(model, at)
    if isinstance(rates, str):
        return Rate(source=rates)
    return Rate(input_usd=rates.input.usd, output_usd=rates.output.usd, source=rates.source)


async def check(
    model: Model,
    environ: Mapping[str, str],
    at: dt.datetime,
    remember: Callable[[Model, Probe], None] = lambda model, probe: None,
) -> Checked:
    """What one tiny real call shows, up to three to a compatible server; prices and dates as of `at`.

    `remember` is given what such a server was found to do. Raises `UsageError` for settings with which nothing could be
    asked.
    """
    if model.is_offline:
        return _offline(model, at)
    tried = await try_out(model, environ)
    if tried.found and needs_probe(model):
        remember(model, tried.found)
    news = await announced(model, environ) if tried.found else Announced()
    return _checked(model, tried, news, environ, at)


def _offline(model: Model, at: dt.datetime) -> Checked:
    return Checked(
        name=model.name,
        provider=model.provider,
        model=model.model,
        address=None,
        usable=True,
        key="none needed",
        key_variable=None,
        reached=None,
        price=_rate(model, at),
        calls=0,
        cost_usd=Decimal(0),
        cost_source="no charge",
    )


def _checked(model: Model, tried: Tried, news: Announced, environ: Mapping[str, str], at: dt.datetime) -> Checked:
    found, error = tried.found, tried.error
    served = found.model_served if found else None
    another = _is_another(model.model, served) if served else None
    usd, source = _cost(model, tried, served)
    return Checked(
        name=model.name,
        provider=model.provider,
        model=model.model,
        address=model.base_url,
        usable=error is None,
        key="refused" if error and error.code == "auth" else _key(model, environ)[0],
        key_variable=model.key_variable,
        reached=None if error and error.code in ("no_key", "bad_key") else not (error and error.code in _SILENT),
        latency_s=tried.attempts[-1].latency_s if found and tried.attempts else None,
        mode=found.mode if found else None,
        ignores_schema=bool(found and found.ignores_schema),
        model_served=served,
        served_another=another,
        limits=_limits(tried.limits),
        price=_rate(model, at),
        calls=len(tried.attempts),
        cost_usd=usd,
        cost_source=source,
        shutdown=news.shutdown,
        replacement=news.replacement,
        warnings=tuple(_warnings(model, found, another, news, at)),
        trouble=_trouble(error) if error else None,
    )


def _is_another(asked: str, served: str) -> bool:
    """Whether another model answered: not the one asked for, nor a dated version of it."""
    asked, served = asked.lower(), served.lower()
    alias = asked.removesuffix("-latest").removesuffix(":latest")
    return served != asked and not served.startswith((f"{alias}-", f"{alias}:", f"{alias}@")) and served != alias


def _cost(model: Model, tried: Tried, served: str | None) -> tuple[Decimal | None, str]:
    """What the calls cost together; unknown as soon as one is, which is not zero."""
    costs = [
        attempt.cost if attempt.error else price(model, attempt.usage, attempt.asked_at, served, tier=attempt.tier)
        for attempt in tried.attempts
    ]
    unknown = next((cost for cost in costs if cost.usd is None), None)
    if unknown:
        return None, unknown.source
    source = costs[-1].source if costs else "no call was made"
    return sum((cost.usd or Decimal(0) for cost in costs), Decimal(0)), source


def _limits(stated: Limits | None) -> dict[str, StatedLimit]:
    pairs = zip(("requests", "tokens"), stated or (), strict=False)
    return {name: StatedLimit(**allowance._asdict()) for name, allowance in pairs if allowance != Allowance()}


def _warnings(
    model: Model, found: Probe | None, another: bool | None, news: Announced, at: dt.datetime
) -> Iterator[str]:
    if found and another:
        yield f"{found.model_served} answers where {model.model} was asked for."
    if found and found.ignores_schema:
        yield "It takes a schema and does not keep to it: replies may have to be asked for again."
    today = at.date()
    if news.shutdown and news.shutdown - today <= SOON:
        instead = f" The provider names {news.replacement} in its place." if news.replacement else ""
        yield f"The provider {_when(news.shutdown, today)}.{instead}"


def _when(day: dt.date, today: dt.date) -> str:
    left = (day - today).days
    if left <= 0:
        return f"has announced its end for {day}, which is past"
    return f"has announced its end for {day}, in {left} day{'s' if left > 1 else ''}"
