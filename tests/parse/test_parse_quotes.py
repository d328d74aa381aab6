"""Law 7: a quote is found where the text sent holds it verbatim, spelling of quotes, dashes and spaces aside."""

from __future__ import annotations

import pytest

from panel.parse.quotes import found_in
from panel.parse.words import matchable

FIELDS = {
    "pricing": "Free up to 5 GB, then $12 per node a month",
    "entry": "freemium",
    "description": (
        "It’s a “log store” in Rust — MIT-licensed.\nVersion 2.4 keeps logs for 90 days; `brinefish serve` starts it. "
        "Requests above 100 a second wait… and the vendor’s own docs [sic] say so. "
        "它支持日志导出和查询。 ﬁle import works."
    ),
}
FOUND = {
    "keeps logs for 90 days": "description",
    '"keeps logs for 90 days."': "description",
    "…keeps logs for 90 days…": "description",
    "It's a 'log store' in Rust - MIT-licensed": "description",
    "It's a log store in Rust": "description",
    "MIT\u2011licensed. Version 2.4  keeps\tlogs": "description",
    "Keeps logs for 90 days": "description",
    "brinefish serve starts it": "description",
    "keeps logs … starts it": "description",
    "keeps logs [...] starts it": "description",
    "file import works": "description",
    "then $12 per node": "pricing",
    "$12": "pricing",
    "2.4": "description",
    "MIT": "description",
    "freemium": "entry",
    "Freemium": "entry",
    "它支持日志导出": "description",
}
NOT_FOUND = {
    "keeps logs for 30 days": "a word changed",
    "KEEPS LOGS FOR 90 DAYS": "case matters after the first letter",
    "starts it … keeps logs": "parts out of order",
    "keeps logs … per node a month": "parts of two fields",
    "keeps … it": "a part too short to prove anything",
    "eeps logs for 90 days": "begins inside a word",
    "keeps logs for 90 day": "ends inside a word",
    "10": "only inside 100",
    "Rust": "one common word",
    "the": "one common word",
    "": "nothing",
    "...": "nothing",
    "“ ”": "nothing",
    "log": "a short word",
}


@pytest.mark.parametrize("quote", FOUND)
def test_a_quote_is_found_in_the_field_that_holds_it(quote: str) -> None:
    assert found_in(quote, {name: matchable(text) for name, text in FIELDS.items()}) == FOUND[quote]


@pytest.mark.parametrize("quote", NOT_FOUND)
def test_a_quote_is_not_found_if(quote: str) -> None:
    assert found_in(quote, {name: matchable(text) for name, text in FIELDS.items()}) is None, NOT_FOUND[quote]


def test_a_quote_of_a_look_alike_fence_is_found_as_it_was_sent() -> None:
    """Law 9: the fence turns ⟦ into [, so a quote of either spelling is found in what was sent."""
    fields = {"description": matchable("it prints [data here] for ever")}
    assert found_in("it prints ⟦data here⟧ for ever", fields) == "description"
