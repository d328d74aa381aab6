"""Frames: sentences with places in braces, chosen by content and filled in one pass. No randomness, no clock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b

_PLACE = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"\w")
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"


def choose(frames: Sequence[str], *salt: str) -> str:
    """One of the frames, always the same for the same salt, evenly spread over different salts."""
    digest = blake2b("\x1f".join(salt).encode("utf-8", "replace"), digest_size=4).digest()
    return frames[int.from_bytes(digest, "big") % len(frames)]


def fill(frame: str, **values: str) -> str:
    """The frame with its places filled; braces inside the values are left as they are."""
    return _PLACE.sub(lambda match: values.get(match[1], match[0]), frame)


def sentence(text: str) -> str:
    """The text with a capital at the start."""
    return text[:1].upper() + text[1:]


def count_words(text: str) -> int:
    """Words as a reader counts them; two Chinese or Japanese characters count as one."""
    alone = 0
    if max(text, default="") >= _CJK[0]:  # the pattern takes long to compile, and most texts need none
        text, alone = re.subn(f"[{_CJK}]", " ", text)
    return sum(piece.isalnum() or _WORD.search(piece) is not None for piece in text.split()) + (alone + 1) // 2


def listed(items: Sequence[str], word: str) -> str:
    """ "a", "a or b", "a, b or c", with the word given."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {word} {items[-1]}"
