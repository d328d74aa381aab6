"""Seating: what a seat is asked after a reply that could not be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from panel.prompts import Prompter
from panel.records.identity import key_of, key_parts
from panel.records.model import Model
from panel.records.seat import Slot
from panel.records.verdict import Abstained, AbstainReason
from panel.seating import Seat, asked_again
from panel.testing import TOOL, persona

PROMPTER = Prompter.load(Path(__file__).parents[1] / "prompts")
CUT = Abstained(reason=AbstainReason.TRUNCATED)


def a_seat(**parameters: Any) -> Seat:
    model = Model(name="house", provider="compatible", model="m", endpoint="house", parameters=parameters)
    prompt = PROMPTER.prompt(TOOL, persona())
    parts = key_parts(model, prompt, 0)
    slot = Slot(tool=TOOL.id, persona=persona().id, model=model.name)
    return Seat(TOOL, persona(), model, slot, prompt, parts, key_of(parts))


@pytest.mark.parametrize(("parameters", "larger"), [({}, 12000), ({"max_tokens": 9000}, 18000)])
def test_after_a_cut_it_has_twice_the_cap_that_was_sent(parameters: dict[str, int], larger: int) -> None:
    """The user's own cap among the parameters is the one that was sent, so it is the one that is doubled."""
    again = asked_again(a_seat(**parameters), PROMPTER, CUT, "cut", None)
    assert again.max_output_tokens == larger


def test_after_another_fault_it_keeps_the_cap_that_it_had() -> None:
    seat = a_seat()
    assert asked_again(seat, PROMPTER, CUT, "invalid", None).max_output_tokens is None
    assert asked_again(seat, PROMPTER, CUT, "invalid", 12000).max_output_tokens == 12000
