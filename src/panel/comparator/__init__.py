"""Reviews side by side: `card_of` for two to six tools, `sheet_of` for one. The rules in words: docs/comparing.md.

In go reviews, out comes a Card that holds everything a page shows. Pure code over stored votes: no clock, no file, no
network, no model, and no text about one tool written with sight of another. Swapping two reviews swaps the columns of
the card and changes nothing else (law 10).
"""

from __future__ import annotations

from panel.comparator.card import card_of, sheet_of

__all__ = ["card_of", "sheet_of"]
