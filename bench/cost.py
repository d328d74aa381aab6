"""What a review costs beside four naive calls with the same information, where a provider's cache takes part.

    .venv/bin/python bench/cost.py [--tools 25]

Both ask the tests' provider, which counts the prefixes that a provider would have cached (1,024 tokens and more, in
steps of 128, once the first request that holds them has been answered; a token is four characters), and both are priced
by panel at $0.25 a million input tokens, a tenth of that for cached ones, and $2 a million output tokens.

panel   the four personas before each tool: schema, standing words and persona first, the description last; a single
        review holds nothing back, a run of many tools is warmed as the command warms it
naive   the same messages and schema, the description first and the persona last, as a script that fills a template for
        each tool does

Naive answers are counted as being as long as panel's. What is compared is therefore the order alone, and what becomes
of it: in a single review no two prompts share a beginning, so it saves nothing there.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from common import compatible, personas, prompter, review, tools
from loopback.process import running

from panel.clients import close, connect
from panel.prices import price
from panel.records.prompt import Prompt
from panel.records.reply import Usage
from panel.records.tool import Tool

AT_ONCE = 20
LATENCY_S = 0.02
DESCRIPTIONS = {"short": 300, "long": 9_000}
"""Characters: what a vendor's front page says in two sentences, and several pages."""


class Spent(NamedTuple):
    """What some reviews cost together, and the tokens that made it."""

    usd: Decimal
    input: int
    cached: int
    output: int


def described(count: int, length: int) -> list[Tool]:
    """So many tools with descriptions of this length, made of the real ones."""
    every = [tool.description for tool in tools(12)]
    found = []
    for number, tool in enumerate(tools(count)):
        text = "\n\n".join([tool.description, *every[number % 12 :], *every])
        found.append(tool.model_copy(update={"description": text[:length].strip()}))
    return found


def by_panel(reviewed: Sequence[Tool]) -> Spent:
    """The tools reviewed in one run."""
    with running("--prefixes", "--latency", str(LATENCY_S)) as server, tempfile.TemporaryDirectory() as folder:
        ran = review(server.url, iter(reviewed), Path(folder), concurrency=AT_ONCE, warm=len(reviewed) >= 8)
    total = ran.manifest.totals
    return Spent(total.usd or Decimal(0), total.input_tokens or 0, total.cached_tokens or 0, total.output_tokens or 0)


def by_naive_calls(reviewed: Sequence[Tool], output: int) -> Spent:
    """The same questions with the tool first, each a call of its own, answered in `output` tokens together."""
    words, sitting = prompter(), personas()
    prompts = [turned(words.prompt(tool, persona)) for tool in reviewed for persona in sitting]

    async def ask_all(url: str) -> list[Usage]:
        model, gate = compatible(url), asyncio.Semaphore(AT_ONCE)
        client = connect(model, {})

        async def ask(prompt: Prompt) -> Usage:
            async with gate:
                return (await client.ask(prompt)).usage or Usage()

        try:
            return await asyncio.gather(*map(ask, prompts))
        finally:
            await close(client)

    with running("--prefixes", "--latency", str(LATENCY_S)) as server:
        used = asyncio.run(ask_all(server.url))
        model = compatible(server.url)
    asked, cached = (sum(getattr(usage, kind) or 0 for usage in used) for kind in ("input", "cached"))
    cost = price(model, Usage(input=asked, cached=cached, output=output), dt.datetime.now(dt.UTC))
    return Spent(cost.usd or Decimal(0), asked, cached, output)


def turned(prompt: Prompt) -> Prompt:
    """The prompt with its two messages in each other's place."""
    contents = reversed([message.content for message in prompt.messages])
    messages = (
        message.model_copy(update={"content": content})
        for message, content in zip(prompt.messages, contents, strict=True)
    )
    return prompt.model_copy(update={"messages": tuple(messages)})


def show(name: str, spent: Spent, reviews: int) -> None:
    each = [value / reviews for value in spent[1:]]
    print(
        f"    {name:<6} ${spent.usd / reviews:.5f} a review: {each[0]:,.0f} tokens in, {each[1]:,.0f} of them cached; "
        f"{each[2]:,.0f} out"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="a review's cost over four naive calls")
    parser.add_argument("--tools", type=int, default=25, help="tools of the long run")
    given = parser.parse_args()
    for kind, length in DESCRIPTIONS.items():
        for count in (1, given.tools):
            reviewed = described(count, length)
            mine = by_panel(reviewed)
            naive = by_naive_calls(reviewed, mine.output)
            where = "a single review" if count == 1 else f"a run of {count} tools"
            print(f"  {kind} description ({length:,} characters), {where}: {mine.usd / naive.usd:.2f} times")
            show("panel", mine, count)
            show("naive", naive, count)


if __name__ == "__main__":
    main()
