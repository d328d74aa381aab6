"""Draft: an entry as read, before it is known to be a tool. Pure: text in, tool or faults out.

    ---
    name: uv                 front matter: the fields of Tool but the description
    ---
    uv is a command-line …   the description

Unknown keys are set aside, not refused: a file written for a newer version, or with an editor's own notes, still reads.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any, NamedTuple

from panel.authored import MAX_BYTES, Tree, Where, check, field_name, in_order, parse_json, parse_yaml, slug_of
from panel.errors import InputError
from panel.records.tool import MAX_DESCRIPTION, Source, Tool

MARK = "---"
"""The line before and after front matter."""

_DATE = "a date as YYYY-MM-DD"
_URL = "an address that begins with http:// or https:// and holds no space"
EXPECTED = {
    "id": "letters, digits, dot, dash and underscore, at most 100",
    "name": "the tool's name, at most 200 characters",
    "description": "a description",
    "homepage": _URL,
    "sources": "a list of entries that begin with - title: …",
    "sources.*": "an entry with title, and url and date where known",
    "sources.title": "the source's title",
    "sources.url": _URL,
    "formerly": "a list of ids: [old-id]",
    "formerly.*": "letters, digits, dot, dash and underscore, at most 100",
}
SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_HEADING = re.compile(r"^#[ \t]+(.+)$", re.MULTILINE)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


class Draft(NamedTuple):
    """An entry as read. `tool` is None exactly where there are faults; `unknown` are the keys set aside."""

    tree: Tree
    tool: Tool | None
    faults: tuple[InputError, ...]
    unknown: tuple[Where, ...] = ()
    plain: bool = False
    """Whether this was text without any fields."""


def from_markdown(text: str, file: str, default_id: str) -> Draft:
    """An entry from Markdown with or without front matter. Raises InputError where the front matter cannot be read."""
    lines = text.split("\n")
    if lines[0].rstrip() != MARK:
        return _from_plain(text, file, default_id)
    end = next((n for n, line in enumerate(lines[1:], start=1) if line.rstrip() == MARK), None)
    if end is None:
        raise InputError.at(
            file, f"the front matter that opens with {MARK} never closes", hint=f"Add a line {MARK} after it.", line=1
        )
    tree = parse_yaml("\n".join(lines[1:end]), file, first_line=2)
    if "description" in tree.value:
        raise InputError.at(
            file,
            "the description stands below the front matter",
            hint=f"Move it under the second {MARK}.",
            line=tree.line(("description",)),
            field="description",
        )
    start = next((n for n, line in enumerate(lines[end + 1 :], start=end + 1) if line.strip()), end)
    body = "\n".join(lines[end + 1 :])
    value = {**tree.value, "description": body}
    return from_tree(tree._replace(value=value, lines={**tree.lines, ("description",): start + 1}), default_id)


def _from_plain(text: str, file: str, default_id: str) -> Draft:
    heading = _HEADING.search(text)
    name = (heading[1].strip(" \t#") if heading else "")[:200] or default_id[:200]
    return from_tree(Tree(file, {"name": name or "Unnamed tool", "description": text}), default_id)._replace(plain=True)


def from_text(text: str, origin: str, default_id: str) -> Draft:
    """An entry from pasted text: Markdown, plain text, or one JSON object with a name and a description."""
    if len(text) > MAX_BYTES:
        raise InputError.at(origin, f"found more than {MAX_BYTES:,} characters", hint="Keep the facts; 300 words do.")
    if "\x00" in text:
        raise InputError.at(origin, "found binary data; expected text")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if text.lstrip().startswith("{") and _is_object(text):
        return from_tree(parse_json(text, origin), default_id)
    return from_markdown(text, origin, default_id)


def _is_object(text: str) -> bool:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and {"name", "description"} <= value.keys()


def from_tree(tree: Tree, default_id: str) -> Draft:
    """An entry from its fields; an id not given is `default_id`, or one made of it or of the name."""
    tree, faults = _without_bad_dates(tree)
    known, unknown = _known_keys(tree.value)
    if known.get("id") is None:
        known["id"] = (
            default_id if SLUG.fullmatch(default_id) else slug_of(default_id or str(known.get("name")), "tool")
        )
    if (blank := _blank(tree)) is not None:
        faults.append(blank)
    tool, more = check(Tool, tree._replace(value=known), EXPECTED)
    faults += [fault for fault in more if blank is None or fault.field != "description"]
    return Draft(tree, None if faults else tool, in_order(faults), unknown)


def _known_keys(value: dict[str, Any]) -> tuple[dict[str, Any], tuple[Where, ...]]:
    """The fields a Tool has, and where the others stood. A key without a value counts as left out."""
    fields = Tool.model_fields
    known = {
        key: item for key, item in value.items() if key in fields and (item is not None or fields[key].is_required())
    }
    unknown: list[Where] = [(key,) for key in value if key not in fields]
    sources = value.get("sources")
    if isinstance(sources, list):
        known["sources"] = [_only_known(source) for source in sources]
        unknown += [
            ("sources", index, key)
            for index, source in enumerate(sources)
            if isinstance(source, dict)
            for key in source
            if key not in Source.model_fields
        ]
    return known, tuple(unknown)


def _only_known(source: Any) -> Any:
    if not isinstance(source, dict):
        return source
    return {key: item for key, item in source.items() if key in Source.model_fields}


def _without_bad_dates(tree: Tree) -> tuple[Tree, list[InputError]]:
    """Only a date or its ISO text is one: a bare number would else be read as seconds since 1970."""
    value, faults = dict(tree.value), []
    if "as_of" in value and not _is_date(value["as_of"]):
        faults.append(_bad_date(tree, ("as_of",), value.pop("as_of")))
    sources = value.get("sources")
    for index, source in enumerate(sources if isinstance(sources, list) else ()):
        if isinstance(source, dict) and not _is_date(source.get("date")):
            faults.append(_bad_date(tree, ("sources", index, "date"), source["date"]))
            value["sources"] = [*value["sources"][:index], {**source, "date": None}, *value["sources"][index + 1 :]]
    return tree._replace(value=value), faults


def _is_date(value: Any) -> bool:
    if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
        return True
    if not isinstance(value, str) or not _ISO.fullmatch(value):
        return False
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _bad_date(tree: Tree, where: Where, value: Any) -> InputError:
    shown = tree.written.get(where) or str(value)
    return InputError.at(
        tree.file, f"found {shown[:60]!r}; expected {_DATE}", line=tree.line(where), field=field_name(where)
    )


def _blank(tree: Tree) -> InputError | None:
    """The fault of a description that is empty or too long, told in full."""
    text = tree.value.get("description")
    if not isinstance(text, str) or 0 < len(text.strip()) <= MAX_DESCRIPTION:
        return None
    size = len(text.strip())
    what = f"has {size:,} characters; at most {MAX_DESCRIPTION:,} are read" if size else "is empty"
    hint = "Shorten it" if size else "Write below the fields what the tool is, does, costs and cannot do"
    return InputError.at(
        tree.file,
        what,
        hint=f"{hint}; 150 to 300 words serve best.",
        line=tree.line(("description",)),
        field="description",
    )
