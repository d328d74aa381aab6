"""Addresses: one spelling for one place, and nothing secret in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.clients.address import normalise
from panel.errors import ConfigError

SPELLINGS = [
    ("https://API.OpenAI.com/v1/", "https://api.openai.com/v1"),
    ("HTTPS://api.openai.com:443/v1", "https://api.openai.com/v1"),
    ("http://localhost:80", "http://localhost"),
    ("http://localhost:8080/v1//", "http://localhost:8080/v1"),
    ("https://host.example:80/v1", "https://host.example:80/v1"),
    ("  http://127.0.0.1:4010  ", "http://127.0.0.1:4010"),
    ("http://[::1]:4010/v1", "http://[::1]:4010/v1"),
    ("https://gateway.example/Team/v1", "https://gateway.example/Team/v1"),
]


@pytest.mark.parametrize(("typed", "stored"), SPELLINGS)
def test_an_address_has_one_spelling(typed: str, stored: str) -> None:
    assert normalise(typed) == stored


def test_the_one_spelling_stays_as_it_is() -> None:
    assert all(normalise(stored) == stored for _, stored in SPELLINGS)


UNUSABLE = [
    ("", "begins with http"),
    ("localhost:8080/v1", "begins with http"),
    ("ftp://host/v1", "begins with http"),
    ("http:///v1", "begins with http"),
    ("http://host:99999/v1", "not an address"),
    ("http://[::1/v1", "not an address"),
    ("http://ho st/v1", "without spaces"),
    ("http://bücher.example/v1", "plain ASCII"),
    ("http://host/" + "x" * 500, "at most 500"),
    ("https://host/v1?api-key=hunter2", "query or fragment"),
    ("https://host/v1#hunter2", "query or fragment"),
    ("https://me:hunter2@host/v1", "user name or password"),
]


@pytest.mark.parametrize(("typed", "found"), UNUSABLE)
def test_an_unusable_address_says_why_and_repeats_no_secret(typed: str, found: str) -> None:
    with pytest.raises(ConfigError, match=found) as caught:
        normalise(typed)
    assert "hunter2" not in str(caught.value)
    assert caught.value.hint


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_a_config_error(typed: str) -> None:
    for text in (typed, f"http://{typed}"):
        try:
            assert normalise(normalise(text)) == normalise(text)
        except ConfigError:
            continue
