"""Small records for the tests of the store, and for the processes that those tests start."""

from __future__ import annotations

import datetime as dt

from panel.records.identity import KeyParts, sha
from panel.records.model import Model
from panel.records.prompt import PromptIds
from panel.records.reply import Attempt, Reply
from panel.records.run import Manifest, PlanLine, ReplyLine
from panel.records.seat import SeatRecord, Slot
from panel.records.verdict import Abstained, AbstainReason

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
RUN = "20261120-120000-a3f9c2"
MODEL = Model(name="offline", provider="offline", model="offline-1", endpoint="offline")
PARTS = KeyParts(
    endpoint=sha("e"), model=sha("m"), parameters=sha("p"), prompt=sha("q"), reply_schema=sha("r"), repeat=0
)
IDS = PromptIds(tool=sha("t"), persona=sha("b"), templates=sha("w"), reply_schema=sha("r"), scale=sha("s"))


def key(number: int) -> str:
    return f"key-{number:039d}"


def slot(number: int = 0) -> Slot:
    return Slot(tool="acme-db", persona="builder", model="offline", repeat=number)


def manifest(run_id: str = RUN, started_at: dt.datetime = NOON) -> Manifest:
    return Manifest(
        run_id=run_id,
        command=("panel", "review", "acme-db"),
        started_at=started_at,
        tools=("acme-db",),
        personas=("builder",),
        models=(MODEL,),
    )


def plan_line(number: int = 0, reason: str = "") -> PlanLine:
    return PlanLine(
        slot=slot(number),
        key=key(number),
        parts=PARTS,
        ids=IDS,
        model=MODEL,
        tool=IDS.tool,
        messages=(sha("one"), sha("two")),
        source="here",
        reason=reason,
    )


def reply_line(number: int = 0, text: str = "a reply") -> ReplyLine:
    return ReplyLine(
        slot=slot(number),
        key=key(number),
        reply=Reply(text=text, model_asked="offline-1", asked_at=NOON, attempts=(Attempt(asked_at=NOON, latency_s=0),)),
    )


def seat(
    number: int = 0, *, run_id: str = RUN, asked_at: dt.datetime | None = NOON, detail: str = "", settled: bool = True
) -> SeatRecord:
    verdict = Abstained(reason=AbstainReason.EMPTY, detail=detail) if settled else None
    return SeatRecord(
        run_id=run_id,
        slot=slot(number),
        key=key(number),
        parts=PARTS,
        ids=IDS,
        model=MODEL,
        asked_at=asked_at,
        verdict=verdict,
        pending=None if settled else "not asked yet",
    )
