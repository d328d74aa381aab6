"""Progress: a line per seat in the reader's words, and what a dry run says of known and unknown prices."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

import pytest

from panel.cli.progress import show_dry_run, watcher
from panel.convene import Event
from panel.desk import Unasked
from panel.prices import Estimate
from panel.records.seat import Slot
from panel.records.verdict import Abstained, AbstainReason
from panel.seating import Seat


class _Seat:
    """As much of a seat as a dry run shows."""

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self.prompt = _Prompt()


class _Prompt:
    messages = ()


def slot(persona: str = "skeptic", model: str = "house", repeat: int = 0) -> Slot:
    return Slot(tool="sqlite", persona=persona, model=model, repeat=repeat)


def priced(model: str, usd: str | None, worst: str | None) -> Unasked:
    """A seat of a dry run at these prices."""
    each, most = (None if amount is None else Decimal(amount) for amount in (usd, worst))
    seat = cast("Seat", _Seat(slot(model=model)))
    return Unasked(seat, Estimate(4100, 700, each, most, "test"))


def told(capsys: pytest.CaptureFixture[str], *events: Event) -> list[str]:
    with watcher(quiet=False) as watch:
        for event in events:
            watch(event)
    return capsys.readouterr().err.splitlines()


def test_an_abstention_is_told_in_words_in_its_column(capsys: pytest.CaptureFixture[str]) -> None:
    verdict = Abstained(reason=AbstainReason.OFF_SCHEMA)
    assert told(capsys, Event("landed", slot(repeat=1), 2.04, verdict)) == [
        f"  abstained sqlite · skeptic #2 · house · {AbstainReason.OFF_SCHEMA.meaning} · 2.0 s"
    ]


def test_a_failure_is_told_without_its_code_and_names_its_model_once(capsys: pytest.CaptureFixture[str]) -> None:
    failed = Event("failed", slot(), detail="rate_limited: house: too many requests at once (HTTP 429: slow down)")
    assert told(capsys, failed) == [
        "  no reply  sqlite · skeptic · house · too many requests at once (HTTP 429: slow down)"
    ]


def test_of_the_seats_that_a_stop_left_out_the_first_of_each_model_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A stop leaves thousands of them out; the closing lines count them."""
    seats = [slot(persona, model) for model in ("house", "fast") for persona in ("builder", "skeptic", "founder")]
    assert told(capsys, *(Event("failed", seat, detail="not asked: budget") for seat in seats)) == [
        f"  not asked sqlite · builder · {model} · the cap is reached; the model's other open seats are left out here"
        for model in ("house", "fast")
    ]


def test_of_seats_that_fail_for_one_reason_three_are_named_and_the_others_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each once, however many rounds it fails in."""
    why = "unreachable: house: no connection could be made"
    silent = [Event("failed", slot(f"p{number}"), detail=why) for number in range(6)]
    assert told(capsys, *silent, *silent) == [
        *(f"  no reply  sqlite · p{number} · house · no connection could be made" for number in range(3)),
        "  no reply  house · 3 more: unreachable",
    ]


def test_a_fourth_seat_that_fails_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A line that counts one would say less."""
    silent = [Event("failed", slot(f"p{number}"), detail="timeout: house: no answer") for number in range(4)]
    assert told(capsys, *silent)[-1] == "  no reply  sqlite · p3 · house · no answer"


def test_a_seat_that_landed_later_is_not_counted_among_the_silent(capsys: pytest.CaptureFixture[str]) -> None:
    silent = [Event("failed", slot(f"p{number}"), detail="timeout: house: no answer") for number in range(5)]
    later = [Event("landed", slot(f"p{number}"), 1.0, Abstained(reason=AbstainReason.EMPTY)) for number in (3, 4)]
    assert not any("more: timeout" in line for line in told(capsys, *silent, *later))


@pytest.mark.parametrize(
    ("seats", "line"),
    [
        (
            [priced("house", "0.0034", "0.06"), priced("mystery", None, None)],
            "2 seats would be asked: about $0.0034; about $0.0600 if every answer fills its cap and is asked for as "
            "often as it may be; price unknown for 1 of them",
        ),
        ([priced("mystery", None, None)], "1 seat would be asked: price unknown"),
        ([priced("own", "0", "0")], "1 seat would be asked: no charge"),
    ],
)
def test_a_dry_run_adds_up_what_is_known_and_counts_what_is_not(
    capsys: pytest.CaptureFixture[str], seats: list[Unasked], line: str
) -> None:
    """What is unknown is not zero, and hides nothing that is known."""
    show_dry_run(seats)
    assert capsys.readouterr().out.splitlines()[-1] == f"──── {line}. Nothing was sent."
