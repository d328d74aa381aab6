"""The card as a whole: what it refuses, what stands at the top, the decision table, the sheet, where it comes from."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from builders import FACTS, MODEL, NOON, OFFLINE, OTHER, PANEL, RUN, Told, make_model, make_review, make_tool

from panel.comparator import card_of, sheet_of
from panel.errors import UsageError
from panel.records.card import Card, ModelUse
from panel.records.review import Review, review_of
from panel.records.scale import SCALE
from panel.records.tool import Community, Entry
from panel.records.verdict import AbstainReason, FlagCode

CUT = AbstainReason.TRUNCATED


def row(card: Card, label: str) -> tuple[str, ...]:
    return next(item.values for item in card.decision if item.label == label)


def used(name: str, asked: str, *served: str, seats: int = 8, usd: str = "0.08") -> ModelUse:
    notice = "written by a language model"
    return ModelUse(name=name, asked=asked, served=served, written_by=notice, seats=seats, cost_usd=Decimal(usd))


class TestWhatIsRefused:
    @pytest.mark.parametrize("number", [0, 1, 7])
    def test_a_comparison_needs_two_to_six_tools(self, number: int) -> None:
        with pytest.raises(UsageError, match=f"needs 2 to 6 tools; {number} given") as caught:
            card_of([make_review(f"tool-{place}") for place in range(number)])
        assert caught.value.hint.startswith("For one tool use `panel review`")

    def test_six_tools_fit(self) -> None:
        assert len(card_of([make_review(f"tool-{place}") for place in range(6)]).heads) == 6

    def test_one_tool_twice_is_refused(self) -> None:
        with pytest.raises(UsageError, match="needs different tools; the tool alder is there twice") as caught:
            card_of([make_review("alder"), make_review("alder", (1, 2, 3, 4))])
        assert caught.value.hint.startswith("Name each tool once.")

    @pytest.mark.parametrize("order", [1, -1])
    def test_one_tool_under_an_old_id_is_refused(self, order: int) -> None:
        pair = [make_review("alder"), make_review(make_tool("birch", formerly=("alder",)))]
        with pytest.raises(UsageError, match="are one tool"):
            card_of(pair[::order])


class TestTheTop:
    def test_the_title_asks_the_question(self) -> None:
        card = card_of([make_review("birch"), make_review("alder"), make_review("cedar")])
        assert card.title == "Birch vs Alder vs Cedar: which one should you ship with?"
        assert card.breadcrumb == ("Compare", "Birch vs Alder vs Cedar")
        assert card.question == "Which one should you ship with?"

    def test_a_head_holds_what_the_entry_states(self) -> None:
        tool = make_tool(
            name="“Alder” – queue",
            category="Queues",
            tagline="Jobs that stay done",
            pricing="$29 per month",
            entry=Entry.FREEMIUM,
            best_for="small teams",
            homepage="https://alder.example/",
            as_of=dt.date(2026, 10, 1),
        )
        head = card_of([make_review(tool, (80, 70, CUT, 55)), make_review("birch")]).heads[0]
        assert (head.letter, head.name, head.vendor, head.category) == ("A", "“Alder” – queue", "Acme", "Queues")
        assert (head.tagline, head.pricing, head.entry, head.best_for) == (
            "Jobs that stay done",
            "$29 per month",
            "freemium",
            "small teams",
        )
        assert (head.title, head.ship_votes, head.invited, head.share) == (
            "“Alder” – queue: No verdict (Futurist missing)",
            2,
            4,
            50,
        )
        assert (head.description, head.as_of, head.community) == (FACTS, dt.date(2026, 10, 1), None)

    def test_with_several_models_the_share_is_the_lowest_and_never_pooled(self) -> None:
        """Law 5: eight votes on two models are not a share of eight."""
        most: dict[str, Told] = dict.fromkeys(PANEL, 80)
        head = card_of(
            [make_review(name, models={MODEL: {**most, "founder": 40}, OTHER: most}) for name in ("alder", "birch")]
        ).heads[0]
        assert (head.badge.words, head.ship_votes, head.invited, head.share) == ("Ship", 3, 4, 75)

    def test_tools_of_one_name_are_told_apart(self) -> None:
        card = card_of([make_review(make_tool(name, name="Twin")) for name in ("alder", "birch")])
        assert card.title == "Twin (alder) vs Twin (birch): which one should you ship with?"
        assert [head.title for head in card.heads] == ["Twin (alder): Ship", "Twin (birch): Ship"]

    def test_a_persona_under_two_names_gets_the_same_one_in_any_order(self) -> None:
        """Law 10: where reviews disagree on a name, the columns' order does not choose."""
        birch = make_review("birch")
        renamed = [name.model_copy(update={"name": f"The {name.name}"}) for name in birch.personas]
        pair = [make_review("alder"), review_of(birch.tool, renamed, birch.seats)]
        names = [[item.name for item in card_of(order).scorecard] for order in (pair, pair[::-1])]
        assert names[0] == names[1] == ["Builder", "Skeptic", "Futurist", "Founder"]


class TestTheDecisionTable:
    def test_every_row_has_a_value_for_every_tool(self) -> None:
        card = card_of([make_review(f"tool-{place}") for place in range(4)])
        assert {len(item.values) for item in card.decision} == {4}
        assert [item.label for item in card.decision] == [
            "Panel verdict",
            "Scores",
            "Pricing",
            "Entry",
            "Best for",
            "Category",
            "Vendor",
            "Facts as of",
            "Evidence found",
        ]

    def test_verdict_and_scores_show_their_counts(self) -> None:
        card = card_of([make_review("alder", (80, 70, 75, 55)), make_review("birch", (CUT, CUT, CUT, CUT))])
        assert row(card, "Panel verdict") == ("Ship · 3 ship / 1 skip", "No verdict · 0 ship / 0 skip / 4 abstained")
        assert row(card, "Scores") == ("55 to 80", "No scores")
        assert row(card, "Evidence found") == ("4 of 4 quotes found", "0 of 0 quotes found")

    def test_with_several_models_each_has_its_rows(self) -> None:
        ship, skip = dict.fromkeys(PANEL, 80), dict.fromkeys(PANEL, 20)
        card = card_of([make_review(name, models={MODEL: ship, OTHER: skip}) for name in ("alder", "birch")])
        assert row(card, "Panel verdict") == ("Models disagree", "Models disagree")
        assert row(card, f"Panel verdict ({MODEL})") == ("Ship · 4 ship / 0 skip",) * 2
        assert row(card, f"Panel verdict ({OTHER})") == ("Skip · 0 ship / 4 skip",) * 2
        assert row(card, f"Evidence found ({OTHER})") == ("4 of 4 quotes found",) * 2

    def test_what_is_not_stated_is_said_to_be_so(self) -> None:
        """Nothing is filled in from another field: no tagline as "best for", no zero for an unknown price."""
        card = card_of([make_review(make_tool(tagline="Jobs")), make_review(make_tool("birch", entry=Entry.FREE))])
        assert row(card, "Best for") == row(card, "Pricing") == ("Not stated", "Not stated")
        assert row(card, "Entry") == ("Not stated", "Free")

    def test_readers_votes_stand_in_the_head_where_there_are_any(self) -> None:
        """An absent signal is not a zero."""
        voted = make_tool().model_copy(update={"community": Community(up=41, down=7)})
        card = card_of([make_review(voted), make_review("birch")])
        assert [head.community for head in card.heads] == [Community(up=41, down=7), None]

    def test_there_is_no_row_for_votes_that_nobody_cast(self) -> None:
        assert all("ommunity" not in item.label for item in card_of([make_review(), make_review("birch")]).decision)


class TestTheSheet:
    def test_a_single_tool_has_no_answer(self) -> None:
        sheet = sheet_of(make_review(told=(80, CUT, 75, 66)))
        assert (sheet.answer, len(sheet.heads)) == (None, 1)
        assert (sheet.title, sheet.breadcrumb) == ("Alder: Ship (Skeptic missing)", ("Review", "Alder"))
        assert (sheet.differences, {item.spread for item in sheet.scorecard}) == ((), {None})

    def test_a_sheet_keeps_every_model(self) -> None:
        four: dict[str, Told] = dict.fromkeys(PANEL, 80)
        sheet = sheet_of(make_review(models={MODEL: four, OTHER: four, "offline": four}))
        assert {item.model for item in sheet.scorecard} == {MODEL, OTHER, "offline"}
        assert sheet.notes == ("The offline rubric sat beside the models as a baseline; it has no vote.",)


class TestProvenance:
    def test_it_says_who_wrote_this_from_what_and_for_how_much(self) -> None:
        """Law 12: models asked and served, date, ids, scale, cost, seats and runs."""
        later = NOON + dt.timedelta(hours=2)
        pair = [make_review(), make_review("birch", (70, 70, None, 70), asked_at=later, run_id="later")]
        found = card_of(pair).provenance
        assert found.written_by == ("written by a language model",)
        assert found.models == (used("openai/gpt-x", "gpt-x", "gpt-x", usd="0.07"),)
        assert found.reviewed_at == later
        assert found.panel == (
            "4 personas (Builder, Skeptic, Futurist and Founder) × 1 model (openai/gpt-x) × 1 repeat"
        )
        assert [name for name, _ in found.persona_ids] == ["Builder", "Skeptic", "Futurist", "Founder"]
        assert {len(short) for _, short in found.persona_ids} == {12}
        assert found.persona_ids[0][1] == pair[0].seats[0].ids.persona[:12]
        assert found.prompt_id == pair[0].seats[0].ids.templates[:12]
        assert found.scale == SCALE.words
        assert (found.cost_usd, found.seats, found.runs) == (Decimal("0.07"), 8, (RUN, "later"))

    def test_an_unknown_cost_makes_the_sum_unknown(self) -> None:
        """Law 12: unknown is not zero."""
        assert card_of([make_review(), make_review("birch", usd=None)]).provenance.cost_usd is None

    def test_a_users_own_name_for_a_model_is_shown_with_the_model(self) -> None:
        """Law 12: `fast` alone would not tell which model wrote this."""
        fast = make_model("fast", provider="openai", model="gpt-x")
        card = card_of([make_review(name, model=fast, served="gpt-x-06") for name in ("alder", "birch")])
        assert card.provenance.models == (used("fast", "gpt-x", "gpt-x-06"),)

    def test_a_server_that_does_not_say_is_shown_as_silent(self) -> None:
        card = card_of([make_review(name, served=None) for name in ("alder", "birch")])
        assert card.provenance.models == (used("openai/gpt-x", "gpt-x"),)

    def test_each_tool_names_its_own_models_and_its_own_day(self) -> None:
        """Law 12: a date or a served name of one column is not lent to the other."""
        later = NOON + dt.timedelta(days=3)
        pair = [make_review(served="gpt-x-05"), make_review("birch", asked_at=later, served="gpt-x-06")]
        card = card_of(pair)
        assert [head.reviewed_at for head in card.heads] == [NOON, later]
        assert [head.models for head in card.heads] == [
            (used("openai/gpt-x", "gpt-x", "gpt-x-05", seats=4, usd="0.04"),),
            (used("openai/gpt-x", "gpt-x", "gpt-x-06", seats=4, usd="0.04"),),
        ]
        assert card.provenance.models == (used("openai/gpt-x", "gpt-x", "gpt-x-05", "gpt-x-06"),)

    def test_each_model_is_told_with_its_own_seats_and_cost(self) -> None:
        """Law 12: who cost what, the rubric last and set apart from those that vote."""
        four: dict[str, Told] = dict.fromkeys(PANEL, 80)
        told = {OTHER: {**four, "control": 50}, OFFLINE: four, MODEL: {persona: [80, 81] for persona in PANEL}}
        found = card_of([make_review(name, models=told) for name in ("alder", "birch")]).provenance
        assert [(use.name, use.seats, use.cost_usd) for use in found.models] == [
            (OTHER, 10, Decimal("0.10")),
            (MODEL, 16, Decimal("0.16")),
            (OFFLINE, 8, Decimal("0.08")),
        ]
        assert found.panel == (
            "4 personas (Builder, Skeptic, Futurist and Founder) × 2 models (mistral/large-y and openai/gpt-x) × "
            "1 to 2 repeats; beside them, without a vote: Control and offline"
        )

    def test_a_maker_that_reviews_its_own_tool_is_flagged_on_the_card(self) -> None:
        """Law 12: the flag names the tool, and no persona, since it holds for the whole review."""
        card = card_of([make_review(make_tool(vendor="OpenAI")), make_review("birch")])
        assert [(item.tool, item.persona, item.flag.code) for item in card.flags] == [
            ("alder", None, FlagCode.MAKER_CONFLICT)
        ]


class TestBlind:
    def test_a_blind_card_says_so_in_every_column(self) -> None:
        """Law 12: that the panel saw no names is part of where the words come from."""
        card = card_of([make_review("alder", variant="blind"), make_review("birch", variant="blind")])
        assert [head.variant for head in card.heads] == ["blind", "blind"]
        assert card.notes == (
            "Reviewed blind: the panel was sent stand-ins for the names of tool and vendor, which are put back here; "
            "what the description tells may still give the tool away.",
        )

    def test_blind_beside_open_is_not_compared(self) -> None:
        """Law 3: two questions that differ give no difference of scores, and the card names what differs."""
        card = card_of([make_review("alder"), make_review("birch", (20, 20, 20, 20), variant="blind")])
        assert card.answer is not None
        assert (card.answer.headline, card.answer.tool) == ("Not comparable", None)
        assert card.answer.why.startswith("Reviewed open for Alder and blind for Birch.")
        assert {item.spread for item in card.scorecard} == {None}
        assert card.notes[0].startswith("Reviewed blind: the panel of Birch was sent stand-ins")

    def test_the_words_of_a_blind_panel_have_their_names_back(self) -> None:
        """And stay unmixed: the stand-in of one tool is not the other's."""
        said = {
            "builder": {"review": "Tool Q by Vendor Q.", "pick_if": "you like Tool Q", "concerns": ("tool q size",)}
        }
        card = card_of([make_review(name, variant="blind", says=said) for name in ("alder", "birch")])
        assert [cell.review for cell in card.scorecard[0].cells] == ["Alder by Acme.", "Birch by Acme."]
        assert card.advice[1].pick_if == "you like Birch"
        assert card.scorecard[0].cells[1].concerns == ("Birch size",)


def test_a_card_of_tools_that_share_nothing_is_still_a_card() -> None:
    """Reviews by different models are shown, each under its own verdict, with the answer "not comparable"."""

    def review(tool: str, model: str) -> Review:
        return make_review(tool, models={model: dict.fromkeys(PANEL, 80)})

    card = card_of([review("alder", MODEL), review("birch", OTHER)])
    assert card.answer is not None
    assert card.answer.headline == "Not comparable"
    assert row(card, f"Panel verdict ({MODEL})") == ("Ship · 4 ship / 0 skip", "No vote")
    assert card.notes == ()
    cells = next(item.cells for item in card.scorecard if item.model == OTHER)
    assert (cells[0].silence, cells[1].score) == ("not asked about this tool", 80)
