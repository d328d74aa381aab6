"""The faces of a drift report: the same facts in each, and nothing from outside acts in any."""

from __future__ import annotations

import json
from typing import Any

import pytest
from builders import NOON

from panel.errors import UsageError
from panel.records.cause import Cause
from panel.records.drift import (
    ConcernChange,
    Concerns,
    Drift,
    DriftSide,
    Flip,
    JudgeMove,
    Move,
    Noise,
    OneSided,
    SignTest,
    Straddler,
)
from panel.records.vote import Outcome
from panel.render.drift import render
from panel.render.drift_words import flipped

HOSTILE = "\x1b[31m<img src=x>|[x](http://evil.example)\u202e`{{ 7*7 }}"


def side(run: str, seats: int) -> DriftSide:
    return DriftSide(
        run=run, started_at=NOON, tools=2, answered=2, votes=seats, seats=seats, scored=seats, abstained=0, pending=0
    )


def report(flips: int = 1, **fields: Any) -> Drift:
    given: dict[str, Any] = {
        "before": side("20261101-120000-aaaaaa", 8),
        "after": side("20261120-120000-bbbbbb", 9),
        "paired": 200,
        "same_answer": 150,
        "anew": 50,
        "flipped": flips,
        "flipped_anew": flips,
        "flips": tuple(
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
        "tools_turned": SignTest(up=0, down=flips),
        "only_after": OneSided(tools=("cedar",), votes=1, seats=1),
        "concerns": Concerns(
            before=1,
            after=1,
            new=1,
            tools_compared=1,
            tools_changed=1,
            changes=(ConcernChange(tool="t0", before=1, after=1, new=(HOSTILE,), vanished=()),),
        ),
        "judges": (
            JudgeMove(
                persona="skeptic",
                model="openai/gpt-x",
                votes=10,
                flipped=4,
                tools=8,
                mean=-5.0,
                low=-8.0,
                high=-2.0,
                served_before=("a",),
                served_after=(HOSTILE,),
                moved_by=("mean",),
            ),
        ),
        "warnings": ("Mixed judges before: m was served as a (1) and b (2).",),
    }
    return Drift(**(given | fields))


def judge(persona: str = "skeptic", **fields: Any) -> JudgeMove:
    """A line that was asked the same question again, and whose mean stayed."""
    given = {"votes": 52, "flipped": 27, "tools": 52, "mean": 0.4, "low": -3.0, "high": 3.0}
    return JudgeMove(persona=persona, model="openai/gpt-x", **(given | fields))  # type: ignore[arg-type]


def told(drift: Drift, width: int = 200) -> str:
    """The report on one line."""
    return " ".join(render(drift, "terminal", width=width).split())


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_counts_come_with_their_denominator_first(form: str) -> None:
    """Law 6, for two runs: what was paired, then what flipped; what stands alone is named."""
    text = " ".join(render(report(), form, width=200).split())
    assert "200 votes paired: 50 asked anew, 150 the very same answer." in text
    assert "1 of 50 votes asked anew flipped (2.0 %); of all 200 paired, 1 (0.5 %)." in text
    assert "9 seats after: 1 stands on this side only, among them 1 whole vote" in text
    assert "1 tool only after: cedar" in text
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
    assert "All on openai/gpt-x" in text
    assert (
        "And 5 flips more; the JSON form lists all\\." in text or "And 5 flips more; the JSON form lists all." in text
    )


class TestFlips:
    def test_where_nothing_was_asked_anew_nothing_can_be_said(self) -> None:
        text = told(report(0, anew=0, same_answer=200, judges=()))
        words = "o vote was asked anew: nothing can be said of drift (200 paired, all of them the very same answer)."
        assert text.count(words) == 2

    def test_what_is_only_read_otherwise_is_no_drift(self) -> None:
        assert flipped(report(3, anew=0, same_answer=200, flipped_anew=0)) == (
            "no vote was asked anew: nothing can be said of drift; "
            "read otherwise, 3 of 200 votes paired flipped (1.5 %)"
        )

    def test_where_all_were_asked_anew_there_is_one_share(self) -> None:
        assert flipped(report(3, anew=200, same_answer=0)) == (
            "3 of 200 votes asked anew flipped (1.5 %), and none besides is paired"
        )

    def test_where_nothing_is_paired_there_is_none(self) -> None:
        assert flipped(report(0, paired=0, anew=0, same_answer=0)) == (
            "no vote stands on both sides: nothing can be said of drift"
        )

    def test_noise_and_causes_bear_one_name_each(self) -> None:
        text = told(report())
        assert "1 flip: 1 outside the noise, 0 inside the noise, 0 cannot tell." in text
        assert "the tool's description, another model under the name" in text


class TestJudge:
    def test_a_mean_that_stays_is_told_beside_the_votes_that_flipped(self) -> None:
        text = told(report(judges=(judge(), judge("builder", flipped=28))))
        assert "2 lines asked the same question again: the mean of 2 did not move beyond chance; " in text
        assert "55 of 104 votes flipped (52.9 %)." in text
        assert "scores may have moved both ways, and only repeats can tell that from chance." in text
        assert "no sign" not in text
        assert "27 of 52" in text

    def test_lines_that_cannot_be_told_are_counted_apart_from_those_that_can(self) -> None:
        mute = judge("builder", tools=2, low=None, high=None)
        text = told(
            report(judges=(judge(), mute, judge("founder", moved_by=("mean", "calls"), across=0.6, within=0.1)))
        )
        assert "3 lines asked the same question again: 1 moved beyond chance, the mean of 1 did not" in text
        assert "1 cannot be told (too few tools, no repeats); 81 of 156" in text
        assert "60.0 % / 10.0 %" in text
        assert "MOVED (mean and calls)" in text

    def test_where_none_can_be_told_nothing_is_said_of_chance(self) -> None:
        text = told(report(judges=(judge(low=None, high=None), judge("builder", low=None, high=None))))
        assert "2 lines asked the same question again: 2 cannot be told (too few tools, no repeats); 54 of 104" in text
        assert "beyond chance" not in text

    def test_who_answered_is_told_once_a_model(self) -> None:
        lines = [judge(name, served_before=("a",), served_after=("b",)) for name in ("builder", "founder")]
        text = render(report(judges=tuple(lines)), "terminal", width=200)
        assert text.count("- openai/gpt-x: served as a, then as b\n") == 1
        other = judge("skeptic", served_before=("a",), served_after=("a",))
        text = render(report(judges=(*lines, other)), "terminal", width=200)
        assert "- openai/gpt-x (builder and founder): served as a, then as b\n" in text
        assert "- openai/gpt-x (skeptic): served as a\n" in text


class TestOneSided:
    def test_tools_without_a_panel_are_counted_and_not_named(self) -> None:
        after = side("20261120-120000-bbbbbb", 9).model_copy(update={"tools": 150, "answered": 9})
        only = OneSided(tools=("cedar",), unanswered=141, votes=568, seats=568)
        text = told(report(after=after, only_after=only, straddling=(Straddler(tool="cedar", why=("close",)),)))
        assert "9 of 150 tools with a panel, 9 votes" in text
        assert "- 1 tool only after: cedar - 141 tools only after without a panel yet" in text
        assert "1 of 9 tools with a panel straddles the line: the verdict hangs on little. - cedar: close" in text

    @pytest.mark.parametrize(
        ("repeats", "words"),
        [
            ((124, 62, 2), "2 more repeats of each of 62 votes only after"),
            ((1, 1, 1), "1 more repeat of each of 1 vote only after"),
            ((100, 62, 2), "up to 2 more repeats of 62 votes only after, 100 seats in all"),
        ],
    )
    def test_further_repeats_take_one_line(self, repeats: tuple[int, int, int], words: str) -> None:
        seats, votes, most = repeats
        assert words in told(report(only_after=OneSided(seats=seats, repeats=seats, repeated=votes, most_repeats=most)))

    def test_a_list_that_names_no_tool_is_told(self) -> None:
        assert "The watch list names no tool: nothing is compared." in told(report(watched=0))


def move(persona: str, **fields: Any) -> Move:
    given: dict[str, Any] = {"paired": 248, "same_answer": 208, "tools": 40, "flipped": 17, "up": 10, "down": 30}
    given |= {"mean": -12.3, "low": -20.1, "high": -4.5}
    given |= {"median": -10.5, "lower_quartile": -15.0, "upper_quartile": -2.5}
    given |= {"noise": Noise(deviation=4.2, freedom=20, pairs=40, disagree=3), "model": "openai/gpt-6-luna"}
    return Move(persona=persona, calls=SignTest(up=2, down=11, p=0.022), **(given | fields))


class TestWidth:
    """No word is cut at 80 columns, and a row of figures takes at most two lines."""

    MOVES = tuple(move(name) for name in ("builder", "founder", "futurist", "skeptic", "(all)"))

    def test_the_scores_fit_into_eighty_columns(self) -> None:
        text = render(report(moves=self.MOVES), "terminal", width=80)
        assert "futurist  40     -12.3 (-20.1 to -4.5)  -10.5 (-15.0 to -2.5)  25.0 % / 75.0 %" in text
        [row] = [line for line in text.splitlines() if line.startswith("futurist  248")]
        assert row.split() == ["futurist", "248", "40", "17", "2", "/", "11", "0.022", "4.2", "3", "of", "40"]
        assert max(map(len, text.splitlines())) <= 80

    def test_each_model_has_a_table_of_its_own(self) -> None:
        more = tuple(move(name, model="mistral/a-long-name-of-a-model") for name in ("builder", "futurist"))
        text = render(report(moves=(*self.MOVES, *more)), "terminal", width=80)
        headings = [line for line in text.splitlines() if line.startswith(("Scores", "Votes by persona"))]
        assert headings == [
            f"{heading}: {model}"
            for heading in ("Votes by persona", "Scores")
            for model in ("openai/gpt-6-luna", "mistral/a-long-name-of-a-model")
        ]
        assert text.count("futurist  248     40          17       2 / 11      0.022  4.2         3 of 40") == 2

    def test_without_repeats_their_columns_give_way_to_a_sentence(self) -> None:
        text = told(report(moves=tuple(move(name, noise=None) for name in ("builder", "futurist"))))
        assert text.count("Without repeats, what asking again does by itself is not known.") == 2  # the judge's, too
        assert "sd of repeats" not in text

    def test_what_does_not_fit_is_stacked_and_not_cut(self) -> None:
        text = render(report(moves=self.MOVES), "terminal", width=40)
        assert "  median (quartiles)" in text or "  median" in text
        assert "futuris\n" not in text
        assert max(map(len, text.splitlines())) <= 40

    def test_rules_are_as_wide_as_the_text(self) -> None:
        lines = render(report(moves=self.MOVES), "terminal", width=200).splitlines()
        widest = max(len(line) for line in lines if set(line) not in ({"-"}, {"="}))
        under = [len(lines[place + 1]) for place, line in enumerate(lines) if line in ("Scores", "Concerns")]
        assert [len(lines[1]), *under] == [widest] * 3
        assert widest < 130


def test_json_reads_back_as_the_record() -> None:
    assert Drift.model_validate_json(render(report(), "json")) == report()
    assert json.loads(render(report(), "json"))["schema_version"] == 1


def test_another_form_is_refused() -> None:
    with pytest.raises(UsageError, match="no form 'html'"):
        render(report(), "html")
