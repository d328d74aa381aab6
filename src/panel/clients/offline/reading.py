"""Reading: everything the rubric found in one description, before any persona looks at it.

In go the fenced fields and a compiled lexicon; out comes a Reading: hits by kind, what steers, and how much there is to
judge by. The same text gives the same reading for every persona, so it is read once and remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from panel.clients.offline import grammar, matchers, steering
from panel.clients.offline.phrases import Phrases
from panel.clients.offline.sentences import Sentence, sentences, tokenise
from panel.records.signals import Grammar, Kind

Basis = Literal["enough", "thin", "none"]

READ = ("tagline", "vendor", "pricing", "description")
"""The fields whose sentences are searched; the others are read by matchers only. A name is no evidence."""
_COUNTED = ("tagline", "pricing", "best_for", "description")
_FEW_WORDS, _THIN_WORDS = 25, 60
_FEW_KINDS, _THIN_KINDS = 3, 6
_SOFT = frozenset({"hype_word", "vague_adoption", "vague_purpose", "scarcity", "benchmark_claim", "nobody_buys", "definition", "saves", "keyword_list", "steering", "ecosystem", "trend", "roadmap_only"})  # fmt: skip
"""Kinds that any advertisement holds: they do not make a text one to judge by."""
_PER_KIND = 4
"""Hits of one kind that are kept: repeating a phrase brings nothing."""


class Lexicon:
    """The lexicon compiled: phrases filed by first words, kinds by what finds them."""

    def __init__(self, kinds: Mapping[str, Kind], words: Grammar) -> None:
        lists = {f"@{name}": listed for name, listed in vars(words).items()}
        self.phrases = Phrases({**lists, **{name: kind.phrases for name, kind in kinds.items() if kind.phrases}})
        self.kinds = kinds
        self.by_matcher = {kind.found_by: name for name, kind in kinds.items() if kind.found_by}


class Reading(NamedTuple):
    """What a description holds. `hits` are by kind, best first; `steering` is the passage that addresses reviewers."""

    fields: dict[str, str]
    hits: dict[str, tuple[grammar.Hit, ...]]
    steering: str | None
    basis: Basis


_KNOWN: dict[tuple[object, ...], Lexicon] = {}
_MOST_KNOWN = 4


def lexicon_of(kinds: Mapping[str, Kind], words: Grammar) -> Lexicon:
    """The compiled lexicon; equal lexicons, as the personas of one folder have, are compiled once."""
    key = (*((name, *vars(kind).values()) for name, kind in kinds.items()), *vars(words).values())
    if key not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = Lexicon(kinds, words)
    return _KNOWN[key]


@lru_cache(maxsize=8)
def read(fields: tuple[tuple[str, str], ...], lexicon: Lexicon) -> Reading:
    """The reading of a tool's fields; pure, and linear in their length."""
    given = dict(fields)
    name = tuple(token.word for token in tokenise(given.get("name", "")))[:2]
    context = grammar.Context(lexicon.kinds, name, lexicon.by_matcher.get("planned"))
    plain: list[Sentence] = []
    steers: list[Sentence] = []
    hits: list[grammar.Hit] = []
    kinds_of: dict[Sentence, frozenset[str]] = {}
    english = 0
    for field in READ:
        for sentence in sentences(field, given.get(field, "")):
            finds = list(lexicon.phrases.find(sentence))
            steered = any(find.kind == "steering" for find in finds) or steering.fills_in_a_form(sentence)
            borne = grammar.hits(sentence, finds, context, steering=steered)
            kinds_of[sentence] = frozenset(hit.kind for hit in borne)
            if matchers.is_keyword_list(sentence, kinds_of[sentence]):
                borne = [hit for hit in borne if lexicon.kinds[hit.kind].side != "for"]
            hits += borne
            english += sum(find.kind == grammar.ENGLISH for find in finds)
            (steers if steered else plain).append(sentence)
    page = matchers.Page(given, tuple(plain), kinds_of, name, _this_year(given, plain))
    for matcher, kind in lexicon.by_matcher.items():
        hits += matchers.found(kind, str(matcher), page)
    if steers and "steering" in lexicon.by_matcher:
        hits.append(grammar.Hit(lexicon.by_matcher["steering"], steers[0], 0, 1))
    by_kind = _by_kind(hits)
    return Reading(given, by_kind, steering.passage(steers), _basis(plain, given, by_kind, english))


def _by_kind(hits: list[grammar.Hit]) -> dict[str, tuple[grammar.Hit, ...]]:
    found: dict[str, list[grammar.Hit]] = {}
    for hit in hits:
        found.setdefault(hit.kind, []).append(hit)
    return {kind: tuple(sorted(each, key=_worse)[:_PER_KIND]) for kind, each in found.items()}


def _worse(hit: grammar.Hit) -> tuple[bool, bool, int]:
    """First-hand before second-hand, the description before the tagline, many words found before few."""
    return hit.reported, hit.sentence.field == "tagline", hit.start - hit.stop


def _this_year(fields: dict[str, str], plain: list[Sentence]) -> int:
    """The year the page speaks in: of its `as_of`, else the latest it names."""
    as_of = fields.get("as_of", "")[:4]
    if as_of.isdigit():
        return int(as_of)
    named = [year for sentence in plain for year in matchers.years(sentence)]
    return max(named, default=2000)


def _basis(plain: list[Sentence], fields: dict[str, str], hits: Mapping[str, object], english: int) -> Basis:
    """How much there is to judge by: words that steer nobody, and hard kinds among them."""
    counted = [sentence for sentence in plain if sentence.field in _COUNTED]
    words = sum(len(sentence.tokens) for sentence in counted)
    words += len(tokenise(fields.get("best_for", "")))
    hard = len(set(hits) - _SOFT)
    figures = sum(token.is_number for sentence in counted for token in sentence.tokens)
    if words < _FEW_WORDS and hard < _FEW_KINDS and figures < _FEW_KINDS:
        return "none"
    foreign = 12 * english < words
    return "thin" if words < _THIN_WORDS or hard < _THIN_KINDS or foreign else "enough"
