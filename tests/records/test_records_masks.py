"""Masks: what a blind panel is sent instead of names, and how the names come back where its words are shown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from builders import FACTS, PANEL, RUN, make_names, make_seat, make_tool
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from panel.records.aliases import SHORT, names_of
from panel.records.masks import masked, masks_of, restored
from panel.records.review import review_of
from panel.records.tool import Source, Tool
from panel.records.verdict import Abstained, AbstainReason, Flag, FlagCode, Quote

NAMES = [
    "Alder",
    "Alder Queue",
    "alder-queue",
    "LangAlder",
    "Next.js",
    "uv",
    "Go",
    "C",
    "C++",
    "R",
    "NATS",
    "Q",
    "Tool",
]
VENDORS = [None, "Acme", "OpenAI, Inc.", "Microsoft and Acme", "Mistral AI SAS", "Alder", "Vendor", "community", "IBM"]
PIECES = st.sampled_from(
    [
        *(*NAMES, "Acme", "OpenAI", "open-ai", "Mistral", "ALDER", "alder", "nextjs", "Client"),
        *("Tool Q", "tool-q", "Vendor Q", "go to ", "https://", ".com ", "由", "é", "2", "x", "X"),
        *(" ", " ", " ", ". ", "'s ", "-", "_", "/", "`", "(", ")"),
    ]
)
PROSE = st.lists(PIECES, max_size=12).map("".join)
LABELS = st.sampled_from(
    [None, "https://alder.example/x", "https://getalder.com", "https://go.dev", "https://nextjs.org"]
)


@st.composite
def tools(draw: st.DrawFn) -> Tool:
    return make_tool(
        draw(st.sampled_from(["alder", "alder-queue", "x", "go", "nextjs"])),
        name=draw(st.sampled_from(NAMES)),
        vendor=draw(st.sampled_from(VENDORS)),
        description=draw(PROSE) + FACTS,
        tagline=draw(PROSE).strip() or None,
        homepage=draw(LABELS),
        sources=(Source(title=draw(PROSE).strip() or "Notes", url=draw(LABELS)),),
        formerly=draw(st.sampled_from([(), ("larch",), ("old-alder",)])),
    )


def squeezed(text: str) -> str:
    return re.sub(r"[\s_.\-]", "", text.casefold())


class TestForAnyRecord:
    @settings(max_examples=300, deadline=None)
    @given(tools())
    def test_no_form_of_a_name_is_left_in_any_field(self, tool: Tool) -> None:
        """Whatever the patterns call a name of this record is gone from every field that is sent."""
        masks, shown = masks_of(tool), masked(tool).fields()
        assert {name: masks.mask(text) for name, text in shown.items()} == shown
        sent = {name: text for name, text in shown.items() if name != "name"}
        verb = re.compile(r"(?:^|[.!?:;\n•*-]\s*)Go(?=\s+to)")
        for name in names_of(tool):
            for _, pattern in name.patterns:
                assert not [text for text in sent.values() if re.search(pattern, verb.sub("", text))]

    @settings(max_examples=300, deadline=None)
    @given(tools(), PROSE)
    def test_masking_twice_changes_nothing_more(self, tool: Tool, text: str) -> None:
        masks = masks_of(tool)
        assert masks.mask(masks.mask(text)) == masks.mask(text)

    @settings(max_examples=300, deadline=None)
    @given(tools())
    def test_the_way_there_and_back_leaves_nothing_but_spelling_changed(self, tool: Tool) -> None:
        """A text of the record comes back with its names: masked again it is what it was masked.

        Where id or vendor are spelled with other words than elsewhere, one spelling comes back for all.
        """
        assume(sum(map(str.isalnum, tool.name)) > SHORT)
        tool = tool.model_copy(update={"id": tool.name.lower().replace(" ", "-"), "vendor": "Acme"})
        masks = masks_of(tool)
        for text in tool.fields().values():
            there = masks.mask(text)
            assert squeezed(masks.mask(masks.unmask(there))) == squeezed(there)

    @given(tools(), st.text(alphabet="bdfhjkmz ,;!0123456789", max_size=60))
    def test_a_text_without_names_is_left_alone(self, tool: Tool, text: str) -> None:
        masks = masks_of(tool)
        assert masks.mask(text) == masks.unmask(text) == text

    @settings(max_examples=200, deadline=None)
    @given(tools())
    def test_nothing_in_the_record_looks_like_a_stand_in(self, tool: Tool) -> None:
        """What stands in the record unmasked comes back unmasked: no stand-in can be taken for its text."""
        masks = masks_of(tool)
        assert all(masks.unmask(text) == text for text in tool.fields().values())

    @given(tools())
    def test_the_same_record_has_the_same_masks(self, tool: Tool) -> None:
        first = masks_of.__wrapped__(tool)
        assert first.stand_ins == masks_of.__wrapped__(Tool.model_validate_json(tool.model_dump_json())).stand_ins

    @settings(max_examples=200, deadline=None)
    @given(st.sampled_from(["Alder", "Next.js", "NATS", "alder-queue"]), PROSE)
    def test_a_name_of_one_word_comes_back_in_every_form(self, name: str, text: str) -> None:
        """Spacing, hyphens and case aside, the text is the one that was masked."""
        tool = make_tool(name.lower().replace(".", ""), name=name, vendor=None, description=f"{FACTS} {text}")
        assert squeezed(masks_of(tool).unmask(masks_of(tool).mask(text))) == squeezed(text)


class TestForms:
    @pytest.mark.parametrize(
        ("written", "sent"),
        [
            ("Alder Queue's bet", "Tool Q's bet"),
            ("ALDER QUEUE and alder queue", "Tool Q and Tool Q"),
            ("`pip install alder-queue`", "`pip install tool-q`"),
            ("an AlderQueueClient", "an ToolQClient"),
            ("alder_queue.connect()", "tool-q.connect()"),
            ("Alder Queue-based", "Tool Q-based"),
            ("Alder claims", "Tool Q claims"),
            ("an alder in the garden, larches", "an tool-q in the garden, larches"),
            ("https://docs.alder.example/a", "https://docs.toolq.example/a"),
            ("mail@getalderqueue.com", "mail@gettoolq.com"),
            ("Balder Queued", "Balder Queued"),
            ("Acme's, by ACME Inc.", "Vendor Q's, by Vendor Q Inc."),
            ("formerly Larch", "formerly Tool X"),
            ("由Alder Queue发布", "由Tool Q发布"),
        ],
    )
    def test_a_name_in_its_forms(self, written: str, sent: str) -> None:
        tool = make_tool(
            "alder",
            name="Alder Queue",
            homepage="https://docs.alder.example/",
            sources=(Source(title="Manual", url="https://getalderqueue.com/manual"),),
            formerly=("larch",),
        )
        assert masks_of(tool).mask(written) == sent

    @pytest.mark.parametrize(
        ("name", "written", "sent"),
        [
            ("uv", "uv is fast: `uv sync`, uv.lock", "tool-q is fast: `tool-q sync`, tool-q.lock"),
            ("uv", "not UV light, nor maneuver", "not UV light, nor maneuver"),
            ("Go", "Go to the docs. Go is small; go to them", "Go to the docs. Tool Q is small; go to them"),
            ("Go", "from Go to C", "from Tool Q to C"),
            ("Go", "`go build` of github.com/golang/go", "`tool-q build` of github.com/golang/tool-q"),
            ("C", "C, not C++, C# or vitamin c", "Tool Q, not C++, C# or vitamin c"),
            ("C++", "C++20 and C", "C++20 and C"),
            ("C++", "C++ and C", "Tool Q and C"),
        ],
    )  # fmt: skip
    def test_short_names_are_masked_only_where_they_are_names(self, name: str, written: str, sent: str) -> None:
        assert masks_of(make_tool("tool-x", name=name, vendor=None)).mask(written) == sent

    def test_a_name_without_its_vendors_is_a_name(self) -> None:
        masks = masks_of(make_tool("github-copilot", name="GitHub Copilot", vendor="GitHub (Microsoft)"))
        assert masks.mask("Copilot by GitHub, of Microsoft: a copilot") == "Tool Q by Vendor Q, of Vendor X: a copilot"

    def test_who_is_nobody_in_particular_is_no_vendor(self) -> None:
        """The word community is not torn out of a description because nobody owns the tool."""
        assert masks_of(make_tool(vendor="Open-source community")).mask("Its open source community") == (
            "Its open source community"
        )

    def test_a_vendor_that_is_its_tool_has_one_stand_in(self) -> None:
        masks = masks_of(make_tool(vendor="Alder"))
        assert [item.word for item in masks.stand_ins] == ["Tool"]

    @pytest.mark.parametrize(
        ("fields", "stand_in"),
        [
            ({"name": "Tool"}, "Product Q"),
            ({"name": "Q"}, "Tool X"),
            ({"description": "A rival is called tool-q. " + FACTS}, "Tool X"),
            ({"description": "ToolQ, Tool X and Tool-Z. " + FACTS}, "Tool K"),
        ],
    )
    def test_a_stand_in_occurs_nowhere_in_the_record(self, fields: dict[str, Any], stand_in: str) -> None:
        assert masked(make_tool("x-1", **fields)).name == stand_in

    def test_what_is_sent_of_a_record(self) -> None:
        """The name whole, addresses without spaces, dates and prices untouched."""
        tool = make_tool(name="Alder Queue", homepage="https://alder.example/", pricing="Alder Queue Pro, $9")
        sent = masked(tool).fields()
        assert (sent["name"], sent["vendor"], sent["pricing"]) == ("Tool Q", "Vendor Q", "Tool Q Pro, $9")
        assert sent["homepage"] == "https://toolq.example/"
        assert Tool.model_validate(masked(tool).model_dump()) == masked(tool)


class TestBack:
    @pytest.mark.parametrize(
        ("said", "shown"),
        [
            ("Tool Q's bet", "Alder Queue's bet"),
            ("tool q, TOOL Q and Tool  Q", "Alder Queue, Alder Queue and Alder Queue"),
            ("Tool\u00a0Q", "Alder Queue"),
            ("`tool-q sync`", "`alder-queue sync`"),
            ("createToolQClient", "createAlderQueueClient"),
            ("TOOLQ_HOME", "ALDERQUEUE_HOME"),
            ("Vendor Q builds Tool Q.", "Acme builds Alder Queue."),
            ("a tool quickly made", "a tool quickly made"),
            ("a stool Q", "a stool Q"),
        ],
    )
    def test_models_write_stand_ins_their_own_way(self, said: str, shown: str) -> None:
        assert masks_of(make_tool(name="Alder Queue")).unmask(said) == shown


class TestRestored:
    TOOL = make_tool("alder", name="Alder Queue", description=f"Alder runs where alder-queue runs. {FACTS}")

    def seat(self, **says: Any) -> Any:
        return make_seat(70, variant="blind", says=says)

    def test_every_word_a_reader_sees_has_the_names(self) -> None:
        """Law 12: the page names tool and vendor; the seat's record keeps what was said."""
        seat = self.seat(
            review="Tool Q is Vendor Q's.",
            answers={"primitive": "Tool Q's queue"},
            concerns=("tool q lock-in",),
            pick_if="you trust Vendor Q",
            doubt="Vendor Q may be gone",
            flags=(Flag(code=FlagCode.DOUBT, detail="Vendor Q may be gone"),),
        )
        shown = restored(seat, self.TOOL).scored
        assert shown is not None
        assert shown.review == "Alder Queue is Acme's."
        assert shown.answers == {"primitive": "Alder Queue's queue"}
        assert shown.concerns == ("Alder Queue lock-in",)
        assert (shown.pick_if, shown.doubt) == ("you trust Acme", "Acme may be gone")
        assert shown.flags[0].detail == "Acme may be gone"
        assert (shown.score, shown.call, shown.criteria) == (70, "ship", seat.scored.criteria)
        assert "Alder" not in seat.to_line().replace(RUN, "").replace('"alder"', "")

    def test_a_quote_is_shown_as_the_description_has_it(self) -> None:
        """Law 7: what was found in what was sent stands in the description letter by letter, short name and all."""
        sent = masked(self.TOOL).fields()["description"]
        quote = sent[: sent.index(". A queue")]
        assert quote == "Tool Q runs where tool-q runs"
        found = Quote(quote=quote, side="for", shows="Tool Q runs", found_in="description")
        lost = Quote(quote="Tool Q flies", side="for", shows="x")
        shown = restored(self.seat(evidence=(found, lost)), self.TOOL).scored
        assert shown is not None
        assert [item.quote for item in shown.evidence] == ["Alder runs where alder-queue runs", "Alder Queue flies"]
        assert shown.evidence[0].shows == "Alder Queue runs"
        assert shown.evidence[0].quote in self.TOOL.description

    def test_an_abstention_is_told_with_names_too(self) -> None:
        seat = make_seat(AbstainReason.REFUSED, variant="blind", says={"detail": "I cannot judge Tool Q"})
        told = restored(seat, self.TOOL).verdict
        assert isinstance(told, Abstained)
        assert told.detail == "I cannot judge Alder Queue"

    def test_an_open_seat_is_left_alone(self) -> None:
        """A tool of another maker may be called Tool Q."""
        seat = make_seat(70, says={"review": "Tool Q"})
        assert restored(seat, self.TOOL) is seat

    def test_a_review_shows_names_and_says_that_it_was_blind(self) -> None:
        """Twice put together, as columns do, it is the same review."""
        seats = [make_seat(70, persona=persona, variant="blind", says={"review": "Tool Q it is."}) for persona in PANEL]
        review = review_of(self.TOOL, make_names(), seats)
        assert review.variant == "blind"
        assert {seat.scored.review for seat in review.seats if seat.scored} == {"Alder Queue it is."}
        assert review_of(self.TOOL, review.personas, review.seats) == review
