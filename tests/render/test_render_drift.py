"""The faces of a drift report: the same facts in each, and nothing from outside acts in any."""

from __future__ import annotations

import json

import pytest
from builders import NOON

from panel.errors import UsageError
from panel.records.drift import (
    Cause,
    ConcernChange,
    Concerns,
    Drift,
    DriftSide,
    Flip,
    JudgeMove,
    OneSided,
    SignTest,
)
from panel.records.vote import Outcome
from panel.render.drift import render

HOSTILE = "\x1b[31m<img src=x>|[x](http://evil.example)\u202e`{{ 7*7 }}"


def side(run: str, seats: int) -> DriftSide:
    return DriftSide(run=run, started_at=NOON, tools=2, votes=seats, seats=seats, scored=seats, abstained=0, pending=0)


def report(flips: int = 1) -> Drift:
    return Drift(
        before=side("20261101-120000-aaaaaa", 8),
        after=side("20261120-120000-bbbbbb", 9),
        paired=200,
        same_answer=150,
        flipped=flips,
        flips=tuple(
            Flip(
                tool=f"t{number}",
                persona="skeptic",
                model="openai/gpt-x",
                before=Outcome.SHIP,
                after=Outcome.SKIP,
                score_before=62,
                score_after=55,
                causes=(Cause.TOOL, Cause.MODEL_SERVED),
                noise="outside",
                half_width=4.2,
            )
            for number in range(flips)
        ),
        tools_turned=SignTest(up=0, down=flips),
        only_after=OneSided(tools=("cedar",), votes=1, seats=1),
        concerns=Concerns(
            before=1,
            after=1,
            new=1,
            tools_compared=1,
            tools_changed=1,
            changes=(ConcernChange(tool="t0", before=1, after=1, new=(HOSTILE,), vanished=()),),
        ),
        judges=(
            JudgeMove(
                persona="skeptic",
                model="openai/gpt-x",
                tools=8,
                mean=-5.0,
                low=-8.0,
                high=-2.0,
                served_before=("a",),
                served_after=(HOSTILE,),
                moved=True,
            ),
        ),
        warnings=("Mixed judges before: m was served as a (1) and b (2).",),
    )


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_counts_come_with_their_denominator_first(form: str) -> None:
    """Law 6, for two runs: what was paired, then what flipped; what stands alone is named."""
    text = " ".join(render(report(), form, width=200).split())
    assert "200 votes paired: 50 answered anew, 150 the very same answer, 1 flipped (0.5 %)" in text
    assert "9 seats after: 1 stand on this side only, among them 1 whole vote" in text
    assert "1 tools only after: cedar" in text
    assert "ALARM: the judge itself moved" in text
    assert "outside (±4.2)" in text
    assert "Mixed judges before" in text


@pytest.mark.parametrize("form", ["terminal", "markdown", "json"])
def test_text_from_outside_acts_nowhere(form: str) -> None:
    text = render(report(), form)
    assert "\x1b" not in text
    assert "\u202e" not in text
    if form == "markdown":
        assert "<img" not in text.replace("\\<", "")
        assert "](http://" not in text
        rows = [line for line in text.splitlines() if line.startswith("| t0 | ") and "evil" in line]
        assert rows[0].replace("\\|", "").count("|") == 4


def test_a_cut_list_says_by_how_much() -> None:
    text = render(report(25), "markdown", most=20)
    assert text.count("| skeptic |") == 21  # the judge's line among them
    assert (
        "And 5 flips more; the JSON form lists all\\." in text or "And 5 flips more; the JSON form lists all." in text
    )


def test_json_reads_back_as_the_record() -> None:
    assert Drift.model_validate_json(render(report(), "json")) == report()
    assert json.loads(render(report(), "json"))["schema_version"] == 1


def test_another_form_is_refused() -> None:
    with pytest.raises(UsageError, match="no form 'html'"):
        render(report(), "html")
