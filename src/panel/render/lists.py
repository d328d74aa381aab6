"""Lists and tables of a Card that more than one face lays out: facts, scores, findings, provenance.

In goes a card or a part of it, out come rows of short texts, in reading order. What is absent is left out; nothing is
escaped here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from panel.records.across import AcrossModels
from panel.records.card import Advice, Card, Cell, Head, Provenance, ScoreRow
from panel.records.verdict import Flag
from panel.render import phrases, words
from panel.render.safe import paragraphs

Pairs = tuple[tuple[str, str], ...]
"""(label, text) in reading order."""
Rows = tuple[tuple[str, ...], ...]
"""Rows of a table: a label, then one value per tool."""


_BLIND = "to the panel without the names of tool and vendor"


class ModelPanel(NamedTuple):
    """The rows of one model, under its name and what its panel concludes on each tool; no name where it is alone."""

    model: str
    verdicts: tuple[str, ...]
    rows: tuple[ScoreRow, ...]


def panels(card: Card) -> tuple[ModelPanel, ...]:
    """The scorecard model by model, so that every review stands under the model that wrote it."""
    if not phrases.many_models(card):
        return (ModelPanel("", (), card.scorecard),)
    rows: dict[str, list[ScoreRow]] = {}
    for row in card.scorecard:
        rows.setdefault(row.model, []).append(row)
    return tuple(_panel(card, model, own) for model, own in rows.items())


def _panel(card: Card, model: str, rows: Sequence[ScoreRow]) -> ModelPanel:
    given = [
        (head.name, phrases.panel_verdict(tally, card))
        for head in card.heads
        for tally in (*head.tallies, *([head.baseline] if head.baseline else []))
        if tally.model == model
    ]
    told = tuple(f"{name}: {verdict}" if len(card.heads) > 1 else verdict for name, verdict in given)
    apart = any(head.baseline and head.baseline.model == model for head in card.heads)
    return ModelPanel(f"{model} ({phrases.BASELINE})" if apart else model, told, tuple(rows))


def models_of(item: AcrossModels) -> tuple[str, ...]:
    """The models that judged one tool, in the card's order."""
    return tuple(dict.fromkeys(voice.model for spread in item.spreads for voice in spread.voices))


def across_header(item: AcrossModels, card: Card) -> tuple[str, ...]:
    """The models' names over their columns, as short as they can be told apart."""
    return ("Reviewer", *(phrases.short_model(model, card) for model in models_of(item)), "Apart")


def across(item: AcrossModels, card: Card) -> Rows:
    """One row per persona: what it concludes on each model, and how many points lie between; the badges first."""
    models = models_of(item)
    tallies = (tally for head in card.heads if head.tool == item.tool for tally in head.tallies)
    badges = {tally.model: tally.badge.words for tally in tallies}
    return (
        ("Panel verdict", *(badges.get(model, "") for model in models), "alike" if item.alike else "not alike"),
        *(
            (
                spread.name,
                *(phrases.voice(next((v for v in spread.voices if v.model == model), None)) for model in models),
                "not known" if spread.points is None else words.count(spread.points, "point"),
            )
            for spread in item.spreads
        ),
    )


def workings(card: Card) -> tuple[str, ...]:
    """What each model's panels conclude and why, where there are several; one model's reason is the answer's."""
    given = card.answer.per_model if card.answer else ()
    if len(given) < 2:
        return ()
    return tuple(f"{item.model}: {words.sentence(phrases.conclusion(item, card))} {item.why}" for item in given)


def facts(head: Head) -> Pairs:
    """What is stated about a tool, in short."""
    stated = (
        ("Entry", phrases.entry(head)),
        ("Pricing", head.pricing),
        ("Best for", head.best_for),
        ("Vendor", head.vendor),
        ("Reviewed", phrases.reviewed(head)),
        ("Shown", _BLIND if head.variant == "blind" else None),
        ("Readers", phrases.community(head.community) if head.community else None),
    )
    return tuple((label, text) for label, text in stated if text)


def heads_side_by_side(card: Card) -> Rows:
    """Verdict, votes, standing and date of each tool."""
    rows = [
        ("Verdict", *(phrases.verdict(head) for head in card.heads)),
        ("Votes", *("; ".join(phrases.tallies(head, card)) for head in card.heads)),
        ("Category", *(head.category or "Not stated" for head in card.heads)),
        ("Entry", *(phrases.entry(head) for head in card.heads)),
    ]
    if any(head.community for head in card.heads):
        rows.append(("Readers", *(phrases.community(head.community) if head.community else "" for head in card.heads)))
    dates = (words.date(head.as_of) if head.as_of else "Not stated" for head in card.heads)
    reviewed = ("Reviewed", *map(phrases.reviewed, card.heads))
    return (*rows, ("Described as of", *dates), reviewed)


def review_flags(card: Card, head: Head) -> tuple[Flag, ...]:
    """Flags of a tool's review as a whole, such as a maker's own tool."""
    return tuple(item.flag for item in card.flags if item.tool == head.tool and item.persona is None)


def advice(item: Advice) -> Rows:
    """(opening, clause as a sentence, who said so or "") for each piece of advice there is."""
    clauses = (("Pick it if", item.pick_if, item.pick_from), ("Walk away if", item.walk_away_if, item.walk_from))
    return tuple((opening, words.sentence(clause), source or "") for opening, clause, source in clauses if clause)


def decision(card: Card) -> Rows:
    return tuple((row.label, *row.values) for row in card.decision)


def scores(card: Card) -> Rows:
    """One row per reviewer: the score before each tool, and the gap where there are several."""
    return tuple(
        (
            phrases.reviewer(row, card),
            *(phrases.score(cell) for cell in row.cells),
            *((phrases.gap(row, card),) if len(card.heads) > 1 else ()),
        )
        for row in card.scorecard
    )


def criteria(row: ScoreRow) -> Rows:
    """One row per criterion of a reviewer: its score before each tool, and the gap where there are several."""
    return tuple(
        (
            item.criterion,
            *("no score" if value is None else str(value) for value in item.values),
            *(("not known" if item.spread is None else str(item.spread),) if len(item.values) > 1 else ()),
        )
        for item in row.criteria
    )


def all_criteria(card: Card) -> Rows:
    """Every criterion of every reviewer in one table, named by both."""
    return tuple(
        (f"{phrases.reviewer(row, card)}: {name}", *values) for row in card.scorecard for name, *values in criteria(row)
    )


def told(cell: Cell) -> tuple[str, ...]:
    """The paragraphs of a cell: its range over repeats, then its review or why there is none."""
    spread = phrases.scores_range(cell)
    review = paragraphs(cell.review or "") or (f"No review. {phrases.silence(cell)}",)
    return (*((words.sentence(f"Scored {spread}"),) if spread else ()), *review)


def evidence(cell: Cell) -> tuple[str, ...]:
    """Each quoted passage with its side, what it shows, and whether it was found."""
    return tuple(
        f"{words.capital(quote.side)}: {words.sentence(quote.shows)} “{quote.quote}” ({phrases.found(quote)})"
        for quote in cell.evidence
    )


def notes(cell: Cell) -> Pairs:
    """What a reviewer answered, missed and doubted, under the question or its heading."""
    more = (
        ("Missing from the description:", "; ".join(cell.not_stated)),
        ("Concerns:", "; ".join(cell.concerns)),
        ("Doubt, not scored:", cell.doubt or ""),
    )
    return (*cell.answers, *((label, text) for label, text in more if text))


def comparison(card: Card) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(heading, items): where the panels agree and where they differ."""
    found = (("Where the panels agree", card.agreements), ("Where they differ", card.differences))
    return tuple((heading, items) for heading, items in found if items)


def outlook(card: Card) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(heading, items): predictions, what was and was not stated, notes before comparing."""
    found = (
        ("Predictions that time can refute", _forecasts(card)),
        ("What was and was not stated", _stated(card)),
        ("Notes before comparing", card.notes),
    )
    return tuple((heading, items) for heading, items in found if items)


def _forecasts(card: Card) -> tuple[str, ...]:
    return tuple(
        f"By {words.date(item.due)}: {words.sentence(item.claim)} Wrong if: {words.sentence(item.wrong_if)} "
        f"({phrases.speaker(item.persona, item.model, card)} on {phrases.name_of(card, item.tool)})"
        for item in card.forecasts
    )


def _stated(card: Card) -> tuple[str, ...]:
    quoted = {item.tool: phrases.quotes_found(item) for item in card.evidence}
    unsaid = {item.tool: not_stated(item.items) for item in card.silences}
    lines = []
    for head in card.heads:
        parts = [quoted.get(head.tool, ""), f"Not stated: {unsaid[head.tool]}." if unsaid.get(head.tool) else ""]
        if any(parts):
            lines.append(f"{head.name}: {' '.join(part for part in parts if part)}")
    return tuple(lines)


def not_stated(items: tuple[tuple[str, int], ...]) -> str:
    """What the description did not state, each with how many reviewers missed it."""
    return "; ".join(f"{what} ({words.count(seats, 'reviewer')})" for what, seats in items)


def provenance(card: Card) -> Pairs:
    """Who wrote this, from what, when and at what cost (law 12)."""
    given = card.provenance
    day = phrases.reviewed_on(card)
    models = [phrases.served(use) for use in given.models]
    return (
        ("Text", phrases.written(card)),
        ("Model" if len(models) == 1 else "Models", "; ".join(models) or "none"),
        ("Last reviewed", words.date(day) if day else "not yet"),
        ("Panel", f"{given.panel}; {words.count(given.seats, 'seat')}"),
        *((("Variant", phrases.blind(card)),) if phrases.blind(card) else ()),
        ("Cost", _cost(given)),
        ("Personas", ", ".join(f"{persona} {sha}" for persona, sha in given.persona_ids)),
        ("Prompt", given.prompt_id),
        ("Scale", given.scale),
        ("Runs", ", ".join(given.runs) or "none kept"),
    )


def _cost(given: Provenance) -> str:
    """What all seats cost, and what those of each model did where there are several."""
    told = [
        f"{use.name} {words.money(use.cost_usd, use.most_usd)} for {words.count(use.seats, 'seat')}"
        for use in given.models
    ]
    apart = f": {'; '.join(told)}" if len(told) > 1 else ""
    return f"{words.capital(words.money(given.cost_usd, given.most_usd))}{apart}"


def meanings(card: Card) -> Pairs:
    """What each badge and each mark on this card means, and who was marked."""
    badges = dict.fromkeys(
        badge for head in card.heads for badge in (head.badge, *(item.badge for item in head.tallies))
    )
    codes = dict.fromkeys(
        [
            *(mark.code for row in card.scorecard for cell in row.cells for mark in cell.flags),
            *(item.flag.code for item in card.flags),
        ]
    )
    marked = {code: [phrases.flagged(item, card) for item in card.flags if item.flag.code is code] for code in codes}
    return (
        *((badge.words, badge.meaning) for badge in badges),
        *((words.capital(words.FLAGS[code][0]), words.marked(code, marked[code])) for code in codes),
    )
