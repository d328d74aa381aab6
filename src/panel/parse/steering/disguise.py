"""Disguise: text made to be read by a machine and overlooked by a person. Text in, what it hides out.

Four disguises are taken off: characters without a glyph, letters borrowed from look-alike scripts, numeric character
references, and base64 or hexadecimal runs. A disguise alone accuses nobody (Persian and Thai need zero-width
characters, documentation shows base64); what it hid is judged by the rules for plain text. Only three things are
suspicious by themselves: tag characters that spell text, forced text direction, and long runs without a glyph.
"""

from __future__ import annotations

import binascii
import re
import unicodedata
from collections.abc import Callable, Iterator

from panel.parse.words import alike, visible

_FLAG = re.compile("\U0001f3f4[\U000e0061-\U000e007a]{2,6}\U000e007f")
_TAGS = re.compile("[\U000e0020-\U000e007e]{4,}")
_SELECTORS = re.compile("[\U000e0100-\U000e01ef\ufe00-\ufe0e]{4,}")
_FORCED = re.compile("[\u202d\u202e]")
_RUN = re.compile("[\u200b-\u200d\u2060-\u2064\ufeff]{6,}")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,4000}={0,2}")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{2}){12,2000}(?![0-9A-Za-z])")
_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));?")
_BLANKS = re.compile(r"[^\S\n]+")
_SINGLE, _DOUBLE = "‘’‚‛′`´", "“”„‟«»"
_WORD = re.compile(r"[a-zA-Z\u0370-\u03ff\u0400-\u04ff]+")
_FOREIGN = re.compile(r"[\u0370-\u03ff\u0400-\u04ff]")
_LOOK_ALIKES = str.maketrans(
    "аеорсухіјѕԁһԛԝӏАВЕКМНОРСТХІЈЅαοενικρτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeopcyxijsdhqwlABEKMHOPCTXIJSaoevikptuxABEZHIKMNOPTYX"
)


def plain(text: str) -> str:
    """The text as a model may read it: glyphless characters gone, look-alikes and references resolved, lines kept."""
    text = _REFERENCE.sub(_referred, text)
    text = alike(alike(visible(text), _SINGLE, "'"), _DOUBLE, '"')
    text = unicodedata.normalize("NFKC", text)
    text = _BLANKS.sub(" ", text)
    return _WORD.sub(_own_script, text) if _FOREIGN.search(text) else text


def decoded(text: str) -> Iterator[str]:
    """The readable texts that base64 and hexadecimal runs spell."""
    for match in _BASE64.finditer(text):
        body = match.group().rstrip("=").replace("-", "+").replace("_", "/")
        yield from _readable(binascii.a2b_base64, body + "=" * (-len(body) % 4))
    for match in _HEX.finditer(text):
        yield from _readable(binascii.unhexlify, match.group())


def telling(text: str) -> Iterator[str]:
    """What no honest description contains, in words."""
    for match in _TAGS.finditer(_FLAG.sub("", text)):
        yield "invisible tag characters that spell " + repr("".join(chr(ord(char) - 0xE0000) for char in match.group()))
    if _SELECTORS.search(text):
        yield "a run of variation selectors that could carry text"
    if _FORCED.search(text):
        yield "characters that force the direction of text"
    if run := _RUN.search(text):
        yield f"{len(run.group())} characters without a glyph in a row"


def _readable(decode: Callable[[str], bytes], run: str) -> Iterator[str]:
    try:
        text = decode(run).decode()
    except ValueError:
        return
    if sum(char.isprintable() or char.isspace() for char in text) == len(text):
        yield text


def _referred(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else int(match[2])
    return chr(code) if 31 < code < 0x110000 and not 0xD800 <= code < 0xE000 else match.group()


def _own_script(match: re.Match[str]) -> str:
    """A word of two scripts in one; a word wholly in another script is what it is."""
    word = match.group()
    return word.translate(_LOOK_ALIKES) if any(char.isascii() for char in word) else word
