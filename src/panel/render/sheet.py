"""A sheet of fixed width to set text on: the one door of rich outside the command line.

In go texts (already cleaned) with styles, out comes one string: with ANSI colours or, when plain, ASCII furniture and
no escape at all. Markup in a text is never read, no word is cut, and neither terminal nor environment is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO

from rich.box import Box
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

MEASURE = 100
"""The longest line of running text, in columns: longer ones are hard to follow."""
GUTTER = 4
NARROWEST = 20
_TRAILING = re.compile(r"(?: |\x1b\[[\d;]*m)+$", re.MULTILINE)
"""Spaces at the end of a line, among what ends a style."""
_PLAIN = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
_DRAWN = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")


def styled(*parts: str | tuple[str, str]) -> Text:
    """A text of plain and (text, style) parts. Nothing in them is read as markup."""
    text = Text(overflow="fold")
    for part in parts:
        text.append(*((part,) if isinstance(part, str) else part))
    return text


class Sheet:
    """Text set from top to bottom. `width` is in columns, at least 20."""

    def __init__(self, width: int, *, colour: bool) -> None:
        self.width = max(NARROWEST, width)
        self.colour = colour
        self._file = StringIO()
        self._console = Console(
            file=self._file,
            width=self.width,
            height=100,
            force_terminal=colour,
            color_system="standard" if colour else None,
            markup=False,
            emoji=False,
            highlight=False,
            legacy_windows=False,
            _environ={},
        )

    def text(self, *parts: str | tuple[str, str], indent: int = 0) -> None:
        """One paragraph, no wider than the measure."""
        self._console.print(Padding(styled(*parts), (0, 0, 0, indent)), width=min(self.width, MEASURE))

    def gap(self) -> None:
        self._console.print()

    def rule(self, mark: str = "-") -> None:
        self._console.print(Text((("━" if mark == "=" else "─") if self.colour else mark) * self.width, style="dim"))

    def heading(self, words: str) -> None:
        """A section begins: a blank line, its name, a rule."""
        self.gap()
        self._console.print(styled((words, "bold")))
        self.rule()

    def subheading(self, words: str) -> None:
        """A part of a section begins: a blank line and its name, underlined as far as it goes."""
        self.gap()
        self._console.print(styled((words, "bold")))
        self._console.print(Text(("─" if self.colour else "-") * min(cell_len(words), self.width), style="dim"))

    def items(self, texts: Sequence[str]) -> None:
        """A list, a hanging mark before each."""
        self._hang([(styled("-"), styled(text)) for text in texts], 1)

    def pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        """A list of terms, each with its text beside it."""
        longest = max((cell_len(term) for term, _ in pairs), default=0)
        rows = [(styled((term, "bold")), styled(text)) for term, text in pairs]
        self._hang(rows, min(longest, self.width // 3))

    def _hang(self, rows: Sequence[tuple[Text, Text]], width: int, *, indent: int = 0) -> None:
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=width, overflow="fold")
        grid.add_column(overflow="fold")
        for mark, text in rows:
            grid.add_row(mark, text)
        self._console.print(Padding(grid, (0, 0, 0, indent)), width=min(self.width, MEASURE))

    def columns(self, blocks: Sequence[Text], *, least: int) -> None:
        """Blocks side by side, as many to a row as leave each at least `least` columns; otherwise below each other."""
        per_row = max(1, min(len(blocks), (self.width + GUTTER) // (least + GUTTER)))
        each = (self.width + GUTTER) // per_row - GUTTER
        for start in range(0, len(blocks), per_row):
            if start:
                self.gap()
            self._beside(blocks[start : start + per_row], min(each, MEASURE))

    def _beside(self, blocks: Sequence[Text], width: int) -> None:
        if len(blocks) == 1:
            self._console.print(blocks[0], width=width)
            return
        grid = Table.grid(padding=(0, GUTTER, 0, 0), pad_edge=False)
        for _ in blocks:
            grid.add_column(width=width, overflow="fold")
        grid.add_row(*blocks)
        self._console.print(grid)

    def table(self, header: Sequence[str], rows: Sequence[Sequence[Text]], *, width: int | None = None) -> None:
        """A table whose first column names the row; where columns would be too narrow, a list of rows instead.

        `width` fixes that of the columns between first and last, so that what is drawn in them does not wrap.
        """
        labels = max((cell_len(word) for row in rows for word in row[0].plain.split()), default=0)
        if labels + ((width or NARROWEST) + 1) * (len(header) - 1) > self.width:
            self._stacked(header, rows)
            return
        box = _DRAWN if self.colour else _PLAIN
        table = Table(box=box, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), border_style="dim")
        for place, name in enumerate(header):
            fixed = width if 0 < place < max(2, len(header) - 1) else None
            table.add_column(styled((name, "bold")), width=fixed, overflow="fold")
        for row in rows:
            table.add_row(*row)
        self._console.print(table)

    def _stacked(self, header: Sequence[str], rows: Sequence[Sequence[Text]]) -> None:
        names = [styled((name, "dim")) for name in header[1:]]
        longest = min(max(cell_len(name) for name in header[1:]), self.width // 3)
        for label, *values in rows:
            self._console.print(label)
            self._hang(list(zip(names, values, strict=True)), longest, indent=2)

    def bar(self, share: float, length: int = 10) -> Text:
        """A bar filled to `share` (0 to 1), in whole marks, so that only all is full. Print its number beside it."""
        full = int(share * length)
        marks = ("━", "╌") if self.colour else ("#", "-")
        return styled((marks[0] * full, "cyan"), (marks[1] * (length - full), "dim"))

    def __str__(self) -> str:
        return _TRAILING.sub(lambda tail: tail[0].replace(" ", ""), self._file.getvalue()).strip("\n") + "\n"
