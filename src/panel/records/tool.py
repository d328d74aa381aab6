"""Tool: what is reviewed. Only `name` and `description` are required of an author."""

import datetime as dt
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from panel.records.base import RawText, Record, Slug

MAX_DESCRIPTION = 20_000
"""Characters; about 5,700 tokens. A longer text is refused rather than cut."""

Short = Annotated[RawText, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Long = Annotated[RawText, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_DESCRIPTION)]


class Entry(StrEnum):
    """What it costs to begin."""

    FREE = "free"
    FREEMIUM = "freemium"
    PAID = "paid"
    UNKNOWN = "unknown"


class Source(Record):
    """Where facts of the description come from."""

    title: Short
    url: Annotated[RawText, StringConstraints(pattern=r"^https?://\S+$", max_length=2000)] | None = None
    date: dt.date | None = None


class Community(Record):
    """Votes of readers, where a source gave any. An absent signal is not a zero."""

    up: int = Field(ge=0)
    down: int = Field(ge=0)


class Tool(Record):
    """A tool as the catalogue describes it. `as_of` is the day up to which the description's facts are meant."""

    id: Slug
    name: Annotated[RawText, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    description: Long
    vendor: Short | None = None
    category: Short | None = None
    tagline: Short | None = None
    pricing: Annotated[RawText, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)] | None = None
    entry: Entry = Entry.UNKNOWN
    best_for: Short | None = None
    homepage: Annotated[RawText, StringConstraints(pattern=r"^https?://\S+$", max_length=2000)] | None = None
    sources: tuple[Source, ...] = Field(default=(), max_length=50)
    as_of: dt.date | None = None
    formerly: tuple[Slug, ...] = ()
    """Old ids under which older runs know this tool."""
    community: Community | None = None
    """Shown on cards beside the panel's votes, never to a seat."""

    def fields(self) -> dict[str, str]:
        """What a seat is shown, by field name, in the order shown; empty fields are left out.

        The id is a label of ours and is not shown.
        """
        shown = {
            "name": self.name,
            "vendor": self.vendor,
            "category": self.category,
            "tagline": self.tagline,
            "pricing": self.pricing,
            "entry": None if self.entry is Entry.UNKNOWN else self.entry.value,
            "best_for": self.best_for,
            "homepage": self.homepage,
            "sources": "\n".join(_source_line(source) for source in self.sources),
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "description": self.description,
        }
        return {name: text for name, text in shown.items() if text}


def _source_line(source: Source) -> str:
    parts = [source.title, source.url, source.date.isoformat() if source.date else None]
    return " · ".join(part for part in parts if part)
