"""Model beside model before one tool: how far their panels go together (law 5). In go columns, out come AcrossModels.

Votes are set side by side and never added up: no mean, no common score, no vote counted twice. Only votes that count
are read, so neither Control nor the rubric as a baseline can make models agree or disagree.
"""

from __future__ import annotations

from collections.abc import Sequence

from panel.comparator.columns import Columns
from panel.comparator.words import counted, joined
from panel.records.across import AcrossModels, Spread, Voice
from panel.records.review import PersonaName, Review
from panel.records.scale import SCALE
from panel.records.vote import Badge, Tally, Vote


def across_of(columns: Columns) -> tuple[AcrossModels, ...]:
    """One for each tool that at least two models judged with a vote, in the order of the columns."""
    several = (review for review in columns.reviews if len(columns.counting_models(review)) > 1)
    return tuple(_across(columns, review) for review in several)


def _across(columns: Columns, review: Review) -> AcrossModels:
    tallies = [tally for tally in review.tallies if tally.model in columns.models]
    found = [_spread(columns, review, persona) for persona in columns.voters]
    spreads = tuple(spread for spread in found if spread.voices)
    return AcrossModels(
        tool=review.tool.id,
        spreads=spreads,
        alike=len({tally.badge for tally in tallies}) == 1,
        told=(_badges(tallies), *_calls(spreads), *_widest(spreads)),
    )


def _spread(columns: Columns, review: Review, persona: PersonaName) -> Spread:
    votes = [vote for model in columns.counting_models(review) if (vote := review.vote(persona.id, model))]
    scores = [vote.score for vote in votes if vote.score is not None]
    return Spread(
        persona=persona.id,
        name=persona.name,
        voices=tuple(Voice(model=vote.model, outcome=vote.outcome, score=vote.score) for vote in votes),
        points=max(scores) - min(scores) if len(scores) > 1 else None,
        alike=_alike(votes, len(columns.counting_models(review))),
    )


def _alike(votes: Sequence[Vote], models: int) -> bool | None:
    """Two calls that differ settle it, whoever is silent; that all are alike is known only where all voted."""
    calls = [vote.outcome for vote in votes if vote.outcome.voted]
    if len(set(calls)) > 1:
        return False
    return True if len(calls) == models else None


def _badges(tallies: Sequence[Tally]) -> str:
    models: dict[Badge, list[str]] = {}
    for tally in tallies:
        models.setdefault(tally.badge, []).append(tally.model)
    if len(models) == 1:
        badge = tallies[0].badge
        opening = "The models agree" if badge.decided else "No model's panel came to a verdict"
        return f"{opening}: {badge.words} on each of {joined(models[badge])}."
    told = ", ".join(f"{badge.words} on {joined(names)}" for badge, names in models.items())
    return f"So far: {told}." if Badge.INCOMPLETE in models else f"The models disagree: {told}."


def _calls(spreads: Sequence[Spread]) -> list[str]:
    """Who comes to the same call on every model, who does not, and of whom that is not known."""
    names = {alike: [item.name for item in spreads if item.alike is alike] for alike in (True, False, None)}
    sentences = []
    if len(names[True]) == len(spreads):
        sentences.append("Every persona comes to the same call on each model.")
    if names[False]:
        sentences.append(f"The call depends on the model for {joined(names[False])}.")
    if names[None]:
        sentences.append(f"Not every model gave a vote for {joined(names[None])}.")
    return sentences


def _widest(spreads: Sequence[Spread]) -> list[str]:
    """The persona whose scores lie furthest apart, where that is a lead or more; the first of equals."""
    known = [(item.points, item) for item in spreads if item.points is not None and item.points >= SCALE.lead]
    if not known:
        return []
    points, item = max(known, key=lambda pair: pair[0])
    voices = sorted((voice for voice in item.voices if voice.score is not None), key=lambda voice: -(voice.score or 0))
    told = joined([f"{voice.score} on {voice.model}" for voice in voices])
    return [f"The scores lie furthest apart for {item.name}: {counted(points, 'point')} ({told})."]
