"""Streams: standard input, output and error as a command may find them: closed, full, or of few letters.

What was paid for is not lost to a terminal: talk on standard error never fails a command, and output that cannot be
written fails it in words, after everything else was kept.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO

import click


def prepare() -> None:
    """Make the three streams usable.

    A closed input is an empty one, a closed output one that cannot be written, a closed error one that nobody reads; so
    no file opened later takes the place of one of them. Letters that the terminal does not know are written as escapes.
    """
    for number, (name, mode, access) in enumerate((("stdin", "r", "r"), ("stdout", "w", "r"), ("stderr", "w", "w"))):
        if getattr(sys, name) is None:
            _take(number, os.O_RDONLY if access == "r" else os.O_WRONLY)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - lives on
    for stream in (sys.stdout, sys.stderr):
        _reconfigure(stream, errors="backslashreplace")
    _reconfigure(sys.stdin, encoding="utf-8", errors="strict")  # as every file is


def _take(number: int, access: int) -> None:
    opened = os.open(os.devnull, access)
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)


def _reconfigure(stream: TextIO, **how: str) -> None:
    change = getattr(stream, "reconfigure", None)
    if change is not None:
        change(**how)


def abandon(stream: TextIO) -> None:
    """Send what a stream still holds, and all that follows, nowhere: nobody can read it."""
    with contextlib.suppress(OSError, ValueError):  # a stream without a number is not one of the system's
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def note(text: str = "") -> None:
    """A line on standard error; one that cannot be written is left out, and so are all after it."""
    try:
        click.echo(text, err=True)
    except OSError:
        abandon(sys.stderr)


def print_json(text: str) -> None:
    """A JSON document, or one line of several, on standard output: whatever stands in it, nothing acts on a terminal.

    Where the stream does not know all its letters, all beyond ASCII are written as JSON's own escapes.
    """
    from panel.render.safe import escaped

    safe = escaped(text).removesuffix("\n")
    try:
        safe.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        import json

        safe = "".join(char if char.isascii() else json.dumps(char)[1:-1] for char in safe)
    click.echo(safe)


def width(default: int = 100) -> int:
    """Columns to write for: those of the terminal that is looked at, also where standard output goes to a pager."""
    import os
    import shutil

    columns = shutil.get_terminal_size((0, 0)).columns
    if not columns:
        try:
            columns = os.get_terminal_size(2).columns  # standard error stays on the terminal
        except OSError:
            columns = default
    return max(60, min(240, columns or default))
