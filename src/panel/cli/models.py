"""`panel models …`: which models can be used, and one tiny call to find out whether one really can."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from panel.cli import plain
from panel.cli.streams import note, print_json

if TYPE_CHECKING:
    from panel.records.check import Checked, Listed, Rate, StatedLimit

_INDENT = 4
_LABEL = 10


@click.group("models", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One model a line.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the models that can be named, and check one by asking it.

    \b
    Examples:
      panel models
      panel models check openai/gpt-6-luna
      panel models check local --json
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, as_json=as_json)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One model a line.")
def list_(as_json: bool) -> None:
    """List what can be used and why the rest cannot: key, address, price, maker. Nothing is contacted."""
    import datetime as dt

    from panel.checks import listed
    from panel.desk import Desk

    desk = Desk.open()
    for item in listed(desk.settings.named, desk.environ, dt.datetime.now(dt.UTC)):
        if as_json:
            print_json(item.model_dump_json())
        else:
            _print_item(item)
    if not as_json:
        note("`panel models check NAME` asks one of them something tiny and reports what it finds")


def _print_item(item: Listed) -> None:
    state = {True: "ready", False: "not usable", None: "not tried"}[item.usable]
    model = f" = {item.model}" if item.model and item.kind == "panel.toml" else ""
    kind = "built in" if item.kind == "offline" else item.kind
    click.echo(plain(f"{item.name}{model}  ({kind}, {state})"))
    if item.trouble is None or item.trouble.code != "setting":
        click.echo(_wrapped(" · ".join(_details(item)), _INDENT))
    if item.trouble and item.trouble.code != "no_key":  # which the line above has told
        click.echo(_wrapped(f"{item.trouble.message} {item.trouble.hint}", _INDENT))


def _details(item: Listed) -> Iterator[str]:
    if item.address:
        yield item.address
    yield f"key {_key(item.key, item.key_variable)}"
    if item.price:
        told = _price(item.price)
        yield f"price {told}" if told.startswith("unknown") else told
    elif item.kind == "provider":
        yield "price as genai-prices lists the model"
    elif item.kind == "local server":
        yield "price unknown unless panel.toml sets one"
    if item.kind == "panel.toml" and item.model:
        yield f"made by {item.maker}" if item.maker else "maker unknown"


def _key(state: str, variable: str | None) -> str:
    if state == "missing" and variable:
        return f"missing (set {variable})"
    return f"{state} ({variable})" if variable else state


def _price(rate: Rate) -> str:
    if rate.input_usd is None or rate.output_usd is None:
        return f"unknown ({rate.source})"
    source = "your price" if rate.source == "the user's price" else rate.source
    if not rate.input_usd and not rate.output_usd:
        return source if source == "no charge" else f"no charge ({source})"
    return f"${rate.input_usd:f} in, ${rate.output_usd:f} out per million tokens ({source})"


@command.command("check")
@click.argument("name", metavar="NAME")
@click.option("--json", "as_json", is_flag=True, help="The findings as one line of JSON.")
def check(name: str, as_json: bool) -> int:
    """Ask a model something tiny, and report key, address, form of answers, limits, price and shutdown date.

    NAME is what --model takes. One call, or up to three to a compatible server; what it costs is told. Exits with 5
    where the model cannot be used.
    """
    import datetime as dt
    from functools import partial

    from panel import bridge
    from panel.checks import check as ask
    from panel.clients import resolve
    from panel.desk import Desk

    desk = Desk.open()
    model = resolve(name, desk.settings.named)
    found = bridge.run(partial(ask, model, desk.environ, dt.datetime.now(dt.UTC), desk.memory.remember))
    if as_json:
        print_json(found.model_dump_json())
    else:
        for label, text in _rows(found):
            click.echo(_wrapped(text, _LABEL + 2, f"{label:<{_LABEL}}  "))
    if found.trouble:
        note(plain(f"panel: {found.trouble.message}"))
        note(plain(f"       {found.trouble.hint}"))
    return 0 if found.usable else 5


def _rows(found: Checked) -> Iterator[tuple[str, str]]:
    yield "model", found.name if found.name.endswith(found.model) else f"{found.name} ({found.model})"
    if found.address:
        yield "address", found.address
    yield "key", _key(found.key, found.key_variable)
    if found.reached is not None:
        time = f", answered in {found.latency_s:.2f} s" if found.latency_s is not None else ""
        yield "reached", f"yes{time}" if found.reached else "no"
    if found.mode:
        yield "form", f"{found.mode}{', which it does not keep' if found.ignores_schema else ''}"
    if found.model_served:
        yield "served", f"{found.model_served}{' (another model)' if found.served_another else ''}"
    for kind, limit in found.limits.items():
        yield "limit", _limit(kind, limit)
    yield "price", _price(found.price)
    if found.shutdown:
        yield "shutdown", found.shutdown.isoformat()
    for warning in found.warnings:
        yield "warning", warning
    yield "usable", "yes" if found.usable else "no"
    yield "this check", _spent(found)


def _limit(kind: str, limit: StatedLimit) -> str:
    parts = [
        f"{limit.per_minute:,.0f} {kind} a minute" if limit.per_minute is not None else kind,
        f"{limit.left:,.0f} left" if limit.left is not None else "",
        f"full again in {limit.reset_s:g} s" if limit.reset_s is not None else "",
    ]
    return ", ".join(part for part in parts if part)


def _spent(found: Checked) -> str:
    from panel.prices import dollars

    calls = f"{found.calls} call{'' if found.calls == 1 else 's'}"
    if found.cost_usd is None:
        return f"{calls}, cost unknown ({found.cost_source.removeprefix('unknown: ')})"
    return f"{calls}, {dollars(found.cost_usd) if found.cost_usd else 'no charge'}"


def _wrapped(text: str, indent: int, first: str = "") -> str:
    """Wrapped to the terminal, further lines indented; words longer than a line are not cut."""
    import shutil
    import textwrap

    width = max(60, min(160, shutil.get_terminal_size((100, 24)).columns))
    return textwrap.fill(
        plain(text),
        width,
        initial_indent=first or " " * indent,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
