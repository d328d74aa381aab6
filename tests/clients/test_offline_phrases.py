"""Phrases, sentences and quotes: how a text is taken apart and cited."""

from __future__ import annotations

import pytest

from panel.clients.offline.frames import choose, fill
from panel.clients.offline.grammar import Hit
from panel.clients.offline.phrases import Phrases
from panel.clients.offline.quotes import quote
from panel.clients.offline.sentences import Sentence, sentences, tokenise


def matches(phrase: str, text: str) -> bool:
    sentence = Sentence("description", text, tokenise(text))
    return any(Phrases({"kind": phrase}).find(sentence))


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("self host*", "It is self-hosted."),
        ("free tier", "a Free-Tier plan"),
        ("up to # users", "up to 1,000 users"),
        ("# %", "40% off"),
        ("use ... instead", "use the built-in one instead"),
        ("are * own", "figures are Acme's own"),
        ("MIT", "the MIT licence"),
        ("apache 2.0", "Apache-2.0"),
        ("SOC 2", "SOC 2 report"),
        ("x", "10×"),
    ],
)
def test_a_phrase_is_found(phrase: str, text: str) -> None:
    assert matches(phrase, text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("beta", "alphabetabeta"),
        ("MIT", "mit freundlichen Grüßen"),
        ("up to # users", "up to many users"),
        ("use ... instead", "use it. Or take one two three four five six seven instead"),
        ("free tier", "free of tiers"),
    ],
)
def test_a_phrase_is_bounded_by_words(phrase: str, text: str) -> None:
    assert not matches(phrase, text)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Version 1.2.3 is out. It runs.", ["Version 1.2.3 is out.", "It runs."]),
        ("See e.g. the manual. Done.", ["See e.g. the manual.", "Done."]),
        ("D. Knuth wrote it.", ["D. Knuth wrote it."]),
        ("A line\nbroken hard.\n\n- an item\n- another", ["A line broken hard.", "an item", "another"]),
        ("`COPY ... TO` writes. Fine.", ["`COPY ... TO` writes.", "Fine."]),
        ("第一句。第二句。", ["第一句。", "第二句。"]),
        ("", []),
    ],
)
def test_sentences_are_parted(text: str, pieces: list[str]) -> None:
    assert [sentence.text for sentence in sentences("description", text)] == pieces


def test_a_text_without_a_full_stop_is_cut_into_bounded_sentences() -> None:
    assert max(len(sentence.tokens) for sentence in sentences("description", "word " * 4000)) <= 160
    assert max(len(sentence.text) for sentence in sentences("description", "x" * 20_000)) <= 640


LONG = (
    "Version 2.1.1 of January 2016 is the last stable release, and binaries were made for Windows, macOS and Linux "
    "(32 and 64 bit); the source builds elsewhere with some effort and a good deal of patience."
)


def test_a_quote_keeps_to_whole_clauses_round_the_words_found() -> None:
    sentence = Sentence("description", LONG, tokenise(LONG))
    start = next(at for at, token in enumerate(sentence.tokens) if token.word == "last")
    assert (
        quote(Hit("kind", sentence, start, start + 2), 14) == "Version 2.1.1 of January 2016 is the last stable release"
    )


def test_a_short_sentence_is_quoted_whole_without_its_full_stop() -> None:
    sentence = Sentence("description", "Weights are not available.", tokenise("Weights are not available."))
    assert quote(Hit("kind", sentence, 0, 1), 14) == "Weights are not available"


def test_filling_leaves_braces_of_the_values_alone() -> None:
    assert fill("{name} says “{quote}”", name="{quote}", quote="{name}") == "{quote} says “{name}”"


def test_choice_is_stable_and_spread() -> None:
    frames = ["a", "b", "c"]
    assert choose(frames, "tool", "slot") == choose(frames, "tool", "slot")
    assert {choose(frames, f"tool {number}") for number in range(30)} == set(frames)
