"""Ahead: what a call would cost, as an estimate to tell, and what it can cost at most, as a bound to reserve.

The two count tokens differently. An estimate divides characters by what is usual. A bound must hold for any text.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from typing import NamedTuple

from panel.prices.charge import Via, price, rates_of
from panel.records.asking import LARGER_CAP, MOST_REASKS
from panel.records.cap import cap_of
from panel.records.model import Model
from panel.records.prompt import Prompt
from panel.records.reply import Cost, Usage

CHARS_PER_TOKEN = 3.5
"""English prose and JSON run to 3.5 characters a token or more; dividing by it rather over- than underestimates.

A character beyond ASCII counts as a token of its own.
"""

EXPECTED_OUTPUT_TOKENS = 700

FRAME_TOKENS = 256
"""Allowed for what nobody sends as text: the server's own frame round a prompt, and its words to ask for a form."""

MESSAGE_TOKENS = 16
"""Allowed for the marks round one message."""

_SPELL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Estimate(NamedTuple):
    """What one seat would cost: `usd` for one answer of usual length, `worst_usd` where every answer fills its cap, the
    seat is asked again as often as it may be, and each time with the larger cap.

    Tokens are estimated from characters. The amounts are None where the price is unknown; `source` says whose price.
    """

    input_tokens: int
    output_tokens: int
    usd: Decimal | None
    worst_usd: Decimal | None
    source: str


def estimate(
    model: Model,
    prompt: Prompt,
    expected_output_tokens: int = EXPECTED_OUTPUT_TOKENS,
    *,
    at: dt.datetime | None = None,
    via: Via = "live",
) -> Estimate:
    """What asking `model` this prompt would cost, before asking; prices as of `at`, by default today's."""
    moment = at or dt.datetime.now(dt.UTC)
    if model.is_offline:
        return Estimate(0, 0, Decimal(0), Decimal(0), price(model, None, moment).source)
    asked, cap = input_tokens(prompt), cap_of(model, prompt)
    answered = min(expected_output_tokens, cap)
    usual = price(model, Usage(input=asked, output=answered), moment, via=via)
    first = price(model, Usage(input=asked, output=cap), moment, via=via).usd
    again = price(model, Usage(input=asked, output=LARGER_CAP * cap), moment, via=via).usd
    worst = None if first is None or again is None else first + MOST_REASKS * again
    return Estimate(asked, answered, usual.usd, worst, usual.source)


def input_tokens(prompt: Prompt) -> int:
    """Tokens of messages and schema, estimated from their characters."""
    texts = [_SPELL(prompt.reply_schema), *(message.content for message in prompt.messages)]
    chars = sum(map(len, texts))
    beyond = 0 if all(map(str.isascii, texts)) else sum(not char.isascii() for text in texts for char in text)
    return beyond + math.ceil((chars - beyond) / CHARS_PER_TOKEN)


def most(model: Model, prompt: Prompt, at: dt.datetime, *, via: Via = "live") -> Cost | None:
    """The most that one call with this prompt can cost; None where the price is unknown.

    Counted are the bytes of the prompt and its whole cap, each at the highest rate that may apply.
    """
    rates = rates_of(model, at, via=via)
    if isinstance(rates, str):
        return None
    if rates.free:
        return Cost(usd=Decimal(0), source=rates.source)
    return Cost(usd=rates.most_usd(most_input_tokens(prompt), cap_of(model, prompt)), source=rates.source)


def most_input_tokens(prompt: Prompt) -> int:
    """A number of tokens that no tokenizer exceeds: one for each byte of messages and schema, and an allowance.

    The tokenizers of OpenAI's and Mistral's models join bytes into tokens and never split one, so no text has more
    tokens than bytes in UTF-8.
    """
    texts = [_SPELL(prompt.reply_schema), *(message.content for message in prompt.messages)]
    size = sum(len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass")) for text in texts)
    return size + MESSAGE_TOKENS * len(prompt.messages) + FRAME_TOKENS
