"""Distinct: that no tool sits twice before the same panel, under one id or under two."""

from __future__ import annotations

from collections.abc import Sequence

from panel.errors import UsageError
from panel.records.tool import Tool


def check_distinct(tools: Sequence[Tool]) -> None:
    """Raises UsageError where two tools share an id, of today or of before, or everything that a panel is shown."""
    ids: set[str] = set()
    shown: dict[str, str] = {}
    for tool in tools:
        if not ids.isdisjoint(tool.formerly) or any(tool.id in other.formerly for other in tools):
            raise UsageError(f"{tool.id!r} is named twice, once under a former id.", hint="Name each tool once.")
        if tool.id in ids:
            raise UsageError(
                f"{tool.id!r} is named twice, or two files have this id.",
                hint="Name each tool once; give one file another `id` in its front matter.",
            )
        twin = shown.setdefault(repr(tool.fields()), tool.id)
        if twin != tool.id:
            raise UsageError(
                f"{twin!r} and {tool.id!r} hold the same text.", hint="Name one of them: a panel would judge it twice."
            )
        ids.add(tool.id)
