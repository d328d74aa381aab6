"""Signals: what a client that reads no prose looks for in a description. Never sent to a model.

Placeholder shape; see `clients/offline`.
"""

from __future__ import annotations

from panel.records.base import Record


class Signals(Record):
    """What raises or lowers a criterion and what answers a question."""
