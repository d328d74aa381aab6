"""Questions: what a seat is to be asked next, and what a part asked of which slots, from the run's folder alone.

One key may stand for several slots of a run, where two tools have the same words: it is handed in once, and what comes
fills them all. Only the lines of a part's own keys are read. No call, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from panel.batching.ledger import Part
from panel.makings import Asked
from panel.prompts import Prompter
from panel.records.asking import Because, why_again
from panel.records.model import Model
from panel.records.prompt import Prompt
from panel.records.run import PlanLine, ReplyLine
from panel.reparse import seat_record, told
from panel.rereading import Texts
from panel.seating import Seat, asked_again, last_cap
from panel.store import RunReader

SETTLED = "settled"


class Due(NamedTuple):
    """What a seat is to be asked next, and why."""

    prompt: Prompt
    because: Because = "first"


def due(seat: Seat, asked: Asked, prompter: Prompter, run_id: str) -> Due | str:
    """The first question, or asking again after a reply that could not be used; else why not, in a word or three.

    The rules for asking again hold over live calls and batches together.
    """
    reasons = [line.asked_because for line in seat.lines if line.reply]
    if not reasons:
        return Due(seat.prompt)
    record = seat_record(run_id, asked, seat.lines)
    why = why_again(record.verdict, reasons) if record.may_ask_again else None
    if why is None:
        return SETTLED
    return Due(asked_again(seat, prompter, record.verdict, why, last_cap(seat.lines)), why)


class Planned(NamedTuple):
    """A slot with what was bought for it, but for what this part brought."""

    plan: PlanLine
    lines: tuple[ReplyLine, ...]


class Questions:
    """The slots that a part asks for, by key, and what it has brought so far.

    `replied` and `failed` are the slots that already have such a line of this part: a process ended while it was
    collected.
    """

    def __init__(self, reader: RunReader, part: Part, prompter: Prompter, model: Model) -> None:
        self._reader = reader
        self._run_id = reader.run_id
        self._part = part
        self._prompter = prompter
        self._model = model
        self._texts = Texts(reader)
        self.replied: set[str] = set()
        self.failed: set[str] = set()
        self._filled: dict[str, Sequence[Planned]] = {}
        lines = self._lines_by_slot(reader)
        keys = frozenset(part.keys)
        self._slots: Mapping[str, list[Planned]] = {
            key: [Planned(plan, tuple(lines.get(str(plan.slot), ()))) for plan in plans if self._is_ours(plan)]
            for key, plans in reader.plan_of(keys).items()
        }

    def _is_ours(self, plan: PlanLine) -> bool:
        return plan.slot.model == self._part.model

    def _lines_by_slot(self, reader: RunReader) -> dict[str, list[ReplyLine]]:
        lines: dict[str, list[ReplyLine]] = {}
        keys = frozenset(self._part.keys)
        for line in reader.replies(keys):
            slot = str(line.slot)
            if line.key not in keys:
                continue
            if line.part is None or line.part != self._part.number:
                lines.setdefault(slot, []).append(line)
            else:
                (self.replied if line.reply else self.failed).add(slot)
        return lines

    def fills(self, key: str) -> Sequence[Planned]:
        """The slots that what comes for this key is for; the first of them bears its cost. Empty for a lost plan.

        Those that were answered otherwise meanwhile are left out, unless that leaves none: what is paid for is kept.
        """
        if key not in self._filled:
            slots = self._slots.get(key, [])
            self._filled[key] = [planned for planned in slots if self._awaits(planned)] or slots[:1]
        return self._filled[key]

    def _awaits(self, planned: Planned) -> bool:
        if not self._part.ask:
            return not any(line.reply for line in planned.lines)
        return not seat_record(self._run_id, self._asked(planned), planned.lines).settled

    def _asked(self, planned: Planned) -> Asked:
        with told(self._reader):
            return self._texts.asked(planned.plan)

    def due(self, key: str) -> Prompt | None:
        """What is to be asked under a key, put together again; None where it would not be asked today."""
        planned = next(iter(self.fills(key)), None)
        if planned is None:
            return None
        asked = self._asked(planned)
        found = due(self._seat(planned, asked), asked, self._prompter, self._run_id)
        return found.prompt if isinstance(found, Due) else None

    def asked(self, key: str) -> Prompt:
        """What was asked under a key, or else its first question, under the cap that it was asked with."""
        prompt = self.due(key) or self._asked(self.fills(key)[0]).prompt
        return prompt.model_copy(update={"max_output_tokens": self._part.caps.get(key)})

    def _seat(self, planned: Planned, asked: Asked) -> Seat:
        plan = planned.plan
        with told(self._reader):
            tool = self._texts.tool(plan.tool)
        return Seat(
            tool,
            asked.persona,
            self._model,
            plan.slot,
            asked.prompt,
            plan.parts,
            plan.key,
            asked=asked,
            lines=planned.lines,
        )


def lines_again(questions: Questions, part: Part, line: Callable[[Prompt, str], bytes]) -> list[bytes] | None:
    """The lines of a part put together again; None where a seat of it would be asked otherwise today."""
    found: list[bytes] = []
    for key in part.keys:
        prompt = questions.due(key)
        if prompt is None:
            return None
        found.append(line(prompt, key))
    return found
