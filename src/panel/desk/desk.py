"""The desk itself: knows the settings; finds tools, personas, models and runs; puts together what a command brought."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from panel.accounts import settle, settle_cut_runs
from panel.catalogue import Catalogue, check_distinct
from panel.clients import resolve
from panel.clients.servers.memory import Memory
from panel.comparator import card_of
from panel.convene import Watcher, unwatched
from panel.desk.buying import Bought, Buyer
from panel.desk.wanted import Outcome, Unasked, Wanted
from panel.errors import UsageError
from panel.personas import begin, check_signals, invited, load_all, named
from panel.prices import estimate
from panel.prompts import Prompter
from panel.records.base import ValidationError
from panel.records.card import MAX_TOOLS, MIN_TOOLS, Card
from panel.records.hosts import at_home
from panel.records.model import Model
from panel.records.panel import Panel
from panel.records.persona import Persona
from panel.records.review import Review, review_of
from panel.records.seat import SeatRecord
from panel.records.tool import Tool
from panel.reparse import Change
from panel.resuming import resumed
from panel.seating import Seating, seats_of
from panel.settings import Settings, builtin, load
from panel.store import RunReader, Runs
from panel.store.layout import BATCHES

MEMORY = "servers.json"
"""The file in the folder of runs that remembers what servers were found to do; it may be deleted at any time."""

MOST_TOOLS = 1000
"""More tools than this in one command belong in a catalogue run."""


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
    def memory(self) -> Memory:
        return Memory(self.settings.runs / MEMORY)

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
                from panel.view import recall  # few commands name a stored review

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
                variant="blind" if wanted.blind else "open",
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

    def dry_run(self, items: Sequence[Tool | Review], wanted: Wanted) -> list[Unasked]:
        """Every seat that would be asked, with its prompt and what it may cost. Nothing is sent or written."""
        tools = [item for item in items if isinstance(item, Tool)]
        seats = self._seats(tools, self.panel(wanted), wanted).seats
        return [Unasked(seat, estimate(seat.model, seat.prompt)) for seat in seats if not seat.held]

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
        problems += tuple(f"another model answers now: {name} is asked anew as a whole" for name in seating.aged)
        self._check_not_on_the_way(seat.key for seat in seating.seats if not seat.held)
        buyer = Buyer(self, watch, allow_unpriced=wanted.allow_unpriced)
        bought = buyer.begin(tools, panel, seating, wanted, command)
        reviews = {review.tool.id: review for review in _reviews(tools, panel.personas, bought)}
        whole = tuple(reviews[item.id] if isinstance(item, Tool) else item for item in items)
        return self._outcome(bought, whole, problems)

    def resume(
        self,
        ref: str,
        *,
        max_cost: Decimal | None = None,
        allow_unpriced: bool = False,
        watch: Watcher = unwatched,
    ) -> Outcome:
        """Ask what a run left open, as it was planned, within what is left of its budget or of `max_cost`.

        Raises UsageError for an unknown run, RunBusy while another process writes it.
        """
        reader = self.runs.open(ref)
        with self.runs.resume(reader.run_id) as run:
            left = resumed(reader, self.today, self.runs)
            self._check_not_on_the_way(seat.key for seat in left.open)
            bought = Buyer(self, watch, allow_unpriced=allow_unpriced).go_on(run, left, max_cost)
        problems = (*reader.torn, *(() if left.open else (f"nothing was left to ask in run {reader.run_id}",)))
        return self._outcome(bought, _reviews(left.tools, left.personas, bought), problems)

    def on_the_way(self) -> Mapping[str, str]:
        """By key, the run that has a question with a provider's batch; few folders hold any."""
        if not any(self.settings.runs.glob(f"*/{BATCHES}")):
            return {}
        from panel.batching import on_the_way

        return on_the_way(self.runs)

    def _check_not_on_the_way(self, keys: Iterable[str]) -> None:
        """Raise UsageError where a question is with a provider's batch already: it would be paid for twice."""
        way = self.on_the_way()
        taken = [way[key] for key in keys if key in way]
        if taken:
            raise UsageError(
                f"{len(taken)} of these seats are on their way by batch, in run {taken[0]}.",
                hint=f"Collect them first: panel batch collect {taken[0]}; or cancel: panel batch cancel {taken[0]}.",
            )

    def today(self, model: Model) -> Model:
        """The same model where the settings say it is reached now; as its run wrote it down where they do not say.

        Raises UsageError where its key would then go where the settings send none: run folders are copied from machine
        to machine, and may be somebody else's.
        """
        try:
            found = resolve(model.name, self.settings.named)
        except UsageError:
            found = None
        if found and (found.endpoint, found.model, found.parameters) == (model.endpoint, model.model, model.parameters):
            return found
        known = found and (found.base_url, found.key_variable) == (model.base_url, model.key_variable)
        if model.key_variable and model.base_url and not known and not at_home(model.provider, model.base_url):
            raise UsageError(
                f"the run asked {model.name} at {model.base_url} with the key in {model.key_variable}; the settings "
                + ("name another model so now." if found else "do not name that model any more."),
                hint=f"If that address may have the key, set it up as [models.{model.name}] again. Else end its "
                "batches (panel batch give-up RUN PART), and give the run's command anew.",
            )
        return model

    def _outcome(self, bought: Bought, reviews: tuple[Review, ...], problems: tuple[str, ...]) -> Outcome:
        return Outcome(
            reviews=reviews,
            run=bought.manifest.run_id,
            folder=bought.folder,
            totals=bought.manifest.totals,
            capped=bought.manifest.max_cost is not None,
            stopped=next(iter(bought.stopped), None),
            stops=bought.stopped,
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
                hint=f"`panel review {reader.run_id}:SLUG` makes a review's sheet.",
            )
        with self.runs.resume(reader.run_id) as run:
            return [
                run.write_file(f"{path.stem}.html", html.render(Card.model_validate_json(path.read_bytes())))
                for path in records
            ]

    def _seats(self, tools: Sequence[Tool], panel: Panel, wanted: Wanted) -> Seating:
        return seats_of(
            tools,
            panel,
            self.prompter,
            self.runs.held,
            again=wanted.again,
            refresh=wanted.refresh,
            retry_abstained=wanted.retry_abstained,
        )

    def reparse(self, ref: str) -> tuple[RunReader, list[Change]]:
        """Read a run's stored replies again, without a call; returns the verdicts that changed."""
        reader = self.runs.open(ref)
        with self.runs.resume(reader.run_id) as run:
            changed: list[Change] = []
            settle(reader, run, self.runs, changed.append)
        return reader, changed


def _reviews(tools: Sequence[Tool], personas: Sequence[Persona], bought: Bought) -> tuple[Review, ...]:
    """The review of each tool, from the records of its seats."""
    seats: dict[str, list[SeatRecord]] = {tool.id: [] for tool in tools}
    for record in bought.records:
        seats[record.slot.tool].append(record)
    return tuple(review_of(tool, personas, seats[tool.id]) for tool in tools)
