"""Amounts: US dollars as a person reads them, to a hundredth of a cent. No amount that is not zero is shown as zero."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

_LEAST = Decimal("0.0001")
_SENSELESS = Decimal(10**15)
"""What only a server that counts nonsense can have charged."""


def dollars(usd: Decimal, *, up: bool = False) -> str:
    """The amount with four decimals: `$0.0123`. `up` rounds upward, for what may be spent at most."""
    if usd >= _SENSELESS:
        return f"${usd:.3e}"
    if 0 < usd < _LEAST and not up:
        return f"less than ${_LEAST}"
    return f"${usd.quantize(_LEAST, ROUND_CEILING if up else ROUND_HALF_UP):,f}"
