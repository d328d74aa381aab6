"""Progress on standard error: every seat as it lands, and what a dry run would ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from panel.cli import plain
from panel.cli.streams import note

if TYPE_CHECKING:
    from decimal import Decimal

    from panel.convene import Event
    from panel.desk import Unasked
    from panel.records.seat import Slot


_WHY = {
    "contradiction": "score and verdict contradicted each other",
    "cut": "the answer was cut off",
    "invalid": "the answer could not be used",
}
"""Why a seat is asked again, in a few words."""

_UNASKED = "not asked: "


def watcher(quiet: bool) -> Callable[[Event], None]:
    """Shows every seat as it lands, on standard error; of those that a stop kept from being asked, a model's first."""
    stopped: set[tuple[str, str]] = set()

    def watch(event: Event) -> None:
        if event.happening == "failed" and event.detail.startswith(_UNASKED):
            why = (event.slot.model, event.detail)
            if why in stopped:
                return
            stopped.add(why)
        note(_line(event))

    return (lambda event: None) if quiet else watch


def _line(event: Event) -> str:
    seat = _seat(event.slot)
    if event.happening == "again":
        return plain(f"  again     {seat} · {_WHY.get(event.detail, event.detail)}")
    if event.happening == "failed":
        return plain(_silent(event, seat))
    took = "stored" if event.happening == "held" else f"{event.seconds:.1f} s"
    verdict = event.verdict
    if verdict is None:
        return plain(f"  pending   {seat} · {took}")
    if verdict.kind == "scored":
        return plain(f"  {f'{verdict.call} {verdict.score}':<9} {seat} · {took}")
    return plain(f"  abstained {seat} · {verdict.reason.meaning} · {took}")


def _silent(event: Event, seat: str) -> str:
    """A seat without a reply: why, without the code and the model's name, which stands before it."""
    if event.detail.startswith(_UNASKED):
        why = event.detail.removeprefix(_UNASKED)
        why = "the cap is reached" if why == "budget" else why
        return f"  not asked {seat} · {why}; the model's other open seats are left out here"
    code, _, message = event.detail.partition(": ")
    why = message if code.isidentifier() and message else event.detail
    return f"  no reply  {seat} · {why.removeprefix(f'{event.slot.model}: ')}"


def _seat(slot: Slot) -> str:
    repeat = f" #{slot.repeat + 1}" if slot.repeat else ""
    return f"{slot.tool} · {slot.persona}{repeat} · {slot.model}"


def show_dry_run(seats: list[Unasked]) -> None:
    """The prompts and their price, on standard output."""
    for seat, estimate in seats:
        click.echo(plain(f"──── {_seat(seat.slot)} · about {estimate.input_tokens:,} tokens in · {_usd(estimate.usd)}"))
        for message in seat.prompt.messages:
            click.echo(f"[{message.role}]")
            click.echo("\n".join(plain(line) for line in message.content.splitlines()))
    asked = f"{len(seats)} {'seat' if len(seats) == 1 else 'seats'} would be asked"
    cost = "; ".join(_costs(seats)) if seats else "every answer is stored (--refresh asks anew)"
    click.echo(f"──── {asked}: {cost}. Nothing was sent.")


def _costs(seats: list[Unasked]) -> Iterator[str]:
    """The usual and the worst case of the seats with a price, and how many have none."""
    known = [estimate.usd for _, estimate in seats if estimate.usd is not None]
    worst = [estimate.worst_usd for _, estimate in seats if estimate.worst_usd is not None]
    if known:
        yield _usd(sum(known))
        if sum(worst):
            yield f"{_usd(sum(worst))} if every answer fills its cap and is asked for as often as it may be"
    if len(known) < len(seats):
        yield "price unknown" if not known else f"price unknown for {len(seats) - len(known)} of them"


def _usd(amount: Decimal | int | None) -> str:
    if amount is None:
        return "price unknown"
    return f"about ${amount:.4f}" if amount else "no charge"
