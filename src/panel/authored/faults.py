"""Faults: what a record refuses about a tree, in the words of whoever wrote the file.

    catalogue/uv.md, line 7, entry: found 'gratis'; expected one of free, freemium, paid, unknown
    Did you mean free?

Every fault of a file is told, not only the first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from panel.authored.names import nearest
from panel.authored.tree import Tree, Where
from panel.errors import InputError

Built = TypeVar("Built", bound=BaseModel)
Words = Mapping[str, str]
"""What is expected at a field, by its name without positions ("sources.url", "sources.*" for an entry of the list)."""

MOST_TOLD = 50
"""Faults of one file that are told; a file with more is not what it was taken for."""


def check(kind: type[Built], tree: Tree, expected: Words) -> tuple[Built | None, list[InputError]]:
    """The record that a tree describes, or None and everything that is wrong with it."""
    try:
        return kind.model_validate(tree.value), []
    except ValidationError as error:
        items = error.errors(include_url=False)[:MOST_TOLD]
        return None, [_fault(kind, item, tree, expected) for item in items if _tells(item)]


def in_order(faults: Iterable[InputError]) -> tuple[InputError, ...]:
    """Faults as a reader of the file comes to them."""
    return tuple(sorted(faults, key=lambda fault: fault.line or 0))


def first_of(faults: Sequence[InputError], lint: str) -> InputError:
    """The first fault as the error to raise; with more of them, the hint counts them and names the linter."""
    fault = faults[0]
    if len(faults) > 1:
        rest = "1 more fault" if len(faults) == 2 else f"{len(faults) - 1} more faults"
        fault.hint = f"{fault.hint}\nThe file has {rest}: {lint}".strip()
    return fault


def _tells(item: Any) -> bool:
    """A list whose entries are wrong is also called too short; only the entries' faults are worth telling."""
    is_list = item["type"] == "too_short" and isinstance(item["input"], list)
    return not (is_list and len(item["input"]) >= item["ctx"]["min_length"])


def _fault(kind: type[BaseModel], item: Any, tree: Tree, expected: Words) -> InputError:
    where: Where = item["loc"]
    what, hint = _told(kind, item, where, tree, expected)
    field = field_name(where) or None
    return InputError.at(tree.file, what, hint=hint, line=tree.line(where), field=field)


def field_name(where: Where) -> str:
    """A place in words: `("sources", 0, "url")` is "sources 1, url"."""
    words = ""
    for part in where:
        words += f" {part + 1}" if isinstance(part, int) else f", {part[:60]}" if words else part[:60]
    return words


def _told(kind: type[BaseModel], item: Any, where: Where, tree: Tree, expected: Words) -> tuple[str, str]:
    """What was found and expected, and the next step."""
    case, value, context = item["type"], item["input"], item.get("ctx", {})
    wanted = expected.get(_spot(where), "")
    if case == "extra_forbidden":
        return _unknown_key(str(where[-1]), keys_at(kind, where[:-1]))
    if case == "missing":
        return f"is missing; expected {wanted or 'a value'}", f"Add {where[-1]}: …"
    if case == "enum":
        allowed = [part.strip("'") for part in context["expected"].replace(" or ", ", ").split(", ")]
        near = nearest(value, allowed, 1) if isinstance(value, str) else []
        return f"found {_shown(value, where, tree)}; expected one of {', '.join(allowed)}", _meant(near)
    if case in {"too_long", "string_too_long"}:
        unit = "characters" if isinstance(value, str) else "entries"
        size, most = len(value.strip() if isinstance(value, str) else value), context["max_length"]
        return f"has {size:,} {unit}; at most {most:,} are allowed", "Shorten it."
    if case in {"too_short", "string_too_short"} and not isinstance(value, str):
        return f"has {len(value)} entries; at least {context['min_length']} are needed", ""
    if case == "string_type":
        return _not_text(value, where, tree)
    if case == "value_error":
        return str(context["error"]), ""
    fallback = item["msg"].removeprefix("Input should be ")
    return f"found {_shown(value, where, tree)}; expected {wanted or _KINDS.get(case) or fallback}", ""


_KINDS = {
    "tuple_type": "a list: lines that begin with -",
    "list_type": "a list: lines that begin with -",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "string_too_short": "text",
    "too_short": "text",
}


def _spot(where: Where) -> str:
    return ".".join("*" if isinstance(part, int) else part for part in where).replace(".*.", ".")


def _unknown_key(key: str, known: Sequence[str]) -> tuple[str, str]:
    near = nearest(key, known, 1)
    return "is not a known key", _meant(near) or f"Known here: {', '.join(known)}."


def _meant(near: Sequence[str]) -> str:
    return f"Did you mean {near[0]}?" if near else ""


def _not_text(value: Any, where: Where, tree: Tree) -> tuple[str, str]:
    if isinstance(value, list | dict):
        return f"found {_shown(value, where, tree)}; expected one text", "A text that holds a colon stands in quotes."
    if value is None:
        return "found nothing; expected text", "Write a value, or remove the line where it may be left out."
    written = tree.written.get(where, str(value))
    return f"found {_shown(value, where, tree)}; expected text", f'Put it in quotes: "{written}"'


def _shown(value: Any, where: Where, tree: Tree) -> str:
    """A value as found, short."""
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:59] + "…") if value.strip() else "an empty text"
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "keys with values"
    if value is None:
        return "nothing"
    written = tree.written.get(where)
    if written is None:
        return str(value)[:60]
    kind = "true or false" if isinstance(value, bool) else "a date" if isinstance(value, dt.date) else "a number"
    return f"{written[:60]}, which reads as {kind}"


def keys_at(kind: type[BaseModel], where: Where) -> list[str]:
    """The keys a record knows at a place inside it; none where the place holds no record."""
    inner: type[BaseModel] | None = kind
    for part in where:
        if isinstance(part, str):
            field = inner.model_fields.get(part) if inner else None
            inner = _record_in(field.annotation) if field else None
    return list(inner.model_fields) if inner else []


def _record_in(annotation: Any) -> type[BaseModel] | None:
    """The record that an annotation such as `tuple[Source, ...] | None` speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _record_in(part))), None)
