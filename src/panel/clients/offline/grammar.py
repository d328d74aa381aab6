"""Grammar: what a phrase means where it stands. Denied, promised, second-hand, about a rival, about a part.

In go the finds of one sentence; out come hits: kinds that the sentence does bear out. Rules of thumb for English, kept
few, each for a mistake that plain phrase matching makes ("no free tier" is not a free tier).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from panel.clients.offline.phrases import Find
from panel.clients.offline.sentences import Sentence, Token
from panel.clients.offline.vocabulary import DETERMINERS, HEADS, NEEDLESS, NEEDS, PREPOSITIONS, SAID_OF, TURNS
from panel.records.signals import Kind

DENIALS, GUARDS, NO_DENIALS, TRAILING = "@denials", "@guards", "@no_denials", "@trailing_denials"
PLANNED, REPORTED, RIVALS, OLDER, SUBJECTS = "@planned", "@reported", "@rivals", "@older", "@subjects"
ENGLISH = "@english"
UNSTATED = "unstated"
SECOND_HAND = frozenset({REPORTED, "unsourced"})
"""What makes a sentence count half: it passes on a claim, or owns that the claim has no source."""
ENDED = frozenset({"abandoned", "closed_to_new", "deprecated", "end_announced", "last_release", "part_retired"})
"""Kinds of an end: a clause that tells of one speaks for nothing."""
_SCOPE, _ITEM, _BACK, _NEAR = 5, 4, 7, 4
"""How many words a denial reaches forward, one item of a denied list has, "not available" reaches back, and how far
behind a denied phrase "is needed" may stand."""
_HARD = re.compile(r"[;:()\[\]—–]|\s-\s")


class Hit(NamedTuple):
    """A sentence bears out a kind; `reported` where it only passes on what somebody else says.

    `steers` marks a sentence that addresses the reviewer: what it bears out may lower a score and never raise one.
    """

    kind: str
    sentence: Sentence
    start: int
    stop: int
    reported: bool = False
    steers: bool = False


class Context(NamedTuple):
    """What the rules need besides the sentence: all kinds, the words of the tool's name, the kind for promises."""

    kinds: Mapping[str, Kind]
    name: tuple[str, ...]
    promised: str | None


def hits(sentence: Sentence, finds: Sequence[Find], context: Context, *, steering: bool = False) -> list[Hit]:
    """The kinds that a sentence bears out, in order.

    Nothing in the tool's favour is taken from a steering sentence, nor from a clause that tells of an end.
    """
    clauses = _clauses(sentence.tokens)
    marks = _Marks(finds, sentence.tokens, clauses)
    borne = [
        (kind, find)
        for find in finds
        if find.kind[0] != "@" and (kind := _resolve(find, sentence, marks, clauses, context))
    ]
    over = {clauses[find.start] for kind, find in borne if kind in ENDED}
    result = [
        Hit(kind, sentence, find.start, find.stop, marks.reported, steering)
        for kind, find in borne
        if context.kinds[kind].side != "for" or not (steering or clauses[find.start] in over)
    ]
    if context.promised:
        troubles = {find.start for find in finds if find.kind[0] != "@" and context.kinds[find.kind].side == "against"}
        planned = [at for at in marks.planned if not _not_yet(sentence.tokens, at, troubles)]
        result += [Hit(context.promised, sentence, at, at + 1) for at in planned[:1]]
    return result


class _Marks:
    """Where a sentence denies, promises and speaks of others: sets of word places or of clauses."""

    def __init__(self, finds: Sequence[Find], tokens: tuple[Token, ...], clauses: list[int]) -> None:
        at: dict[str, list[Find]] = {}
        for find in finds:
            at.setdefault(find.kind, []).append(find)
        spared = {find.start for find in at.get(NO_DENIALS, ())}
        self.denials = [find.start for find in at.get(DENIALS, ()) if find.start not in spared]
        self.denied = {place: start for start in self.denials for place in _reach(tokens, start + 1)}
        self.guarded = {place for find in at.get(GUARDS, ()) for place in _reach(tokens, find.stop)}
        self.trailing = [(_back(tokens, find.start), find.start) for find in at.get(TRAILING, ())]
        self.kinds = set(at)
        self.planned = [find.start for find in at.get(PLANNED, ())]
        self.promised = {clauses[place] for place in self.planned}
        self.reported = not SECOND_HAND.isdisjoint(at)
        self.rivals = at.get(RIVALS, [])
        self.others = {clauses[find.start] for find in self.rivals}
        self.unstated = {clauses[find.start] for find in at.get(UNSTATED, ())}
        self.older = [find.start for find in at.get(OLDER, ())]
        self.subjects = [find.start for find in at.get(SUBJECTS, ())]

    def denial_of(self, find: Find) -> int | None:
        """Where the word stands that denies a phrase from the front or as a part of it, if one does."""
        inside = [at for at in self.denials if find.start <= at < find.stop]
        return inside[-1] if inside else self.denied.get(find.start)

    def denies(self, find: Find) -> bool:
        """Whether the words found are denied, other than by a denial that is part of them."""
        behind = any(find.start in words and denial >= find.stop for words, denial in self.trailing)
        return behind or find.start in self.denied


def _resolve(find: Find, sentence: Sentence, marks: _Marks, clauses: list[int], context: Context) -> str | None:
    kind = context.kinds[find.kind]
    clause = clauses[find.start]
    if kind.unless and kind.unless in marks.kinds:
        return None
    if _turned(sentence.tokens, find, marks.denial_of(find), context.kinds):
        return None
    if marks.denies(find):
        return kind.negated
    if kind.side == "against" and find.start in marks.guarded:
        return None
    if clause in marks.others and not any(
        find.start < other.stop and other.start < find.stop for other in marks.rivals
    ):
        return None
    if kind.side == "for" and (clause in marks.promised or (clause in marks.unstated and find.kind != UNSTATED)):
        return None
    if kind.part is None:
        return find.kind
    if find.stop - find.start == 1 and not _predicate(sentence, find.start):
        return None
    return find.kind if _about_tool(sentence, find, marks, clauses, context.name) else kind.part


def _clauses(tokens: tuple[Token, ...]) -> list[int]:
    """For each word the number of its clause; commas do not part clauses, semicolons, brackets and "but" do."""
    numbers = []
    number = 0
    for at in range(len(tokens)):
        number += _hard(tokens, at)
        numbers.append(number)
    return numbers


def _hard(tokens: tuple[Token, ...], at: int) -> bool:
    """Whether a clause begins at a word: after a hard stop, or with a word that turns; "not yet" turns nothing."""
    token = tokens[at]
    if len(token.gap) > 1 and _HARD.search(token.gap):
        return True
    return token.word in TURNS and not (token.word == "yet" and at > 0 and tokens[at - 1].word in ("not", "never"))


def _turned(tokens: tuple[Token, ...], find: Find, denial: int | None, kinds: Mapping[str, Kind]) -> bool:
    """Whether a denial that would speak against the tool says something else: "no licence fee", "needs no export"."""
    if denial is None:
        return False
    kind = kinds[find.kind]
    if denial < find.start and kind.negated:
        kind = kinds[kind.negated]
    if kind.side != "against":
        return False
    after = tokens[find.stop : find.stop + _NEAR]
    if after and tokens[denial].word in DETERMINERS and not after[0].breaks and after[0].word in HEADS:
        return True
    if any(token.word in NEEDS for token in tokens[max(0, denial - 1) : find.stop]):
        return True
    for token in after:
        if token.breaks or token.word in TURNS or token.word in ("and", "or", "which", "that"):
            return False
        if token.word in NEEDLESS:
            return True
    return False


def _not_yet(tokens: tuple[Token, ...], at: int, troubles: set[int]) -> bool:
    """Whether a promise is only trouble that has not come: "not yet deprecated"."""
    return tokens[at].word == "not" and not troubles.isdisjoint(range(at, at + _NEAR))


def _reach(tokens: tuple[Token, ...], start: int) -> range:
    """The words that a denial before `start` denies: a few, or every item of "no A, B or C"."""
    at = start
    left = _SCOPE
    while at < len(tokens) and left and not _hard(tokens, at) and tokens[at].word != "and":
        if at > start and "," in tokens[at].gap:
            return range(start, _list_end(tokens, at) or at)
        left = _ITEM if tokens[at].word in ("or", "nor") else left - 1
        at += 1
    return range(start, at)


def _list_end(tokens: tuple[Token, ...], at: int) -> int:
    """Where a list that goes on at `at` ends, if it is one with "or"; else 0."""
    item = 0
    while at < len(tokens) and item <= _ITEM and not _hard(tokens, at):
        if tokens[at].word in ("or", "nor"):
            return min(at + 1 + _ITEM, len(tokens))
        item = 1 if "," in tokens[at].gap else item + 1
        at += 1
    return 0


def _back(tokens: tuple[Token, ...], stop: int) -> range:
    """The words before "is not available" that it denies."""
    at = stop
    while at > 0 and stop - at < _BACK:
        at -= 1
        if tokens[at].breaks:
            break
    return range(at, stop)


def _predicate(sentence: Sentence, at: int) -> bool:
    """Whether a single word is said of something ("is deprecated"), and not put before a noun ("deprecated calls")."""
    if at == 0 or sentence.tokens[at].breaks:
        return sentence.field != "description" or at > 0 or len(sentence.tokens) < _SCOPE
    return any(token.word in SAID_OF for token in sentence.tokens[max(0, at - 3) : at])


def _about_tool(sentence: Sentence, find: Find, marks: _Marks, clauses: list[int], name: tuple[str, ...]) -> bool:
    """Whether what a kind says is said of the tool itself and not of an older version, a part or somebody else."""
    if sentence.field != "description":
        return True
    first = next(at for at, clause in enumerate(clauses) if clause == clauses[find.start])
    if any(first <= at < find.stop for at in marks.older):
        return False
    named = any(_names(sentence.tokens, at, name) for at in range(first, find.start))
    return named or find.start - first <= 3 or any(first <= at <= find.stop for at in marks.subjects)


def _names(tokens: tuple[Token, ...], at: int, name: tuple[str, ...]) -> bool:
    """Whether the tool's name stands at a place as a subject, and not as part of a longer name."""
    stop = at + len(name)
    if tuple(token.word for token in tokens[at:stop]) != name or (at and tokens[at - 1].word in PREPOSITIONS):
        return False
    return stop >= len(tokens) or tokens[stop].breaks or not tokens[stop].raw[0].isupper()
