"""The form sent back is told from a dull answer."""

from __future__ import annotations

from typing import Any

import pytest
from surveyor import ANSWER, PERSONA, PROMPT, answer_with

from panel.parse.form import Form
from panel.parse.placeholders import is_placeholder
from panel.records.scale import SCALE

FORM = Form(PROMPT, PERSONA, SCALE)
QUOTE = ANSWER["evidence"][0]
EMPTY_FORMS: dict[str, dict[str, Any]] = {
    "ellipsis": {"review": "…"},
    "nothing": {"review": ""},
    "none": {"review": "N/A"},
    "type": {"review": "string"},
    "angle brackets": {"review": "<one paragraph, present tense>"},
    "square brackets": {"review": "[your review]"},
    "template variable": {"review": "{{ review }}"},
    "sample words": {"review": "Your review goes here."},
    "latin": {"review": "Lorem ipsum dolor sit amet, consectetur."},
    "instructions": {"review": "passages that carry your judgement, copied character for character"},
    "all alike": {
        "review": "x y",
        "answers": {"a": "x y", "b": "x y"},
        "evidence": [QUOTE | {"quote": "x y", "shows": "x y"}],
    },
    "quotes are the form's": {"evidence": [QUOTE | {"quote": "<passage>"}, QUOTE | {"quote": "quote"}]},
}
ANSWERS: dict[str, dict[str, Any]] = {
    "faultless": {},
    "short": {"review": "Good."},
    "dull": {"review": "It is fine for most teams."},
    "silent notes": {"answers": {"first_hour": "not stated", "way_out": "not stated"}},
    "notes without words": {"answers": {"first_hour": "n/a", "way_out": "n/a"}, "evidence": [QUOTE]},
    "one quote is the form's": {"evidence": [QUOTE, QUOTE | {"quote": "..."}]},
    "no quote was found": {"evidence": [QUOTE | {"quote": "n/a"}]},
    "angle brackets inside": {"review": "It parses <tag> pairs and {braces}, nothing more."},
}


@pytest.mark.parametrize("name", EMPTY_FORMS)
def test_a_form_that_was_not_filled_in_is_a_placeholder(name: str) -> None:
    assert is_placeholder(answer_with(**EMPTY_FORMS[name]), FORM)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_short_or_dull_answer_is_an_answer(name: str) -> None:
    assert not is_placeholder(answer_with(**ANSWERS[name]), FORM)


def test_our_own_words_are_all_that_was_sent_outside_the_fences() -> None:
    assert "one json object" in FORM.own_words
    assert "the data ends here" in FORM.own_words
    assert "log store" not in FORM.own_words
