"""Keys: the same question has the same key, and every part that can change the answer changes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from panel.prompts import Prompter
from panel.records.identity import canonical, key_of, key_parts, sha
from panel.records.model import Model, Price
from panel.testing import TOOL, persona

MODEL = Model(name="openai/test", provider="openai", model="test", endpoint="https://api.openai.com/v1")
PROMPT = Prompter.load(Path(__file__).parents[2] / "prompts").prompt(TOOL, persona())


def key(model: Model = MODEL, repeat: int = 0) -> str:
    return key_of(key_parts(model, PROMPT, repeat))


def test_a_key_is_a_file_name_and_a_custom_id() -> None:
    """43 characters of letters, digits, dash and underscore; at most 64 are allowed."""
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", key())


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("endpoint", MODEL.model_copy(update={"endpoint": "https://other.example/v1"})),
        ("model", MODEL.model_copy(update={"model": "test-2"})),
        ("parameters", MODEL.model_copy(update={"parameters": {"temperature": 0}})),
    ],
)
def test_what_can_change_the_answer_changes_the_key(part: str, other: Model) -> None:
    """And only the hash of that part differs, so that `stale` can say why."""
    mine, theirs = key_parts(MODEL, PROMPT, 0), key_parts(other, PROMPT, 0)
    assert [name for name in type(mine).model_fields if getattr(mine, name) != getattr(theirs, name)] == [part]
    assert key(other) != key()


@pytest.mark.parametrize(
    "change",
    [{"timeout_s": 5.0}, {"price": Price(input=1, output=2)}, {"max_output_tokens": 99}, {"name": "alias/test"}],
    ids=lambda change: next(iter(change)),
)
def test_what_cannot_change_the_answer_is_not_in_the_key(change: dict[str, object]) -> None:
    """Transport, prices, caps and the user's name for a model invalidate nothing."""
    assert key(MODEL.model_copy(update=change)) == key()


def test_each_repeat_is_a_question_of_its_own() -> None:
    """The repeat index is part of the key."""
    assert key(repeat=1) != key(repeat=0)


def test_the_tools_id_is_not_part_of_the_question() -> None:
    """Renaming a catalogue file buys nothing twice."""
    prompter = Prompter.load(Path(__file__).parents[2] / "prompts")
    renamed = prompter.prompt(TOOL.model_copy(update={"id": "alder"}), persona())
    assert key_of(key_parts(MODEL, renamed, 0)) == key()


def test_signals_count_only_for_a_model_that_reads_them() -> None:
    """A language model never sees the signals, so editing them leaves its answers fresh."""
    signalled = PROMPT.model_copy(update={"ids": PROMPT.ids.model_copy(update={"signals": "a" * 64})})
    reader = MODEL.model_copy(update={"reads_local": True})
    assert key_parts(MODEL, signalled, 0) == key_parts(MODEL, PROMPT, 0)
    assert key_parts(reader, signalled, 0).local == "a" * 64


def test_canonical_json_ignores_the_order_of_keys() -> None:
    """Equal values give equal text, and so equal hashes."""
    assert canonical({"b": 1, "a": [True, None]}) == '{"a":[true,null],"b":1}'
    assert sha({"b": 1, "a": 2}) == sha({"a": 2, "b": 1})
