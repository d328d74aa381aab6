"""Reading: everything the rubric found in one description, before any persona looks at it.

In go the fenced fields and a compiled lexicon; out comes a Reading: hits by kind, what steers, and how much there is to
judge by. The same text gives the same reading for every persona, so it is read once and remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from panel.clients.offline import grammar, matchers, steering
from panel.clients.offline.page import Page, years
from panel.clients.offline.phrases import Phrases
from panel.clients.offline.sentences import Sentence, sentences, tokenise
from panel.records.signals import Grammar, Kind

Basis = Literal["enough", "thin", "none"]

READ = ("tagline", "pricing", "description")
"""The fields whose sentences are searched; the others are read by matchers only. A name is no evidence."""
_ENGLISH_SHARE = 12
"""In English one word in three is of the commonest; fewer than one in this many is another language."""
_WRITTEN = 2026
"""The year of this rubric: a page without a date speaks of no earlier one."""
_FEW_WORDS, _THIN_WORDS = 25, 60
_FEW_KINDS, _THIN_KINDS = 3, 5
_OVERRULED, _ALIVE, _PART = ("abandoned", "deprecated"), "recent_release", "part_retired"
_PER_KIND = 4
"""Hits of one kind that are kept: repeating a phrase brings nothing."""


class Lexicon:
    """The lexicon compiled: phrases filed by first words, kinds by what finds them."""

    def __init__(self, kinds: Mapping[str, Kind], words: Grammar) -> None:
        lists = {f"@{name}": listed for name, listed in vars(words).items()}
        self.phrases = Phrases({**lists, **{name: kind.phrases for name, kind in kinds.items() if kind.phrases}})
        self.kinds = kinds
        self.by_matcher = {str(kind.found_by): name for name, kind in kinds.items() if kind.found_by}


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
    draft = _Draft(dict(fields), lexicon)
    for field in READ:
        for sentence in sentences(field, draft.given.get(field, "")):
            draft.take(sentence)
    draft.match()
    _doubt_ends(draft.hits)
    by_kind = _by_kind(draft.hits, lexicon.kinds)
    hard = sum(not lexicon.kinds[kind].soft and not hits[0].steers for kind, hits in by_kind.items())
    return Reading(draft.given, by_kind, steering.passage(draft.steers), _basis(draft, hard))


class _Draft:
    """What is gathered while the sentences go by."""

    def __init__(self, given: dict[str, str], lexicon: Lexicon) -> None:
        self.given = given
        self.lexicon = lexicon
        self.name = tuple(token.word for token in tokenise(given.get("name", "")))[:2]
        self.context = grammar.Context(lexicon.kinds, self.name, lexicon.by_matcher.get("planned"))
        self.plain: list[Sentence] = []
        self.steers: list[Sentence] = []
        self.hits: list[grammar.Hit] = []
        self.kinds_of: dict[str, frozenset[str]] = {}
        self.reported: set[str] = set()
        self.ended: set[str] = set()
        self.english = 0

    def take(self, sentence: Sentence) -> None:
        """One sentence by its phrases. A list of catchwords speaks for nothing, whatever it names."""
        finds = list(self.lexicon.phrases.find(sentence))
        told = {find.kind for find in finds}
        steers = self.steers_in(sentence, told)
        borne = grammar.hits(sentence, finds, self.context, steering=steers)
        kinds = frozenset(hit.kind for hit in borne)
        if matchers.is_keyword_list(sentence, kinds):
            borne = [hit for hit in borne if self.lexicon.kinds[hit.kind].side != "for"]
        if told & grammar.SECOND_HAND:
            self.reported.add(sentence.text)
        self.kinds_of[sentence.text] = kinds
        self.hits += borne
        if steers:
            self.steers.append(sentence)
        else:
            self.plain.append(sentence)
            self.english += sum(find.kind == grammar.ENGLISH for find in finds)

    def steers_in(self, sentence: Sentence, told: set[str]) -> bool:
        """Whether a sentence addresses the reviewer, or stands behind a mark that pretends that its field has ended."""
        if steering.ends_the_data(sentence):
            self.ended.add(sentence.field)
        return "steering" in told or sentence.field in self.ended or steering.is_aimed(sentence)

    def match(self) -> None:
        """What phrases cannot say, from all plain sentences together."""
        page = Page(self.given, tuple(self.plain), self.kinds_of, self.name, _this_year(self.given, self.plain))
        for matcher, kind in self.lexicon.by_matcher.items():
            for hit in matchers.found(kind, matcher, page):
                self.hits.append(self._placed(hit))
        if self.steers and "steering" in self.lexicon.by_matcher:
            self.hits.append(grammar.Hit(self.lexicon.by_matcher["steering"], self.steers[0], 0, 1, steers=True))

    def _placed(self, hit: grammar.Hit) -> grammar.Hit:
        """A matcher's hit with what is known of its sentence; fields that are not read by sentences may steer too."""
        told = set() if hit.sentence.field in READ else {find.kind for find in self.lexicon.phrases.find(hit.sentence)}
        steers = hit.sentence.field not in READ and self.steers_in(hit.sentence, told)
        return hit._replace(reported=hit.sentence.text in self.reported, steers=steers)


def _doubt_ends(hits: list[grammar.Hit]) -> None:
    """One sentence of an end beside a recent release is about a part: the whole lives on."""
    if not any(hit.kind == _ALIVE for hit in hits):
        return
    for kind in _OVERRULED:
        told = [hit for hit in hits if hit.kind == kind]
        if len({hit.sentence.text for hit in told}) == 1 and told[0].sentence.field == "description":
            hits[:] = [hit._replace(kind=_PART) if hit.kind == kind else hit for hit in hits]


def _by_kind(hits: list[grammar.Hit], kinds: Mapping[str, Kind]) -> dict[str, tuple[grammar.Hit, ...]]:
    """The hits of the lexicon's kinds that were found often enough, a few of each."""
    found: dict[str, list[grammar.Hit]] = {}
    for hit in hits:
        if hit.kind in kinds:
            found.setdefault(hit.kind, []).append(hit)
    return {
        kind: tuple(sorted(each, key=_worse)[:_PER_KIND])
        for kind, each in found.items()
        if len(each) >= kinds[kind].at_least
    }


def _worse(hit: grammar.Hit) -> tuple[bool, bool, bool, int]:
    """Plain before steering, first-hand before second-hand, description before tagline, many words before few."""
    return hit.steers, hit.reported, hit.sentence.field == "tagline", hit.start - hit.stop


def _this_year(fields: dict[str, str], plain: list[Sentence]) -> int:
    """The year the page speaks in: of its `as_of`, else the latest named, but none before the rubric was written."""
    as_of = fields.get("as_of", "")[:4]
    if as_of.isdigit():
        return int(as_of)
    named = [year for sentence in plain for year in years(sentence)]
    return max(_WRITTEN, min(max(named, default=_WRITTEN), _WRITTEN + 1))


def _basis(draft: _Draft, hard: int) -> Basis:
    """How much there is to judge by: words that steer nobody, and `hard` kinds among them."""
    counted = {sentence.text: sentence for sentence in draft.plain}.values()  # said twice is said once
    words = sum(len(sentence.tokens) for sentence in counted) + len(tokenise(draft.given.get("best_for", "")))
    figures = sum(token.is_number for sentence in counted for token in sentence.tokens)
    if words < _FEW_WORDS and hard < _FEW_KINDS and figures < _FEW_KINDS:
        return "none"
    foreign = _ENGLISH_SHARE * draft.english < words
    return "thin" if words < _THIN_WORDS or hard < _THIN_KINDS or foreign else "enough"
