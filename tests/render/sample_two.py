"""The everyday card: two tools, one model, four personas, a clear answer."""

from __future__ import annotations

import datetime as dt

from sample_parts import MODEL, NAMES, RULE, advice, cell, decision, flag, head, provenance, score_row, tally

from panel.records.card import (
    Answer,
    Card,
    Choice,
    Dissent,
    Evidence,
    Flagged,
    Forecast,
    ModelAnswer,
    Silence,
)
from panel.records.tool import Community
from panel.records.verdict import FlagCode
from panel.records.vote import Outcome


def two_tools() -> Card:
    """The everyday card: one model, four personas, a clear answer."""
    heads = (
        head("alder", (tally("ssss"),)),
        head("birch", (tally("sskk"),), community=Community(up=41, down=7)),
    )
    marks = {
        ("birch", "skeptic"): (flag(FlagCode.QUOTE_NOT_FOUND, "“prices may change without notice”"),),
        ("birch", "futurist"): (flag(FlagCode.SCORE_STRAYS, "61, while the criteria give 60"),),
        ("alder", "skeptic"): (flag(FlagCode.BORROWED_EXPERIENCE, "“in our tests”"),),
    }
    doubt = "Version 2.4 is given as March 2026; the model knows a release 2.4 of November 2025."
    rows = tuple(
        score_row(
            persona,
            tuple(
                cell(
                    tool,
                    persona,
                    flags=marks.get((tool, persona), ()),
                    doubt=doubt if (tool, persona) == ("alder", "skeptic") else None,
                )
                for tool in ("alder", "birch")
            ),
        )
        for persona in NAMES
    )
    why = (
        "Alder Queue is Ship against Mixed and scores 22.0 points higher on average over 4 personas (5.0 needed); "
        "4 of them score it higher, none lower."
    )
    return Card(
        title="Alder Queue vs Birch Queue: which one should you ship with?",
        breadcrumb=("Compare", "Alder Queue vs Birch Queue"),
        heads=heads,
        answer=Answer(
            choice=Choice.SHIP,
            tool="alder",
            headline="Ship with Alder Queue",
            why=why,
            rule=RULE,
            per_model=(
                ModelAnswer(
                    model=MODEL,
                    choice=Choice.SHIP,
                    tool="alder",
                    leader="alder",
                    other="birch",
                    personas=tuple(NAMES),
                    difference=22.0,
                    needed=5.0,
                    favour=4,
                    why=why,
                ),
            ),
        ),
        advice=(advice("alder"), advice("birch")),
        decision=decision(heads),
        scorecard=rows,
        agreements=(
            "Builder ships both.",
            "All four ship Alder Queue.",
            "Nobody doubts that either is quick to start.",
        ),
        differences=(
            "Founder: Alder Queue 81, Birch Queue 48 (33 points).",
            "Skeptic: Alder Queue 68, Birch Queue 41 (27 points).",
            "Safety from the vendor (Founder): Alder Queue 9, Birch Queue 3.",
        ),
        dissents=(
            Dissent(
                tool="birch",
                persona="Skeptic",
                model=MODEL,
                outcome=Outcome.SKIP,
                score=41,
                words="Birch prints 99.99 % within one second and names no source, so that figure counts for nothing.",
            ),
        ),
        forecasts=(
            Forecast(
                tool="alder",
                persona="Futurist",
                model=MODEL,
                claim="Most new small teams that pick a queue will keep jobs in their relational database.",
                due=dt.date(2028, 11, 20),
                wrong_if="a survey of 1,000 or more developers shows a separate broker in over half of new projects",
            ),
            Forecast(
                tool="birch",
                persona="Skeptic",
                model=MODEL,
                claim="Birch Queue will publish a service level with a penalty or be bought.",
                due=dt.date(2027, 11, 20),
                wrong_if="neither has happened by then",
            ),
        ),
        evidence=(
            Evidence(tool="alder", quotes=12, found=12, facts=21, enough=True),
            Evidence(tool="birch", quotes=16, found=12, facts=17, enough=True),
        ),
        silences=(
            Silence(tool="alder", items=(("who maintains it", 3), ("partitioning of large queues", 1))),
            Silence(tool="birch", items=(("a service level with a penalty", 4), ("failover between the regions", 2))),
        ),
        flags=(
            *(
                Flagged(tool=tool, persona=NAMES[persona], model=MODEL, flag=mark)
                for (tool, persona), found in marks.items()
                for mark in found
            ),
            Flagged(
                tool="birch", persona=None, model=None, flag=flag(FlagCode.MAKER_CONFLICT, f"{MODEL} and Birch Queue")
            ),
        ),
        notes=("The descriptions are dated 5 days apart.",),
        provenance=provenance(),
    )
