"""Cues: no pattern of a rule, a refusal or a claim matches a text that holds none of the cues it is guarded by.

A match of a rule stands round one of its cues, so that looking there alone misses none.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from panel.parse.experience import _FIRST_PERSON, borrowed, may_claim
from panel.parse.refusals import _REFUSALS
from panel.parse.steering import _RULES
from panel.parse.steering.disguise import plain
from panel.parse.steering.near import BEFORE, matches
from panel.parse.steering.rules import Rule
from panel.parse.words import straight

few = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


def matching(pattern: re.Pattern[str]) -> st.SearchStrategy[str]:
    """Texts with a match; of ASCII alone where the pattern is, so that no odd form of a letter stands in."""
    alphabet = st.characters(max_codepoint=127) if pattern.pattern.isascii() else st.characters(codec="utf-8")
    return st.from_regex(pattern, alphabet=alphabet)


@pytest.mark.parametrize("rule", _RULES, ids=[f"{place} {rule.technique}" for place, rule in enumerate(_RULES)])
def test_whatever_a_steering_rule_matches_holds_one_of_its_cues_and_is_found_round_it(rule: Rule) -> None:
    """Both on the same texts, which cost more to make than to search; the second in a long text."""
    pattern = re.compile(rule.pattern, re.IGNORECASE | re.MULTILINE)
    filler = "It keeps rows in files. " * 40

    @few
    @given(matching(pattern))
    def check(text: str) -> None:
        readable = plain(text)
        assert not pattern.search(readable) or any(cue in readable.lower() for cue in rule.cues)
        long = plain(f"{filler}\n{text}\n{filler}")
        whole = pattern.search(long)
        if whole and len(whole.group()) <= BEFORE:
            assert next(matches(rule, long, long.lower())).group() == whole.group()

    check()


@pytest.mark.parametrize(("cues", "source"), _REFUSALS, ids=[cues[0] for cues, _ in _REFUSALS])
def test_whatever_a_refusal_matches_holds_one_of_its_cues(cues: tuple[str, ...], source: str) -> None:
    pattern = re.compile(rf"\W*(?:{source})", re.IGNORECASE)

    @few
    @given(matching(pattern))
    def check(text: str) -> None:
        opening = straight(text)
        assert not pattern.match(opening) or any(cue in opening.lower() for cue in cues)

    check()


words = ["I", "we", "tested", "our", "hands-on", "after", "using", "it", "the", "he", "ran", "My", "benchmarks", "x_i"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(words)))
def test_a_text_that_can_hold_no_claim_holds_none(said: list[str]) -> None:
    text = straight(" ".join(said))
    assert may_claim(text) or not borrowed(text)
    assert may_claim(text) is bool(re.search(_FIRST_PERSON, text, re.IGNORECASE))
