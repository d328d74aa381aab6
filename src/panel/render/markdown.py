"""The Markdown face: a card in CommonMark with GitHub's tables, fit to paste into a content system. No HTML in it.

Every value is escaped on its way into the template, so that text from outside shows as the text it is: no tag, link,
image, heading, list, table column, template command or formula can come out of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from panel.records.card import Card
from panel.render.safe import line, web_address
from panel.render.templating import environment

_ACTIVE = re.compile(r"[\\`*_\[\]<>&|~${}@]|(?<=\{)%|(?<=[A-Za-z]):(?=//)|(?<=[Ww]{3})\.")
"""Characters that could mean something in the middle of a line, in CommonMark, GFM or the template languages that
content systems run over it; also the joints of what GFM would turn into a link by itself."""
_LEADING = re.compile(r"[#>+=:!\-]|\d{1,9}(?=[.)])")
"""What could mean something at the beginning of a line."""
_BLANK_LINES = re.compile(r"\n{3,}")


class Marked(str):
    """Markdown of our own making, its texts already escaped: printed as it is."""

    __slots__ = ()


def render(card: Card) -> str:
    """The card as Markdown; blocks are parted by one blank line."""
    template = environment(autoescape=False, finalize=_printed).get_template("card.md.j2")
    text = template.render(card=card, link=link, table=table, bullets=bullets)
    return _BLANK_LINES.sub("\n\n", text).strip() + "\n"


def escape(text: str) -> str:
    """The text on one line, escaped so that Markdown renders it as it stands."""
    inner = _ACTIVE.sub(lambda found: f"\\{found[0]}", line(text))
    lead = _LEADING.match(inner)
    if not lead:
        return inner
    digits = lead[0] if lead[0].isdigit() else ""
    return f"{digits}\\{inner[len(digits) :]}"


def link(text: str, url: str | None) -> Marked:
    """A link to a plain web address; the text alone where the address is not one."""
    address = web_address(url)
    if address is None:
        return Marked(escape(text))
    target = address.replace("(", "%28").replace(")", "%29").replace("&", "\\&")
    return Marked(f"[{escape(text)}](<{target}>)")


def heading(text: str, level: int) -> Marked:
    """A heading of level 1 or 2."""
    return Marked(f"{'#' * level} {escape(text)}")


def paragraph(text: str) -> Marked:
    return Marked(escape(text))


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Marked:
    """A table; each row has as many cells as the header."""
    lines = [_row(header), "|" + "---|" * len(header), *(_row(row) for row in rows)]
    return Marked("\n".join(lines))


def bullets(items: Iterable[Any]) -> Marked:
    """A list, one item to a line."""
    return Marked("\n".join(f"- {_printed(item)}" for item in items))


def _row(cells: Iterable[Any]) -> str:
    return "| " + " | ".join(_printed(cell) for cell in cells) + " |"


def _printed(value: Any) -> str:
    """How any value is printed; this is the only way into the page."""
    return value if isinstance(value, Marked) else escape(str(value))
