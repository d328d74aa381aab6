"""Review: one panel's votes on one tool, and how it may be compared with another."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from pydantic import Field

from panel.records.base import Record, Sha, Slug, Stored
from panel.records.facts import FLOOR, checkable_facts
from panel.records.identity import sha
from panel.records.makers import maker_of, same_maker
from panel.records.model import Model
from panel.records.persona import Persona
from panel.records.seat import SeatRecord, Variant
from panel.records.tool import Tool
from panel.records.verdict import Flag, FlagCode
from panel.records.vote import Badge, Tally, Vote, fold, headline, settle, tally


class PersonaName(Record):
    """Who sat, by id and by the name shown; `votes` as in the persona file.

    `questions` and `criteria` hold, by id and in the persona's order, the question asked and the criterion's name.
    """

    id: Slug
    name: str
    votes: bool = True
    questions: dict[str, str] = Field(default_factory=dict)
    criteria: dict[str, str] = Field(default_factory=dict)


class Fingerprint(Record):
    """What two reviews must share, per model, before their scores may stand side by side.

    Hashes are by persona id; where the seats of one persona were not all made of the same, the hash is of them all, so
    that a mixed panel equals only one mixed alike. `served` holds every model name the server reported.
    """

    model: str
    personas: dict[str, Sha]
    templates: dict[str, Sha]
    schemas: dict[str, Sha]
    scales: dict[str, Sha]
    signals: dict[str, Sha]
    endpoint: Sha
    parameters: Sha
    variant: str
    asked: str
    served: tuple[str, ...]


class Review(Stored):
    """One panel on one tool. Votes, tallies and badge are recomputed from the seats, never typed in.

    `votes` cover every persona, also those that do not count (Control, and offline beside real models); `tallies` has
    one entry per model that counts, `baseline` one for the offline rubric where it sat beside real models.
    """

    tool: Tool
    tool_sha: Sha
    personas: tuple[PersonaName, ...]
    models: tuple[Model, ...]
    seats: tuple[SeatRecord, ...]
    votes: tuple[Vote, ...]
    tallies: tuple[Tally, ...]
    baseline: Tally | None = None
    badge: Badge
    facts: int
    enough_facts: bool
    flags: tuple[Flag, ...] = ()
    """Of the review as a whole, such as a model that reviews its maker's tool."""

    @property
    def complete(self) -> bool:
        """Whether no invited seat is pending."""
        return all(seat.verdict is not None for seat in self.seats)

    @property
    def title(self) -> str:
        """Name and badge; a panel with an empty chair says so here (law 6)."""
        missing = self.missing
        empty = f" ({_names(missing)} missing)" if missing else ""
        return f"{self.tool.name}: {self.badge.words}{empty}"

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the voting personas without a vote on at least one counting model, in panel order."""
        ids = {persona for item in self.tallies for persona in item.missing}
        return tuple(persona.name for persona in self.personas if persona.id in ids)

    @property
    def reviewed_at(self) -> dt.datetime | None:
        """When the latest reply was asked for."""
        return max((seat.asked_at for seat in self.seats if seat.asked_at), default=None)

    @property
    def cost_usd(self) -> Decimal | None:
        """What all seats together cost, failed attempts of pending seats included; None if any price is unknown."""
        return cost_of(self.seats)

    @property
    def variant(self) -> Variant:
        """Whether the panel saw names (open) or neutral stand-ins for them (blind)."""
        return "blind" if self.seats[0].slot.variant == "blind" else "open"

    @property
    def offline(self) -> bool:
        """Whether every word of this review comes from the offline rubric."""
        return all(model.is_offline for model in self.models)

    def vote(self, persona: str, model: str) -> Vote | None:
        return next((vote for vote in self.votes if (vote.persona, vote.model) == (persona, model)), None)

    def tally(self, model: str) -> Tally | None:
        found = next((item for item in self.tallies if item.model == model), None)
        return found or (self.baseline if self.baseline and self.baseline.model == model else None)

    def speaker(self, persona: str, model: str) -> SeatRecord | None:
        """The seat whose text stands for a vote: the scored repeat at the vote's score, else the first."""
        seats = [seat for seat in self.seats if (seat.slot.persona, seat.slot.model) == (persona, model)]
        vote = self.vote(persona, model)
        at_score = [seat for seat in seats if seat.scored and vote and seat.scored.score == vote.score]
        return next(iter(at_score or seats), None)

    def fingerprint(self, model: str) -> Fingerprint | None:
        """What the seats of one model were made of; None if that model did not sit."""
        seats = [seat for seat in self.seats if seat.slot.model == model]
        return _fingerprint(model, seats) if seats else None


def cost_of(seats: Iterable[SeatRecord]) -> Decimal | None:
    """US dollars that seats cost together, also pending ones that were tried; None if any charge is unknown."""
    return _sum(seat.cost.usd for seat in seats if _charged(seat))


def most_of(seats: Iterable[SeatRecord]) -> Decimal | None:
    """US dollars that seats cost together at most, where a charge is unsure; None if none is, or a price is unknown."""
    costs = [seat.cost for seat in seats if _charged(seat)]
    if all(cost.usd is not None for cost in costs):
        return None
    return _sum(cost.at_most_usd if cost.usd is None else cost.usd for cost in costs)


def _charged(seat: SeatRecord) -> bool:
    return seat.verdict is not None or bool(seat.attempts) or seat.cost.usd is not None


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    whole = Decimal(0)
    for amount in amounts:
        if amount is None:
            return None
        whole += amount
    return whole


def review_of(tool: Tool, personas: Sequence[Persona | PersonaName], seats: Sequence[SeatRecord]) -> Review:
    """The review that the given seats make: pure, and blind to the order and duplication of the seats.

    What blind seats said is shown with the names of tool and vendor put back; their records stay as they are.
    Every seat must be of `tool` and of one of `personas`, and all of one variant; raises ValueError otherwise or when
    there is no seat.
    """
    names = tuple(_name_of(persona) for persona in personas)
    known = {persona.id: index for index, persona in enumerate(names)}
    for seat in seats:
        if seat.slot.tool != tool.id or seat.slot.persona not in known:
            raise ValueError(f"seat {seat.slot} does not belong to a review of {tool.id}")
    if not seats:
        raise ValueError(f"a review of {tool.id} needs at least one seat")
    if len(variants := {seat.slot.variant for seat in seats}) > 1:
        raise ValueError(f"the seats of a review of {tool.id} are of several variants: {', '.join(sorted(variants))}")
    settled = sorted(_shown(tool, settle(seats)), key=lambda s: (known[s.slot.persona], s.slot.model, s.slot.repeat))
    models = {seat.slot.model: seat.model for seat in settled}
    facts = len(checkable_facts(tool.description))
    votes = _votes(settled)
    tallies = _tallies(names, models, votes, enough=facts >= FLOOR)
    counting, baseline = _counting(models, tallies)
    return Review(
        tool=tool,
        tool_sha=sha(tool.fields()),
        personas=tuple(name for name in names if any(seat.slot.persona == name.id for seat in settled)),
        models=tuple(models.values()),
        seats=tuple(settled),
        votes=votes,
        tallies=counting,
        baseline=baseline,
        badge=headline([item.badge for item in counting]),
        facts=facts,
        enough_facts=facts >= FLOOR,
        flags=_flags(tool, models, settled),
    )


def _shown(tool: Tool, seats: Sequence[SeatRecord]) -> Sequence[SeatRecord]:
    if all(seat.slot.variant == "open" for seat in seats):
        return seats
    from panel.records.masks import restored  # open reviews do without

    return [restored(seat, tool) for seat in seats]


def _name_of(persona: Persona | PersonaName) -> PersonaName:
    if isinstance(persona, PersonaName):
        return persona
    return PersonaName(
        id=persona.id,
        name=persona.name,
        votes=persona.votes,
        questions={question.id: question.asks for question in persona.questions},
        criteria={criterion.id: criterion.name for criterion in persona.criteria},
    )


def _votes(seats: Sequence[SeatRecord]) -> tuple[Vote, ...]:
    groups: dict[tuple[str, str], list[SeatRecord]] = {}
    for seat in seats:
        groups.setdefault((seat.slot.persona, seat.slot.model), []).append(seat)
    return tuple(fold(persona, model, group) for (persona, model), group in groups.items())


def _tallies(
    names: Sequence[PersonaName], models: Mapping[str, Model], votes: Sequence[Vote], *, enough: bool
) -> tuple[Tally, ...]:
    voting = {name.id for name in names if name.votes}
    return tuple(
        tally(model, [vote for vote in votes if vote.model == model and vote.persona in voting], enough_facts=enough)
        for model in sorted(models)
    )


def _counting(models: Mapping[str, Model], tallies: Sequence[Tally]) -> tuple[tuple[Tally, ...], Tally | None]:
    """Offline never votes beside real models: there it is the baseline, shown apart."""
    real = tuple(item for item in tallies if not models[item.model].is_offline)
    if not real:
        return tuple(tallies), None
    return real, next((item for item in tallies if models[item.model].is_offline), None)


def _flags(tool: Tool, models: Mapping[str, Model], seats: Sequence[SeatRecord]) -> tuple[Flag, ...]:
    """One for each model whose maker also makes the tool, be it the model asked for or one that its server served."""
    found = []
    for model in models.values():
        served = sorted({seat.model_served for seat in seats if seat.slot.model == model.name and seat.model_served})
        makers: dict[str | None, str] = {model.maker: model.name}
        for name in served:
            makers.setdefault(maker_of(name), f"{model.name} (served as {name})")
        found += [
            Flag(code=FlagCode.MAKER_CONFLICT, detail=f"{said} is made by {maker}, who also makes {tool.name}")
            for maker, said in makers.items()
            if same_maker(maker, tool.vendor)
        ]
    return tuple(found)


def _fingerprint(model: str, seats: Sequence[SeatRecord]) -> Fingerprint:
    by_persona: dict[str, list[SeatRecord]] = {}
    for seat in seats:
        by_persona.setdefault(seat.slot.persona, []).append(seat)
    local = {persona: _one([s.parts.local for s in group if s.parts.local]) for persona, group in by_persona.items()}
    return Fingerprint(
        model=model,
        personas={persona: _one([s.ids.persona for s in group]) for persona, group in by_persona.items()},
        templates={persona: _one([s.ids.templates for s in group]) for persona, group in by_persona.items()},
        schemas={persona: _one([s.ids.reply_schema for s in group]) for persona, group in by_persona.items()},
        scales={persona: _one([s.ids.scale for s in group]) for persona, group in by_persona.items()},
        signals={persona: value for persona, value in local.items() if value},
        endpoint=_one([s.parts.endpoint for s in seats]),
        parameters=_one([s.parts.parameters for s in seats]),
        variant=seats[0].slot.variant,
        asked=" + ".join(sorted({s.model.model for s in seats})),
        served=tuple(sorted({s.model_served for s in seats if s.model_served})),
    )


def _one(hashes: Sequence[str]) -> str:
    """The hash that all share, else a hash of the distinct ones; empty where there are none."""
    distinct = sorted(set(hashes))
    return sha(distinct) if len(distinct) > 1 else "".join(distinct)


def _names(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
