"""Raw replies and what each comes to: the files of tests/replies, and a few too large to keep there."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from surveyor import ANSWER, read

from panel.parse.notes import Note
from panel.records.reply import Finish
from panel.records.verdict import Abstained, AbstainReason, FlagCode, Scored

REPLIES = Path(__file__).parents[1] / "replies"
EXPECTED: dict[str, dict[str, Any]] = yaml.safe_load((REPLIES / "expected.yaml").read_text(encoding="utf-8"))
A = json.dumps(ANSWER)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_raw_reply_comes_to_its_expected_verdict(name: str) -> None:
    """Law 4: each file scores as stated, or abstains with the stated reason; flags and notes are complete."""
    expected = EXPECTED[name]
    text = (REPLIES / f"{name}.txt").read_bytes().decode("utf-8", errors="replace")
    verdict = read(text, finish=Finish(expected.get("finish", "stop")), refusal=expected.get("refusal"))
    found: dict[str, Any] = {
        "flags": [flag.code.value for flag in verdict.flags],
        "notes": list(verdict.notes),
        **(
            {"call": verdict.call, "score": verdict.score}
            if isinstance(verdict, Scored)
            else {"reason": verdict.reason.value}
        ),
    }
    told = {key: value for key, value in expected.items() if key not in ("finish", "refusal")}
    assert found == {"flags": [], "notes": [], **told}


def test_every_file_has_an_expected_verdict_and_every_verdict_a_file() -> None:
    assert {path.stem for path in REPLIES.glob("*.txt")} == set(EXPECTED)
    assert len(EXPECTED) >= 70


def test_the_corpus_holds_every_reason_flag_and_note() -> None:
    """`oversized` is generated below, suspected steering needs another description, the maker is known to a review."""
    reasons = {expected["reason"] for expected in EXPECTED.values() if "reason" in expected}
    flags = {flag for expected in EXPECTED.values() for flag in expected.get("flags", [])}
    notes = {note for expected in EXPECTED.values() for note in expected.get("notes", [])}
    assert reasons == set(AbstainReason) - {AbstainReason.OVERSIZED}
    assert flags == set(FlagCode) - {FlagCode.STEERING_SUSPECTED, FlagCode.MAKER_CONFLICT}
    assert notes == set(Note)


HUGE = {
    "ten-megabytes-of-braces": ("{" * 10_000_000, "oversized"),
    "an-answer-and-a-megabyte-of-spaces": (A + " " * 1_000_000, "oversized"),
    "braces": ("{" * 900_000, "truncated"),
    "nested-objects-never-closed": ('{"a":' * 180_000, "truncated"),
    "nested-objects-closed": ('{"a":' * 90_000 + "1" + "}" * 90_000, "unreadable"),
    "nested-lists": ('{"score":' + "[" * 300_000 + "]" * 300_000 + "}", "unreadable"),
    "empty-objects": ("{}" * 450_000, "unreadable"),
    "many-small-objects": ('{"score":1}' * 80_000, "unreadable"),
    "quotes": ('{"' * 450_000, "truncated"),
    "trailing-commas-at-every-depth": ('{"a":' * 90_000 + "1" + ",}" * 90_000, "unreadable"),
    "one-endless-number": ('{"score":' + "9" * 900_000 + "}", "off_schema"),
    "one-endless-text": ('{"score":1,"review":"' + "the " * 220_000 + '"}', "off_schema"),
    "thinking-marks": ("</think><think>" * 60_000, "truncated"),
    "backslashes": ('"' + "\\" * 900_000, "unreadable"),
}


@pytest.mark.parametrize("name", HUGE)
def test_a_huge_reply_abstains_in_seconds(name: str) -> None:
    """Law 4: linear in the text, however deep or broken; the bound leaves a slow machine ten times what it needs."""
    text, reason = HUGE[name]
    began = time.process_time()
    verdict = read(text)
    assert isinstance(verdict, Abstained)
    assert verdict.reason.value == reason
    assert time.process_time() - began < 10


def test_a_long_reply_with_one_answer_scores() -> None:
    verdict = read("So it is. " * 90_000 + A)
    assert isinstance(verdict, Scored)
