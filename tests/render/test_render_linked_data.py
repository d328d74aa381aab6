"""JSON-LD: valid schema.org reviews whose author is software, rated only where a language model came to a verdict."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hostile_texts import everywhere, texts
from hypothesis import given, settings
from sample_cards import CARDS, all_abstained, incomplete, offline_card, several_models, two_tools
from sample_parts import tally

from panel import __version__
from panel.records.card import Card, ModelUse
from panel.render import render

KNOWN = {
    "Review": {
        *("name", "itemReviewed", "author", "datePublished", "inLanguage", "reviewBody", "reviewRating"),
        *("positiveNotes", "negativeNotes", "digitalSourceType"),
    },
    "SoftwareApplication": {"name", "description", "applicationCategory", "url", "softwareVersion", "identifier"},
    "Rating": {"ratingValue", "bestRating", "worstRating", "ratingExplanation"},
    "ItemList": {"itemListElement"},
    "ListItem": {"position", "name"},
}
"""The types and properties of schema.org that are used, each defined for its type or one above it."""


def data(card: Card) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', render(card, "html"), re.DOTALL)
    assert found
    loaded: dict[str, Any] = json.loads(found[1])
    return loaded


def graph(card: Card) -> list[dict[str, Any]]:
    reviews: list[dict[str, Any]] = data(card)["@graph"]
    return reviews


@pytest.mark.parametrize("make", CARDS.values(), ids=CARDS.keys())
def test_only_known_types_with_their_properties_are_used(make: Callable[[], Card]) -> None:
    def check(value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                check(item)
        elif isinstance(value, dict):
            assert set(value) - {"@type"} <= KNOWN[value["@type"]]
            for item in value.values():
                check(item)

    loaded = data(make())
    assert loaded["@context"] == "https://schema.org"
    check(loaded["@graph"])


def test_a_tool_has_one_review_by_software() -> None:
    """The item is the tool; the author is this program with the model as its identifier, and no person."""
    alder, birch = graph(two_tools())
    assert alder["itemReviewed"] == {
        "@type": "SoftwareApplication",
        "name": "Alder Queue",
        "description": "Jobs as rows in the database you already run",
        "applicationCategory": "Job queues",
        "url": "https://alder.example/",
    }
    assert alder["author"] == {
        "@type": "SoftwareApplication",
        "name": "panelreview",
        "softwareVersion": __version__,
        "applicationCategory": "Automated reviewing",
        "identifier": "openai/gpt-6-luna",
        "description": "Software; written by a language model; served as gpt-6-luna-2026-10-09",
    }
    assert alder["datePublished"] == "2026-11-20"
    assert alder["reviewBody"].startswith("Builder: A row in a table")
    assert alder["digitalSourceType"] == "https://schema.org/TrainedAlgorithmicMediaDigitalSource"
    assert birch["name"] == "Birch Queue: Mixed"


def test_law_12_each_review_bears_its_own_date() -> None:
    """Law 12: the tool reviewed two days earlier is not dated by the other."""
    assert [review["datePublished"] for review in graph(two_tools())] == ["2026-11-20", "2026-11-18"]
    assert ["datePublished" in review for review in graph(undated())] == [False, False]


def undated() -> Card:
    card = two_tools()
    return card.model_copy(
        update={"heads": tuple(head.model_copy(update={"reviewed_at": None}) for head in card.heads)}
    )


def test_law_12_a_model_under_a_name_of_the_users_own_is_told_with_what_it_is() -> None:
    """Law 12: asked for and served stand beside the name, for the tool that they wrote about."""
    lb = ModelUse(name="lb", asked="m1", served=("m1-06",), written_by="written by a language model")
    card = two_tools()
    heads = tuple(
        item.model_copy(
            update={"models": (lb.model_copy(update={"served": served}),), "tallies": (tally("ssss", model="lb"),)}
        )
        for item, served in zip(card.heads, (("m1-06",), ()), strict=True)
    )
    rows = tuple(row.model_copy(update={"model": "lb"}) for row in card.scorecard)
    alder, birch = (review["author"] for review in graph(card.model_copy(update={"heads": heads, "scorecard": rows})))
    assert (alder["identifier"], birch["identifier"]) == ("lb", "lb")
    assert alder["description"] == "Software; written by a language model; asked for as m1; served as m1-06"
    assert birch["description"] == "Software; written by a language model; asked for as m1"


def test_the_rating_is_the_low_median_of_the_votes() -> None:
    """Of 86, 68, 74, 81 and of 71, 41, 61, 48: a score that was given, on the scale that is stated."""
    values = [review["reviewRating"] for review in graph(two_tools())]
    assert [value["ratingValue"] for value in values] == [74, 48]
    assert {(value["bestRating"], value["worstRating"]) for value in values} == {(100, 0)}


def test_notes_are_what_found_quotes_show() -> None:
    """Evidence that stands in the description, each once, by side; a quote that was not found is left out."""
    birch = graph(two_tools())[1]
    assert [item["name"] for item in birch["positiveNotes"]["itemListElement"]] == [
        "Outages are bridged",
        "A failed job needs no code to repeat",
    ]
    assert [item["name"] for item in birch["negativeNotes"]["itemListElement"]] == ["Leaving means rewriting"]


def test_the_rubric_gives_no_rating() -> None:
    """The offline rubric reviews, says what it is, and rates nothing."""
    for review in graph(offline_card()):
        assert "reviewRating" not in review
        assert review["digitalSourceType"] == "https://schema.org/AlgorithmicMediaDigitalSource"
        assert "offline rubric, no language model" in review["author"]["description"]


def test_an_undecided_badge_gives_no_rating() -> None:
    """Incomplete is no verdict; Mixed is one. Models that disagree leave their tool without a rating."""
    assert ["reviewRating" in review for review in graph(incomplete())] == [False, True]
    assert ["reviewRating" in review for review in graph(several_models())] == [True, True, False, False]


def test_law_5_each_model_writes_a_review_of_its_own() -> None:
    """Law 5: two models and two tools make four reviews; the baseline and Control make none."""
    authors = [(review["itemReviewed"]["name"], review["author"]["identifier"]) for review in graph(several_models())]
    models = ("mistral/mistral-large-2611", "openai/gpt-6-luna")
    assert authors == [(tool, model) for tool in ("Alder Queue", "Birch Queue") for model in models]


def test_a_tool_that_nobody_reviewed_has_no_review() -> None:
    assert graph(all_abstained()) == []


@settings(max_examples=60, deadline=None)
@given(texts)
def test_no_text_can_leave_the_data_block(text: str) -> None:
    """For any text in every field the block is valid JSON, and nothing in it can end the script or open a comment."""
    source = render(everywhere(two_tools(), text), "html")
    block = source[source.index("ld+json") : source.index("</script>")]
    assert "<" not in block
    assert block.isascii()
    assert len(graph(everywhere(two_tools(), text))) == 2
