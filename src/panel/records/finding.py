"""Finding: what a linter says about one place of an authored file, and what to do about it."""

from typing import Literal, Self

from panel.errors import InputError
from panel.records.base import Record

Level = Literal["error", "warning"]


class Finding(Record):
    """One remark. An error makes the file unusable; a warning says what will make its reviews worse.

    `message` does not repeat the place; `fix` is the next step, empty where the message says it all.
    """

    level: Level
    file: str
    line: int | None = None
    field: str | None = None
    message: str
    fix: str = ""

    @classmethod
    def of(cls, error: InputError) -> Self:
        """The error as a finding."""
        return cls(
            level="error", file=error.file, line=error.line, field=error.field, message=error.what, fix=error.hint
        )

    @property
    def place(self) -> str:
        """ "catalogue/uv.md, line 7, entry"."""
        return ", ".join(part for part in (self.file, f"line {self.line}" if self.line else "", self.field) if part)
