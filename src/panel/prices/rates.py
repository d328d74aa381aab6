"""Rates: dollars per million tokens, and what tokens come to at them. Pure; exact to the last digit.

A provider may charge more for all tokens of a call whose prompt is long: that is a rate with steps.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from panel.records.model import Price

_MILLION = Decimal(1_000_000)


class Rate(NamedTuple):
    """Dollars per million tokens of one kind: `usd`, or that of the highest of `steps` that the prompt exceeds.

    A step is the prompt's length in tokens and the rate beyond it; they ascend.
    """

    usd: Decimal
    steps: tuple[tuple[int, Decimal], ...] = ()

    def at(self, asked: int) -> Decimal:
        """The rate in a call whose prompt has `asked` tokens."""
        for above, usd in reversed(self.steps):
            if asked > above:
                return usd
        return self.usd

    def most(self, asked: int) -> Decimal:
        """The highest rate in any call whose prompt has `asked` tokens or fewer."""
        return max([self.usd, *(usd for above, usd in self.steps if asked > above)])

    def halved(self) -> Rate:
        """Half of it, step by step."""
        return Rate(self.usd / 2, tuple((above, usd / 2) for above, usd in self.steps))


class Rates(NamedTuple):
    """What each kind of token costs, and whose word that is. `cached` and `written` are kinds of input."""

    input: Rate
    output: Rate
    cached: Rate
    written: Rate
    source: str

    @property
    def free(self) -> bool:
        """Whether no number of tokens costs anything."""
        return not any(rate.usd or rate.steps for rate in self[:4])

    def usd(self, asked: int, answered: int, cached: int = 0, written: int = 0) -> Decimal:
        """A call of `asked` tokens, of which `cached` were read from the provider's cache and `written` to it."""
        prompt = self.input.at(asked) * (asked - cached - written)
        prompt += self.cached.at(asked) * cached + self.written.at(asked) * written
        return (prompt + self.output.at(asked) * answered) / _MILLION or Decimal(0)

    def most_usd(self, asked: int, answered: int) -> Decimal:
        """The dearest call of at most so many tokens, whatever the cache does."""
        prompt = max(rate.most(asked) for rate in (self.input, self.cached, self.written))
        return (prompt * asked + self.output.most(asked) * answered) / _MILLION

    def halved(self) -> Rates:
        """The same at half price, which is what OpenAI and Mistral take for what comes in a batch."""
        asked, answered, cached, written = (rate.halved() for rate in self[:4])
        return Rates(asked, answered, cached, written, f"{self.source}, half of it for a batch")


def by_user(price: Price) -> Rates:
    """The rates that the user states; cached tokens cost what input costs where they have no price of their own."""
    asked = Rate(price.input)
    return Rates(asked, Rate(price.output), asked if price.cached is None else Rate(price.cached), asked, USER)


USER = "the user's price"
NO_CHARGE = Rates(*(Rate(Decimal(0)),) * 4, "no charge")
