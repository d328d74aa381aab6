"""Files: how a run stands, from its folder alone: what is planned, what was answered, what it cost, what is handed in.

Nothing is read twice: each look reads what the files have gained. A line that cannot be read is passed over, as every
reader of a run does. The folder may be written by another process, or be a copy.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import ConfigDict, ValidationError

from panel.accounts import Account
from panel.cli.progress.handed import HandedIn
from panel.cli.progress.tally import WINDOW_S, Row, Tally, together
from panel.records.base import Record
from panel.records.run import ReplyLine
from panel.records.seat import Slot
from panel.store import RunReader, layout
from panel.store.follow import Growing, Replaced

if TYPE_CHECKING:
    from panel.cli.progress.handed import OnTheWay
    from panel.records.run import Manifest, Totals

State = Literal["here", "held", "pending", "answered", "silent"]
"""Where a slot's answer is to come from, by the plan; then whether it came, or calls were made and none did."""


class Planned(Record):
    """Of a line of the plan, what is counted. The rest, which is most of it, is passed over."""

    model_config = ConfigDict(extra="ignore")

    schema_version: Literal[1]
    slot: Slot
    source: Literal["here", "held", "pending"]


class Look(NamedTuple):
    """A run at one moment. `grown` is whether its files gained anything since the last look.

    `batches` counts the parts handed in to providers by where they stand: a phase, `collected`, `given_up`; those that
    are neither collected nor given up are `on_the_way`.
    """

    manifest: Manifest
    rows: list[Row]
    spent: Totals
    batches: dict[str, int]
    grown: bool
    on_the_way: OnTheWay | None = None


class Watched:
    """Follows the run in `folder`. Memory is a word for each seat.

    Of a run over a catalogue only the seats that it asks are counted, as the command that asks them does.
    """

    def __init__(self, folder: Path) -> None:
        """Raises StoreError where the folder holds no run that can be read."""
        self.folder = folder
        self._head = Replaced(folder / layout.MANIFEST)
        self._head.changed()
        self._manifest = RunReader(folder).manifest
        self._since = self._manifest.started_at.timestamp()
        self._whole = Account()
        self._accounts: dict[str, Account] = {}
        self._tallies: dict[str, Tally] = {}
        self._states: dict[str, State] = {}
        self._probes = 0
        self._plan, self._replies = Growing(folder / layout.PLAN), Growing(folder / layout.REPLIES)
        self._handed = HandedIn(folder)

    def look(self, now: float) -> Look:
        """How it stands; `now` in seconds since 1970. Raises StoreError where a file cannot be read."""
        read = 0
        if self._head.changed():
            self._manifest = RunReader(self.folder).manifest
            read += 1
        for raw in self._plan.lines():
            self._read_plan(raw)
            read += 1
        for raw in self._replies.lines():
            self._read_reply(raw, now)
            read += 1
        read += self._handed.read()
        probes = self._manifest.probes
        for probe in probes[self._probes :]:
            self._whole.probe(probe)
        self._probes = len(probes)
        rows, spent = self._rows(now), self._whole.totals()
        return Look(self._manifest, rows, spent, self._handed.where, bool(read), self._handed.on_the_way)

    def _read_plan(self, raw: bytes) -> None:
        try:
            line = Planned.model_validate_json(raw)
        except ValidationError:
            return
        aside = line.source != "here" and self._manifest.catalogue is not None
        before = self._states.get(str(line.slot))
        if before not in ("answered", "silent") and not (aside and before is None):
            self._move(line.slot, "pending" if aside else line.source)

    def _read_reply(self, raw: bytes, now: float) -> None:
        try:
            line = ReplyLine.from_line(raw)
        except ValidationError:
            return
        name = line.slot.model
        tally = self._tally(name)
        self._whole.line(line)
        self._accounts.setdefault(name, Account()).line(line)
        ended = [attempt.asked_at.timestamp() + attempt.latency_s for attempt in line.attempts]
        recent = [at for at in ended if now - WINDOW_S < at <= now]  # another machine's clock may be ahead
        for at in recent:
            tally.calls.add(at)
        if not line.reply:
            if self._states.get(str(line.slot)) != "answered":
                self._move(line.slot, "silent")
            return
        tally.again += line.ask > 0
        if self._states.get(str(line.slot)) != "answered":
            self._move(line.slot, "answered")
            if recent:
                tally.ended.add(recent[-1])

    def _move(self, slot: Slot, to: State) -> None:
        tally, name = self._tally(slot.model), str(slot)
        if name in self._states:
            _count(tally, self._states[name], -1)
        self._states[name] = to
        _count(tally, to, 1)

    def _tally(self, name: str) -> Tally:
        if name not in self._tallies:
            self._tallies[name] = Tally(name, 0, self._since)
        return self._tallies[name]

    def _rows(self, now: float) -> list[Row]:
        whole = self._manifest.catalogue is None or self._manifest.catalogue.planned
        for model in self._manifest.models:
            self._tally(model.name)
        rows = [
            tally.row(now, self._accounts.setdefault(name, Account()).totals(), whole=whole)
            for name, tally in self._tallies.items()
        ]
        spent = self._whole.totals()
        if len(rows) == 1:
            return [rows[0]._replace(usd=spent.usd, usd_unsure=spent.usd_unsure)]
        return [*rows, together(rows, spent)]


def _count(tally: Tally, state: State, one: int) -> None:
    """Count a slot in this state; slots that the plan leaves out are no part of the run's work."""
    tally.total += one * (state != "pending")
    tally.held += one * (state == "held")
    tally.done += one * (state in ("held", "answered"))
    tally.failed += one * (state == "silent")
