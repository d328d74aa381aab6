"""The JSON Schemas of what panel stores, as published under docs/schemas. Pure; `.ci/write-schemas` writes them."""

import json
from typing import Any

from panel.records.base import SCHEMA_VERSION, Stored
from panel.records.batch import BatchLine
from panel.records.card import Card
from panel.records.drift import Drift
from panel.records.reserved import Correction, Reported
from panel.records.review import Review
from panel.records.run import InputLine, Manifest, PlanLine, ReplyLine, ShortLine
from panel.records.seat import SeatRecord

STORED: dict[str, type[Stored]] = {
    "run": Manifest,
    "input": InputLine,
    "plan": PlanLine,
    "plan-short": ShortLine,
    "reply": ReplyLine,
    "verdict": SeatRecord,
    "batch": BatchLine,
    "drift": Drift,
    "review": Review,
    "card": Card,
    "reported": Reported,
    "correction": Correction,
}
"""Stored records by the name of their schema file."""


def schemas() -> dict[str, str]:
    """File name to text: `run.v1.json` and so on, JSON Schema draft 2020-12."""
    return {f"{name}.v{SCHEMA_VERSION}.json": _text(name, record) for name, record in STORED.items()}


def _text(name: str, record: type[Stored]) -> str:
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **record.model_json_schema(mode="serialization"),
        "title": f"panel {name}, schema version {SCHEMA_VERSION}",
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
