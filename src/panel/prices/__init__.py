"""Prices: what a call cost, would cost, or can cost at most, in US dollars.

In go a model, a moment, and tokens or a prompt; out come amounts with their source. What is not known is not zero, and
says why. No network: the one table of prices is that of the installed genai-prices.
"""

from panel.prices.ahead import CHARS_PER_TOKEN, EXPECTED_OUTPUT_TOKENS, Estimate, estimate, most
from panel.prices.amounts import dollars
from panel.prices.charge import price, why_unpriced

__all__ = [
    "CHARS_PER_TOKEN",
    "EXPECTED_OUTPUT_TOKENS",
    "Estimate",
    "dollars",
    "estimate",
    "most",
    "price",
    "why_unpriced",
]
