"""Card: reviews side by side, and the answer to "which one should you ship with?".

Everything a renderer shows is here, so that terminal, Markdown, HTML and JSON cannot disagree. Columns are tools, in
the order the card was asked for; every tuple named after tools has one entry per column. A card of a single tool is its
review sheet: same shape, no answer.
"""

import datetime as dt
from decimal import Decimal
from enum import StrEnum

from pydantic import AwareDatetime, Field

from panel.records.across import AcrossModels
from panel.records.base import Record, Slug, Stored
from panel.records.seat import Variant
from panel.records.tool import Community, Source
from panel.records.verdict import Flag, Quote
from panel.records.vote import Badge, Outcome, Tally

MIN_TOOLS, MAX_TOOLS = 2, 6
"""How many tools a comparison holds."""


class Choice(StrEnum):
    """What the card answers."""

    SHIP = "ship"
    NEITHER = "neither"
    TOO_CLOSE = "too_close"
    NOT_COMPARABLE = "not_comparable"
    INCOMPLETE = "incomplete"


class ModelAnswer(Record):
    """The answer of one model's panels. The figures are of one pair: with more than two tools, the closest one.

    `tool` is set only for Choice.SHIP. The figures are about `leader` (the winner, or whoever comes nearest to winning;
    the first by id of equals) against `other`: `difference` is the mean score difference leader − other over
    `personas`, cut to a tenth; `needed` what it had to reach (points); `favour` and `oppose` count personas that score
    the leader above and below the other. Where no figures decide, there are none.
    """

    model: str
    choice: Choice
    tool: Slug | None = None
    leader: Slug | None = None
    other: Slug | None = None
    personas: tuple[Slug, ...] = ()
    difference: float | None = None
    needed: float | None = None
    favour: int = 0
    oppose: int = 0
    why: str
    """One sentence that applies the rule to these figures."""


class Answer(Record):
    """The answer and the rule that gave it. `tool` is set only for Choice.SHIP."""

    choice: Choice
    tool: Slug | None = None
    headline: str
    """The answer as a reader reads it: "Ship with X", "Too close to call"."""
    why: str
    rule: str
    """The rule in words, the same on every card of this version."""
    per_model: tuple[ModelAnswer, ...] = ()


class ModelUse(Record):
    """A model that sat: under which name, what its server was asked for, and what it said it served.

    `served` is sorted, and empty where no server said; `written_by` the notice of all it writes; `cost_usd` what its
    `seats` cost together, None if any charge is unknown; `most_usd` then bounds it, where prices are known.
    """

    name: str
    asked: str
    served: tuple[str, ...] = ()
    written_by: str
    seats: int = 0
    cost_usd: Decimal | None = None
    most_usd: Decimal | None = None


class Head(Record):
    """The top of a column."""

    tool: Slug
    letter: str
    name: str
    category: str | None
    tagline: str | None
    vendor: str | None
    badge: Badge
    title: str
    """Name and badge, naming empty chairs: `Review.title`."""
    ship_votes: int
    invited: int
    share: int
    """Ship votes per hundred invited, rounded down; shown only beside the counts. With several models, of the model
    whose panel gives the fewest: models are never pooled."""
    tallies: tuple[Tally, ...]
    baseline: Tally | None = None
    models: tuple[ModelUse, ...]
    """Who reviewed this tool: language models by name, then the rubric."""
    variant: Variant = "open"
    """`blind` where the names of tool and vendor were masked in what the panel was sent; here they are restored."""
    reviewed_at: AwareDatetime | None
    """When the latest reply about this tool was asked for."""
    entry: str
    pricing: str | None
    best_for: str | None
    description: str
    as_of: dt.date | None
    homepage: str | None
    sources: tuple[Source, ...]
    community: Community | None = None
    """None where no source gave any: not a zero."""


class Row(Record):
    """A labelled row of the decision table: one value per tool."""

    label: str
    values: tuple[str, ...]


class Cell(Record):
    """One persona on one model before one tool. Text is that of the repeat whose score is the vote's."""

    tool: Slug
    outcome: Outcome
    score: int | None = None
    lowest: int | None = None
    highest: int | None = None
    repeats: int = 1
    review: str | None = None
    silence: str | None = None
    """Why there is no vote and so no review, in words."""
    answers: tuple[tuple[str, str], ...] = ()
    """(question in words, note)."""
    criteria: tuple[tuple[str, int], ...] = ()
    """(criterion's name, score)."""
    evidence: tuple[Quote, ...] = ()
    not_stated: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()
    doubt: str | None = None
    flags: tuple[Flag, ...] = ()


class CriterionRow(Record):
    """One criterion side by side; `spread` is highest minus lowest where at least two tools have a score."""

    criterion: str
    values: tuple[int | None, ...]
    spread: int | None = None


class ScoreRow(Record):
    """One persona on one model, all tools side by side. `counts` is false for Control and for the baseline."""

    persona: Slug
    name: str
    model: str
    counts: bool
    cells: tuple[Cell, ...]
    spread: int | None = None
    leader: Slug | None = None
    """The tool this persona scores highest, if one alone."""
    criteria: tuple[CriterionRow, ...] = ()


class Advice(Record):
    """For one tool: when to pick it and when to walk away, each as a clause that begins with "you", and who said so."""

    tool: Slug
    pick_if: str | None = None
    pick_from: str | None = None
    walk_away_if: str | None = None
    walk_from: str | None = None


class Dissent(Record):
    """The strongest voice against the headline of one tool, in its own words."""

    tool: Slug
    persona: str
    model: str
    outcome: Outcome
    score: int
    words: str


class Forecast(Record):
    """A dated prediction of a persona."""

    tool: Slug
    persona: str
    model: str
    claim: str
    due: dt.date
    wrong_if: str


class Evidence(Record):
    """How much of what the seats quoted stands in the description."""

    tool: Slug
    quotes: int
    found: int
    facts: int
    enough: bool


class Silence(Record):
    """What the description did not state, with how many seats missed it; most missed first."""

    tool: Slug
    items: tuple[tuple[str, int], ...]


class Flagged(Record):
    """A flag of a seat or of the review, for the provenance block."""

    tool: Slug
    persona: str | None
    model: str | None
    flag: Flag


class Provenance(Record):
    """Who wrote this, when, from what, at what cost (law 12)."""

    written_by: tuple[str, ...]
    """Distinct notices: "written by a language model", "offline rubric, no language model"."""
    models: tuple[ModelUse, ...]
    """Of all tools together: language models by name, then the rubric; `Head.models` tells them apart."""
    reviewed_at: AwareDatetime | None
    """The latest of all tools."""
    panel: str
    """What was asked, in words: personas, models, repeats."""
    persona_ids: tuple[tuple[str, str], ...]
    """(persona, first 12 digits of the hash of what was sent of it)."""
    prompt_id: str
    """First 12 digits of the hash of the templates."""
    scale: str
    cost_usd: Decimal | None
    most_usd: Decimal | None = None
    seats: int
    runs: tuple[str, ...]


class Card(Stored):
    """The side-by-side card."""

    title: str
    breadcrumb: tuple[str, ...]
    question: str = "Which one should you ship with?"
    heads: tuple[Head, ...] = Field(min_length=1, max_length=MAX_TOOLS)
    answer: Answer | None = None
    """None on a review sheet of a single tool."""
    advice: tuple[Advice, ...]
    decision: tuple[Row, ...]
    scorecard: tuple[ScoreRow, ...]
    """Model by model, each in panel order; the baseline last."""
    across: tuple[AcrossModels, ...] = ()
    """For each tool that several models judged with a vote; empty where only one did."""
    agreements: tuple[str, ...] = ()
    """Sentences: where the panels agree."""
    differences: tuple[str, ...] = ()
    """Sentences: where they differ most, largest first."""
    dissents: tuple[Dissent, ...] = ()
    forecasts: tuple[Forecast, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    silences: tuple[Silence, ...] = ()
    flags: tuple[Flagged, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader should know before comparing: other repeats, old dates, other categories."""
    provenance: Provenance
