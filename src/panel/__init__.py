"""panel: four personas review a developer tool, and a card answers which one to ship with."""

from panel._version import __version__

__all__ = ["__version__"]
