"""One card, four faces: what they share."""

from __future__ import annotations

import html
import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from hostile_texts import told
from sample_cards import CARDS, blind, incomplete, mixed, offline_card, several_models, two_tools

from panel.errors import UsageError
from panel.records.card import Card
from panel.records.verdict import FlagCode
from panel.render import FORMS, SUFFIXES, render
from panel.render.words import FLAGS

HUMAN = tuple(form for form in FORMS if form != "json")


def shown(card: Card, form: str) -> str:
    """What a face shows, with line breaks, escapes and the head of an HTML document out of the way."""
    text = render(card, form, width=200)
    text = html.unescape(text[text.index("<body>") :]) if form == "html" else text.replace("\\", "")
    return " ".join(text.split())


def test_every_form_has_a_suffix() -> None:
    """The forms, and how their files are named."""
    assert FORMS == ("terminal", "markdown", "html", "json")
    assert SUFFIXES == {"terminal": ".txt", "markdown": ".md", "html": ".html", "json": ".json"}


def test_an_unknown_form_is_refused_with_the_choices() -> None:
    with pytest.raises(UsageError) as caught:
        render(two_tools(), "pdf")
    assert "'pdf'" in caught.value.message
    assert caught.value.hint == "Choose one of: terminal, markdown, html, json."


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("make", CARDS.values(), ids=CARDS.keys())
def test_every_face_draws_every_shape_of_card(make: Callable[[], Card], form: str) -> None:
    """Two to six tools, one, several models, silence and an empty chair: same text twice, ending in one line feed."""
    text = render(make(), form)
    assert text == render(make(), form)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("make", CARDS.values(), ids=CARDS.keys())
def test_json_is_the_record(make: Callable[[], Card]) -> None:
    """Reading the JSON face back gives the card."""
    card = make()
    assert Card.model_validate_json(render(card, "json")) == card


def test_json_writes_terminal_controls_as_escapes() -> None:
    """A C1 control or a bidirectional override cannot act when the JSON is printed, and is still the same value."""
    card = two_tools().model_copy(update={"title": "a\x9bb\u202ec\x1bd"})
    text = render(card, "json")
    assert "\\u009b" in text
    assert "\\u202e" in text
    assert json.loads(text)["title"] == card.title


@pytest.mark.parametrize("form", HUMAN)
def test_law_12_the_author_stands_at_the_top_and_in_the_provenance(form: str) -> None:
    """Law 12: "written by a language model" (or the rubric) is said twice, with models, date, ids, cost and runs."""
    text = shown(two_tools(), form)
    assert text.lower().count("written by a language model") >= 2
    assert text.index("Written by a language model") < text.index("Ship with Alder Queue")
    for said in ("served as gpt-6-luna-2026-10-09", "20 November 2026", "4be1c09d77aa", "a1f09c3e5b77", "$0.0312"):
        assert said in text
    rubric = shown(offline_card(), form).lower()
    assert rubric.count("offline rubric, no language model") >= 2
    assert "written by a language model" not in rubric


@pytest.mark.parametrize("form", HUMAN)
def test_law_12_a_card_with_two_authors_says_who_wrote_which_column(form: str) -> None:
    """Law 12: the rubric is a baseline only beside a model; where it wrote a column alone, that column is its own."""
    text = " ".join(shown(mixed(), form).split())
    by = "Alder Queue: offline rubric, no language model; Birch Queue: written by a language model"
    assert text.count(by) >= 2
    assert "baseline:" not in text
    assert text.index(by) < text.index("Not comparable")
    both = "ritten by a language model (baseline: offline rubric, no language model)"
    assert " ".join(shown(several_models(), form).split()).count(both) >= 2


@pytest.mark.parametrize("form", HUMAN)
def test_the_answer_comes_before_everything_else(form: str) -> None:
    """Title, answer and rule, then heads, advice, decision table, scorecard, findings, provenance."""
    text = shown(two_tools(), form)
    marks = ["Ship with Alder Queue", "rule", "Free to start", "Pick it if", "Panel verdict", "86"]
    marks += ["Where the panels agree", "The strongest dissent", "Predictions", "90f3d2b1e6c5", "no measurement"]
    at = [text.lower().find(mark.lower()) for mark in marks]
    assert -1 not in at
    assert at == sorted(at)


@pytest.mark.parametrize("form", HUMAN)
def test_law_6_an_empty_chair_is_named(form: str) -> None:
    """Law 6: a panel with an empty chair says so beside its badge, and names who is missing."""
    text = shown(incomplete(), form)
    assert "Incomplete" in text
    assert "Founder missing" in text
    assert "not asked yet" in text


@pytest.mark.parametrize("form", HUMAN)
def test_law_5_models_are_never_pooled(form: str) -> None:
    """Law 5: with several models each panel's votes stand under its own name; no face adds them up."""
    text = shown(several_models(), form)
    assert "openai/gpt-6-luna: Ship, 4 of 4 ship (100%)" in text
    assert "mistral/mistral-large-2611: Skip, 1 of 4 ship (25%)" in text
    assert "offline (baseline, does not vote): Skip, 0 of 4 ship (0%)" in text
    assert "of 8 ship" not in text


@pytest.mark.parametrize("form", HUMAN)
def test_law_5_every_review_stands_under_its_model_and_models_stand_side_by_side(form: str) -> None:
    """Law 5: a heading for each model with its own verdicts, the baseline last, and a table of model beside model."""
    text = shown(several_models(), form)
    told = "The models disagree: Skip on mistral/mistral-large-2611, No verdict on openai/gpt-6-luna."
    assert told in text
    assert text.count("Alder Queue: Ship, 4 of 4 ship (100%)") == 2
    assert text.index("Alder Queue: Ship, 4 of 4 ship") < text.index("Alder Queue: Ship, 3 of 4 ship (75%)")
    assert "Birch Queue: No verdict, 2 of 4 ship (50%), Skeptic missing" in text
    assert "Model beside model" not in shown(two_tools(), form)


@pytest.mark.parametrize("form", HUMAN)
def test_law_12_each_model_has_its_own_cost(form: str) -> None:
    """Law 12: what a model cost stands beside its name; an unknown price is said to be so."""
    text = shown(several_models(), form)
    assert "Not known: mistral/mistral-large-2611 $0.0418 for 24 seats; openai/gpt-6-luna not known for 28" in text


@pytest.mark.parametrize("form", HUMAN)
def test_law_12_a_blind_panel_is_said_to_be_blind_before_the_answer(form: str) -> None:
    """Law 12: that the panel saw no names stands at the top and in the provenance; an open card says nothing."""
    said = "Reviewed blind: the panel did not see the names of tool and vendor."
    text = shown(blind(), form)
    assert text.count(said) == 2
    assert text.index(said) < text.index("Ship with Alder Queue")
    assert "lind" not in shown(two_tools(), form)
    assert "Reviewed blind for Birch Queue:" in shown(blind("birch"), form)


@pytest.mark.parametrize("form", HUMAN)
def test_flags_are_visible_marks_in_plain_words(form: str) -> None:
    """A flag shows its label and what was found beside the review, and its meaning at the end."""
    text = shown(two_tools(), form)
    assert "laims experience: “in our tests”" in text
    assert FLAGS[FlagCode.BORROWED_EXPERIENCE][1] in text


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_law_7_evidence_is_shown_as_found_or_not(form: str) -> None:
    """Law 7: every quote says whether it stands in what was sent."""
    text = shown(two_tools(), form)
    assert "found in the description" in text
    assert "not found in what was sent" in text


@pytest.mark.parametrize("form", HUMAN)
def test_community_is_shown_only_where_readers_voted(form: str) -> None:
    """An absent signal is not shown as a zero."""
    assert "41 up, 7 down" in shown(two_tools(), form)
    assert "Readers" not in shown(offline_card(), form)


def test_every_flag_has_words() -> None:
    assert set(FLAGS) == set(FlagCode)


LEFT_OUT = {
    "html": {
        *(
            "Head.homepage",
            "Head.variant",
            "ModelAnswer.model",
            "ModelAnswer.why",
            "ModelUse.written_by",
            "Source.url",
            "Tally.model",
        ),
        "Flag.detail",
    },
    "markdown": {
        *("Card.breadcrumb", "Cell.criteria", "Head.best_for", "Head.homepage", "Head.letter", "Head.pricing"),
        *(
            "Head.variant",
            "Head.vendor",
            "ModelAnswer.model",
            "ModelAnswer.why",
            "ModelUse.written_by",
            "Source.url",
            "Tally.model",
        ),
        "Flag.detail",
    },
}
"""What a face does not print: addresses that are no web addresses, names of models where there is one, what stands
elsewhere on the same page (criteria and prices in their tables, the details of flags beside the reviews), and the
notice of a model that, with every name changed, no tally knows."""


@pytest.mark.parametrize("form", sorted(LEFT_OUT))
def test_a_page_leaves_nothing_of_the_card_out(form: str) -> None:
    """Every text of the card is on the page, but for the fields named."""
    marks: dict[str, str] = {}
    card = told(
        two_tools(), lambda name, old: marks.setdefault(f"q{len(marks):04}q", name) and f"q{len(marks) - 1:04}q"
    )
    text = render(card, form).lower()
    assert {name for mark, name in marks.items() if mark not in text} == LEFT_OUT[form]


@pytest.mark.parametrize(
    ("form", "unneeded"),
    [("terminal", "jinja2"), ("json", "jinja2"), ("json", "rich"), ("html", "rich"), ("markdown", "rich")],
)
def test_a_face_loads_only_its_own_library(form: str, unneeded: str) -> None:
    """The terminal face needs no template engine, the pages no terminal library, JSON neither."""
    script = (
        "import sys; sys.path.insert(0, 'tests/render')\n"
        "from sample_cards import two_tools; from panel.render import render\n"
        f"render(two_tools(), {form!r}); sys.exit({unneeded!r} in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
