"""Law 10 on whole cards: the order of the columns is the order of the columns, and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from builders import MODEL, NOON, OFFLINE, OTHER, PANEL, Told, make_review, make_tool
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from panel.comparator import card_of
from panel.records.card import Card
from panel.records.review import Review
from panel.records.verdict import AbstainReason, Flag, FlagCode, Prediction

TOLD: st.SearchStrategy[Told] = st.sampled_from(
    [*(40, 55, 58, 60, 62, 66, 70, 75, 75, 80, 80, 85, 90) * 3, *[AbstainReason.TRUNCATED] * 3, None]
)
"""Few different scores, so that ties are common; few seats without an answer, so that most cards have one."""
PHRASES = st.lists(st.sampled_from(["vendor lock-in", "Vendor lock-in", "cost at scale"]), max_size=3)
CLAUSE = st.sampled_from([None, "you want a queue", "you run it yourself", "Teams of ten"])
SAYS = st.fixed_dictionaries(
    {},
    optional={
        "concerns": PHRASES.map(tuple),
        "not_stated": PHRASES.map(tuple),
        "pick_if": CLAUSE,
        "walk_away_if": CLAUSE,
        "review": st.sampled_from(["One thing. Its cost at scale is open. Done.", "Lock-in by the vendor, e.g. keys."]),
        "prediction": st.just(
            Prediction(claim="it lasts", within_months=24, wrong_if="it stops", due=dt.date(2028, 11, 20))
        ),
        "flags": st.just((Flag(code=FlagCode.THIN_BASIS),)),
    },
)
MODELS = st.sampled_from([(MODEL,), (MODEL, OTHER), (OFFLINE,), (MODEL, OFFLINE), (OTHER,)])
RARELY = st.sampled_from([False] * 5 + [True])
PERSONAS = st.sampled_from([PANEL, PANEL[::-1], (*PANEL, "control")])


@st.composite
def reviews(draw: st.DrawFn, least: int = 2, most: int = 2) -> list[Review]:
    """Reviews of distinct tools whose panels are mostly alike: sometimes other repeats, dates, models or templates."""
    names = draw(st.permutations(["alder", "birch", "cedar", "damson"]))
    usual = draw(MODELS)
    return [draw(_review(name, usual, odd=draw(RARELY))) for name in names[: draw(st.integers(least, most))]]


@st.composite
def _review(draw: st.DrawFn, tool: str, usual: tuple[str, ...], *, odd: bool) -> Review:
    """A review by the usual models; an odd one differs in models, personas, templates or the model served."""
    models = draw(MODELS) if odd else usual
    repeats = draw(st.sampled_from([1, 1, 2]))
    personas = draw(st.sampled_from([PANEL, PANEL[:3]]) if odd else PERSONAS)
    told = {m: {p: draw(st.lists(TOLD, min_size=repeats, max_size=repeats)) for p in personas} for m in models}
    fields: dict[str, Any] = {
        "name": draw(st.sampled_from([tool, "Twin"])),
        "category": draw(st.sampled_from([None, "Queues", "Models"])),
        "vendor": draw(st.sampled_from([None, "OpenAI"])),
        "as_of": draw(st.sampled_from([None, dt.date(2026, 1, 1), dt.date(2026, 10, 1)])),
    }
    seat: dict[str, Any] = {
        "served": draw(st.sampled_from(["as asked", "other"])) if odd else "as asked",
        "ids": draw(st.sampled_from([{}, {"templates": "old"}])) if odd else {},
    }
    review = make_review(
        make_tool(tool, **fields), models=told, says={p: draw(SAYS) for p in personas if p != "control"}, **seat
    )
    return review if draw(st.booleans()) else _older(review)


def _older(review: Review) -> Review:
    """The same review, asked a year before."""
    long_ago = NOON - dt.timedelta(days=365)
    seats = [s.model_copy(update={"asked_at": s.asked_at and long_ago, "run_id": "old"}) for s in review.seats]
    return review.model_copy(update={"seats": tuple(seats)})


def moved(card: Card, order: Sequence[int]) -> Card:
    """The card with its columns in another order: everything that is kept by column is moved, nothing else touched."""

    def columns(values: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(values[place] for place in order)

    def groups(items: Sequence[Any]) -> tuple[Any, ...]:
        """Entries that name their tool, in the columns' order; those of one tool stay in theirs."""
        found = {tool: list(entries) for tool, entries in groupby(items, key=lambda item: item.tool)}
        assert sum(map(len, found.values())) == len(items), "the entries of one tool stand together"
        return tuple(item for place in order for item in found.get(card.heads[place].tool, []))

    names = " vs ".join(card.heads[place].name for place in order)
    return card.model_copy(
        update={
            "title": f"{names}: which one should you ship with?",
            "breadcrumb": ("Compare", names),
            **{name: columns(getattr(card, name)) for name in ("heads", "advice", "evidence", "silences")},
            **{name: groups(getattr(card, name)) for name in ("dissents", "forecasts", "flags", "across")},
            "decision": tuple(row.model_copy(update={"values": columns(row.values)}) for row in card.decision),
            "scorecard": tuple(
                row.model_copy(
                    update={
                        "cells": columns(row.cells),
                        "criteria": tuple(
                            item.model_copy(update={"values": columns(item.values)}) for item in row.criteria
                        ),
                    }
                )
                for row in card.scorecard
            ),
        }
    )


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150, deadline=None)
@given(reviews())
def test_swapping_two_tools_swaps_the_card_and_nothing_else(pair: list[Review]) -> None:
    """Law 10: A and B change places; answer, sentences, notes and provenance are the same to the letter."""
    card = card_of(pair)
    assert card_of(pair[::-1]) == moved(card, (1, 0))
    assert moved(moved(card, (1, 0)), (1, 0)) == card


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=80, deadline=None)
@given(reviews(least=3, most=4), st.data())
def test_any_order_of_more_tools_moves_columns_and_nothing_else(several: list[Review], data: st.DataObject) -> None:
    """Law 10: the same for three and four tools in any order."""
    order = data.draw(st.permutations(range(len(several))))
    assert card_of([several[place] for place in order]) == moved(card_of(several), order)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=40, deadline=None)
@given(reviews())
def test_a_stored_card_reads_back_as_it_was(pair: list[Review]) -> None:
    card = card_of(pair)
    assert Card.from_line(card.to_line()) == card


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(reviews())
def test_head_counts_share_badge_and_title_agree(pair: list[Review]) -> None:
    """Law 3: what stands at the top of a column follows from its tallies, and the badge from all of them."""
    for head in card_of(pair).heads:
        assert head.title.startswith(f"{head.name}: {head.badge.words}")
        assert head.share == (100 * head.ship_votes // head.invited)
        assert any((t.ship, t.invited) == (head.ship_votes, head.invited) for t in head.tallies)
        assert {t.badge for t in head.tallies} == {head.badge} or head.badge.value in ("models_disagree", "incomplete")
