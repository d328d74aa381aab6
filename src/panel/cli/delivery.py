"""Where cards go: standard output, the files of `--out`, the run's folder, a browser. And a command's last lines."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from panel.cli import plain
from panel.cli.files import write_file
from panel.cli.spend import spend_line
from panel.cli.streams import abandon, note, print_json, width
from panel.errors import PanelError, StoreError, UsageError

if TYPE_CHECKING:
    from panel.cli.options import Flags
    from panel.desk import Desk, Outcome
    from panel.records.card import Card
    from panel.records.review import Review
    from panel.records.seat import SeatRecord

FORMS = {".txt": "terminal", ".md": "markdown", ".html": "html", ".htm": "html", ".json": "json"}
"""What a file's suffix says about its form."""

_LONGEST = 80
"""Characters of a name in a file's name; a run's folder allows 100 in all."""


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


def wish(desk: Desk, flags: Flags, outs: tuple[str, ...] | None = None) -> Wish:
    """The shared flags as a wish; `outs` in place of theirs, where names have been filled in."""
    form = "json" if flags.as_json else flags.form or desk.settings.format
    return Wish(form, flags.outs if outs is None else outs, flags.open_)


def deliver(desk: Desk, outcome: Outcome, cards: Sequence[tuple[str, Card]], wish: Wish, quiet: bool) -> None:
    """Keep, write and print the cards, each with its name (`""` for a single card); every face is rendered once.

    What fails does not hold the rest back; the first failure is raised at the end, as StoreError.
    """
    from panel.render import SUFFIXES, render

    faces: dict[tuple[str, str], str] = {
        (name, form): render(card, form) for name, card in cards for form in sorted(wish.kept)
    }
    failed: list[PanelError] = []
    with _collected(failed):
        desk.keep(outcome, {f"{_stem(name)}{SUFFIXES[form]}": text for (name, form), text in faces.items()})
    kept = bool(outcome.run) and not failed
    for name, card in cards:
        for out in wish.outs:
            with _collected(failed):
                text = faces.get((name, form_of(out))) or render(card, form_of(out))
                write(Path(out.replace("{slug}", name)), text, kept=kept)
        with _collected(failed):
            _print(faces.get((name, wish.form)) or _on_terminal(card), wish.form)
    page = outcome.folder / f"{_stem(cards[0][0])}.html" if kept and outcome.folder and "html" in wish.kept else None
    closing(desk, outcome, page, quiet)
    if wish.open_:
        _open(page, [out.replace("{slug}", cards[0][0]) for out in wish.outs if form_of(out) == "html"])
    if failed:
        raise failed[0]


@contextmanager
def _collected(failed: list[PanelError]) -> Iterator[None]:
    try:
        yield
    except PanelError as error:
        failed.append(error)


def _stem(name: str) -> str:
    """The name of a card's file without its suffix; an id as long as ids may be is cut and told apart by its hash."""
    if len(name) > _LONGEST:
        from panel.records.identity import sha  # not for --help

        name = f"{name[: _LONGEST - 9]}-{sha(name)[:8]}"
    return f"card-{name}" if name else "card"


def _print(text: str, form: str) -> None:
    try:
        if form == "json":
            print_json(text)
        else:
            click.echo(text, nl=False)
    except BrokenPipeError:
        raise
    except OSError as error:
        abandon(sys.stdout)
        raise StoreError(
            f"cannot write to standard output: {error.strerror or error}",
            hint="What was bought is kept in its run: panel runs list",
        ) from error


def _open(page: Path | None, outs: Sequence[str]) -> None:
    """Open the run's page, or else the one of --out, in a browser."""
    if page or outs:
        click.launch(str(page or outs[0]))
    else:
        note("note: there is no page to open, since no run was made; add --out card.html")


def _on_terminal(card: Card) -> str:
    from panel.render import render

    return render(card, "terminal", width=width(), colour=coloured())


def coloured() -> bool:
    """Whether standard output is a terminal that shows colours, and its user wants them (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def form_of(name: str) -> str:
    """The format that a file's suffix names."""
    suffix = Path(name).suffix.lower()
    if suffix not in FORMS:
        raise UsageError(
            f"--out {name}: the suffix {suffix or '(none)'!r} names no format",
            hint=f"Use one of {', '.join(FORMS)}.",
        )
    return FORMS[suffix]


def write(path: Path, text: str, *, kept: bool) -> None:
    """Write a file the user asked for; raises StoreError with the next step. `kept`: whether the run holds it too."""
    hint = "The card is kept in the run's folder; choose another --out." if kept else "Choose another --out."
    write_file(path, text, hint)


def closing(desk: Desk, outcome: Outcome, page: Path | None, quiet: bool, *, carded: bool = True) -> None:
    """The last lines: what was bought, where it lies, and how to go on. `carded`: whether the run's card shows it."""
    if quiet:
        return
    for problem in dict.fromkeys(outcome.problems):
        note(plain(f"note: {problem}"))
    if outcome.run:
        totals = outcome.totals
        reused = f", {totals.held} stored before (--refresh asks anew)" if totals.held else ""
        note(f"run {outcome.run}: {totals.scored + totals.abstained} seats answered{reused}")
        for line in f"spent: {spend_line(totals, capped=outcome.capped)}".splitlines():
            note(line)
        unheard = sum(seat.may_ask_again and seat.run_id == outcome.run for seat in _seats(outcome))
        more = " --max-cost USD" if any(error.code == "budget" for error in outcome.stops) else ""
        for number, what in ((totals.pending, "without a reply"), (unheard, "that abstained and may be asked again")):
            if number:
                seats = "1 seat" if number == 1 else f"{number} seats"
                note(f"{seats} {what}: panel runs resume {outcome.run}{more}")
        if carded:
            note(f"page: {page or f'panel runs open {outcome.run}'}")
        else:
            note("The card shows reviews of other runs too, and was not renewed: give the run's command again.")
    if outcome.reviews and all(review.offline for review in outcome.reviews):
        note(_how_to_use_a_model(desk))


def _how_to_use_a_model(desk: Desk) -> str:
    for variable, example in (
        ("OPENAI_API_KEY", "openai/gpt-6-luna"),
        ("MISTRAL_API_KEY", "mistral/mistral-small-latest"),
    ):
        if desk.environ.get(variable):
            return f"This was the offline rubric. {variable} is set: add --model {example} to ask a language model."
    return "This was the offline rubric. For a language model: OPENAI_API_KEY=… panel … --model openai/gpt-6-luna"


def exit_code(outcome: Outcome) -> int:
    """5 where a seat has no reply, or could not be asked again as it should have been; else 0."""
    settled = all(review.complete for review in outcome.reviews) and not any(
        seat.may_ask_again for seat in _seats(outcome)
    )
    return 0 if settled else 5


def _seats(outcome: Outcome) -> Iterator[SeatRecord]:
    return (seat for review in outcome.reviews for seat in review.seats)


def explain_stop(outcome: Outcome) -> None:
    """Say why models were not asked further, each reason once."""
    for message, hint in dict.fromkeys((error.message, error.hint) for error in outcome.stops):
        note(f"panel: {plain(message)}")
        if hint:
            note(f"       {plain(hint)}")


def sheets_of(reviews: Sequence[Review], *, single: bool) -> list[tuple[str, Card]]:
    """A sheet for each review with the name of its file: none for a single one, else as `names_of`."""
    from panel.comparator import sheet_of

    names = [""] if single else names_of([review.tool.id for review in reviews])
    return [(name, sheet_of(review)) for name, review in zip(names, reviews, strict=True)]


def names_of(ids: Sequence[str]) -> list[str]:
    """A name for each sheet: the tool's id, with a number from the second sheet of a tool on (`uv`, `uv-2`)."""
    names: list[str] = []
    for tool in ids:
        others = (f"{tool}-{number}" for number in count(2))
        free = (name for name in others if name not in names and name not in ids)
        names.append(next(free) if tool in names else tool)
    return names


def renew(desk: Desk, outcome: Outcome) -> bool:
    """Make the cards of a run that went on anew, in the forms that its folder keeps; False where they cannot be.

    A comparison with reviews of other runs cannot: its words do not say any more which reviews those were.
    """
    from panel.records.card import MIN_TOOLS
    from panel.render import SUFFIXES, render

    folder, manifest = outcome.folder, desk.runs.open(str(outcome.run)).manifest
    if folder is None:
        return False
    if manifest.command[1:2] == ("compare",):
        if len(outcome.reviews) < max(MIN_TOOLS, _columns(folder / "card.json")):
            return False
        cards = [("", desk.card(outcome))]
    else:
        cards = sheets_of(outcome.reviews, single=len(outcome.reviews) == 1 and not any(folder.glob("card-*.json")))
    faces = [(card, form, f"{_stem(name)}{SUFFIXES[form]}") for name, card in cards for form in SUFFIXES]
    kept = {file: render(card, form) for card, form, file in faces if form == "json" or (folder / file).exists()}
    desk.keep(outcome, kept)
    return True


def _columns(file: Path) -> int:
    """How many tools the card in this file has; 0 where there is none that can be read."""
    from panel.records.base import ValidationError
    from panel.records.card import Card

    try:
        return len(Card.model_validate_json(file.read_bytes()).heads)
    except (OSError, ValidationError):
        return 0
