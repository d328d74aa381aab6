"""Folder: many tools. A catalogue is a flat folder of entries; a .jsonl file holds one on every line.

Files that begin with a dot or an underscore, READMEs and other kinds of files are no entries. One broken file hides no
other. A slug is looked for by file name first, so that a large catalogue costs nothing to use.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from panel.authored import MAX_BYTES, decode, excuse, nearest, parse_json, too_large
from panel.catalogue.draft import SLUG, Draft, from_tree
from panel.catalogue.reading import ENTRY_SUFFIXES, MARKDOWN, draft_of, read_text, read_tool, settled
from panel.errors import InputError, UsageError
from panel.records.tool import Tool

BULK = ".jsonl"
STDIN = "-"
PIPED = "standard input"


class Placed(NamedTuple):
    """A tool, or why there is none, with the place it was read from; `line` is None where it is a whole file."""

    found: Tool | InputError
    file: str
    line: int | None = None


def read_many(path: Path) -> Iterator[Tool | InputError]:
    """Every tool of a folder, a .jsonl file or a single file, in order; what cannot be read is an error in its place.

    Raises InputError where a folder cannot be listed.
    """
    return (placed.found for placed in read_placed(path))


def read_placed(path: Path) -> Iterator[Placed]:
    """What `read_many` gives, with where each was read."""
    return map(_placed, drafts(path))


def _placed(draft: Draft | InputError) -> Placed:
    if isinstance(draft, InputError):
        return Placed(draft, draft.file, draft.line)
    file, line = draft.tree.file, draft.tree.line(())
    try:
        return Placed(settled(draft), file, line)
    except InputError as error:
        return Placed(error, file, error.line)


def drafts(path: Path) -> Iterator[Draft | InputError]:
    """Every entry as read, in order."""
    if os.path.isdir(path):
        for file in entries(path):
            yield from drafts(file)
    elif path.suffix.lower() == BULK:
        yield from _lines(path)
    else:
        try:
            yield draft_of(path)
        except InputError as error:
            yield error


def entries(folder: Path) -> list[Path]:
    """The files of a folder that hold tools, by name; raises InputError where the folder cannot be listed."""
    return [path for path in listing(folder) if is_entry(path)]


def listing(folder: Path) -> list[Path]:
    """What stands in a folder, by name, but hidden things and READMEs."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise InputError.at(str(folder), excuse(error)) from error
    return [folder / name for name in names if name[0] not in "._" and not name.lower().startswith("readme")]


def is_entry(path: Path) -> bool:
    """Whether a file of this name holds a tool."""
    return path.suffix.lower() in (*ENTRY_SUFFIXES, BULK) and not os.path.isdir(path)


def read_piped(stream: BinaryIO, origin: str) -> Iterator[Placed]:
    """Every tool of a stream that holds one on every line, as a .jsonl file does; `origin` is what messages call it."""
    try:
        yield from map(_placed, _in_lines(stream, origin))
    except OSError as error:
        yield Placed(InputError.at(origin, excuse(error)), origin)


def _lines(path: Path) -> Iterator[Draft | InputError]:
    try:
        with open(path, "rb") as stream:
            yield from _in_lines(stream, str(path))
    except OSError as error:
        yield InputError.at(str(path), excuse(error))


def _in_lines(stream: BinaryIO, file: str) -> Iterator[Draft | InputError]:
    number = 0
    while data := stream.readline(MAX_BYTES + 1):
        number += 1
        if len(data) > MAX_BYTES:
            yield too_large(file, len(data), MAX_BYTES, number)
            while data and not data.endswith(b"\n"):
                data = stream.readline(MAX_BYTES)
        elif data.strip():
            yield _line(data, file, number)


def _line(data: bytes, file: str, number: int) -> Draft | InputError:
    try:
        tree = parse_json(decode(data, file, line=number).strip(), file, line=number)
        return from_tree(tree, "")
    except InputError as error:
        return error


class Catalogue:
    """The tools of one folder, by id. Nothing is read before it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, slug: str) -> Tool | None:
        """The tool with this id, else the one formerly called so, else None. Raises InputError where its file is wrong.

        Two files of one name, or two entries of one id, are an error rather than a choice.
        """
        if not SLUG.fullmatch(slug):
            return None
        paths = [path for suffix in ENTRY_SUFFIXES if os.path.lexists(path := self.folder / f"{slug}{suffix}")]
        if len(paths) > 1:
            raise InputError.at(
                str(self.folder),
                f"{' and '.join(path.name for path in paths)} both describe {slug}",
                hint="Keep one, or give the other another name.",
            )
        named = read_tool(paths[0]) if paths else None
        if named and named.id == slug:
            return named
        return self._search(slug) or named

    def _search(self, slug: str) -> Tool | None:
        tools = [tool for tool in self._readable() if slug == tool.id or slug in tool.formerly]
        own = [tool for tool in tools if tool.id == slug]
        if len(own) > 1:
            raise InputError.at(
                str(self.folder), f"two entries have the id {slug}", hint="panel catalogue lint names the files."
            )
        return next(iter(own or tools), None)

    def _readable(self) -> Iterator[Tool]:
        if os.path.isdir(self.folder):
            yield from (tool for tool in read_many(self.folder) if isinstance(tool, Tool))

    def ids(self) -> tuple[str, ...]:
        """The ids of all readable entries, sorted."""
        return tuple(sorted({tool.id for tool in self._readable()}))

    def nearest(self, slug: str) -> list[str]:
        """Up to three ids most like `slug`, best first; former ids count for the tool that has them."""
        known = {name: tool.id for tool in self._readable() for name in (*tool.formerly, tool.name, tool.id)}
        return list(dict.fromkeys(known[name] for name in nearest(slug, known)))

    def resolve(self, ref: str, stdin: Callable[[], str]) -> list[Tool]:
        """The tools that a TOOL argument means: "-", a slug of this catalogue, a file or a folder, in this order.

        A path with a slash is never a slug. Raises InputError for a wrong file, UsageError for what does not exist.
        """
        if not ref.strip():
            raise UsageError("A tool is named by an empty word.", hint="All of them: panel catalogue list")
        if ref == STDIN:
            return [read_text(_piped(stdin), origin=PIPED)]
        path = Path(ref)
        is_path = os.sep in ref or "/" in ref or ref in {".", ".."}
        is_file = path.suffix.lower() in (*ENTRY_SUFFIXES, *MARKDOWN, BULK) and os.path.isfile(path)
        tool = None if is_path or is_file else self.find(ref)
        if tool is not None:
            return [tool]
        if not _exists(path):
            raise self._unknown(ref)
        if os.path.isdir(path) or path.suffix.lower() == BULK:
            return _all_of(path)
        return [read_tool(path)]

    def _unknown(self, ref: str) -> UsageError:
        near = self.nearest(ref)
        meant = f"Did you mean {' or '.join(near)}? " if near else ""
        return UsageError(
            f"There is no tool {ref[:80]!r} in {self.folder}, and no file or folder of that name.",
            hint=f"{meant}All of them: panel catalogue list",
        )


def _piped(stdin: Callable[[], str]) -> str:
    try:
        return stdin()
    except UnicodeDecodeError as error:
        found = f"found byte 0x{error.object[error.start]:02x}, which is not UTF-8"
        raise InputError.at(PIPED, found, hint="Save or convert the text as UTF-8.") from error
    except OSError as error:
        raise InputError.at(PIPED, excuse(error)) from error


def _exists(path: Path) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:  # a NUL in the name
        return False


def _all_of(path: Path) -> list[Tool]:
    """Every tool of a folder or .jsonl file; nothing is asked about a collection that is partly broken."""
    found = list(read_many(path))
    faults = [item for item in found if isinstance(item, InputError)]
    tools = [item for item in found if isinstance(item, Tool)]
    if faults:
        more = f"{len(faults) - 1} more cannot be read. " if len(faults) > 1 else ""
        faults[0].hint = f"{faults[0].hint}\n{more}panel catalogue lint {path} tells them all.".strip()
        raise faults[0]
    if not tools:
        raise InputError.at(
            str(path),
            "holds no tool",
            hint=f"A catalogue holds files that end in {', '.join((*ENTRY_SUFFIXES, BULK))}, directly in the folder.",
        )
    return tools
