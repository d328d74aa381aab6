"""What `review` and `compare` share: their flags, the progress they show, and where their cards go."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from panel.cli import plain
from panel.errors import StoreError, UsageError

if TYPE_CHECKING:
    from panel.convene import Event
    from panel.desk import Desk, Outcome, Quote, Wanted
    from panel.records.card import Card

FORMATS = ("terminal", "markdown", "html", "json")
SUFFIXES = {".txt": "terminal", ".md": "markdown", ".html": "html", ".htm": "html", ".json": "json"}
FACES = {"terminal": ".txt", "markdown": ".md", "html": ".html", "json": ".json"}

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
        type=click.Choice(FORMATS),
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


def watcher(quiet: bool) -> Callable[[Event], None]:
    """Shows every seat as it lands, on standard error."""
    if quiet:
        return lambda event: None
    return lambda event: click.echo(_line(event), err=True) if event.happening != "asked" else None


def _line(event: Event) -> str:
    slot = event.slot
    repeat = f" #{slot.repeat + 1}" if slot.repeat else ""
    seat = f"{slot.tool} · {slot.persona}{repeat} · {slot.model}"
    if event.happening == "failed":
        return plain(f"  no reply  {seat} · {event.detail}")
    took = "stored" if event.happening == "held" else f"{event.seconds:.1f} s"
    return plain(f"  {_call(event):<9} {seat} · {took}")


def _call(event: Event) -> str:
    verdict = event.verdict
    if verdict is None:
        return "pending"
    return f"{verdict.call} {verdict.score}" if verdict.kind == "scored" else verdict.reason.value


def deliver(desk: Desk, card: Card, form: str | None, outs: tuple[str, ...]) -> None:
    """Print the card and write it wherever `--out` says."""
    from panel.render import render

    chosen = form or desk.settings.format
    for name in outs:
        write(Path(name), render(card, form_of(name)))
    colour = chosen == "terminal" and sys.stdout.isatty()
    click.echo(render(card, chosen, width=_width(), colour=colour), nl=False)


def keep(desk: Desk, outcome: Outcome, cards: dict[str, Card]) -> Path | None:
    """Keep every face of the cards in the run's folder, by stem; returns the last HTML file, or None without a run."""
    if outcome.folder is None:
        return None
    from panel.render import render

    desk.keep(
        outcome,
        {f"{stem}{suffix}": render(card, form) for stem, card in cards.items() for form, suffix in FACES.items()},
    )
    return outcome.folder / f"{list(cards)[-1]}.html"


def form_of(name: str) -> str:
    """The format that a file's suffix names."""
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(
            f"--out {name}: the suffix {suffix or '(none)'!r} names no format",
            hint=f"Use one of {', '.join(SUFFIXES)}.",
        )
    return SUFFIXES[suffix]


def write(path: Path, text: str) -> None:
    """Write a file the user asked for; raises StoreError with the next step."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise StoreError(
            f"cannot write {path}: {error.strerror or error}",
            hint="The card is kept in the run's folder; choose another --out.",
        ) from error


def _width() -> int:
    import shutil

    return max(60, min(240, shutil.get_terminal_size((100, 24)).columns))


def closing(desk: Desk, outcome: Outcome, html: Path | None, quiet: bool) -> None:
    """The last lines: what was bought, where it lies, and how to go on."""
    if quiet:
        return
    for problem in dict.fromkeys(outcome.problems):
        click.echo(plain(f"note: {problem}"), err=True)
    if outcome.run:
        reused = f", {outcome.held} reused from earlier runs (--refresh asks anew)" if outcome.held else ""
        click.echo(f"run {outcome.run}: {outcome.bought} seats answered{reused} · {_spend(outcome)}", err=True)
    if html:
        click.echo(f"card: {html}", err=True)
    if outcome.reviews and all(review.offline for review in outcome.reviews):
        click.echo(_how_to_use_a_model(desk), err=True)


def _spend(outcome: Outcome) -> str:
    if outcome.usd is None:
        return "cost unknown"
    return f"${outcome.usd:.4f}" if outcome.usd else "no cost"


def _how_to_use_a_model(desk: Desk) -> str:
    for variable, example in (
        ("OPENAI_API_KEY", "openai/gpt-6-luna"),
        ("MISTRAL_API_KEY", "mistral/mistral-small-latest"),
    ):
        if desk.environ.get(variable):
            return f"This was the offline rubric. {variable} is set: add --model {example} to ask a language model."
    return "This was the offline rubric. For a language model: OPENAI_API_KEY=… panel … --model openai/gpt-6-luna"


def show_dry_run(quotes: list[Quote], seats_held: int = 0) -> None:
    """The prompts and their price, on standard output."""
    for quote in quotes:
        seat = quote.seat
        click.echo(f"──── {seat.slot} · about {quote.estimate.input_tokens} tokens in · {_usd(quote.estimate.usd)}")
        for message in seat.prompt.messages:
            click.echo(f"[{message.role}]")
            click.echo("\n".join(plain(line) for line in message.content.splitlines()))
    known = [quote.estimate.usd for quote in quotes if quote.estimate.usd is not None]
    worst = [quote.estimate.worst_usd for quote in quotes if quote.estimate.worst_usd is not None]
    total = _usd(sum(known)) if len(known) == len(quotes) else "unknown price"
    at_most = f", at most {_usd(sum(worst))}" if quotes and len(worst) == len(quotes) else ""
    click.echo(f"──── {len(quotes)} seats would be asked: {total}{at_most}. Nothing was sent.")


def _usd(amount: object) -> str:
    return "unknown price" if amount is None else f"about ${amount:.4f}"


def exit_code(outcome: Outcome) -> int:
    """5 where a seat has no reply, else 0."""
    return 0 if all(review.complete for review in outcome.reviews) else 5


def explain_stop(outcome: Outcome) -> None:
    """Say why a model was not asked further."""
    if outcome.stopped:
        click.echo(f"panel: {plain(outcome.stopped.message)}", err=True)
        if outcome.stopped.hint:
            click.echo(f"       {plain(outcome.stopped.hint)}", err=True)
