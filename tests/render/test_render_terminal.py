"""The terminal face: readable at 80 and 200 columns, plain without colour, and moved by nobody's text."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hostile_texts import texts, told
from hypothesis import given, settings
from rich.cells import cell_len
from sample_cards import CARDS, two_tools

from panel.render import render

GOLDEN = Path(__file__).parent / "golden"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def check_golden(name: str, text: str) -> None:
    """Compare with the file kept; `UPDATE_GOLDEN=1` writes it anew for a person to look at."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8"), f"{name} changed; if it should, run with UPDATE_GOLDEN=1 and look"


@pytest.mark.parametrize("width", [80, 200])
def test_the_terminal_face_is_as_looked_at(width: int) -> None:
    """The two-tool card, kept as it was approved by eye."""
    check_golden(f"two_tools-{width}.txt", render(two_tools(), "terminal", width=width))


@pytest.mark.parametrize("name", ["several_models", "incomplete"])
def test_the_other_shapes_are_as_looked_at(name: str) -> None:
    check_golden(f"{name}-80.txt", render(CARDS[name](), "terminal"))


@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_no_line_is_wider_than_asked(name: str, width: int) -> None:
    lines = render(CARDS[name](), "terminal", width=width).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert not [line for line in lines if line != line.rstrip()]


@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_word_of_a_review_is_cut(name: str, width: int) -> None:
    """Every word of every review stands whole, at any width a word fits in."""
    words = set(re.split(r"\s+", render(CARDS[name](), "terminal", width=width)))
    reviews = [cell.review for row in CARDS[name]().scorecard for cell in row.cells if cell.review]
    assert {word for review in reviews for word in review.split()} <= words


def test_reviews_stand_side_by_side_where_there_is_room() -> None:
    """At 200 columns A and B begin on one line; at 80 they follow each other."""
    both = re.compile(r"^Alder Queue: 86/100, ship +Birch Queue: 71/100, ship$", re.MULTILINE)
    assert both.search(render(two_tools(), "terminal", width=200))
    assert not both.search(render(two_tools(), "terminal", width=80))


def test_without_colour_there_is_no_escape_and_our_own_marks_are_ascii() -> None:
    """What is not ASCII in the plain face comes from the card."""
    text = render(two_tools(), "terminal")
    assert "\x1b" not in text
    assert {char for char in text if not char.isascii()} <= set("“”·")


def test_colour_adds_nothing_but_colour() -> None:
    """The coloured face says the same words; only its rules and bars are drawn otherwise."""
    coloured = ANSI.sub("", render(two_tools(), "terminal", colour=True))
    drawn = str.maketrans("━─╌", "===")
    plain = render(two_tools(), "terminal").translate(str.maketrans("-#", "=="))
    assert coloured.translate(drawn).replace("-", "=") == plain


def test_neither_terminal_nor_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """COLUMNS, NO_COLOR, FORCE_COLOR and TERM change nothing: width and colour are handed in."""
    before = [render(two_tools(), "terminal", colour=colour) for colour in (False, True)]
    for name, value in {
        "COLUMNS": "33",
        "NO_COLOR": "1",
        "FORCE_COLOR": "1",
        "TERM": "dumb",
        "JPY_PARENT_PID": "1",
    }.items():
        monkeypatch.setenv(name, value)
    assert [render(two_tools(), "terminal", colour=colour) for colour in (False, True)] == before


@settings(max_examples=40, deadline=None)
@given(texts)
def test_no_text_can_move_the_cursor(text: str) -> None:
    """For any text in every field: the plain face holds printable characters and line feeds, and keeps its width."""
    out = render(told(two_tools(), lambda name, old: text), "terminal")
    assert all(char.isprintable() or char == "\n" for char in out)
    assert max(map(cell_len, out.splitlines())) <= 80
    coloured = ANSI.sub("", render(told(two_tools(), lambda name, old: text), "terminal", colour=True))
    assert all(char.isprintable() or char == "\n" for char in coloured)


def test_markup_in_a_text_is_text() -> None:
    """Square brackets, emoji names and links are printed as they stand."""
    title = "[bold red]x[/bold red] [/] :smile: [link=http://e.example]y[/link]"
    assert render(two_tools().model_copy(update={"title": title}), "terminal").startswith(title)
