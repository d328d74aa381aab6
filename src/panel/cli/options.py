"""The flags that `review` and `compare` share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from panel.errors import UsageError
from panel.records.forms import FORMS

if TYPE_CHECKING:
    from panel.desk import Wanted


class Amount(click.ParamType["Decimal"]):
    """US dollars, exact and not below zero."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """The amount, with or without a dollar sign."""
        if isinstance(value, Decimal):
            return value
        try:
            amount = Decimal(str(value).strip().removeprefix("$"))
        except ArithmeticError:
            self.fail(f"{value!r} is not an amount; write it like 2.50", param, ctx)
        if not amount.is_finite() or amount < 0:
            self.fail(f"{value!r} is not an amount that can be spent; write it like 2.50", param, ctx)
        return amount


_FLAGS = (
    click.option(
        "-m",
        "--model",
        "models",
        multiple=True,
        metavar="MODEL",
        help="Who answers: offline, openai/MODEL, mistral/MODEL, ollama/MODEL … or a name from panel.toml; "
        "`panel models` lists them; may be repeated. [PANEL_MODEL; default: offline]",
    ),
    click.option(
        "-p",
        "--persona",
        "personas",
        multiple=True,
        metavar="ID",
        help="Invite only these personas; may be given more than once. [default: all that vote]",
    ),
    click.option(
        "-n", "--repeats", type=click.IntRange(1, 50), help="Ask every seat this often. [PANEL_REPEATS; default: 1]"
    ),
    click.option(
        "-f",
        "--format",
        "form",
        type=click.Choice(FORMS),
        help="What goes to standard output. [PANEL_FORMAT; default: terminal]",
    ),
    click.option("--json", "as_json", is_flag=True, help="Short for --format json."),
    click.option(
        "-o",
        "--out",
        "outs",
        multiple=True,
        metavar="FILE",
        help="Also write the card here; the suffix (.html .md .json .txt) says how. May be given more than once.",
    ),
    click.option(
        "--blind", is_flag=True, help="Mask the names of tool and vendor in what is sent; they are shown on the card."
    ),
    click.option("--open", "open_", is_flag=True, help="Open the HTML card in a browser."),
    click.option("--dry-run", is_flag=True, help="Print the prompts and what they would cost; send nothing."),
    click.option("--again", is_flag=True, help="Ask every seat once more; the new repeat counts beside the old ones."),
    click.option("--refresh", is_flag=True, help="Ask the whole panel anew instead of using stored answers."),
    click.option("--retry-abstained", is_flag=True, help="Ask those seats again that abstained; what scored stays."),
    click.option(
        "--max-cost",
        type=Amount(),
        metavar="USD",
        help="Send nothing that could bring this run above so many US dollars.",
    ),
    click.option("--allow-unpriced", is_flag=True, help="With --max-cost: also ask models whose price is not known."),
    click.option("-q", "--quiet", is_flag=True, help="No progress and no notes on standard error."),
)


class Flags(NamedTuple):
    """The shared flags as given."""

    models: tuple[str, ...]
    personas: tuple[str, ...]
    repeats: int | None
    form: str | None
    as_json: bool
    outs: tuple[str, ...]
    blind: bool
    open_: bool
    dry_run: bool
    again: bool
    refresh: bool
    retry_abstained: bool
    max_cost: Decimal | None
    allow_unpriced: bool
    quiet: bool

    def wanted(self) -> Wanted:
        """What the desk is asked for; raises UsageError for flags that exclude each other."""
        from panel.desk import Wanted

        if self.again + self.refresh + self.retry_abstained > 1:
            raise UsageError(
                "--again adds a repeat, --refresh asks anew, --retry-abstained asks where nothing was said: "
                "give one of them",
                hint="See `panel review --help`.",
            )
        return Wanted(**{name: getattr(self, name) for name in Wanted._fields})


def gathered(name: str, kind: Any, flags: Sequence[Callable[..., Any]]) -> Callable[[Callable[..., Any]], Any]:
    """A decorator that gives a command these flags; it is called with them as `name`, a NamedTuple of this `kind`."""

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def called(**given: Any) -> Any:
            together = kind(**{field: given.pop(field) for field in kind._fields})
            return function(**given, **{name: together})

        command: Callable[..., Any] = called
        for flag in reversed(flags):
            command = flag(command)
        return command

    return decorated


shared = gathered("flags", Flags, _FLAGS)
"""Gives a command the flags that `review` and `compare` share."""

cap_in_place = click.option(
    "--max-cost",
    type=Amount(),
    metavar="USD",
    help="The most that the run may cost in all, in place of what it was begun with.",
)
"""The cap of a stored run that is taken up again."""
