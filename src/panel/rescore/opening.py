"""Opening: the seats of a run over a catalogue, read back from its folder one at a time, in the order planned.

Each comes as a seat that is still to be asked, with what was bought for it before, or as the record of one that is
settled. The questions are put together from the run's own inputs, whatever has changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from panel.prompts import Prompter
from panel.records.model import Model
from panel.records.prompt import Local
from panel.records.run import ReplyLine
from panel.records.seat import SeatRecord
from panel.rereading import Reread, Rereading
from panel.seating import Seat
from panel.store import RunReader


class Opening:
    """A run's seats as they stand now. `today` gives the model to ask in place of one that the run wrote down; `each`
    is given every line of the run's log once."""

    def __init__(
        self,
        reader: RunReader,
        today: Callable[[Model], Model],
        each: Callable[[ReplyLine], None] = lambda line: None,
    ) -> None:
        self._rereading = Rereading(reader, each)
        self._texts = self._rereading.texts
        self._today = today
        self._models: dict[str, Model] = {}

    def seats(self) -> Iterator[Seat | SeatRecord]:
        """Every seat that this run asks; settled ones as records. Raises StoreError where files do not fit together."""
        for reread in self._rereading.seats():
            yield reread.record if reread.record.settled else self._seat(reread)

    def _seat(self, reread: Reread) -> Seat:
        asked, plan = reread.asked, reread.asked.plan
        model, prompt = self._model(plan.model), asked.prompt
        if model.reads_local and plan.ids.signals:
            prompt = prompt.model_copy(update={"local": Local.of(asked.persona, self._texts.signals(plan.ids.signals))})
        tool, lines = self._texts.tool(plan.tool), reread.lines
        return Seat(tool, asked.persona, model, plan.slot, prompt, plan.parts, plan.key, asked=asked, lines=lines)

    def _model(self, model: Model) -> Model:
        if model.name not in self._models:
            self._models[model.name] = self._today(model)
        return self._models[model.name]

    def prompter(self) -> Prompter:
        """The words of the run, for asking again; raises StoreError where it asks no seat."""
        return self._texts.prompter(self._rereading.first())
