"""Table: what OpenAI and Mistral charge, by the installed genai-prices. The only door to it.

Looking a price up takes a tenth of a millisecond, more than anything else that a call to a model costs this program
but the call itself. So rates are looked up once a minute for each model and tier, and reckoned with here; they are
believed only if they give what the package itself gives.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

from panel.prices.rates import Rate, Rates

USUAL_TIERS = (None, "auto", "default", "standard", "standard_only")
"""Service tiers at the usual price."""

Context = tuple[str, str] | None
"""What a price depends on beside the model and the moment, as the package names it; None for the usual price."""

_BATCH = ("processing", "batch")


def _context(tier: str | None) -> Context:
    return None if tier in USUAL_TIERS else ("service_tier", str(tier))


@lru_cache(maxsize=512)
def by_table(
    provider: str, names: tuple[str, ...], tier: str | None, minute: int, *, batch: bool = False
) -> Rates | str:
    """The rates of the first of `names` that the table lists, in this minute since 1970; or why there are none."""
    import genai_prices

    source = f"genai-prices {genai_prices.__version__}"
    at = dt.datetime.fromtimestamp(60 * minute, dt.UTC)
    for name in names:
        found = _rates(provider, name, _BATCH if batch else _context(tier), at)
        if isinstance(found, Rates):
            return found._replace(source=f"{source}, alias, estimate" if name.endswith("-latest") else source)
        if found:
            return f"{source} {found}"
    return f"{source} does not list this model"


def _rates(provider: str, name: str, context: Context, at: dt.datetime) -> Rates | str:
    """The rates of a model, or why it has none; empty where the table does not know it."""
    calculated = partial(_calculated, provider, name, at)
    try:
        prices = calculated(context, 1, 1).model_price
        if context and prices == calculated(None, 1, 1).model_price:  # it ignores contexts it does not know
            return f"has no price for {'a batch' if context == _BATCH else 'this service tier'}"
        asked, answered = _rate(prices.input_mtok), _rate(prices.output_mtok)
        if asked is None or answered is None:
            return "has no price per token for this model"
        cached, written = _rate(prices.cache_read_mtok), _rate(prices.cache_write_mtok)
        rates = Rates(asked, answered, cached or asked, written or asked, "")
        tried = ((1000, 3, 200, 100), (10_000_000, 3, 200, 100))
        agreed = all(rates.usd(*counts) == calculated(context, *counts).total_price for counts in tried)
    except LookupError:
        return ""
    except ValueError:  # it cannot tell without counts that a chat does not give, such as those of images
        agreed = False
    return rates if agreed else "prices this model by more than its tokens"


def _calculated(provider: str, name: str, at: dt.datetime, context: Context, *counts: int) -> Any:
    from genai_prices import Usage, calc_price

    kinds = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
    usage = Usage(**dict(zip(kinds, counts, strict=False)))
    given = dict([context]) if context else None
    return calc_price(usage, name, provider_id=provider, genai_request_timestamp=at, price_context=given)


def _rate(price: Any) -> Rate | None:
    if price is None or isinstance(price, Decimal):
        return None if price is None else Rate(price)
    return Rate(price.base, tuple((tier.start, tier.price) for tier in price.tiers))
