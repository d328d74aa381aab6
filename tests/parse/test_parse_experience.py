"""Law 8: claims of own experience are told from testing by others and from reading."""

from __future__ import annotations

import pytest
from surveyor import ANSWER, verdict_of

from panel.parse.experience import borrowed
from panel.parse.words import straight

CLAIMS = [
    "I tested it on two nodes.",
    "We've actually benchmarked this.",
    "When I tried the export, it failed.",
    "We ran it for a week.",
    "In our benchmarks it is slow.",
    "In my experience such tools fade.",
    "Our tests show a leak.",
    "I have used it since spring.",
    "I’ve personally deployed two of them.",
    "After using it for three weeks the gaps show.",
    "With some hands-on testing the gaps show.",
    "We use it in production.",
    "I spun up a node and it crashed.",
    "Having tested it myself, I would wait.",
    "Wir haben es auf zwei Knoten getestet.",
    "Nous avons testé deux versions.",
    "Hemos probado la exportación.",
]
NO_CLAIMS = [
    "You can test it in an afternoon.",
    "Teams that tested it report gaps.",
    "The vendor says it tested two million lines.",
    "The project tested and benchmarked it.",
    "I found no price in it.",
    "I want to see a method before I repeat the figure.",
    "If we ran it on two nodes, nothing would be gained.",
    "A hands-on tutorial is missing.",
    "Run it once and delete it.",
    "It has been tested on Linux.",
    "We lack a method for the figure.",
    "Users who have used it before need no manual.",
    "It ran for years without a release.",
    "I would not deploy this without a date.",
]


@pytest.mark.parametrize("text", CLAIMS)
def test_a_first_person_with_a_verb_of_use_is_a_claim(text: str) -> None:
    assert borrowed(straight(text))


@pytest.mark.parametrize("text", NO_CLAIMS)
def test_others_may_test_and_the_reviewer_may_read(text: str) -> None:
    assert borrowed(straight(text)) == ()


def test_a_claim_is_reported_in_its_own_words() -> None:
    verdict = verdict_of(doubt="When I tried it, version 3 was out.", concerns=["in our tests it leaks"])
    assert [flag.detail for flag in verdict.flags if flag.code == "borrowed_experience"] == [
        "When I tried; in our tests"
    ]


def test_the_vendors_own_words_in_quote_marks_are_no_claim_of_the_reviewer() -> None:
    """Quotes are checked against what was sent: invented ones stay the reviewer's own words."""
    mine = ANSWER["review"] + ' "We ran it at scale," it adds.'
    assert "borrowed_experience" in {flag.code for flag in verdict_of(review=mine).flags}
