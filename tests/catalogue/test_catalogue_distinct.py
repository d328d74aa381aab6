"""No tool sits twice before the same panel."""

from __future__ import annotations

import pytest

from panel.catalogue import check_distinct
from panel.errors import UsageError
from panel.records.tool import Tool
from panel.testing import TOOL

OTHER = TOOL.model_copy(update={"id": "birch", "name": "Birch Queue"})


def test_two_tools_are_two_tools() -> None:
    """Different ids and different texts."""
    check_distinct([TOOL, OTHER])


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (OTHER.model_copy(update={"id": TOOL.id}), "named twice, or two files have this id"),
        (TOOL.model_copy(update={"id": "copy"}), "hold the same text"),
        (OTHER.model_copy(update={"formerly": (TOOL.id,)}), "once under a former id"),
    ],
    ids=["one id", "one text", "a former id"],
)
def test_one_tool_under_two_names_is_refused(other: Tool, says: str) -> None:
    """In either order, before anything is asked."""
    for pair in ([TOOL, other], [other, TOOL]):
        with pytest.raises(UsageError, match=says):
            check_distinct(pair)
