"""Memory: what was found out about servers, by address and model, so that each is probed once.

A small JSON file that may be deleted at any time. It is replaced as a whole; damage and foreign entries are forgotten,
and where the disk cannot be written nothing is remembered. Nothing here raises. An entry lives for thirty days, and as
long as `panel` keeps its version: servers are updated, and so is the probe.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from panel._version import __version__
from panel.records.base import ValidationError
from panel.records.model import Model
from panel.records.run import Probe

MOST_ENTRIES = 200
"""The oldest go first."""

MOST_BYTES = 1_000_000
"""A larger file is none of ours."""

LASTS = dt.timedelta(days=30)

_SERVER = ("provider", "address", "model")
_FOUND = ("mode", "ignores_schema")


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


class Memory:
    """What `path` remembers. Two processes may use it at once; the one that writes last is remembered."""

    def __init__(self, path: Path, today: Callable[[], dt.date] = _today) -> None:
        self._path = path
        self._today = today

    def remembered(self, model: Model) -> Probe | None:
        """What was found of the model's server, without the calls it took; None where it is to be probed."""
        entry = next((entry for entry in reversed(self._read()) if self._is_of(entry, model)), None)
        if entry is None or not self._is_current(entry):
            return None
        try:
            return Probe.model_validate({"model": model.name, **{name: entry.get(name) for name in _FOUND}})
        except ValidationError:
            return None

    def remember(self, model: Model, probe: Probe) -> None:
        """Keep what was found."""
        found = {name: getattr(probe, name) for name in _FOUND}
        entry = {**_server(model), **found, "version": __version__, "date": self._today().isoformat()}
        self._write([*self._others(model), entry])

    def forget(self, model: Model) -> None:
        """Have the model's server probed again."""
        entries, others = self._read(), self._others(model)
        if len(others) < len(entries):
            self._write(others)

    def _others(self, model: Model) -> list[dict[str, Any]]:
        return [entry for entry in self._read() if not self._is_of(entry, model)]

    def _is_of(self, entry: dict[str, Any], model: Model) -> bool:
        return all(entry.get(name) == value for name, value in _server(model).items())

    def _is_current(self, entry: dict[str, Any]) -> bool:
        try:
            date = dt.date.fromisoformat(entry.get("date", ""))
        except (TypeError, ValueError):
            return False
        return entry.get("version") == __version__ and abs(self._today() - date) <= LASTS

    def _read(self) -> list[dict[str, Any]]:
        try:
            with self._path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
            value = json.loads(content) if len(content) <= MOST_BYTES else None
        except (OSError, ValueError, RecursionError):
            return []
        entries = value.get("servers") if isinstance(value, dict) else None
        return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []

    def _write(self, entries: list[dict[str, Any]]) -> None:
        """Replace the file in one step, from a neighbour that no other process uses."""
        from tempfile import mkstemp  # only a server met for the first time pays for it

        text = json.dumps({"servers": entries[-MOST_ENTRIES:]}, indent=1, ensure_ascii=False) + "\n"
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, spare = mkstemp(prefix=".servers-", suffix=".tmp", dir=self._path.parent)
            try:
                with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
                    file.write(text)
                os.replace(spare, self._path)
            except BaseException:
                with suppress(OSError):
                    os.unlink(spare)
                raise


def _server(model: Model) -> dict[str, Any]:
    return dict(zip(_SERVER, (model.provider, model.base_url, model.model), strict=True))
