"""The closing line of a command: calls, tokens, money, and what the providers' caches saved. Words only.

What is unknown is said as unknown; nothing that may have cost money is shown as no cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from panel.records.run import Totals

_WIDTH = 72
"""Leaves room for a word before it on 80 columns."""


def spend_line(totals: Totals, *, capped: bool = False) -> str:
    """What was called and what it cost: `8 calls · 21,450 tokens in (16,384 cached), 4,480 out · $0.0123`.

    A longer one is broken between its parts into lines of at most 72 characters. `capped` says that a cap was to be
    kept, so that calls it could not count are told.
    """
    if totals.usd == 0 and totals.input_tokens is None and not totals.unsure:
        return "no cost"
    lines = [""]
    for part in _parts(totals, capped):
        joined = f"{lines[-1]} · {part}" if lines[-1] else part
        if len(joined) > _WIDTH:
            lines.append(f"  {part}")
        else:
            lines[-1] = joined
    return "\n".join(lines)


def _parts(totals: Totals, capped: bool) -> Iterator[str]:
    yield _count(totals.attempts, "call")
    if totals.input_tokens is not None:
        yield f"{totals.input_tokens:,} tokens in{_within(totals.cached_tokens, 'cached')}" + (
            f", {totals.output_tokens or 0:,} out{_within(totals.reasoning_tokens, 'reasoning')}"
        )
    yield from _charge(totals, capped)
    yield from _saved(totals.saved_usd)


def _within(tokens: int | None, word: str) -> str:
    return f" ({tokens:,} {word})" if tokens else ""


def _charge(totals: Totals, capped: bool) -> Iterator[str]:
    if totals.usd is None:
        yield f"cost unknown: {_count(totals.unpriced, 'call')} without a known price"
        if capped:
            yield "those are not counted against --max-cost"
    elif totals.usd:
        yield _dollars(totals.usd)
    else:
        yield "no known cost" if totals.unsure else "no cost"
    if totals.usd_unsure:
        calls = _count(totals.unsure, "call")
        yield f"plus at most {_dollars(totals.usd_unsure, up=True)} for {calls} broken off or uncounted"


def _saved(usd: Decimal | None) -> Iterator[str]:
    if usd:
        yield f"caching saved {_dollars(usd)}" if usd > 0 else f"filling caches cost {_dollars(-usd)}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _dollars(usd: Decimal, *, up: bool = False) -> str:
    from panel.prices import dollars  # not for --help

    return dollars(usd, up=up)
