"""Entry: what the index keeps of one line of verdicts, and how it lies in a row of the database.

In comes a SeatRecord with its place in its file; out comes a row, and back from it the entry. Hashes are kept as bytes
and spelled out only when asked for, since most entries are only asked whether they are there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from panel.records.identity import KeyParts
from panel.records.prompt import PromptIds
from panel.records.reply import utc
from panel.records.seat import SeatRecord, Slot

_PARTS = ("endpoint", "model", "parameters", "prompt", "reply_schema", "local")
_IDS = ("tool", "persona", "templates", "reply_schema", "scale", "signals")
_WIDTH = 32
_NONE = bytes(_WIDTH)


class Entry(NamedTuple):
    """A line of verdicts, in short: `length` bytes from byte `at` of the `verdicts.jsonl` in `folder`.

    `asked` is in seconds since 1970 and None where the line has no time; `usd` is None where the charge is unknown.
    `kind` is "scored", "abstained" or None; `open_round` says that the run asks whole panels anew and is not done.
    """

    folder: str
    at: int
    length: int
    run: str
    key: str
    tool: str
    persona: str
    model: str
    repeat: int
    variant: str
    served: str | None
    asked: float | None
    kind: str | None
    score: int | None
    call: str | None
    settled: bool
    may_ask_again: bool
    usd: Decimal | None
    hashes: bytes
    open_round: bool

    @property
    def slot(self) -> Slot:
        return Slot.model_construct(
            tool=self.tool, persona=self.persona, model=self.model, repeat=self.repeat, variant=self.variant
        )

    @property
    def asked_at(self) -> dt.datetime | None:
        return None if self.asked is None else utc(self.asked)

    @property
    def parts(self) -> KeyParts:
        """What went into its key, hashed apart."""
        repeat = int(self.hashes[_WIDTH * len(_PARTS + _IDS) :])
        return KeyParts.model_construct(repeat=repeat, **self._spelled(_PARTS, 0))

    @property
    def ids(self) -> PromptIds:
        """The hashes of what made its prompt."""
        return PromptIds.model_construct(**self._spelled(_IDS, len(_PARTS)))

    def _spelled(self, names: Sequence[str], first: int) -> dict[str, Any]:
        cuts = (self.hashes[place * _WIDTH : (place + 1) * _WIDTH] for place in range(first, first + len(names)))
        return {name: None if cut == _NONE else cut.hex() for name, cut in zip(names, cuts, strict=True)}


def newer(entry: Entry) -> tuple[float, str]:
    """What orders entries over all runs, as `panel.store.runs.asked` orders records."""
    return entry.asked or 0.0, entry.run


def encode(record: SeatRecord, folder: int, at: int, length: int) -> tuple[object, ...]:
    """The row of `record`; numbers that may be of any size are kept as text."""
    slot, scored = record.slot, record.scored
    return (
        folder,
        at,
        length,
        record.run_id,
        record.key,
        slot.tool,
        slot.persona,
        slot.model,
        str(slot.repeat),
        slot.variant,
        record.model_served,
        record.asked_at.timestamp() if record.asked_at else None,
        record.verdict.kind if record.verdict else None,
        scored.score if scored else None,
        scored.call if scored else None,
        record.settled,
        record.may_ask_again,
        None if record.cost.usd is None else str(record.cost.usd),
        _hashes(record),
    )


def _hashes(record: SeatRecord) -> bytes:
    held = [getattr(record.parts, name) for name in _PARTS] + [getattr(record.ids, name) for name in _IDS]
    return b"".join(bytes.fromhex(one) if one else _NONE for one in held) + str(record.parts.repeat).encode()


def alias(record: SeatRecord) -> bytes:
    """Endpoint and model as asked for, as they stand at the beginning of a row's hashes."""
    return bytes.fromhex(record.parts.endpoint + record.parts.model)


def decode(row: Sequence[Any]) -> Entry:
    """The entry of a row of the view `seats`, which has their columns in this order and others after them."""
    usd = None if row[17] is None else Decimal(row[17])
    return Entry._make((*row[:8], int(row[8]), *row[9:15], bool(row[15]), bool(row[16]), usd, row[18], bool(row[19])))
