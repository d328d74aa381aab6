"""Parts of the sample cards, built directly from records: cells, rows, heads, advice, provenance."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sample_texts import ALDER_DESCRIPTION, ANSWERS, BIRCH_DESCRIPTION, CRITERIA, EVIDENCE, FIGURES, REVIEWS

from panel.records.card import (
    Advice,
    Cell,
    CriterionRow,
    Head,
    ModelUse,
    Provenance,
    Row,
    ScoreRow,
)
from panel.records.scale import SCALE
from panel.records.tool import Source
from panel.records.verdict import Flag, FlagCode, Quote
from panel.records.vote import Badge, Outcome, Tally, badge_of

MODEL = "openai/gpt-6-luna"
OTHER = "mistral/mistral-large-2611"
OFFLINE = "offline"
BY_MODEL = "written by a language model"
BY_RUBRIC = "offline rubric, no language model"
NAMES = {"builder": "Builder", "skeptic": "Skeptic", "futurist": "Futurist", "founder": "Founder"}
VOTES = dict(zip("skdap", (Outcome.SHIP, Outcome.SKIP, Outcome.SPLIT, Outcome.ABSTAINED, Outcome.PENDING), strict=True))
RULE = (
    "Ship with a tool if its badge is Ship or Mixed and not worse than the other's, the mean score difference over the "
    "personas that voted on both is at least 5 points (or the spread of the repeats, if larger), and more personas "
    "score it above the other than below. Neither if no badge is above Skip. Otherwise too close to call."
)


def flag(code: FlagCode, detail: str = "") -> Flag:
    return Flag(code=code, detail=detail)


def cell(tool: str, persona: str, *, shift: int = 0, flags: tuple[Flag, ...] = (), **more: Any) -> Cell:
    """A scored cell of one of the two queues; `shift` moves its score, for another model."""
    score, criteria = FIGURES[tool, persona]
    score += shift
    return Cell(
        tool=tool,
        outcome=Outcome(SCALE.call(score)),
        score=score,
        lowest=score,
        highest=score,
        review=REVIEWS[tool, persona],
        answers=ANSWERS[persona],
        criteria=tuple(zip(CRITERIA[persona], criteria, strict=True)),
        evidence=tuple(
            Quote(quote=quote, side=side, shows=shows, found_in="description" if found else None)
            for quote, side, shows, found in EVIDENCE[tool]
        ),
        not_stated=("who maintains it", "what happens when a region is down"),
        concerns=("time to recover", "cost at scale"),
        flags=flags,
    ).model_copy(update=more)


def silent(tool: str, outcome: Outcome, why: str) -> Cell:
    return Cell(tool=tool, outcome=outcome, silence=why)


def score_row(persona: str, cells: tuple[Cell, ...], *, model: str = MODEL, counts: bool = True) -> ScoreRow:
    """A row with the differences that its cells give."""
    scores = {cell.tool: cell.score for cell in cells if cell.score is not None}
    best = [tool for tool, score in scores.items() if score == max(scores.values())]
    names = [name for cell in cells for name, _ in cell.criteria]
    return ScoreRow(
        persona=persona,
        name=NAMES.get(persona, persona.title()),
        model=model,
        counts=counts,
        cells=cells,
        spread=max(scores.values()) - min(scores.values()) if len(scores) > 1 else None,
        leader=best[0] if len(best) == 1 and len(scores) > 1 else None,
        criteria=tuple(criterion_row(name, cells) for name in dict.fromkeys(names)),
    )


def criterion_row(name: str, cells: tuple[Cell, ...]) -> CriterionRow:
    values = tuple(dict(cell.criteria).get(name) for cell in cells)
    known = [value for value in values if value is not None]
    return CriterionRow(criterion=name, values=values, spread=max(known) - min(known) if len(known) > 1 else None)


def tally(votes: str, *, model: str = MODEL, missing: tuple[str, ...] = ()) -> Tally:
    """The tally of votes written as letters: s(hip), k(skip), d(ivided), a(bstained), p(ending)."""
    outcomes = [VOTES[letter] for letter in votes]
    return Tally(
        model=model,
        invited=len(outcomes),
        ship=outcomes.count(Outcome.SHIP),
        skip=outcomes.count(Outcome.SKIP),
        split=outcomes.count(Outcome.SPLIT),
        abstained=outcomes.count(Outcome.ABSTAINED),
        pending=outcomes.count(Outcome.PENDING),
        badge=badge_of(outcomes),
        missing=missing,
    )


def use(name: str, served: str, seats: int, usd: str | None) -> ModelUse:
    """A model that sat, asked for under the name behind its provider's."""
    return ModelUse(
        name=name,
        asked=name.split("/", 1)[-1],
        served=(served,),
        written_by=BY_RUBRIC if name == OFFLINE else BY_MODEL,
        seats=seats,
        cost_usd=None if usd is None else Decimal(usd),
    )


USES = {
    MODEL: use(MODEL, "gpt-6-luna-2026-10-09", 28, None),
    OTHER: use(OTHER, "mistral-large-2611", 24, "0.0418"),
    OFFLINE: use(OFFLINE, OFFLINE, 8, "0"),
}
"""The models of the samples, by name."""


def head(tool: str, tallies: tuple[Tally, ...], **more: Any) -> Head:
    """The head of one of the two queues, under the badge its tallies share."""
    alder = tool == "alder"
    badges = {item.badge for item in tallies}
    badge = badges.pop() if len(badges) == 1 else Badge.MODELS_DISAGREE
    name = "Alder Queue" if alder else "Birch Queue"
    base = more.get("baseline")
    return Head(
        tool=tool,
        letter=name[0],
        name=name,
        category="Job queues",
        tagline="Jobs as rows in the database you already run" if alder else "Background jobs over HTTP, run for you",
        vendor="Alder Works" if alder else "Birch Cloud",
        badge=badge,
        title=f"{name}: {badge.words}",
        ship_votes=tallies[0].ship,
        invited=tallies[0].invited,
        share=tallies[0].share,
        tallies=tallies,
        models=tuple(USES[item.model] for item in (*tallies, *([base] if base else []))),
        reviewed_at=dt.datetime(2026, 11, 20 if alder else 18, 17, 5, 9, tzinfo=dt.UTC),
        entry="free" if alder else "freemium",
        pricing="Apache-2.0; support contract 4,800 dollars a year"
        if alder
        else "10,000 jobs a month free, then 20 dollars a million",
        best_for="Teams that already run PostgreSQL" if alder else "Small teams without operations staff",
        description=ALDER_DESCRIPTION if alder else BIRCH_DESCRIPTION,
        as_of=dt.date(2026, 11, 2) if alder else dt.date(2026, 10, 28),
        homepage=f"https://{tool}.example/",
        sources=(
            Source(title=f"{name} manual", url=f"https://{tool}.example/manual", date=dt.date(2026, 3, 4)),
            Source(title="Notes of a conference talk"),
        ),
    ).model_copy(update=more)


def provenance(**more: Any) -> Provenance:
    return Provenance(
        written_by=(BY_MODEL,),
        models=(USES[MODEL],),
        reviewed_at=dt.datetime(2026, 11, 20, 17, 5, 9, tzinfo=dt.UTC),
        panel="Builder, Skeptic, Futurist and Founder on openai/gpt-6-luna, once each",
        persona_ids=(
            ("Builder", "4be1c09d77aa"),
            ("Skeptic", "90f3d2b1e6c5"),
            ("Futurist", "1d0e5f7a8b29"),
            ("Founder", "c7a6b3e4d812"),
        ),
        prompt_id="a1f09c3e5b77",
        scale=SCALE.words,
        cost_usd=Decimal("0.03117"),
        seats=8,
        runs=("20261120T170455Z-k3v9", "20261118T091200Z-p0x2"),
    ).model_copy(update=more)


def decision(heads: tuple[Head, ...]) -> tuple[Row, ...]:
    return (
        Row(label="Panel verdict", values=tuple(f"{h.badge.words} · {h.tallies[0].words}" for h in heads)),
        Row(label="Entry", values=tuple(h.entry for h in heads)),
        Row(label="Pricing", values=tuple(h.pricing or "Not stated" for h in heads)),
        Row(label="Best for", values=tuple(h.best_for or "Not stated" for h in heads)),
        Row(label="Category", values=tuple(h.category or "Not stated" for h in heads)),
        Row(label="Vendor", values=tuple(h.vendor or "Not stated" for h in heads)),
    )


def advice(tool: str) -> Advice:
    if tool == "alder":
        return Advice(
            tool="alder",
            pick_if="you already run PostgreSQL and want a job and its data to commit together",
            pick_from="Builder",
            walk_away_if="you need people without SQL to find and repeat failed jobs",
            walk_from="Skeptic",
        )
    return Advice(
        tool=tool,
        pick_if="you have no operations staff and must send work to other people's addresses this month",
        pick_from="Futurist",
        walk_away_if="you need a service level with a penalty, or payloads above 256 kB",
        walk_from="Founder",
    )
