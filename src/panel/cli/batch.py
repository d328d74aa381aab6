"""`panel batch …`: a run's open seats by the providers' batch interfaces, at half the price, within a day."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from panel.cli import plain
from panel.cli.options import cap_in_place
from panel.cli.progress.catalogue import Shown, fields, part_line, standing_line
from panel.cli.spend import spend_line
from panel.cli.streams import note, print_json

if TYPE_CHECKING:
    from panel.batching import Part, Standing
    from panel.desk.batches import Batches, Gathered, Posted
    from panel.errors import PanelError
    from panel.records.run import Manifest

UNFINISHED = 5
"""The exit code where something is open still."""


@click.group("batch")
def command() -> None:
    """Hand in, look at, collect, cancel and give up the batches of a run.

    \b
    Examples:
      panel batch submit latest --max-cost 5
      panel batch status latest
      panel batch collect latest --wait
    """


@command.command("submit")
@click.argument("run", metavar="RUN")
@cap_in_place
@click.option("--allow-unpriced", is_flag=True, help="Under a cap: also hand in for models without a known price.")
def submit(run: str, max_cost: Decimal | None, allow_unpriced: bool) -> int:
    """Hand in what a run has open, and come back later; nothing that is on its way is sent again."""
    batches = _batches(run)
    handed_in = batches.submit(max_cost, allow_unpriced=allow_unpriced)
    for part in handed_in.submission.parts:
        click.echo(plain(part_line(part)))
    for error in handed_in.submission.stopped.values():
        _explain(error)
    for reason, count in handed_in.left.items():
        note(plain(f"open: {count:,} seats ({reason})"))
    note(_submitted(batches, handed_in))
    return UNFINISHED if handed_in.submission.stopped else 0


@command.command("status")
@click.argument("run", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each part, also for those that have ended.")
def status(run: str, as_json: bool) -> int:
    """Say where a run's batches stand. Exit code 5 while any is not collected."""
    batches = _batches(run)
    standings, parts = batches.status(), batches.parts()
    if as_json:
        _print_json(standings, parts)
        return UNFINISHED if standings else 0
    _show(standings)
    ended = [part for part in parts if not part.is_open]
    if ended:
        requests = sum(len(part.keys) for part in ended)
        more = "more " if standings else ""
        note(f"{_number(len(ended), f'{more}part has', f'{more}parts have')} ended, {_requests(requests)}")
    elif not standings:
        note(f"run {batches.run_id} has handed in nothing")
    return UNFINISHED if standings else 0


@command.command("collect")
@click.argument("run", metavar="RUN")
@click.option("--wait", is_flag=True, help="Look again until all batches are over; Ctrl-C leaves them running.")
def collect(run: str, wait: bool) -> int:
    """Store what the batches brought that are over, also what expired or cancelled ones have done."""
    batches = _batches(run)
    gathered = batches.collect(wait=wait, watch=Shown(quiet=not wait, json_events=None).standings)
    _tell(gathered)
    _close(batches, gathered.manifest, gathered.open)
    return UNFINISHED if gathered.open or gathered.manifest.totals.pending else 0


@command.command("cancel")
@click.argument("run", metavar="RUN")
def cancel(run: str) -> int:
    """Cancel a run's batches; what they have done by then is paid for, and is collected as usual."""
    batches = _batches(run)
    if not any(part.is_open for part in batches.parts()):
        note(f"no batch of run {batches.run_id} is open: there is nothing to cancel")
        return 0
    standings = batches.cancel()
    _show(standings)
    note(f"panel batch collect {batches.run_id} stores what was done, once they have ended")
    return UNFINISHED if any(standing.problem for standing in standings) else 0


@command.command("give-up")
@click.argument("run", metavar="RUN")
@click.argument("part", metavar="PART", type=int)
def give_up(run: str, part: int) -> int:
    """End a part whose results cannot be had any more.

    Its seats are open again and can be asked otherwise; what was held for it counts as spent, since it may have been
    charged. Whatever its batch still does is not read.
    """
    batches = _batches(run)
    ended = batches.give_up(part)
    click.echo(plain(f"{part_line(ended)}  given up"))
    note(f"panel batch submit {batches.run_id} hands its seats in again; {_live(_manifest(run))} asks them live")
    return 0


def _batches(run: str) -> Batches:
    from panel.desk import Desk
    from panel.desk.batches import Batches

    return Batches(Desk.open(), run, lambda words: note(plain(f"note: {words}")))


def _manifest(run: str) -> Manifest:
    from panel.desk import Desk

    return Desk.open().runs.open(run).manifest


def _live(manifest: Manifest) -> str:
    """The command that asks live what a run has open: one that began by batch goes on so, unless told otherwise."""
    by_batch = manifest.catalogue is not None and manifest.catalogue.via == "batch"
    return f"panel runs resume {manifest.run_id}{' --via live' if by_batch else ''}"


def _submitted(batches: Batches, posted: Posted) -> str:
    """What handing in came to, and what to do next."""
    waiting = [part for part in batches.parts() if part.is_open]
    if waiting:
        requests = _requests(sum(len(part.keys) for part in waiting))
        nothing = "" if posted.submission.parts else f"nothing was handed in: {requests} on their way already; "
        return f"{nothing}panel batch collect {batches.run_id} stores what is there; the run waits as long as it takes"
    if posted.left or posted.submission.stopped or posted.manifest.totals.pending:
        return "nothing was handed in"
    return f"nothing is open in run {batches.run_id}: nothing was handed in"


def _print_json(standings: Sequence[Standing], parts: Sequence[Part]) -> None:
    import json

    from panel.batching import Standing

    found = {standing.part.number: standing for standing in standings}
    for part in parts:
        told = fields(found.get(part.number, Standing(part)))
        phase = told["phase"] or (part.phase and str(part.phase))
        print_json(json.dumps({**told, "phase": phase, "ended": part.ended or None}))


def _number(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _requests(count: int) -> str:
    return _number(count, "request", "requests")


def _show(standings: Sequence[Standing]) -> None:
    for standing in standings:
        click.echo(plain(standing_line(standing)))
        for problem in standing.state.problems if standing.state else ():
            click.echo(plain(f"          {problem}"))
        if standing.problem:
            _explain(standing.problem)


def _tell(gathered: Gathered) -> None:
    collected = gathered.collected
    parts = ", ".join(map(str, collected.parts)) or "none"
    click.echo(f"collected parts: {parts}; {collected.replies:,} replies, {collected.failures:,} seats without one")
    for words in collected.odd:
        note(plain(f"note: {words}"))
    for error in collected.failed.values():
        _explain(error)


def _close(batches: Batches, manifest: Manifest, still_open: Sequence[Part]) -> None:
    totals = manifest.totals
    note(f"run {batches.run_id}: {totals.scored + totals.abstained:,} seats answered, {totals.pending:,} open")
    for line in f"spent: {spend_line(totals, capped=manifest.max_cost is not None)}".splitlines():
        note(line)
    if still_open:
        over = _number(len(still_open), "part is", "parts are")
        requests = _requests(sum(len(part.keys) for part in still_open))
        note(f"{over} not over yet, {requests}: panel batch status {batches.run_id}")
    elif totals.pending:
        note(f"panel batch submit {batches.run_id} hands in the rest; {_live(manifest)} asks it live")


def _explain(error: PanelError) -> None:
    note(plain(f"panel: {error.message}"))
    if error.hint:
        note(plain(f"       {error.hint}"))
