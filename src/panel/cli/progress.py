"""Progress on standard error: every seat as it lands, and what a dry run would ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from panel.cli import plain
from panel.cli.streams import note

if TYPE_CHECKING:
    from panel.convene import Event
    from panel.desk import Unasked


_WHY = {
    "contradiction": "score and verdict contradicted each other",
    "cut": "the answer was cut off",
    "invalid": "the answer could not be read",
}
"""Why a seat is asked again, in a few words."""


def watcher(quiet: bool) -> Callable[[Event], None]:
    """Shows every seat as it lands, on standard error."""
    if quiet:
        return lambda event: None
    return lambda event: note(_line(event))


def _line(event: Event) -> str:
    slot = event.slot
    repeat = f" #{slot.repeat + 1}" if slot.repeat else ""
    seat = f"{slot.tool} · {slot.persona}{repeat} · {slot.model}"
    if event.happening == "again":
        return plain(f"  again     {seat} · {_WHY.get(event.detail, event.detail)}")
    if event.happening == "failed":
        return plain(f"  no reply  {seat} · {event.detail}")
    took = "stored" if event.happening == "held" else f"{event.seconds:.1f} s"
    return plain(f"  {_call(event):<9} {seat} · {took}")


def _call(event: Event) -> str:
    verdict = event.verdict
    if verdict is None:
        return "pending"
    return f"{verdict.call} {verdict.score}" if verdict.kind == "scored" else verdict.reason.value


def show_dry_run(seats: list[Unasked]) -> None:
    """The prompts and their price, on standard output."""
    for seat, estimate in seats:
        click.echo(f"──── {seat.slot} · about {estimate.input_tokens} tokens in · {_usd(estimate.usd)}")
        for message in seat.prompt.messages:
            click.echo(f"[{message.role}]")
            click.echo("\n".join(plain(line) for line in message.content.splitlines()))
    known = [estimate.usd for _, estimate in seats if estimate.usd is not None]
    worst = [estimate.worst_usd for _, estimate in seats if estimate.worst_usd is not None]
    total = _usd(sum(known)) if len(known) == len(seats) else "unknown price"
    at_most = (
        f", at most {_usd(sum(worst))} if every answer is as long as it may be and is asked for as often as it may be"
        if seats and len(worst) == len(seats)
        else ""
    )
    click.echo(f"──── {len(seats)} seats would be asked: {total}{at_most}. Nothing was sent.")


def _usd(amount: object) -> str:
    return "unknown price" if amount is None else f"about ${amount:.4f}"
