"""The desk: where one command is carried out, from names to reviews and cards.

What the command line and the Python API share. It knows the settings, finds tools, personas, models and runs, holds the
one bridge between the synchronous edge and the asynchronous middle, and reads the clock so that nobody below has to.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple

from panel import bridge
from panel._version import __version__
from panel.accounts import revision, settle, settle_cut_runs, totals
from panel.catalogue import Catalogue, check_distinct
from panel.clients import connect, resolve
from panel.clients.base import Client
from panel.comparator import card_of
from panel.convene import Sitting, Watcher, convene, unwatched
from panel.errors import RunStopping, UsageError
from panel.personas import begin, check_signals, invited, load_all, named
from panel.prices import Estimate, estimate, price
from panel.prompts import Prompter
from panel.records.base import ValidationError
from panel.records.card import MAX_TOOLS, MIN_TOOLS, Card
from panel.records.panel import Panel
from panel.records.persona import Persona
from panel.records.review import Review, review_of
from panel.records.run import Manifest
from panel.records.tool import Tool
from panel.reparse import Change, changes, recall
from panel.seating import Seat, Seating, seats_of
from panel.settings import Settings, builtin, load
from panel.store import RunReader, Runs, RunWriter, new_run_id

MOST_TOOLS = 1000
"""More tools than this in one command belong in a catalogue run."""


class Wanted(NamedTuple):
    """What a command asks for beyond the settings. Empty means: as the settings say."""

    models: tuple[str, ...] = ()
    personas: tuple[str, ...] = ()
    repeats: int | None = None
    again: bool = False
    refresh: bool = False


class Outcome(NamedTuple):
    """What a command brought: reviews in the order asked for, and what was bought for them.

    `run` is None where every review was recalled from older runs; `usd` is what this run bought, None if a price is
    unknown; `stopped` says why a model was not asked further.
    """

    reviews: tuple[Review, ...]
    run: str | None = None
    folder: Path | None = None
    bought: int = 0
    held: int = 0
    usd: Decimal | None = None
    stopped: RunStopping | None = None
    problems: tuple[str, ...] = ()


class Quote(NamedTuple):
    """One seat of a dry run: what it would be asked, and what that may cost."""

    seat: Seat
    estimate: Estimate


class Desk:
    """One command's view of the world. `stdin` is read only for a tool given as `-`."""

    def __init__(
        self, settings: Settings, environ: Mapping[str, str], stdin: Callable[[], str] = lambda: sys.stdin.read()
    ) -> None:
        self.settings = settings
        self.environ = environ
        self.stdin = stdin

    @classmethod
    def open(cls, cwd: Path | None = None, environ: Mapping[str, str] | None = None) -> Desk:
        """The desk for a working folder; raises ConfigError for unusable settings."""
        environ = os.environ if environ is None else environ
        return cls(load(cwd or Path.cwd(), environ), environ)

    @cached_property
    def runs(self) -> Runs:
        return Runs(self.settings.runs)

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.settings.catalogue)

    @cached_property
    def personas(self) -> dict[str, Persona]:
        return load_all(self.settings.personas)

    @cached_property
    def prompter(self) -> Prompter:
        return Prompter.load(self.settings.prompts)

    def tools(self, refs: Sequence[str]) -> list[Tool | Review]:
        """What the words of a command name: tools, or for `RUN:slug` the review that a run holds."""
        found: list[Tool | Review] = []
        for ref in refs:
            run, colon, slug = ref.partition(":")
            if colon and slug and not os.path.exists(ref):  # a word too long for a name is none
                today = self.catalogue.find(slug)
                found.append(recall(self.runs, self.runs.open(run), slug, today.formerly if today else ()))
            else:
                found += self.catalogue.resolve(ref, self.stdin)
        if len(found) > MOST_TOOLS:
            raise UsageError(f"{len(found)} tools in one command; at most {MOST_TOOLS}.", hint="Name fewer at a time.")
        return found

    def tools_to_compare(self, refs: Sequence[str]) -> list[Tool | Review]:
        """Two to six tools, each once; raises UsageError before anything is asked."""
        found = self.tools(refs)
        if not MIN_TOOLS <= len(found) <= MAX_TOOLS:
            raise UsageError(
                f"a card compares {MIN_TOOLS} to {MAX_TOOLS} tools; {len(found)} were named",
                hint="`panel review TOOL` prints the sheet of one tool; `panel catalogue list` shows what there is.",
            )
        check_distinct([item.tool if isinstance(item, Review) else item for item in found])
        return found

    def panel(self, wanted: Wanted) -> Panel:
        """Who sits; raises UsageError for unknown personas and models."""
        if wanted.personas and (wanted.again or wanted.refresh):
            raise UsageError(
                "--again and --refresh ask the whole panel, not single personas.",
                hint="Leave out --persona: a seat cannot be asked until it says something else.",
            )
        names = wanted.personas or self.settings.panel or ()
        personas = invited(self.personas, names, self.settings.personas)
        models = [resolve(name, self.settings.named) for name in dict.fromkeys(wanted.models or self.settings.models)]
        check_signals(personas, models)
        try:
            return Panel(
                personas=personas,
                models=tuple(models),
                repeats=self.settings.repeats if wanted.repeats is None else wanted.repeats,
            )
        except ValidationError as error:
            raise UsageError(str(error.errors()[0]["msg"]).removeprefix("Value error, ") + ".") from None

    def persona(self, name: str) -> Persona:
        """The persona of this id; raises UsageError with the nearest and all known ids."""
        return named(self.personas, name, self.settings.personas)

    def new_persona(self, name: str, shown: str) -> Path:
        """Begin a persona file in the working folder; raises UsageError where there is none, or it exists."""
        if self.settings.personas == builtin("personas"):
            raise UsageError(
                "the personas in use are the built-in ones",
                hint="`panel init DIR` lays out a folder of your own; go there first.",
            )
        return begin(self.settings.personas, name, shown)

    def dry_run(self, items: Sequence[Tool | Review], wanted: Wanted) -> list[Quote]:
        """Every seat that would be asked, with its prompt and what it may cost. Nothing is sent or written."""
        tools = [item for item in items if isinstance(item, Tool)]
        seats = self._seats(tools, self.panel(wanted), wanted).seats
        return [Quote(seat, estimate(seat.model, seat.prompt)) for seat in seats if not seat.held]

    def review(
        self,
        items: Sequence[Tool | Review],
        wanted: Wanted = Wanted(),  # noqa: B008 - immutable
        *,
        watch: Watcher = unwatched,
        command: Sequence[str] = (),
    ) -> Outcome:
        """Review the tools; reviews recalled from runs pass through. One run holds everything that was bought."""
        tools = [item for item in items if isinstance(item, Tool)]
        if not tools:
            return Outcome(tuple(item for item in items if isinstance(item, Review)))
        panel = self.panel(wanted)
        check_distinct(tools)
        problems = settle_cut_runs(self.runs)
        seating = self._seats(tools, panel, wanted)
        seats = seating.seats
        problems += tuple(f"another model answers now: {name} is asked anew as a whole" for name in seating.aged)
        asked = {seat.model.name for seat in seats if not seat.held}  # only these need a client, and so a key
        clients = {model.name: connect(model, self.environ) for model in panel.models if model.name in asked}
        with self.runs.create(self._manifest(tools, panel, command, refresh=seating.anew)) as run:
            sitting = self._sit(seats, clients, run, watch)
            records = sitting.records
            own = [record for record, seat in zip(records, seats, strict=True) if not seat.held]
            run.write_verdicts(records)
            finished = run.finish(totals(own, len(records) - len(own)), _now())
            reviews = {
                tool.id: review_of(tool, panel.personas, [item for item in records if item.slot.tool == tool.id])
                for tool in tools
            }
            return Outcome(
                reviews=tuple(reviews[item.id] if isinstance(item, Tool) else item for item in items),
                run=run.run_id,
                folder=run.path,
                bought=sum(record.verdict is not None for record in own),
                held=len(records) - len(own),
                usd=finished.totals.usd,
                stopped=sitting.stopped,
                problems=(*self.settings.warnings, *problems, *self.runs.problems),
            )

    def card(self, outcome: Outcome) -> Card:
        """The reviews side by side; raises UsageError for fewer than two or more than six tools."""
        return card_of(outcome.reviews)

    def keep(self, outcome: Outcome, files: Mapping[str, str]) -> None:
        """Keep rendered files in the run's folder, by name."""
        if outcome.run is None:
            return
        with self.runs.resume(outcome.run) as run:
            for name, text in files.items():
                run.write_file(name, text)

    def pages(self, ref: str) -> list[Path]:
        """The HTML pages of a run's cards, rendered from their records where there are none yet; never empty."""
        from panel.render import html

        reader = self.runs.open(ref)
        records = sorted(reader.path.glob("card*.json"))
        if not records:
            raise UsageError(
                f"run {reader.run_id} holds no card",
                hint=f"It was cut off before one was made: `panel review {reader.run_id}:SLUG` makes a review's sheet.",
            )
        with self.runs.resume(reader.run_id) as run:
            return [
                run.write_file(f"{path.stem}.html", html.render(Card.model_validate_json(path.read_bytes())))
                for path in records
            ]

    def _seats(self, tools: Sequence[Tool], panel: Panel, wanted: Wanted) -> Seating:
        return seats_of(tools, panel, self.prompter, self.runs.held, again=wanted.again, refresh=wanted.refresh)

    def _sit(self, seats: Sequence[Seat], clients: Mapping[str, Client], run: RunWriter, watch: Watcher) -> Sitting:
        """Ask all seats. Interrupted, it settles what arrived before the interruption goes on."""
        sitting = partial(
            convene,
            seats,
            clients,
            run,
            self.prompter,
            pricing=price,
            clock=time.time,
            watch=watch,
            concurrency=self.settings.concurrency,
        )
        try:
            return bridge.run(sitting)
        except KeyboardInterrupt:
            settle(RunReader(run.path), run)
            raise

    def _manifest(self, tools: Sequence[Tool], panel: Panel, command: Sequence[str], *, refresh: bool) -> Manifest:
        now = _now()
        return Manifest(
            run_id=new_run_id(now, secrets.token_bytes(4)),
            command=tuple(command),
            started_at=now,
            tools=tuple(tool.id for tool in tools),
            personas=tuple(persona.id for persona in panel.personas),
            models=panel.models,
            repeats=panel.repeats,
            variant=panel.variant,
            refresh=refresh,
            versions={"panelreview": __version__, "python": ".".join(map(str, sys.version_info[:3]))},
            revision=revision(self.settings.home),
        )

    def reparse(self, ref: str) -> tuple[RunReader, list[Change]]:
        """Read a run's stored replies again, without a call; returns the verdicts that changed."""
        reader = self.runs.open(ref)
        with self.runs.resume(reader.run_id) as run:
            before, after = reader.verdicts(), settle(reader, run)
        return reader, changes(before, after)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
