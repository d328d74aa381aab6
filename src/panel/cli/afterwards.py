"""What follows a command over a catalogue: its drift in a few lines, the files it was asked for, and an exit code.

In go the run and why seats of it are open; drift is that of its view against what stood before. Files are written whole
or not at all, and one that cannot be written holds none of the others back.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from panel.cli.diff import DRIFTED, Allowed, Limit, form_of_report
from panel.cli.files import write_file
from panel.cli.options import gathered
from panel.cli.streams import note
from panel.errors import PanelError, UsageError

if TYPE_CHECKING:
    from panel.desk import Desk
    from panel.errors import RunStopping
    from panel.records.drift import Drift
    from panel.records.standing import CataloguePlan

_SUMMARIES = {".md": "markdown", ".txt": "plain", "": "markdown"}
"""Suffixes of a summary with its form; none at all is how CI systems name theirs."""

_FLAGS = (
    click.option(
        "--summary",
        metavar="FILE",
        help="Write what came of it here, in a few lines: Markdown (.md) or plain text (.txt).",
    ),
    click.option(
        "--drift",
        "drifts",
        multiple=True,
        metavar="FILE",
        help="Write what changed here; the suffix (.md .json .txt) says how. May be given more than once.",
    ),
    click.option(
        "--fail-on-flips",
        "allowed",
        type=Limit(),
        metavar="LIMIT",
        help=f"Exit with {DRIFTED} if more votes flipped: a share of the votes paired (5%) or a number.",
    ),
    click.option("--fail-on-alarm", is_flag=True, help=f"Exit with {DRIFTED} if the judge itself moved."),
)


_AGAIN = "The run is whole; `panel diff RUN --out FILE` writes its drift again."


class Afterwards(NamedTuple):
    """The flags as given."""

    summary: str | None = None
    drifts: tuple[str, ...] = ()
    allowed: Allowed | None = None
    fail_on_alarm: bool = False

    @property
    def given(self) -> bool:
        """Whether any of them is."""
        return any(self)

    def check(self) -> None:
        """Raise UsageError, before anything is asked, for a file that could not be written in the end."""
        if self.summary and Path(self.summary).suffix.lower() not in _SUMMARIES:
            raise UsageError(
                f"--summary {self.summary}: a summary is Markdown or plain text.",
                hint="Name it like summary.md or summary.txt.",
            )
        for drift in self.drifts:
            form_of_report(drift, "--drift")
        places: dict[Path, str] = {}
        for flag, name in self._files():
            place = Path(name).resolve()
            if place in places:
                raise UsageError(f"{flag} {name}: {places[place]} is to be written there too.", hint="Name two files.")
            places[place] = flag
            _check_writable(flag, Path(name))

    def follow(
        self, desk: Desk, run: str, reasons: Mapping[str, int], stops: Sequence[RunStopping], *, quiet: bool
    ) -> int:
        """Tell the drift of a run, write the files, and return the exit code: 6 for more drift than allowed, else 0.

        `reasons` counts open seats. Raises the first of the errors met, once everything else is done.
        """
        if quiet and not self.given:
            return 0
        from panel.cli.summary import summary
        from panel.drift import drift_since
        from panel.render.drift import render

        reader, found, files, failed = desk.runs.open(run), None, dict[str, str](), list[PanelError]()
        try:
            found = drift_since(desk.runs, reader)
            files = {name: render(found, form_of_report(name, "--drift")) for name in self.drifts}
        except PanelError as error:
            failed.append(error)
        if self.summary:
            files[self.summary] = summary(reader.manifest, reasons, stops, found, form=_form(self.summary))
        _write_all(files, failed)
        if found and not quiet:
            from panel.cli import plain

            for line in (*(f"note: {problem}" for problem in reader.torn), *_told(found)):
                note(plain(line))
        code = self._code(found) if found else 0
        if failed:
            raise failed[0]
        return code

    def idle(self, plan: CataloguePlan) -> None:
        """Write the summary of a command that found nothing to ask; there is no drift, and a report is not touched."""
        if self.summary:
            from panel.cli.summary import idle_summary

            write_file(Path(self.summary), idle_summary(plan, form=_form(self.summary)), "Choose another --summary.")

    def _files(self) -> Iterator[tuple[str, str]]:
        if self.summary:
            yield "--summary", self.summary
        yield from (("--drift", name) for name in self.drifts)

    def _code(self, drift: Drift) -> int:
        from panel.drift import judge_moved

        failed = self.fail_on_alarm and bool(judge_moved(drift))
        if self.allowed and drift.paired:
            note(self.allowed.verdict(drift))
            failed = failed or self.allowed.exceeded(drift)
        return DRIFTED if failed else 0


def _form(summary: str) -> str:
    return _SUMMARIES[Path(summary).suffix.lower()]


options = gathered("afterwards", Afterwards, _FLAGS)
"""Gives a command these flags."""


def _told(drift: Drift) -> Iterator[str]:
    """The drift in at most eight lines."""
    if not drift.before.seats:
        yield "drift: nothing stood before; this is the first panel of every tool"
        return
    from panel.render.drift_words import causes, flipped, of, panels, straddling

    yield f"drift: {flipped(drift)}"
    if drift.badges_paired:
        yield f"       {of(len(drift.badge_flips), drift.badges_paired, 'badge')} flipped, against what stood before"
    if drift.turns:
        yield "       " + ", ".join(f"{turn.votes:,} {turn.before} -> {turn.after}" for turn in drift.turns[:4])
    if changed := causes(drift, 3):
        yield f"       what changed: {changed}"
    if standing := panels(drift):
        yield f"       {standing}"
    if moved := [f"{judge.persona} on {judge.model}" for judge in drift.judges if judge.moved]:
        more = f" and {len(moved) - 4:,} more" if len(moved) > 4 else ""
        yield f"       ALARM: the judge itself moved: {', '.join(moved[:4])}{more}"
    if drift.straddling:
        yield f"       {straddling(drift)}"
    yield f"       panel diff {drift.after.run} shows all"


def _check_writable(flag: str, path: Path) -> None:
    """As far as it can be told without writing."""
    if path.is_dir():
        raise UsageError(f"{flag} {path}: this is a folder.", hint="Name a file.")
    folder = next(place for place in path.absolute().parents if place.exists())
    if not folder.is_dir() or not os.access(path if path.exists() and not path.is_file() else folder, os.W_OK):
        raise UsageError(f"{flag} {path}: nothing can be written in {folder}.", hint="Name another file.")


def _write_all(files: Mapping[str, str], failed: list[PanelError]) -> None:
    for name, text in files.items():
        try:
            write_file(Path(name), text, _AGAIN)
        except PanelError as error:
            failed.append(error)
