"""Layout: a page of fixed width to set text on, the one door of rich outside the command line.

In go texts (already cleaned) with styles, out comes one string: with ANSI colours or, when plain, ASCII furniture and
no escape at all. Markup in a text is never read, no word is cut, and neither terminal nor environment is looked at.
Rich measures, wraps and colours; lines are put together here, because its tables take longer than a whole review.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from io import StringIO
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal, cast

from rich.cells import cell_len
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

MEASURE = 100
"""The longest line of running text, in columns: longer ones are hard to follow."""
GUTTER = 4
NARROWEST = 20
_GAP = 2
"""Columns between those of a table."""
_TRAILING = re.compile(r"(?: |\x1b\[[\d;]*m)+$", re.MULTILINE)
"""Spaces at the end of a line, among what ends a style."""


def styled(*parts: str | tuple[str, str]) -> Text:
    """A text of plain and (text, style) parts. Nothing in them is read as markup."""
    text = Text(overflow="fold")
    for part in parts:
        text.append(*((part,) if isinstance(part, str) else part))
    return text


class Page:
    """Text set from top to bottom. `width` is in columns, at least 20."""

    def __init__(self, width: int, *, colour: bool) -> None:
        self.width = max(NARROWEST, width)
        self.colour = colour
        self._lines: list[Text] = []
        self._rules: list[int] = []

    def text(self, *parts: str | tuple[str, str], indent: int = 0) -> None:
        """One paragraph, no wider than the measure."""
        self._set(_wrapped(styled(*parts), min(self.width, MEASURE) - indent), indent)

    def gap(self) -> None:
        self._lines.append(Text())

    def rule(self, mark: str = "-") -> None:
        self._rules.append(len(self._lines))
        self._lines.append(Text((("━" if mark == "=" else "─") if self.colour else mark) * self.width, style="dim"))

    def fit_rules(self) -> None:
        """Make all rules so far as wide as the widest line between them."""
        rules = set(self._rules)
        widest = max((line.cell_len for place, line in enumerate(self._lines) if place not in rules), default=0)
        for place in rules:
            self._lines[place].truncate(widest)

    def heading(self, words: str) -> None:
        """A section begins: a blank line, its name, a rule."""
        self.gap()
        self._set(_wrapped(styled((words, "bold")), self.width))
        self.rule()

    def subheading(self, words: str) -> None:
        """A part of a section begins: a blank line and its name, underlined as far as it goes."""
        self.gap()
        self._set(_wrapped(styled((words, "bold")), self.width))
        self._set([self._underline(min(cell_len(words), self.width))])

    def items(self, texts: Sequence[str]) -> None:
        """A list, a hanging mark before each."""
        self._hang([(styled("-"), styled(text)) for text in texts], 1)

    def pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        """A list of terms, each with its text beside it."""
        longest = max((cell_len(term) for term, _ in pairs), default=0)
        rows = [(styled((term, "bold")), styled(text)) for term, text in pairs]
        self._hang(rows, min(longest, self.width // 3))

    def _hang(self, rows: Sequence[tuple[Text, Text]], width: int, *, indent: int = 0) -> None:
        widths = (width, min(self.width, MEASURE) - indent - width - 1)
        for row in rows:
            self._set(_beside(row, widths, 1), indent)

    def columns(self, blocks: Sequence[Text], *, least: int) -> None:
        """Blocks side by side, as many to a row as leave each at least `least` columns; otherwise below each other."""
        per_row = max(1, min(len(blocks), (self.width + GUTTER) // (least + GUTTER)))
        each = min((self.width + GUTTER) // per_row - GUTTER, MEASURE)
        for start in range(0, len(blocks), per_row):
            if start:
                self.gap()
            row = blocks[start : start + per_row]
            self._set(_beside(row, [each] * len(row), GUTTER))

    def table(
        self,
        header: Sequence[str],
        rows: Sequence[Sequence[Text]],
        *,
        width: int | None = None,
        least: int = NARROWEST,
        whole: bool = False,
    ) -> None:
        """A table whose first column names the row; where columns would be too narrow, a list of rows instead.

        `width` fixes that of the columns between first and last, so that what is drawn in them does not wrap; `least`
        is too narrow for any other column. With `whole` instead, a column is too narrow where it would cut a word.
        """
        names = [styled((name, "bold")) for name in header]
        floors = [max(map(_longest_word, column)) if whole else 1 for column in zip(names, *rows, strict=True)]
        labels = max((_longest_word(row[0]) for row in rows), default=0)
        fits = sum(floors) + _GAP * (len(floors) - 1) if whole else labels + ((width or least) + 1) * (len(header) - 1)
        if fits > self.width:
            self._stacked(header, rows)
            return
        widths = self._widths([names, *rows], width, floors)
        self._set(_beside(names, widths, _GAP, level="bottom"))
        self._set([self._underline(sum(widths) + _GAP * (len(widths) - 1))])
        for row in rows:
            self._set(_beside(row, widths, _GAP))

    def _widths(self, rows: Sequence[Sequence[Text]], fixed: int | None, floors: Sequence[int]) -> list[int]:
        """The columns' widths: as wide as what stands in them, or `fixed`; if all is too wide, the widest give way, but
        none below its floor.
        """
        last = len(rows[0]) - 1
        free = [fixed is None or place == 0 or place >= max(2, last) for place in range(last + 1)]
        widths = [
            max(map(_width, column)) if is_free or fixed is None else fixed
            for column, is_free in zip(zip(*rows, strict=True), free, strict=True)
        ]
        gaps = [_GAP // 2] * last + [0]  # half a gap gives way with its column
        room = self.width - sum(gaps)
        padded = [min(width + gap, room) for width, gap in zip(widths, gaps, strict=True)]
        least = [floor + gap if floor > 1 else 1 for floor, gap in zip(floors, gaps, strict=True)]
        return [width - gap for width, gap in zip(_shrunk(padded, free, room, least), gaps, strict=True)]

    def _stacked(self, header: Sequence[str], rows: Sequence[Sequence[Text]]) -> None:
        names = [styled((name, "dim")) for name in header[1:]]
        longest = min(max(cell_len(name) for name in header[1:]), self.width // 3)
        for label, *values in rows:
            self._set(_wrapped(label, self.width))
            self._hang(list(zip(names, values, strict=True)), longest, indent=2)

    def bar(self, share: float, length: int = 10) -> Text:
        """A bar filled to `share` (0 to 1), in whole marks, so that only all is full. Print its number beside it."""
        full = int(share * length)
        marks = ("━", "╌") if self.colour else ("#", "-")
        return styled((marks[0] * full, "cyan"), (marks[1] * (length - full), "dim"))

    def _underline(self, length: int) -> Text:
        return Text(("─" if self.colour else "-") * length, style="dim")

    def _set(self, lines: Iterable[Text], indent: int = 0) -> None:
        self._lines += [Text(" " * indent).append_text(line) for line in lines] if indent else lines

    def __str__(self) -> str:
        text = _ansi(self._lines, self.width) if self.colour else "\n".join(line.plain for line in self._lines)
        return _TRAILING.sub(lambda tail: tail[0].replace(" ", ""), text).strip("\n") + "\n"


def _wrapped(text: Text, width: int) -> list[Text]:
    if "\n" not in text.plain and text.cell_len <= width:
        return [text]
    return list(text.wrap(cast("Console", None), width))  # a console is asked for justified text only


def _beside(
    blocks: Sequence[Text], widths: Sequence[int], gutter: int, *, level: Literal["top", "bottom"] = "top"
) -> list[Text]:
    """Blocks side by side, each wrapped to its width, level at their tops or bottoms."""
    wrapped = [_wrapped(block, width) for block, width in zip(blocks, widths, strict=True)]
    if len(wrapped) == 1:
        return wrapped[0]
    if level == "bottom":
        most = max(map(len, wrapped))
        wrapped = [[Text()] * (most - len(lines)) + lines for lines in wrapped]
    lines = []
    for pieces in zip_longest(*wrapped):
        line, start = Text(), 0
        for piece, width in zip(pieces, widths, strict=True):
            if piece:
                line.append(" " * (start - line.cell_len)).append_text(piece)
            start += width + gutter
        lines.append(line)
    return lines


def _width(text: Text) -> int:
    return max(map(cell_len, text.plain.split("\n")))


def _longest_word(text: Text) -> int:
    return max(map(cell_len, text.plain.split()), default=0)


def _shrunk(widths: Sequence[int], free: Sequence[bool], room: int, floors: Sequence[int]) -> list[int]:
    """The widths brought down to `room`: the widest free ones evenly to the next widest, and so on, down to floors."""
    kept = list(widths)
    while (excess := sum(kept) - room) > 0:
        giving = [place for place, width in enumerate(kept) if free[place] and width > floors[place]]
        if not giving:
            break
        sizes = sorted({kept[place] for place in giving})
        step = sizes[-1] - max([1, *sizes[:-1]])
        wide = [place for place in giving if kept[place] == sizes[-1]]
        for done, place in enumerate(wide):
            taken = min(step, round(excess / (len(wide) - done)), kept[place] - floors[place])
            kept[place] -= taken
            excess -= taken
    return kept


def _ansi(lines: Sequence[Text], width: int) -> str:
    from rich.console import Console  # plain text does without

    console = Console(
        file=StringIO(),
        width=width,
        height=100,
        force_terminal=True,
        color_system="standard",
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )
    with console.capture() as captured:
        console.print(Text("\n").join(lines), soft_wrap=True)
    return captured.get()
