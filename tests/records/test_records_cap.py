"""The cap on an answer: one number, for what is sent and for what is reserved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.prompts import Prompter
from panel.records.cap import CAP_WORDS, LEAST_CAP, cap_of, stated_cap
from panel.records.model import Model
from panel.records.prompt import Prompt
from panel.testing import TOOL, persona

MODEL = Model(name="house", provider="compatible", model="m", endpoint="house", max_output_tokens=6000)
PROMPT = Prompter.load(Path(__file__).parents[2] / "prompts").prompt(TOOL, persona())


def asked(parameters: dict[str, Any], own: int | None) -> tuple[Model, Prompt]:
    return MODEL.model_copy(update={"parameters": parameters}), PROMPT.model_copy(update={"max_output_tokens": own})


CAPS = (
    # parameters · the prompt's own · the cap
    ({}, None, 6000),
    ({"max_tokens": 900}, None, 900),
    ({"max_completion_tokens": 9000}, None, 9000),
    ({"max_output_tokens": 700}, None, 700),
    ({"n_predict": 800}, None, 800),
    ({"max_output_tokens": 800, "max_tokens": 900}, None, 900),
    ({"max_tokens": 900}, 12000, 12000),
    ({"max_tokens": 12000}, 900, 900),
    ({"max_tokens": None, "max_completion_tokens": True}, None, 6000),
    ({"max_tokens": "900"}, None, 6000),
    ({"max_tokens": 900.0}, None, 6000),
    ({"max_tokens": 0}, None, 6000),
    ({"n_predict": -1}, None, 6000),
    ({"max_tokens": -1, "max_completion_tokens": 900}, None, 900),
    ({"max_tokens": 3}, None, LEAST_CAP),
    ({}, 7, LEAST_CAP),
    ({}, 0, 6000),
    ({"max_tokens": 900}, 0, 900),
)


@pytest.mark.parametrize(("parameters", "own", "cap"), CAPS)
def test_the_cap_is_that_of_the_asking_then_of_the_parameters_then_of_the_model(
    parameters: dict[str, Any], own: int | None, cap: int
) -> None:
    model, prompt = asked(parameters, own)
    assert cap_of(model, prompt) == cap


def test_without_a_prompt_it_is_what_a_first_question_has() -> None:
    model, prompt = asked({"max_tokens": 900}, None)
    assert cap_of(model) == cap_of(model, prompt) == 900


@given(st.dictionaries(st.sampled_from([*CAP_WORDS, "seed"]), st.integers() | st.text()), st.none() | st.integers())
def test_there_is_always_a_cap(parameters: dict[str, Any], own: int | None) -> None:
    """Whatever is stated, no answer is asked for without end, nor for none."""
    assert cap_of(*asked(parameters, own)) >= LEAST_CAP


def test_of_several_words_the_largest_number_counts() -> None:
    assert stated_cap({"max_tokens": 900, "max_completion_tokens": 7000, "seed": 10**6}) == 7000
    assert stated_cap({"seed": 7}) is None
