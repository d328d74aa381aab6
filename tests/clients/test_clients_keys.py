"""Keys: found by the name of their variable, checked before they travel, and taken out of what is shown."""

from __future__ import annotations

import pytest
from client_samples import KEY, a_model
from hypothesis import given
from hypothesis import strategies as st

from panel.clients import connect
from panel.clients.keys import Scrub, read_key
from panel.errors import RunStopping

MODEL = a_model("openai", "http://localhost/v1")


def test_the_key_is_what_its_variable_holds() -> None:
    assert read_key(MODEL, {"TEST_KEY": KEY, "OPENAI_API_KEY": "sk-other"}) == KEY


def test_a_model_without_a_key_variable_needs_none() -> None:
    assert read_key(a_model("compatible", "http://localhost/v1", key_variable=None), {"OPENAI_API_KEY": KEY}) is None


@pytest.mark.parametrize("environ", [{}, {"TEST_KEY": ""}])
def test_a_missing_key_names_the_variable_the_setting_and_the_way_without(environ: dict[str, str]) -> None:
    with pytest.raises(RunStopping) as caught:
        connect(MODEL, environ)
    assert caught.value.code == "no_key"
    assert not caught.value.retryable
    assert "the variable TEST_KEY is not set" in caught.value.message
    assert "--model offline" in caught.value.hint
    assert "key_variable" in caught.value.hint


BAD = [
    (f"{KEY}\n", "line break"),
    (f" {KEY}", "white space"),
    ("   ", "white space"),
    (f'"{KEY}"', "in quotes"),
    ("sk-12\n34", "plain ASCII"),
    ("sk-12 34", "holds a space"),
    ("sk-schlüssel", "plain ASCII"),
    ("sk-\x0012", "plain ASCII"),
]


@pytest.mark.parametrize(("value", "found"), BAD)
def test_a_key_that_no_server_would_accept_is_refused_before_it_is_sent(value: str, found: str) -> None:
    with pytest.raises(RunStopping, match=found) as caught:
        connect(MODEL, {"TEST_KEY": value})
    assert caught.value.code == "bad_key"
    assert "TEST_KEY" in caught.value.message
    assert value.strip() == "" or value.strip() not in str(caught.value)


class TestScrub:
    def test_the_key_is_replaced_wherever_it_stands(self) -> None:
        assert Scrub("abcdefgh-1")("key abcdefgh-1, again abcdefgh-1.") == "key [key], again [key]."

    def test_what_looks_like_a_key_goes_too(self) -> None:
        assert Scrub(None)("Incorrect API key: sk-ab***wxyz. Bearer abc123") == "Incorrect API key: [key] [key]"

    def test_a_placeholder_is_no_secret(self) -> None:
        assert Scrub("none")("none of it") == "none of it"

    def test_control_characters_and_line_breaks_become_spaces(self) -> None:
        assert Scrub(None)("a\r\nb\x1b[2Jc\u202ed") == "a b [2Jc d"

    @given(st.text(max_size=400), st.integers(min_value=2, max_value=50))
    def test_the_result_is_one_printable_line_of_bounded_length(self, text: str, most: int) -> None:
        line = Scrub("abcdefgh-1")(text, most)
        assert len(line) <= most
        assert line.isprintable()

    @pytest.mark.parametrize(
        "spelled",
        [rb"sk/0123+abc", rb"sk\/0123\u002babc", rb"\u0073\u006b/0123+abc", rb"sk\\/0123\\u002Babc"],
    )
    def test_a_body_that_spells_the_key_with_escapes_loses_it(self, spelled: bytes) -> None:
        """Once the body is read as JSON, and the reply in it, the key would stand there in full."""
        assert Scrub("sk/0123+abc").content(b'{"said": "' + spelled + b'."}') == b'{"said": "[key]."}'

    def test_a_body_without_the_key_stays_as_it_is(self) -> None:
        body = rb'{"said": "caf\u00e9 and\/or \u0073k"}'
        assert Scrub("sk/0123+abc").content(body) == body

    @given(st.text(max_size=60), st.text(max_size=60))
    def test_no_text_around_it_saves_the_key(self, before: str, after: str) -> None:
        assert "abcdefgh-1" not in Scrub("abcdefgh-1")(f"{before}abcdefgh-1{after}")
