"""Where the panels agree and where they differ, as sentences with names and numbers. In goes the scorecard.

Only rows that count are read. Sentences name tools by score, then by id, never by column; they are ordered by size or
by panel order, so that swapping columns changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from panel.comparator.columns import Columns
from panel.comparator.words import joined, phrase_key
from panel.records.card import CriterionRow, ScoreRow
from panel.records.scale import SCALE
from panel.records.vote import Outcome

MOST = 8
"""Differences told in sentences; the scorecard holds every one."""

MOST_CONCERNS = 4
"""Shared concerns told per tool; the scorecard holds every one."""

CRITERION_LEAD = 2
"""Criterion points from which tools differ: the least that is more than rounding on a scale of ten."""


def agreements_of(columns: Columns, rows: Sequence[ScoreRow]) -> tuple[str, ...]:
    """Unanimous calls, then who scores the tools within a lead of each other, then shared concerns: a sentence each."""
    counting = [row for row in rows if row.counts]
    return (*_unanimous(columns, counting), *_level(columns, counting), *_shared_concerns(columns, counting))


def differences_of(columns: Columns, rows: Sequence[ScoreRow]) -> tuple[str, ...]:
    """The largest differences per persona and per criterion, largest first; a criterion point counts as ten points."""
    weight = (SCALE.high - SCALE.low) // (SCALE.criterion_high - SCALE.criterion_low)
    found: list[tuple[int, int, str]] = []
    for row in rows:
        if not row.counts:
            continue
        if row.spread is not None and row.spread >= SCALE.lead:
            found.append((-row.spread, 0, _apart(columns, row)))
        found += [
            (-weight * item.spread, 1, _criterion(columns, row, item))
            for item in row.criteria
            if item.spread is not None and item.spread >= CRITERION_LEAD
        ]
    found.sort(key=lambda item: item[:2])
    return tuple(text for _, _, text in found[:MOST])


def _unanimous(columns: Columns, rows: Sequence[ScoreRow]) -> list[str]:
    sentences = []
    for model in columns.models:
        mine = [row for row in rows if row.model == model]
        for outcome in (Outcome.SHIP, Outcome.SKIP):
            tools = [
                columns.label(review)
                for review in columns.by_id
                if len(mine) > 1 and all(_outcome(row, review.tool.id) is outcome for row in mine)
            ]
            if tools:
                on = f" on {model}" if len(columns.models) > 1 else ""
                sentences.append(f"All {len(mine)} personas{on} say {outcome.value} for {joined(tools)}.")
    return sentences


def _outcome(row: ScoreRow, tool: str) -> Outcome:
    return next(cell.outcome for cell in row.cells if cell.tool == tool)


def _level(columns: Columns, rows: Sequence[ScoreRow]) -> list[str]:
    """One sentence for each set of tools that some persona scores within a lead: "Builder 80 and 78; Skeptic ..."."""
    close: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        if row.spread is not None and row.spread < SCALE.lead:
            scores = {cell.tool: str(cell.score) for cell in row.cells if cell.score is not None}
            tools = tuple(sorted(scores))
            told = f"{columns.who(row.name, row.model)} {joined([scores[tool] for tool in tools])}"
            close.setdefault(tools, []).append(told)
    return [
        f"Less than {SCALE.lead} points between {joined([columns.labels[tool] for tool in tools])}: {'; '.join(told)}."
        for tools, told in close.items()
    ]


def _apart(columns: Columns, row: ScoreRow) -> str:
    return f"{columns.who(row.name, row.model)} scores {_scores(columns, row)}: {row.spread} points apart."


def _scores(columns: Columns, row: ScoreRow) -> str:
    """ "A 78 (ship) and B 55 (skip)", the highest first."""
    cells = [cell for cell in row.cells if cell.score is not None]
    cells.sort(key=lambda cell: (-(cell.score or 0), cell.tool))
    return joined([f"{columns.labels[cell.tool]} {cell.score} ({cell.outcome.value})" for cell in cells])


def _criterion(columns: Columns, row: ScoreRow, item: CriterionRow) -> str:
    known = [(value, cell.tool) for value, cell in zip(item.values, row.cells, strict=True) if value is not None]
    known.sort(key=lambda pair: (-pair[0], pair[1]))
    values = joined([f"{columns.labels[tool]} {value}" for value, tool in known])
    who = columns.who(row.name, row.model)
    return f"{who}, {item.criterion}: {values}, {item.spread} of {SCALE.criterion_high} apart."


def _shared_concerns(columns: Columns, rows: Sequence[ScoreRow]) -> list[str]:
    """For each tool the concerns that at least two personas name, the most shared first, in one sentence."""
    everybody = tuple(dict.fromkeys(row.name for row in rows))
    sentences = []
    for review in columns.by_id:
        named = [(who, text) for who, text in _named(review.tool.id, rows) if len(who) > 1]
        groups: dict[tuple[str, ...], list[str]] = {}
        for who, text in sorted(named, key=lambda item: -len(item[0]))[:MOST_CONCERNS]:
            groups.setdefault(who, []).append(text)
        if groups:
            told = [f"{joined(texts)} ({_all_or(everybody, who)})" for who, texts in groups.items()]
            sentences.append(f"Concerns shared about {columns.label(review)}: {'; '.join(told)}.")
    return sentences


def _named(tool: str, rows: Sequence[ScoreRow]) -> list[tuple[tuple[str, ...], str]]:
    """(who names it, in the first one's words) for each concern about one tool, spellings merged."""
    named: dict[str, dict[str, str]] = {}
    for row in rows:
        for concern in next(cell.concerns for cell in row.cells if cell.tool == tool):
            if key := phrase_key(concern):
                named.setdefault(key, {}).setdefault(row.name, concern.strip().rstrip("."))
    return [(tuple(who), next(iter(who.values()))) for who in named.values()]


def _all_or(everybody: Sequence[str], who: Sequence[str]) -> str:
    return f"all {len(who)} personas" if len(who) == len(everybody) > 2 else joined(who)
