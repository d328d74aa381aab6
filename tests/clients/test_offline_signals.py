"""Signals: how a persona's section and the lexicon become one record, and what is said of mistakes."""

from __future__ import annotations

from typing import Any

import pytest
from offline_bench import ROOT, personas
from pydantic import ValidationError

from panel.clients.offline.matchers import MATCH
from panel.errors import InputError
from panel.records.signals import MATCHERS, Signals, Weight, check_lexicon, merge

LEXICON: dict[str, Any] = {
    "kinds": {
        "price": {"name": "stated price", "side": "for", "phrases": "costs #"},
        "price_hidden": {"name": "hidden price", "side": "against", "phrases": "contact sales", "negated": "price"},
    },
}


def test_merging_adds_all_kinds_to_a_persona() -> None:
    merged = merge({"criteria": {"pricing": {"raises": {"price": "3 | puts a number on it"}}}}, LEXICON)
    assert set(merged["kinds"]) == {"price", "price_hidden"}


@pytest.mark.parametrize(
    ("section", "place"),
    [
        ({"criteria": {"pricing": {"raises": {"prise": "3 | x"}}}}, "signals.criteria.pricing.raises"),
        ({"criteria": {"pricing": {"lowers": {"prise": "3 | x"}}}}, "signals.criteria.pricing.lowers"),
        ({"criteria": {"pricing": {"caps": {"prise": 3}}}}, "signals.criteria.pricing.caps"),
        ({"criteria": {"pricing": {"needs": {"a price": "price prise"}}}}, "signals.criteria.pricing.needs.a price"),
        ({"questions": {"price": {"kinds": "price prise"}}}, "signals.questions.price.kinds"),
        ({"predictions": [{"kind": "prise"}]}, "signals.predictions"),
    ],
)
def test_an_unknown_kind_is_named_with_its_file_its_place_and_the_nearest(section: dict[str, Any], place: str) -> None:
    with pytest.raises(InputError, match="prise") as caught:
        merge(section, LEXICON, file="personas/founder.yaml")
    assert (caught.value.file, caught.value.field) == ("personas/founder.yaml", place)
    assert "price" in caught.value.hint


def test_a_lexicon_may_name_no_kind_and_no_matcher_that_does_not_exist() -> None:
    with pytest.raises(InputError, match="nonsense"):
        check_lexicon({"kinds": {"price": {"negated": "nonsense"}}}, file="lexicon.yaml")
    with pytest.raises(InputError, match="nonsense") as caught:
        check_lexicon({"kinds": {"price": {"found_by": "nonsense"}}}, file="lexicon.yaml")
    assert "unsourced_figure" in caught.value.hint


def test_a_weight_is_points_and_predicates_in_one_line() -> None:
    assert Weight.model_validate("3 | lowers the bill | cuts the bill") == Weight(
        points=3, says=("lowers the bill", "cuts the bill")
    )


@pytest.mark.parametrize("line", ["lowers the bill", "3", "three | lowers the bill", "0 | lowers the bill"])
def test_a_weight_that_is_no_such_line_is_refused(line: str) -> None:
    with pytest.raises(ValidationError):
        Weight.model_validate(line)


def test_every_matcher_that_a_lexicon_may_name_exists_in_code() -> None:
    assert {*MATCH, "planned", "steering"} == MATCHERS


def test_signals_survive_being_stored() -> None:
    signals = personas()["skeptic"].signals
    assert signals is not None
    assert Signals.model_validate_json(signals.model_dump_json()) == signals


def test_the_shipped_lexicon_names_no_product() -> None:
    """Signals are general: nothing in them is true of one tool of the catalogue only."""
    text = (ROOT / "personas" / "lexicon.yaml").read_text("utf-8").lower()
    names = ["left-pad", "left pad", "phantomjs", "duckdb", "mistral", "astral", "hashicorp", "gpt-"]
    assert [name for name in names if name in text] == []
