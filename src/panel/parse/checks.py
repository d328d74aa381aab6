"""Checks on a reply that fits: what a reader should know about it, each a visible flag. No check changes a score.

Found quotes and flags come out; the criteria, the score and the words go through untouched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from panel.parse.experience import borrowed, may_claim
from panel.parse.form import Form
from panel.parse.quotes import found_in, is_said
from panel.parse.words import count_words, excerpt, matchable, straight
from panel.records.reply_schema import REVIEW_WORDS, REVIEW_WORDS_THIN
from panel.records.verdict import Flag, FlagCode, Quote

_QUOTED = re.compile(r"\"[^\"]{3,400}\"|(?<!\w)'[^']{3,400}'(?!\w)")


def checked_quotes(answer: Mapping[str, Any], form: Form) -> tuple[Quote, ...]:
    """The evidence, each quote with the field that holds it."""
    return tuple(Quote(**item, found_in=found_in(item["quote"], form.matchable_fields)) for item in answer["evidence"])


def flags_of(answer: Mapping[str, Any], quotes: tuple[Quote, ...], form: Form) -> Iterator[Flag]:
    """The flags of a scored answer, in the order of the closed list."""
    yield from _quotes(quotes)
    yield from _experience(answer, form)
    yield from _banned(answer, form)
    yield from _straying(answer, form)
    yield from _length(answer)
    yield from _clauses(answer)
    if answer["basis"] == "thin":
        yield Flag(code=FlagCode.THIN_BASIS, detail="the reviewer found little to judge by")
    if answer["doubt"]:
        yield Flag(code=FlagCode.DOUBT, detail=excerpt(answer["doubt"], 240))


def steering_reported(answer: Mapping[str, Any]) -> Iterator[Flag]:
    """What the seat itself reported as an attempt to instruct it."""
    if answer["steering"]:
        yield Flag(code=FlagCode.STEERING_REPORTED, detail=excerpt(answer["steering"], 240))


def _quotes(quotes: tuple[Quote, ...]) -> Iterator[Flag]:
    missing = [quote for quote in quotes if quote.found_in is None]
    for quote in missing:
        yield Flag(code=FlagCode.QUOTE_NOT_FOUND, detail=excerpt(quote.quote))
    if len(missing) == len(quotes):
        yield Flag(code=FlagCode.NO_QUOTE_FOUND, detail=f"none of {len(quotes)}")


def _experience(answer: Mapping[str, Any], form: Form) -> Iterator[Flag]:
    written = tuple(_written(answer))
    if not may_claim(straight("\n".join(written))):  # as in most replies: one look at all of it
        return
    speaking = [text for text in map(straight, written) if may_claim(text)]
    said = [claim for text in speaking for claim in borrowed(_own_words(text, form))]
    if said:
        yield Flag(code=FlagCode.BORROWED_EXPERIENCE, detail=excerpt("; ".join(dict.fromkeys(said)), 240))


def _banned(answer: Mapping[str, Any], form: Form) -> Iterator[Flag]:
    """Whole phrases of the persona's list in what readers read; the tool's own words in quote marks are not ours."""
    read = [answer["review"], *answer["answers"].values(), answer["pick_if"], answer["walk_away_if"]]
    read = [item for item in read if item]
    whole = matchable("\n".join(read)).casefold()
    found = [phrase for phrase in form.persona.never_writes if _folded(phrase) in whole]
    if not found:
        return
    text = "\n".join(matchable(_own_words(straight(item), form)).casefold() for item in read)
    for phrase in found:
        if is_said(_folded(phrase), text):
            yield Flag(code=FlagCode.BANNED_PHRASE, detail=phrase)


@lru_cache(maxsize=256)
def _folded(phrase: str) -> str:
    return matchable(phrase).casefold()


def _straying(answer: Mapping[str, Any], form: Form) -> Iterator[Flag]:
    criteria = list(answer["criteria"].values())
    if form.scale.strays(answer["score"], criteria):
        detail = f"score {answer['score']}, criteria {form.scale.from_criteria(criteria)}"
        yield Flag(code=FlagCode.SCORE_STRAYS, detail=detail)


def _length(answer: Mapping[str, Any]) -> Iterator[Flag]:
    least, most = REVIEW_WORDS_THIN if answer["basis"] == "thin" else REVIEW_WORDS
    words = count_words(answer["review"])
    if not least <= words <= most:
        yield Flag(code=FlagCode.REVIEW_LENGTH, detail=f"{words} words, asked for {least}-{most}")


def _clauses(answer: Mapping[str, Any]) -> Iterator[Flag]:
    for key in ("pick_if", "walk_away_if"):
        clause = answer[key]
        if clause and not re.match(r"you\b", straight(clause), re.IGNORECASE):
            yield Flag(code=FlagCode.CLAUSE_SHAPE, detail=f"{key}: {excerpt(clause, 80)}")


def _written(answer: Mapping[str, Any]) -> Iterator[str]:
    """Every text the seat wrote in its own words."""
    prediction = answer.get("prediction") or {}
    texts = [answer["review"], answer["pick_if"], answer["walk_away_if"], answer["doubt"]]
    texts += [prediction.get("claim"), prediction.get("wrong_if")]
    texts += [*answer["answers"].values(), *answer["concerns"], *(item["shows"] for item in answer["evidence"])]
    return (text for text in texts if text)


def _own_words(text: str, form: Form) -> str:
    """A text normalised by `straight`, without passages in quote marks that the tool's fields hold."""

    def blank(match: re.Match[str]) -> str:
        return '"…"' if found_in(match.group(), form.matchable_fields) else match.group()

    return _QUOTED.sub(blank, text)
