"""Cards on which somebody said nothing: a panel that abstained as a whole, and one with a chair still empty."""

from __future__ import annotations

from sample_parts import NAMES, cell, decision, head, provenance, score_row, silent, tally
from sample_two import two_tools

from panel.records.card import Advice, Card, Choice
from panel.records.vote import Outcome


def all_abstained() -> Card:
    """Nobody could read anything out of the answers: no verdicts, no dissent, no advice."""
    base = two_tools()
    none = tally("aaaa", missing=tuple(NAMES))
    heads = tuple(
        head(tool, (none,), title=f"{name} Queue: No verdict (Builder, Skeptic, Futurist and Founder missing)")
        for tool, name in (("alder", "Alder"), ("birch", "Birch"))
    )
    assert base.answer is not None
    return base.model_copy(
        update={
            "heads": heads,
            "decision": decision(heads),
            "answer": base.answer.model_copy(
                update={
                    "choice": Choice.NOT_COMPARABLE,
                    "tool": None,
                    "headline": "Not comparable",
                    "why": "No persona voted on both tools; at least three are needed.",
                    "per_model": (),
                }
            ),
            "advice": (Advice(tool="alder"), Advice(tool="birch")),
            "scorecard": tuple(
                score_row(
                    persona,
                    tuple(
                        silent(tool, Outcome.ABSTAINED, "the model declined to answer") for tool in ("alder", "birch")
                    ),
                )
                for persona in NAMES
            ),
            "agreements": (),
            "differences": (),
            "dissents": (),
            "forecasts": (),
            "silences": (),
            "flags": (),
            "notes": (),
        }
    )


def incomplete() -> Card:
    """One seat has not answered yet, and one vote is split."""
    base = two_tools()
    missing = tally("sssp", missing=("founder",))
    heads = (
        head("alder", (missing,), title="Alder Queue: Incomplete (Founder missing)"),
        head("birch", (tally("skkd"),)),
    )
    rows = list(base.scorecard)
    rows[3] = score_row("founder", (silent("alder", Outcome.PENDING, "pending: not asked yet"), rows[3].cells[1]))
    rows[0] = score_row(
        "builder", (rows[0].cells[0], cell("birch", "builder", outcome=Outcome.SPLIT, repeats=2, lowest=52, highest=71))
    )
    assert base.answer is not None
    return base.model_copy(
        update={
            "heads": heads,
            "decision": decision(heads),
            "scorecard": tuple(rows),
            "answer": base.answer.model_copy(
                update={
                    "choice": Choice.INCOMPLETE,
                    "tool": None,
                    "headline": "Incomplete",
                    "why": "One seat of Alder Queue has not answered yet.",
                    "per_model": (),
                }
            ),
            "provenance": provenance(reviewed_at=None, runs=()),
        }
    )
