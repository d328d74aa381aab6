"""Prompts: static bytes first, the fenced description last, undefined names refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from panel.errors import InputError
from panel.parse import parse
from panel.prompts import Prompter
from panel.records.identity import sha
from panel.records.masks import masked
from panel.records.verdict import Scored
from panel.testing import TOOL, persona, reply_of, reply_text

FOLDER = Path(__file__).parents[1] / "prompts"
OTHER = TOOL.model_copy(update={"id": "birch", "name": "Birch Queue", "as_of": None})


@pytest.fixture
def prompter() -> Prompter:
    return Prompter.load(FOLDER)


def test_the_static_part_is_the_same_bytes_for_every_tool(prompter: Prompter) -> None:
    """A provider that caches prefixes bills it once; nothing of the tool, the day or the nonce stands in it."""
    one, two = prompter.prompt(TOOL, persona()), prompter.prompt(OTHER, persona())
    assert one.messages[0] == two.messages[0]
    assert one.reply_schema == two.reply_schema
    assert TOOL.name not in one.messages[0].content
    assert "2026" not in one.messages[0].content


def test_the_description_comes_last_and_fenced(prompter: Prompter) -> None:
    """Law 9: the description is data between marks; after it stands one closing line of ours."""
    prompt = prompter.prompt(TOOL, persona())
    assert [message.role for message in prompt.messages] == ["system", "user"]
    assert prompt.fenced()["description"] == TOOL.description
    assert prompt.messages[1].content.startswith("⟦data ")
    assert prompt.messages[1].content.splitlines()[-1].startswith("The data ends here.")


def test_no_seat_sees_anothers_text(prompter: Prompter) -> None:
    """Law 10: a prompt is made of one persona and one tool, whatever was asked before."""
    before = prompter.prompt(TOOL, persona("skeptic"))
    prompter.prompt(OTHER, persona("builder"))
    assert prompter.prompt(TOOL, persona("skeptic")) == before
    assert "Builder" not in before.messages[0].content


def test_the_prompt_forbids_borrowed_experience_and_asks_for_no_confidence(prompter: Prompter) -> None:
    """Law 8 and law 12: no "I tested"; a model's own confidence is never asked for."""
    text = prompter.prompt(TOOL, persona()).messages[0].content
    assert "You have not used the tool." in text
    assert "confidence" not in text.lower()


def test_a_blind_panel_is_sent_no_name(prompter: Prompter) -> None:
    """The record without its names and nothing else of the prompt differs; its ids and key follow from its bytes."""
    open_, blind = (prompter.prompt(TOOL, persona(), variant=variant) for variant in ("open", "blind"))
    assert TOOL.name in open_.messages[1].content
    assert TOOL.name.lower() not in blind.messages[1].content.lower()
    assert blind.messages[0] == open_.messages[0]
    assert blind.fenced() == masked(TOOL).fields()
    assert blind.ids.tool == sha(masked(TOOL).fields())
    assert blind.ids == open_.ids.model_copy(update={"tool": blind.ids.tool})
    assert blind.ids.tool != open_.ids.tool


def test_quotes_of_a_blind_seat_are_checked_against_what_was_sent(prompter: Prompter) -> None:
    """Law 7: a seat that quotes what it was shown is believed, whatever the names are."""
    tool = TOOL.model_copy(update={"description": f"{TOOL.name} keeps {TOOL.name} jobs. {TOOL.description}"})
    prompt = prompter.prompt(tool, persona(), variant="blind")
    shown = masked(tool).fields()["description"].split(".")[0]
    said = reply_text(persona(), evidence=[{"quote": shown, "side": "for", "shows": "it keeps jobs"}])
    verdict = parse(reply_of(said), prompt, persona())
    assert isinstance(verdict, Scored)
    assert verdict.evidence[0].found_in == "description"


def test_asking_again_keeps_the_fence_and_names_the_fault(prompter: Prompter) -> None:
    """Law 9: a re-ask is the first prompt, fence and all, plus our sentence about what was wrong."""
    first = prompter.prompt(TOOL, persona())
    again = prompter.again(first, "score 72 means ship, but the verdict says skip")
    assert again.messages[0] == first.messages[0]
    assert again.messages[1].content.startswith(first.messages[1].content)
    assert again.fenced() == first.fenced()
    assert "score 72 means ship, but the verdict says skip" in again.messages[1].content


def test_a_persona_file_changed_in_what_is_sent_changes_its_id(prompter: Prompter) -> None:
    """And a change of the templates changes theirs."""
    changed = persona().model_copy(update={"motto": "Another."})
    assert prompter.prompt(TOOL, changed).ids.persona != prompter.prompt(TOOL, persona()).ids.persona
    other = Prompter({**prompter.templates, "user": prompter.templates["user"] + "!"})
    assert other.prompt(TOOL, persona()).ids.templates != prompter.prompt(TOOL, persona()).ids.templates


def test_an_unknown_name_in_a_template_is_an_error_that_names_the_file(prompter: Prompter) -> None:
    """Undefined names never render as nothing."""
    broken = Prompter({**prompter.templates, "system": "Hello {{ nobody }}"})
    with pytest.raises(InputError, match=r"prompts/system\.j2: 'nobody' is undefined"):
        broken.prompt(TOOL, persona())


def test_a_template_with_broken_syntax_names_the_line(prompter: Prompter) -> None:
    """Authors see where to look."""
    with pytest.raises(InputError, match=r"prompts/user\.j2, line 2"):
        Prompter({**prompter.templates, "user": "fine\n{% if %}"})


def test_text_from_outside_never_becomes_a_template(prompter: Prompter) -> None:
    """Braces in a description are sent as they are."""
    tool = TOOL.model_copy(update={"description": "{{ persona.brief }} {% raw %} costs $5"})
    assert prompter.prompt(tool, persona()).fenced()["description"] == "{{ persona.brief }} {% raw %} costs $5"


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    """With what a prompts folder must hold."""
    with pytest.raises(InputError, match=r"system\.j2: cannot read the template") as caught:
        Prompter.load(tmp_path)
    assert "panel init" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "{{ cycler.__init__.__globals__.os }}",
        "{{ persona.__class__.__mro__ }}",
        "{{ persona.criteria.clear() }}",
        "{{ 1 / 0 }}",
        "{{ persona.name + 1 }}",
        "{% include 'other.j2' %}",
    ],
)
def test_a_template_reaches_nothing_but_what_it_is_given(prompter: Prompter, text: str) -> None:
    """A prompts folder is picked up by itself, so its templates are outside text; what they cannot do is an error."""
    broken = Prompter({**prompter.templates, "system": text})
    with pytest.raises(InputError, match=r"prompts/system\.j2"):
        broken.prompt(TOOL, persona())
