"""docs/abstentions.md tells every reason, flag and note, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from panel.parse.notes import Note
from panel.records.verdict import AbstainReason, FlagCode

PAGE = (Path(__file__).parents[2] / "docs" / "abstentions.md").read_text(encoding="utf-8")
LISTS = {"reason": AbstainReason, "flag": FlagCode, "note": Note}


@pytest.mark.parametrize("word", LISTS)
def test_the_documented_list_is_the_list_in_code(word: str) -> None:
    """The same words in the same order: the lists are closed, and the page is where they are closed."""
    table = PAGE.split(f"| {word} |", 1)[1].split("\n\n", 1)[0]
    rows = re.findall(r"^\| `?([^|`]+?)`? \|", table, re.MULTILINE)
    assert rows == [item.value for item in LISTS[word]]


def test_every_reason_has_a_meaning_for_readers() -> None:
    assert all(reason.meaning for reason in AbstainReason)
