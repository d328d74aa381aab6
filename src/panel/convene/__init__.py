"""Convene: ask every seat, keep what each says, ask again where a reply cannot be used, and settle it.

`convene` takes seats, clients and a run to write to. Every call is on disk before its text is parsed; one seat's
failure is its own. Nothing here prints or reads a clock.
"""

from panel.convene.events import Event, Watcher, unwatched
from panel.convene.lines import Tariff
from panel.convene.sitting import Sitting, convene

__all__ = ["Event", "Sitting", "Tariff", "Watcher", "convene", "unwatched"]
