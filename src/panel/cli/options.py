"""The flags that `review` and `compare` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from panel.errors import UsageError
from panel.records.forms import FORMS

if TYPE_CHECKING:
    from panel.desk import Wanted

_FLAGS = (
    click.option(
        "-m",
        "--model",
        "models",
        multiple=True,
        metavar="MODEL",
        help="Who answers: offline, openai/MODEL, mistral/MODEL or a name from panel.toml; may be repeated. "
        "[PANEL_MODEL; default: offline]",
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
    click.option("--open", "open_", is_flag=True, help="Open the HTML card in a browser."),
    click.option("--dry-run", is_flag=True, help="Print the prompts and what they would cost; send nothing."),
    click.option("--again", is_flag=True, help="Ask every seat once more; the new repeat counts beside the old ones."),
    click.option("--refresh", is_flag=True, help="Ask the whole panel anew instead of using stored answers."),
    click.option("-q", "--quiet", is_flag=True, help="No progress and no notes on standard error."),
)


def shared(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags that `review` and `compare` share."""
    for flag in reversed(_FLAGS):
        function = flag(function)
    return function


def wanted(
    models: tuple[str, ...], personas: tuple[str, ...], repeats: int | None, again: bool, refresh: bool
) -> Wanted:
    """The shared flags as the desk takes them."""
    from panel.desk import Wanted

    if again and refresh:
        raise UsageError(
            "--again adds a repeat, --refresh asks anew: give one of them", hint="See `panel review --help`."
        )
    return Wanted(models, personas, repeats, again, refresh)
