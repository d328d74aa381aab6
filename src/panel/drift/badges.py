"""Badges: the panels whose badge changed. Votes of tools go in one tool at a time, facts about tools at the end.

A badge also needs checkable facts enough (law 7). Counting them takes the tool's text, which is not kept; so it is
looked up in the end, for the panels whose badge may have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from panel.drift.seats import Folded, Vote
from panel.records.drift import BadgeFlip
from panel.records.vote import Badge, Outcome, Tally, badge_of

Texts = frozenset[str | None]
"""The hashes of the descriptions that a tool's seats were shown."""

Enough = Callable[[str, Collection[str | None]], bool]
"""Whether a tool's description, of one of these hashes, gives enough to judge by; the floor of law 7."""


class _Panel(NamedTuple):
    tool: str
    model: str
    variant: str
    before: tuple[Outcome, ...]
    after: tuple[Outcome, ...]
    same_panel: bool
    texts: tuple[Texts, Texts]


class Badges:
    """Gathers panels that sat on both sides; only those that may have changed are kept."""

    def __init__(self, voting: Callable[[str], bool]) -> None:
        self._voting = voting
        self._maybe: list[_Panel] = []
        self._known: dict[Any, Any] = {}
        self.paired = 0

    def add_tool(self, tool: str, before: Mapping[Vote, Folded], after: Mapping[Vote, Folded]) -> None:
        """The panels of one tool, from all its votes on either side."""
        old, new = self._panels(before), self._panels(after)
        was_shown, is_shown = _texts(before), _texts(after)
        same_text = was_shown == is_shown
        texts = was_shown, was_shown if same_text else is_shown
        for panel in old.keys() & new.keys():
            sat = [tuple(votes[panel].values()) for votes in (old, new)]
            badges = [badge_of(outcomes) for outcomes in sat]
            if Badge.INCOMPLETE in badges:
                continue
            self.paired += 1
            if badges[0] is not badges[1] or not same_text:
                was, now = (self._known.setdefault(outcomes, outcomes) for outcomes in sat)
                same = old[panel].keys() == new[panel].keys()
                self._maybe.append(_Panel(tool, *panel, was, now, same, texts))

    def add_same(self, votes: Mapping[Vote, Folded]) -> None:
        """The panels of a tool that shows the very same answers on both sides."""
        panels = self._panels(votes).values()
        self.paired += sum(Outcome.PENDING not in panel.values() for panel in panels)

    def _panels(self, votes: Mapping[Vote, Folded]) -> dict[tuple[str, str], dict[str, Outcome]]:
        panels: dict[tuple[str, str], dict[str, Outcome]] = {}
        for (persona, model, variant), folded in votes.items():
            if self._voting(persona):
                panels.setdefault((model, variant), {})[persona] = folded.outcome
        return panels

    def flips(self, enough_before: Enough, enough_after: Enough) -> tuple[BadgeFlip, ...]:
        """The panels whose badge changed, by tool and model."""
        found = []
        for panel in sorted(self._maybe, key=lambda panel: panel[:3]):
            old = _tally(panel.model, panel.before, enough_before(panel.tool, panel.texts[0]))
            new = _tally(panel.model, panel.after, enough_after(panel.tool, panel.texts[1]))
            if old.badge is not new.badge:
                found.append(
                    BadgeFlip(
                        tool=panel.tool,
                        model=panel.model,
                        variant=panel.variant,
                        before=old.badge,
                        after=new.badge,
                        votes_before=old.words,
                        votes_after=new.words,
                        same_panel=panel.same_panel,
                    )
                )
        return tuple(found)


def _texts(votes: Mapping[Vote, Folded]) -> Texts:
    return frozenset(seat.made[0] for folded in votes.values() for seat in folded.seats.values())


def _tally(model: str, outcomes: tuple[Outcome, ...], enough: bool) -> Tally:
    return Tally(
        model=model,
        invited=len(outcomes),
        ship=outcomes.count(Outcome.SHIP),
        skip=outcomes.count(Outcome.SKIP),
        split=outcomes.count(Outcome.SPLIT),
        abstained=outcomes.count(Outcome.ABSTAINED),
        pending=outcomes.count(Outcome.PENDING),
        badge=badge_of(outcomes) if enough else Badge.NOT_ENOUGH,
    )
