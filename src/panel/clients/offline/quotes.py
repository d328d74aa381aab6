"""Quotes: the passage of a sentence that shows what was found, verbatim and of bounded length.

A quote is the sentence itself where it is short; else the clauses round the words found; else a window of words. It
never cuts through brackets, backticks or an address, where that can be helped.
"""

from __future__ import annotations

import re

from panel.clients.offline.grammar import Hit
from panel.clients.offline.sentences import Sentence, Token

_LEFT, _RIGHT = "`\"“‘'($€£[<@", "`\"”’')%]>"
_TRAILING = frozenset(["the", "a", "an", "of", "and", "or", "to", "in", "is", "are", "for", "with", "on", "by", "it", "its", "that", "from", "as", "at", "be", "was", "which", "has", "have", "into", "than", "both", "but"])  # fmt: skip
_LEADING = frozenset({"and", "but", "so", "or", "then", "yet", "which", "whose", "while", "though"})
_PERSON = re.compile(r"\b(?:I|we|We|our|Our|us|my|My|ours)\b|https?:|www\.|[{}|<>]")
_SHORTEST = 4


def quote(hit: Hit, most: int) -> str:
    """The passage for a hit, of at most about `most` words."""
    sentence = hit.sentence
    whole = sentence.text.rstrip(" .!;:,")
    if _length(whole) <= most:
        return whole
    for start, stop in _clauses_round(sentence, hit.start, hit.stop):
        text = _cut(sentence, start, stop)
        if _SHORTEST <= _length(text) <= most and _balanced(text):
            return text
    return _window(sentence, hit.start, hit.stop, most)


def fit_for_prose(text: str) -> bool:
    """Whether a quote can stand inside a review: no first person that would read as the reviewer's, no address."""
    return bool(text) and len(text) <= 200 and text.isprintable() and not _PERSON.search(text)


def _length(text: str) -> int:
    return len(text.split())


def _clauses_round(sentence: Sentence, start: int, stop: int) -> list[tuple[int, int]]:
    """Ranges of whole clauses that hold the words from `start` to `stop`, longest first."""
    tokens = sentence.tokens
    edges = [0, *(at for at in range(1, len(tokens)) if tokens[at].breaks), len(tokens)]
    before = [edge for edge in edges if edge <= start][-4:]
    after = [edge for edge in edges if edge >= stop][:4]
    ranges = [(first, last) for first in before for last in after]
    return sorted(ranges, key=lambda each: (each[0] - each[1], each))


def _cut(sentence: Sentence, start: int, stop: int) -> str:
    """The text from one word to another, with the marks that cling to them and without "and" or "but" in front."""
    text, tokens = sentence.text, sentence.tokens
    while start + 1 < stop and tokens[start].word in _LEADING:
        start += 1
    left, right = tokens[start].start, tokens[stop - 1].end
    while left > 0 and text[left - 1] in _LEFT:
        left -= 1
    while right < len(text) and text[right] in _RIGHT:
        right += 1
    cut = text[left:right]
    for opening, closing in ("()", "[]", "“”"):
        if cut.count(closing) > cut.count(opening) and cut.endswith(closing):
            cut = cut[:-1]
        if cut.count(opening) > cut.count(closing) and cut.startswith(opening):
            cut = cut[1:]
    return cut


def _balanced(text: str) -> bool:
    pairs = all(text.count(opening) == text.count(closing) for opening, closing in ("()", "[]", "“”"))
    return pairs and text.count("`") % 2 == 0 and text.count('"') % 2 == 0


def _window(sentence: Sentence, start: int, stop: int, most: int) -> str:
    """Words round the words found, from the last pause before them where one is near."""
    tokens = sentence.tokens
    pauses = [at for at in range(max(0, stop - most), start + 1) if at == 0 or tokens[at].breaks]
    first = pauses[0] if pauses else max(0, start - most // 3)
    last = min(len(tokens), first + most)
    while last > first and _length(_cut(sentence, first, last)) > most:
        last -= 1
    trimmed = _trim(tokens, max(first + 1, stop), last)
    text = _cut(sentence, first, trimmed)
    return text if _length(text) <= 2 * most else text[: 12 * most].strip()


def _trim(tokens: tuple[Token, ...], least: int, last: int) -> int:
    """Ends a window before words that lead on to the next."""
    while last > least and (tokens[last - 1].word in _TRAILING or len(tokens[last - 1].raw) == 0):
        last -= 1
    return max(last, least) if last <= len(tokens) else len(tokens)
