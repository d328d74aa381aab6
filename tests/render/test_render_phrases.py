"""Votes, gaps, money and dates in words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from sample_cards import CARDS, incomplete, several_models, six_tools, two_tools
from sample_parts import cell, head, score_row, tally

from panel.records.card import Card, ModelUse
from panel.records.vote import Outcome
from panel.render import lists, phrases, render, words


def test_a_share_stands_only_beside_its_counts() -> None:
    """Four votes are no measurement: the percentage follows the counts it is made of, rounded down."""
    assert phrases.votes(tally("sssk")) == "3 of 4 ship (75%)"
    assert phrases.votes(tally("ssk")) == "2 of 3 ship (66%)"


def test_a_badge_names_who_is_missing() -> None:
    alder, birch = incomplete().heads
    assert phrases.verdict(alder) == "Incomplete (Founder missing)"
    assert phrases.missing(alder) == "Founder missing"
    assert phrases.verdict(birch) == "Mixed"
    assert phrases.missing(birch) == ""


def test_a_title_that_does_not_begin_with_the_name_is_shown_whole() -> None:
    odd = head("alder", (tally("ssss"),), title="Something else")
    assert phrases.verdict(odd) == "Something else"
    assert phrases.verdict(head("alder", (tally("ssss"),), title="Alder Queue:")) == "Ship"


def test_the_gap_names_the_leader() -> None:
    """Of two tools: by how much and for whom. Of more: the distance from first to last."""
    card = two_tools()
    assert phrases.gap(card.scorecard[0], card) == "15 for Alder Queue"
    assert phrases.gap(six_tools().scorecard[0], six_tools()) == "15 apart"
    same = score_row(
        "builder", (cell("alder", "builder"), cell("alder", "builder").model_copy(update={"tool": "birch"}))
    )
    assert phrases.gap(same, card) == "level"
    silent = incomplete().scorecard[3]
    assert silent.cells[0].outcome is Outcome.PENDING
    assert phrases.gap(silent, card) == "not known"


def named(*names: str) -> Card:
    """The first tools of a card under other names."""
    card = two_tools()
    heads = tuple(
        head.model_copy(update={"name": name, "letter": name[0]}) for head, name in zip(card.heads, names, strict=True)
    )
    return card.model_copy(update={"heads": heads})


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (("Alder Queue", "Birch Queue"), ("Alder Queue", "Birch Queue")),
        (("Mistral 3 Small (22B)", "OpenAI Kit for Agents That Speak and Listen"), ("Mistral", "OpenAI")),
        (("Mistral 3 Small (22B)", "Mistral Medium 3.2 Instruct"), ("Mistral 3", "Mistral Medium")),
        (("The Queue of All Queues", "An Orderly Heap of Jobs"), ("The Queue", "An Orderly")),
        (("Acme Background Jobs Standard A", "Acme Background Jobs Standard B"), None),
        (("Acme Background Jobs Queue", "Beta of Acme Background Jobs Queue"), ("Acme", "Beta")),
        (("Acme Background Jobs", "Acme Background Jobs Enterprise"), None),
    ],
)
def test_a_long_name_is_told_by_its_first_words(names: tuple[str, str], short: tuple[str, str] | None) -> None:
    """As few words as no other tool on the card begins with; the whole name where that saves nothing."""
    card = named(*names)
    assert tuple(phrases.short_name(card, head.tool) for head in card.heads) == (short or names)


def test_a_row_of_the_scorecard_stays_on_one_line() -> None:
    card = named("Mistral 3 Small (22B)", "OpenAI Kit for Agents That Speak and Listen")
    text = render(card, "terminal", width=96)
    assert "Skeptic    68 ######---- ship    41 ####------ skip   27 for Mistral\n" in text


def test_law_12_each_tool_says_when_and_by_which_models_it_was_reviewed() -> None:
    """Law 12: name, asked for and served; what a server did not say is not said for it."""
    alder = two_tools().heads[0]
    assert phrases.reviewed(alder) == "20 November 2026 by openai/gpt-6-luna (served as gpt-6-luna-2026-10-09)"
    lb = ModelUse(name="lb", asked="m1", served=("m1-a", "m1-b"), written_by="")
    assert phrases.served(lb) == "lb (m1, served as m1-a and m1-b)"
    assert phrases.served(ModelUse(name="lb", asked="m1", served=("m1",), written_by="")) == "lb (m1, served as asked)"
    assert phrases.served(ModelUse(name="vllm/m1", asked="m1", served=("m1",), written_by="")) == (
        "vllm/m1 (served as asked)"
    )
    assert phrases.served(lb.model_copy(update={"served": ()})) == "lb (m1)"
    assert phrases.reviewed(alder.model_copy(update={"reviewed_at": None})) == "not yet"


def test_a_range_is_shown_only_for_repeats() -> None:
    card = several_models()
    assert phrases.scores_range(card.scorecard[0].cells[0]) == "60 to 88 over 3 repeats"
    assert phrases.scores_range(card.scorecard[4].cells[0]) == ""


def test_a_reviewer_is_told_apart_by_model_and_vote() -> None:
    card = several_models()
    assert phrases.reviewer(card.scorecard[0], card) == "Builder (mistral/mistral-large-2611)"
    assert phrases.reviewer(card.scorecard[9], card) == "Builder (offline; does not vote)"
    assert phrases.persona(card.scorecard[9]) == "Builder (does not vote)"
    assert phrases.reviewer(two_tools().scorecard[0], two_tools()) == "Builder"


def test_a_model_is_called_by_the_end_of_its_name_where_no_other_ends_alike() -> None:
    card = several_models()
    assert phrases.short_model("openai/gpt-6-luna", card) == "gpt-6-luna"
    assert phrases.short_model("router/openai/gpt-6-luna", card) == "router/openai/gpt-6-luna"


@pytest.mark.parametrize(
    ("usd", "told"),
    [
        (None, "not known"),
        (Decimal(0), "no charge"),
        (Decimal("0.00003"), "less than $0.0001"),
        (Decimal("0.03117"), "$0.0312"),
        (Decimal("1234.5"), "$1234.5000"),
        (Decimal("1E+2"), "$100.0000"),
    ],
)
def test_an_unknown_price_is_not_zero(usd: Decimal | None, told: str) -> None:
    assert words.money(usd) == told


def test_dates_do_not_depend_on_the_locale() -> None:
    assert words.date(dt.date(2026, 3, 4)) == "4 March 2026"


@pytest.mark.parametrize(
    ("text", "told"), [("done", "done."), ("done.", "done."), ("why?", "why?"), ("“so.”", "“so.”"), ("so…", "so…")]
)
def test_a_sentence_ends_once(text: str, told: str) -> None:
    assert words.sentence(text) == told


@pytest.mark.parametrize("name", CARDS)
def test_tables_have_a_value_for_every_tool(name: str) -> None:
    """Each row: a label, one value per tool, and a gap where tools are compared."""
    card = CARDS[name]()
    tools, gap = len(card.heads), len(card.heads) > 1
    assert {len(row) for row in (*lists.decision(card), *lists.heads_side_by_side(card))} == {1 + tools}
    assert {len(row) for row in (*lists.scores(card), *lists.all_criteria(card))} == {1 + tools + gap}


def test_a_silent_cell_says_why() -> None:
    cells = [cell for row in several_models().scorecard for cell in row.cells if not cell.review]
    assert [lists.told(cell) for cell in cells] == [("No review. The answer was cut off before it ended.",)]
