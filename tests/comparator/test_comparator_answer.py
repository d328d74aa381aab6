"""The answer: each clause of the rule with figures on both sides of it, then the rule against the card it stands on."""

from __future__ import annotations

from fractions import Fraction

import pytest
from builders import FACTS, MODEL, OFFLINE, OTHER, PANEL, Told, make_review, make_tool
from hypothesis import given
from hypothesis import strategies as st

from panel.comparator import card_of
from panel.comparator.answer import RULE
from panel.records.card import Answer, Card, Choice
from panel.records.verdict import AbstainReason
from panel.records.vote import Badge

CUT = AbstainReason.TRUNCATED
SHIP, NEITHER, TOO_CLOSE, NOT_COMPARABLE, INCOMPLETE = Choice
Four = tuple[Told, Told, Told, Told]


def answer(alder: Four, birch: Four, *more: Four) -> Answer:
    names = ("alder", "birch", "cedar", "damson")
    found = card_of([make_review(name, told) for name, told in zip(names, (alder, birch, *more), strict=False)]).answer
    assert found is not None
    return found


class TestTwoTools:
    @pytest.mark.parametrize(
        ("alder", "birch", "choice", "tool"),
        [
            pytest.param((80, 70, 75, 65), (70, 65, 70, 60), SHIP, "alder", id="ahead on all four"),
            pytest.param((70, 65, 70, 60), (80, 70, 75, 65), SHIP, "birch", id="the other way round"),
            pytest.param((75, 70, 70, 65), (70, 65, 65, 60), SHIP, "alder", id="a lead of exactly 5"),
            pytest.param((75, 70, 70, 65), (70, 65, 65, 61), TOO_CLOSE, None, id="a lead of 4.75"),
            pytest.param((80, 80, 50, 50), (60, 60, 45, 45), SHIP, "alder", id="Mixed against Mixed"),
            pytest.param((80, 80, 50, 50), (55, 50, 45, 45), SHIP, "alder", id="Mixed against Skip"),
            pytest.param((95, 95, 59, 45), (60, 60, 60, 40), TOO_CLOSE, None, id="ahead under a worse badge"),
            pytest.param((100, 70, 70, 60), (60, 72, 72, 60), TOO_CLOSE, None, id="ahead by one persona alone"),
            pytest.param((100, 70, 70, 60), (60, 72, 70, 60), TOO_CLOSE, None, id="one favours and one opposes"),
            pytest.param((70, 70, 70, 70), (70, 70, 70, 70), TOO_CLOSE, None, id="level"),
            pytest.param((59, 59, 59, 59), (10, 10, 10, 10), NEITHER, None, id="both Skip, however far apart"),
            pytest.param((59, 59, 59, CUT), (10, CUT, 10, 10), NEITHER, None, id="both Skip with two common votes"),
            pytest.param((80, 80, 80, CUT), (60, 60, 60, 99), SHIP, "alder", id="over the three that voted on both"),
            pytest.param((CUT, 80, 80, 80), (60, CUT, 60, 60), TOO_CLOSE, None, id="only two voted on both"),
            pytest.param((90, 90, CUT, CUT), (10, 10, 10, 10), TOO_CLOSE, None, id="one could not be judged"),
            pytest.param((90, 90, 90, None), (10, 10, 10, 10), INCOMPLETE, None, id="one seat is pending"),
            pytest.param((10, 10, 10, None), (10, 10, 10, 10), INCOMPLETE, None, id="pending goes before neither"),
        ],
    )
    def test_the_rule(self, alder: Four, birch: Four, choice: Choice, tool: str | None) -> None:
        found = answer(alder, birch)
        assert (found.choice, found.tool) == (choice, tool)

    def test_the_answer_of_a_win_shows_its_figures(self) -> None:
        found = answer((80, 70, 75, 66), (70, 66, 75, 55))
        assert found.headline == "Ship with Alder"
        assert found.why == (
            "Alder (Ship) leads Birch (Ship) by 6.2 points over 4 personas (Builder 80 to 70, Skeptic 70 to 66, "
            "Futurist 75 to 75, Founder 66 to 55); 5 are needed; 3 favour it, 0 oppose it."
        )
        figures = found.per_model[0]
        assert (figures.leader, figures.other, figures.personas) == ("alder", "birch", PANEL)
        assert (figures.difference, figures.needed, figures.favour, figures.oppose) == (6.2, 5.0, 3, 0)

    @pytest.mark.parametrize(
        ("alder", "birch", "ending"),
        [
            ((75, 70, 70, 65), (70, 65, 65, 61), "4 favour it, 0 oppose it. The lead is too small."),
            (
                (95, 95, 59, 45),
                (60, 60, 60, 40),
                "3 favour it, 1 opposes it. The badge of Alder is worse than that of Birch.",
            ),
            (
                (100, 70, 70, 60),
                (60, 72, 72, 60),
                "1 favours it, 2 oppose it. More personas than favour Alder oppose it.",
            ),
            (
                (100, 70, 70, 60),
                (60, 72, 70, 60),
                "1 favours it, 1 opposes it. As many personas as favour Alder oppose it.",
            ),
            (
                (70, 70, 70, 70),
                (70, 70, 75, 65),
                "Alder (Ship) and Birch (Ship) are level over 4 personas (Builder 70 to 70, Skeptic 70 to 70, Futurist "
                "70 to 75, Founder 70 to 65); 5 are needed. Neither leads.",
            ),
            (
                (CUT, 80, 80, 80),
                (60, CUT, 60, 60),
                "Fewer than 3 personas scored both Alder and Birch (Futurist and Founder).",
            ),
        ],
    )
    def test_a_close_call_says_what_was_missing(self, alder: Four, birch: Four, ending: str) -> None:
        found = answer(alder, birch)
        assert found.headline == "Too close to call"
        assert found.why.endswith(ending)

    def test_neither_says_what_the_badges_count(self) -> None:
        found = answer((59, 59, 59, 70), (10, 10, 10, CUT))
        assert found.headline == "Neither: no tool is above Skip"
        assert found.why == (
            "No tool is above Skip: Alder (1 ship / 3 skip) and Birch (0 ship / 3 skip / 1 abstained)."
        )

    def test_a_pending_seat_is_named_with_the_next_step(self) -> None:
        found = answer((80, None, 80, None), (70, 70, None, 70))
        assert found.headline == "Not decided yet"
        assert found.why == (
            "Still pending: Skeptic and Founder for Alder; Futurist for Birch. "
            "Run the same command again to ask only these."
        )

    @pytest.mark.parametrize(
        ("description", "told", "reason"),
        [
            (
                FACTS,
                (80, 40, CUT, CUT),
                "No verdict: too many seats abstained: what they might have said could change the badge",
            ),
            (
                "it is nice and small",
                (80, 80, 80, 80),
                "Not enough to judge: the description holds too few checkable facts to judge the tool by",
            ),
        ],
    )
    def test_no_tool_wins_against_one_that_was_not_judged(self, description: str, told: Four, reason: str) -> None:
        """Laws 6 and 7: a tool without a badge is not thereby the worse one."""
        birch = make_review(make_tool("birch", description=description), told)
        found = card_of([make_review("alder", (99, 99, 99, 99)), birch]).answer
        assert found is not None
        assert (found.choice, found.tool) == (TOO_CLOSE, None)
        assert found.headline == "Too close to call: Birch could not be judged"
        assert found.why == f"Birch could not be judged ({reason}). No tool wins against one that was not judged."

    def test_a_panel_of_two_decides_nothing(self) -> None:
        told: dict[str, Told] = {"builder": 99, "skeptic": 99}
        found = card_of([make_review("alder", told), make_review("birch", dict.fromkeys(told, 10))]).answer
        assert found is not None
        assert found.headline == "Too close to call: Alder and Birch could not be judged"

    def test_control_has_no_say(self) -> None:
        """Law 5: a Control that reverses every score changes nothing."""
        three: dict[str, Told] = {"builder": 70, "skeptic": 70, "futurist": 70}
        alder = make_review("alder", {**three, "control": 0})
        birch = make_review("birch", {**dict.fromkeys(three, 64), "control": 100})
        found = card_of([alder, birch]).answer
        assert found is not None
        assert (found.tool, found.per_model[0].personas) == ("alder", ("builder", "skeptic", "futurist"))


class TestRepeats:
    def test_the_half_width_takes_the_place_of_five_where_it_is_larger(self) -> None:
        """A lead of exactly 5 that asking again could well turn: the worked example of the interval's tests."""
        alder = {"builder": [80, 84], "skeptic": [70, 74], "futurist": [60, 64]}
        birch = {"builder": [75, 79], "skeptic": [65, 69], "futurist": [55, 59]}
        found = card_of([make_review("alder", alder), make_review("birch", birch)]).answer
        assert found is not None
        assert found.choice is TOO_CLOSE
        assert (found.per_model[0].difference, found.per_model[0].needed) == (5.0, 5.1)
        assert "5.1 are needed (the 95 % half-width from repeats)" in found.why

    def test_a_small_half_width_lowers_nothing(self) -> None:
        alder, birch = ({persona: [score, score] for persona in PANEL} for score in (75, 70))
        found = card_of([make_review("alder", alder), make_review("birch", birch)]).answer
        assert found is not None
        assert (found.tool, found.per_model[0].needed) == ("alder", 5.0)


class TestMoreTools:
    def test_the_winner_beats_each_of_the_others(self) -> None:
        found = answer((90, 90, 90, 90), (80, 80, 80, 80), (20, 20, 20, 20))
        assert (found.choice, found.tool) == (SHIP, "alder")
        assert (found.per_model[0].other, found.per_model[0].difference) == ("birch", 10.0)
        assert "leads Birch (Ship) by 10 points" in found.why
        assert "leads Cedar (Skip) by 70 points" in found.why

    def test_beating_all_but_one_is_not_enough(self) -> None:
        found = answer((90, 90, 90, 90), (88, 88, 88, 88), (20, 20, 20, 20))
        assert (found.choice, found.tool) == (TOO_CLOSE, None)
        assert found.why.startswith("No tool beats each of the others. Alder (Ship) leads Birch (Ship) by 2 points")
        assert (found.per_model[0].leader, found.per_model[0].other) == ("alder", "birch")

    def test_one_tool_that_was_not_judged_leaves_no_winner(self) -> None:
        found = answer((90, 90, 90, 90), (20, 20, 20, 20), (90, 90, CUT, CUT))
        assert found.headline == "Too close to call: Cedar could not be judged"

    def test_none_where_every_tool_is_skip(self) -> None:
        found = answer((20, 20, 20, 20), (30, 30, 30, 30), (40, 40, 40, 40))
        assert (found.choice, found.headline) == (NEITHER, "None: no tool is above Skip")

    def test_a_pair_that_too_few_judged_stops_a_winner_and_is_named(self) -> None:
        """Alder leads Cedar by far, and only two personas voted on both Alder and Birch."""
        found = answer((90, 90, 90, CUT), (70, CUT, 70, 70), (20, 20, 20, 20))
        assert found.choice is TOO_CLOSE
        assert found.why == (
            "No tool beats each of the others. "
            "Fewer than 3 personas scored both Alder and Birch (Builder and Futurist)."
        )
        assert (found.per_model[0].leader, found.per_model[0].difference) == ("alder", None)

    def test_of_several_that_fall_short_the_nearest_to_winning_is_told(self) -> None:
        """Birch has the higher mean over Alder, but Alder beats Cedar where Birch does not."""
        found = answer((70, 70, 70, 70), (100, 63, 63, 69), (62, 64, 64, 60))
        figures = found.per_model[0]
        assert (found.choice, figures.leader, figures.other, figures.difference) == (TOO_CLOSE, "alder", "birch", -3.7)

    def test_leads_in_a_circle_name_nobody(self) -> None:
        """Other personas abstain before each tool, so that each leads the next by ten points and none beats both."""
        thirds: dict[str, list[Told]] = {
            "alder": [80, 90, CUT],
            "birch": [CUT, 80, 90],
            "cedar": [90, CUT, 80],
        }
        reviews = [
            make_review(name, {f"p{place}": told[place // 3] for place in range(9)}) for name, told in thirds.items()
        ]
        found = card_of(reviews).answer
        assert found is not None
        assert found.choice is TOO_CLOSE
        assert found.why == (
            "No tool beats each of the others. Alder (Ship) trails Cedar (Ship) by 10 points over 3 personas "
            "(P0 80 to 90, P1 80 to 90, P2 80 to 90); 5 are needed; 0 favour it, 3 oppose it. It trails Cedar."
        )
        assert found.per_model[0].difference == -10.0


class TestModels:
    def answer(self, alder: dict[str, int], birch: dict[str, int]) -> Answer:
        """Every persona of a model gives the tool one score."""
        reviews = [
            make_review(name, models={model: dict.fromkeys(PANEL, score) for model, score in scores.items()})
            for name, scores in (("alder", alder), ("birch", birch))
        ]
        found = card_of(reviews).answer
        assert found is not None
        return found

    def test_models_that_agree_give_one_answer(self) -> None:
        found = self.answer({MODEL: 90, OTHER: 80}, {MODEL: 70, OTHER: 65})
        assert (found.choice, found.tool, found.headline) == (SHIP, "alder", "Ship with Alder")
        assert [item.model for item in found.per_model] == [OTHER, MODEL]
        assert found.why == "The models agree: mistral/large-y and openai/gpt-x give this answer, each by itself."
        assert [item.why[:46] for item in found.per_model] == [
            "Alder (Ship) leads Birch (Ship) by 15 points o",
            "Alder (Ship) leads Birch (Ship) by 20 points o",
        ]

    @pytest.mark.parametrize(
        ("alder", "birch", "said"),
        [
            ({MODEL: 90, OTHER: 60}, {MODEL: 70, OTHER: 80}, "ship with Birch"),
            ({MODEL: 90, OTHER: 61}, {MODEL: 70, OTHER: 60}, "too close to call"),
            ({MODEL: 90, OTHER: 20}, {MODEL: 70, OTHER: 10}, "neither: no tool is above Skip"),
        ],
        ids=["each names another tool", "one finds it too close", "one finds neither"],
    )
    def test_models_that_do_not_agree_give_none(self, alder: dict[str, int], birch: dict[str, int], said: str) -> None:
        """Law 5: models are never pooled, so the larger lead does not outvote the other model."""
        found = self.answer(alder, birch)
        assert (found.choice, found.tool) == (TOO_CLOSE, None)
        assert found.headline == "Too close to call: the models disagree"
        assert found.why == (
            f"The models do not give the same answer: mistral/large-y says {said}; openai/gpt-x says ship with Alder."
        )
        assert len(found.per_model) == 2

    def test_only_models_that_every_tool_has_are_asked(self) -> None:
        found = self.answer({MODEL: 90, OTHER: 10}, {MODEL: 70})
        assert (found.tool, [item.model for item in found.per_model]) == ("alder", [MODEL])

    def test_the_baseline_has_no_say(self) -> None:
        """Law 5: the offline rubric beside a model neither makes nor breaks an answer."""
        found = self.answer({MODEL: 90, OFFLINE: 10}, {MODEL: 70, OFFLINE: 90})
        assert (found.tool, [item.model for item in found.per_model]) == ("alder", [MODEL])

    def test_offline_alone_answers(self) -> None:
        found = self.answer({OFFLINE: 90}, {OFFLINE: 70})
        assert (found.tool, [item.model for item in found.per_model]) == ("alder", [OFFLINE])

    def test_offline_is_not_held_against_a_model(self) -> None:
        """Law 5: a tool that only the rubric judged is not comparable with one that a model judged."""
        found = self.answer({OFFLINE: 90}, {MODEL: 70, OFFLINE: 70})
        assert (found.choice, found.per_model) == (NOT_COMPARABLE, ())
        assert found.why.startswith("No model judged every tool (offline for Alder and openai/gpt-x for Birch).")

    def test_a_pending_model_leaves_the_whole_answer_open(self) -> None:
        four: dict[str, Told] = dict.fromkeys(PANEL, 90)
        alder = make_review("alder", models={MODEL: four, OTHER: {**four, "founder": None}})
        birch = make_review("birch", models={MODEL: dict.fromkeys(PANEL, 10), OTHER: dict.fromkeys(PANEL, 10)})
        found = card_of([alder, birch]).answer
        assert found is not None
        assert (found.choice, found.headline) == (INCOMPLETE, "Not decided yet")
        assert found.why == "Mistral/large-y says not decided yet."
        assert found.per_model[0].why.startswith("Still pending: Founder for Alder.")
        assert {item.model: item.choice for item in found.per_model} == {MODEL: SHIP, OTHER: INCOMPLETE}


def recomputed(card: Card) -> tuple[Choice, str | None]:
    """The rule of `Answer.rule`, applied anew to what the card of one model without repeats shows."""
    badges = {head.tool: head.badge for head in card.heads}
    if Badge.INCOMPLETE in badges.values():
        return INCOMPLETE, None
    if set(badges.values()) == {Badge.SKIP}:
        return NEITHER, None
    rank = {Badge.SKIP: 0, Badge.MIXED: 1, Badge.SHIP: 2}
    if not set(badges.values()) <= set(rank):
        return TOO_CLOSE, None
    scores = {
        tool: {row.persona: cell.score for row in card.scorecard for cell in row.cells if cell.tool == tool}
        for tool in badges
    }

    def beats(mine: str, other: str) -> bool:
        gaps = [
            first - second
            for persona in PANEL
            if (first := scores[mine].get(persona)) is not None and (second := scores[other].get(persona)) is not None
        ]
        return (
            len(gaps) >= 3
            and rank[badges[mine]] >= max(1, rank[badges[other]])
            and Fraction(sum(gaps), len(gaps)) >= 5
            and sum(gap > 0 for gap in gaps) > sum(gap < 0 for gap in gaps)
        )

    winners = [tool for tool in badges if all(beats(tool, other) for other in badges if other != tool)]
    assert len(winners) <= 1
    return (SHIP, winners[0]) if winners else (TOO_CLOSE, None)


NEAR = st.one_of(st.integers(50, 75), st.sampled_from([0, 100, CUT]), st.integers(50, 75), st.integers(40, 90))
FOURS = st.lists(st.tuples(NEAR, NEAR, NEAR, NEAR), min_size=2, max_size=4)


@given(FOURS)
def test_the_answer_follows_from_what_the_card_shows(told: list[Four]) -> None:
    """Law 3: anyone can apply the stated rule to the card's own figures and come to its answer."""
    card = card_of([make_review(f"tool-{place}", four) for place, four in enumerate(told)])
    assert card.answer is not None
    assert (card.answer.choice, card.answer.tool) == recomputed(card)


@given(st.tuples(NEAR, NEAR, NEAR, NEAR), st.tuples(NEAR, NEAR, NEAR, NEAR), st.integers(0, 9))
def test_printed_figures_never_contradict_the_answer(alder: Four, birch: Four, apart: int) -> None:
    """Law 3: a winner's printed lead reaches what is printed as needed; a lead printed as reached was reached."""

    def twice(four: Four) -> dict[str, list[Told]]:
        return {
            persona: [told, min(100, told + apart) if isinstance(told, int) else told]
            for persona, told in zip(PANEL, four, strict=True)
        }

    found = card_of([make_review("alder", twice(alder)), make_review("birch", twice(birch))]).answer
    assert found is not None
    figures = found.per_model[0]
    if figures.difference is None or figures.needed is None:
        assert figures.choice is not SHIP
    elif figures.choice is SHIP:
        assert figures.difference >= figures.needed
        assert figures.favour > figures.oppose
    else:
        too_small = "lead is too small" in found.why
        assert too_small == (0 < figures.difference < figures.needed)


def test_the_rule_is_the_same_on_every_card_and_names_its_figures() -> None:
    """Law 2: the lead in the words is the one that the scale owns."""
    assert answer((80, 80, 80, 80), (20, 20, 20, 20)).rule == answer((20, 20, 20, 20), (20, 20, 20, 20)).rule == RULE
    assert "at least 5 points" in RULE
    assert "(at least 3)" in RULE
