"""A catalogue, a panel and a folder of runs to plan and ask on; a client in this process answers."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from panel.budget import Budget
from panel.catalogue import Placed
from panel.convene import Tariff, unwatched
from panel.errors import InputError
from panel.prompts import Prompter
from panel.records.model import Model
from panel.records.panel import Panel
from panel.records.prompt import Prompt
from panel.records.reply import Cost, Reply, Usage
from panel.records.run import Catalogued, Manifest
from panel.records.seat import SeatRecord
from panel.records.standing import CataloguePlan
from panel.records.tool import Tool
from panel.rescore.estimating import Tally
from panel.rescore.laying import Reading, Scope, lay_down
from panel.rescore.planning import Planner, Standing, Wish
from panel.rescore.running import Done, Running
from panel.store import Runs, RunWriter
from panel.store.index import Index
from panel.testing import TOOL, persona, reply_text

NOW = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
PROMPTER = Prompter.load(Path(__file__).parents[2] / "prompts")
MODEL = Model(name="house", provider="compatible", model="gpt-house-1", endpoint="house")
PAIR = (persona("builder"), persona("skeptic"))
PANEL = Panel(personas=PAIR, models=(MODEL,))
CENT = Decimal("0.01")
ALL, EVERYTHING = Scope(), Wish()


def tool(name: str, **fields: Any) -> Tool:
    return TOOL.model_copy(update={"id": name, "name": name.capitalize(), **fields})


def tools(*names: str) -> list[Tool]:
    return [tool(name) for name in names]


def price(
    model: Model, usage: Usage | None, at: dt.datetime, served: str | None = None, *, tier: str | None = None
) -> Cost:
    return Cost(usd=CENT, source="test")


TARIFF = Tariff(price, lambda model, prompt, at: Cost(usd=2 * CENT))
"""A call costs one cent, and two at most."""

Answer = str | Exception | None


class Speaks:
    """A client that answers everything, as `served`, or as `says` tells it to for a tool's name and a persona.

    `says` gives a text, an error to raise, or None for a good answer. `asked` counts the calls by tool and persona.
    """

    def __init__(
        self,
        *,
        served: str = "gpt-house-1-2026",
        score: int = 72,
        at: dt.datetime = NOW,
        says: Callable[[str, str], Answer] = lambda tool, persona: None,
    ) -> None:
        self.name = MODEL.name
        self.asked: Counter[str] = Counter()
        self._served, self._score, self._at, self._says = served, score, at, says

    async def ask(self, prompt: Prompt) -> Reply:
        who = prompt.schema_name.removeprefix("review_")
        about = prompt.fenced()["name"].lower()
        self.asked[f"{about}/{who}"] += 1
        answer = self._says(about, who)
        if isinstance(answer, Exception):
            raise answer
        text = answer or reply_text(next(item for item in PAIR if item.id == who), score=self._score)
        return Reply(text=text, model_asked="gpt-house-1", model_served=self._served, asked_at=self._at)


class Began(NamedTuple):
    """A run's id, its plan and what of the catalogue could not be used."""

    run: str
    plan: CataloguePlan
    broken: list[InputError]


class World:
    """A folder of runs, in which catalogues are planned and asked."""

    def __init__(self, root: Path) -> None:
        self.runs = Runs(root)
        self._count = 0

    def standings(
        self, catalogue: Iterable[Tool], panel: Panel = PANEL, wish: Wish = EVERYTHING, prompter: Prompter = PROMPTER
    ) -> dict[str, Standing]:
        """How each seat stands, by "tool/persona#repeat"."""
        with Index.open(self.runs) as index:
            planner = Planner(panel, prompter, index, wish, NOW)
            found = [standing for _, of_tool in planner.standings(catalogue) for standing in of_tool]
        return {
            f"{one.seat.slot.tool}/{one.seat.slot.persona}"
            + (f"#{one.seat.slot.repeat}" if panel.repeats > 1 else ""): one
            for one in found
        }

    def states(self, catalogue: Iterable[Tool], panel: Panel = PANEL, **how: Any) -> dict[str, str]:
        """As `standings`, in words: "fresh", "missing", "stale: tool, persona"."""
        return {
            slot: " ".join((f"{one.state}:" if one.causes else one.state, ", ".join(one.causes))).strip()
            for slot, one in self.standings(catalogue, panel, **how).items()
        }

    def begin(
        self,
        catalogue: Iterable[Tool | InputError],
        panel: Panel = PANEL,
        scope: Scope = ALL,
        wish: Wish = EVERYTHING,
        prompter: Prompter = PROMPTER,
        max_cost: Decimal | None = None,
    ) -> Began:
        """A run, planned."""
        self._count += 1
        started = NOW + dt.timedelta(hours=self._count)
        manifest = Manifest(
            run_id=f"run-{self._count:03}",
            command=("panel", "rescore"),
            started_at=started,
            tools=(),
            catalogue=Catalogued(source="tools"),
            personas=tuple(item.id for item in panel.personas),
            models=panel.models,
            max_cost=max_cost,
        )
        broken: list[InputError] = []
        reading = Reading(
            (Placed(item, "tools.jsonl", 1 + n) for n, item in enumerate(catalogue)), scope, broken.append
        )
        with self.runs.create(manifest) as run, Index.open(self.runs) as index:
            planner = Planner(panel, prompter, index, wish, NOW)
            plan = lay_down(reading, planner, Tally(panel.models, NOW), prompter, scope, run, "tools")
            run.amend(catalogue=Catalogued(source="tools", tools=plan.tools, broken=plan.broken, planned=True))
        return Began(manifest.run_id, plan, broken)

    async def go_on(self, run: str, client: Any = None, cap: Decimal | None = None, **how: Any) -> Done:
        """Ask what is open in a run; the run is closed afterwards."""
        with self.runs.resume(run) as writer:
            return await self.carry_out(writer, client or Speaks(), cap, **how)

    async def carry_out(self, run: RunWriter, client: Any, cap: Decimal | None = None, concurrency: int = 4) -> Done:
        from panel.budget import spent_of
        from panel.store import RunReader

        budget = Budget(cap, spent_of(RunReader(run.path).replies()))

        def clients(models: Collection[Model]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
            return {model.name: client for model in models}, {}

        running = Running(
            run, lambda model: model, clients, TARIFF, budget, NOW.timestamp, unwatched, concurrency, frozenset()
        )
        done = await running.carry_out()
        run.finish(running.account.totals(), NOW)
        return done

    async def rescore(self, catalogue: Sequence[Tool], client: Any = None, *args: Any, **how: Any) -> str:
        """Plan and ask; returns the run's id."""
        began = self.begin(catalogue, *args, **how)
        await self.go_on(began.run, client, how.get("max_cost"))
        return began.run

    def verdicts(self, run: str) -> dict[str, SeatRecord]:
        """The run's own records by "tool/persona"."""
        return {f"{one.slot.tool}/{one.slot.persona}": one for one in self.runs.open(run).verdicts()}
