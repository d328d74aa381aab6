"""Keys: read from the environment when a client is built, and kept out of everything that is shown or stored.

A key lives in the SDK's client and in `Scrub`; neither prints itself. Messages name the variable, never the value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from panel.errors import RunStopping
from panel.records.model import Model

_SHORTEST = 8
"""Shorter values are placeholders for servers without keys ("none", "x"), not secrets."""

_KEY_LIKE = re.compile(r"\bsk-[\w*.-]{4,}|\bbearer\s+\S+", re.IGNORECASE)
_MASK = "[key]"


def read_key(model: Model, environ: Mapping[str, str]) -> str | None:
    """The key for this model, or None where it needs none; raises `RunStopping` (`no_key`, `bad_key`)."""
    variable = model.key_variable
    if variable is None:
        return None
    key = environ.get(variable, "")
    if not key:
        raise RunStopping(
            f"{model.name} needs a key, and the variable {variable} is not set.",
            hint=f"Set it (export {variable}=…), name another variable as key_variable under [models.NAME] in "
            "panel.toml, or use --model offline, which needs no key.",
            code="no_key",
        )
    fault = _fault_of(key)
    if fault:
        raise RunStopping(
            f"The key in {variable} {fault}, so no server would accept it.",
            hint=f"Set {variable} to the bare key, without quotes, spaces or a line break.",
            code="bad_key",
        )
    return key


def _fault_of(key: str) -> str:
    if key != key.strip():
        return "has white space or a line break around it"
    if key[0] in "\"'":
        return "stands in quotes"
    if not key.isascii() or not key.isprintable() or " " in key:
        return "holds a space or a character that is not plain ASCII"
    return ""


class Scrub:
    """Takes the key out of text that came from outside, and makes that text fit to stand in one line."""

    def __init__(self, key: str | None) -> None:
        self._key = key if key and len(key) >= _SHORTEST else None
        self._spelled = re.compile(b"".join(map(_spellings, self._key))) if self._key else None

    def __call__(self, text: object, most: int = 300) -> str:
        """One printable line of at most `most` characters, without the key and without anything that looks like one."""
        whole = str(text)
        if self._key:  # before anything is cut, so that no part of it is left
            whole = whole.replace(self._key, _MASK)
        line = " ".join("".join(char if char.isprintable() else " " for char in whole[: 8 * most]).split())
        line = _KEY_LIKE.sub(_MASK, line)
        return line if len(line) <= most else line[: most - 1] + "…"

    def content(self, raw: bytes) -> bytes:
        """A response's body with the key taken out, should a server echo it, also where it is spelled with escapes."""
        if not self._key or not self._spelled:
            return raw
        raw = raw.replace(self._key.encode(), _MASK.encode())
        return self._spelled.sub(_MASK.encode(), raw) if b"\\u00" in raw or b"\\/" in raw else raw


def _spellings(char: str) -> bytes:
    """A pattern for every way that JSON spells a character of a key, in a text within a text, too."""
    plain = re.escape(char).encode()
    slash = rb"|\\+/" if char == "/" else b""
    return b"(?:" + plain + rb"|\\+u00(?i:" + f"{ord(char):02x}".encode() + b")" + slash + b")"
