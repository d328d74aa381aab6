"""What every record is: frozen, closed to unknown keys, and able to say which schema it was written in.

A record does no I/O, reads no clock and no environment. Records that land in files of their own, or on lines of their
own, derive from `Stored` and carry `schema_version`.

These modules do without `from __future__ import annotations`: pydantic would evaluate every annotation from its text,
at each start of a command.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

SCHEMA_VERSION: Literal[1] = 1
"""Raised when a stored shape changes in a way an older reader would misread."""


class Record(BaseModel):
    """A frozen value. Numbers are finite: JSON has no word for others, and what is stored must be read again."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, allow_inf_nan=False)


class Readable(Record):
    """What is read from a line of JSON, or of one line as much as a reader needs; `schema_version` is checked."""

    schema_version: Literal[1] = SCHEMA_VERSION

    @classmethod
    def from_line(cls, line: str | bytes) -> Self:
        """Read one line of JSON; raises `pydantic.ValidationError`."""
        return cls.model_validate_json(line)


class Stored(Readable):
    """A record written to disk; it carries `schema_version`, and its schema is published."""

    def to_line(self) -> str:
        """The record as one line of JSON, without the line break."""
        return self.model_dump_json()


def _storable(value: Any) -> Any:
    """Lone surrogates cannot be stored as UTF-8; U+FFFD takes their place, one for one."""
    if not isinstance(value, str) or value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in value)
    return value


def _slug(value: str) -> str:
    if not value or value in {".", ".."}:
        raise ValueError("an id may not be empty")
    return value


RawText = Annotated[str, BeforeValidator(_storable)]
"""Text as it came from outside: anything but lone surrogates, which are replaced by U+FFFD."""

Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"), AfterValidator(_slug)]
"""An id that is safe as a file name and in an address: letters, digits, dot, dash, underscore; at most 100."""

Sha = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in hexadecimal."""

__all__ = ["SCHEMA_VERSION", "RawText", "Readable", "Record", "Sha", "Slug", "Stored", "ValidationError"]
