"""Encodings: text spelled so that a person does not read it at once and a model does. Text in, other spellings out.

`runs` opens what is encoded as a whole: base64, hexadecimal and binary. `spellings` undo what is spelled another way:
ROT13, reversed, digits for letters, letters set apart, percent and backslash escapes; each is tried only where cheap
signs of it stand in the text. What comes out is judged by the rules for plain text.
"""

from __future__ import annotations

import binascii
import codecs
import re
from collections.abc import Callable, Iterator
from functools import cache

_LEAST = 24
"""Characters of the shortest run that is decoded."""
_BASE64 = r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,4000}={0,2}"
_HEX = r"(?<![0-9A-Za-z])[0-9a-fA-F]{2}(?:[ :]?[0-9a-fA-F]{2}){11,2000}(?![0-9A-Za-z])"
_BINARY = r"(?<![0-9A-Za-z])[01]{8}(?:[ ,]?[01]{8}){7,2000}(?![0-9A-Za-z])"
_PERCENT = r"(?:%[0-9a-fA-F]{2})+"
_ESCAPE = r"\\(?:u00|x)([2-7][0-9a-fA-F])"
_APART = r"(?<![^\W_])[^\W_]([ ._*-])[^\W_](?:\1[^\W_])+(?![^\W_])"
_LEET = r"(?<![\w@$])(?=[\w@$]{0,30}[a-zA-Z])(?=[\w@$]{0,30}[0-9@$])[\w@$]{2,30}(?![\w@$])"
_LETTERS = str.maketrans("013457@$", "oieastas")
_STEMS = ("ignore", "disregard", "previous", "instruct", "verdict", "reviewer", "rate this")
"""Words that hardly any steering text does without."""
_ROT13 = tuple(codecs.encode(stem, "rot13") for stem in _STEMS)
_REVERSED = tuple(stem[::-1] for stem in _STEMS)
_SET_APART = tuple(gap.join(letters) for letters in ("ignor", "instr", "score", "rate") for gap in " .-_*")
_DIGITS = ("1gn", "gn0r", "n0r3", "pr3v", "v10", "1nst", "1n5t", "1n57", "v3rd", "r3v1", "c0r3", "r4t3")

Spelling = Callable[[str, str], str]
"""Takes a field as sent and as made readable; gives it in another spelling."""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def runs(text: str) -> Iterator[str]:
    """The readable texts that base64, hexadecimal and binary runs spell."""
    is_long = max(map(len, text.split()), default=0) >= _LEAST
    if is_long:
        for match in _compiled(_BASE64).finditer(text):
            body = match.group().rstrip("=").replace("-", "+").replace("_", "/")
            yield from _readable(binascii.a2b_base64, body + "=" * (-len(body) % 4))
    if is_long or " 20 " in text or ":20:" in text:  # the space between two words
        for match in _compiled(_HEX).finditer(text):
            yield from _readable(binascii.unhexlify, match.group().replace(" ", "").replace(":", ""))
    if "0110" in text:  # in every row of small letters
        for match in _compiled(_BINARY).finditer(text):
            yield from _readable(_from_bits, match.group().replace(" ", "").replace(",", ""))


def spellings(text: str) -> tuple[Spelling, ...]:
    """The ways to undo a spelling of which a tool's text shows signs."""
    lower = text.lower()
    signs: tuple[tuple[tuple[str, ...], Spelling], ...] = (
        (_ROT13, lambda _, text: codecs.encode(text, "rot13")),
        (_REVERSED, lambda _, text: "\n".join(line[::-1] for line in text.split("\n"))),
        (_DIGITS, lambda _, text: _compiled(_LEET).sub(_letters, text)),
        (_SET_APART, lambda raw, _: " ".join(_compiled(_APART).sub(_joined, raw).split())),
        (("%",), lambda _, text: _compiled(_PERCENT).sub(_unquoted, text)),
        (("\\x", "\\u00"), lambda _, text: _compiled(_ESCAPE).sub(_unescaped, text)),
    )
    return tuple(undo for marks, undo in signs if any(mark in lower for mark in marks))


def _readable(decode: Callable[[str], bytes], run: str) -> Iterator[str]:
    try:
        text = decode(run).decode()
    except ValueError:
        return
    if sum(char.isprintable() or char.isspace() for char in text) == len(text):
        yield text


def _from_bits(bits: str) -> bytes:
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _joined(match: re.Match[str]) -> str:
    return match.group()[::2]


def _unquoted(match: re.Match[str]) -> str:
    return bytes.fromhex(match.group().replace("%", "")).decode("utf-8", "replace")


def _letters(match: re.Match[str]) -> str:
    return match.group().translate(_LETTERS)


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))
