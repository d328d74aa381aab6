"""The examples in docs/runs.md are records, so that the page cannot drift from the files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from panel.records.base import Stored
from panel.records.batch import BatchLine
from panel.records.run import InputLine, Manifest, PlanLine, ReplyLine
from panel.records.seat import SeatRecord

PAGE = Path(__file__).parents[2] / "docs" / "runs.md"
RECORDS: dict[str, type[Stored]] = {
    "run.json": Manifest,
    "inputs.jsonl": InputLine,
    "plan.jsonl": PlanLine,
    "replies.jsonl": ReplyLine,
    "batches.jsonl": BatchLine,
    "verdicts.jsonl": SeatRecord,
}


def example(name: str) -> str:
    """The example of a file, with its hashes at full length again."""
    section = PAGE.read_text("utf-8").split(f"\n## {name}\n")[1].split("\n## ")[0]
    block = section.split("```json\n")[1].split("```")[0]
    return re.sub(r'"([0-9a-f]{8})…"', lambda cut: f'"{cut[1] * 8}"', block)


@pytest.mark.parametrize("name", RECORDS)
def test_every_file_of_a_run_has_an_example_that_can_be_read(name: str) -> None:
    record = RECORDS[name].from_line(example(name))
    assert set(json.loads(example(name))) <= set(type(record).model_fields)


def test_the_examples_are_of_one_run() -> None:
    planned, bought = PlanLine.from_line(example("plan.jsonl")), ReplyLine.from_line(example("replies.jsonl"))
    verdict = SeatRecord.from_line(example("verdicts.jsonl"))
    assert planned.slot == bought.slot == verdict.slot
    assert planned.key == bought.key == verdict.key
    assert (planned.parts, planned.ids) == (verdict.parts, verdict.ids)
    assert verdict.run_id == Manifest.from_line(example("run.json")).run_id
    assert planned.tool == InputLine.from_line(example("inputs.jsonl")).sha
