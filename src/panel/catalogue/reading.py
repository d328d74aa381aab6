"""Reading: one file, or one pasted text, to one tool. Raises `InputError` naming file, line, field and fix."""

from __future__ import annotations

from pathlib import Path

from panel.authored import first_of, parse_json, parse_yaml
from panel.authored import read_text as read_file
from panel.catalogue.draft import Draft, from_markdown, from_text, from_tree
from panel.errors import InputError
from panel.records.tool import Tool

MARKDOWN = (".md", ".markdown", ".txt")
ENTRY_SUFFIXES = (".md", ".yaml", ".yml", ".json")
"""What a file in a catalogue folder ends in, if it holds one tool; a .jsonl file holds one on every line."""

LINT = "panel catalogue lint tells them all."


def read_tool(path: Path) -> Tool:
    """The tool that a .md, .yaml, .yml, .json or .txt file describes; with the file's stem as id unless given."""
    return settled(draft_of(path))


def read_text(text: str, *, origin: str, default_id: str = "") -> Tool:
    """The tool that a pasted text describes: Markdown with or without front matter, plain text, or a JSON object.

    Without a name the first heading is one; without an id `default_id`, or one made from the name where that is empty.
    `origin` is what messages call the text.
    """
    return settled(from_text(text, origin, default_id))


def draft_of(path: Path) -> Draft:
    """A file as read, with all its faults; raises InputError where not even fields can be told apart."""
    file, suffix = str(path), path.suffix.lower()
    text = read_file(path)
    if suffix not in (*ENTRY_SUFFIXES, *MARKDOWN):
        raise InputError.at(file, f"ends in {suffix or 'nothing'}; expected .md, .yaml, .json or .txt")
    if not text.strip():
        raise InputError.at(file, "is empty", hint="Write name: and a description.")
    if suffix in MARKDOWN:
        return from_markdown(text, file, path.stem)
    return from_tree(parse_json(text, file) if suffix == ".json" else parse_yaml(text, file), path.stem)


def settled(draft: Draft) -> Tool:
    """The draft's tool; raises its first fault."""
    if draft.tool is None:
        raise first_of(draft.faults, LINT)
    return draft.tool
