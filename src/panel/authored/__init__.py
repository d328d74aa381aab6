"""Text that people write: files read within bounds, YAML and JSON with line numbers, and what is wrong in their words.

In goes a path or a text; out comes a `Tree` (plain values that know their lines) or an `InputError` that names file,
line and field. What a tree means is decided elsewhere; here nothing is written and nothing leaves the machine.
"""

from panel.authored.faults import MOST_TOLD, check, field_name, first_of, in_order
from panel.authored.files import MAX_BYTES, decode, excuse, read_text, too_large
from panel.authored.hidden import hidden_characters
from panel.authored.names import nearest, slug_of
from panel.authored.tree import Tree, Where, parse_json, parse_yaml

__all__ = [
    "MAX_BYTES",
    "MOST_TOLD",
    "Tree",
    "Where",
    "check",
    "decode",
    "excuse",
    "field_name",
    "first_of",
    "hidden_characters",
    "in_order",
    "nearest",
    "parse_json",
    "parse_yaml",
    "read_text",
    "slug_of",
    "too_large",
]
