"""`panel diff RUN [RUN]`: what changed between two runs, or since one over a catalogue was planned, and why."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from panel.cli.watch_list import watched
from panel.errors import UsageError

if TYPE_CHECKING:
    from panel.desk import Desk
    from panel.drift import Asked
    from panel.records.drift import Drift
    from panel.store import RunReader

PREVIOUS = "previous"
"""Stands for the run before the other one: the last that began earlier and holds one of its tools."""
DRIFTED = 6
"""The exit code of more drift than allowed."""


class Allowed(NamedTuple):
    """How many flips are allowed: a share of the votes paired, or a number.

    The share is of all votes paired, also those that show the very same answer: it bounds how much of a catalogue may
    change in one go. A share of the few that were asked anew would be large each time a description is rewritten.
    """

    most: Fraction
    share: bool
    text: str

    def exceeded(self, drift: Drift) -> bool:
        """Whether more votes flipped, of at least one that was paired."""
        return drift.flipped > (self.most * drift.paired if self.share else self.most)

    def verdict(self, drift: Drift) -> str:
        """The same in words, with the flips of those asked anew and of all paired."""
        from panel.render.drift_words import flipped

        limit = f"{self.text.removesuffix('%').strip()} % of all paired" if self.share else self.text
        if self.exceeded(drift):
            return f"{flipped(drift)}: more than the {limit} allowed"
        if not drift.anew:
            return f"{flipped(drift)}; the {limit} allowed was not put to the test"
        return f"{flipped(drift)}: within the {limit} allowed"


class Limit(click.ParamType["Allowed"]):
    """A share such as 5%, or a number."""

    name = "limit"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Allowed:
        """The limit as given."""
        if isinstance(value, Allowed):
            return value
        text = str(value).strip()
        number = text.removesuffix("%").strip()
        share = text.endswith("%")
        if not number.isascii() or not number.replace(".", "", 1 if share else 0).isdigit() or len(number) > 12:
            self.fail(f"{value!r} is no number of flips; write a share like 5% or a whole number like 20", param, ctx)
        most = Fraction(number) / 100 if share else Fraction(number)
        if share and most > 1:
            self.fail(f"{value!r} is more than all; write a share from 0% to 100%", param, ctx)
        return Allowed(most, share, text)


@click.command("diff")
@click.argument("before", metavar="RUN")
@click.argument("after", metavar="[RUN]", required=False)
@click.option("-p", "--persona", "personas", multiple=True, metavar="ID", help="Only these personas; may be repeated.")
@click.option(
    "-m", "--model", "only_models", multiple=True, metavar="MODEL", help="Only these models; may be repeated."
)
@click.option(
    "--models",
    nargs=2,
    metavar="A B",
    help="Compare model A's answers in the first run with model B's in the second; one run will do.",
)
@click.option("--watch", type=click.Path(path_type=Path), metavar="FILE", help="Only the tools that this list names.")
@click.option(
    "--straddling",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the tools whose verdict hangs on little here, as a list for --watch.",
)
@click.option(
    "--fail-on-flips",
    "allowed",
    type=Limit(),
    metavar="LIMIT",
    help=f"Exit with {DRIFTED} if more votes flipped: a share of the votes paired (5%) or a number.",
)
@click.option("--fail-on-alarm", is_flag=True, help=f"Exit with {DRIFTED} if the judge itself moved.")
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(("terminal", "markdown", "json")),
    default="terminal",
    show_default=True,
    help="What goes to standard output.",
)
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
@click.option(
    "-o",
    "--out",
    "outs",
    multiple=True,
    metavar="FILE",
    help="Also write the report here; the suffix (.md .json .txt) says how. May be given more than once.",
)
@click.option("-q", "--quiet", is_flag=True, help="No notes on standard error.")
def command(
    before: str,
    after: str | None,
    personas: tuple[str, ...],
    only_models: tuple[str, ...],
    models: tuple[str, str] | None,
    watch: Path | None,
    straddling: Path | None,
    allowed: Allowed | None,
    fail_on_alarm: bool,
    form: str,
    as_json: bool,
    outs: tuple[str, ...],
    quiet: bool,
) -> int:
    """Show what changed between two runs, paired by tool and persona, and why. No call, no cost.

    RUN is a run's id, the beginning of one, "latest", or "previous": the last run before the other one over the same
    catalogue, or that holds one of its tools. One run over a catalogue is compared with what stood before it.

    \b
    Examples:
      panel diff previous latest
      panel diff latest
      panel diff 20261101 20261120 --fail-on-flips 5% --out drift.md
      panel diff latest --models openai/gpt-6-luna mistral/mistral-small-latest
      panel diff previous latest --straddling watch.txt
    """
    from panel.desk import Desk
    from panel.drift import Asked, drift_between, drift_since

    if models and only_models:
        raise UsageError(
            "--model and --models cannot be combined.", hint="--models A B already says which are compared."
        )
    forms = [(out, form_of_report(out, "--out")) for out in outs]
    asked = Asked(tuple(dict.fromkeys(personas)), tuple(dict.fromkeys(only_models)), models, watched(watch))
    desk = Desk.open()
    readers = _readers(desk, before, after, twice=models is not None)
    if len(readers) == 1:
        drift = drift_since(desk.runs, readers[0], asked)
    else:
        drift = drift_between(desk.runs, readers[0], readers[1], asked)
    _deliver(drift, "json" if as_json else form, forms, straddling)
    if not quiet:
        _tell(drift, asked, readers, straddling)
    return _exit_code(drift, allowed, fail_on_alarm)


def _readers(desk: Desk, before: str, after: str | None, *, twice: bool) -> tuple[RunReader, ...]:
    """The two runs that are compared; `twice` lets one stand on both sides. One over a catalogue stands alone."""
    if before == PREVIOUS and after in (None, PREVIOUS):
        raise UsageError(f"{PREVIOUS!r} is the run before another one.", hint=f"Name the other: {PREVIOUS} latest")
    if after is None:
        reader = desk.runs.open(before)
        if twice:
            return reader, reader
        if reader.manifest.catalogue is None:
            raise UsageError("one run was named.", hint=f"Name two: panel diff {PREVIOUS} {before}")
        return (reader,)
    if before == PREVIOUS:
        later = desk.runs.open(after)
        return _previous(desk, later), later
    if after == PREVIOUS:
        later = desk.runs.open(before)
        return later, _previous(desk, later)
    return desk.runs.open(before), desk.runs.open(after)


def _previous(desk: Desk, later: RunReader) -> RunReader:
    """The last run that began before `later` over the same catalogue, else the last that holds one of its tools."""
    from panel.drift import tools_of

    began = later.manifest.started_at
    earlier = [
        reader
        for reader in desk.runs.list()
        if not reader.problem and reader.run_id != later.run_id and reader.manifest.started_at <= began
    ]
    for reader in earlier:
        found = reader.manifest.catalogue
        if found and later.manifest.catalogue and found.source == later.manifest.catalogue.source:
            return reader
    tools = set(tools_of(later))
    for reader in earlier:
        if not tools.isdisjoint(tools_of(reader)):
            return reader
    raise UsageError(f"no run before {later.run_id} holds one of its tools.", hint="See what there is: panel runs list")


def form_of_report(out: str, flag: str) -> str:
    """The form that the suffix of a report's file names; raises UsageError where it names none."""
    from panel.cli.delivery import FORMS

    suffix = Path(out).suffix.lower()
    form = FORMS.get(suffix)
    if form is None or form == "html":
        why = "a drift report has no page" if form else f"the suffix {suffix or '(none)'!r} names no form of a report"
        raise UsageError(f"{flag} {out}: {why}.", hint="Use one of .md, .json, .txt.")
    return form


def _deliver(drift: Drift, form: str, outs: list[tuple[str, str]], straddling: Path | None) -> None:
    from panel.cli.delivery import coloured, write
    from panel.cli.streams import print_json, width
    from panel.drift import watch_list
    from panel.render.drift import render

    if straddling:
        write(straddling, watch_list(drift.straddling, drift.after.run), kept=False)
    for out, out_form in outs:
        write(Path(out), render(drift, out_form), kept=False)
    if form == "json":
        print_json(render(drift, "json"))
    else:
        click.echo(render(drift, form, width=width(120), colour=coloured() and form == "terminal"), nl=False)


def _tell(drift: Drift, asked: Asked, readers: tuple[RunReader, ...], straddling: Path | None) -> None:
    from panel.cli import plain
    from panel.cli.streams import note
    from panel.render.words import count

    for problem in dict.fromkeys(problem for reader in readers for problem in reader.torn):
        note(plain(f"note: {problem}"))
    most = max(drift.before.tools, drift.after.tools)
    if asked.tools == ():
        note("note: the watch list names no tool: nothing is compared")
    elif asked.tools is not None and len(asked.tools) > most:
        note(f"note: the watch list names {len(asked.tools)} tools; the runs hold at most {most} of them")
    if straddling:
        note(plain(f"{straddling}: {count(len(drift.straddling), 'tool')} whose verdict hangs on little"))


def _exit_code(drift: Drift, allowed: Allowed | None, fail_on_alarm: bool) -> int:
    from panel.cli.streams import note
    from panel.drift import judge_moved

    failed = False
    if allowed and drift.watched != 0:  # a list that names no tool has nothing to fail on
        if not drift.paired:
            raise UsageError(
                "--fail-on-flips: no vote stands on both sides, so nothing can be said.",
                hint="Name two runs that share tools, personas and models.",
            )
        failed = allowed.exceeded(drift)
        note(allowed.verdict(drift))
    if fail_on_alarm and (moved := judge_moved(drift)):
        failed = True
        note(f"the judge moved: {', '.join(f'{line.persona} on {line.model}' for line in moved)}")
    return DRIFTED if failed else 0
