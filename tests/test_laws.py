"""Every law of docs/laws.md has a test that names it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NUMBERS = re.findall(r"^(\d+)\. \*\*", (ROOT / "docs" / "laws.md").read_text("utf-8"), re.MULTILINE)


def named(text: str) -> set[str]:
    """The laws that the docstrings of test functions in a file name, as "Law 4" or "laws 5 and 6"."""
    lists = re.findall(r"\blaws? ((?:\d+(?:, | and |,? )?)+)", text, re.IGNORECASE)
    return {number for group in lists for number in re.findall(r"\d+", group)}


def test_there_are_twelve_laws() -> None:
    """The page and its numbering are whole."""
    assert [str(number) for number in range(1, 13)] == NUMBERS


@pytest.mark.parametrize("law", NUMBERS)
def test_a_test_names_the_law(law: str) -> None:
    """A promise without a test is a wish."""
    files = [path for path in (ROOT / "tests").rglob("test_*.py") if path.name != Path(__file__).name]
    assert any(law in named(path.read_text("utf-8")) for path in files), f"no test names law {law}"
