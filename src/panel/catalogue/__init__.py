"""Catalogue: tools as people describe them, from files, folders and pasted text to `Tool` records.

    read_tool("catalogue/uv.md")     one file: Markdown with front matter, YAML, JSON or plain text
    read_many("catalogue")           every tool of a folder or of a .jsonl file, wrong ones as errors in their place
    Catalogue(folder).resolve(ref)   what a TOOL argument means: slug, file, folder, "-"
    lint(path, today)                everything that is wrong or will be scored low, with the fix

Reads files and nothing else; the day is handed in.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from panel.catalogue.distinct import check_distinct
from panel.catalogue.folder import Catalogue, Placed, read_many, read_piped, read_placed
from panel.catalogue.reading import read_text, read_tool

if TYPE_CHECKING:
    from panel.records.finding import Finding

__all__ = [
    "Catalogue",
    "Placed",
    "check_distinct",
    "lint",
    "read_many",
    "read_piped",
    "read_placed",
    "read_text",
    "read_tool",
]


def lint(path: Path, today: dt.date) -> list[Finding]:
    """All findings of a folder, a .jsonl file or one file, in reading order. What cannot be read is a finding too."""
    from panel.catalogue.linting import lint as check  # a review has no use for it

    return check(path, today)
