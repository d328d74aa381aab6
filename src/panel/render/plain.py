"""Plain text, as a mail shows it: headings underlined, lists, and tables whose columns stand below each other.

The parts are those of `markdown`, by the same names. Every value is cleaned and set on one line; nothing is escaped,
since nothing reads the text but a person, and no line is broken, so that a command in it can be copied.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from panel.render.safe import line

_GAP = "  "
_MARKS = {1: "=", 2: "-"}


def heading(text: str, level: int) -> str:
    """A heading of level 1 or 2."""
    shown = line(text)
    return f"{shown}\n{_MARKS[level] * _width(shown)}"


def paragraph(text: str) -> str:
    return line(text)


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table; each row has as many cells as the header."""
    lines = [[line(str(cell)) for cell in row] for row in (header, *rows)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    first, *rest = (_GAP.join(map(_padded, cells, widths)).rstrip() for cells in lines)
    return "\n".join([first, _GAP.join("-" * width for width in widths), *rest])


def bullets(items: Iterable[Any]) -> str:
    """A list, one item to a line."""
    return "\n".join(f"- {line(str(item))}" for item in items)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """Columns on a page of fixed width; rich's own count would cost its import."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else not unicodedata.combining(char) for char in text)
