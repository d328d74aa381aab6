"""Filling: the requests of one model as they gather into a part, within the provider's limits and ours."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import NamedTuple

from panel.batching.questions import Due
from panel.clients.batches import BatchClient
from panel.records.asking import Because

MOST_BYTES = 50_000_000
"""Of a part, whatever the provider would take: what fits into memory, and is soon handed in again."""

MOST_LINES = 50_000


class Limits(NamedTuple):
    """How large a part may be: requests, and bytes with a line break after each."""

    lines: int = MOST_LINES
    bytes: int = MOST_BYTES

    def within(self, client: BatchClient) -> Limits:
        """The smaller of these and the provider's own."""
        return Limits(min(self.lines, client.most_lines), min(self.bytes, client.most_bytes))


class Filling:
    """A part that is being put together. `ask` is 0 for first questions, 1 for asking again."""

    def __init__(self, model: str, ask: int, limits: Limits) -> None:
        self.model = model
        self.ask = ask
        self.keys: list[str] = []
        self.lines: list[bytes] = []
        self.because: dict[str, Because] = {}
        self.caps: dict[str, int] = {}
        self.usd: Decimal | None = Decimal(0)
        self._limits = limits
        self._size = 0

    def has_room(self, line: bytes) -> bool:
        """Whether one more request fits."""
        return len(self.lines) < self._limits.lines and self._size + len(line) + 1 <= self._limits.bytes

    def add(self, key: str, line: bytes, due: Due, usd: Decimal | None) -> None:
        """Put a request in, for which `usd` is reserved; None where its price is unknown."""
        self.keys.append(key)
        self.lines.append(line)
        self._size += len(line) + 1
        if due.because != "first":
            self.because[key] = due.because
        if due.prompt.max_output_tokens:
            self.caps[key] = due.prompt.max_output_tokens
        self.usd = None if usd is None or self.usd is None else self.usd + usd


def content_of(lines: list[bytes]) -> str:
    """The hash of what is handed in."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line + b"\n")
    return digest.hexdigest()
