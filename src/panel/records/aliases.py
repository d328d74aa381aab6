"""Aliases: every spelling by which a tool's record gives away the tool and its vendor. In goes a Tool, out come Names.

A Name is one thing to hide with the patterns that match it: in any case, its words spaced, hyphenated or joined, its
id, what people shorten it to where domain, vendor or bracket show that, and the name inside domains ("getalder.com").
Names of up to three letters match in their own case only, since "go" and "c" are words. Nothing is looked up anywhere:
what a description gives away by its facts stays as it is.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from panel.records.makers import core_of, makers_in
from panel.records.tool import Tool

SHORT = 3
"""Names of up to this many letters and digits are matched in their own case."""

WIDE = "\u2e80"
"""From here on scripts put no spaces between words: a name may touch their letters and still be a word."""

_LEFT = r"(?:(?<![^\W_])|(?<=[a-z])(?=[A-Z]))"
_RIGHT = r"(?:(?![^\W_])|(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d))"
_RIGHT_SHORT = r"(?![^\W_]|[+#])"
_SEPARATED = re.compile(r"[\s_.\-‐-―]+")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN = r"[\s_.\-‐-―]{0,3}"
_NOBODY = frozenset(
    {"community", "open source", "open source community", "the community", "volunteers", "individual", "independent"}
    | {"various", "unknown", "none", "n a", "self", "not stated", "anonymous"}
)
"""What stands in a vendor field where there is no vendor."""

Kind = Literal["tool", "vendor"]


class Name(NamedTuple):
    """One thing to hide: how it is spelled where it is shown again, and the patterns that match it.

    Each pattern comes with the length of what it stands for, so that longer ones can go first; none captures.
    """

    kind: Kind
    spelling: str
    patterns: tuple[tuple[int, str], ...]
    joined: tuple[str, ...] = ()
    """Its spellings of more than three letters as a domain joins them, the longest first."""


class Domain(NamedTuple):
    """A label of a web address that holds a name among other letters: `before` + the name of `holder` + `after`."""

    label: str
    before: str
    after: str
    holder: int
    """Which of the names, by its place."""

    def pattern(self, shown: str) -> str:
        """What matches the label, or what is shown for it: anywhere, but inside an address where it is a mere name."""
        whole = f"(?i:{re.escape(shown)})"
        return bounded(whole) if self.before or self.after else f"{_LEFT}{whole}(?=\\.[A-Za-z])"


def names_of(tool: Tool) -> tuple[Name, ...]:
    """The tool first, then its vendors and its former ids; each once."""
    own = _squeeze(tool.name)
    vendors = [part for part in makers_in(tool.vendor or "") if _is_somebody(part) and _squeeze(part) != own]
    of_vendors = {_squeeze(name) for part in vendors for name in (part, core_of(part))}
    labels = [label for url in _urls(tool) for label in _labels(url)]
    shorter = [text for text in _shorter(tool.name, [*labels, tool.id], of_vendors) if _squeeze(text) not in of_vendors]
    slugs = [] if _squeeze(tool.id) in of_vendors else [tool.id]
    found = [
        _name("tool", tool.name, [tool.name], slugs, shorter, labels),
        *(_vendor(part, labels, own) for part in vendors),
    ]
    known = {own, _squeeze(tool.id)} | of_vendors
    for old in tool.formerly:
        if _squeeze(old) not in known:
            known.add(_squeeze(old))
            found.append(_name("tool", _as_written(old, tool), [], [old]))
    return tuple(found)


def domains_of(tool: Tool, names: Sequence[Name]) -> tuple[Domain, ...]:
    """The labels of the record's addresses that begin or end with a name of more than three letters."""
    held = sorted(((name, place) for place, item in enumerate(names) for name in item.joined), key=lambda n: -len(n[0]))
    found = []
    for label in dict.fromkeys(label.lower() for url in _urls(tool) for label in _labels(url)):
        inside = next((pair for pair in held if label.startswith(pair[0]) or label.endswith(pair[0])), None)
        if inside and names[inside[1]].spelling.lower() != label:
            name, place = inside
            at = 0 if label.startswith(name) else len(label) - len(name)
            found.append(Domain(label, label[:at], label[at + len(name) :], place))
    return tuple(found)


def is_wide(text: str) -> bool:
    """Whether any of it is in a script that puts no spaces between words."""
    return max(text, default="") >= WIDE


def bounded(pattern: str) -> str:
    """The pattern where it stands as a word, or as a hump of a joined one."""
    return f"{_LEFT}(?:{pattern}){_RIGHT}"


def _vendor(part: str, labels: Sequence[str], own: str) -> Name:
    """A vendor by its name, the name without its legal form and what it is shortened to, unless that is the tool."""
    spellings = [text for text in (part, core_of(part)) if _squeeze(text) != own]
    shorter = [text for text in _shorter(part, labels) if _squeeze(text) != own]
    return _name("vendor", part, spellings, [], shorter, labels)


def _is_somebody(vendor: str) -> bool:
    return bool(core_of(vendor)) and core_of(vendor).casefold() not in _NOBODY


def _shorter(spelling: str, telling: Iterable[str], vendors: Iterable[str] = ()) -> Iterator[str]:
    """What people shorten a name to, where the record shows it: by a domain or id, the vendor's name, a bracket."""
    words, shown = spelling.split(), set(map(_squeeze, telling))
    for count in range(1, len(words)):
        beginning, rest = " ".join(words[:count]), " ".join(words[count:])
        if _squeeze(beginning) in vendors and _letters(rest) > SHORT:
            yield rest
        elif _squeeze(beginning) in shown and _letters(beginning) > SHORT:
            yield beginning
    if spelling.partition("(")[0].strip() not in ("", spelling):
        yield spelling.partition("(")[0].strip()


def _name(
    kind: Kind,
    spelling: str,
    spellings: Sequence[str],
    slugs: Sequence[str] = (),
    shorter: Sequence[str] = (),
    labels: Sequence[str] = (),
) -> Name:
    """A name by its whole spellings, its ids, what it is shortened to, and labels of addresses that may be it."""
    whole = [text for text in dict.fromkeys((*spellings, *slugs)) if _letters(text) > SHORT]
    brief = [text for text in dict.fromkeys(spellings) if 0 < _letters(text) <= SHORT]
    patterns = [(len(text), pattern) for text in whole for pattern in _of(text)]
    patterns += [(len(text), f"{_LEFT}{re.escape(text)}{_RIGHT_SHORT}") for text in brief]
    patterns += [(len(text), bounded(re.escape(text))) for text in shorter]
    in_code = [_squeeze(text) for text in (*brief, *shorter, *(slug for slug in slugs if _letters(slug) <= SHORT))]
    patterns += [(len(text), rf"(?<=[`/@$.]){re.escape(text)}{_RIGHT_SHORT}") for text in in_code if text]
    hosts = {label for label in labels if label.lower() in map(_squeeze, brief)}
    patterns += [(len(label), f"{_LEFT}(?i:{re.escape(label)})(?=\\.[A-Za-z])") for label in sorted(hosts)]
    joined = {_squeeze(text) for text in (*whole, *shorter)}
    return Name(
        kind,
        spelling.rstrip(".") or spelling,
        tuple(dict.fromkeys(patterns)),
        tuple(sorted(joined, key=lambda text: (-len(text), text))),
    )


def _of(spelling: str) -> Iterator[str]:
    """The patterns of a spelling of more than three letters, or of any in a script without spaces."""
    if is_wide(spelling):
        yield re.escape(spelling)
        return
    parts = [part for part in _SEPARATED.split(spelling) if part]
    yield bounded(f"(?i:{_BETWEEN.join(map(re.escape, parts))})")
    humps = [hump for part in parts for hump in _HUMPS.split(part)]
    if len(humps) > len(parts):  # spaced only with their capitals: "Open AI" is a name, "open AI" is not
        yield bounded(rf"(?i:{'[-_]'.join(map(re.escape, humps))})|{r'[ ]'.join(map(re.escape, humps))}")


def _letters(text: str) -> int:
    """Letters and digits; in a script without spaces every character is as good as a word."""
    return sum((SHORT + 1 if char >= WIDE else 1) for char in text if char.isalnum())


def _squeeze(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum() or char in "+#")


def _urls(tool: Tool) -> list[str]:
    return [url for url in (tool.homepage, *(source.url for source in tool.sources)) if url]


def _labels(url: str) -> list[str]:
    """The labels of an address's host but the last, which names no one."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return []
    return [label for label in host.split(".")[:-1] if label and label != "www"]


def _as_written(slug: str, tool: Tool) -> str:
    """An old id as the record's text spells it; the id itself where it does not."""
    pattern = bounded(f"(?i:{_BETWEEN.join(map(re.escape, _SEPARATED.split(slug)))})")
    found = re.search(pattern, "\n".join(tool.fields().values()))
    return found[0] if found else slug
