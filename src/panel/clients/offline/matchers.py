"""Matchers: the kinds that phrases cannot say. Each takes a page of sentences and gives hits, best first.

Figures, years, versions, shown commands, the fields that an author fills in. Years are compared with the page's own
`as_of`, or with the latest year it names: never with a clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from panel.clients.offline.grammar import ENDED, Hit
from panel.clients.offline.sentences import Sentence, Token, tokenise


class Page(NamedTuple):
    """What matchers read: `plain` sentences (no steering, no rivals), the kinds borne out by each, raw fields."""

    fields: dict[str, str]
    plain: tuple[Sentence, ...]
    kinds_of: dict[Sentence, frozenset[str]]
    name: tuple[str, ...]
    this_year: int


def found(kind: str, matcher: str, page: Page) -> list[Hit]:
    """The hits of one kind that a matcher in code finds."""
    return [hit._replace(kind=kind) for hit in MATCH[matcher](page)]


_CODE = re.compile(r"`[^`]{3,160}`")
_CALL = re.compile(r"[ (/=]|--")
_FIGURE_UNITS = frozenset({"%", "x", "times", "percent", "fold"})
_PERFORMS = frozenset(
    [
        "faster",
        "slower",
        "quicker",
        "less",
        "more",
        "fewer",
        "better",
        "improve",
        "improves",
        "improved",
        "improvement",
        "improvements",
        "gain",
        "gains",
        "reduce",
        "reduces",
        "reduced",
        "reduction",
        "cut",
        "cuts",
        "save",
        "saves",
        "saved",
        "savings",
        "boost",
        "boosts",
        "increase",
        "increases",
        "increased",
        "cheaper",
        "accurate",
        "accuracy",
        "speed",
        "speedup",
        "throughput",
        "productivity",
        "productive",
        "smaller",
        "higher",
        "lower",
        "outperforms",
        "efficient",
        "efficiency",
        "success",
        "satisfaction",
        "uptime",
        "performance",
        "growth",
        "roi",
        "quality",
        "effective",
        "revenue",
        "conversion",
        "benchmarks",
    ]
)
_SOURCED = frozenset({"sourced", "method", "sla", "unsourced_ok"})
_STARTS = frozenset(["started", "start", "began", "begin", "first", "launched", "launch", "released", "founded", "created", "introduced", "since", "appeared", "published", "initial", "initially"])  # fmt: skip
_RELEASES = frozenset(["version", "versions", "release", "released", "releases", "updated", "update", "updates", "current", "patch", "changelog", "firmware", "lts", "installable", "shipped", "tagged", "maintained"])  # fmt: skip
_LAST = frozenset({"last", "latest", "final", "recent", "newest"})
_LANGUAGES = frozenset(["python", "java", "javascript", "typescript", "go", "rust", "ruby", "php", "c", "c++", ".net", "swift", "kotlin", "scala", "elixir", "r", "julia", "perl", "node", "dart", "lua", "haskell", "csharp", "sql", "wasm", "webassembly", "matlab"])  # fmt: skip
_PLATFORMS = frozenset(["linux", "macos", "windows", "ios", "android", "freebsd", "arm", "x86", "browsers", "browser", "firefox", "chrome", "safari", "raspberry", "docker", "kubernetes", "debian", "ubuntu", "edge", "openbsd"])  # fmt: skip
_MONEY = frozenset({"$", "€", "£", "¥", "usd", "eur", "gbp", "euro", "euros", "dollars", "chf", "cents"})
_NO_PRICE = frozenset(
    [
        "raised",
        "funding",
        "valuation",
        "revenue",
        "million",
        "billion",
        "fine",
        "fined",
        "invested",
        "investment",
        "round",
    ]
)
_USERS = frozenset(["users", "downloads", "download", "stars", "installations", "installs", "customers", "companies", "developers", "devices", "deployments", "teams", "sites", "subscribers", "units"])  # fmt: skip
_LARGE = frozenset({"million", "millions", "thousand", "billion"})
_NUMBERS = {"five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20}  # fmt: skip
_NEAR = 8
_SEMVER_BELOW_ONE = re.compile(r"0[.]\d+(?:[.]\d+)?$")


def year_of(token: Token) -> int | None:
    """The year a word is, if it is one."""
    raw = token.raw
    return int(raw) if len(raw) == 4 and raw.isdigit() and 1950 <= int(raw) <= 2100 else None


def years(sentence: Sentence) -> list[int]:
    return [year for token in sentence.tokens if (year := year_of(token))]


def _whole(sentence: Sentence, start: int = 0, stop: int | None = None) -> Hit:
    return Hit("", sentence, start, stop or min(start + 1, len(sentence.tokens)))


def _described(page: Page) -> Iterator[Sentence]:
    return (sentence for sentence in page.plain if sentence.field == "description")


def definition(page: Page) -> Iterator[Hit]:
    """ "X is a …" in the first sentences, else the tagline."""
    for sentence in list(_described(page))[:2]:
        for at, token in enumerate(sentence.tokens[1:12], 1):
            follows = sentence.tokens[at + 1 : at + 2]
            if token.word in ("is", "are") and follows and follows[0].word in ("a", "an", "the", "one"):
                rest = sentence.text[follows[0].start :]
                yield _whole(Sentence("description", rest, tokenise(rest)), 0, 3)
                break
    for sentence in page.plain:
        if sentence.field == "tagline" and len(sentence.tokens) >= 3:
            yield _whole(sentence, 0, len(sentence.tokens))


def example_code(page: Page) -> Iterator[Hit]:
    """A command or call in backticks."""
    for sentence in _described(page):
        for match in _CODE.finditer(sentence.text):
            if _CALL.search(match.group()):
                inside = [at for at, token in enumerate(sentence.tokens) if match.start() <= token.start < match.end()]
                if inside:
                    yield _whole(sentence, inside[0], inside[-1] + 1)
                    break


def unsourced_figure(page: Page) -> Iterator[Hit]:
    """A percentage or multiple that praises, in a sentence that names no source or method."""
    for sentence in page.plain:
        words = {token.word for token in sentence.tokens}
        if not words & _PERFORMS or page.kinds_of[sentence] & _SOURCED:
            continue
        for at, token in enumerate(sentence.tokens[:-1]):
            if token.is_number and sentence.tokens[at + 1].word in _FIGURE_UNITS:
                yield _whole(sentence, at, at + 2)
                break


def pre_one(page: Page) -> Iterator[Hit]:
    """A version that begins with 0, said of the tool."""
    leads = {"version", "release", "v", "currently", "at", "is", "v0"} | set(page.name)
    for sentence in page.plain:
        for at, token in enumerate(sentence.tokens):
            before = {other.word for other in sentence.tokens[max(0, at - 1) : at]}
            if (_SEMVER_BELOW_ONE.match(token.raw) and before & leads) or token.word == "v0":
                yield _whole(sentence, max(0, at - 1), at + 1)
                break


def _begun(sentence: Sentence, words: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Years said soon after a word for beginning, with their places."""
    for at, token in enumerate(sentence.tokens):
        year = year_of(token)
        if year and any(other.word in words for other in sentence.tokens[max(0, at - _NEAR) : at]):
            yield year, at


def long_history(page: Page) -> Iterator[Hit]:
    """A beginning five or more years back, or so many years of practice."""
    for sentence in _described(page):
        if page.kinds_of[sentence] & ENDED:
            continue
        words = {token.word for token in sentence.tokens}
        old = [at for year, at in _begun(sentence, _STARTS | {"since"}) if year <= page.this_year - 5]
        if words & (_RELEASES | {"production", "use"}):
            old += [at for at, token in enumerate(sentence.tokens) if token.word == "years" and _count(sentence, at) >= 5]
        if old:
            yield _whole(sentence, old[0])


def young(page: Page) -> Iterator[Hit]:
    """A beginning within the last year, and none before."""
    begun = [(year, at, sentence) for sentence in _described(page) for year, at in _begun(sentence, _STARTS)]
    if begun and min(year for year, _, _ in begun) >= page.this_year - 1:
        _, at, sentence = begun[0]
        yield _whole(sentence, at)


def recent_release(page: Page) -> Iterator[Hit]:
    """A release or an update within the last year."""
    for sentence in _described(page):
        if page.kinds_of[sentence] & ENDED or not any(token.word in _RELEASES for token in sentence.tokens):
            continue
        for at, token in enumerate(sentence.tokens):
            if page.this_year - 1 <= (year_of(token) or 0) <= page.this_year:
                yield _whole(sentence, at)
                break


def last_release(page: Page) -> Iterator[Hit]:
    """A last release three or more years back."""
    for sentence in page.plain:
        words = {token.word for token in sentence.tokens}
        named = years(sentence)
        if named and words & _LAST and words & (_RELEASES | {"commit", "commits"}) and max(named) <= page.this_year - 3:
            yield _whole(sentence, next(at for at, token in enumerate(sentence.tokens) if token.word in _LAST))


def dated_facts(page: Page) -> Iterator[Hit]:
    """Four or more different years, dates or versions."""
    marks = {
        token.raw: sentence
        for sentence in reversed(list(_described(page)))
        for token in sentence.tokens
        if year_of(token) or token.raw.count(".") >= 2
    }
    if len(marks) >= 4:
        sentence = next(sentence for sentence in _described(page) if sentence in marks.values())
        yield _whole(sentence, next(at for at, token in enumerate(sentence.tokens) if token.raw in marks))


def _several(page: Page, known: frozenset[str]) -> Iterator[Hit]:
    seen: set[str] = set()
    best: tuple[int, Sentence, int] | None = None
    for sentence in page.plain:
        places = [at for at, token in enumerate(sentence.tokens) if token.word in known and not token.raw[0].islower()]
        here = {sentence.tokens[at].word for at in places}
        seen |= here
        if here and (best is None or len(here) > best[0]):
            best = len(here), sentence, places[0]
    if best and len(seen) >= 3:
        yield _whole(best[1], best[2])


def languages(page: Page) -> Iterator[Hit]:
    """Three or more programming languages."""
    return _several(page, _LANGUAGES)


def platforms(page: Page) -> Iterator[Hit]:
    """Three or more operating systems, browsers or processors."""
    return _several(page, _PLATFORMS)


def price(page: Page) -> Iterator[Hit]:
    """An amount of money that is not somebody's funding; the pricing field first."""
    for sentence in sorted(page.plain, key=lambda each: each.field != "pricing"):
        words = {token.word for token in sentence.tokens}
        if words & _NO_PRICE:
            continue
        for at, token in enumerate(sentence.tokens):
            near = {other.word for other in sentence.tokens[max(0, at - 1) : at + 2]}
            if token.is_number and near & _MONEY and page.kinds_of[sentence].isdisjoint({"price_unfinal"}):
                yield _whole(sentence, max(0, at - 1), at + 1)
                break


def free_of_charge(page: Page) -> Iterator[Hit]:
    """The pricing field begins with "free", or the text says so outright."""
    for sentence in sorted(page.plain, key=lambda each: each.field != "pricing"):
        words = [token.word for token in sentence.tokens]
        text = " ".join(words)
        outright = "free of charge" in text or "at no cost" in text or "costs nothing" in text or "fee for the" in text
        opens = sentence.field == "pricing" and "free" in words[:2] and "trial" not in words
        if opens or outright:
            yield _whole(sentence, words.index("free") if "free" in words else 0)


def sources_listed(page: Page) -> Iterator[Hit]:
    """Two or more sources with an address."""
    lines = [line for line in page.fields.get("sources", "").split("\n") if line.strip()]
    linked = [line for line in lines if "http" in line]
    if len(linked) >= 2:
        title = " ".join(linked[0].split("·")[0].split())
        if tokenise(title):
            yield _whole(Sentence("sources", title, tokenise(title)), 0, len(tokenise(title)))


def audience(page: Page) -> Iterator[Hit]:
    """The field that names who it is for."""
    text = " ".join(page.fields.get("best_for", "").split())
    tokens = tokenise(text)
    if len(tokens) >= 3:
        yield _whole(Sentence("best_for", text, tokens), 0, len(tokens))


def adoption(page: Page) -> Iterator[Hit]:
    """A large number of users with a date or a source, or two named adopters."""
    for sentence in _described(page):
        vouched = bool(years(sentence)) or bool(page.kinds_of[sentence] & _SOURCED)
        for at, token in enumerate(sentence.tokens):
            near = [other.word for other in sentence.tokens[at + 1 : at + 5]]
            large = token.is_number and (len(token.raw.replace(",", "").split(".")[0]) >= 4 or _LARGE & set(near[:1]))
            if large and vouched and not year_of(token) and _USERS & set(near):
                yield _whole(sentence, at, min(at + 3, len(sentence.tokens)))
                break
            after = sentence.tokens[at + 2 : at + 5]
            if (
                token.word == "used"
                and near[:1] in (["by"], ["at"], ["in"])
                and sum(t.raw[0].isupper() for t in after) >= 2
            ):
                yield _whole(sentence, at, at + 3)
                break


def keyword_list(page: Page) -> Iterator[Hit]:
    """A sentence that is mostly catchwords: many kinds, next to no grammar."""
    for sentence in page.plain:
        if is_keyword_list(sentence, page.kinds_of[sentence]):
            yield _whole(sentence, 0, min(8, len(sentence.tokens)))


_GLUE = frozenset(["the", "a", "an", "of", "to", "in", "is", "are", "for", "with", "on", "by", "it", "its", "that", "from", "as", "at", "be", "was", "can", "not", "which", "has", "have", "into", "and", "or"])  # fmt: skip


def is_keyword_list(sentence: Sentence, kinds: Iterable[str]) -> bool:
    """Whether a sentence names five or more kinds and hardly holds a word of grammar."""
    glue = sum(token.word in _GLUE for token in sentence.tokens)
    return len(set(kinds)) >= 5 and len(sentence.tokens) >= 8 and 8 * glue <= len(sentence.tokens)


def _count(sentence: Sentence, at: int) -> int:
    """The number before a word, in figures or in letters."""
    before = sentence.tokens[at - 1] if at else None
    if before is None:
        return 0
    return int(before.raw) if before.raw.isdigit() and len(before.raw) < 4 else _NUMBERS.get(before.word, 0)


def _elsewhere(page: Page) -> Iterator[Hit]:
    """Found while sentences are read, not here."""
    return iter(())


MATCH: dict[str, Callable[[Page], Iterator[Hit]]] = {
    "adoption": adoption,
    "audience": audience,
    "dated_facts": dated_facts,
    "definition": definition,
    "example_code": example_code,
    "free_of_charge": free_of_charge,
    "keyword_list": keyword_list,
    "languages": languages,
    "last_release": last_release,
    "long_history": long_history,
    "planned": _elsewhere,
    "platforms": platforms,
    "pre_one": pre_one,
    "price": price,
    "recent_release": recent_release,
    "sources_listed": sources_listed,
    "steering": _elsewhere,
    "unsourced_figure": unsourced_figure,
    "young": young,
}
