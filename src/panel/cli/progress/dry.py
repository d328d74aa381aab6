"""What a dry run shows: every prompt, what it may cost, and what all of them may cost together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from panel.cli import plain
from panel.cli.progress.seats import seat_name

if TYPE_CHECKING:
    from decimal import Decimal

    from panel.desk import Unasked


def show_dry_run(seats: list[Unasked]) -> None:
    """The prompts and their price, on standard output."""
    for seat, estimate in seats:
        name = seat_name(seat.slot)
        click.echo(plain(f"──── {name} · about {estimate.input_tokens:,} tokens in · {_usd(estimate.usd)}"))
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
