"""Tree: YAML or JSON as plain values that know their lines. The only place that reads YAML.

What could surprise is refused with its line: a key given twice, aliases and tags, a second document, nesting deeper
than `MAX_DEPTH`. Keys are text as written (`no:` is the key "no"). A value that YAML would call a date or a number but
that is none (`2026-13-45`) stays text. Built from parser events one by one, so that a hostile file costs nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from panel.errors import InputError

MAX_DEPTH = 20
"""No authored file nests deeper."""

MAX_DIGITS = 30
"""No number here is longer."""

Where = tuple[str | int, ...]
"""Where a value stands: `("sources", 0, "url")`."""

_TEXT_TAG = "tag:yaml.org,2002:str"
_QUOTES = 'Put a text that holds ": " or " #", or begins with one of [ ] { } * & ! % @ ` | >, in quotes.'
_SURROGATE = re.compile("[\ud800-\udfff]")


class Tree(NamedTuple):
    """Values, the lines they begin on, counted from 1, and how those were written that did not read as text."""

    file: str
    value: dict[str, Any]
    lines: Mapping[Where, int] = {}
    written: Mapping[Where, str] = {}

    def line(self, path: Where) -> int | None:
        """The line of the value at `path`, or of the nearest thing around it; None where that is the whole file."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path)


def parse_yaml(text: str, file: str, *, first_line: int = 1) -> Tree:
    """The mapping that a YAML text holds; `first_line` is where the text begins in the file. Raises InputError."""
    import yaml  # 20 ms: paid only where there is YAML to read

    reader = _YamlReader(_SURROGATE.sub("\ufffd", text), file, first_line)
    try:
        value = reader.document()
    except yaml.YAMLError as error:
        raise _yaml_error(error, file, first_line) from error
    return _mapping(Tree(file, value, reader.lines, reader.written), first_line)


def _mapping(tree: Tree, line: int | None) -> Tree:
    file, value = tree.file, tree.value
    if isinstance(value, dict):
        return tree
    found = "nothing" if value is None else "a list" if isinstance(value, list) else "a bare text"
    raise InputError.at(file, f"found {found}; expected keys with values", line=line)


class _YamlReader:
    """Parser events to values, one document, one pass."""

    def __init__(self, text: str, file: str, first_line: int) -> None:
        import yaml

        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self._yaml = yaml
        self._loader = loader(text)
        self._next = self._loader.get_event
        self._telling = frozenset(loader.yaml_implicit_resolvers)
        """What a plain text begins with that may read as something else than text; "" for the empty one."""
        self._file = file
        self._first = first_line
        self.lines: dict[Where, int] = {}
        self.written: dict[Where, str] = {}

    def document(self) -> Any:
        self._next()
        if isinstance(self._loader.peek_event(), self._yaml.StreamEndEvent):
            return None
        self._next()
        value = self._value(self._next(), ())
        self._next()
        extra = self._next()
        if not isinstance(extra, self._yaml.StreamEndEvent):
            raise self._wrong(extra, "found a second document after a line ---; expected one")
        return value

    def _value(self, event: Any, path: Where) -> Any:
        if len(path) > MAX_DEPTH:
            raise self._wrong(event, f"found values nested more than {MAX_DEPTH} deep")
        if isinstance(event, self._yaml.AliasEvent):
            raise self._wrong(event, f"found the alias *{event.anchor}; aliases are not read", "Write the text out.")
        if event.tag is not None:
            raise self._wrong(event, f"found the tag {event.tag}; tags are not read", "Remove it; quotes make text.")
        if isinstance(event, self._yaml.ScalarEvent):
            value = self._scalar(event)
            if not isinstance(value, str):
                self.written[path] = event.value
            return value
        return self._block(path) if isinstance(event, self._yaml.MappingStartEvent) else self._list(path)

    def _block(self, path: Where) -> dict[str, Any]:
        block: dict[str, Any] = {}
        while not isinstance(event := self._next(), self._yaml.MappingEndEvent):
            key, place = self._key(event), self._line(event)
            inner = (*path, key)
            if key in block:
                first = self.lines[inner]
                raise self._wrong(event, f"the key {key[:60]!r} stands here and on line {first}", "Keep one of them.")
            self.lines[inner] = place
            block[key] = self._value(self._next(), inner)
        return block

    def _key(self, event: Any) -> str:
        if isinstance(event, self._yaml.ScalarEvent) and event.tag is None:
            return str(event.value)
        raise self._wrong(event, "found a key that is not plain text", _QUOTES)

    def _list(self, path: Where) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self._next(), self._yaml.SequenceEndEvent):
            inner = (*path, len(items))
            self.lines[inner] = self._line(event)
            items.append(self._value(event, inner))
        return items

    def _scalar(self, event: Any) -> Any:
        """What the safe loader would make of a scalar; the text itself where that is impossible."""
        if not event.implicit[0] or event.value[:1] not in self._telling:
            return event.value
        node = self._yaml.ScalarNode
        tag = self._loader.resolve(node, event.value, event.implicit)
        if tag == _TEXT_TAG:
            return event.value
        try:
            return self._loader.construct_object(node(tag, event.value, event.start_mark, event.end_mark))
        except (ValueError, self._yaml.constructor.ConstructorError):
            return event.value

    def _line(self, event: Any) -> int:
        line: int = event.start_mark.line
        return self._first + line

    def _wrong(self, event: Any, what: str, hint: str = "") -> InputError:
        return InputError.at(self._file, what, hint=hint, line=self._line(event))


def _yaml_error(error: Exception, file: str, first_line: int) -> InputError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = first_line + mark.line if mark else None
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    character = getattr(error, "character", None)
    if character is not None:
        problem = f"found the character U+{character:04X}; control characters are not allowed"
        return InputError.at(file, problem, hint="Delete it.", line=line)
    return InputError.at(file, f"is not valid YAML: {problem}", hint=_QUOTES, line=line)


def parse_json(text: str, file: str, *, line: int | None = None) -> Tree:
    """The object that a JSON text holds; `line` where the whole text is one line of a file. Raises InputError."""
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_whole)
    except json.JSONDecodeError as error:
        at = line or error.lineno
        raise InputError.at(file, f"is not valid JSON: {error.msg}, column {error.colno}", line=at) from error
    except (ValueError, RecursionError) as error:
        why = "values are nested too deep" if isinstance(error, RecursionError) else str(error)
        raise InputError.at(file, f"is not usable JSON: {why}", line=line) from error
    lines: dict[Where, int] = {(): line} if line else _lines_of_keys(text, value)
    return _mapping(Tree(file, value, lines), line)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    block = dict(pairs)
    if len(block) < len(pairs):
        last = {name: index for index, (name, _) in enumerate(pairs)}
        twice = next(name for index, (name, _) in enumerate(pairs) if last[name] != index)
        raise ValueError(f"the key {twice[:60]!r} is given twice")
    return block


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a number has {len(digits):,} digits")
    return int(digits)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a value")


def _lines_of_keys(text: str, value: Any) -> dict[Where, int]:
    """The lines of the outermost keys, where a key's text stands only once in the file."""
    lines: dict[Where, int] = {}
    for key in list(value)[:50] if isinstance(value, dict) else ():
        found = [match.start() for match in re.finditer(re.escape(json.dumps(key)) + r"\s*:", text)]
        if len(found) == 1:
            lines[(key,)] = text.count("\n", 0, found[0]) + 1
    return lines
