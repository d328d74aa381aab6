"""The fence: how text from outside is set apart from our words inside a message (law 9).

    ⟦data 9f2c41d07be3a588 description⟧
    …the field, with look-alike marks defused…
    ⟦end 9f2c41d07be3a588 description⟧

The nonce is derived from a hash of all the fenced content with the nonce left out: equal content gives equal bytes, and
no text can hold the nonce of the message it stands in. Whoever needs the content back (quote checks, the offline
rubric) reads it here, so that what is checked is what was sent.
"""

import hashlib
import json
import re
from collections.abc import Mapping

OPEN, CLOSE = "⟦", "⟧"
_TWINS = "〚", "〛"
"""The brackets of Asian typography that look the same."""
_BLOCK = re.compile(
    r"^⟦data (?P<nonce>[0-9a-f]{16}) (?P<field>[a-z_]+)⟧\n(?P<text>[^⟦⟧]*)\n⟦end (?P=nonce) (?P=field)⟧$", re.MULTILINE
)


def defuse(text: str) -> str:
    """The text with every character that could open or close a fence, or looks so, replaced; nothing else changes."""
    if text.isascii():
        return text
    return text.replace(OPEN, "[").replace(CLOSE, "]").replace(_TWINS[0], "[").replace(_TWINS[1], "]")


def nonce_of(fields: Mapping[str, str]) -> str:
    """Sixteen hexadecimal digits derived from the fields' content."""
    content = json.dumps(list(fields.items()), ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def fence(fields: Mapping[str, str]) -> str:
    """The fields, each in its own fence, in the order given. Field names are ours: lower case and underscore."""
    safe = {name: defuse(text) for name, text in fields.items()}
    nonce = nonce_of(safe)
    return "\n".join(f"⟦data {nonce} {name}⟧\n{text}\n⟦end {nonce} {name}⟧" for name, text in safe.items())


def unfence(message: str) -> dict[str, str]:
    """The fenced fields of a message, by name; empty where the message holds none."""
    return {match["field"]: match["text"] for match in _BLOCK.finditer(message)}
