"""Disguise: text made to be read by a machine and overlooked by a person. Text in, what it hides out.

Taken off are characters without a glyph, letters borrowed from look-alike scripts, marks written through letters,
numeric character references, and markup or line breaks inside a sentence; see `encodings` for what is spelled another
way. A disguise alone accuses nobody (Persian and Thai need zero-width characters); what it hid is judged by the rules
for plain text. Only three things are suspicious by themselves: tag characters that spell text, forced text direction,
and long runs without a glyph.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from panel.parse.words import alike, visible

_FLAG = re.compile("\U0001f3f4[\U000e0061-\U000e007a]{2,6}\U000e007f")
_TAGS = re.compile("[\U000e0020-\U000e007e]{4,}")
_SELECTORS = re.compile("[\U000e0100-\U000e01ef\ufe00-\ufe0e]{4,}")
_FORCED = re.compile("[\u202d\u202e]")
_RUN = re.compile("[\u200b-\u200d\u2060-\u2064\ufeff]{6,}")
_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));?")
_THROUGH = re.compile("[\u0300-\u036f]+")
_TAG = re.compile(r"<!--[^<>]{0,20}-->|</?[a-zA-Z][^<>]{0,80}>")
_SINGLE, _DOUBLE = "‘’‚‛′`´", "“”„‟«»"
_WORD = re.compile(r"[a-zA-Z\u0250-\u03ff\u0400-\u04ff\u1d00-\u1d2b\ua730\ua731]+")
_FOREIGN = re.compile(r"[\u0250-\u03ff\u0400-\u04ff\u1d00-\u1d2b\ua730\ua731]")
_LOOK_ALIKES = str.maketrans(
    "аеорсухіјѕԁһԛԝӏАВЕКМНОРСТХІЈЅαοενικρτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeopcyxijsdhqwlABEKMHOPCTXIJSaoevikptuxABEZHIKMNOPTYX"
)
_SMALL_CAPITALS = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz")


def plain(text: str) -> str:
    """The text as a model may read it: glyphless characters gone, look-alikes and references resolved, lines kept."""
    if "&#" in text:
        text = _REFERENCE.sub(_referred, text)
    if not text.isascii():
        text = alike(alike(visible(text), _SINGLE, "'"), _DOUBLE, '"')
        text = _THROUGH.sub("", unicodedata.normalize("NFKC", text))
        text = _WORD.sub(_own_script, text) if _FOREIGN.search(text) else text
    return "\n".join([" ".join(line.split()) for line in text.split("\n")])


def flowing(text: str) -> str:
    """A readable text without inline markup, and with the lines of a paragraph joined; as it is where it has none."""
    if "<" in text:
        text = _TAG.sub("", text)
    for mark in ("*", "`", "~~"):
        text = text.replace(mark, "")
    return "\n\n".join([block.replace("\n", " ") for block in text.split("\n\n")]) if "\n" in text else text


def telling(text: str) -> Iterator[str]:
    """What no honest description contains, in words."""
    if text.isascii():
        return
    for match in _TAGS.finditer(_FLAG.sub("", text)):
        yield "invisible tag characters that spell " + repr("".join(chr(ord(char) - 0xE0000) for char in match.group()))
    if _SELECTORS.search(text):
        yield "a run of variation selectors that could carry text"
    if _FORCED.search(text):
        yield "characters that force the direction of text"
    if run := _RUN.search(text):
        yield f"{len(run.group())} characters without a glyph in a row"


def _referred(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else int(match[2])
    return chr(code) if 31 < code < 0x110000 and not 0xD800 <= code < 0xE000 else match.group()


def _own_script(match: re.Match[str]) -> str:
    """A word of two scripts in one; a word wholly in another script is what it is."""
    word = match.group()
    word = word.translate(_SMALL_CAPITALS)
    return word.translate(_LOOK_ALIKES) if any(char.isascii() for char in word) else word
