"""Charge: whose price holds for a model, and what one call cost at it.

Three sources, in this order: no charge for the offline rubric, what the user says a token costs, the table for the
provider's own host. Everything else is unknown. A provider's batch interface has prices of its own.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from panel.prices.rates import NO_CHARGE, Rates, by_user
from panel.prices.table import by_table
from panel.records.hosts import at_home
from panel.records.model import Model
from panel.records.reply import Cost, Usage

Via = Literal["live", "batch"]
"""How it is asked: by a call of its own, or in a batch, where a service tier has no say."""


def price(
    model: Model,
    usage: Usage | None,
    at: dt.datetime,
    served: str | None = None,
    *,
    tier: str | None = None,
    via: Via = "live",
) -> Cost:
    """The cost of one call made `at` that moment, and what the provider's cache took off it.

    `served` is the model that answered, `tier` the service tier that it answered in, where they are others than were
    asked for.
    """
    rates = rates_of(model, at, served, tier, via)
    if isinstance(rates, str):
        return Cost(source=f"unknown: {rates}")
    if rates.free:
        return Cost(usd=rates.usd(0, 0), source=rates.source)
    if usage is None or not usage.input or usage.output is None:  # no prompt has no tokens: that is not counted either
        return Cost(source="unknown: the server did not count the tokens")
    cached = min(usage.cached or 0, usage.input)
    written = min(usage.cache_write or 0, usage.input - cached)
    usd = rates.usd(usage.input, usage.output, cached, written)
    saved = rates.usd(usage.input, usage.output) - usd if cached or written else NO_CHARGE.usd(0, 0)
    return Cost(usd=usd, source=rates.source, saved_usd=saved)


def why_unpriced(model: Model, at: dt.datetime, *, via: Via = "live") -> str | None:
    """Why no price of this model is known, or None where one is."""
    rates = rates_of(model, at, via=via)
    return rates if isinstance(rates, str) else None


def rates_of(
    model: Model, at: dt.datetime, served: str | None = None, tier: str | None = None, via: Via = "live"
) -> Rates | str:
    """What the model's tokens cost at that moment, or why that is not known."""
    if model.is_offline:
        return NO_CHARGE
    home = at_home(model.provider, model.base_url)
    if model.price is not None:
        stated = by_user(model.price)
        return stated.halved() if via == "batch" and home else stated
    if not home:
        return "no price is set for this model"
    names = (model.model,) if served is None or served == model.model else (served, model.model)
    asked_for = tier or model.parameters.get("service_tier")
    minute = int(at.timestamp() // 60)
    if via == "batch":
        return by_table(model.provider, names, None, minute, batch=True)
    return by_table(model.provider, names, str(asked_for) if asked_for else None, minute)
