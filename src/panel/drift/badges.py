"""Badges: the panels whose badge changed. Votes of tools go in one tool at a time, facts about tools at the end.

A badge also needs checkable facts enough (law 7). Counting them takes the tool's text, which is not kept; so the tools
that need it are named first, and what their texts give is handed in afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from panel.drift.seats import Folded, Vote
from panel.records.drift import BadgeFlip
from panel.records.facts import FLOOR, checkable_facts
from panel.records.run import InputLine
from panel.records.vote import Badge, Outcome, Tally, badge_of

Enough = Callable[[str], bool]
"""Whether the description of a tool, by its id, gives enough to judge by; the floor of law 7."""


class _Panel(NamedTuple):
    tool: str
    model: str
    variant: str
    before: dict[str, Outcome]
    after: dict[str, Outcome]


class Badges:
    """Gathers panels that sat on both sides; only those that may have changed are kept."""

    def __init__(self, voting: Callable[[str], bool]) -> None:
        self._voting = voting
        self._maybe: list[_Panel] = []
        self.paired = 0

    def add_tool(self, tool: str, before: Mapping[Vote, Folded], after: Mapping[Vote, Folded]) -> None:
        """The panels of one tool, from all its votes on either side."""
        old, new = self._panels(before), self._panels(after)
        same_text = _texts(before) == _texts(after)
        for panel in old.keys() & new.keys():
            badges = [badge_of(list(votes[panel].values())) for votes in (old, new)]
            if Badge.INCOMPLETE in badges:
                continue
            self.paired += 1
            if badges[0] is not badges[1] or not same_text:
                self._maybe.append(_Panel(tool, *panel, old[panel], new[panel]))

    def _panels(self, votes: Mapping[Vote, Folded]) -> dict[tuple[str, str], dict[str, Outcome]]:
        panels: dict[tuple[str, str], dict[str, Outcome]] = {}
        for (persona, model, variant), folded in votes.items():
            if self._voting(persona):
                panels.setdefault((model, variant), {})[persona] = folded.outcome
        return panels

    @property
    def needed(self) -> set[str]:
        """The tools whose texts decide whether a badge changed."""
        return {panel.tool for panel in self._maybe}

    def flips(self, enough_before: Enough, enough_after: Enough) -> tuple[BadgeFlip, ...]:
        """The panels whose badge changed, by tool and model."""
        found = []
        for panel in sorted(self._maybe, key=lambda panel: panel[:3]):
            old = _tally(panel.model, panel.before, enough_before(panel.tool))
            new = _tally(panel.model, panel.after, enough_after(panel.tool))
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
                        same_panel=panel.before.keys() == panel.after.keys(),
                    )
                )
        return tuple(found)


def _texts(votes: Mapping[Vote, Folded]) -> set[str | None]:
    """The hashes of the descriptions that the seats were shown."""
    return {seat.made[0] for folded in votes.values() for seat in folded.seats.values()}


def _tally(model: str, votes: Mapping[str, Outcome], enough: bool) -> Tally:
    outcomes = list(votes.values())
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


def silent(inputs: Iterable[InputLine]) -> set[str]:
    """The personas that never vote, such as Control."""
    told = [line.value for line in inputs if line.kind == "persona"]
    return {str(value.get("id")) for value in told if isinstance(value, dict) and value.get("votes") is False}


def thin(inputs: Iterable[InputLine], needed: set[str]) -> set[str]:
    """The tools among those needed whose description holds too few checkable facts."""
    found: set[str] = set()
    for line in inputs:
        if line.kind == "tool" and isinstance(line.value, dict) and line.value.get("id") in needed:
            facts = checkable_facts(str(line.value.get("description", "")))
            (found.add if len(facts) < FLOOR else found.discard)(str(line.value["id"]))
    return found
