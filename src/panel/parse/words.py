"""Text made comparable: normalised for matching, counted in words, cut for a detail. Pure string functions."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from panel.records.fence import defuse

HIDDEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\ufeff\ufff9-\ufffb"
)
"""Characters without a glyph, as a range for a character class: soft hyphen, zero-width, direction, variation."""

_HIDDEN = re.compile(f"[{HIDDEN}\U000e0000-\U000e0fff]+")
_SINGLE = "‘’‚‛′´`ʼʹ‹›"
_DOUBLE = "“”„‟″«»「」『』〝〞"
_DASHES = "‐‑‒–—―−﹘﹣"
_HYPHENS = re.compile("-+")
_WORD = re.compile(r"\w\S*")
_PLAIN_WORD = re.compile(r"[A-Za-z0-9_./%+-]{1,24}")
_WIDE = "\u2e80"
"""From here on scripts put no spaces between words."""


def visible(text: str) -> str:
    """The text without characters that have no glyph."""
    return text if text.isascii() else _HIDDEN.sub("", text)


@lru_cache(maxsize=32)  # the texts of one reply, each looked at for several things
def straight(text: str) -> str:
    """Compatibility forms folded (NFKC), straight quotes, single spaces; case and words as they are."""
    if text.isascii():  # most texts, and nothing else of what follows would change them
        return spaced(text.replace("`", "'"))
    plain = alike(alike(visible(text), _SINGLE, "'"), _DOUBLE, '"')  # before NFKC, which takes some accents apart
    return spaced(unicodedata.normalize("NFKC", plain.replace("…", "...")))  # without "…" it often finds nothing to do


def alike(text: str, chars: str, one: str) -> str:
    """The text with `one` in the place of each of `chars`: many times faster than a pattern or a table."""
    for char in chars:
        text = text.replace(char, one)
    return text


def spaced(text: str) -> str:
    """The text with one space for any white space, and none round it."""
    return " ".join(text.split())


def matchable(text: str) -> str:
    """What two spellings of one passage have in common: `straight`, without quote marks, dashes alike; case kept."""
    bare = straight(defuse(text)).replace("**", "").replace('"', "").replace("'", "")
    bare = spaced(bare if bare.isascii() else alike(bare, _DASHES, "-"))
    return "-".join(part.strip() for part in _HYPHENS.split(bare)) if "-" in bare else bare


def is_wide(char: str) -> bool:
    """Whether a character is of a script that puts no spaces between words, or of Korean: one says as much as three."""
    return char >= _WIDE and char.isalnum()


def count_words(text: str) -> int:
    """Words as a reader counts them; two characters of Chinese or Japanese count as one."""
    if text.isascii() or max(text) < _WIDE:
        return _tokens(text)
    unspaced = [is_wide(char) and not "\uac00" <= char <= "\ud7af" for char in text]
    apart = "".join(" " if alone else char for char, alone in zip(text, unspaced, strict=True))
    return _tokens(apart) + (sum(unspaced) + 1) // 2


def _tokens(text: str) -> int:
    """How many pieces between white space hold a letter, a digit or an underscore."""
    return len(_WORD.findall(text))


def scrub(text: str) -> str:
    """The text with lone surrogates replaced by U+FFFD, one for one: what can be stored."""
    return text if text.isascii() else re.sub("[\ud800-\udfff]", "\ufffd", text)


def excerpt(text: str, limit: int = 160) -> str:
    """A short, printable piece of a text from outside, for a detail."""
    flat = spaced(text[: 4 * limit])
    shown = flat if flat.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in flat)
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"


def word(text: str) -> str | None:
    """The text if it is a single short word of plain letters, digits and marks within words; else None.

    What is wrong with a reply is told to the model when it is asked again, outside the fence; so no more than this of a
    text from outside may stand in it.
    """
    return text if _PLAIN_WORD.fullmatch(text) else None
