"""Prices: what a call cost, or would cost, in US dollars. The only door of genai-prices.

Three sources, in this order: what the user says a token costs, the offline rubric (no charge), the package's table for
the provider's own host. Everything else is unknown, which is not zero. No network: the table is the one installed.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from typing import Any, NamedTuple

from panel.records.hosts import at_home
from panel.records.model import Model, Price
from panel.records.prompt import Prompt
from panel.records.reply import Cost, Usage

CHARS_PER_TOKEN = 3.5
"""English prose and JSON run to 3.5 characters a token or more; dividing by it rather over- than underestimates.

A character beyond ASCII counts as a token of its own.
"""

MOST_ASKS = 2
"""How often a seat is asked at most: once more where its answer contradicts itself."""

EXPECTED_OUTPUT_TOKENS = 700

_MILLION = Decimal(1_000_000)
_USUAL_TIERS = (None, "auto", "default", "standard_only")
_NO_CHARGE = Cost(usd=Decimal(0), source="no charge")


class Estimate(NamedTuple):
    """What one call would cost. `usd` for an answer of usual length, `worst_usd` for answers that fill their cap,
    asked for `MOST_ASKS` times.

    Tokens are estimated from characters. The amounts are None where the price is unknown; `source` says whose price.
    """

    input_tokens: int
    output_tokens: int
    usd: Decimal | None
    worst_usd: Decimal | None
    source: str


def price(model: Model, usage: Usage | None, at: dt.datetime, served: str | None = None) -> Cost:
    """The cost of one call made `at` that moment; `served` is the model that answered, if another name came back."""
    if model.is_offline:
        return _NO_CHARGE
    if usage is None or usage.input is None or usage.output is None:
        return Cost(source="unknown: the server did not count the tokens")
    if model.price is not None:
        return Cost(usd=_by_user(model.price, usage, usage.input, usage.output), source="the user's price")
    if not at_home(model.provider, model.base_url):
        return Cost(source="unknown: no price is set for this model")
    return _by_table(model, usage, at, served)


def estimate(
    model: Model,
    prompt: Prompt,
    expected_output_tokens: int = EXPECTED_OUTPUT_TOKENS,
    *,
    at: dt.datetime | None = None,
) -> Estimate:
    """What asking `model` this prompt once would cost, before asking; prices as of `at`, by default today's."""
    if model.is_offline:
        return Estimate(0, 0, Decimal(0), Decimal(0), _NO_CHARGE.source)
    moment = at or dt.datetime.now(dt.UTC)
    asked = input_tokens(prompt)
    answered = min(expected_output_tokens, model.max_output_tokens)
    usual = price(model, Usage(input=asked, output=answered), moment)
    worst = price(model, Usage(input=asked, output=model.max_output_tokens), moment)
    worst_usd = None if worst.usd is None else MOST_ASKS * worst.usd
    return Estimate(asked, answered, usual.usd, worst_usd, usual.source)


def input_tokens(prompt: Prompt) -> int:
    """Tokens of messages and schema, from their characters."""
    schema = json.dumps(prompt.reply_schema, ensure_ascii=False, separators=(",", ":"))
    texts = [schema, *(message.content for message in prompt.messages)]
    chars = sum(map(len, texts))
    beyond = 0 if all(map(str.isascii, texts)) else sum(not char.isascii() for text in texts for char in text)
    return beyond + math.ceil((chars - beyond) / CHARS_PER_TOKEN)


def _by_user(rate: Price, usage: Usage, asked: int, answered: int) -> Decimal:
    cached = min(usage.cached or 0, asked)
    cached_rate = rate.input if rate.cached is None else rate.cached
    return (rate.input * (asked - cached) + cached_rate * cached + rate.output * answered) / _MILLION


def _by_table(model: Model, usage: Usage, at: dt.datetime, served: str | None) -> Cost:
    import genai_prices

    asked = usage.input or 0
    cached = min(usage.cached or 0, asked)
    counted = genai_prices.Usage(
        input_tokens=asked,
        output_tokens=usage.output or 0,
        cache_read_tokens=cached,
        cache_write_tokens=min(usage.cache_write or 0, asked - cached),
    )
    source = f"genai-prices {genai_prices.__version__}"
    for name in dict.fromkeys(name for name in (served, model.model) if name):
        found = _looked_up(model, name, counted, at)
        if found is None:
            continue
        if found.tier_missing:
            return Cost(source=f"unknown: {source} has no price for this service tier")
        return Cost(usd=found.usd, source=f"{source}, alias, estimate" if name.endswith("-latest") else source)
    return Cost(source=f"unknown: {source} does not list this model")


class _Found(NamedTuple):
    usd: Decimal
    tier_missing: bool


def _looked_up(model: Model, name: str, counted: Any, at: dt.datetime) -> _Found | None:
    """The table's price for `name`, or None. A service tier without a price would be ignored, so that is checked."""
    from genai_prices import calc_price

    def calculate(context: dict[str, str] | None) -> Any:
        return calc_price(counted, name, provider_id=model.provider, genai_request_timestamp=at, price_context=context)

    try:
        plain = calculate(None)
    except LookupError:
        return None
    tier = model.parameters.get("service_tier")
    if tier in _USUAL_TIERS:
        return _Found(plain.total_price, False)
    special = calculate({"service_tier": str(tier)})
    return _Found(special.total_price, special.model_price == plain.model_price)
