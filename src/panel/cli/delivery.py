"""Where cards go: standard output, the files of `--out`, the run's folder, a browser. And a command's last lines."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from panel.cli import plain
from panel.errors import StoreError, UsageError

if TYPE_CHECKING:
    from panel.desk import Desk, Outcome
    from panel.records.card import Card

FORMS = {".txt": "terminal", ".md": "markdown", ".html": "html", ".htm": "html", ".json": "json"}
"""What a file's suffix says about its form."""


class Wish(NamedTuple):
    """How a command wants its cards: the form on standard output, the files, and whether to open a browser."""

    form: str
    outs: tuple[str, ...]
    open_: bool

    @property
    def kept(self) -> set[str]:
        """The forms that the run's folder keeps: the record, from which any can be rendered, and what was asked for."""
        asked = {form_of(name) for name in self.outs} | {self.form} | ({"html"} if self.open_ else set())
        return {"json", *asked} - {"terminal"}


def wish(desk: Desk, form: str | None, as_json: bool, outs: tuple[str, ...], open_: bool) -> Wish:
    """The shared flags as a wish."""
    return Wish("json" if as_json else form or desk.settings.format, outs, open_)


def deliver(desk: Desk, outcome: Outcome, cards: Mapping[str, Card], wish: Wish, quiet: bool) -> None:
    """Keep, write and print the cards, by slug (`""` for a single card); every face is rendered once."""
    from panel.render import SUFFIXES, render

    faces: dict[tuple[str, str], str] = {
        (slug, form): render(card, form) for slug, card in cards.items() for form in sorted(wish.kept)
    }
    desk.keep(outcome, {f"{_stem(slug)}{SUFFIXES[form]}": text for (slug, form), text in faces.items()})
    for slug, card in cards.items():
        for name in wish.outs:
            form = form_of(name)
            write(Path(name.replace("{slug}", slug)), faces.get((slug, form)) or render(card, form))
        click.echo(faces.get((slug, wish.form)) or _on_terminal(card), nl=False)
    page = f"{_stem(next(iter(cards)))}.html" if "html" in wish.kept else None
    closing(desk, outcome, page, quiet)
    if wish.open_ and outcome.folder and page:
        click.launch(str(outcome.folder / page))


def _stem(slug: str) -> str:
    return f"card-{slug}" if slug else "card"


def _on_terminal(card: Card) -> str:
    from panel.render import render

    return render(card, "terminal", width=_width(), colour=sys.stdout.isatty())


def form_of(name: str) -> str:
    """The format that a file's suffix names."""
    suffix = Path(name).suffix.lower()
    if suffix not in FORMS:
        raise UsageError(
            f"--out {name}: the suffix {suffix or '(none)'!r} names no format",
            hint=f"Use one of {', '.join(FORMS)}.",
        )
    return FORMS[suffix]


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


def closing(desk: Desk, outcome: Outcome, page: str | None, quiet: bool) -> None:
    """The last lines: what was bought, where it lies, and how to go on."""
    if quiet:
        return
    for problem in dict.fromkeys(outcome.problems):
        click.echo(plain(f"note: {problem}"), err=True)
    if outcome.run:
        reused = f", {outcome.held} reused from earlier runs (--refresh asks anew)" if outcome.held else ""
        click.echo(f"run {outcome.run}: {outcome.bought} seats answered{reused} · {_spend(outcome)}", err=True)
        where = outcome.folder / page if page and outcome.folder else f"panel runs open {outcome.run}"
        click.echo(f"page: {where}", err=True)
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


def exit_code(outcome: Outcome) -> int:
    """5 where a seat has no reply, else 0."""
    return 0 if all(review.complete for review in outcome.reviews) else 5


def explain_stop(outcome: Outcome) -> None:
    """Say why a model was not asked further."""
    if outcome.stopped:
        click.echo(f"panel: {plain(outcome.stopped.message)}", err=True)
        if outcome.stopped.hint:
            click.echo(f"       {plain(outcome.stopped.hint)}", err=True)
