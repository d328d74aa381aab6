"""Estimating: a catalogue's plan in figures: per model what is fresh, stale and missing, and what asking would cost."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from panel.prices import estimate, why_unpriced
from panel.records.model import Model
from panel.records.standing import CataloguePlan, Cause, ModelPlan
from panel.rescore.planning import Standing


class Tally:
    """Counts standings as they come; constant in size."""

    def __init__(self, models: Sequence[Model], at: dt.datetime) -> None:
        self._models = {model.name: _OfModel(model, at) for model in models}
        self.tools = 0
        self.broken = 0
        self.left_out = 0

    def add(self, standing: Standing, *, asked: bool, away: bool = False) -> None:
        """Count a seat; if it is not fresh, whether this command would ask it, or it is on its way by batch."""
        self._models[standing.seat.model.name].add(standing, asked=asked, away=away)

    def plan(self, source: str) -> CataloguePlan:
        """The figures so far."""
        return CataloguePlan(
            source=source,
            tools=self.tools,
            broken=self.broken,
            left_out=self.left_out,
            models=tuple(of_model.plan() for of_model in self._models.values()),
        )


class _OfModel:
    def __init__(self, model: Model, at: dt.datetime) -> None:
        self._model = model
        self._at = at
        self._unpriced = why_unpriced(model, at) is not None
        self._by_batch = model.provider in ("openai", "mistral") and why_unpriced(model, at, via="batch") is None
        self._counts: Counter[str] = Counter()
        self._causes: Counter[Cause] = Counter()
        self._live = self._batch = Decimal(0)

    def add(self, standing: Standing, *, asked: bool, away: bool) -> None:
        self._counts[standing.state] += 1
        self._causes.update(standing.causes)
        if standing.state == "fresh":
            return
        if not asked:
            self._counts["on_the_way" if away else "left_out"] += 1
            return
        self._counts["calls"] += 1
        prompt = standing.seat.prompt
        found = estimate(self._model, prompt, at=self._at)
        self._counts["input"] += found.input_tokens
        self._counts["output"] += found.output_tokens
        self._counts["unpriced"] += self._unpriced
        self._live += found.usd or Decimal(0)
        if self._by_batch:
            self._batch += estimate(self._model, prompt, at=self._at, via="batch").usd or Decimal(0)

    def plan(self) -> ModelPlan:
        counts = self._counts
        return ModelPlan(
            model=self._model.name,
            fresh=counts["fresh"],
            stale=counts["stale"],
            missing=counts["missing"],
            left_out=counts["left_out"],
            on_the_way=counts["on_the_way"],
            causes=dict(self._causes.most_common()),
            calls=counts["calls"],
            input_tokens=counts["input"],
            output_tokens=counts["output"],
            live_usd=self._live,
            batch_usd=self._batch if self._by_batch else None,
            unpriced=counts["unpriced"],
        )
