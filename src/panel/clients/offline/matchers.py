"""Matchers: the kinds that phrases cannot say, by name. What a sentence is, what it shows, what an author filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from panel.clients.offline import figures
from panel.clients.offline import vocabulary as v
from panel.clients.offline.grammar import Hit
from panel.clients.offline.page import Page, at
from panel.clients.offline.sentences import Sentence, tokenise

_CODE = re.compile(r"`[^`]{3,160}`")
_CALL = re.compile(r"[ (/=]|--")
_SEVERAL = 3
_OUTRIGHT = re.compile(
    r"\b(?:free of charge|at no cost|costs nothing|(?:no|without|without any) licen[cs]e (?:fee|cost|charge)s?)\b"
)


def found(kind: str, matcher: str, page: Page) -> list[Hit]:
    """The hits of one kind that a matcher in code finds."""
    return [hit._replace(kind=kind) for hit in MATCH[matcher](page)] if matcher in MATCH else []


def definition(page: Page) -> Iterator[Hit]:
    """What follows "is" in "NAME is a …" or "It is a …", in the first sentences; else the tagline."""
    for sentence in list(page.described())[:2]:
        rest = _said_of(sentence, {*page.name[:1], "it", "this"})
        if rest:
            tokens = tokenise(rest)
            yield at(Sentence("description", rest, tokens), 0, min(_SEVERAL, len(tokens)))
    for sentence in page.plain:
        if sentence.field == "tagline" and len(sentence.tokens) >= _SEVERAL:
            yield at(sentence, 0, len(sentence.tokens))


def _said_of(sentence: Sentence, subjects: set[str]) -> str:
    """What a sentence says its subject is, from the article on; nothing where the subject is another."""
    tokens = sentence.tokens[:14]
    for i in range(1, len(tokens) - 1):
        if tokens[i].word in ("is", "are") and tokens[i + 1].word in ("a", "an", "the", "one"):
            told = any(token.word in subjects for token in tokens[:i])
            return sentence.text[tokens[i + 1].start :] if told else ""
    return ""


def example_code(page: Page) -> Iterator[Hit]:
    """A command or call in backticks."""
    for sentence in page.described():
        for match in _CODE.finditer(sentence.text):
            inside = [i for i, token in enumerate(sentence.tokens) if match.start() <= token.start < match.end()]
            if inside and _CALL.search(match.group()):
                yield at(sentence, inside[0], inside[-1] + 1)
                break


def languages(page: Page) -> Iterator[Hit]:
    """Three or more programming languages."""
    return _several(page, v.LANGUAGES)


def platforms(page: Page) -> Iterator[Hit]:
    """Three or more operating systems, browsers or processors."""
    return _several(page, v.PLATFORMS)


def _several(page: Page, known: frozenset[str]) -> Iterator[Hit]:
    """The sentence that names most of the words known, where the page names several. Names carry a capital."""
    named: dict[Sentence, list[int]] = {}
    for sentence in page.plain:
        for i, token in enumerate(sentence.tokens):
            if token.word in known and token.raw != token.word:
                named.setdefault(sentence, []).append(i)
    if len({sentence.tokens[i].word for sentence, places in named.items() for i in places}) >= _SEVERAL:
        best = max(named, key=lambda each: len(named[each]))
        yield at(best, named[best][0])


def free_of_charge(page: Page) -> Iterator[Hit]:
    """The pricing field begins with "free", or the text says so outright."""
    for sentence in page.priced_first():
        words = [token.word for token in sentence.tokens]
        opens = sentence.field == "pricing" and "free" in words[:2] and "trial" not in words
        if opens or _OUTRIGHT.search(" ".join(words)):
            yield at(sentence, words.index("free") if "free" in words else 0)


def sources_listed(page: Page) -> Iterator[Hit]:
    """Two or more sources with an address; the first one's title is the quote."""
    linked = [line for line in page.fields.get("sources", "").split("\n") if "http" in line]
    if len(linked) >= 2:
        yield from _whole("sources", linked[0].split("·")[0])


def audience(page: Page) -> Iterator[Hit]:
    """The field that names who it is for."""
    text = page.fields.get("best_for", "")
    return _whole("best_for", text) if len(tokenise(text)) >= _SEVERAL else iter(())


def _whole(field: str, text: str) -> Iterator[Hit]:
    flat = " ".join(text.split())
    tokens = tokenise(flat)
    if tokens:
        yield at(Sentence(field, flat, tokens), 0, len(tokens))


def keyword_list(page: Page) -> Iterator[Hit]:
    """A sentence of the description that is mostly catchwords."""
    for sentence in page.described():
        if is_keyword_list(sentence, page.kinds_of[sentence.text]):
            yield at(sentence, 0, min(8, len(sentence.tokens)))


def is_keyword_list(sentence: Sentence, kinds: Iterable[str]) -> bool:
    """Whether a sentence names five or more kinds and hardly holds a word of grammar."""
    glue = sum(token.word in v.GLUE for token in sentence.tokens)
    return len(set(kinds)) >= 5 and len(sentence.tokens) >= 8 and 8 * glue <= len(sentence.tokens)


MATCH: dict[str, Callable[[Page], Iterator[Hit]]] = {
    "adoption": figures.adoption,
    "audience": audience,
    "dated_facts": figures.dated_facts,
    "definition": definition,
    "example_code": example_code,
    "free_of_charge": free_of_charge,
    "keyword_list": keyword_list,
    "languages": languages,
    "last_release": figures.last_release,
    "long_history": figures.long_history,
    "platforms": platforms,
    "pre_one": figures.pre_one,
    "price": figures.price,
    "recent_release": figures.recent_release,
    "sources_listed": sources_listed,
    "unsourced_figure": figures.unsourced_figure,
    "young": figures.young,
}
"""By name. `planned` and `steering` are found while sentences are read (reading.py)."""
