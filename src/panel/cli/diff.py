"""`panel diff RUN RUN`: what changed between two runs, and why."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from panel.errors import InputError, UsageError

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
    """How many flips are allowed: a share of the votes paired, or a number."""

    most: Fraction
    share: bool
    text: str

    def exceeded(self, flipped: int, paired: int) -> bool:
        return flipped > (self.most * paired if self.share else self.most)


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
@click.argument("after", metavar="RUN", required=False)
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

    RUN is a run's id, the beginning of one, "latest", or "previous": the last run before the other one that holds one
    of its tools.

    \b
    Examples:
      panel diff previous latest
      panel diff 20261101 20261120 --fail-on-flips 5% --out drift.md
      panel diff latest --models openai/gpt-6-luna mistral/mistral-small-latest
      panel diff previous latest --straddling watch.txt
    """
    from panel.desk import Desk
    from panel.drift import Asked, drift_between

    if models and only_models:
        raise UsageError(
            "--model and --models cannot be combined.", hint="--models A B already says which are compared."
        )
    forms = [(out, _form_of(out)) for out in outs]
    asked = Asked(tuple(dict.fromkeys(personas)), tuple(dict.fromkeys(only_models)), models, _watched(watch))
    desk = Desk.open()
    readers = _readers(desk, before, after, one_will_do=models is not None)
    drift = drift_between(desk.runs, *readers, asked)
    _deliver(drift, "json" if as_json else form, forms, straddling)
    if not quiet:
        _tell(drift, asked, readers)
    return _exit_code(drift, allowed, fail_on_alarm)


def _readers(desk: Desk, before: str, after: str | None, *, one_will_do: bool) -> tuple[RunReader, RunReader]:
    if after is None:
        if not one_will_do:
            raise UsageError("one run was named.", hint=f"Name two: panel diff {PREVIOUS} {before}")
        after = before
    if before == after == PREVIOUS:
        raise UsageError(f"{PREVIOUS!r} is the run before another one.", hint=f"Name the other: {PREVIOUS} latest")
    if before == PREVIOUS:
        later = desk.runs.open(after)
        return _previous(desk, later), later
    if after == PREVIOUS:
        later = desk.runs.open(before)
        return later, _previous(desk, later)
    return desk.runs.open(before), desk.runs.open(after)


def _previous(desk: Desk, later: RunReader) -> RunReader:
    tools, began = set(later.manifest.tools), later.manifest.started_at
    for reader in desk.runs.list():
        if reader.problem or reader.run_id == later.run_id or reader.manifest.started_at > began:
            continue
        if not tools or not reader.manifest.tools or tools.intersection(reader.manifest.tools):
            return reader
    raise UsageError(f"no run before {later.run_id} holds one of its tools.", hint="See what there is: panel runs list")


def _form_of(out: str) -> str:
    from panel.cli.delivery import form_of

    form = form_of(out)
    if form == "html":
        raise UsageError(f"--out {out}: a drift report has no page.", hint="Use one of .md, .json, .txt.")
    return form


def _watched(watch: Path | None) -> tuple[str, ...] | None:
    if watch is None:
        return None
    from panel.drift import read_watch_list

    try:
        text = watch.read_text("utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot read the watch list {watch}: {error.strerror or error}", hint="`--straddling FILE` writes one."
        ) from error
    except UnicodeDecodeError:
        raise InputError.at(str(watch), "it is not text in UTF-8.", hint="Write one tool id on a line.") from None
    return read_watch_list(text, str(watch))


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


def _tell(drift: Drift, asked: Asked, readers: tuple[RunReader, RunReader]) -> None:
    from panel.cli import plain
    from panel.cli.streams import note

    for problem in dict.fromkeys((*readers[0].torn, *readers[1].torn)):
        note(plain(f"note: {problem}"))
    most = max(drift.before.tools, drift.after.tools)
    if asked.tools is not None and len(asked.tools) > most:
        note(f"note: the watch list names {len(asked.tools)} tools; the runs hold at most {most} of them")


def _exit_code(drift: Drift, allowed: Allowed | None, fail_on_alarm: bool) -> int:
    from panel.cli.streams import note
    from panel.drift import judge_moved

    failed = False
    if allowed:
        if not drift.paired:
            raise UsageError(
                "--fail-on-flips: no vote stands on both sides, so nothing can be said.",
                hint="Name two runs that share tools, personas and models.",
            )
        failed = allowed.exceeded(drift.flipped, drift.paired)
        share = 100 * drift.flipped / drift.paired
        verdict = "more than" if failed else "within"
        note(f"{drift.flipped} of {drift.paired} votes flipped ({share:.1f} %): {verdict} the {allowed.text} allowed")
    if fail_on_alarm and (moved := judge_moved(drift)):
        failed = True
        note(f"the judge moved: {', '.join(f'{line.persona} on {line.model}' for line in moved)}")
    return DRIFTED if failed else 0
