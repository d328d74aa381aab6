"""The terminal face: a card as text for a screen of 80 to 200 columns, coloured or plain.

Shown is what a reader decides by; descriptions, evidence and answers in full are left to the other faces. The card
comes in cleaned, so that no text in it can move the cursor.
"""

from __future__ import annotations

from rich.text import Text

from panel.records.card import Advice, Card, Cell, Head, ScoreRow
from panel.records.scale import SCALE
from panel.records.vote import Badge, Outcome
from panel.render import lists, phrases, words
from panel.render.layout import Page, styled

WIDTH = 80
"""Columns where none are given."""
_HEAD, _REVIEW = 36, 56
"""The least columns for a head and for a review set beside another."""
_SCORE = 20
"""The columns of a score with its bar: "100 ########## ship", or split."""
_VOICE = 12
"""The least columns for a model's name over what a persona says on it."""
_OUTCOMES = {Outcome.SHIP: "green", Outcome.SKIP: "red", Outcome.SPLIT: "yellow"}
_BADGES = {Badge.SHIP: "bold green", Badge.SKIP: "bold red", Badge.MIXED: "bold yellow"}


def render(card: Card, *, width: int | None = None, colour: bool = False) -> str:
    """The card as lines no longer than `width` columns (80 if None, at least 20)."""
    page = Page(WIDTH if width is None else width, colour=colour)
    _top(card, page)
    _answer(card, page)
    page.gap()
    page.columns([_head(head, card) for head in card.heads], least=_HEAD)
    _advice(card, page)
    _decision(card, page)
    _across(card, page)
    _scores(card, page)
    for panel in lists.panels(card):
        _panel(panel, card, page)
    _findings(card, page)
    _provenance(card, page)
    return str(page)


def _top(card: Card, page: Page) -> None:
    page.text((card.title, "bold"))
    if card.breadcrumb:
        page.text((" > ".join(card.breadcrumb), "dim"))
    page.text((f"{phrases.notice(card)}.", "bold yellow"), f" {phrases.last_reviewed(card)}")
    if phrases.blind(card):
        page.text((phrases.blind(card), "bold yellow"))


def _answer(card: Card, page: Page) -> None:
    page.gap()
    page.rule("=")
    page.text(card.question, indent=2)
    page.gap()
    if card.answer:
        page.text((card.answer.headline, "bold cyan"), indent=2)
        page.text(card.answer.why, indent=2)
        for line in lists.workings(card):
            page.text(line, indent=2)
        page.gap()
        page.text((f"Rule: {card.answer.rule}", "dim"), indent=2)
    else:
        page.text((card.heads[0].title, "bold cyan"), indent=2)
        page.text(phrases.badge_meaning(card), indent=2)
    page.rule("=")


def _head(head: Head, card: Card) -> Text:
    text = styled((f"[{head.letter}] ", "dim"), (head.name, "bold"))
    text.append(f"\n{phrases.verdict(head)}", _BADGES.get(head.badge, "bold"))
    for line in phrases.tallies(head, card):
        text.append(f"\n{line}")
    for mark in lists.review_flags(card, head):
        text.append(f"\n[!] {phrases.flag(mark)}", "yellow")
    facts = (f"{label}: {fact}" for label, fact in lists.facts(head))
    as_of = head.as_of and f"Described as of {words.date(head.as_of)}"
    for fact in (head.category, head.tagline, *facts, as_of, head.homepage):
        text.append(f"\n{fact}" if fact else "")
    return text


def _advice(card: Card, page: Page) -> None:
    told = [item for item in card.advice if lists.advice(item)]
    if told:
        page.heading("When to pick it, when to walk away")
        page.columns([_advised(item, card) for item in told], least=_HEAD)


def _advised(item: Advice, card: Card) -> Text:
    text = styled((phrases.name_of(card, item.tool), "bold"))
    for opening, clause, source in lists.advice(item):
        text.append(f"\n{opening} ", "bold").append(f"{clause} ({source})" if source else clause)
    return text


def _decision(card: Card, page: Page) -> None:
    if card.decision:
        page.heading("Decision table")
        rows = [[styled((label, "bold")), *map(styled, values)] for label, *values in lists.decision(card)]
        page.table(("", *(head.name for head in card.heads)), rows)


def _scores(card: Card, page: Page) -> None:
    page.heading(f"Scorecard ({SCALE.low} to {SCALE.high}, ship from {SCALE.ship_from})")
    gap = ("Gap",) if len(card.heads) > 1 else ()
    rows = [_score_row(row, card, page) for row in card.scorecard]
    page.table(("Reviewer", *(head.name for head in card.heads), *gap), rows, width=_SCORE)


def _score_row(row: ScoreRow, card: Card, page: Page) -> list[Text]:
    label = styled((phrases.reviewer(row, card), "bold"))
    gap = [styled(phrases.gap(row, card))] if len(card.heads) > 1 else []
    return [label, *(_score(cell, page) for cell in row.cells), *gap]


def _score(cell: Cell, page: Page) -> Text:
    style = _OUTCOMES.get(cell.outcome, "dim")
    if cell.score is None:
        return styled((cell.outcome.value, style))
    text = styled(f"{cell.score:>3} ").append_text(page.bar(phrases.share_of_scale(cell.score)))
    return text.append(f" {cell.outcome.value}", style)


def _review(cell: Cell, card: Card) -> Text:
    text = styled((f"{phrases.name_of(card, cell.tool)}: ", "bold"))
    text.append(phrases.score(cell), _OUTCOMES.get(cell.outcome, "dim"))
    for paragraph in lists.told(cell):
        text.append(f"\n{paragraph}")
    for mark in cell.flags:
        text.append(f"\n[!] {phrases.flag(mark)}", "yellow")
    return text


def _across(card: Card, page: Page) -> None:
    for item in card.across:
        name = f" on {phrases.name_of(card, item.tool)}" if len(card.heads) > 1 else ""
        page.heading(f"Model beside model{name}")
        page.text(" ".join(item.told))
        page.gap()
        rows = [[styled((label, "bold")), *map(styled, values)] for label, *values in lists.across(item, card)]
        page.table(lists.across_header(item, card), rows, least=_VOICE)


def _panel(panel: lists.ModelPanel, card: Card, page: Page) -> None:
    if panel.model:
        page.heading(panel.model)
    for line in panel.verdicts:
        page.text(line)
    for row in panel.rows:
        page.subheading(phrases.persona(row))
        page.columns([_review(cell, card) for cell in row.cells], least=_REVIEW)


def _findings(card: Card, page: Page) -> None:
    for heading, items in lists.comparison(card):
        page.heading(heading)
        page.items(items)
    if card.dissents:
        page.heading("The strongest dissent")
    for item in card.dissents:
        page.text((f"{phrases.dissenter(item, card)}:", "bold"))
        page.text(f'"{item.words}"', indent=2)
    for heading, items in lists.outlook(card):
        page.heading(heading)
        page.items(items)


def _provenance(card: Card, page: Page) -> None:
    page.heading("Who wrote this, and from what")
    page.pairs(lists.provenance(card))
    page.heading("What the badges and marks mean")
    page.pairs(lists.meanings(card))
    page.gap()
    page.text((words.NOT_MEANT, "dim"))
