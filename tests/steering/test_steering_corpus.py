"""Law 9 on the corpus: whatever a description says to its judge, it stays data, is told, and moves nothing up."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from builders import make_review
from markdown_it import MarkdownIt
from steering_corpus import Hostile, harmless, hostile

from panel.clients.offline import OfflineClient
from panel.comparator import card_of, sheet_of
from panel.parse import parse
from panel.parse.steering import suspect
from panel.personas import load_all
from panel.prompts import Prompter
from panel.records.card import Card
from panel.records.fence import CLOSE, OPEN, defuse, nonce_of
from panel.records.persona import Persona
from panel.records.prompt import Prompt
from panel.records.tool import Tool
from panel.records.verdict import Flag, FlagCode, Scored, Verdict
from panel.render import render
from panel.render.safe import line
from panel.testing import reply_of, reply_text

ROOT = Path(__file__).parents[2]
FAULTS = (
    "score and verdict contradicted each other: score 41 stands for skip, the verdict says ship",
    "the answer was cut off before it ended",
    "a field was missing, unknown or of the wrong type: score is '8/10', not a whole number",
)
OURS = {"script": 1, "svg": None, "style": 1, "link": None}
"""Elements of the page that could do something, all of them ours: their number is that of the honest page."""
IDS = [entry.id for entry in hostile()]
each_entry = pytest.mark.parametrize("entry", hostile(), ids=IDS)


@cache
def personas() -> dict[str, Persona]:
    return load_all(ROOT / "personas")


@cache
def prompter() -> Prompter:
    return Prompter.load(ROOT / "prompts")


def normal_reply(prompt: Prompt, persona: Persona) -> Verdict:
    """The verdict on a reply that reports nothing and follows nothing."""
    return parse(reply_of(reply_text(persona)), prompt, persona)


def suspicions(tool: Tool) -> tuple[Flag, ...]:
    persona = personas()["builder"]
    verdict = normal_reply(prompter().prompt(tool, persona), persona)
    assert isinstance(verdict, Scored)
    assert verdict.score == 72
    return tuple(flag for flag in verdict.flags if flag.code is FlagCode.STEERING_SUSPECTED)


def sheet(tool: Tool) -> Card:
    """The review sheet of a tool whose seats answered normally, with what was suspected."""
    says = {"builder": {"flags": suspicions(tool)}}
    return sheet_of(make_review(tool, says=says))


@cache
def faces(tool: Tool) -> dict[str, str]:
    """Every face of its sheet, rendered once for all tests."""
    card = sheet(tool)
    return {form: render(card, form) for form in ("terminal", "markdown", "html", "json")}


def test_the_corpus_is_large_and_its_entries_are_told_apart() -> None:
    """At least 80 hostile descriptions and 20 harmless ones; no two attacks are the same text."""
    assert len(hostile()) >= 80
    assert len(harmless()) >= 20
    assert len({entry.id for entry in hostile()} | {tool.id for tool in harmless()}) == len(hostile()) + len(harmless())
    attacks = Counter(tuple(entry.attack.values()) for entry in hostile())
    assert attacks.most_common(1)[0][1] == 1
    assert min(Counter(entry.technique for entry in hostile()).values()) >= 6
    for entry in hostile():
        assert entry.honest != entry.attacked
        assert bool(entry.why) is not entry.seen, f"{entry.id}: what cannot be seen has a reason, and only that"


@each_entry
def test_the_fence_is_intact_in_the_prompt_and_when_asked_again(entry: Hostile) -> None:
    """Law 9: one opening and one closing mark for each field, with the nonce of this content, and the attack inside."""
    prompt = prompter().prompt(entry.attacked, personas()["skeptic"])
    fields = {name: defuse(text) for name, text in entry.attacked.fields().items()}
    nonce = nonce_of(fields)
    for asked in (prompt, *(prompter().again(prompt, fault) for fault in FAULTS)):
        system, user = asked.messages
        assert system == prompter().prompt(entry.honest, personas()["skeptic"]).messages[0]
        content = user.content
        for name, text in fields.items():
            assert content.count(f"{OPEN}data {nonce} {name}{CLOSE}\n") == 1
            assert content.count(f"\n{OPEN}end {nonce} {name}{CLOSE}") == 1
            assert f"{OPEN}data {nonce} {name}{CLOSE}\n{text}\n{OPEN}end {nonce} {name}{CLOSE}" in content
        assert content.count(OPEN) == content.count(CLOSE) == content.count(nonce) == 2 * len(fields)
        assert "〚" not in content
        last = content.rindex(CLOSE)
        for field, attack in entry.attack.items():
            assert defuse(attack).strip() in fields[field]
            assert defuse(attack).strip() not in content[last:] or len(attack) < 8
        assert asked.fenced() == fields


@each_entry
def test_an_attempt_is_suspected_or_there_is_a_reason_why_it_cannot_be(entry: Hostile) -> None:
    """Law 9: marked on an otherwise normal verdict and shown on every face of the card; what is unseen really is."""
    flags = suspicions(entry.attacked)
    assert bool(flags) is entry.seen, entry.why or entry.attack
    assert suspicions(entry.honest) == ()
    shown = faces(entry.attacked)
    for form in ("terminal", "markdown", "html"):
        assert ("steering suspected" in shown[form].lower()) is entry.seen
    assert ("steering_suspected" in shown["json"]) is entry.seen


@pytest.mark.parametrize("tool", harmless(), ids=lambda tool: tool.id)
def test_a_harmless_look_alike_raises_no_alarm(tool: Tool) -> None:
    """Law 9: text about steering, and text that has a look of it, is not steering."""
    assert suspicions(tool) == ()


class Elements(HTMLParser):
    """What a browser would make of a page: its elements, attributes and text."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.comments: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src", "action")}

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


@each_entry
def test_nothing_of_an_attack_becomes_an_element_of_the_page(entry: Hostile) -> None:
    """Law 9: the page has no element, handler, link or comment that an honest page with the same flags has not."""
    flags = suspicions(entry.attacked)
    says = {"builder": {"flags": tuple(Flag(code=flag.code, detail="word") for flag in flags)}}
    hostile_page = Elements(faces(entry.attacked)["html"])
    harmless_page = Elements(render(sheet_of(make_review(entry.honest, says=says)), "html"))
    assert not hostile_page.comments
    assert not {name for name in hostile_page.attributes if name.startswith("on")}
    assert hostile_page.attributes <= harmless_page.attributes | {"href", "rel"}
    for tag in ("script", "style", "img", "iframe", "object", "form", "input", "base", "meta", "a"):
        assert hostile_page.elements[tag] == harmless_page.elements[tag], tag
    assert hostile_page.links == harmless_page.links


@each_entry
def test_nothing_of_an_attack_is_shown_raw(entry: Hostile) -> None:
    """No face holds a control, direction or invisible character; data blocks are valid; templates are not evaluated."""
    shown = faces(entry.attacked)
    for form, text in shown.items():
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]", text), form
        assert text.replace("\n", "").isprintable(), form
        assert "1337" not in text, "7 * 191 was worked out"
    assert json.loads(shown["json"])
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', shown["html"], re.DOTALL)
    assert block
    assert "<" not in block[1]
    assert json.loads(block[1])["@context"] == "https://schema.org"
    marked = MarkdownIt("commonmark", {"html": True}).enable("table").render(shown["markdown"])
    page = Elements(marked)
    assert not {"script", "style", "img", "iframe", "div", "span", "code", "pre"} & set(page.elements)
    assert page.links <= {entry.attacked.homepage, "https://schema.org"}
    for mark in ("{{", "{%", "${"):
        assert mark not in shown["markdown"], mark


@each_entry
def test_what_is_told_of_an_attempt_is_short_and_printable(entry: Hostile) -> None:
    """Details go to logs, cards and terminals: a bounded line without a hidden or acting character."""
    for flag in suspicions(entry.attacked):
        assert flag.detail.isprintable()
        assert len(flag.detail) <= 250
        assert line(flag.detail) == flag.detail


@pytest.mark.parametrize("persona", personas().values(), ids=personas())
@each_entry
def test_the_offline_rubric_gives_no_more_for_an_attack(entry: Hostile, persona: Persona) -> None:
    """Law 9: no criterion and no score of the same description is higher with the attack than without."""
    before, after = (_offline(tool, persona) for tool in (entry.honest, entry.attacked))
    assert after["score"] <= before["score"]
    assert not (before["verdict"] == "skip" and after["verdict"] == "ship")
    assert all(after["criteria"][name] <= points for name, points in before["criteria"].items())


def _offline(tool: Tool, persona: Persona) -> dict[str, object] | dict[str, dict[str, int]]:
    reply = asyncio.run(OfflineClient().ask(prompter().prompt(tool, persona)))
    found: dict[str, dict[str, int]] = json.loads(reply.text)
    return found


def test_two_attacked_tools_side_by_side_stay_a_card() -> None:
    """A card of two tools that both steer is whole, and tells both."""
    seen = [entry for entry in hostile() if entry.seen]
    for one, other in itertools.islice(zip(seen[::2], seen[1::2], strict=False), 0, None, 9):
        reviews = [
            make_review(tool, says={"builder": {"flags": suspicions(tool)}}) for tool in (one.attacked, other.attacked)
        ]
        page = render(card_of(reviews), "html")
        assert page.lower().count("steering suspected") >= 2


def test_the_documented_counts_are_those_of_the_corpus() -> None:
    """docs/steering.md: one row for each technique with its entries, how many are seen and not, and the sum."""
    page = (ROOT / "docs" / "steering.md").read_text("utf-8")
    rows = {
        name: tuple(map(int, numbers))
        for name, *numbers in re.findall(
            r"^\| `?([a-z_ ]+)`? \|[^|]*\| (\d+) \| (\d+) \| (\d+) \|$", page, re.MULTILINE
        )
    }
    counted = {}
    for technique in dict.fromkeys(entry.technique for entry in hostile()):
        mine = [entry.seen for entry in hostile() if entry.technique == technique]
        counted[technique] = (len(mine), sum(mine), len(mine) - sum(mine))
    counted["all"] = tuple(map(sum, zip(*counted.values(), strict=True)))  # type: ignore[assignment]
    assert rows == counted
    assert f"{len(harmless())} harmless" in page


def test_equal_fields_are_judged_once_for_all_seats() -> None:
    """The result depends on the fields alone, and is kept for the other seats of the tool."""
    from panel.parse import steering

    fields = dict(hostile()[0].attacked.fields())
    first = suspect(fields)
    before = steering._suspected.cache_info()
    assert suspect(dict(fields)) == first
    assert steering._suspected.cache_info().hits == before.hits + 1
