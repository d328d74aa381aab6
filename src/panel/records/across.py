"""Across models: one tool as several models judged it, side by side and never merged (law 5)."""

from panel.records.base import Record, Slug
from panel.records.vote import Outcome


class Voice(Record):
    """What one persona concludes on one model. `score` is None where no vote was cast."""

    model: str
    outcome: Outcome
    score: int | None = None


class Spread(Record):
    """One persona before one tool, model beside model; never a mean over them.

    `points` is highest minus lowest where at least two models scored; `alike` whether all came to the same call, None
    where that is not known: a vote that was not cast is no disagreement.
    """

    persona: Slug
    name: str
    voices: tuple[Voice, ...]
    points: int | None = None
    alike: bool | None = None


class AcrossModels(Record):
    """One tool judged by several models that count: how far they go together, per persona, and in words."""

    tool: Slug
    spreads: tuple[Spread, ...]
    alike: bool
    """Whether the panels of all models came to one badge."""
    told: tuple[str, ...]
    """Sentences: on what the models agree, and on what they do not."""
