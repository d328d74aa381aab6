"""Opening: the seats of a run over a catalogue, read back from its folder one at a time, in the order planned.

Each comes as a seat that is still to be asked, with what was bought for it before, or as the record of one that is
settled. The questions are put together from the run's own inputs, whatever has changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from panel.errors import StoreError
from panel.prompts import Prompter
from panel.records.model import Model
from panel.records.persona import Persona
from panel.records.prompt import Local, Message, Prompt
from panel.records.reply_schema import schema_name
from panel.records.run import PlanLine, ReplyLine
from panel.records.scale import Scale
from panel.records.seat import SeatRecord
from panel.records.signals import Signals
from panel.records.tool import Tool
from panel.reparse import Asked, input_of, mapping_of, seat_record
from panel.seating import Seat
from panel.store import RunReader
from panel.store.inputs import Inputs
from panel.store.replies import Replies


class Opening:
    """A run's seats as they stand now. `today` gives the model to ask in place of one that the run wrote down; `each`
    is given every line of the run's log once."""

    def __init__(
        self,
        reader: RunReader,
        today: Callable[[Model], Model],
        each: Callable[[ReplyLine], None] = lambda line: None,
    ) -> None:
        self._reader = reader
        self._inputs: Mapping[str, Any] = Inputs(reader.path, reader.torn.append)
        self._replies = Replies(reader.path, reader.torn.append, each)
        self._today = today
        self._models: dict[str, Model] = {}
        self._persona = lru_cache(maxsize=64)(lambda sha: Persona.model_validate(mapping_of(self._inputs, sha)))
        self._table = lru_cache(maxsize=64)(lambda sha: mapping_of(self._inputs, sha))
        self._scale = lru_cache(maxsize=8)(lambda sha: Scale.model_validate(mapping_of(self._inputs, sha)))
        self._signals = lru_cache(maxsize=64)(lambda sha: Signals.model_validate(mapping_of(self._inputs, sha)))
        self._text = lru_cache(maxsize=64)(lambda sha: str(input_of(self._inputs, sha)))
        self._tool = lru_cache(maxsize=8)(lambda sha: Tool.model_validate(mapping_of(self._inputs, sha)))

    def seats(self) -> Iterator[Seat | SeatRecord]:
        """Every seat that this run asks; settled ones as records."""
        seen: set[int] = set()
        for plan in self._reader.plan_lines():
            mark = hash(str(plan.slot))
            if plan.source != "here" or mark in seen:
                continue
            seen.add(mark)
            asked = self._asked(plan)
            own = self._replies.of(str(plan.slot))
            record = seat_record(self._reader.run_id, asked, own) if own else None
            if record is not None and record.settled:
                yield record
            else:
                yield self._seat(plan, asked, own)

    def _asked(self, plan: PlanLine) -> Asked:
        ids, persona = plan.ids, self._persona(plan.ids.persona)
        prompt = Prompt(
            messages=tuple(
                Message(role="user" if place else "system", content=self._text(sha))
                for place, sha in enumerate(plan.messages)
            ),
            reply_schema=self._table(ids.reply_schema),
            schema_name=schema_name(persona),
            ids=ids,
        )
        return Asked(plan, prompt, persona, self._scale(ids.scale))

    def _seat(self, plan: PlanLine, asked: Asked, lines: tuple[ReplyLine, ...]) -> Seat:
        model, prompt = self._model(plan.model), asked.prompt
        if model.reads_local and plan.ids.signals:
            prompt = prompt.model_copy(update={"local": self._local(asked.persona, plan.ids.signals)})
        tool = self._tool(plan.tool)
        return Seat(tool, asked.persona, model, plan.slot, prompt, plan.parts, plan.key, asked=asked, lines=lines)

    def _model(self, model: Model) -> Model:
        if model.name not in self._models:
            self._models[model.name] = self._today(model)
        return self._models[model.name]

    def _local(self, persona: Persona, signals: str) -> Local:
        return Local(
            persona_id=persona.id,
            persona_name=persona.name,
            predicts=persona.predicts,
            questions=persona.questions,
            criteria=persona.criteria,
            signals=self._signals(signals),
        )

    def prompter(self) -> Prompter:
        """The words of the run, for asking again; raises StoreError where it holds none."""
        plan = next(self._reader.plan_lines(), None)
        if plan is None:
            raise StoreError(
                f"run {self._reader.run_id} has no seat to ask.", hint="Give its command again; nothing was spent."
            )
        templates = {name: str(text) for name, text in self._table(plan.ids.templates).items()}
        return Prompter(templates, self._scale(plan.ids.scale))
