"""Alike: which runs over a catalogue do the work that a command is about to do, or have its questions in hand.

In go the stored runs and what a command is asked for; out come the run that is at work on the same, those whose batches
are to be taken up, and by key what is not to be asked since another run is asking it. Writes nothing but a lock.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, Self

from panel.errors import RunBusy
from panel.records.identity import sha
from panel.records.panel import Panel
from panel.records.run import Manifest
from panel.rescore.laying import Scope
from panel.store import RunReader, Runs
from panel.store.follow import is_written
from panel.store.layout import BATCHES
from panel.store.lock import hold

_PAUSE_S = 0.1
_PATIENCE_S = 2.0
"""How long is waited for another command's planning before that is said."""


class Work(NamedTuple):
    """What a command over a catalogue asks, whatever it may spend, write and show. `scope` is empty for all tools."""

    place: str
    scope: str
    personas: frozenset[str]
    models: frozenset[str]
    repeats: int
    variant: str

    @classmethod
    def wanted(cls, panel: Panel, place: str, scope: Scope) -> Self:
        """Of a command that is about to begin."""
        personas, models = (person.id for person in panel.personas), (model.name for model in panel.models)
        return cls(place, scope_of(scope), frozenset(personas), frozenset(models), panel.repeats, panel.variant)

    @classmethod
    def of(cls, manifest: Manifest) -> Self | None:
        """Of a run; None where it is not over a catalogue, or was cut off while it was planned."""
        found = manifest.catalogue
        if found is None or not found.planned:
            return None
        models = frozenset(model.name for model in manifest.models)
        place = found.place or found.source
        return cls(place, found.scope, frozenset(manifest.personas), models, manifest.repeats, manifest.variant)

    def meets(self, other: Work) -> bool:
        """Whether both ask the same tools the same questions, at least in part."""
        same = (self.place, self.scope, self.variant) == (other.place, other.scope, other.variant)
        return same and bool(self.models & other.models) and bool(self.personas & other.personas)


def place_of(source: str, stdin: str, runs: Runs) -> str:
    """The catalogue as seen from the folder of runs, wherever it is named from; so both may be moved together."""
    return source if source == stdin else os.path.relpath(source, runs.root)


def scope_of(scope: Scope) -> str:
    """Which tools of the catalogue, as one word; empty for all of them."""
    if not scope.categories and scope.tools is None:
        return ""
    return sha([sorted({name.casefold() for name in scope.categories}), sorted(scope.tools or ())])


def check_alone(runs: Runs, work: Work) -> None:
    """Raise RunBusy where a command is at work on the same: both would ask, and pay for, the same seats."""
    for reader in _at_work(runs):
        other = Work.of(reader.manifest)
        if other and other.meets(work):
            raise RunBusy(
                f"The same work is being done already, by run {reader.run_id}.",
                hint=f"Look on: panel runs watch {reader.run_id}",
            )


def waiting(runs: Runs, work: Work) -> list[RunReader]:
    """The runs of the very same work that batches were begun for and that have not ended, oldest first."""
    return [
        reader
        for reader in reversed(runs.list())
        if not reader.problem
        and reader.manifest.finished_at is None
        and (reader.path / BATCHES).exists()
        and Work.of(reader.manifest) == work
    ]


def newest(runs: Runs, work: Work) -> RunReader | None:
    """The last run of the very same work, or over the whole catalogue it is part of; not one that is at work."""
    for reader in runs.list():
        found = None if reader.problem else Work.of(reader.manifest)
        if found and found._replace(scope=work.scope) == work and found.scope in ("", work.scope):
            return reader
    return None


def began(runs: Runs, work: Work) -> dt.datetime | None:
    """When the round began that asks everything anew and is not done; None where there is none."""
    first = None
    for reader in runs.list():
        found = None if reader.problem else reader.manifest.catalogue
        if found and found.everything and Work.of(reader.manifest) == work:
            if found.whole:
                break
            first = reader.manifest.started_at
    return first


def in_hand(runs: Runs, but: str = "") -> dict[str, str]:
    """By key, why a question is not to be asked now: a run over a catalogue that is at work asks it."""
    found: dict[str, str] = {}
    for reader in _at_work(runs):
        if reader.run_id == but:
            continue
        why = f"being asked in run {reader.run_id}"
        found |= {line.key: why for line in reader.plan_lines() if line.source == "here"}
    return found


def away(handed_in: Mapping[str, str], but: str = "") -> dict[str, str]:
    """By key, why a question is not to be asked: the run that is named has it with a provider's batch."""
    return {key: f"on its way by batch in run {run}" for key, run in handed_in.items() if run != but}


def _at_work(runs: Runs) -> Iterator[RunReader]:
    for reader in runs.list():
        if not reader.problem and reader.manifest.catalogue and is_written(reader.path):
            yield reader


@contextmanager
def planning(runs: Runs, say: Callable[[str], None]) -> Iterator[None]:
    """A block in which no other command plans, so that each sees what the others are about to ask."""
    runs.root.mkdir(parents=True, exist_ok=True)
    let_go, since = None, time.monotonic()
    while let_go is None:
        try:
            let_go = hold(runs.root)
        except RunBusy:
            if since and time.monotonic() - since > _PATIENCE_S:
                say("another command is planning a catalogue; this one waits for it")
                since = 0.0
            time.sleep(_PAUSE_S)
    try:
        yield
    finally:
        let_go()
