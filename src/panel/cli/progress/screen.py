"""Screens: where the lines of progress stand. A terminal keeps them in place; a log gets new ones once a minute.

A screen is told what is to be said once, and the rows as they stand, at most every `every_s` seconds. Closing it leaves
the terminal as it was found, with the last rows above the cursor.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

    from panel.cli.progress.tally import Row

LOG_EVERY_S = 60.0


class Screen(Protocol):
    """What shows progress; `close` may be called without `open`, and twice."""

    every_s: float

    def open(self) -> None: ...

    def show(self, said: Sequence[str], rows: Sequence[Row]) -> None: ...

    def close(self, said: Sequence[str], rows: Sequence[Row]) -> None: ...


class Log:
    """Plain lines with their UTC time: what is said at once, the rows every minute and at the end."""

    every_s = 1.0

    def __init__(
        self,
        write: Callable[[str], None],
        *,
        every_s: float = LOG_EVERY_S,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._write = write
        self._rows_every_s = every_s
        self._clock = clock
        self._now = now
        self._due = clock() + every_s

    def open(self) -> None:
        """The first rows come after a minute."""
        self._due = self._clock() + self._rows_every_s

    def show(self, said: Sequence[str], rows: Sequence[Row]) -> None:
        """Say what is new; the rows only where a minute has passed."""
        self._say([line.strip() for line in said])
        if self._clock() >= self._due:
            self._due = self._clock() + self._rows_every_s
            self._say_rows(rows)

    def close(self, said: Sequence[str], rows: Sequence[Row]) -> None:
        """What is left to say, and how everything ended."""
        self._say([line.strip() for line in said])
        self._say_rows(rows)

    def _say_rows(self, rows: Sequence[Row]) -> None:
        from panel.cli.progress.table import log_line

        self._say([log_line(row) for row in rows])

    def _say(self, lines: Sequence[str]) -> None:
        at = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(self._now()))
        for line in lines:
            self._write(f"{at}  {line}")


class Terminal:
    """Lines that stay in place at the bottom of a terminal; redrawn where they changed, five times a second at most.

    What is said stands above them and stays. The one place that loads rich's live display.
    """

    every_s = 0.2

    def __init__(self, stream: TextIO, *, width: int | None = None) -> None:
        """`width` in columns, for a stream that has none of its own."""
        self._stream = stream
        self._width = width
        self._live: Live | None = None
        self._console: Console
        self._drawn: list[str] = []

    def open(self) -> None:
        """Take the bottom of the terminal; the cursor is hidden until `close`."""
        from rich.console import Console
        from rich.live import Live

        self._console = Console(file=self._stream, force_terminal=True, highlight=False, width=self._width)
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=self._stream is sys.stderr,
        )
        self._live.start()

    def show(self, said: Sequence[str], rows: Sequence[Row]) -> None:
        """One write to the terminal at most, and none where nothing changed."""
        from rich.text import Text

        if self._live is None:
            return
        head, *body = drawn = self._lines(rows)
        if drawn == self._drawn and not said:
            return
        self._drawn = drawn
        text = Text(no_wrap=True, overflow="crop")
        text.append(head, style="dim").append("".join(f"\n{line}" for line in body))
        with self._console:  # gathers what is printed into one write
            if said:
                self._console.print(Text("\n".join(self._fit(line) for line in said)))
            self._live.update(text, refresh=True)

    def close(self, said: Sequence[str], rows: Sequence[Row]) -> None:
        """Draw the last rows and give the terminal back, also where drawing fails."""
        if self._live is None:
            return
        live = self._live
        try:
            self.show(said, rows)
        finally:
            self._live = None
            live.stop()

    def _lines(self, rows: Sequence[Row]) -> list[str]:
        from panel.cli.progress.table import table

        return [self._fit(line) for line in table(rows, self._columns() - 1)]

    def _columns(self) -> int:
        """As wide as the terminal is now, whatever an environment variable says."""
        try:
            return min(self._console.width, os.get_terminal_size(self._stream.fileno()).columns or 80)
        except (OSError, ValueError):
            return self._console.width

    def _fit(self, line: str) -> str:
        """Letters that the terminal does not know would be written as longer escapes, and break the lines."""
        letters = getattr(self._stream, "encoding", None) or "utf-8"
        return line.encode(letters, "replace").decode(letters)
