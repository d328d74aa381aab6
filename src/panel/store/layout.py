"""Names: of runs, and of the files in their folders. Pure; time and randomness are handed in."""

from __future__ import annotations

import datetime as dt
from functools import cache

from pydantic import TypeAdapter, ValidationError

from panel.errors import UsageError
from panel.records.seat import RunId

MANIFEST = "run.json"
INPUTS = "inputs.jsonl"
PLAN = "plan.jsonl"
REPLIES = "replies.jsonl"
VERDICTS = "verdicts.jsonl"
BATCHES = "batches.jsonl"
LOCK = ".lock"

LATEST = "latest"
"""Stands for the run that started last wherever a run is asked for."""

_OWN = frozenset({MANIFEST, INPUTS, PLAN, REPLIES, VERDICTS, BATCHES})


def new_run_id(now: dt.datetime, randomness: bytes) -> str:
    """An id such as `20261120-181502-a3f9c2`: UTC to the second, so ids sort by time, then all bytes of `randomness`.

    Three bytes are the least that keep the runs of two machines apart when their folders are merged; raises ValueError
    for fewer, or for a `now` without a time zone.
    """
    if now.tzinfo is None or len(randomness) < 3:
        raise ValueError("a run id needs a time with a time zone and at least three random bytes")
    return f"{now.astimezone(dt.UTC):%Y%m%d-%H%M%S}-{randomness.hex()}"


@cache
def _run_ids() -> TypeAdapter[str]:
    return TypeAdapter(RunId)


def is_run_id(name: str) -> bool:
    """Whether `name` is fit for a run folder: the record's pattern, without separator or leading dot."""
    try:
        _run_ids().validate_python(name)
    except ValidationError:
        return False
    return True


def check_file_name(name: str) -> None:
    """Refuse names that leave the run folder, are hidden, or belong to the run's own files; raises UsageError."""
    if not is_run_id(name):
        raise UsageError(
            f"{name!r} is no file name for a run folder.",
            hint="Use letters, digits, dots, dashes and underscores only, such as card.html.",
        )
    if name.lower() in _OWN:
        raise UsageError(
            f"{name} is one of the run's own files and is not written as a card.", hint="Choose another name."
        )
