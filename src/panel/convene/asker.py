"""Asker: one seat, asked until it is settled or fails. Ask, store, parse, ask again.

Every call is in the run's log when it ends, before its text is read (law 11). A reply that cannot be used is asked for
again at most twice: once for a contradiction (law 3), once with a larger cap for a cut, else for what was invalid. Each
asking is built from the first prompt and the last error only, so that it does not grow and the fence stays (law 9).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, Protocol

from panel.clients.base import attempt_of
from panel.convene.lines import UNDERWAY, UNSENT, Lines, Tariff, Underway
from panel.errors import ClientError, PanelError, RunStopping, SeatFailed
from panel.makings import Asked
from panel.prompts import Prompter
from panel.records.asking import why_again
from panel.records.model import Model
from panel.records.prompt import Prompt
from panel.records.reply import Attempt, Cost, Reply, utc
from panel.records.run import ReplyLine
from panel.records.seat import SeatRecord
from panel.reparse import seat_record
from panel.seating import Seat, asked_again, last_cap

Noted = Callable[[ClientError, dt.datetime, float], None]
"""Told of every call that brought no reply: the error, when it was made, and how many seconds it took."""


class Log(Protocol):
    """Where calls are kept: a run that is being written, or a list that is handed to one."""

    run_id: str

    def append(self, line: ReplyLine) -> None:
        """Keep a line before anyone parses it (law 11)."""
        ...


class Answer(NamedTuple):
    """What became of a seat: its record, and the error that ended its asking where one did."""

    record: SeatRecord
    failed: ClientError | None = None


class Asker:
    """Asks seats over the lines to their models and keeps every call in the run."""

    def __init__(
        self,
        lines: Lines,
        run: Log,
        prompter: Prompter,
        tariff: Tariff,
        clock: Callable[[], float],
        kept: Callable[[ReplyLine], None],
    ) -> None:
        self._lines = lines
        self._run = run
        self._prompter = prompter
        self._tariff = tariff
        self._clock = clock
        self._kept = kept

    async def settle(self, seat: Seat, asked: Asked, again: Callable[[str], None]) -> Answer:
        """Ask until the seat is settled, fails, or may not be asked again; `again` is told why, each time it is.

        A seat that its run has asked before goes on where it stood.
        """
        asking = _Asking(seat, self)
        failed = None if asking.reasons else await asking.ask(seat.prompt, "first")
        record = seat_record(self._run.run_id, asked, asking.lines)
        while failed is None:
            why = why_again(record.verdict, asking.reasons) if record.may_ask_again else None
            if why is None:
                break
            again(why)
            failed = await asking.ask(asked_again(seat, self._prompter, record.verdict, why, asking.cap), why)
            record = seat_record(self._run.run_id, asked, asking.lines)
        return Answer(record, failed)

    def keep(self, line: ReplyLine) -> None:
        """Put a line on the disk, and then tell of it."""
        self._run.append(line)
        self._kept(line)

    async def call(self, asking: _Asking, prompt: Prompt, noted: Noted) -> Reply:
        """A reply, by as many calls as it takes and is worth; raises the last call's ClientError."""
        model, line = asking.seat.model, self._lines.to(asking.seat.model)
        if model.is_offline:  # it fails for no reason that asking again could help with
            return await line.ask(prompt)
        from panel.clients.pacing.retrying import Retrying, RetryPolicy

        policy = RetryPolicy(deadline_s=max(0.0, model.deadline_s - asking.spent_s))
        retrying = Retrying(line, noted=noted, policy=policy)
        try:
            return await retrying.ask(prompt)
        finally:
            asking.spent_s += retrying.spent_s

    def priced(self, model: Model, reply: Reply, prompt: Prompt) -> Reply:
        """The reply with what each of its attempts cost."""
        attempts = reply.attempts or (
            Attempt(asked_at=reply.asked_at, latency_s=reply.latency_s, usage=reply.usage, request_id=reply.request_id),
        )
        priced = tuple(
            attempt.model_copy(update={"cost": self._cost(model, attempt, reply.model_served, prompt)})
            for attempt in attempts
        )
        return reply.model_copy(update={"attempts": priced})

    def _cost(self, model: Model, attempt: Attempt, served: str | None, prompt: Prompt) -> Cost:
        cost = self._tariff.price(model, attempt.usage, attempt.asked_at, served, tier=attempt.tier)
        return cost if cost.usd is not None else self.bounded(cost, model, prompt, attempt.asked_at)

    def bounded(self, cost: Cost, model: Model, prompt: Prompt, at: dt.datetime) -> Cost:
        """An unknown charge with its bound, where the price is known."""
        most = self._tariff.most(model, prompt, at)
        return cost if most is None else cost.model_copy(update={"at_most_usd": most.usd})

    def stop(self, model: Model, error: RunStopping) -> None:
        """Ask this model no more."""
        self._lines.stopped.setdefault(model.name, error)

    def now(self) -> dt.datetime:
        return utc(self._clock())


class _Asking:
    """One seat's askings so far: the lines kept of them, and why each was made."""

    def __init__(self, seat: Seat, asker: Asker) -> None:
        self.seat = seat
        self.lines = list(seat.lines)
        self.reasons = [line.asked_because for line in seat.lines if line.reply]
        self.cap = last_cap(seat.lines)
        self.spent_s = 0.0
        self._asker = asker

    async def ask(self, prompt: Prompt, why: str) -> ClientError | None:
        """One asking: a reply, or the error after which none came. Every call is kept."""
        asker, model = self._asker, self.seat.model
        self.reasons.append(why)
        self.cap = prompt.max_output_tokens or self.cap
        asked_at, started = asker.now(), time.monotonic()
        underway = Underway()

        def noted(error: ClientError, asked_at: dt.datetime, latency_s: float) -> None:
            underway.end()
            if error.code in UNSENT:
                return
            attempt = attempt_of(error, asked_at, max(0.0, latency_s))
            if error.billed:
                bound = asker.bounded(attempt.cost, model, prompt, asked_at)
                attempt = attempt.model_copy(update={"cost": bound, "cap": self.cap})
            self._keep(failure=attempt)

        token = UNDERWAY.set(underway)
        try:
            reply = await asker.call(self, prompt, noted)
        except ClientError as error:
            if model.is_offline:
                noted(error, asked_at, time.monotonic() - started)
            if isinstance(error, RunStopping):
                asker.stop(model, error)
            return error
        except PanelError:
            raise
        except Exception as error:  # noqa: BLE001 - a client is anybody's code; its fault costs its seat, not the review
            fault = _fault_of_client(model, error)
            noted(fault, asked_at, time.monotonic() - started)
            return fault
        except BaseException:
            if underway.since:  # cancelled: every other end of a call has been noted on its way here
                sent_at, since = underway.since
                with suppress(PanelError):  # where the disk is full there is nothing more to be done
                    noted(_interrupted(model), sent_at, time.monotonic() - since)
            raise
        finally:
            UNDERWAY.reset(token)
        self._keep(reply=asker.priced(model, reply, prompt))
        return None

    def _keep(self, reply: Reply | None = None, failure: Attempt | None = None) -> None:
        line = ReplyLine(
            slot=self.seat.slot,
            key=self.seat.key,
            ask=len(self.reasons) - 1,
            asked_because=self.reasons[-1],
            reply=reply,
            failure=failure,
        )
        self._asker.keep(line)
        self.lines.append(line)


def _interrupted(model: Model) -> SeatFailed:
    return SeatFailed(
        f"{model.name}: the command was interrupted before the answer came; the call may have been charged",
        code="interrupted",
        billed=True,
    )


def _fault_of_client(model: Model, error: Exception) -> SeatFailed:
    return SeatFailed(
        f"the client of {model.name} failed: {type(error).__name__}", code="client_fault", retryable=False, billed=True
    )
