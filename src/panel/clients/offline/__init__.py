"""Offline: the embedded default. A rubric in code: no model, no network, no randomness.

It is handed the same prompt as a model and returns the same kind of text, so parsing, voting and rendering take one
path. `MODEL_ID` names its version and changes whenever the same prompt would be answered in other words.
See docs/offline.md.
"""

from __future__ import annotations

from panel.clients.offline.client import OfflineClient
from panel.clients.offline.version import MODEL_ID

__all__ = ["MODEL_ID", "OfflineClient"]
