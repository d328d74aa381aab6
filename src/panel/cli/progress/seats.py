"""Seats in a line each: what became of a seat, in the reader's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from panel.cli import plain

if TYPE_CHECKING:
    from panel.convene import Event
    from panel.records.seat import Slot


_WHY = {
    "contradiction": "score and verdict contradicted each other",
    "cut": "the answer was cut off",
    "invalid": "the answer could not be used",
}
"""Why a seat is asked again, in a few words."""

UNASKED = "not asked: "
"""How the reason of a seat begins that a stop kept from being asked."""


def seat_line(event: Event) -> str:
    """What happened to a seat."""
    seat = seat_name(event.slot)
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


def code_of(detail: str) -> str:
    """The code at the beginning of why a seat has no reply; the whole reason where it has none."""
    code, _, message = detail.partition(": ")
    return code if code.isidentifier() and message else detail


def _silent(event: Event, seat: str) -> str:
    """A seat without a reply: why, without the code and the model's name, which stands before it."""
    if event.detail.startswith(UNASKED):
        return f"  not asked {seat} · {why_unasked(event.detail)}; the model's other open seats are left out here"
    why = event.detail.removeprefix(f"{code_of(event.detail)}: ")
    return f"  no reply  {seat} · {why.removeprefix(f'{event.slot.model}: ')}"


def why_unasked(detail: str) -> str:
    """Why a model is asked no more, in words, from the reason of a seat that was not."""
    why = detail.removeprefix(UNASKED)
    return "the cap is reached" if why == "budget" else why


def seat_name(slot: Slot) -> str:
    """A seat as it is named to a reader; its repeats count from 1."""
    repeat = f" #{slot.repeat + 1}" if slot.repeat else ""
    return f"{slot.tool} · {slot.persona}{repeat} · {slot.model}"
