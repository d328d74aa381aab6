"""Columns: the reviews of a card, brought down to what can stand side by side.

In go reviews as asked for, out come the same reviews with only the models that every tool has, the panel in one order,
and a distinct label for each tool. Whatever is derived here is blind to the order of the columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from panel.records.review import PersonaName, Review, review_of
from panel.records.seat import SeatRecord


class Columns(NamedTuple):
    """What every part of a card is made from.

    `reviews` stand in the order asked for; `labels` names each tool by id; `personas` are those that sat, in panel
    order; `models` are the ones that count, sorted; `baseline` is the offline rubric where it sat beside them before
    every tool; `left_out` holds each model that some tools lack, with the ids of the tools that have it; `shared` is
    false where no counting model is common to all.
    """

    reviews: tuple[Review, ...]
    labels: Mapping[str, str]
    personas: tuple[PersonaName, ...]
    models: tuple[str, ...]
    baseline: str | None
    left_out: tuple[tuple[str, tuple[str, ...]], ...]
    shared: bool

    @property
    def by_id(self) -> tuple[Review, ...]:
        """The reviews in the order of their tools' ids: for sentences, which must not depend on the columns' order."""
        return tuple(sorted(self.reviews, key=lambda review: review.tool.id))

    @property
    def voters(self) -> tuple[PersonaName, ...]:
        """The personas whose votes count."""
        return tuple(persona for persona in self.personas if persona.votes)

    def label(self, review: Review) -> str:
        return self.labels[review.tool.id]

    def persona_name(self, persona: str) -> str:
        return next(item.name for item in self.personas if item.id == persona)

    def who(self, name: str, model: str) -> str:
        """A persona as a sentence names it: with its model where several count."""
        return f"{name} ({model})" if len(self.models) > 1 else name

    def counting_models(self, review: Review) -> tuple[str, ...]:
        """The models of the card whose votes count in this review: not one that is only its baseline."""
        return tuple(tally.model for tally in review.tallies if tally.model in self.models)

    def counting_seats(self, review: Review) -> tuple[SeatRecord, ...]:
        """The scored seats whose votes count, every repeat, in panel order."""
        voters, models = [persona.id for persona in self.voters], self.counting_models(review)
        seats = [s for s in review.seats if s.scored and s.slot.persona in voters and s.slot.model in models]
        return tuple(sorted(seats, key=lambda s: (voters.index(s.slot.persona), s.slot.model, s.slot.repeat)))

    def speakers(self, review: Review) -> tuple[SeatRecord, ...]:
        """The seat that speaks for each counting vote that was cast, in panel order, then by model."""
        return tuple(
            seat
            for persona in self.voters
            for model in self.counting_models(review)
            if (vote := review.vote(persona.id, model))
            and vote.outcome.voted
            and (seat := review.speaker(persona.id, model))
        )


def columns_of(reviews: Sequence[Review]) -> Columns:
    """The columns of one or more reviews of distinct tools."""
    counting = [{item.model for item in review.tallies} for review in reviews]
    common, known = set.intersection(*counting), set.union(*counting)
    sat = {model.name for review in reviews for model in review.models}
    baselines = {review.baseline.model if review.baseline else None for review in reviews}
    baseline = baselines.pop() if len(baselines) == 1 else None
    kept = common | ({baseline} if baseline else set())
    narrowed = tuple(_narrowed(review, kept) for review in reviews) if common else tuple(reviews)
    return Columns(
        reviews=narrowed,
        labels=_labels(reviews),
        personas=_personas(narrowed),
        models=tuple(sorted(common or known)),
        baseline=baseline,
        left_out=_left_out(reviews, sat - kept if common else known),
        shared=bool(common),
    )


def _narrowed(review: Review, models: set[str]) -> Review:
    """The review that the seats of these models alone make; the badge and every count are of those."""
    if all(model.name in models for model in review.models):
        return review
    return review_of(review.tool, review.personas, [seat for seat in review.seats if seat.slot.model in models])


def _labels(reviews: Sequence[Review]) -> dict[str, str]:
    """A name for each tool that no other tool on the card has: its own, with the id where two share one."""
    names = {review.tool.id: " ".join(review.tool.name.split()) for review in reviews}
    folded = [name.casefold() for name in names.values()]
    return {
        tool: name if folded.count(name.casefold()) == 1 else f"{name} ({tool})" for tool, name in sorted(names.items())
    }


def _personas(reviews: Sequence[Review]) -> tuple[PersonaName, ...]:
    """All personas that sat, in panel order. Where reviews disagree, the choice does not depend on their order."""
    places: dict[str, int] = {}
    found: dict[str, list[PersonaName]] = {}
    for review in reviews:
        for place, persona in enumerate(review.personas):
            places[persona.id] = min(place, places.get(persona.id, place))
            found.setdefault(persona.id, []).append(persona)
    return tuple(_agreed(found[persona]) for persona in sorted(found, key=lambda persona: (places[persona], persona)))


def _agreed(same: Sequence[PersonaName]) -> PersonaName:
    first = min(same, key=lambda persona: persona.model_dump_json())
    return first.model_copy(update={"votes": all(persona.votes for persona in same)})


def _left_out(reviews: Sequence[Review], models: set[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((model, _judged_by(reviews, model)) for model in sorted(models))


def _judged_by(reviews: Sequence[Review], model: str) -> tuple[str, ...]:
    """The tools that a model judged, by id; those it judged as the baseline only where it counts for none."""
    counts = [r.tool.id for r in reviews if any(tally.model == model for tally in r.tallies)]
    return tuple(sorted(counts or [r.tool.id for r in reviews if r.tally(model)]))
