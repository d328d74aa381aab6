"""Shares: what each of several workers may take of what an endpoint bears: calls at once, calls and tokens a minute.

Pure. Shares are as even as whole numbers can be and together never more than the whole, so that a model that bears less
than one call a worker is asked by fewer workers.
"""

from __future__ import annotations

from typing import NamedTuple

from panel.clients.base import Client
from panel.clients.wire.limits import Allowance, Limits, limits_of
from panel.records.model import Model
from panel.records.prompt import Prompt
from panel.records.reply import Reply

GROUP = 8
"""Seats of one group at most: what one task asks."""

AHEAD = 2
"""Seats that a worker has in hand for each that it may ask at the same time: some wait for the slowest of a group."""


def part(whole: int, place: int, places: int) -> int:
    """The share of `whole` that falls to one of so many places."""
    return whole // places + (place < whole % places)


def places_of(model: Model, general: int, workers: int) -> int:
    """Among how many of the workers a model is shared: each gets at least one call at once, and one a minute."""
    stated = (model.concurrency or general, model.requests_per_minute, model.tokens_per_minute)
    return max(1, min(workers, *(whole for whole in stated if whole is not None)))


def share_of(model: Model, general: int, place: int, places: int) -> Model:
    """The model with the limits that hold for one worker."""
    stated = {"requests_per_minute": model.requests_per_minute, "tokens_per_minute": model.tokens_per_minute}
    limits = {name: part(whole, place, places) for name, whole in stated.items() if whole is not None}
    return model.model_copy(update={"concurrency": part(model.concurrency or general, place, places), **limits})


class InHand(NamedTuple):
    """How many seats a group has, and how many groups a worker is given at a time."""

    seats: int
    groups: int


def in_hand(at_once: int) -> InHand:
    """For a worker that may make so many calls at the same time."""
    seats = max(1, min(GROUP, at_once))
    return InHand(seats, -(-AHEAD * at_once // seats))


class Sharing:
    """A client whose server's limits hold for `places` workers: headers state them for all who use the key."""

    def __init__(self, client: Client, places: int = 1) -> None:
        self.name = client.name
        self.inner = client
        self.places = places
        self._heard: Limits | None = None
        self._share: Limits | None = None

    async def ask(self, prompt: Prompt) -> Reply:
        """The reply of the client inside."""
        return await self.inner.ask(prompt)

    @property
    def limits(self) -> Limits | None:
        """This worker's share of what the last response stated; the same object until another one states more."""
        heard = limits_of(self.inner)
        if heard is not self._heard:
            self._heard = heard
            self._share = heard and Limits(self._of(heard.requests), self._of(heard.tokens))
        return self._share

    def _of(self, whole: Allowance) -> Allowance:
        per_minute = None if whole.per_minute is None else whole.per_minute / self.places
        return whole._replace(per_minute=per_minute)
