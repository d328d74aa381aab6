"""Handing in: a part that is in the ledger goes to its provider once, whatever breaks on the way.

Creating a batch is a call that may succeed and look as if it had failed. So whenever that is possible, and after every
crash, the provider's list is searched for a batch that names the run and the part; only where it lists none, twice,
is the part handed in again. Where there is no list, nothing is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from panel.batching.filling import content_of
from panel.batching.ledger import Ledger, Part
from panel.batching.means import PAUSES_S, Means
from panel.batching.questions import Questions, lines_again
from panel.clients.batches import BatchClient, may_exist
from panel.errors import ClientError, RunStopping
from panel.records.batch import JobState, Phase
from panel.records.reply import Cost
from panel.store import RunReader

LISTED_WITHIN_S = 15.0
"""How long a provider may take until a batch that was created is in its list."""

SKEW = dt.timedelta(minutes=2)
"""How far a provider's clock may be behind ours."""

TRIES = 3
"""Times that a part is handed in at most by one command, where nothing was created by the time before."""

_BEST = (Phase.DONE, Phase.ENDING, Phase.RUNNING, Phase.WAITING, Phase.EXPIRED, Phase.CANCELLED, Phase.FAILED)
"""Which of several batches of one part is taken over: the one that is furthest."""


class HandingIn(NamedTuple):
    """What brings parts to providers, and finds those that may be there."""

    means: Means
    ledger: Ledger

    async def hand_in(self, part: Part, lines: Sequence[bytes]) -> Part:
        """The part with its provider's id; raises `ClientError`.

        After a clear refusal the part is given up, and its seats may be asked otherwise. Where it stays unknown whether
        a batch was created, it stays in the ledger as prepared, and `recover` finds out.
        """
        client, run = self.means.client(part.model), self.means.run.run_id
        for left in reversed(range(TRIES)):
            try:
                job = await client.submit(lines, run=run, part=part.number)
            except ClientError as error:
                unclear = may_exist(error)
                found = await self.search(part) if unclear else None
                if found:
                    return found
                if not left or not (unclear or error.retryable):
                    if error.status == 404:
                        error.hint = f"If that server has no batches, leave --via batch out. Else: {error.hint}"
                    if not unclear:
                        self.give_up(part, f"not handed in: {error.message}")
                    raise
                await self.means.sleep(PAUSES_S[TRIES - 1 - left])
            else:
                return self.ledger.note(part, "submitted", job=job)
        raise AssertionError("the last try returns or raises")

    async def recover(self) -> None:
        """Find out about every part that may have been handed in, and hand in those that were not.

        A part that would be handed in otherwise today is given up instead, and its seats are open again.
        """
        for part in self.ledger.open:
            if not part.is_unclear or await self.search(part):
                continue
            client, model = self.means.client(part.model), self.means.models[part.model]
            questions = Questions(RunReader(self.means.run.path), part, self.means.prompter, model)
            lines = lines_again(questions, part, client.line)
            if lines is None or content_of(lines) != part.content:
                self.give_up(part, "not handed in before the command ended, and would be asked otherwise today")
            else:
                await self.hand_in(part, lines)

    async def check_known(self, model: str) -> None:
        """Raise RunStopping where the provider lists a part of this run that the ledger does not know.

        The ledger was cut then, or another copy of the run's folder handed it in: its seats would be paid for twice.
        """
        client, run = self.means.client(model), self.means.run.run_id
        listed = await self._list(model, client, run)
        known = {part.number for part in self.ledger.parts}
        for state in listed:
            if state.run == run and state.part not in known:
                raise RunStopping(
                    f"{model}: batch {state.job} is part {state.part} of run {run}, and the run's ledger does not know "
                    "it: batches.jsonl was cut, or another copy of the folder handed it in.",
                    hint="Nothing was handed in. Put batches.jsonl back, or go on with the other copy; or cancel that "
                    "batch at the provider.",
                    code="no_list",
                )

    async def search(self, part: Part) -> Part | None:
        """The part with the id of the batch that the provider lists for it; None where it lists none, twice."""
        found = await self._listed(part)
        if not found:
            await self.means.sleep(LISTED_WITHIN_S)
            found = await self._listed(part)
        if not found:
            return None
        ours, *others = sorted(found, key=_rank)
        for other in others:
            await self._disown(part, other)
        self.means.say(f"part {part.number} was handed in before: it is batch {ours.job}, and is not sent again")
        return self.ledger.note(part, "submitted", job=ours.job, reason="found in the provider's list")

    def give_up(self, part: Part, reason: str) -> Part:
        """A part of which nothing was created; what was reserved for it is free again."""
        self.means.say(f"part {part.number} of {part.model} ({len(part.keys):,} seats): {reason}")
        given_up = self.ledger.note(part, "given_up", reason=reason)
        if part.reserved_usd is not None:
            self.means.budget.settle(part.reserved_usd, Cost(usd=Decimal(0)))
        return given_up

    async def _listed(self, part: Part) -> list[JobState]:
        """The provider's batches of this part, but for those that were disowned."""
        run = self.means.run.run_id
        listed = await self._list(part.model, self.means.client(part.model), run)
        known = {other.number for other in self.ledger.parts}
        self._check_nameless(part, listed)
        for state in listed:
            if state.run is not None and state.part not in known:
                self.means.say(
                    f"batch {state.job} names run {run} and part {state.part}, which the run's ledger does not know: "
                    "if no other machine has a copy of this run, cancel it at the provider"
                )
        named = (state for state in listed if state.run is not None)
        return [state for state in named if state.part == part.number and state.job not in part.strays]

    async def _list(self, model: str, client: BatchClient, run: str) -> list[JobState]:
        """The provider's list; raises RunStopping where it cannot be had."""
        try:
            return await self.means.patiently(lambda: client.find(run))
        except ClientError as error:
            raise RunStopping(
                f"{model}: it cannot be told which parts of run {run} were handed in, since the provider's list of "
                f"batches cannot be had: {error.message}",
                hint="Give the same command again in a while. Nothing is handed in before the list is there, so that "
                "nothing is paid for twice.",
                code="no_list",
            ) from error

    def _check_nameless(self, part: Part, listed: Sequence[JobState]) -> None:
        """Raise RunStopping where the part is listed under no name, and a batch without one may be it."""
        if any(state.run is not None and state.part == part.number for state in listed):
            return
        since = part.at - SKEW
        for state in listed:
            fits = state.total in (None, 0, len(part.keys)) and (state.created_at or part.at) >= since
            if state.run is None and fits and not any(state.job == other.job for other in self.ledger.parts):
                raise RunStopping(
                    f"{part.model}: batch {state.job} carries no name and was created after part {part.number} of run "
                    f"{self.means.run.run_id} was about to be: it may be that part.",
                    hint="Look at it at the provider. If it is not yours, or once it is cancelled there, "
                    f"`panel batch give-up {self.means.run.run_id} {part.number}` opens the part's seats again.",
                    code="no_list",
                )

    async def _disown(self, part: Part, other: JobState) -> None:
        """A second batch of the same part is cancelled, and said aloud: it may cost."""
        reason = f"a second batch of part {part.number}"
        self.ledger.note(part, "cancelled", job=other.job, phase=other.phase, reason=reason)
        if not other.phase.over:
            await self.means.patiently(lambda: self.means.client(part.model).cancel(other.job))
        done = "was over already and may be charged" if other.phase.over else "is cancelled, and may be charged in part"
        self.means.say(f"batch {other.job} is {reason} of run {self.means.run.run_id}: it {done}")


def _rank(state: JobState) -> tuple[int, float, str]:
    created = state.created_at.timestamp() if state.created_at else 0.0
    return _BEST.index(state.phase), created, state.job
