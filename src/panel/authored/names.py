"""Names: the one a person probably meant, and one made from a title."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known names most like `name`, best first; letters' case does not matter."""
    from difflib import get_close_matches  # only mistakes pay for it

    spelled = {other.lower(): other for other in known}
    return [spelled[match] for match in get_close_matches(name.lower()[:100], spelled, n=count, cutoff=0.6)]


def slug_of(title: str, default: str) -> str:
    """An id made from a title, of lower-case letters, digits and dashes; `default` where nothing is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:60].strip("-") or default
