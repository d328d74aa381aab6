"""Whether a text gives enough to judge by: the short way says what counting all its facts says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from panel.records.facts import FLOOR, checkable_facts, gives_enough

CATALOGUE = Path(__file__).parents[2] / "catalogue"
WORDS = (
    *("the", "Tool", "Acme", "Postgres", "14", "4.2.1", "`code`", "--flag", "2019-11-20", "$29", "12", "ms", "API"),
    *("beta", "Beta", "free", "tier.", "OAuth", "self-hosted,", "Self-hosted", "5", "GB\n"),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=24).map(" ".join))
@example("Foo `a` `b` `c` `d` `e`")
@example("Foo Bar 2 `a` Foo Bar, beta, beta")
@example("beta, Beta Acme Tool 1.2, `a` and `b`")
def test_for_every_text_it_says_what_counting_says(text: str) -> None:
    assert gives_enough(text) == (len(checkable_facts(text)) >= FLOOR)


@pytest.mark.parametrize("file", sorted(CATALOGUE.glob("*.md")), ids=lambda file: file.stem)
def test_for_real_descriptions_cut_anywhere_too(file: Path) -> None:
    text = file.read_text("utf-8")
    for end in range(0, len(text), max(1, len(text) // 12)):
        assert gives_enough(text[:end]) == (len(checkable_facts(text[:end])) >= FLOOR)
