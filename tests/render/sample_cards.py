"""Cards made from the everyday one: three tools, six, one, several models, silent panels, an incomplete panel."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sample_parts import (
    BY_MODEL,
    BY_RUBRIC,
    MODEL,
    NAMES,
    OFFLINE,
    OTHER,
    USES,
    cell,
    decision,
    head,
    provenance,
    score_row,
    silent,
    tally,
)
from sample_silent import all_abstained, incomplete
from sample_two import two_tools

from panel.records.across import AcrossModels, Spread, Voice
from panel.records.card import Advice, Card, Cell, Choice, ScoreRow, Silence
from panel.records.vote import Outcome


def third(item: Any) -> Any:
    """A record about Birch Queue told of a third tool."""
    return item.model_copy(update={"tool": "cedar"})


def three_tools() -> Card:
    """Three columns; the third is a stranger with nothing optional in its head."""
    base = two_tools()
    cedar = base.heads[1].model_copy(
        update={
            "tool": "cedar",
            "letter": "C",
            "name": "Cedar Broker (community edition, formerly Larch)",
            "title": "Cedar Broker (community edition, formerly Larch): Mixed",
            "category": None,
            "tagline": None,
            "vendor": None,
            "pricing": None,
            "best_for": None,
            "as_of": None,
            "homepage": None,
            "sources": (),
            "community": None,
            "entry": "unknown",
        }
    )
    heads = (*base.heads, cedar)
    assert base.answer is not None
    return base.model_copy(
        update={
            "title": "Alder Queue vs Birch Queue vs Cedar Broker",
            "breadcrumb": ("Compare", "Alder Queue vs Birch Queue vs Cedar Broker"),
            "heads": heads,
            "answer": base.answer.model_copy(
                update={
                    "choice": Choice.TOO_CLOSE,
                    "tool": None,
                    "headline": "Too close to call",
                    "why": "Alder Queue leads Birch Queue by 22.0 points but Cedar Broker by 3.5 (5.0 needed).",
                }
            ),
            "advice": (*base.advice, Advice(tool="cedar")),
            "decision": decision(heads),
            "scorecard": tuple(score_row(row.persona, (*row.cells, third(row.cells[1]))) for row in base.scorecard),
            "evidence": (*base.evidence, third(base.evidence[1])),
            "silences": (*base.silences, Silence(tool="cedar", items=())),
        }
    )


def six_tools() -> Card:
    """As many columns as a card can have."""
    base = two_tools()
    ids = ("alder", "birch", "cedar", "damson", "elder", "fir")
    names = ("Alder Queue", "Birch Queue", "Cedar Broker", "Damson", "Elder Streams Enterprise", "Fir")

    def told(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(items[i % 2].model_copy(update={"tool": tool}) for i, tool in enumerate(ids))

    heads = tuple(
        base.heads[i % 2].model_copy(
            update={"tool": tool, "name": name, "letter": name[0], "title": f"{name}: {base.heads[i % 2].badge.words}"}
        )
        for i, (tool, name) in enumerate(zip(ids, names, strict=True))
    )
    return base.model_copy(
        update={
            "title": "Six queues: which one should you ship with?",
            "heads": heads,
            "advice": told(base.advice),
            "decision": decision(heads),
            "scorecard": tuple(score_row(row.persona, told(row.cells)) for row in base.scorecard),
            "evidence": told(base.evidence),
            "silences": told(base.silences),
        }
    )


def one_tool() -> Card:
    """A review sheet: a single column and no answer."""
    base = two_tools()
    return base.model_copy(
        update={
            "title": "Alder Queue: Ship",
            "question": "Should you ship with it?",
            "breadcrumb": ("Review", "Alder Queue"),
            "heads": base.heads[:1],
            "answer": None,
            "advice": base.advice[:1],
            "decision": decision(base.heads[:1]),
            "scorecard": tuple(score_row(row.persona, row.cells[:1]) for row in base.scorecard),
            "agreements": (),
            "differences": (),
            "dissents": (),
            "forecasts": base.forecasts[:1],
            "evidence": base.evidence[:1],
            "silences": base.silences[:1],
            "flags": base.flags[2:3],
            "notes": (),
        }
    )


def several_models() -> Card:
    """Two models that disagree about Birch Queue, three repeats, Control, and the offline rubric as a baseline."""
    base = two_tools()
    heads = (
        head(
            "alder",
            (tally("ssss", model=OTHER), tally("ssss")),
            baseline=tally("sssk", model=OFFLINE),
        ),
        head(
            "birch",
            (tally("skkk", model=OTHER), tally("sska", missing=("skeptic",))),
            baseline=tally("kkkk", model=OFFLINE),
            title="Birch Queue: Models disagree (Skeptic missing)",
        ),
    )
    repeated = {"repeats": 3, "lowest": 60, "highest": 88}
    rows = []
    for persona in NAMES:
        rows.append(
            score_row(
                persona,
                (cell("alder", persona, shift=-4, **repeated), cell("birch", persona, shift=-9, **repeated)),
                model=OTHER,
            )
        )
        birch = cell("birch", persona)
        if persona == "skeptic":
            birch = silent("birch", Outcome.ABSTAINED, "the answer was cut off before it ended")
        rows.append(score_row(persona, (cell("alder", persona), birch)))
        rows.append(
            score_row(
                persona,
                (cell("alder", persona, shift=-11), cell("birch", persona, shift=-30)),
                model=OFFLINE,
                counts=False,
            )
        )
    control = tuple(
        cell(tool, "builder").model_copy(update={"answers": (), "evidence": ()}) for tool in ("alder", "birch")
    )
    rows.append(score_row("control", control, counts=False))
    rows.sort(key=lambda row: (OTHER, MODEL, OFFLINE).index(row.model))
    assert base.answer is not None
    return base.model_copy(
        update={
            "heads": heads,
            "decision": decision(heads),
            "scorecard": tuple(rows),
            "across": tuple(across(tool, rows) for tool in ("alder", "birch")),
            "answer": base.answer.model_copy(
                update={
                    "choice": Choice.TOO_CLOSE,
                    "tool": None,
                    "headline": "Too close to call",
                    "why": "The models disagree: one ships Alder Queue, the other finds the two too close.",
                    "per_model": (
                        base.answer.per_model[0].model_copy(
                            update={
                                "model": OTHER,
                                "choice": Choice.TOO_CLOSE,
                                "tool": None,
                                "needed": 27.5,
                                "why": "Alder Queue leads Birch Queue by 22 points; 27.5 are needed.",
                            }
                        ),
                        base.answer.per_model[0],
                    ),
                }
            ),
            "provenance": provenance(
                written_by=(BY_MODEL, BY_RUBRIC),
                models=(USES[OTHER], USES[MODEL], USES[OFFLINE]),
                panel="Builder, Skeptic, Futurist, Founder and Control on two models, three repeats, with the baseline",
                cost_usd=None,
                seats=60,
            ),
        }
    )


def across(tool: str, rows: Sequence[ScoreRow]) -> AcrossModels:
    """The two models beside each other, as the sample's rows and tallies have it."""
    spreads = []
    for persona, name in NAMES.items():
        cells = [(row.model, next(c for c in row.cells if c.tool == tool)) for row in rows if row.persona == persona]
        voices = tuple(Voice(model=m, outcome=c.outcome, score=c.score) for m, c in cells if m != OFFLINE)
        scores = [voice.score for voice in voices if voice.score is not None]
        points = max(scores) - min(scores) if len(scores) > 1 else None
        spreads.append(Spread(persona=persona, name=name, voices=voices, points=points))
    told = f"The models agree: Ship on each of {OTHER} and {MODEL}."
    if tool == "birch":
        told = f"The models disagree: Skip on {OTHER}, No verdict on {MODEL}."
    more = "The call depends on the model for Futurist." if tool == "birch" else "Every persona comes to the same call."
    return AcrossModels(tool=tool, spreads=tuple(spreads), alike=tool == "alder", told=(told, more))


def blind(*tools: str) -> Card:
    """The everyday card of a panel that was sent no names; of some tools only where they are named."""
    base = two_tools()
    heads = [
        head.model_copy(update={"variant": "blind"}) if not tools or head.tool in tools else head for head in base.heads
    ]
    return base.model_copy(update={"heads": tuple(heads)})


def offline_card() -> Card:
    """The card of the embedded rubric: no model, no cost."""
    base = two_tools()
    heads = (
        head("alder", (tally("ssss", model=OFFLINE),)),
        head("birch", (tally("sskk", model=OFFLINE),)),
    )
    return base.model_copy(
        update={
            "heads": heads,
            "decision": decision(heads),
            "scorecard": tuple(row.model_copy(update={"model": OFFLINE}) for row in base.scorecard),
            "provenance": provenance(
                written_by=(BY_RUBRIC,),
                models=(USES[OFFLINE],),
                panel="Builder, Skeptic, Futurist and Founder on offline, once each",
                cost_usd=Decimal(0),
            ),
        }
    )


def mixed() -> Card:
    """One tool judged by the rubric alone, the other by a language model: nothing to compare, and two authors."""
    base = two_tools()
    rows = []
    for row in base.scorecard:
        alder, birch = row.cells
        absent = {"repeats": 0, "silence": "not asked about this tool"}
        rows.append(
            score_row(row.persona, (alder, Cell(tool="birch", outcome=Outcome.PENDING, **absent)), model=OFFLINE)
        )
        rows.append(score_row(row.persona, (Cell(tool="alder", outcome=Outcome.PENDING, **absent), birch)))
    assert base.answer is not None
    return base.model_copy(
        update={
            "heads": (head("alder", (tally("ssss", model=OFFLINE),)), head("birch", (tally("sskk"),))),
            "scorecard": tuple(rows),
            "answer": base.answer.model_copy(
                update={
                    "choice": Choice.NOT_COMPARABLE,
                    "tool": None,
                    "headline": "Not comparable",
                    "why": "No model judged every tool (offline judged Alder Queue, openai/gpt-6-luna Birch Queue).",
                    "per_model": (),
                }
            ),
            "agreements": (),
            "differences": (),
            "provenance": provenance(written_by=(BY_RUBRIC, BY_MODEL), models=(USES[OFFLINE], USES[MODEL])),
        }
    )


CARDS = {
    "two_tools": two_tools,
    "three_tools": three_tools,
    "six_tools": six_tools,
    "one_tool": one_tool,
    "several_models": several_models,
    "offline": offline_card,
    "all_abstained": all_abstained,
    "incomplete": incomplete,
    "mixed": mixed,
    "blind": blind,
}
"""Every shape a face must draw, by name."""
