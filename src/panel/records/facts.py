"""Checkable facts: how much a description gives a panel to judge by (law 7). Text in, distinct facts out; pure.

A fact is something a reader could look up and find wrong: a figure with what it counts, a price, a date, a version, a
licence, a format, a named product or organisation, a piece of code, an address, a stated property such as "public
beta". Adjectives are none, nor are figures of speech (24/7, 10x, 100 %), nor the trade's general abbreviations (AI,
ROI). Where capitals carry no information (German nouns, title case) plain capitalised words count for nothing; where
the script has none (Chinese, Arabic) every name in Latin letters counts.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

FLOOR = 5
"""Fewer distinct checkable facts than this, and a review gets no badge.

Four personas quote one to six passages each. With fewer than five facts between them they can only quote adjectives,
or all the same fact. The real short descriptions the floor was set on (40 to 73 words) hold five and more; sixty words
of copy without specifics stay under it, their product's own name counted.
"""

_PUFF = re.compile(r"24[/x]7(?:/365)?|360(?:°|-degree)?|100 ?%|\d+x|\d+(?:st|nd|rd|th)|#\d+", re.IGNORECASE)
"""Figures of speech."""

_GENERAL = re.compile(
    r"(?:ai|ml|ar|vr|it|ui|ux|dx|qa|hr|pr|pm|vp|ceo|cto|cio|cfo|ciso|roi|kpi|okr|tco|saas|b2[bc]|faq|eta|asap|diy|llm|"
    r"genai|agi|devops|mlops|ci|cd|ok|tv|pc|usp|gtm|smb|www)s?",
    re.IGNORECASE,
)
"""Abbreviations of the trade that name nothing in particular."""

_STATED = re.compile(
    r"(?:public|private|open|closed|developer) (?:beta|alpha|preview)\b|\b(?:beta|alpha|preview)\b|"
    r"\bgeneral(?:ly)? availab\w+|early access|invite[- ]only|wait(?:ing )?list|\bdeprecated|\barchived|"
    r"end[- ]of[- ]life|discontinued|unmaintained|public domain|open[- ]sourced?\b|open[- ]weights?\b|"
    r"source[- ]available|closed[- ]source|free (?:tier|plan)|self[- ]host\w*|on[- ]prem\w*|on[- ]device|"
    r"air[- ]gapped|single binary|command[- ]line|function[- ]calling|royalt(?:y|ies)|gemeinfrei|quelloffen\w*|"
    r"código abierto|开源|オープンソース",
    re.IGNORECASE,
)
"""Properties that hold or do not."""

_GERMAN = frozenset(
    {"und", "der", "die", "das", "den", "dem", "mit", "ist", "nicht", "für", "ein", "eine", "von", "zu"}
)
"""Small words that tell the one language whose every noun has a capital; in other languages they are rare together."""

_WIDE = "\u2e80"
"""From here on scripts put no spaces between words, or have no capitals."""

_LETTER = r"[^\W\d_]"
_TOKEN = re.compile(
    rf"""
    (?P<code> `[^`\n]{{1,200}}` | https?://[^\s<>"'`]+ | (?<![\w-])--[a-z][\w-]+ | (?<!\w)@[\w-]+/[\w.-]+
            | (?<![\w.])\w{{1,60}}\(\)
            | \b[a-z0-9]{{1,40}}(?:_[a-z0-9]{{1,40}}){{1,9}}\b | (?<!\w)(?:/[a-z][\w-]*){{2,9}} )
  | (?P<date> \b\d{{4}}-\d\d-\d\d\b | \b(?:\d{{1,2}}\.?\ )?{_LETTER}{{3,12}}\.?\ (?:19|20)\d\d\b(?![.,\d]\d) )
  | (?P<word> {_LETTER}[^\W_]*(?:[-+./&]{{1,2}}[^\W_]+)*[+\#]{{0,2}}(?:['’]s\b)? )
  | (?P<number> (?:[$€£¥]\ ?|\#)?\d+(?:[.,:/-]\d+)*(?:\ ?[%°])?(?:-?{_LETTER}+)* )
  | (?P<stop> [.!?:…。！？：；•*\n|] )
    """,
    re.VERBOSE,
)


_UNIT = re.compile(rf" ?(?:[a-zµ]{_LETTER}{{0,20}}|[A-Z]{{1,3}}[a-z]?\b|[%°])")
_STRIKING = re.compile(r"\d|\w\.\w\w|\w[+#]")
_JOINT = re.compile(r"[-/&]")


class _Fact(NamedTuple):
    """A fact where it stands; `words` are what makes it distinct."""

    at: int
    text: str
    words: frozenset[str]


def checkable_facts(text: str) -> tuple[str, ...]:
    """The distinct checkable facts of a text, in order, as written. A fact made of words already counted is not new."""
    text = _spaced(text)
    stated = [_fact(match.start(), match.group()) for match in _STATED.finditer(text)]
    return tuple(_kept([*_Names(text).facts(), *stated]))


def gives_enough(text: str) -> bool:
    """Whether a text holds `FLOOR` checkable facts; mostly told from its beginning, in a third of the time.

    Stated properties are left out at first: each is one word among those that make facts distinct, and takes the place
    of one other fact at most.
    """
    names, found = _Names(_spaced(text)), list[_Fact]()
    for fact in names.facts():
        found.append(fact)
        # a name that is not at its end yet comes later, and stands before
        ahead = min(fact.at, names.run[0].start()) if names.run else fact.at
        if len(found) > FLOOR and len(_kept(fact for fact in found if fact.at < ahead)) >= FLOOR:
            return True
    return len(checkable_facts(text)) >= FLOOR


def _kept(facts: Iterable[_Fact]) -> list[str]:
    """The facts that are new where they stand, in order."""
    seen: set[str] = set()
    kept = []
    for fact in sorted(facts, key=lambda fact: fact.at):
        if not fact.words <= seen:
            seen |= fact.words
            kept.append(fact.text)
    return kept


class _Names:
    """One pass over a text: figures, code, dates, and runs of words that make a name."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_TOKEN.finditer(text))
        self.capitals_tell, self.all_foreign = _script(text, self.tokens)
        self.run: list[re.Match[str]] = []
        self.initial = False
        self.read_to = 0

    def facts(self) -> Iterator[_Fact]:
        initial = True
        for token in self.tokens:
            kind = token.lastgroup
            if self.run and (kind == "stop" or self.text[self.run[-1].end() : token.start()].strip(" ")):
                yield from self._flush()
            if token.start() < self.read_to:
                continue
            if kind == "word":
                yield from self._word(token, initial)
            elif kind == "number":
                yield from self._number(token)
            elif kind != "stop":
                yield _fact(token.start(), token.group())
            initial = kind == "stop"
        yield from self._flush()

    def _word(self, token: re.Match[str], initial: bool) -> Iterator[_Fact]:
        """A word goes on with a name, begins one, or ends one; an acronym always begins."""
        word = token.group()
        if not self._names(word):
            yield from self._flush()
            return
        if not self.run or _is_acronym(word):
            yield from self._flush()
            self.initial = initial and not (self.all_foreign or _is_striking(word))
        self.run.append(token)
        if _bare(word) != word:
            yield from self._flush()

    def _number(self, token: re.Match[str]) -> Iterator[_Fact]:
        """A figure right after a name is its version; by itself it counts with the word that follows it."""
        if self.run:
            self.run.append(token)
            return
        figure = token.group().strip()
        unit = None if figure[0] in "$€£¥" or figure[-1] in "%°" else _UNIT.match(self.text, token.end())
        beside = self.text[token.end() : token.end() + 2].strip()
        if not _PUFF.fullmatch(figure) and (len(figure) > 1 or unit or beside >= _WIDE):
            self.read_to = unit.end() if unit else token.end()
            yield _fact(token.start(), self.text[token.start() : self.read_to])

    def _names(self, word: str) -> bool:
        """Whether a word is part of a name."""
        parts = [part for part in _parts(_bare(word)) if part and not _is_general(part)]
        if not parts or len(word) < 2 or word[0] >= _WIDE:
            return False
        return self.all_foreign or _is_striking(word) or (self.capitals_tell and parts[0][0].isupper())

    def _flush(self) -> Iterator[_Fact]:
        """The run as facts: the name, and each version with the word before it. A lone initial capital is no name."""
        run, self.run = self.run, []
        words = [token for token in run if token.lastgroup == "word"]
        if words and not (self.initial and len(words) == 1):
            name = " ".join(_bare(word.group()) for word in words)
            yield _Fact(run[0].start(), name, frozenset(_singular(word.group()) for word in words))
        for before, token in pairwise(run):
            if token.lastgroup == "number" and not _PUFF.fullmatch(token.group()):
                yield _fact(token.start(), self.text[before.start() : token.end()])


def _fact(at: int, text: str) -> _Fact:
    plain = " ".join(text.split())
    return _Fact(at, plain, frozenset({plain.casefold()}))


def _spaced(text: str) -> str:
    """The text with spaces where a script without them meets another, as in 由Astral发布."""
    return re.sub("([\u2e80-\U0010ffff]+)", r" \1 ", text) if max(text, default="") >= _WIDE else text


def _bare(word: str) -> str:
    return word[:-2] if word.endswith(("'s", "’s")) else word


def _singular(word: str) -> str:
    return _bare(word).casefold().removesuffix("s")


def _parts(word: str) -> list[str]:
    return [word] if word.isalnum() else _JOINT.split(word)


def _is_general(part: str) -> bool:
    return _GENERAL.fullmatch(part) is not None


def _is_acronym(word: str) -> bool:
    letters = _bare(word).removesuffix("s")
    return len(letters) > 1 and letters.isalpha() and letters.isupper()


@lru_cache(maxsize=4096)  # most words of a text stand in it more than once
def _is_striking(word: str) -> bool:
    """Whether a word is a name by its look: a digit, an inner capital, a dot or a sign inside."""
    parts = [part for part in _parts(word) if not _is_general(part)]
    return any(_STRIKING.search(part) or part[1:] != part[1:].lower() for part in parts)


def _script(text: str, tokens: list[re.Match[str]]) -> tuple[bool, bool]:
    """Whether capitals mark names in this text, and whether its script has no capitals of its own.

    Capitals mark names if, sentence openings aside, at most three in ten words have one, and if the text is not German.
    """
    uncased = sum(char.isalpha() and char.lower() == char.upper() for char in text if not char.isascii())
    letters = sum(map(str.isalpha, text))
    pairs = [(before, token.group()) for before, token in pairwise(tokens) if token.lastgroup == "word"]
    inner = [word for before, word in pairs if before.lastgroup != "stop" and not _is_striking(word)]
    capitals = sum(word[0].isupper() for word in inner)
    german = sum(word.casefold() in _GERMAN for word in inner)
    return 10 * capitals <= 3 * len(inner) and 10 * german < len(inner), 4 * uncased > letters
