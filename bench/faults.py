"""What becomes of 2,000 seats whose server fails them: none wrong, none lost, and how many calls that took.

    .venv/bin/python bench/faults.py [--seats 2000] [--seed 7]

The tests' provider, in a process of its own, draws a fault for every request by seed, question and turn:

A   5 % 429 (half of them with Retry-After: 1), 2 % 500, 1 % broken JSON with status 200, 1 % resets in mid-body
B   the same, and 2 % of answers in a code fence with prose, 2 % cut, 2 % off the schema, 1 % bodies cut short

The score of an answer follows from a hash of its question, and one of its entries repeats that hash: so each verdict on
disk is held against the question its seat was asked. What a seat was put through is read from the server's log.
Promises: no verdict is wrong, none is lost; under A at most 1.12 calls are sent for each needed; under B no seat
abstains unless the log shows that it was asked as often as it may be. Waits before retries are real.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from common import MODEL, PERSONAS, Ran, personas, prompter, review, tools
from loopback.answering import identity_in, score_of
from loopback.process import running

LATENCY_S = 0.05
AT_ONCE = 100
MIXES = {"A": "wire", "B": "wire,answers"}
PROMISED = 1.12
CUT = frozenset({"cut", "length_cut"})
UNUSABLE = CUT | {"off_schema"}
"""Replies that hold no answer. One that came in a fence does."""


def questions(seats: int) -> Iterator[tuple[str, str]]:
    """Every seat's place (tool and persona) and the identity of its question."""
    words, sitting = prompter(), personas()
    for tool in tools(seats // len(PERSONAS)):
        for persona in sitting:
            yield f"{tool.id}/{persona.id}", identity_in(words.prompt(tool, persona), MODEL)


def verdicts(ran: Ran) -> dict[str, dict[str, Any]]:
    """The verdicts on disk, by place."""
    lines = (json.loads(line) for line in (ran.folder / "verdicts.jsonl").read_text("utf-8").splitlines())
    return {f"{line['slot']['tool']}/{line['slot']['persona']}": line for line in lines}


def is_right(record: Mapping[str, Any], asked: str) -> bool:
    """Whether a scored record is the answer to its own question."""
    verdict = record["verdict"]
    return verdict["score"] == score_of(asked) and f"what stands in case {asked}" in verdict["not_stated"]


def was_asked_enough(turns: Sequence[str]) -> bool:
    """Whether a seat that abstained was asked as often as it may be: thrice, or twice where both answers were cut."""
    from panel.records.asking import MOST_FOR, MOST_REASKS

    bad = [turn for turn in turns if turn in UNUSABLE]
    return len(bad) > MOST_REASKS or sum(turn in CUT for turn in bad) > MOST_FOR["cut"]


def was_called_enough(turns: Sequence[str]) -> bool:
    """Whether a seat that got no reply was called as often as one asking allows."""
    from panel.clients.pacing.retrying import RetryPolicy

    last = turns[-RetryPolicy().calls :]
    return len(last) == RetryPolicy().calls and not {"ok", "fenced", *UNUSABLE} & set(last)


def measure(name: str, mix: str, seats: int, seed: int) -> None:
    """Run one mix and print what came of it."""
    with (
        running("--latency", str(LATENCY_S), "--faults", mix, "--seed", str(seed)) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        ran = review(server.url, tools(seats // len(PERSONAS)), Path(folder), concurrency=AT_ONCE)
        found, log, stats = verdicts(ran), server.log(), server.stats()
    states, wrong, unexplained = Counter[str](), 0, 0
    for place, asked in questions(seats):
        record = found.get(place, {"verdict": None})
        state = record["verdict"]["kind"] if record["verdict"] else "pending"
        states[state] += 1
        wrong += state == "scored" and not is_right(record, asked)
        unexplained += state == "abstained" and not was_asked_enough(log[asked])
        unexplained += state == "pending" and not was_called_enough(log[asked])
    sent = stats["requests"] / seats
    promise = f" (promised: at most {PROMISED})" if name == "A" else ""
    print(f"mix {name}, {seats} seats in {ran.wall_s:.0f} s: {stats['by_behaviour']}")
    print(f"  scored {states['scored']}, abstained {states['abstained']}, pending {states['pending']}; wrong {wrong}")
    print(f"  abstained or pending before the bound of attempts was used up: {unexplained} (promised: 0)")
    print(f"  calls sent over calls needed {sent:.3f}{promise}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="panel against a server that fails")
    parser.add_argument("--seats", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    for name, mix in MIXES.items():
        measure(name, mix, given.seats, given.seed)


if __name__ == "__main__":
    main()
