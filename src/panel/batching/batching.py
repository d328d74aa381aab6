"""Batching: the batches of one run, from handing in to the last row collected.

In go seats, the clients of batch interfaces and the run to write to; out come lines in its log, as live calls would
have written them. Whatever is done is in the ledger before and after, so that a process may end anywhere and the next
one goes on from the folder. Nothing here prints or reads a clock.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from panel.batching.drawing import Drawing, Leave, Submission
from panel.batching.filling import Limits
from panel.batching.handing_in import HandingIn
from panel.batching.harvest import Harvest, check_ours
from panel.batching.ledger import Ledger, Part
from panel.batching.means import Means, Sleep
from panel.budget import Budget, Most, Pricing
from panel.clients.batches import BatchClient
from panel.errors import ClientError, PanelError, StoreError, UsageError
from panel.prices import most, price
from panel.prompts import Prompter
from panel.records.batch import JobState
from panel.records.model import Model
from panel.records.reply import Cost
from panel.records.run import ReplyLine
from panel.seating import Seat
from panel.store import RunWriter

INTERVAL_S = 30.0
LONGEST_INTERVAL_S = 600.0
MOST_FAILURES = 30
"""Times in a row that a part cannot be looked at or collected until waiting leaves it, some four hours."""
_GROWTH = 1.5
_JITTER = 0.15


class Standing(NamedTuple):
    """An open part with what its provider says of it now; `problem` is why it says nothing."""

    part: Part
    state: JobState | None = None
    problem: PanelError | None = None


Look = Callable[[Sequence[Standing]], None]
"""Told where the open parts stand."""


class Collected(NamedTuple):
    """What collecting brought: the parts that ended, lines stored, rows that were not ours, and what went wrong.

    `failed` maps parts that stay open to why; `odd` says in words what was odd about those that were collected.
    """

    parts: tuple[int, ...] = ()
    replies: int = 0
    failures: int = 0
    unknown: int = 0
    twice: int = 0
    odd: tuple[str, ...] = ()
    failed: Mapping[int, PanelError] = {}

    def and_then(self, later: Collected) -> Collected:
        """This and what a later collecting brought; what failed is as of then."""
        return Collected(
            self.parts + later.parts,
            self.replies + later.replies,
            self.failures + later.failures,
            self.unknown + later.unknown,
            self.twice + later.twice,
            self.odd + later.odd,
            later.failed,
        )


class Batching:
    """The batches of a run that is being written, by one process."""

    def __init__(
        self,
        run: RunWriter,
        clients: Mapping[str, BatchClient],
        models: Mapping[str, Model],
        prompter: Prompter,
        *,
        budget: Budget,
        clock: Callable[[], float],
        price: Pricing = partial(price, via="batch"),  # noqa: B008 - a function
        most: Most = partial(most, via="batch"),  # noqa: B008 - a function
        limits: Limits = Limits(),  # noqa: B008 - immutable
        say: Callable[[str], None] = lambda words: None,
        kept: Callable[[ReplyLine], None] = lambda line: None,
        sleep: Sleep = asyncio.sleep,
        taken_up: bool = False,
    ) -> None:
        """`taken_up` is of a run that another process began, here or on a copy of its folder. `budget` knows what the
        run's lines have spent; what open parts may cost is held in it from here on.

        Raises StoreError for a damaged ledger.
        """
        self._ledger = Ledger(run, clock)
        self._means = Means(run, clients, models, prompter, price, most, budget, clock, sleep, say, kept)
        self._handing = HandingIn(self._means, self._ledger)
        self._limits = limits
        self._taken_up = taken_up
        self._spent: dict[int, Decimal] = {}
        for part in self._ledger.open:
            budget.reserved += part.reserved_usd or 0

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts of the run, in the order prepared."""
        return self._ledger.parts

    async def recover(self) -> None:
        """Find out about parts that may have been handed in before a process ended; see `HandingIn.recover`."""
        await self._handing.recover()

    async def submit(self, seats: Iterable[Seat], *, leave: Leave = lambda seat, reason: None) -> Submission:
        """Hand in what the seats are to be asked next, part by part; those handed in already are passed over.

        `leave` is told of every seat that stays open, and why: `budget`, `no batch interface`, or an error's code.
        Raises RunStopping (`no_list`) where it is unknown what was handed
        in, StoreError where nothing can be written.
        """
        await self.recover()
        return await Drawing(self._means, self._handing, self._limits, leave, taken_up=self._taken_up).draw(seats)

    async def look(self) -> list[Standing]:
        """Where the open parts stand; a change is noted in the ledger."""
        return [await self._stand(part) for part in self._ledger.open]

    async def collect(self, *, watch: Look = lambda standings: None) -> Collected:
        """Store what the batches brought that are over; the others stay as they are, and so do those that fail."""
        total = Collected()
        failed: dict[int, PanelError] = {}
        standings = await self.look()
        watch(standings)
        for standing in standings:
            if standing.problem:
                failed[standing.part.number] = standing.problem
            elif standing.state and standing.state.phase.over:
                try:
                    total = total.and_then(await self._harvest(standing.part, standing.state))
                except (ClientError, UsageError) as error:
                    failed[standing.part.number] = error
        return total._replace(failed=failed)

    async def wait(
        self,
        interval_s: float | None = None,
        longest_s: float | None = None,
        *,
        watch: Look = lambda standings: None,
    ) -> Collected:
        """Collect until nothing is open, with pauses that grow from `INTERVAL_S` while nothing changes.

        `watch` is told where the open parts stand, each time that is looked at. Errors that may pass are waited out;
        parts that fail for good, or `MOST_FAILURES` times in a row, are left, and named in `Collected.failed`.
        Cancelled (Ctrl-C), it lets go and leaves the batches running.
        """
        await self.recover()
        interval_s = INTERVAL_S if interval_s is None else interval_s
        longest_s = LONGEST_INTERVAL_S if longest_s is None else longest_s
        total, pause, told, failures = Collected(), interval_s, set[str](), Counter[int]()
        while True:
            before = [(part.number, part.phase) for part in self._ledger.open]
            total = total.and_then(await self.collect(watch=watch))
            for words in {error.message for error in total.failed.values()} - told:
                self._means.say(words)
                told.add(words)
            failures = Counter({number: failures[number] + 1 for number in total.failed})
            lost = {
                number
                for number, error in total.failed.items()
                if not error.retryable or failures[number] >= MOST_FAILURES
            }
            if all(part.number in lost for part in self._ledger.open):
                return total
            unchanged = before == [(part.number, part.phase) for part in self._ledger.open]
            pause = min(longest_s, _GROWTH * pause) if unchanged else interval_s
            await self._means.sleep(pause * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311 - not a secret

    async def cancel(self) -> list[Standing]:
        """Cancel what is not over; what was done until then can be collected, and is paid for."""
        for part in self._ledger.open:
            if part.is_unclear and not await self._handing.search(part):
                self._handing.give_up(part, "cancelled before it was handed in")
        return [await self._stand(part, cancel=True) for part in self._ledger.open]

    def give_up(self, number: int, reason: str) -> Part:
        """End a part whose results cannot be had any more: its seats are open again, its cost counts at its most.

        So it does where nobody can find out whether the part was handed in. Raises UsageError for a part that is not
        open.
        """
        part = next((part for part in self._ledger.open if part.number == number), None)
        if part is None:
            raise UsageError(
                f"run {self._means.run.run_id} has no part {number} that waits for results.",
                hint=f"See what there is: panel batch status {self._means.run.run_id}",
            )
        harvest = Harvest(self._means, self._ledger, part)
        harvest.lose(reason)
        self._settle(part, harvest.spent)
        return self._ledger.parts[number]

    async def _stand(self, part: Part, *, cancel: bool = False) -> Standing:
        """The part as its provider says it stands; told to begin no more where that is asked."""
        if part.job is None:
            return Standing(part, problem=_unclear(part))
        job = part.job
        try:
            client = self._means.client(part.model)
            state = await self._means.patiently(lambda: client.state(job))
            check_ours(part, state, self._means.run.run_id)
            if cancel and not state.phase.over:
                state = await self._means.patiently(lambda: client.cancel(job))
        except (ClientError, UsageError, StoreError) as error:
            return Standing(part, problem=error)
        if state.phase is not part.phase:
            part = self._ledger.note(part, "cancelled" if cancel else "seen", job=job, phase=state.phase)
        return Standing(part, state)

    async def _harvest(self, part: Part, state: JobState) -> Collected:
        harvest = Harvest(self._means, self._ledger, part)
        try:
            await harvest.take(state)
        finally:
            self._spent[part.number] = self._spent.get(part.number, Decimal(0)) + harvest.spent
        self._settle(part, self._spent.pop(part.number))
        counts = Counter(harvest.counts)
        odd = (f"part {part.number} (batch {state.job}): {harvest.told}",) if harvest.told else ()
        return Collected((part.number,), counts["replies"], counts["failures"], counts["unknown"], counts["twice"], odd)

    def _settle(self, part: Part, spent: Decimal) -> None:
        """Put what the part cost in the place of what was held for it."""
        if part.reserved_usd is None:
            self._means.budget.spent += spent
        else:
            self._means.budget.settle(part.reserved_usd, Cost(usd=spent))


def _unclear(part: Part) -> PanelError:
    return UsageError(
        f"it is not known whether part {part.number} of {part.model} was handed in before the command ended.",
        hint="Give the same command again: it finds out from the provider's list, and hands it in if it was not.",
    )
