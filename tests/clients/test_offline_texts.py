"""What the rubric writes: quoted, bounded, in every persona's own concern, and never as somebody who used the tool."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from offline_bench import VOTERS, catalogue, made_up, personas, prompt, said

from panel.clients.offline.answer import answer
from panel.clients.offline.client import OfflineClient
from panel.parse import parse
from panel.records.scale import SCALE
from panel.records.signals import Signals
from panel.records.tool import Tool
from panel.records.verdict import FlagCode, Scored

TOOLS = {**catalogue(), **{name: tool for name, (tool, _) in made_up().items()}}
EXPECTED_FLAGS = {FlagCode.THIN_BASIS, FlagCode.STEERING_REPORTED, FlagCode.STEERING_SUSPECTED}


def signals_of(persona: str) -> Signals:
    signals = personas()[persona].signals
    assert signals is not None
    return signals


@pytest.mark.parametrize("name", sorted(TOOLS))
async def test_no_reply_carries_a_flag_but_for_what_is_in_the_description(name: str) -> None:
    """Laws 3, 7 and 8: numbers agree, quotes are found, no experience is borrowed, no banned phrase is written."""
    for persona in personas().values():
        asked = prompt(TOOLS[name], persona.id)
        verdict = parse(await OfflineClient().ask(asked), asked, persona)
        if isinstance(verdict, Scored):
            assert {flag.code for flag in verdict.flags} <= EXPECTED_FLAGS, (persona.id, verdict.flags)
        else:
            assert verdict.reason.value == "no_basis"


def test_no_opening_of_five_words_is_shared_by_more_than_one_review_in_twenty() -> None:
    openings = Counter(" ".join(said(tool, name)["review"].split()[:5]) for tool in TOOLS.values() for name in VOTERS)
    assert openings.total() >= 60
    assert max(openings.values()) * 20 <= openings.total()


@pytest.mark.parametrize("persona", [*VOTERS, "control"])
def test_every_opening_has_the_tools_name_among_its_first_five_words(persona: str) -> None:
    signals = signals_of(persona)
    frames = (*signals.openings, *signals.bare_openings, *signals.warnings)
    assert [frame for frame in frames if not any("{name}" in word for word in frame.split()[:5])] == []


def test_every_review_names_its_tool() -> None:
    assert all(tool.name in said(tool, name)["review"] for tool in TOOLS.values() for name in VOTERS)


def test_two_tools_never_get_the_same_text() -> None:
    reviews = [said(tool, name)["review"] for tool in TOOLS.values() for name in VOTERS]
    assert len(set(reviews)) == len(reviews)


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_personas_look_at_different_passages(name: str) -> None:
    """No two voters cite the same set of passages, and together they cite more than any one of them."""
    cited = {persona: {item["quote"] for item in said(catalogue()[name], persona)["evidence"]} for persona in VOTERS}
    assert all(cited[a] != cited[b] for a, b in combinations(VOTERS, 2))
    assert len(set.union(*cited.values())) >= 1.5 * max(map(len, cited.values()))


def test_a_close_score_names_what_decided() -> None:
    close = [
        (persona, reply)
        for tool in TOOLS.values()
        for persona in personas()
        if SCALE.close_low <= (reply := said(tool, persona))["score"] <= SCALE.close_high
    ]
    assert close
    for persona, reply in close:
        closings = signals_of(persona).closings
        frames = closings.close_ship if reply["verdict"] == "ship" else closings.close_skip
        assert any(frame.split("{fact}")[0].rsplit("{", 1)[-1][:12] in reply["review"] for frame in frames), reply[
            "review"
        ]


def test_notes_keep_to_their_length_and_evidence_to_both_sides() -> None:
    for tool in TOOLS.values():
        for persona in personas():
            reply = said(tool, persona)
            assert all(len(note.split()) <= 25 for note in reply["answers"].values())
            assert 1 <= len(reply["evidence"]) <= 6
            assert len(reply["not_stated"]) <= 6
            assert all(len(item["shows"].split()) <= 15 for item in reply["evidence"])
            assert all(2 <= len(concern.split()) <= 5 for concern in reply["concerns"])


def test_the_builder_decides_by_another_fact_than_the_bet() -> None:
    for tool in TOOLS.values():
        answers = said(tool, "builder")["answers"]
        bet, choice = (answers[key].partition("“")[2] for key in ("bet", "deciding_choice"))
        assert not bet or bet != choice


def test_what_is_missing_is_said_to_be_missing() -> None:
    reply = said(made_up()["wordy"][0], "founder")
    assert all(note.startswith("Not stated") for note in reply["answers"].values())
    assert "the date of these facts" in reply["not_stated"]


def test_nobody_is_told_to_pick_a_poor_tool() -> None:
    tool = made_up()["growthforge"][0]
    assert [said(tool, persona)["pick_if"] for persona in VOTERS] == [None] * 4
    assert all(said(tool, persona)["walk_away_if"].startswith("you ") for persona in VOTERS)


def test_words_that_only_the_description_says_are_quoted_and_not_written() -> None:
    """First persons of the vendor stay out of the review's prose."""
    tool = Tool(id="x", name="Kite", description="We tested Kite ourselves. Our users save 40% with Kite. " * 3)
    assert "We tested" not in said(tool, "skeptic")["review"]


@pytest.mark.parametrize("persona", [*VOTERS, "control"])
def test_no_wording_of_a_persona_holds_a_phrase_it_never_writes(persona: str) -> None:
    wordings = signals_of(persona).model_dump_json(exclude={"kinds", "grammar"}).lower()
    assert [phrase for phrase in personas()[persona].never_writes if phrase.lower() in wordings] == []


@pytest.mark.parametrize("persona", [*VOTERS, "control"])
def test_every_question_and_criterion_of_a_shipped_persona_has_signals(persona: str) -> None:
    shipped, signals = personas()[persona], signals_of(persona)
    assert {question.id for question in shipped.questions} == set(signals.questions)
    assert {criterion.id for criterion in shipped.criteria} == set(signals.criteria)


def test_equal_prompts_give_equal_bytes() -> None:
    tool = catalogue()["duckdb"]
    assert {answer(prompt(tool, "founder")) for _ in range(3)} == {answer(prompt(tool, "founder"))}


@pytest.mark.parametrize("persona", [*VOTERS, "control"])
def test_a_quote_in_who_should_pick_it_stands_after_a_colon_or_between_commas(persona: str) -> None:
    """A quoted passage is no object of a verb: it stands beside a plain clause that is whole without it."""
    signals = signals_of(persona)
    frames = [frame for frame in (*signals.picks, *signals.walks) if "“" in frame]
    assert frames
    assert [frame for frame in frames if ": “" not in frame and ", “" not in frame] == []
    assert all(frame.startswith("you ") for frame in (*signals.picks, *signals.walks))


@pytest.mark.parametrize("persona", VOTERS)
def test_no_sentence_is_put_as_a_riddle(persona: str) -> None:
    signals = signals_of(persona)
    frames = (*signals.warnings, *signals.pluses, *signals.minuses)
    assert [frame for frame in frames if frame.startswith(("What {says}", "Whatever", "Who "))] == []


def test_a_price_without_a_licence_fee_is_no_missing_licence() -> None:
    tool = catalogue()["mistral-3-small-22b"]
    for persona in VOTERS:
        reply = said(tool, persona)
        assert "no licence stated" not in reply["concerns"]
        assert "right to keep using" not in reply["review"]


def test_nobody_is_advised_by_a_rival_or_a_limit_to_pick_a_tool() -> None:
    assert "Alternatives" not in (said(catalogue()["gpt-realtime-mini"], "skeptic")["pick_if"] or "")
    assert "at most 60" not in (said(catalogue()["openai-realtime-voice-agents-sdk"], "skeptic")["pick_if"] or "")
