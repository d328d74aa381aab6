"""panel: four personas review a developer tool, and a card answers which one to ship with.

    import panel

    review = panel.review("sqlite")               # a catalogue slug, a file, or a panel.Tool
    card = panel.compare("sqlite", "duckdb")
    print(card.answer.headline)

Nothing is loaded until it is used. `review` and `compare` use the working folder's panel.toml, store what they buy in
its `runs/`, and use stored answers where they are fresh, exactly as the command line does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from panel._version import __version__

if TYPE_CHECKING:
    from panel.api import compare, review
    from panel.errors import PanelError
    from panel.records.card import Card
    from panel.records.persona import Persona
    from panel.records.review import Review
    from panel.records.seat import SeatRecord
    from panel.records.tool import Tool
    from panel.records.verdict import Abstained, Scored

DISTRIBUTION = "panelreview"
"""What tells this package from another one of its name; `panelreview.py` reads this line before importing it."""

_HOMES = {
    "review": "panel.api",
    "compare": "panel.api",
    "Card": "panel.records.card",
    "Persona": "panel.records.persona",
    "Review": "panel.records.review",
    "SeatRecord": "panel.records.seat",
    "Tool": "panel.records.tool",
    "Scored": "panel.records.verdict",
    "Abstained": "panel.records.verdict",
    "PanelError": "panel.errors",
}

__all__ = [
    "Abstained",
    "Card",
    "PanelError",
    "Persona",
    "Review",
    "Scored",
    "SeatRecord",
    "Tool",
    "__version__",
    "compare",
    "review",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'panel' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
