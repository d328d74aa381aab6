"""Harvest: what a batch that is over brought, into the log of the run: a line per seat, once, whatever happens.

Rows are joined by custom id; their order means nothing. A process may end in the middle: lines name the part that
brought them, so that collecting again skips what is there. Rows that are not ours are counted and never stored. A seat
of which the provider says nothing gets a line that says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import aclosing
from decimal import Decimal

from panel.batching.ledger import Ledger, Part
from panel.batching.means import Means
from panel.batching.questions import Planned, Questions
from panel.budget import spent_of
from panel.clients.base import NOT_CHARGED
from panel.errors import SeatFailed, StoreError
from panel.records.batch import BatchResult, JobState, Phase
from panel.records.reply import Attempt, Cost, Reply, utc
from panel.records.run import ReplyLine
from panel.store import RunReader

SHARED = Cost(usd=Decimal(0), source="same request as another seat")

_SILENT = {
    Phase.FAILED: ("batch_failed", "the provider refused the batch as a whole"),
    Phase.EXPIRED: ("batch_expired", "the batch ended before this request was carried out"),
    Phase.CANCELLED: ("batch_cancelled", "the batch was cancelled before this request was carried out"),
    Phase.DONE: ("no_row", "the provider gave no answer to this request, and no reason"),
}
"""What is said of a seat of which the provider says nothing, by how its batch ended."""

_LONGEST = 300
_NAMED = 3


def check_ours(part: Part, state: JobState, run: str) -> None:
    """Raise StoreError for a batch that says it belongs to another run, or to another part of this one."""
    if (state.run is None or state.run == run) and (state.part is None or state.part == part.number):
        return
    raise StoreError(
        f"batch {state.job}, which run {run} has as its part {part.number}, says that it is part {state.part} of run "
        f"{state.run}.",
        hint="Nothing of it was stored. Put batches.jsonl back from a copy; the batch can be collected by its own run.",
    )


class Harvest:
    """One collecting of one part."""

    def __init__(self, means: Means, ledger: Ledger, part: Part) -> None:
        self._means = means
        self._ledger = ledger
        self._part = part
        self._model = means.models[part.model]
        self._questions = Questions(RunReader(means.run.path), part, means.prompter, self._model)
        _check_planned(self._questions, part, means.run.run_id)
        self._keys = frozenset(part.keys)
        self._met: set[str] = set()
        self._answered: set[str] = set()
        self._odd: list[str] = []
        self.spent = Decimal(0)
        """What the lines that were stored come to."""
        self.counts: Counter[str] = Counter()
        """Of `replies`, `failures`, `unknown` ids and ids that came `twice`."""

    async def take(self, state: JobState) -> None:
        """Store every row; raises `ClientError`, also after some rows, and then can be begun anew."""
        client = self._means.client(self._part.model)
        async with aclosing(client.results(state.job, self._part.caps)) as rows:
            async for row in rows:
                self._row(row)
        self._check_met(state)
        self._silent(state)
        self._ledger.note(self._part, "collected", phase=state.phase, reason=self.told)

    def _check_met(self, state: JobState) -> None:
        """Raise `SeatFailed` where a batch brought rows, and none for a seat of this part, now or before."""
        questions = self._questions
        if not self.counts["unknown"] or self._met or questions.replied or questions.failed:
            return
        part = self._part
        raise SeatFailed(
            f"{part.model}: batch {state.job} brought {self.counts['unknown']:,} rows, and none for the "
            f"{len(part.keys):,} seats of part {part.number}: they are somebody else's.",
            hint="Nothing of it was stored. Collect it again in a while; if it stays so, ask the provider's support. "
            f"`panel batch give-up {self._means.run.run_id} {part.number}` ends the part.",
            code="other_batch",
        )

    def lose(self, reason: str) -> None:
        """Give the part up: every seat without a line gets one that says so, with the most it may have cost."""
        for key in self._unmet():
            self._keep(key, failure=self._failure(key, "batch_lost", reason, charged=True))
        self._ledger.note(self._part, "given_up", reason=reason)

    @property
    def told(self) -> str:
        """What was odd, in words; empty where nothing was."""
        counts = self.counts
        words = [
            f"{counts['unknown']:,} rows under ids that are none of its seats' ({', '.join(self._odd)})"
            if counts["unknown"]
            else "",
            f"{counts['twice']:,} rows that came twice" if counts["twice"] else "",
        ]
        return " and ".join(filter(None, words))

    def _row(self, row: BatchResult) -> None:
        key = row.custom_id
        if key not in self._keys:
            self.counts["unknown"] += 1
            if len(self._odd) < _NAMED:
                self._odd.append(key or "without an id")
            return
        self.counts["twice"] += key in self._met
        self._met.add(key)
        if row.reply:
            self._answered.add(key)
            self._keep(key, reply=self._priced(key, row.reply))
        elif row.failure:
            self._keep(key, failure=self._bounded(key, row.failure))

    def _keep(self, key: str, reply: Reply | None = None, failure: Attempt | None = None) -> None:
        """A line for each slot that this is for and has none yet; a reply is kept beside a failure that came first."""
        for place, planned in enumerate(self._questions.fills(key)):
            slot = str(planned.plan.slot)
            questions = self._questions
            if slot in questions.replied or (failure and slot in questions.failed):
                continue
            line = self._line(planned, reply, failure, shared=place > 0)
            self._means.run.append(line)
            (questions.replied if reply else questions.failed).add(slot)
            self.counts["replies" if reply else "failures"] += 1
            self.spent += spent_of([line])
            self._means.kept(line)

    def _line(self, planned: Planned, reply: Reply | None, failure: Attempt | None, *, shared: bool) -> ReplyLine:
        if shared:  # one request was paid for, and stands with the first of its slots
            reply = reply and reply.model_copy(update={"attempts": ()})
            failure = failure and failure.model_copy(update={"cost": SHARED})
        return ReplyLine(
            slot=planned.plan.slot,
            key=planned.plan.key,
            ask=sum(line.reply is not None for line in planned.lines),
            asked_because=self._part.because.get(planned.plan.key, "first"),
            part=self._part.number,
            reply=reply,
            failure=failure,
        )

    def _priced(self, key: str, reply: Reply) -> Reply:
        attempts = reply.attempts or (
            Attempt(asked_at=reply.asked_at, latency_s=reply.latency_s, usage=reply.usage, via="batch"),
        )
        return reply.model_copy(
            update={"attempts": tuple(self._charged(key, attempt, reply.model_served) for attempt in attempts)}
        )

    def _charged(self, key: str, attempt: Attempt, served: str | None) -> Attempt:
        cost = self._means.price(self._model, attempt.usage, attempt.asked_at, served, tier=attempt.tier)
        attempt = attempt.model_copy(update={"cost": cost})
        return attempt if cost.usd is not None else self._bounded(key, attempt)

    def _bounded(self, key: str, attempt: Attempt) -> Attempt:
        """An unknown charge with its bound, where the price is known."""
        if attempt.cost.usd is not None:
            return attempt
        most = self._means.most(self._model, self._questions.asked(key), attempt.asked_at)
        bound = None if most is None else most.usd
        return attempt.model_copy(update={"cost": attempt.cost.model_copy(update={"at_most_usd": bound})})

    def _silent(self, state: JobState) -> None:
        """Seats of which nothing was said: charged at most where answers are counted that were not given."""
        unmet = list(self._unmet())
        if not unmet:
            return
        code, words = _SILENT[state.phase]
        untold = state.done is None and state.phase is not Phase.FAILED and not self._met
        counted = untold or (state.done or 0) > len(self._answered)
        said = ": ".join((words, "; ".join(state.problems)[:_LONGEST])) if state.problems else words
        for key in unmet:
            self._keep(key, failure=self._failure(key, code, said, charged=state.phase is Phase.DONE or counted))

    def _unmet(self) -> Iterable[str]:
        return (key for key in self._part.keys if key not in self._met)

    def _failure(self, key: str, code: str, words: str, *, charged: bool) -> Attempt:
        attempt = Attempt(
            asked_at=utc(self._means.clock()),
            latency_s=0.0,
            error=code,
            detail=f"{self._part.model}: {words}",
            cost=Cost() if charged else NOT_CHARGED,
            cap=self._part.caps.get(key),
            via="batch",
        )
        return self._bounded(key, attempt)


def _check_planned(questions: Questions, part: Part, run: str) -> None:
    """Raise StoreError where a seat's line of the plan is lost: its answer would be, too."""
    lost = sum(not questions.fills(key) for key in part.keys)
    if lost:
        raise StoreError(
            f"plan.jsonl of run {run} does not name {lost:,} of the {len(part.keys):,} seats of part {part.number}.",
            hint="Put plan.jsonl back from a copy, then collect again: the provider keeps the answers for some weeks.",
        )
