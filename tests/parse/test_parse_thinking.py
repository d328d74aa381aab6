"""What a model wrote for itself is set aside; the rest is kept in segments that are never joined."""

from __future__ import annotations

import pytest

from panel.parse.scan import scan
from panel.parse.thinking import set_aside

KEPT = {
    "a <think>b</think> c": ("a ", " c"),
    "<Thinking>b</THINKING>c": ("", "c"),
    "<think>a<think>b</think>c": ("", "c"),
    "<think>a<think>b</think>c</think>d": ("d",),
    "draft </think> c": (" c",),
    "draft <think>b</think> more </think> c": (" c",),
    "a <think>b": ("a ",),
    "a <reasoning effort='high'>b</reasoning>c": ("a ", "c"),
    "[THINK]b[/THINK]c": ("", "c"),
    "◁think▷b◁/think▷c": ("", "c"),
    "<|begin_of_thought|>b<|end_of_thought|>c": ("", "c"),
    "<|channel|>analysis<|message|>b<|end|>c": ("", "c"),
    "<|channel|>final<|message|>c": ("c",),
    "c<|end|>": ("c<|end|>",),
    "<model:think>b</model:think>c": ("", "c"),
    "I think <b>so</b>": ("I think <b>so</b>",),
}


@pytest.mark.parametrize("text", KEPT)
def test_the_text_that_counts(text: str) -> None:
    assert set_aside(text, ()).segments == KEPT[text]


def test_a_mark_inside_a_string_of_a_complete_object_is_part_of_the_answer() -> None:
    text = '{"a": "<think>"} and {"b": "</think>"}'
    kept = set_aside(text, scan(text).spans)
    assert kept == ((text,), False, False)


def test_a_block_that_never_ends_is_told_apart() -> None:
    assert set_aside("<think>on and on", ()).unclosed
    assert not set_aside("<think>on</think>", ()).unclosed
