"""Quotes in prose: clauses, verbatim, begun and ended where a thought begins and ends."""

from __future__ import annotations

import pytest
from offline_bench import catalogue, made_up, reading

from panel.clients.offline.quotes import clause

LICENCE = (
    "Sample-2 (September 2024) has 22 billion parameters and the Sample Research License, which does not cover"
    " commercial use, while Sample 3 (`sample-3`, 30 January 2025) has 24 billion parameters and another licence."
)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        (LICENCE, "licence_restrictive", "the Sample Research License, which does not cover commercial use"),
        (
            "Its commands can be typed in pairs; the calls follow the vendor's protocol, and the models stay there.",
            "lock_in",
            "the calls follow the vendor's protocol",
        ),
        (
            "The storage format of 2.0 (version 69) cannot be read by older releases, and the guide suggests waiting"
            " for patch releases before moving anything of importance.",
            "gap",
            "The storage format of 2.0 (version 69) cannot be read by older releases",
        ),
        (
            "The kit is presented as one for spoken assistants on all large platforms of a day, with tool calling,"
            " session handling and turn detection included, in public beta.",
            "beta",
            "session handling and turn detection included, in public beta",
        ),
        (
            "`list.pad` has been part of the language since 2017 and is present in Sample 8 and later and in all"
            " current versions of the usual browsers everywhere.",
            "replaced",
            "`list.pad` has been part of the language since 2017",
        ),
        ("Export to CSV is built in, and the manual describes how.", "export", "Export to CSV is built in"),
    ],
)
def test_a_quote_is_a_clause(text: str, kind: str, expected: str) -> None:
    assert clause(reading(text).hits[kind][0], 16) == expected


def test_every_clause_is_verbatim_whole_words_and_balanced() -> None:
    """Law 7: a quote is found in the description, and parts no number, bracket or code."""
    for tool in (*catalogue().values(), *(each for each, _ in made_up().values())):
        for hit in (hit for hits in reading(tool.description).hits.values() for hit in hits):
            text, sentence = clause(hit, 16), hit.sentence.text
            at = sentence.find(text)
            assert at >= 0
            assert text.count("`") % 2 == 0 or sentence.count("`") % 2 or len(text.split()) >= 14
            before, after = sentence[max(0, at - 1) : at], sentence[at + len(text) : at + len(text) + 1]
            assert not (before.isalnum() and text[0].isalnum()), text
            assert not (after.isalnum() and text[-1].isalnum()), text
