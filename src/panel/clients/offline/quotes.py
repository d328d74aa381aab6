"""Quotes: the passage of a sentence that shows what was found, verbatim and of bounded length.

A quote is the sentence, or its part between semicolons, where that is short; else the clauses round the words found;
else a window of words. It never cuts through brackets, backticks or an address, where that can be helped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from panel.clients.offline.grammar import Hit
from panel.clients.offline.sentences import Sentence, Token
from panel.clients.offline.vocabulary import DANGLING, JOINERS, JOINTS, LEADING, LEANING, OPENERS, TRAILING

_LEFT, _RIGHT = "`\"“‘'($€£[<@", "`\"”’')%]>+#"
_PERSON = re.compile(r"\b(?:I|we|We|our|Our|us|my|My|ours)\b|://|www\.|\w\.\w{2,}/\w|[{}|<>]")
_SHORTEST, _WHOLE = 4, 7


def quote(hit: Hit, most: int) -> str:
    """The passage for a hit, of at most about `most` words."""
    sentence = hit.sentence
    first, last = _part(sentence, hit.start, hit.stop)
    if (first, last) != (0, len(sentence.tokens)):
        text = _cut(sentence, first, last)
        if _SHORTEST <= _length(text) <= most and _balanced(text):
            return text
    whole = sentence.text.rstrip(" .!;:,。！；")
    if _length(whole) <= most:
        return whole
    for start, stop in _clauses_round(sentence, hit.start, hit.stop):
        text = _cut(sentence, start, stop)
        if _SHORTEST <= _length(text) <= most and _balanced(text):
            return text
    return _window(sentence, hit.start, hit.stop, most)


def clause(hit: Hit, most: int) -> str:
    """The quote as a clause that can stand in prose: cut before ", while …" and begun where a thought begins."""
    sentence, text = hit.sentence, quote(hit, most)
    at = sentence.text.find(text)
    inside = [i for i, token in enumerate(sentence.tokens) if at <= token.start and token.end <= at + len(text)]
    if at < 0 or not inside or not inside[0] <= hit.start < hit.stop <= inside[-1] + 1:
        return text
    stops = _stops(sentence, hit.stop, inside[-1] + 1)
    for start in _starts(sentence, inside[0], hit.start):
        for stop in stops:
            cut = _cut(sentence, start, stop)
            if _SHORTEST <= _length(cut) <= most and _balanced(cut):
                return cut
    return text


def _stops(sentence: Sentence, least: int, last: int) -> list[int]:
    """Where a clause may end, nearest first: before ", while …"; at "and" if the quote breaks off; where it ends."""
    tokens = sentence.tokens
    turns = [at for at in range(least, last) if "," in tokens[at].gap and _turns(tokens, at)]
    broken = last < len(tokens) and not tokens[last].breaks
    ands = [
        at
        for at in range(last - 1, least, -1)
        if broken and tokens[at].word == "and" and tokens[at - 1].word not in TRAILING
    ]
    return [*turns, *ands, last]


def _turns(tokens: tuple[Token, ...], at: int) -> bool:
    """Whether a word after a comma begins another thought; the "and" of "A, B, and C" does not."""
    if tokens[at].word != "and" or tokens[min(at + 1, len(tokens) - 1)].word in DANGLING:
        return tokens[at].word in JOINERS
    return not any("," in token.gap for token in tokens[max(1, at - 3) : at])


def _starts(sentence: Sentence, first: int, hit: int) -> Iterator[int]:
    """Where a clause may begin, best first: with a sentence, as it does if that is clean, else near the words found."""
    tokens = sentence.tokens
    whole = [
        at for at in range(_part(sentence, hit, hit + 1)[0], first + 1) if _begins(tokens, at) and _clean(sentence, at)
    ]
    yield from whole
    if not _clean(sentence, first):
        yield from (at for at in range(hit + 1) if _clean(sentence, at))
        yield from (at for at in range(hit, 0, -1) if tokens[at].word in OPENERS or tokens[at - 1].word in LEANING)
    yield first


def _clean(sentence: Sentence, at: int) -> bool:
    """Whether a clause may begin at a word: it follows a stop or a turn, and is not a word that leans on another."""
    token = sentence.tokens[at]
    if at == 0 or any(mark in token.gap for mark in ";:—–"):
        return True
    if token.word in DANGLING or "(" in token.gap or sentence.text.startswith("e.g", token.start):
        return False
    before = sentence.tokens[at - 1]
    return token.breaks or (before.breaks and before.word in LEADING)


def fit_for_evidence(text: str, whole: bool) -> bool:
    """Whether a quote says enough to be looked up, or is a whole field; one with an ellipsis looks like a cut."""
    return (whole or _length(text) >= 3 or len(text) >= 12) and ".." not in text and "…" not in text


def fit_for_prose(text: str) -> bool:
    """Whether a quote can stand inside a review: no first person that would read as the reviewer's, no address."""
    plain = text.isprintable() and text[:1] != "(" and ".." not in text and "```" not in text and _balanced(text)
    return plain and 0 < len(text) <= 200 and not _PERSON.search(text)


def _length(text: str) -> int:
    return len(text.split())


def _part(sentence: Sentence, start: int, stop: int) -> tuple[int, int]:
    """The range between semicolons that holds the words found: what stands beyond one may say the opposite."""
    tokens = sentence.tokens
    edges = [0, *(at for at in range(1, len(tokens)) if ";" in tokens[at].gap), len(tokens)]
    return max(edge for edge in edges if edge <= start), min(edge for edge in edges if edge >= stop)


def _clauses_round(sentence: Sentence, start: int, stop: int) -> list[tuple[int, int]]:
    """Ranges of clauses that hold the words from `start` to `stop`: those that begin well first, then the longest."""
    tokens = sentence.tokens
    edges = [0, *(at for at in range(1, len(tokens)) if tokens[at].breaks), len(tokens)]
    before = [edge for edge in edges if edge <= start][-4:]
    after = [edge for edge in edges if edge >= stop][:4]
    ranges = [(first, last) for first in before for last in after]
    return sorted(ranges, key=lambda each: (not _begins(tokens, each[0]), each[0] - each[1], each))


def _begins(tokens: tuple[Token, ...], at: int) -> bool:
    """Whether a place begins a sentence or a clause, and not the next item of a list."""
    return at == 0 or any(mark in tokens[at].gap for mark in ";:—–(")


def _cut(sentence: Sentence, start: int, stop: int) -> str:
    """The text from one word to another, with the marks that cling to them and without words that only lead on."""
    text, tokens = sentence.text, sentence.tokens
    while start + 1 < stop and tokens[start].word in LEADING:
        start += 1
    while stop < len(tokens) and not tokens[stop].breaks and stop - 1 > start and tokens[stop - 1].word in TRAILING:
        stop -= 1
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
    if last < len(tokens):
        pauses = [at for at in range(max(stop, first + _SHORTEST), last + 1) if tokens[at].breaks]
        joints = [at for at in range(max(stop, first + _WHOLE), last + 1) if tokens[at].word in JOINTS]
        last = pauses[-1] if pauses else joints[-1] if joints else last
    trimmed = _trim(tokens, max(first + 1, stop), last)
    text = _cut(sentence, first, trimmed)
    return text if _length(text) <= 2 * most else text[: 12 * most].strip()


def _trim(tokens: tuple[Token, ...], least: int, last: int) -> int:
    """Ends a window before words that lead on to the next."""
    while last > least and (tokens[last - 1].word in TRAILING or _glued(tokens, last)):
        last -= 1
    return max(last, least) if last <= len(tokens) else len(tokens)


def _glued(tokens: tuple[Token, ...], at: int) -> bool:
    """Whether a cut before a word would part "gpt-4" or "1.2.x"."""
    return at < len(tokens) and not any(char.isspace() for char in tokens[at].gap)
