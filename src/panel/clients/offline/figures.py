"""Figures: matchers for years, versions, amounts and percentages. Each takes a page and gives hits, best first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from panel.clients.offline import vocabulary as v
from panel.clients.offline.grammar import ENDED, Hit
from panel.clients.offline.page import Page, at, has, year_of, years
from panel.clients.offline.sentences import Sentence

VOUCHED = frozenset({"sourced", "method", "sla"})
"""Kinds of a sentence that says where its figure comes from."""
OWNED_UP = frozenset({"unsourced"})
"""A sentence that admits the want of a source is not held to hide it."""
_NEAR = 8
"""Words between "released" and its year."""
_OLD, _STALE = 5, 3
"""Years that make a long record, and years without a release that make an old one."""
_BELOW_ONE = re.compile(r"0[.]\d+(?:[.]\d+)?$")
_LEADS = frozenset({"version", "release", "v", "currently", "at", "is"})


def unsourced_figure(page: Page) -> Iterator[Hit]:
    """A percentage or multiple that praises, in a sentence that names no source or method."""
    for sentence in page.plain:
        if not has(sentence, v.PERFORMS) or page.kinds_of[sentence.text] & (VOUCHED | OWNED_UP):
            continue
        tokens = sentence.tokens
        places = (i for i in range(len(tokens) - 1) if tokens[i].is_number and tokens[i + 1].word in v.FIGURE_UNITS)
        place = next(places, None)
        if place is not None:
            yield at(sentence, place, place + 2)


def pre_one(page: Page) -> Iterator[Hit]:
    """A version that begins with 0, said of the tool."""
    leads = _LEADS | set(page.name)
    for sentence in page.plain:
        for i, token in enumerate(sentence.tokens):
            led = i > 0 and sentence.tokens[i - 1].word in leads
            own = led or i == 0 or sentence.tokens[i - 1].raw[0].islower()  # "Instruct v0.3" is the version of Instruct
            if (led and _BELOW_ONE.match(token.raw)) or (own and token.word == "v0"):
                yield at(sentence, max(0, i - 1), i + 1)
                break


def _begun(sentence: Sentence, words: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Years said soon after a word for beginning, with their places."""
    for i, token in enumerate(sentence.tokens):
        year = year_of(token)
        if year and any(other.word in words for other in sentence.tokens[max(0, i - _NEAR) : i]):
            yield year, i


def long_history(page: Page) -> Iterator[Hit]:
    """A beginning five or more years back, or so many years of practice."""
    for sentence in page.described():
        if page.kinds_of[sentence.text] & ENDED:
            continue
        old = [i for year, i in _begun(sentence, v.STARTS | {"since"}) if year <= page.this_year - _OLD]
        if has(sentence, v.RELEASES | v.PRACTICE):
            old += [
                i for i, token in enumerate(sentence.tokens) if token.word == "years" and _count(sentence, i) >= _OLD
            ]
        if old:
            yield at(sentence, old[0])


def young(page: Page) -> Iterator[Hit]:
    """A beginning within the last year, and none before."""
    begun = [(year, i, sentence) for sentence in page.described() for year, i in _begun(sentence, v.STARTS)]
    if begun and min(year for year, _, _ in begun) >= page.this_year - 1:
        _, i, sentence = begun[0]
        yield at(sentence, i)


def recent_release(page: Page) -> Iterator[Hit]:
    """A release or an update within the last year."""
    for sentence in page.described():
        if page.kinds_of[sentence.text] & ENDED or not has(sentence, v.RELEASES):
            continue
        recent = (i for i, token in enumerate(sentence.tokens) if 0 <= page.this_year - (year_of(token) or 0) <= 1)
        place = next(recent, None)
        if place is not None:
            yield at(sentence, place)


def last_release(page: Page) -> Iterator[Hit]:
    """A last release three or more years back."""
    for sentence in page.plain:
        named = years(sentence)
        releases = has(sentence, v.LAST) and has(sentence, v.RELEASES | v.COMMITS)
        if releases and named and max(named) <= page.this_year - _STALE:
            yield at(sentence, next(i for i, token in enumerate(sentence.tokens) if token.word in v.LAST))


def dated_facts(page: Page) -> Iterator[Hit]:
    """Four or more different years, dates or versions."""
    marks: dict[str, Hit] = {}
    for sentence in page.described():
        for i, token in enumerate(sentence.tokens):
            if year_of(token) or token.raw.count(".") >= 2:
                marks.setdefault(token.raw, at(sentence, i))
    if len(marks) >= 4:
        yield next(iter(marks.values()))


def price(page: Page) -> Iterator[Hit]:
    """An amount of money that is not somebody's funding; the pricing field first."""
    for sentence in page.priced_first():
        if has(sentence, v.NO_PRICE) or "price_unfinal" in page.kinds_of[sentence.text]:
            continue
        tokens = sentence.tokens
        places = (
            i
            for i, token in enumerate(tokens)
            if token.is_number and any(near.word in v.MONEY for near in tokens[max(0, i - 1) : i + 2])
        )
        place = next(places, None)
        if place is not None:
            yield at(sentence, max(0, place - 1), place + 1)


def adoption(page: Page) -> Iterator[Hit]:
    """Many users counted with a date or a source, or two adopters named."""
    for sentence in page.described():
        vouched = bool(years(sentence)) or bool(page.kinds_of[sentence.text] & VOUCHED)
        places = (i for i in range(len(sentence.tokens)) if _adopters(sentence, i, vouched))
        place = next(places, None)
        if place is not None:
            yield at(sentence, place, min(place + 3, len(sentence.tokens)))


def _adopters(sentence: Sentence, i: int, vouched: bool) -> bool:
    token, after = sentence.tokens[i], sentence.tokens[i + 1 : i + 5]
    if token.is_number and vouched and not year_of(token):
        large = len(token.raw.replace(",", "").split(".")[0]) >= 4 or (after and after[0].word in v.LARGE)
        return bool(large) and any(other.word in v.USERS for other in after)
    if token.word == "used" and after and after[0].word in ("by", "at", "in"):
        counted = vouched and len(after) > 1 and after[1].is_number and not year_of(after[1])
        return counted or sum(other.raw[0].isupper() for other in after[1:]) >= 2
    return False


def _count(sentence: Sentence, i: int) -> int:
    """The number before a word, in figures or in letters."""
    before = sentence.tokens[i - 1] if i else None
    if before is None:
        return 0
    return int(before.raw) if before.raw.isdigit() and len(before.raw) < 4 else v.NUMBERS.get(before.word, 0)
