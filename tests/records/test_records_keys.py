"""Keys and their parts are what their definitions say, however they are reckoned."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from panel.records.identity import key_of, key_parts, repeat_keys, sha
from panel.records.model import Model
from panel.records.prompt import Message, Prompt, PromptIds

MODEL = Model(name="mine", provider="compatible", model="m", endpoint="http://127.0.0.1/v1")
IDS = PromptIds(tool="0" * 64, persona="1" * 64, templates="2" * 64, reply_schema="3" * 64, scale="4" * 64)
TEXT = st.text(st.characters(exclude_categories=()), max_size=30)


def prompt(*contents: str) -> Prompt:
    messages = tuple(Message(role="user" if place else "system", content=text) for place, text in enumerate(contents))
    return Prompt.model_construct(messages=messages, reply_schema={}, schema_name="form", ids=IDS)


@given(st.lists(TEXT, min_size=2, max_size=4))
def test_the_prompts_part_is_the_hash_of_its_roles_and_contents(contents: list[str]) -> None:
    asked = prompt(*contents)
    pairs = [[message.role, message.content] for message in asked.messages]
    assert key_parts(MODEL, asked, 0).prompt == sha(pairs)


def test_the_keys_of_repeats_are_those_of_their_parts() -> None:
    parts = key_parts(MODEL, prompt("system", "user"), 0)
    one_by_one = [key_of(parts.model_copy(update={"repeat": repeat})) for repeat in range(12)]
    assert repeat_keys(parts, 12) == one_by_one
    assert len(set(one_by_one)) == 12
